//! A user's permission for a client: everything issued for it depends on it.

use crate::domain::{
    claims_request::ClaimsRequest,
    id::Id,
    name::{ClientId, Subject, TeamId},
    resource::Target,
    scope::ScopeSet,
    time::UnixSeconds,
    token::Origin,
};

#[derive(Clone, Debug)]
pub struct Grant {
    pub id: Id,
    pub client_id: ClientId,
    pub sub: Subject,
    pub scope: ScopeSet,
    /// The resources it is for (RFC 8707 §2): the audiences of its access tokens. Empty: this server's
    /// own endpoints.
    pub resources: Vec<String>,
    /// The RFC 7638 thumbprint of the key that its refresh tokens are bound to (RFC 9449 §5).
    pub dpop_jkt: Option<String>,
    pub team_id: Option<TeamId>,
    /// The time zone the client named last (the contract's `tz`).
    pub zoneinfo: Option<String>,
    /// OIDC Core §3.1.2.1, byte for byte.
    pub nonce: Option<String>,
    /// Claims that it releases in addition to its scopes (OIDC Core §5.5).
    pub claims: ClaimsRequest,
    pub auth_time: UnixSeconds,
    pub amr: String,
    /// Session in which it was given.
    pub session_id: Option<Id>,
    /// OAuth flow it was given in.
    pub origin: Origin,
    pub created_at: UnixSeconds,
    /// Maximum expiry of everything issued for it.
    pub expires_at: UnixSeconds,
    pub revoked_at: Option<UnixSeconds>,
}

impl Grant {
    /// The most that a token under it can be for.
    pub fn target(&self) -> Target {
        Target {
            scope: self.scope.clone(),
            resources: self.resources.clone(),
        }
    }

    pub fn is_alive(&self, now: UnixSeconds) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}
