//! Authorization codes (RFC 6749 §4.1.2).

use crate::domain::{
    id::Id, name::ClientId, pkce::CodeChallenge, secret::SecretHash, time::UnixSeconds,
};

#[derive(Clone, Debug)]
pub struct AuthorizationCode {
    pub id: Id,
    pub secret_hash: SecretHash,
    pub grant_id: Id,
    pub client_id: ClientId,
    /// As in the authorization request; `None` if it had none.
    pub redirect_uri: Option<String>,
    pub code_challenge: Option<CodeChallenge>,
    pub expires_at: UnixSeconds,
    pub used_at: Option<UnixSeconds>,
}

/// Result of using a single-use value. `Replayed` is not an error of the transaction: its revocation must be committed.
#[derive(Clone, Debug)]
pub enum Redemption<T, R> {
    Redeemed(T),
    Replayed,
    /// Never issued to this client: probably a guess.
    Unknown(R),
    /// Expired, its grant is revoked, or not available yet.
    Refused(R),
}
