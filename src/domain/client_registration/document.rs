//! The members of a client as they are sent and shown (RFC 7591 §2).

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{
    auth_method::AuthMethod,
    client::{
        AssertionAudience, CLIENT_ALGORITHMS, ClientKeys, ClientProfile, ID_TOKEN_ALGORITHMS,
    },
    grant_type::GrantType,
};

/// Requested client metadata: the members of RFC 7591 §2, OIDC Registration §2, the logout and request specifications,
/// then Keyfob's own. Not checked; the caller rejects or ignores unknown members.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(
    rename = "ClientMetadata",
    extend("additionalProperties" = true),
    description = "Client metadata (RFC 7591 §2, OpenID Connect Registration §2). Members from `require_pkce` on, save `assertion_audience`, are set by administrators; in a registration by the client itself they are ignored, as other members are."
)]
pub struct ClientRegistration {
    /// Name shown to users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// Its home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(url)]
    pub client_uri: Option<String>,
    /// Its logo.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(url)]
    pub logo_uri: Option<String>,
    /// Its privacy policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(url)]
    pub policy_uri: Option<String>,
    /// Its terms of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(url)]
    pub tos_uri: Option<String>,
    /// Contacts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contacts: Option<Vec<String>>,
    /// Id of the client software.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// Version of the client software.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// Allowed redirect URIs: https, http on localhost, or a scheme of the app. Of a client that registers itself, those
    /// that are not allowed are left out, as long as one is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(inner(url))]
    pub redirect_uris: Option<Vec<String>>,
    /// Allowed redirect URIs after sign-out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(inner(url))]
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// Default: `authorization_code`. Of a client that registers itself, those that it cannot have are left out, as long as
    /// one is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<GrantType>>")]
    pub grant_types: Option<Vec<String>>,
    /// `code`, with the grant `authorization_code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_types: Option<Vec<String>>,
    /// Space-separated scopes. Scopes not allowed for such clients are left out when they register themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// How the client authenticates. Default: `client_secret_basic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AuthMethod>")]
    pub token_endpoint_auth_method: Option<String>,
    /// The algorithm of its assertions; any that its keys allow when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = CLIENT_ALGORITHMS))]
    pub token_endpoint_auth_signing_alg: Option<String>,
    /// Its public keys (RFC 7517 §5). Cannot be combined with `jwks_uri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ClientKeys>")]
    pub jwks: Option<Value>,
    /// URL of its public keys (JWK Set).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(url)]
    pub jwks_uri: Option<String>,
    /// Algorithm of its ID tokens. Default: the server's `id_token_alg`, which is RS256 unless set; ES256 with the profile
    /// `fapi2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ID_TOKEN_ALGORITHMS))]
    pub id_token_signed_response_alg: Option<String>,
    /// The algorithm of its request objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = CLIENT_ALGORITHMS))]
    pub request_object_signing_alg: Option<String>,
    /// Whether its requests must be signed (RFC 9101 §10.5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_signed_request_object: Option<bool>,
    /// Whether its requests must be pushed (RFC 9126 §6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_pushed_authorization_requests: Option<bool>,
    /// Whether its access tokens must be bound to a key (RFC 9449 §5.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dpop_bound_access_tokens: Option<bool>,
    /// Maximum age of a sign-in where the request names none, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u32>,
    /// ID tokens always have `auth_time`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_auth_time: Option<bool>,
    /// URL to which logout tokens are posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(url)]
    pub backchannel_logout_uri: Option<String>,
    /// Logout tokens always have `sid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_session_required: Option<bool>,
    /// Whether it must use PKCE: true, or, only for a confidential client, false. Default: PKCE, or for a confidential
    /// client `nonce` in an OpenID Connect request (OAuth 2.1 §7.5.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_pkce: Option<bool>,
    /// Whether its ID tokens have the user's claims that the granted scopes release, as UserInfo has. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_user_claims: Option<bool>,
    /// Whether users are asked before it gets a token for them. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_consent: Option<bool>,
    /// Whether users are asked before its logout requests sign them out. Without, a request with an `id_token_hint` of
    /// the same session signs out immediately. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logout_confirmation: Option<bool>,
    /// The `aud` of its assertions. Default: `issuer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AssertionAudience>")]
    pub assertion_audience: Option<String>,
    /// Stricter rules that apply together: the FAPI 2.0 Security Profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ClientProfile>")]
    pub profile: Option<String>,
    /// Origins whose pages can call the token endpoint and the other endpoints for clients from a browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cors_origins: Option<Vec<String>>,
    /// APIs it can request tokens for (RFC 8707). Default: every registered one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_resources: Option<Vec<String>>,
    /// Teams to whose members its delegated tokens are limited. Default: every enabled user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delegation_teams: Option<Vec<String>>,
    /// Client or user that can act for the users of its tokens (`may_act`, RFC 8693 §4.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_act: Option<String>,
    /// Seconds. Default: the server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_lifetime: Option<u32>,
    /// Seconds. Default: the server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_lifetime: Option<u32>,
    /// Seconds. Default: the server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token_lifetime: Option<u32>,
    /// Seconds after which an unused refresh token expires. Default: the server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token_idle_lifetime: Option<u32>,
}

/// Copies the descriptions of members to those of a response.
pub fn describe_members(schema: &mut Schema) {
    let registration = schemars::schema_for!(ClientRegistration);
    let Some(Value::Object(members)) = schema.get_mut("properties") else {
        return;
    };
    for (name, member) in members {
        let description = &registration.as_value()["properties"][name]["description"];
        if let (Value::Object(member), Value::String(_)) = (member, description) {
            member.insert("description".to_owned(), description.clone());
        }
    }
}
