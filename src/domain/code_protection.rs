//! Protection against using a stolen authorization code in another sign-in.

use super::{auth_method::AuthMethod, client::ClientMetadata};

/// Requirement for an authorization request, so that a stolen code cannot be injected into another sign-in (OAuth 2.1
/// §7.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeProtection {
    Pkce,
    /// PKCE, or in an OpenID Connect request `nonce`.
    PkceOrNonce,
    /// The client takes care of it.
    Unchecked,
}

impl ClientMetadata {
    /// OAuth 2.1 §7.5.1, FAPI 2.0 Security Profile §5.3.2.2
    pub fn code_protection(&self) -> CodeProtection {
        let is_public = self.token_endpoint_auth_method == AuthMethod::None;
        match self.require_pkce {
            _ if is_public || self.is_fapi2() => CodeProtection::Pkce,
            Some(true) => CodeProtection::Pkce,
            None => CodeProtection::PkceOrNonce,
            Some(false) => CodeProtection::Unchecked,
        }
    }
}
