//! Parameters of the endpoints, as clients send them in a query or a form. `/openapi.json` is generated from these
//! types; the endpoints read the parameters one by one, so that each error names its own.

use schemars::JsonSchema;

/// An authorization request sent as a form (OpenID Connect Core §3.1.2.1).
#[derive(JsonSchema)]
pub struct AuthorizationRequest {
    /// Always `code`; the implicit and hybrid flows are not supported (OAuth 2.1). Required unless the request was
    /// pushed or is a request object.
    #[schemars(extend("const" = "code"))]
    pub response_type: Option<String>,
    /// The client's id.
    pub client_id: String,
    /// Redirect URI for the response. Must be registered; optional if exactly one is and `openid` is not requested (OpenID
    /// Connect Core §3.1.2.1). Loopback URIs match any port (RFC 8252 §7.3).
    #[schemars(url)]
    pub redirect_uri: Option<String>,
    /// Space-separated scopes. `openid` makes it an OpenID Connect request.
    pub scope: Option<String>,
    /// Returned unchanged in the response.
    pub state: Option<String>,
    /// PKCE: base64url of the SHA-256 of the `code_verifier` (RFC 7636 §4.2). Required of public clients. A confidential
    /// client can send `nonce` with the scope `openid` instead, unless it is registered with `require_pkce`.
    #[schemars(length(min = 43, max = 128))]
    pub code_challenge: Option<String>,
    /// Required with `code_challenge`; `plain` is not supported.
    #[schemars(extend("const" = "S256"))]
    pub code_challenge_method: Option<String>,
    /// The RFC 7638 thumbprint of the key to which the code is to be bound (RFC 9449 §10).
    #[schemars(length(equal = 43))]
    pub dpop_jkt: Option<String>,
    /// Returned in the ID token, to bind it to the client's session.
    pub nonce: Option<String>,
    /// Method of returning the response. Default `query`.
    #[schemars(extend("enum" = RESPONSE_MODES))]
    pub response_mode: Option<String>,
    /// Space-separated `none`, `login`, `consent`, `select_account`; `none` cannot be combined.
    pub prompt: Option<String>,
    /// Maximum age of the sign-in in seconds; 0 requires a new sign-in.
    pub max_age: Option<u32>,
    /// Username or email to prefill on the sign-in page.
    pub login_hint: Option<String>,
    /// ID token of the user who is expected to be signed in.
    pub id_token_hint: Option<String>,
    /// Space-separated authentication context classes, in order of preference.
    pub acr_values: Option<String>,
    /// Individually requested claims, as a JSON object (OpenID Connect Core §5.5).
    #[schemars(extend("contentMediaType" = "application/json"))]
    pub claims: Option<String>,
    /// Reference to a pushed request (RFC 9126 §4). All other parameters except `client_id` are ignored. Other
    /// `request_uri` values are not supported.
    pub request_uri: Option<String>,
    /// APIs the tokens are for; repeat the parameter for several (RFC 8707 §2.1). Default: the API the scopes belong
    /// to, or this server (RFC 9068 §3).
    #[schemars(inner(url))]
    pub resource: Option<Vec<String>>,
    /// Signed request object (RFC 9101). Only parameters inside it are used; `client_id` is also required outside.
    pub request: Option<String>,
    /// Accepted but ignored.
    pub display: Option<String>,
    /// Preferred languages of the page, most preferred first; English and Norwegian Bokmål are available.
    pub ui_locales: Option<String>,
    /// Accepted but ignored.
    pub claims_locales: Option<String>,
}

/// The values of `response_mode`.
pub const RESPONSE_MODES: &[&str] = &["query", "fragment", "form_post"];

/// The parameters of an authorization request, without `request_uri`, plus client authentication.
#[derive(JsonSchema)]
#[schemars(rename = "PushedAuthorizationForm", transform = without_request_uri)]
pub struct PushedAuthorization {
    #[schemars(flatten)]
    pub request: AuthorizationRequest,
    /// The client's secret, unless it is sent by HTTP Basic.
    #[schemars(extend("format" = "password", "writeOnly" = true))]
    pub client_secret: Option<String>,
    #[schemars(flatten)]
    pub assertion: ClientAssertion,
}

/// RFC 9126 §2.1: a request that is pushed refers to no other.
fn without_request_uri(schema: &mut schemars::Schema) {
    if let Some(properties) = schema.get_mut("properties")
        && let Some(properties) = properties.as_object_mut()
    {
        properties.shift_remove("request_uri");
    }
}

/// A JWT in the place of a secret.
#[derive(JsonSchema)]
pub struct ClientAssertion {
    /// With `client_assertion` (RFC 7523 §2.2).
    #[schemars(extend("const" = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"))]
    pub client_assertion_type: Option<String>,
    /// A JWT signed by the client (`private_key_jwt`). Valid once.
    pub client_assertion: Option<String>,
}

/// Client ID, if HTTP Basic is not used.
#[derive(JsonSchema)]
pub struct ClientCredentials {
    /// The client, where it does not authenticate by HTTP Basic.
    pub client_id: Option<String>,
    /// The secret of a client registered for `client_secret_post`.
    #[schemars(extend("format" = "password"))]
    pub client_secret: Option<String>,
    #[schemars(flatten)]
    pub assertion: ClientAssertion,
}

