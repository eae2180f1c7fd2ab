//! Server metadata (RFC 8414 §2, OIDC Discovery §3), generated from the tables of supported features.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    app::App,
    domain::{
        acr,
        client::{AuthMethod, ID_TOKEN_ALGORITHMS},
        client_registration::CLIENT_ALGORITHMS,
        language::Language,
        scope,
    },
    oauth::{BASE, claims::CLAIMS, client_auth, forms::RESPONSE_MODES, grants, register},
};

/// Endpoints and supported features (RFC 8414 §2, OpenID Connect Discovery §3).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuthorizationServerMetadata")]
pub struct Metadata {
    /// The server's origin, exactly as in `iss`.
    #[schemars(url)]
    issuer: String,
    /// URL of the authorization endpoint.
    #[schemars(url)]
    authorization_endpoint: String,
    /// URL of the pushed authorization request endpoint (RFC 9126 §5).
    #[schemars(url)]
    pushed_authorization_request_endpoint: String,
    /// URL of the token endpoint.
    #[schemars(url)]
    token_endpoint: String,
    /// URL of the UserInfo endpoint.
    #[schemars(url)]
    userinfo_endpoint: String,
    /// URL of the public keys.
    #[schemars(url)]
    jwks_uri: String,
    /// RFC 8628.
    #[schemars(url)]
    device_authorization_endpoint: String,
    /// RFC 7662.
    #[schemars(url)]
    introspection_endpoint: String,
    /// RFC 7009.
    #[schemars(url)]
    revocation_endpoint: String,
    /// URL of the registration endpoint (RFC 7591); absent while registration is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(url)]
    registration_endpoint: Option<String>,
    /// Whether a `client_id` can be the URL of a metadata document; absent if not.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id_metadata_document_supported: Option<bool>,
    /// URL of the logout endpoint (OIDC RP-Initiated Logout §2.1).
    #[schemars(url)]
    end_session_endpoint: String,
    /// Whether clients are notified of a sign-out (OIDC Back-Channel Logout §2.1).
    backchannel_logout_supported: bool,
    /// Whether the notice includes `sid`, the session.
    backchannel_logout_session_supported: bool,
    /// Supported scopes, without those that administer this server.
    scopes_supported: Vec<String>,
    /// Values of `grant_type`.
    grant_types_supported: Vec<&'static str>,
    /// `code` and nothing else.
    response_types_supported: &'static [&'static str],
    /// `query`, `fragment` and `form_post`.
    response_modes_supported: &'static [&'static str],
    /// The values of `prompt`.
    prompt_values_supported: &'static [&'static str],
    /// Always true (RFC 9207 §3).
    authorization_response_iss_parameter_supported: bool,
    /// Whether every client must push its requests (RFC 9126 §5). The registration of a client can require it.
    require_pushed_authorization_requests: bool,
    /// Whether `request` can contain a signed request object (RFC 9101).
    request_parameter_supported: bool,
    /// Algorithms with which clients can sign it.
    request_object_signing_alg_values_supported: &'static [&'static str],
    /// Whether every client must sign its requests (RFC 9101 §10.5). The registration of a client can require it.
    require_signed_request_object: bool,
    /// Always false: only a request that was pushed has a `request_uri`.
    request_uri_parameter_supported: bool,
    /// Whether `claims` can request single claims (OpenID Connect Core §5.5).
    claims_parameter_supported: bool,
    /// `normal` and nothing else.
    claim_types_supported: &'static [&'static str],
    /// The levels of ISO/IEC 29115 that a sign-in can have.
    acr_values_supported: &'static [&'static str],
    /// `page` and nothing else.
    display_values_supported: &'static [&'static str],
    /// Languages of the pages.
    ui_locales_supported: Vec<&'static str>,
    /// Kinds of `sub`.
    subject_types_supported: &'static [&'static str],
    /// Algorithms that sign ID tokens.
    id_token_signing_alg_values_supported: Vec<&'static str>,
    /// Client authentication methods of the token endpoint.
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    /// Algorithms of client assertions.
    token_endpoint_auth_signing_alg_values_supported: &'static [&'static str],
    /// Client authentication methods of the introspection endpoint.
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    /// Algorithms of client assertions there.
    introspection_endpoint_auth_signing_alg_values_supported: &'static [&'static str],
    /// Client authentication methods of the revocation endpoint.
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    /// Algorithms of client assertions there.
    revocation_endpoint_auth_signing_alg_values_supported: &'static [&'static str],
    /// `S256` and nothing else.
    code_challenge_methods_supported: &'static [&'static str],
    /// Algorithms that sign DPoP proofs (RFC 9449 §5.1).
    dpop_signing_alg_values_supported: &'static [&'static str],
    /// Supported claims.
    claims_supported: Vec<&'static str>,
}

