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
    /// How precisely the last use is kept.
    pub const TOUCH_EVERY: Lifetime = Lifetime::minutes(5);

    pub fn is_alive(&self, now: UnixSeconds, idle_lifetime: Lifetime) -> bool {
        self.ended_at.is_none() && now < self.expires_at && now < self.last_used_at + idle_lifetime
    }
}

/// An administrator at the admin page.
#[derive(Clone, Debug)]
pub struct AdminSession {
    pub id: Id,
    pub secret_hash: SecretHash,
    pub sub: Subject,
    /// When the password was last given: dangerous acts ask for it again.
    pub proved_at: UnixSeconds,
    pub created_at: UnixSeconds,
    pub last_used_at: UnixSeconds,
    pub expires_at: UnixSeconds,
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

impl AdminSession {
    /// How long it lives, however often it is used.
    pub const LIFETIME: Lifetime = Lifetime::hours(12);
    /// How long it may lie unused.
    pub const IDLE: Lifetime = Lifetime::hours(1);
    /// How long after the password was given dangerous acts need no new one.
    pub const FRESH: Lifetime = Lifetime::minutes(10);

    pub fn is_alive(&self, now: UnixSeconds) -> bool {
        now < self.alive_until()
    }

    /// When it ends unless it is used before.
    pub fn alive_until(&self) -> UnixSeconds {
        self.expires_at.min(self.last_used_at + Self::IDLE)
    }

    pub fn is_fresh(&self, now: UnixSeconds) -> bool {
        now < self.proved_at + Self::FRESH
    }
}
