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
    /// Time of the user's last authentication (`auth_time`, OIDC Core §2).
    pub auth_time: UnixSeconds,
    /// Authentication methods (RFC 8176), separated by spaces.
    pub amr: String,
    pub created_at: UnixSeconds,
    pub last_used_at: UnixSeconds,
    pub expires_at: UnixSeconds,
    pub ended_at: Option<UnixSeconds>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

impl Session {
    /// Precision of the time of the last use.
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
    /// Time of the last password confirmation: sensitive actions require it again.
    pub proved_at: UnixSeconds,
    pub created_at: UnixSeconds,
    pub last_used_at: UnixSeconds,
    pub expires_at: UnixSeconds,
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

impl AdminSession {
    /// Absolute lifetime.
    pub const LIFETIME: Lifetime = Lifetime::hours(12);
    /// Idle lifetime.
    pub const IDLE: Lifetime = Lifetime::hours(1);
    /// Time after a password confirmation for which sensitive actions do not require a new one.
    pub const FRESH: Lifetime = Lifetime::minutes(10);

    pub fn is_alive(&self, now: UnixSeconds) -> bool {
        now < self.alive_until()
    }

    /// Expiry if it is not used before.
    pub fn alive_until(&self) -> UnixSeconds {
        self.expires_at.min(self.last_used_at + Self::IDLE)
    }

    pub fn is_fresh(&self, now: UnixSeconds) -> bool {
        now < self.proved_at + Self::FRESH
    }
}