/// Claims in ID tokens and UserInfo in addition to those of the user's profile.
const CLAIMS_BESIDE: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "at_hash",
    "sid",
    "team_id",
    "registered_at",
];

/// The metadata document, the same at both well-known addresses.
pub fn document(app: &App) -> Metadata {
    let issuer = &app.config.issuer;
    let at = |path: &str| format!("{issuer}{BASE}{path}");
    let methods = client_auth::names();
    // RFC 7662 §2.1: introspection is not for those who prove nothing.
    let none = AuthMethod::None.as_str();
    let proving: Vec<_> = methods
        .iter()
        .copied()
        .filter(|name| *name != none)
        .collect();
    let snapshot = app.directory.snapshot();
    let scopes: Vec<_> = snapshot
        .scopes
        .iter()
        .map(|scope| scope.name.to_string())
        // Clients that request all that is listed must not ask to administer this server.
        .filter(|name| !scope::is_reserved(name))
        .collect();
    // Only what the key set has a key for.
    let has_key = |name: &&&str| {
        let algorithm = name.parse().ok();
        algorithm.is_some_and(|one| snapshot.signing_key(one, app.now()).is_some())
    };
    let algorithms: Vec<_> = ID_TOKEN_ALGORITHMS
        .iter()
        .filter(has_key)
        .copied()
        .collect();
    let claims: Vec<_> = CLAIMS.iter().map(|claim| claim.name).collect();
    let claims = [CLAIMS_BESIDE, &claims[..]].concat();
    let languages: Vec<_> = Language::ALL.iter().map(|one| one.tag()).collect();
    Metadata {
        issuer: issuer.clone(),
        authorization_endpoint: at("/authorize"),
        pushed_authorization_request_endpoint: at("/par"),
        token_endpoint: at("/token"),
        userinfo_endpoint: at("/userinfo"),
        jwks_uri: format!("{issuer}/.well-known/jwks.json"),
        device_authorization_endpoint: at("/device_authorization"),
        introspection_endpoint: at("/introspect"),
        revocation_endpoint: at("/revoke"),
        registration_endpoint: register::is_on(app).then(|| at("/register")),
        client_id_metadata_document_supported: app.live().client_metadata_documents.then_some(true),
        end_session_endpoint: at("/logout"),
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
        scopes_supported: scopes,
        grant_types_supported: grants::names(),
        response_types_supported: &["code"],
        response_modes_supported: RESPONSE_MODES,
        prompt_values_supported: &["none", "login", "consent", "select_account"],
        authorization_response_iss_parameter_supported: true,
        require_pushed_authorization_requests: false,
        request_parameter_supported: true,
        request_object_signing_alg_values_supported: CLIENT_ALGORITHMS,
        require_signed_request_object: false,
        request_uri_parameter_supported: false,
        claims_parameter_supported: true,
        claim_types_supported: &["normal"],
        acr_values_supported: acr::supported(app.config.is_dev()),
        display_values_supported: &["page"],
        ui_locales_supported: languages,
        subject_types_supported: &["public"],
        id_token_signing_alg_values_supported: algorithms,
        token_endpoint_auth_methods_supported: methods.clone(),
        token_endpoint_auth_signing_alg_values_supported: CLIENT_ALGORITHMS,
        introspection_endpoint_auth_methods_supported: proving,
        introspection_endpoint_auth_signing_alg_values_supported: CLIENT_ALGORITHMS,
        revocation_endpoint_auth_methods_supported: methods,
        revocation_endpoint_auth_signing_alg_values_supported: CLIENT_ALGORITHMS,
        code_challenge_methods_supported: &["S256"],
        dpop_signing_alg_values_supported: CLIENT_ALGORITHMS,
        claims_supported: claims,
    }
}
