//! Settings for clients that register themselves.

use std::str::FromStr;

use super::InvalidConfig;
use crate::domain::{
    name::ScopeName,
    scope::{self, ScopeSet},
    secret::Secret,
};

/// Access to client registration (RFC 7591 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registration {
    #[default]
    Off,
    /// Anyone with the initial access token.
    Token,
    Open,
}

impl Registration {
    pub const fn as_str(self) -> &'static str {
        match self {
            Registration::Off => "off",
            Registration::Token => "token",
            Registration::Open => "open",
        }
    }
}

impl FromStr for Registration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Registration::Off),
            "token" => Ok(Registration::Token),
            "open" => Ok(Registration::Open),
            _ => Err("must be off, token or open".into()),
        }
    }
}

/// Shortest initial access token, in characters.
const SHORTEST_TOKEN: usize = 16;

/// Scopes for sign-in, without those of APIs.
pub(super) fn default_scope() -> ScopeSet {
    ScopeSet::trusted("openid profile email address phone offline_access")
}

/// The editors and terminals that sign in to MCP servers.
pub(super) fn default_schemes() -> Vec<String> {
    let known = [
        "cursor",
        "kiro",
        "trae",
        "vscode",
        "vscode-insiders",
        "vscodium",
        "warp",
        "windsurf",
        "zed",
    ];
    known.map(str::to_owned).to_vec()
}

/// Checks these three settings against one another.
pub(super) fn check(
    registration: Registration,
    token: Option<&Secret>,
    scope: &ScopeSet,
) -> Result<(), InvalidConfig> {
    let invalid = |key, reason: &str| {
        Err(InvalidConfig {
            key,
            reason: reason.to_owned(),
        })
    };
    // Characters allowed after `Bearer` (RFC 6750 §2.1).
    let allowed = |c: u8| c.is_ascii_alphanumeric() || b"-._~+/=".contains(&c);
    let is_token = |token: &Secret| {
        token.expose().len() >= SHORTEST_TOKEN && token.expose().bytes().all(allowed)
    };
    if token.is_some_and(|token| !is_token(token)) {
        return invalid(
            "registration_token",
            "must have at least 16 characters: letters, digits and -._~+/=",
        );
    }
    if registration == Registration::Token && token.is_none() {
        return invalid(
            "registration_token",
            "is required with registration = \"token\"",
        );
    }
    let reserved = |name: &ScopeName| scope::is_reserved(name.as_str());
    if scope.iter().any(reserved) {
        return invalid(
            "registration_scope",
            "must not contain keyfob: scopes; only an administrator can grant those",
        );
    }
    Ok(())
}
