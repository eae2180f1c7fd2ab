//! What may be registered, and which member is named when something may not.

use serde_json::{Value, json};

use super::*;

fn check(registration: Value) -> Result<ClientMetadata, InvalidMember> {
    serde_json::from_value::<ClientRegistration>(registration)
        .unwrap()
        .check()
}

#[test]
fn what_is_absent_has_the_defaults_of_the_standard() {
    let metadata = check(json!({"redirect_uris": ["https://app.example/cb"]})).unwrap();
    assert_eq!(
        metadata.token_endpoint_auth_method,
        AuthMethod::ClientSecretBasic
    );
    assert_eq!(metadata.grant_types, [GrantType::AuthorizationCode]);
    assert!(metadata.require_pkce.is_none() && metadata.require_consent);
    let again = serde_json::to_value(&metadata).unwrap();
    assert_eq!(
        check(again).unwrap(),
        metadata,
        "metadata is a registration, too"
    );
}

#[test]
fn a_member_that_cannot_be_is_named() {
    let uris = json!(["https://app.example/cb"]);
    let rows = [
        (json!({}), "redirect_uris"),
        (
            json!({"redirect_uris": ["https://app.example/cb", "https://app.example/#x"]}),
            "redirect_uris[1]",
        ),
        (
            json!({"redirect_uris": uris, "grant_types": ["password"]}),
            "grant_types[0]",
        ),
        (
            json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"}),
            "grant_types[0]",
        ),
        (
            json!({"redirect_uris": uris, "response_types": ["token"]}),
            "response_types",
        ),
        (
            json!({"grant_types": ["client_credentials"], "response_types": ["code"]}),
            "response_types",
        ),
        (
            json!({"redirect_uris": uris, "token_endpoint_auth_method": "magic"}),
            "token_endpoint_auth_method",
        ),
        (
            json!({"redirect_uris": uris, "token_endpoint_auth_method": "private_key_jwt"}),
            "jwks",
        ),
        (
            json!({"redirect_uris": uris, "jwks": {"keys": []}, "jwks_uri": "https://app.example/jwks"}),
            "jwks",
        ),
        (
            json!({"redirect_uris": uris, "jwks": {"keys": [{"kty": "EC", "d": "x"}]}}),
            "jwks.keys[0]",
        ),
        (
            json!({"redirect_uris": uris, "jwks": {"keys": [{"kty": "oct", "k": "x"}]}}),
            "jwks.keys[0]",
        ),
        (
            json!({"redirect_uris": uris, "id_token_signed_response_alg": "none"}),
            "id_token_signed_response_alg",
        ),
        (
            json!({"redirect_uris": uris, "logo_uri": "javascript:alert(1)"}),
            "logo_uri",
        ),
        (
            json!({"redirect_uris": uris, "backchannel_logout_uri": "http://app.example/x"}),
            "backchannel_logout_uri",
        ),
        (
            json!({"redirect_uris": uris, "require_pkce": false, "token_endpoint_auth_method": "none"}),
            "require_pkce",
        ),
        (
            json!({"redirect_uris": uris, "cors_origins": ["https://app.example/"]}),
            "cors_origins[0]",
        ),
        (
            json!({"redirect_uris": uris, "allowed_resources": ["notes"]}),
            "allowed_resources[0]",
        ),
        (
            json!({"redirect_uris": uris, "delegation_teams": ["a b"]}),
            "delegation_teams[0]",
        ),
        (
            json!({"redirect_uris": uris, "access_token_lifetime": 0}),
            "access_token_lifetime",
        ),
        (
            json!({"redirect_uris": uris, "profile": "fapi2"}),
            "profile",
        ),
        (json!({"redirect_uris": uris, "scope": "a\"b"}), "scope"),
        (
            json!({"redirect_uris": uris, "client_name": "a\nb"}),
            "client_name",
        ),
        // The consent page would say that nobody wants to access the account.
        (
            json!({"redirect_uris": uris, "client_name": " \u{3000}"}),
            "client_name",
        ),
    ];
    for (registration, member) in rows {
        let found = check(registration.clone());
        assert_eq!(
            found.map_err(|error| error.member),
            Err(member.to_owned()),
            "{registration}"
        );
    }
}
