//! Which documents, and which addresses, make a client.

use keyfob::{
    crypto::keys::{Algorithm, SigningKey},
    domain::time::Lifetime,
};
use serde_json::{Value, json};

use super::{CALLBACK, PATH, ask, document, id, publish, redeem, server, tokens, with};
use crate::support::{
    Server,
    web::{Reply, Web},
};

// Rule B88; the draft's §3, §4.1, §6.
#[test]
fn a_document_that_breaks_a_rule_makes_no_client() {
    let web = Web::https();
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let keys = json!({"keys": [key.public_jwk()]});
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(5 * 1024));
    let good = || document(&web);
    let other = format!("{}/other.json", web.url);
    let rows: Vec<(&str, Reply)> = vec![
        (
            "another client_id",
            Reply::json(&with(good(), "client_id", json!(other))),
        ),
        (
            "a client_id with a slash more",
            Reply::json(&with(good(), "client_id", json!(format!("{}/", id(&web))))),
        ),
        (
            "client_id in another case",
            Reply::json(&with(
                good(),
                "client_id",
                json!(id(&web).replace("client", "Client")),
            )),
        ),
        (
            "no client_id",
            Reply::json(&with(good(), "client_id", Value::Null)),
        ),
        (
            "client_id as a list",
            Reply::json(&with(good(), "client_id", json!([id(&web)]))),
        ),
        (
            "a secret",
            Reply::json(&with(good(), "client_secret", json!("s3cret"))),
        ),
        (
            "the end of a secret",
            Reply::json(&with(good(), "client_secret_expires_at", json!(0))),
        ),
        (
            "client_secret_basic",
            Reply::json(&with(
                good(),
                "token_endpoint_auth_method",
                json!("client_secret_basic"),
            )),
        ),
        (
            "client_secret_jwt",
            Reply::json(&with(
                good(),
                "token_endpoint_auth_method",
                json!("client_secret_jwt"),
            )),
        ),
        (
            "private_key_jwt without keys",
            Reply::json(&with(
                good(),
                "token_endpoint_auth_method",
                json!("private_key_jwt"),
            )),
        ),
        (
            "a private key",
            Reply::json(&with(
                with(
                    good(),
                    "token_endpoint_auth_method",
                    json!("private_key_jwt"),
                ),
                "jwks",
                json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "d": "d"}]}),
            )),
        ),
        (
            "keys twice",
            Reply::json(&with(
                with(good(), "jwks", keys),
                "jwks_uri",
                json!("https://app.example/jwks"),
            )),
        ),
        (
            "keys inside",
            Reply::json(&with(good(), "jwks_uri", json!("https://10.0.0.1/jwks"))),
        ),
        (
            "no redirect_uris",
            Reply::json(&with(good(), "redirect_uris", Value::Null)),
        ),
        (
            "no good redirect_uris",
            Reply::json(&with(
                good(),
                "redirect_uris",
                json!(["javascript:alert(1)", "http://app.example/", 7]),
            )),
        ),
        (
            "redirect_uris of the wrong type",
            Reply::json(&with(good(), "redirect_uris", json!(CALLBACK))),
        ),
        (
            "no grant that is served",
            Reply::json(&with(
                good(),
                "grant_types",
                json!(["client_credentials", "password"]),
            )),
        ),
        (
            "pairwise",
            Reply::json(&with(good(), "subject_type", json!("pairwise"))),
        ),
        ("a list", Reply::json(&json!([good()]))),
        ("null", Reply::json(&Value::Null)),
        (
            "no JSON",
            Reply {
                body: b"{".to_vec(),
                ..Reply::json(&json!({}))
            },
        ),
        (
            "HTML",
            Reply::json(&good()).header("Content-Type", "text/html"),
        ),
        (
            "too large",
            Reply {
                body: large.into_bytes(),
                ..Reply::json(&json!({}))
            },
        ),
        (
            "moved",
            Reply::status(302).header("Location", "/elsewhere.json"),
        ),
        ("not there", Reply::status(404)),
        ("broken", Reply::status(500)),
    ];
    web.at("/elsewhere.json", Reply::json(&good()));
    let server = server(&web);
    for (what, reply) in rows {
        web.at(PATH, reply);
        server.clock.advance(Lifetime(60));
        let answer = ask(&server, &id(&web));
        assert_eq!(answer.status, 400, "{what}");
        assert!(answer.header("location").is_none(), "{what}");
        assert!(
            answer.text.contains("metadata document is not usable"),
            "{what}: {}",
            answer.text
        );
        assert!(!answer.text.contains("s3cret"), "{what}");
        let token = redeem(&server, &id(&web), "x");
        assert_eq!(token.refusal(), (401, "invalid_client".into()), "{what}");
    }
    assert_eq!(web.asked("/elsewhere.json"), 0, "no redirect was followed");
    // For a minute its server is left alone; then the author has fixed it.
    publish(&web, &document(&web));
    let asked = web.asked(PATH);
    assert_eq!(ask(&server, &id(&web)).status, 400);
    assert_eq!(web.asked(PATH), asked);
    server.clock.advance(Lifetime(60));
    assert_eq!(ask(&server, &id(&web)).status, 303);
}

