//! Browser logins.

use crate::domain::{
    id::Id,
    name::Subject,
    secret::SecretHash,
    time::{Lifetime, UnixSeconds},
};

#[derive(Clone, Debug)]
pub struct Session {
    pub id: Id,
    pub secret_hash: SecretHash,
    pub sub: Subject,
    /// When the user last proved who they are (OIDC Core §2, `auth_time`).
    pub auth_time: UnixSeconds,
    /// How, as RFC 8176 names it, separated by spaces.
    pub amr: String,
    pub created_at: UnixSeconds,
    pub last_used_at: UnixSeconds,
    pub expires_at: UnixSeconds,
    pub ended_at: Option<UnixSeconds>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

impl Session {
    pub fn is_alive(&self, now: UnixSeconds, idle_lifetime: Lifetime) -> bool {
        self.ended_at.is_none() && now < self.expires_at && now < self.last_used_at + idle_lifetime
    }
}
