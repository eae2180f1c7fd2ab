//! Clients and their metadata (RFC 7591 §2), with what this server adds to it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

pub use super::auth_method::AuthMethod;
use crate::domain::{
    grant_type::GrantType,
    id::Id,
    name::{ClientId, Subject, TeamId},
    object::object_header,
    redirect_uri::{RedirectUri, VerifiedRedirectUri, is_loopback_host},
    scope::ScopeSet,
    secret::SecretHash,
    time::{Lifetime, UnixSeconds},
};

/// The algorithms that sign ID tokens (`id_token_signed_response_alg`) and access tokens.
pub const ID_TOKEN_ALGORITHMS: &[&str] = &["ES256", "EdDSA", "RS256"];

/// Signature algorithms of assertions and request objects.
pub const CLIENT_ALGORITHMS: &[&str] = &["ES256", "EdDSA", "Ed25519", "PS256", "RS256"];

/// Public keys of a client (RFC 7517 §5).
#[derive(JsonSchema)]
pub struct ClientKeys {
    /// Each is a JWK: a public key.
    pub keys: Vec<serde_json::Map<String, serde_json::Value>>,
}

/// Required `aud` of a client's assertion: the issuer, unless the client is registered for the token endpoint's URL, as
/// OIDC Core §9 allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum AssertionAudience {
    #[default]
    Issuer,
    TokenEndpoint,
}

/// A profile that switches on a set of stricter rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ClientProfile {
    /// FAPI 2.0 Security Profile
    Fapi2,
}

/// Registered metadata of a client: the members of RFC 7591 §2, then Keyfob's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientMetadata {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<RedirectUri>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    pub grant_types: Vec<GrantType>,
    #[serde(default)]
    pub scope: ScopeSet,
    pub token_endpoint_auth_method: AuthMethod,
    /// The algorithm of the client's assertions; any that its keys allow when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<String>,
    /// The client's public keys (RFC 7517 §5), by value or by address, never both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ClientKeys>")]
    pub jwks: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// One of [`ID_TOKEN_ALGORITHMS`] (OIDC Registration §2); the server's `id_token_alg` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<String>,
    /// The algorithm of the client's request objects (RFC 9101 §10.5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<String>,
    /// RFC 9101 §10.5
    #[serde(default, skip_serializing_if = "is_false")]
    pub require_signed_request_object: bool,
    /// RFC 9126 §6
    #[serde(default, skip_serializing_if = "is_false")]
    pub require_pushed_authorization_requests: bool,
    /// RFC 9449 §5.2
    #[serde(default, skip_serializing_if = "is_false")]
    pub dpop_bound_access_tokens: bool,
    /// In seconds (OIDC Registration §2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u32>,
    /// OIDC Registration §2. Our ID tokens always have `auth_time`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub require_auth_time: bool,
    /// OIDC Back-Channel Logout §2.2
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub backchannel_logout_session_required: bool,

    /// Requirement for a confidential client (see [`CodeProtection`](crate::domain::code_protection::CodeProtection));
    /// others must always use PKCE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_pkce: Option<bool>,
    /// Whether ID tokens have the user's claims that the granted scopes release, as UserInfo has.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub id_token_user_claims: bool,
    /// Whether a user is asked before the client gets a token for them.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub require_consent: bool,
    /// Whether the user is asked before a logout request of the client signs them out.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub logout_confirmation: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub assertion_audience: AssertionAudience,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ClientProfile>,
    /// Origins whose pages can call the token endpoint and the other client endpoints from a browser.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cors_origins: Vec<String>,
    /// Resources that it can request (RFC 8707); `None`: every registered one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_resources: Option<Vec<String>>,
    /// Teams to whose members its delegated tokens are limited; `None`: every enabled user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegation_teams: Option<Vec<TeamId>>,
    /// Client or user that can act for the users of this client's tokens, with such a token (`may_act`, RFC 8693 §4.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_act: Option<Subject>,
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

impl ClientMetadata {
    pub fn is_fapi2(&self) -> bool {
        self.profile == Some(ClientProfile::Fapi2)
    }

    /// RFC 9126 §6; FAPI 2.0 Security Profile §5.3.2.2 asks it of its clients.
    pub fn must_push_requests(&self) -> bool {
        self.require_pushed_authorization_requests || self.is_fapi2()
    }

    /// RFC 9700 §4.14.2. With FAPI 2.0 Security Profile §5.3.2.1, refresh tokens are not rotated: they are bound to a
    /// key, and a lost response would lose the grant.
    pub fn rotates_refresh_tokens(&self) -> bool {
        !self.is_fapi2()
    }

    /// RFC 9449 §5.2; FAPI 2.0 Security Profile §5.3.2.1 gives its clients no other tokens.
    pub fn must_bind_tokens(&self) -> bool {
        self.dpop_bound_access_tokens || self.profile == Some(ClientProfile::Fapi2)
    }
}

