//! Trusted issuers, whose assertions can identify users of this server (RFC 7523 §2.1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{name::ClientId, object::object_header, scope::ScopeSet};

/// An identity provider, a CI system or a cluster whose assertions are accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AdminTrustedIssuer")]
pub struct TrustedIssuer {
    /// The `iss` of its assertions, character for character.
    pub issuer: String,
    /// Its public keys (RFC 7517 §5), by value or by address, never both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// The `aud` of its assertions; this server's issuer when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The claim that names the user: `sub`, `email`, `preferred_username`, …
    pub subject_claim: String,
    /// User field that the claim is matched with.
    pub matches: SubjectMatch,
    /// Clients that can use its assertions.
    pub clients: Vec<ClientId>,
    /// Maximum scopes of tokens issued for its assertions.
    pub scope: ScopeSet,
    /// Configuration file that declares it, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<String>,
}

object_header!(TrustedIssuer: "trusted_issuer", "trusted issuer", issuer);

/// User field with which the user of an assertion is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum SubjectMatch {
    #[default]
    Sub,
    Username,
    /// Verified email address: `email_verified` must be true in the assertion and for the user.
    Email,
}

impl SubjectMatch {
    pub const ALL: &'static [SubjectMatch] = &[
        SubjectMatch::Sub,
        SubjectMatch::Username,
        SubjectMatch::Email,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            SubjectMatch::Sub => "sub",
            SubjectMatch::Username => "username",
            SubjectMatch::Email => "email",
        }
    }

    /// Finds the value with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == name)
    }
}
