//! Clients and their metadata (RFC 7591 §2), with what this server adds to it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{
    grant_type::GrantType,
    id::Id,
    name::{ClientId, TeamId},
    redirect_uri::{RedirectUri, VerifiedRedirectUri},
    scope::ScopeSet,
    secret::SecretHash,
    time::{Lifetime, UnixSeconds},
};

/// How a client proves at the token endpoint who it is (`token_endpoint_auth_method`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// A public client (RFC 6749 §2.1): it has no secret.
    None,
    /// HTTP Basic, RFC 6749 §2.3.1.
    ClientSecretBasic,
    /// In the request's body, RFC 6749 §2.3.1.
    ClientSecretPost,
}

impl AuthMethod {
    pub const fn as_str(self) -> &'static str {
        match self {
            AuthMethod::None => "none",
            AuthMethod::ClientSecretBasic => "client_secret_basic",
            AuthMethod::ClientSecretPost => "client_secret_post",
        }
    }
}

impl fmt::Display for AuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is registered of a client, under the names of RFC 7591 §2 and, after them, our own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientMetadata {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<RedirectUri>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    pub grant_types: Vec<GrantType>,
    #[serde(default)]
    pub scope: ScopeSet,
    pub token_endpoint_auth_method: AuthMethod,
    /// `ES256` or `EdDSA` (OIDC Registration §2); ES256 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<String>,

    /// PKCE is required of everybody; only a confidential client may be registered without it.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub require_pkce: bool,
    /// Whether a user is asked before the client gets a token for them.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub require_consent: bool,
    /// The teams for whose members the client may act; `None`: for every enabled user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegation_teams: Option<Vec<TeamId>>,
    /// Lifetimes in seconds, where they differ from the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_lifetime: Option<Lifetime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_lifetime: Option<Lifetime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_lifetime: Option<Lifetime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_idle_lifetime: Option<Lifetime>,
}

fn yes() -> bool {
    true
}

fn is_true(value: &bool) -> bool {
    *value
}

/// A registered client.
#[derive(Clone, Debug)]
pub struct Client {
    pub client_id: ClientId,
    pub metadata: ClientMetadata,
    pub disabled: bool,
    /// The state file that declares it, if one does.
    pub managed_by: Option<String>,
    pub created_at: UnixSeconds,
    pub updated_at: UnixSeconds,
    /// At most two live at a time, so that they can be rotated without downtime.
    pub secrets: Vec<ClientSecret>,
}

/// One secret of a client, as it is kept.
#[derive(Clone, Debug)]
pub struct ClientSecret {
    pub id: Id,
    pub hash: ClientSecretHash,
    pub created_at: UnixSeconds,
    pub expires_at: Option<UnixSeconds>,
}

#[derive(Clone)]
pub enum ClientSecretHash {
    /// Made by the server: 256 random bits.
    Sha256(SecretHash),
    /// Chosen by a person: an Argon2id PHC string.
    Argon2id(String),
}

impl fmt::Debug for ClientSecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ClientSecretHash::Sha256(_) => "Sha256(…)",
            ClientSecretHash::Argon2id(_) => "Argon2id(…)",
        })
    }
}

/// Why a request's `redirect_uri` is not one of the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectUriRefusal {
    NotRegistered,
    /// None was sent and the client has none or more than one.
    Missing,
}

impl Client {
    /// RFC 6749 §2.1: a public client cannot keep a secret.
    pub fn is_public(&self) -> bool {
        self.metadata.token_endpoint_auth_method == AuthMethod::None
    }

    /// What people see: the client's name, else its id.
    pub fn display_name(&self) -> &str {
        self.metadata
            .client_name
            .as_deref()
            .unwrap_or(self.client_id.as_str())
    }

    pub fn may_use(&self, grant_type: GrantType) -> bool {
        self.metadata.grant_types.contains(&grant_type)
    }

    /// The only maker of a [`VerifiedRedirectUri`]. Without a `redirect_uri` in the request the client's
    /// only registered one is meant (RFC 6749 §3.1.2.3).
    pub fn verify_redirect_uri(
        &self,
        requested: Option<&str>,
    ) -> Result<VerifiedRedirectUri, RedirectUriRefusal> {
        let registered = &self.metadata.redirect_uris;
        match (requested, registered.as_slice()) {
            (Some(requested), _) => registered
                .iter()
                .any(|uri| uri.matches(requested, self.is_public()))
                .then(|| VerifiedRedirectUri::new(requested.to_owned()))
                .ok_or(RedirectUriRefusal::NotRegistered),
            (None, [only]) => Ok(VerifiedRedirectUri::new(only.as_str().to_owned())),
            (None, _) => Err(RedirectUriRefusal::Missing),
        }
    }

    /// The same proof for where a browser goes after a logout (OIDC RP-Initiated Logout §3).
    pub fn verify_post_logout_redirect_uri(&self, requested: &str) -> Option<VerifiedRedirectUri> {
        self.metadata
            .post_logout_redirect_uris
            .iter()
            .any(|uri| uri.matches(requested, self.is_public()))
            .then(|| VerifiedRedirectUri::new(requested.to_owned()))
    }
}
