//! What a request says of its client.

use super::sent_secret::SentSecret;
use crate::{domain::secret::Secret, oauth::params::Params};

/// Where a request can speak of its client.
pub(super) struct Presented<'a> {
    /// The whole `Authorization` header.
    pub(super) authorization: Option<&'a str>,
    pub(super) params: &'a Params,
}

/// What a request says of its client, before any of it is believed.
pub struct Credentials {
    pub(super) client_id: String,
    pub(super) proof: Proof,
    /// Whether HTTP Basic was tried: a refusal then carries `WWW-Authenticate` (RFC 6749 §5.2).
    pub basic: bool,
}

pub(super) enum Proof {
    None,
    Secret(SentSecret),
    Assertion(Secret),
}