#[test]
fn an_address_that_is_none_or_leads_inside_is_not_fetched() {
    let web = Web::https();
    publish(&web, &document(&web));
    let port = web.url.rsplit(':').next().unwrap();
    let server = Server::start_with(|told| told.live.outbound_ca_file = web.ca_file.clone());
    let ids = [
        format!("https://127.0.0.1:{port}{PATH}"),
        format!("https://localhost:{port}{PATH}"),
        format!("https://[::ffff:127.0.0.1]:{port}{PATH}"),
        format!("https://2130706433:{port}{PATH}"),
        format!("https://127.0.0.1:{port}"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/a/..{PATH}"),
        format!("https://127.0.0.1:{port}/%2e%2e{PATH}"),
        format!("https://127.0.0.1:{port}{PATH}#x"),
        format!("https://u@127.0.0.1:{port}{PATH}"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        format!("http://127.0.0.1:{port}{PATH}"),
        format!("HTTPS://127.0.0.1:{port}{PATH}"),
    ];
    for id in &ids {
        assert_eq!(ask(&server, id).status, 400, "{id}");
        assert_eq!(
            redeem(&server, id, "x").refusal(),
            (401, "invalid_client".into()),
            "{id}"
        );
    }
    assert!(web.requests().is_empty());
}

// Issue 3, «MCP specifics».
#[test]
fn a_document_may_hold_what_this_server_does_not_serve() {
    let web = Web::https();
    let tolerated = [
        ("application_type", json!("native")),
        ("unknown", json!({"a": [1, {"b": null}]})),
        (
            "grant_types",
            json!([
                "authorization_code",
                "refresh_token",
                "implicit",
                "urn:example:grant",
                "client_credentials"
            ]),
        ),
        ("response_types", json!(["code", "code id_token", "token"])),
        (
            "redirect_uris",
            json!([
                CALLBACK,
                "cursor://anysphere/cb",
                "http://app.example/cb",
                "https://*.example/cb"
            ]),
        ),
        ("post_logout_redirect_uris", json!(["javascript:alert(1)"])),
        ("contacts", json!("ola@app.example")),
        ("logo_uri", json!("http://app.example/logo")),
        ("tos_uri", json!(7)),
        ("client_name", json!("a\u{0}b")),
        ("id_token_signed_response_alg", json!("HS256")),
        ("backchannel_logout_uri", json!("https://10.0.0.1/logout")),
        ("default_max_age", json!("soon")),
        ("scope", json!("openid offline_access mcp:tools")),
        (
            "token_endpoint_auth_methods_supported",
            json!(["none", "private_key_jwt"]),
        ),
    ];
    for (name, value) in tolerated {
        publish(&web, &with(document(&web), name, value.clone()));
        let server = server(&web);
        let answer = ask(&server, &id(&web));
        assert_eq!(answer.status, 303, "{name} {value}: {}", answer.text);
    }
    let mut plural = with(
        document(&web),
        "token_endpoint_auth_methods_supported",
        json!(["client_secret_post", "none"]),
    );
    plural
        .as_object_mut()
        .unwrap()
        .remove("token_endpoint_auth_method");
    publish(&web, &plural);
    assert!(tokens(&server(&web), &id(&web))["refresh_token"].is_string());
    // Without a word on it a client has no secret, since it can have none.
    plural
        .as_object_mut()
        .unwrap()
        .remove("token_endpoint_auth_methods_supported");
    publish(&web, &plural);
    assert!(tokens(&server(&web), &id(&web))["id_token"].is_string());
}
