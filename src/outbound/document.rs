//! Fetched documents, and errors of fetching.

use std::time::Duration;

use crate::domain::time::UnixSeconds;

/// Time limit for a whole request, from resolving the name to the last byte.
pub(super) const TOTAL: Duration = Duration::from_secs(5);

/// Kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A client's `jwks_uri` (RFC 7591 §2).
    KeySet,
    /// A client ID metadata document.
    ClientMetadata,
}

impl Kind {
    pub(super) const fn most_bytes(self) -> u64 {
        match self {
            Kind::KeySet => 64 * 1024,
            // draft-ietf-oauth-client-id-metadata-document §6.6
            Kind::ClientMetadata => 5 * 1024,
        }
    }
}

/// A document as it was fetched.
#[derive(Debug)]
pub struct Document {
    pub body: Vec<u8>,
    pub fetched_at: UnixSeconds,
    pub fresh_until: UnixSeconds,
    /// Time of the last fetch, successful or not.
    pub(super) tried_at: UnixSeconds,
}

/// Reason why there is no document. The texts are safe for the party that sent the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("the URL does not use https")]
    NotAllowed,
    // The same text for both, so that strangers do not learn the names of the internal network.
    #[error("the host is unknown or an internal address (allow it with outbound_allow)")]
    Unresolvable,
    #[error("the host is unknown or an internal address (allow it with outbound_allow)")]
    Internal,
    #[error("no response within {} seconds", TOTAL.as_secs())]
    TimedOut,
    #[error("the server returned status {0}")]
    Status(u16),
    #[error("the response is not application/json")]
    NotJson,
    #[error("the response is larger than {0} bytes")]
    TooLarge(u64),
    #[error("the server could not be reached")]
    Failed,
    #[error("too many requests in progress")]
    Busy,
    #[error("too many open files and connections")]
    NoDescriptor,
}

impl FetchError {
    /// Whether the failure is this server's own, not one of the document.
    pub fn is_own(self) -> bool {
        matches!(self, FetchError::Busy | FetchError::NoDescriptor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_does_not_tell_whether_an_internal_name_resolves() {
        let told = [FetchError::Unresolvable, FetchError::Internal].map(|error| error.to_string());
        assert_eq!(told[0], told[1]);
    }
}
