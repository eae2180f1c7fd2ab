//! Algorithms of signatures, and why a key cannot be used with one.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A JWS algorithm that this server signs with, or takes from its clients (RFC 7518 §3.1, RFC 8037
/// §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// ECDSA using P-256 and SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// RSASSA-PKCS1-v1_5 using SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PSS using SHA-256: taken from clients only.
    #[serde(rename = "PS256")]
    Ps256,
}

impl Algorithm {
    /// The name in a token's `alg`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
        }
    }

    /// Whether a token or key names this algorithm. EdDSA is now named by its curve (RFC 9864 §2.2), and both names are
    /// in use.
    pub(super) fn is_named(self, name: &str) -> bool {
        self.as_str() == name || (self == Self::EdDsa && name == "Ed25519")
    }

    pub(super) fn of_jsonwebtoken(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Ps256 => jsonwebtoken::Algorithm::PS256,
        }
    }
}

impl FromStr for Algorithm {
    type Err = KeyError;

    fn from_str(name: &str) -> Result<Self, KeyError> {
        [Self::Es256, Self::EdDsa, Self::Rs256, Self::Ps256]
            .into_iter()
            .find(|algorithm| algorithm.is_named(name))
            .ok_or(KeyError::Unsupported)
    }
}

/// Reason why a key cannot be created or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("unsupported key type or algorithm")]
    Unsupported,
    #[error("invalid key for its algorithm")]
    Malformed,
    #[error("must be a public key, not a private key")]
    Private,
    #[error("key use is not signing")]
    Use,
    #[error("key generation failed")]
    Generation,
    #[error("claims cannot be serialized as JSON")]
    Claims,
    #[error("signing failed")]
    Signing,
}
