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
    #[error("its address is not an https URL")]
    NotAllowed,
    // One text for both: strangers do not learn which names the internal network has.
    #[error("its host is unknown or an internal address of this server's network")]
    Unresolvable,
    #[error("its host is unknown or an internal address of this server's network")]
    Internal,
    #[error("it did not come within {} seconds", TOTAL.as_secs())]
    TimedOut,
    #[error("its server answered with status {0}")]
    Status(u16),
    #[error("it is not application/json")]
    NotJson,
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
    #[error("its server could not be reached")]
    Failed,
    #[error("too many documents are being fetched")]
    Busy,
    #[error("this server has too many files and connections open to fetch it")]
    NoDescriptor,
}

impl FetchError {
    /// Whether it is this server's own lack, and says nothing about the document.
    pub fn is_own(self) -> bool {
        matches!(self, FetchError::Busy | FetchError::NoDescriptor)
    }
}
