//! Authorization requests that a client pushed beforehand (RFC 9126).

use crate::domain::{id::Id, name::ClientId, secret::SecretHash, time::UnixSeconds};

/// Prefix of every `request_uri` of this server (RFC 9126 §2.2), before an opaque token.
pub const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";

#[derive(Clone, Debug)]
pub struct PushedRequest {
    pub id: Id,
    pub secret_hash: SecretHash,
    pub client_id: ClientId,
    /// The parameters of the request that anything reads.
    pub parameters: Vec<(String, String)>,
    /// Whether they were in a request object signed by the client (RFC 9101).
    pub signed: bool,
    pub expires_at: UnixSeconds,
}
