//! What the server says of itself, and whether it is true (rules B91, B92).

use serde_json::{Value, json};

use crate::support::{Server, VERIFIER, claims};

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

fn list(metadata: &Value, name: &str) -> Vec<String> {
    let values = metadata[name]
        .as_array()
        .unwrap_or_else(|| panic!("{name}"));
    values
        .iter()
        .map(|value| value.as_str().unwrap().to_owned())
        .collect()
}

// RFC 8414 §3, OIDC Discovery §4
#[test]
fn both_documents_are_one_for_every_origin() {
    let server = Server::start();
    let answers =
        [OPENID, OAUTH].map(|path| server.get(path, &[("origin", "https://app.example")]));
    for answer in &answers {
        assert_eq!(answer.status, 200);
        assert!(
            answer
                .header("content-type")
                .unwrap()
                .starts_with("application/json")
        );
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert_eq!(answer.json()["issuer"], server.url);
    }
    assert_eq!(answers[0].json(), answers[1].json());
    // Whatever the request calls the server.
    let disguised = server.get(
        OPENID,
        &[
            ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"),
        ],
    );
    assert_eq!(disguised.json(), answers[0].json());
}

#[test]
fn every_endpoint_that_is_listed_answers() {
    let server = Server::start();
    let metadata = server.get(OPENID, &[]).json();
    let endpoints: Vec<_> = metadata
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri")
        .collect();
    assert!(endpoints.len() >= 8, "{endpoints:?}");
    for (name, url) in endpoints {
        let path = url.as_str().unwrap().strip_prefix(&server.url).unwrap();
        // A wrong method is refused by an endpoint, and unknown to an address where there is none.
        let answer = server.send("PUT", path, &[], None);
        assert_eq!(answer.status, 405, "{name}");
        let get = server.get(path, &[]);
        assert_ne!(get.status, 404, "{name}");
    }
}

// RFC 8414 §2: what is listed works, and what is not listed is refused.
#[test]
fn what_is_listed_is_served_and_nothing_else() {
    let server = Server::start();
    let metadata = server.get(OPENID, &[]).json();
    // Rule B31; RFC 9207 §3: every answer carries it, which `authorize` shows.
    assert_eq!(
        metadata["authorization_response_iss_parameter_supported"],
        true
    );
    let grants = list(&metadata, "grant_types_supported");
    let secret = server.client(
        "all",
        json!({"grant_types": grants, "token_endpoint_auth_method": "client_secret_basic",
               "redirect_uris": ["https://app.example/cb"], "scope": "openid", "require_pkce": false}),
    );
    let error = |grant: &str| {
        let answer = server.form(
            "/api/v1/oauth/token",
            Some(("all", &secret)),
            &[("grant_type", grant)],
        );
        answer.json()["error"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    for grant in &grants {
        assert_ne!(error(grant), "unsupported_grant_type", "{grant}");
    }
    for absent in [
        "password",
        "implicit",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
    ] {
        assert!(!grants.iter().any(|grant| grant == absent));
        assert_eq!(error(absent), "unsupported_grant_type", "{absent}");
    }
    let ask = |name: &str, value: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs([
            ("client_id", "all"),
            ("redirect_uri", "https://app.example/cb"),
            ("prompt", "none"),
            (name, value),
        ]);
        if name != "response_type" {
            query.append_pair("response_type", "code");
        }
        let answer = server.get(&format!("/api/v1/oauth/authorize?{}", query.finish()), &[]);
        let refused = answer.text
            + answer
                .headers
                .get("location")
                .map_or("", |to| to.to_str().unwrap());
        refused.contains("login_required")
    };
    let candidates = [
        (
            "response_types_supported",
            "response_type",
            ["code", "token", "id_token", "code id_token"],
        ),
        (
            "response_modes_supported",
            "response_mode",
            ["query", "form_post", "fragment", "jwt"],
        ),
        (
            "scopes_supported",
            "scope",
            ["openid", "phone", "(empty)", "admin"],
        ),
    ];
    for (listed, parameter, values) in candidates {
        let listed = list(&metadata, listed);
        for value in values {
            // A scope that the client does not have is no better than one that nobody knows.
            let expected = listed.iter().any(|one| one == value) && value != "phone";
            assert_eq!(ask(parameter, value), expected, "{parameter}={value}");
        }
    }
    assert_eq!(
        list(&metadata, "code_challenge_methods_supported"),
        ["S256"]
    );
    for name in [
        "id_token_signing_alg_values_supported",
        "request_object_signing_alg_values_supported",
    ] {
        let algorithms = list(&metadata, name);
        assert!(
            !algorithms
                .iter()
                .any(|one| one == "none" || one.starts_with("HS")),
            "{name}"
        );
    }
}

// RFC 7517 §4, §5 (rule B92)
#[test]
fn the_key_set_holds_public_keys_that_may_be_kept_for_a_while() {
    let server = Server::start();
    let answer = server.get("/.well-known/jwks.json", &[]);
    assert_eq!(
        answer.header("content-type"),
        Some("application/jwk-set+json")
    );
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    for key in answer.json()["keys"].as_array().unwrap() {
        let mut names: Vec<_> = key
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        names.sort_unstable();
        let public = ["alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"];
        assert!(names.iter().all(|name| public.contains(name)), "{names:?}");
        assert!(
            ["alg", "kid", "use"]
                .iter()
                .all(|name| names.contains(name)),
            "{names:?}"
        );
    }
}

// OIDC Discovery §3: claims_supported; nothing that an ID token or UserInfo has is missing there.
#[test]
fn every_claim_that_is_told_of_a_user_is_listed_and_no_scope_that_administers() {
    let server = Server::start();
    let scope = "openid profile email address phone";
    server.client(
        "web",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": ["https://app.example/cb"], "scope": scope}),
    );
    server.user("ola", |user| {
        user.profile.locale = Some("nb-NO".into());
        user.profile.zoneinfo = Some("Europe/Oslo".into());
        user.profile.claims =
            serde_json::from_value(json!({"nickname": "Olli", "phone_number": "+47 1"})).unwrap();
    });
    let code = server.code("web", "ola", scope);
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", &code),
        ("code_verifier", VERIFIER),
    ];
    let tokens = server.form("/api/v1/oauth/token", None, &fields).json();
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let info = server.get("/api/v1/oauth/userinfo", &[("authorization", &bearer)]);
    let metadata = server.get(OPENID, &[]).json();
    let listed = list(&metadata, "claims_supported");
    for part in [info.json(), claims(&tokens["id_token"])] {
        for name in part.as_object().unwrap().keys() {
            assert!(listed.contains(name), "{name}");
        }
    }
    let scopes = list(&metadata, "scopes_supported");
    assert!(scopes.contains(&"openid".to_owned()), "{scopes:?}");
    assert!(
        !scopes.iter().any(|name| name.starts_with("keyfob:")),
        "{scopes:?}"
    );
}
