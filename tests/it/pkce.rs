//! Which requests need PKCE (RFC 7636), and which can do with `nonce` (OAuth 2.1 §7.5.1; rule D1).

use serde_json::{Value, json};

use crate::support::{
    Server, VERIFIER,
    browser::{Browser, authorize_path, challenge},
};

const CB: &str = "https://app.example/cb";
const TOKEN: &str = "/api/v1/oauth/token";

type Fields<'a> = Vec<(&'a str, &'a str)>;

/// Clients of each kind, by name; the secret of those that have one is `secret`.
fn ready() -> Server {
    let server = Server::start();
    server.person("ola");
    for (client_id, method, require_pkce) in [
        ("public", "none", Value::Null),
        ("unset", "client_secret_basic", Value::Null),
        ("required", "client_secret_basic", json!(true)),
        ("free", "client_secret_basic", json!(false)),
    ] {
        let metadata = json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": method,
            "redirect_uris": [CB], "scope": "openid profile", "require_consent": false, "require_pkce": require_pkce});
        server.client(client_id, metadata);
    }
    server
}

#[test]
fn a_request_needs_pkce_or_what_its_client_may_send_in_its_place() {
    let server = ready();
    let challenge = challenge();
    let with_pkce: &[(&str, &str)] = &[
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let (nonce, openid) = (("nonce", "n"), ("scope", "openid profile"));
    let plain = ("scope", "profile");
    // What is sent, and which clients may send it.
    let rows: [(&str, Fields, &[&str]); 6] = [
        (
            "PKCE",
            [with_pkce, &[openid]].concat(),
            &["public", "unset", "required", "free"],
        ),
        (
            "PKCE without openid",
            [with_pkce, &[plain]].concat(),
            &["public", "unset", "required", "free"],
        ),
        ("nonce", vec![nonce, openid], &["unset", "free"]),
        ("nonce without openid", vec![nonce, plain], &["free"]),
        ("empty nonce", vec![("nonce", ""), openid], &["free"]),
        ("neither", vec![openid], &["free"]),
    ];
    for (told, sent, allowed) in rows {
        for client_id in ["public", "unset", "required", "free"] {
            let mut parameters = vec![
                ("response_type", "code"),
                ("client_id", client_id),
                ("redirect_uri", CB),
            ];
            parameters.extend(&sent);
            let answer = Browser::new(&server).authorize(&parameters, "ola");
            let answer = answer.parameters();
            let is_allowed = allowed.contains(&client_id);
            assert_eq!(
                answer.contains_key("code"),
                is_allowed,
                "{told} {client_id}"
            );
            if is_allowed {
                continue;
            }
            assert_eq!(answer["error"], "invalid_request", "{told} {client_id}");
            let names_nonce =
                answer["error_description"].contains("or nonce with the scope openid");
            assert_eq!(names_nonce, client_id == "unset", "{told} {client_id}");
        }
    }
}

// RFC 6749 §4.1.3: without PKCE the redirect_uri is compared; RFC 9700 §2.1.1: a verifier nobody asked for is refused.
#[test]
fn a_code_without_pkce_is_redeemed_with_its_redirect_uri_and_without_a_verifier() {
    let server = ready();
    let secret = server.secret_of("unset");
    let parameters = [
        ("response_type", "code"),
        ("client_id", "unset"),
        ("redirect_uri", CB),
        ("scope", "openid"),
        ("nonce", "n-1"),
    ];
    let redeem = |more: &[(&str, &str)]| {
        let answer = Browser::new(&server).authorize(&parameters, "ola");
        let code = answer.parameters()["code"].clone();
        let mut fields = vec![("grant_type", "authorization_code"), ("code", &*code)];
        fields.extend(more);
        server.form(TOKEN, Some(("unset", &secret)), &fields)
    };
    let answer = redeem(&[("redirect_uri", CB)]);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let claims = crate::support::claims(&answer.json()["id_token"]);
    assert_eq!(claims["nonce"], "n-1");
    let rows: [(&[(&str, &str)], &str); 3] = [
        (&[], "invalid_request"),
        (&[("redirect_uri", "https://app.example/")], "invalid_grant"),
        (
            &[("redirect_uri", CB), ("code_verifier", VERIFIER)],
            "invalid_grant",
        ),
    ];
    for (more, expected) in rows {
        assert_eq!(redeem(more).refusal(), (400, expected.into()), "{more:?}");
    }
}

// What a client registers of itself is what an operator would have given it.
#[test]
fn a_client_that_registers_itself_goes_by_the_same_rule() {
    let server = Server::start_with(|told| {
        told.live.registration = keyfob::config::Registration::Open;
    });
    server.person("ola");
    for (method, expected) in [
        ("client_secret_basic", None),
        ("none", Some("invalid_request")),
    ] {
        let metadata = json!({"redirect_uris": [CB], "token_endpoint_auth_method": method, "require_pkce": false});
        let registered = server.json("/api/v1/oauth/register", &[], &metadata);
        assert_eq!(registered.status, 201, "{}", registered.text);
        let client_id = registered.json()["client_id"].as_str().unwrap().to_owned();
        for (nonce, expected) in [("n", expected), ("", Some("invalid_request"))] {
            let parameters = [
                ("response_type", "code"),
                ("client_id", client_id.as_str()),
                ("redirect_uri", CB),
                ("scope", "openid"),
                ("nonce", nonce),
            ];
            let answer = Browser::new(&server).get(&authorize_path(&parameters));
            // Nobody vouches for it: its errors are shown.
            assert_eq!(answer.shown_error(), expected, "{method} {nonce:?}");
        }
    }
}