fn yes() -> bool {
    true
}

fn is_true(value: &bool) -> bool {
    *value
}

fn is_false(value: &bool) -> bool {
    !*value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Default for ClientMetadata {
    /// A client with a secret and without permissions.
    fn default() -> Self {
        Self {
            client_name: None,
            client_uri: None,
            logo_uri: None,
            policy_uri: None,
            tos_uri: None,
            contacts: Vec::new(),
            software_id: None,
            software_version: None,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            grant_types: Vec::new(),
            scope: ScopeSet::default(),
            token_endpoint_auth_method: AuthMethod::ClientSecretBasic,
            token_endpoint_auth_signing_alg: None,
            jwks: None,
            jwks_uri: None,
            id_token_signed_response_alg: None,
            request_object_signing_alg: None,
            require_signed_request_object: false,
            require_pushed_authorization_requests: false,
            dpop_bound_access_tokens: false,
            default_max_age: None,
            require_auth_time: false,
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            require_pkce: None,
            id_token_user_claims: true,
            require_consent: true,
            logout_confirmation: true,
            assertion_audience: AssertionAudience::Issuer,
            profile: None,
            cors_origins: Vec::new(),
            allowed_resources: None,
            delegation_teams: None,
            may_act: None,
            access_token_lifetime: None,
            id_token_lifetime: None,
            refresh_token_lifetime: None,
            refresh_token_idle_lifetime: None,
        }
    }
}

/// A registered client. Serialized only for the archive of deleted objects; responses have views of their own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Client {
    pub client_id: ClientId,
    pub metadata: ClientMetadata,
    pub disabled: bool,
    /// Configuration file that declares it, if any.
    pub managed_by: Option<String>,
    pub created_at: UnixSeconds,
    pub updated_at: UnixSeconds,
    /// At most two are valid at a time, so that they can be rotated without downtime.
    pub secrets: Vec<ClientSecret>,
}

object_header!(Client: "client", "client", client_id, disabled);

/// Stored client secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClientSecret {
    pub id: Id,
    pub hash: ClientSecretHash,
    pub created_at: UnixSeconds,
    pub expires_at: Option<UnixSeconds>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientSecretHash {
    /// Generated by the server: 256 random bits.
    Sha256(SecretHash),
    /// Chosen by an administrator: an Argon2id PHC string.
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

/// Whether this is the origin of a page on this machine.
pub fn is_loopback_origin(origin: &str) -> bool {
    Url::parse(origin).is_ok_and(|url| is_loopback_host(url.host_str().unwrap_or_default()))
}

/// Reason why the `redirect_uri` of a request does not match the client's.
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

    /// Display name: the client's name, or its ID.
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
                .any(|uri| uri.matches(requested))
                .then(|| VerifiedRedirectUri::new(requested.to_owned()))
                .ok_or(RedirectUriRefusal::NotRegistered),
            (None, [only]) => Ok(VerifiedRedirectUri::new(only.as_str().to_owned())),
            (None, _) => Err(RedirectUriRefusal::Missing),
        }
    }

    /// Values of `requested` that [`Self::verify_redirect_uri`] would accept, to compare them.
    pub fn redirect_uris_beside(&self, requested: &str) -> Vec<String> {
        let beside = |uri: &RedirectUri| uri.beside(requested);
        self.metadata.redirect_uris.iter().map(beside).collect()
    }

    /// Origins whose pages can read responses to this client: the registered ones, and, for a client that runs in the
    /// browser, those of its redirect URIs.
    pub fn origins(&self) -> impl Iterator<Item = String> + '_ {
        let redirected = self.metadata.redirect_uris.iter();
        let own = redirected
            .filter(|_| self.is_public())
            .filter_map(RedirectUri::origin);
        self.metadata.cors_origins.iter().cloned().chain(own)
    }

    /// Whether a loopback page with any port is one of those, as for redirect URIs (RFC 8252 §7.3).
    pub fn has_loopback_origin(&self) -> bool {
        self.is_public()
            && self
                .metadata
                .redirect_uris
                .iter()
                .any(RedirectUri::is_loopback)
    }

    pub fn allows_origin(&self, origin: &str) -> bool {
        self.origins().any(|own| own == origin)
            || (self.has_loopback_origin() && is_loopback_origin(origin))
    }

    /// The same check for the destination after a logout (OIDC RP-Initiated Logout §3).
    pub fn verify_post_logout_redirect_uri(&self, requested: &str) -> Option<VerifiedRedirectUri> {
        self.metadata
            .post_logout_redirect_uris
            .iter()
            .any(|uri| uri.matches(requested))
            .then(|| VerifiedRedirectUri::new(requested.to_owned()))
    }
}
