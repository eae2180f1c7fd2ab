//! What the server says of itself (RFC 8414 §2, OIDC Discovery §3), read from the tables that serve it.

use serde_json::{Value, json};

use crate::{
    app::App,
    domain::{
        acr,
        client::{AuthMethod, ID_TOKEN_ALGORITHMS},
        client_registration::CLIENT_ALGORITHMS,
        language::Language,
    },
    oauth::{BASE, claims::CLAIMS, client_auth, grants, register},
};

/// The metadata document, the same at both well-known addresses.
pub fn document(app: &App) -> Value {
    let issuer = &app.config.issuer;
    let at = |path: &str| format!("{issuer}{BASE}{path}");
    let methods = client_auth::names();
    // RFC 7662 §2.1: introspection is not for those who prove nothing.
    let none = AuthMethod::None.as_str();
    let proving: Vec<_> = methods.iter().filter(|name| **name != none).collect();
    let snapshot = app.directory.snapshot();
    let scopes: Vec<_> = snapshot
        .scopes
        .iter()
        .map(|scope| scope.name.as_str())
        .collect();
    let claims: Vec<_> = CLAIMS.iter().map(|claim| claim.name).collect();
    let claims = [&["sub", "auth_time", "acr", "amr", "team_id"], &claims[..]].concat();
    let languages: Vec<_> = Language::ALL.iter().map(|one| one.tag()).collect();
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": at("/authorize"),
        "pushed_authorization_request_endpoint": at("/par"),
        "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"),
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "device_authorization_endpoint": at("/device_authorization"),
        "introspection_endpoint": at("/introspect"),
        "revocation_endpoint": at("/revoke"),
        "end_session_endpoint": at("/logout"),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "scopes_supported": scopes,
        "grant_types_supported": grants::names(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "authorization_response_iss_parameter_supported": true,
        "require_pushed_authorization_requests": false,
        "request_parameter_supported": true,
        "request_object_signing_alg_values_supported": CLIENT_ALGORITHMS,
        "require_signed_request_object": false,
        "request_uri_parameter_supported": false,
        "claims_parameter_supported": true,
        "claim_types_supported": ["normal"],
        "acr_values_supported": acr::supported(app.config.is_dev()),
        "display_values_supported": ["page"],
        "ui_locales_supported": languages,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ID_TOKEN_ALGORITHMS,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": CLIENT_ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": proving,
        "introspection_endpoint_auth_signing_alg_values_supported": CLIENT_ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": CLIENT_ALGORITHMS,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": CLIENT_ALGORITHMS,
        "claims_supported": claims,
    });
    // What can be switched off is not there then.
    if register::is_on(app) {
        document["registration_endpoint"] = json!(at("/register"));
    }
    if app.live().client_metadata_documents {
        document["client_id_metadata_document_supported"] = json!(true);
    }
    document
}
