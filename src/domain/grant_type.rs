//! The values of `grant_type`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The grants this server can be asked for. Which of them it serves is the table in `oauth/grants`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GrantType {
    /// RFC 6749 §4.1
    #[serde(rename = "authorization_code")]
    AuthorizationCode,
    /// RFC 6749 §6
    #[serde(rename = "refresh_token")]
    RefreshToken,
    /// RFC 6749 §4.4
    #[serde(rename = "client_credentials")]
    ClientCredentials,
}

impl GrantType {
    pub const ALL: &'static [GrantType] = &[
        GrantType::AuthorizationCode,
        GrantType::RefreshToken,
        GrantType::ClientCredentials,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            GrantType::AuthorizationCode => "authorization_code",
            GrantType::RefreshToken => "refresh_token",
            GrantType::ClientCredentials => "client_credentials",
        }
    }
}

impl fmt::Display for GrantType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
