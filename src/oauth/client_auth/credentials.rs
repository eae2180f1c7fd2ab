//! Client credentials in a request.

use super::sent_secret::SentSecret;
use crate::{domain::secret::Secret, oauth::params::Params};

/// Parts of a request that can have client credentials.
pub(super) struct Presented<'a> {
    /// The whole `Authorization` header.
    pub(super) authorization: Option<&'a str>,
    pub(super) params: &'a Params,
}

/// Unverified client credentials of a request.
pub struct Credentials {
    pub(super) client_id: String,
    pub(super) proof: Proof,
    /// Whether the request used HTTP Basic: an error then has `WWW-Authenticate` (RFC 6749 §5.2).
    pub basic: bool,
}

pub(super) enum Proof {
    None,
    Secret(SentSecret),
    Assertion(Secret),
}
