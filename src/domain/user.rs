//! People.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::{
    name::Subject,
    object::object_header,
    team::Membership,
    time::{UnixMillis, UnixSeconds},
};

/// A user with an account. Serialized only for the archive of deleted objects; responses have views of their own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// Stable and never reused.
    pub sub: Subject,
    pub username: String,
    pub profile: Profile,
    /// An Argon2id PHC string, if the user has a password.
    pub password_hash: Option<PasswordHash>,
    /// Whether the user is an administrator of this server.
    pub admin: bool,
    pub disabled: bool,
    /// Whether others can act for this user with delegated tokens.
    pub allow_delegation: bool,
    /// Demo user: one-click sign-in in development mode.
    pub persona: bool,
    pub managed_by: Option<String>,
    pub registered_at: UnixMillis,
    pub updated_at: UnixSeconds,
    pub teams: Vec<Membership>,
}

object_header!(User: "user", "user", sub, disabled);

/// Source of the claims of OIDC Core §5.1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default)]
    pub email_verified: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zoneinfo: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// The other standard claims, under their names: `nickname`, `address`, `phone_number`, …
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub claims: Map<String, Value>,
}

/// An Argon2id PHC string. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordHash(pub String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

impl Profile {
    /// Given and family name, if the user has either.
    pub fn full_name(&self) -> Option<String> {
        let parts: Vec<&str> = [self.given_name.as_deref(), self.family_name.as_deref()]
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

impl User {
    /// Display name: given and family name, or the username, or `sub`. Never empty.
    pub fn display_name(&self) -> String {
        self.profile
            .full_name()
            .unwrap_or_else(|| match self.username.as_str() {
                "" => self.sub.to_string(),
                username => username.to_owned(),
            })
    }
}