/// A token request as in RFC 6749. Each parameter can appear once, `resource` and `audience` several times. Empty
/// parameters are treated as absent; unknown ones are ignored.
#[derive(JsonSchema)]
#[schemars(rename = "TokenForm")]
pub struct TokenRequest {
    /// The grant type (RFC 6749 §4.1.3, §4.4.2, §6, RFC 8628 §3.4).
    pub grant_type: crate::domain::grant_type::GrantType,
    #[schemars(flatten)]
    pub client: ClientCredentials,
    /// The authorization code.
    pub code: Option<String>,
    /// If sent, must equal the authorization request's.
    #[schemars(url)]
    pub redirect_uri: Option<String>,
    /// The PKCE verifier (RFC 7636 §4.1).
    #[schemars(length(min = 43, max = 128))]
    pub code_verifier: Option<String>,
    /// The refresh token.
    pub refresh_token: Option<String>,
    /// The device code (RFC 8628 §3.4).
    pub device_code: Option<String>,
    /// Space-separated scopes, no more than were granted (RFC 6749 §3.3, §6).
    pub scope: Option<String>,
    /// IANA time zone of the user, a value of `TokenRequest.tz`. There is no default here.
    #[schemars(length(min = 1))]
    pub tz: Option<String>,
    /// The resources that the token is for, each its own parameter (RFC 8707 §2.2). No more than were granted.
    #[schemars(inner(url))]
    pub resource: Option<Vec<String>>,
    /// Token exchange: the same as `resource`, or the `client_id` of a resource (RFC 8693 §2.1).
    pub audience: Option<Vec<String>>,
    /// Token exchange: token of the subject (RFC 8693 §2.1).
    pub subject_token: Option<String>,
    /// Token exchange: type of `subject_token`. `jwt` means an access token of this server.
    #[schemars(extend("enum" = ["urn:ietf:params:oauth:token-type:access_token",
        "urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token"]))]
    pub subject_token_type: Option<String>,
    /// Token exchange: access token of the actor, issued to this client.
    pub actor_token: Option<String>,
    /// Token exchange: type of `actor_token`; required with it.
    #[schemars(extend("enum" = ["urn:ietf:params:oauth:token-type:access_token", "urn:ietf:params:oauth:token-type:jwt"]))]
    pub actor_token_type: Option<String>,
    /// Token exchange: type of token to issue; always an access token.
    #[schemars(extend("enum" = ["urn:ietf:params:oauth:token-type:access_token", "urn:ietf:params:oauth:token-type:jwt"]))]
    pub requested_token_type: Option<String>,
    /// JWT bearer grant: a JWT of a trusted issuer (RFC 7523 §2.1). Valid once.
    pub assertion: Option<String>,
}

/// A device authorization request (RFC 8628 §3.1).
#[derive(JsonSchema)]
#[schemars(rename = "DeviceAuthorizationForm")]
pub struct DeviceAuthorization {
    /// Space-separated scopes; what the client is registered for when absent.
    pub scope: Option<String>,
    #[schemars(flatten)]
    pub client: ClientCredentials,
}

/// An introspection request (RFC 7662 §2.1).
#[derive(JsonSchema)]
#[schemars(rename = "IntrospectionForm")]
pub struct Introspection {
    #[schemars(flatten)]
    pub token: Token,
}

/// A revocation request (RFC 7009 §2.1).
#[derive(JsonSchema)]
#[schemars(rename = "RevocationForm")]
pub struct Revocation {
    #[schemars(flatten)]
    pub token: Token,
}

/// A token that a client has, and who the client is.
#[derive(JsonSchema)]
pub struct Token {
    /// The access or refresh token.
    pub token: String,
    /// Hint about the type of token. A wrong hint is ignored.
    #[schemars(extend("examples" = ["access_token", "refresh_token"]))]
    pub token_type_hint: Option<String>,
    #[schemars(flatten)]
    pub client: ClientCredentials,
}

/// A logout request (OIDC RP-Initiated Logout §2).
#[derive(JsonSchema)]
#[schemars(rename = "LogoutRequest")]
pub struct Logout {
    /// An ID token of this server, also expired; identifies the client.
    pub id_token_hint: Option<String>,
    /// The client's id, if there is no id_token_hint.
    pub client_id: Option<String>,
    /// Destination of the browser afterwards: one of the client's registered `post_logout_redirect_uris`.
    pub post_logout_redirect_uri: Option<String>,
    /// Returned unchanged.
    pub state: Option<String>,
    /// Accepted and not needed.
    pub logout_hint: Option<String>,
    /// Preferred languages of the page, most preferred first.
    pub ui_locales: Option<String>,
}

/// A userinfo request (RFC 6750 §2.2).
#[derive(JsonSchema)]
#[schemars(rename = "UserInfoForm")]
pub struct UserInfo {
    /// The access token, unless it is sent in a header.
    pub access_token: Option<String>,
}

/// RFC 9728 §3
#[derive(JsonSchema)]
pub struct NamedResource {
    /// The URI of a registered resource.
    #[schemars(url)]
    pub resource: Option<String>,
}
