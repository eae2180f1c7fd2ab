//! A user's permission to a client: everything issued under it hangs on it.

use crate::domain::{
    id::Id,
    name::{ClientId, Subject, TeamId},
    scope::ScopeSet,
    time::UnixSeconds,
};

#[derive(Clone, Debug)]
pub struct Grant {
    pub id: Id,
    pub client_id: ClientId,
    pub sub: Subject,
    pub scope: ScopeSet,
    pub team_id: Option<TeamId>,
    /// The time zone the client named last (the contract's `tz`).
    pub zoneinfo: Option<String>,
    /// OIDC Core §3.1.2.1, byte for byte.
    pub nonce: Option<String>,
    pub auth_time: UnixSeconds,
    pub amr: String,
    /// The browser login it was given in.
    pub session_id: Option<Id>,
    pub created_at: UnixSeconds,
    /// Nothing under it lives longer.
    pub expires_at: UnixSeconds,
    pub revoked_at: Option<UnixSeconds>,
}

impl Grant {
    pub fn is_alive(&self, now: UnixSeconds) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}
