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
    /// As the authorization request sent it; `None` if it sent none.
    pub redirect_uri: Option<String>,
    pub code_challenge: Option<CodeChallenge>,
    pub expires_at: UnixSeconds,
    pub used_at: Option<UnixSeconds>,
}

/// What became of an attempt to use something that can be used once. `Replayed` is no error of the
/// transaction: the revocation it brings must outlive the refusal.
#[derive(Clone, Debug)]
pub enum Redemption<T, R> {
    Redeemed(T),
    Replayed,
    /// Nothing that was ever given to this client: a guess, as far as we can tell.
    Unknown(R),
    /// Expired, its grant has ended, or not yet to be had.
    Refused(R),
}
