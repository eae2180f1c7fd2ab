//! Authorization requests that a client pushed beforehand (RFC 9126).

use crate::domain::{id::Id, name::ClientId, secret::SecretHash, time::UnixSeconds};

/// What every `request_uri` of this server begins with (RFC 9126 §2.2). An opaque token follows.
pub const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";

#[derive(Clone, Debug)]
pub struct PushedRequest {
    pub id: Id,
    pub secret_hash: SecretHash,
    pub client_id: ClientId,
    /// The parameters of the request that anything reads.
    pub parameters: Vec<(String, String)>,
    /// Whether they came in a request object that the client had signed (RFC 9101).
    pub signed: bool,
    pub expires_at: UnixSeconds,
}
