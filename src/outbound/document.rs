//! What is fetched, and why there is no document.

use std::time::Duration;

use crate::domain::time::UnixSeconds;

/// For a whole request, from the name to the last byte.
pub(super) const TOTAL: Duration = Duration::from_secs(5);

/// What is fetched.
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
    /// When it was last asked for, in vain or not.
    pub(super) tried_at: UnixSeconds,
}

/// Why there is no document. The texts hold nothing that the one who named the address may not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("the URL does not use https")]
    NotAllowed,
    // One text for both: strangers do not learn which names the internal network has.
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
    /// Whether it is this server's own lack, and says nothing about the document.
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
