//! What a client may no longer have, its tokens lose at once, however the client was changed.

use serde_json::{Value, json};

use super::{BASE, Console};
use crate::support::{Answer, VERIFIER, claims};

const OAUTH: &str = "/api/v1/oauth";

fn console() -> Console {
    let console = Console::start();
    console.server.user("ola", |_| {});
    console.server.client(
        "bot",
        json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic",
               "scope": "openid email keyfob:admin keyfob:delegate"}),
    );
    console
        .server
        .public_client("app", "openid email offline_access keyfob:delegate");
    console
}

fn own_token(console: &Console, client_id: &str) -> String {
    let secret = console.server.secret_of(client_id);
    let path = format!("{OAUTH}/token");
    let fields = [("grant_type", "client_credentials")];
    let answer = console
        .server
        .form(&path, Some((client_id, &secret)), &fields);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

fn with_token(console: &Console, path: &str, token: &str, body: Option<&Value>) -> Answer {
    let authorization = format!("Bearer {token}");
    let headers = [("authorization", authorization.as_str())];
    match body {
        Some(body) => console.server.json(path, &headers, body),
        None => console.server.get(path, &headers),
    }
}

fn delegate(console: &Console, token: &str) -> Answer {
    let body = json!({"sub": "ola", "scopes": ["openid"]});
    with_token(
        console,
        &format!("{OAUTH}/delegated-token"),
        token,
        Some(&body),
    )
}

fn is_active(console: &Console, client_id: &str, token: &str) -> bool {
    let secret = console.server.secret_of(client_id);
    let path = format!("{OAUTH}/introspect");
    let answer = console
        .server
        .form(&path, Some((client_id, &secret)), &[("token", token)]);
    answer.json()["active"].as_bool().unwrap()
}

/// The state that the list of tokens shows.
fn listed(console: &Console, token: &str) -> Value {
    let jti = claims(&json!(token))["jti"].as_str().unwrap().to_owned();
    console.get(&format!("/tokens?q={jti}")).json()["items"][0]["state"].clone()
}

type Narrow = fn(&Console, scope: &str);

/// The ways on which an administrator changes a client.
const WAYS: &[(&str, Narrow)] = &[
    ("patch", |console, scope| {
        let answer = console.patch("/clients/bot", &json!({ "scope": scope }));
        assert_eq!(answer.status, 200, "{}", answer.text);
    }),
    ("import", |console, scope| {
        let text = format!(
            "[[client]]\nclient_id = \"bot\"\nclient_secret = \"a secret that was chosen\"\n\
             grant_types = [\"client_credentials\"]\nscope = \"{scope}\"\n"
        );
        let plan = console.post("/state/plan", &json!({ "text": text })).json();
        let agreed = json!({ "text": text, "digest": plan["digest"] });
        let answer = console.post("/state/apply", &agreed);
        assert_eq!(answer.status, 200, "{plan} {}", answer.text);
    }),
    ("deleted and restored with less", |console, scope| {
        assert_eq!(console.delete("/clients/bot").status, 204);
        let restored = console.post("/clients/bot/restore", &json!({}));
        assert_eq!(restored.status, 200, "{}", restored.text);
        let answer = console.patch("/clients/bot", &json!({ "scope": scope }));
        assert_eq!(answer.status, 200, "{}", answer.text);
    }),
];

#[test]
fn a_client_that_loses_reserved_scopes_loses_its_tokens_at_once() {
    for (way, narrow) in WAYS {
        let console = console();
        let token = own_token(&console, "bot");
        let delegated = delegate(&console, &token).json()["access_token"].clone();
        let delegated = delegated.as_str().unwrap();
        let admin = || with_token(&console, &format!("{BASE}/users"), &token, None).status;
        let userinfo =
            || with_token(&console, &format!("{OAUTH}/userinfo"), delegated, None).status;
        assert_eq!((admin(), userinfo()), (200, 200), "{way}");
        narrow(&console, "openid email");
        assert_eq!((admin(), userinfo()), (401, 401), "{way}");
        let refused = delegate(&console, &token);
        assert_eq!(refused.refusal(), (401, "invalid_token".into()), "{way}");
        for token in [token.as_str(), delegated] {
            assert!(!is_active(&console, "bot", token), "{way}");
            assert_eq!(listed(&console, token), "revoked", "{way}");
        }
        // A scope that returns does not bring them back.
        let all = json!({"scope": "openid email keyfob:admin keyfob:delegate"});
        assert_eq!(console.patch("/clients/bot", &all).status, 200);
        assert_eq!((admin(), userinfo()), (401, 401), "{way}");
        assert_eq!(delegate(&console, &own_token(&console, "bot")).status, 200);
    }
}

#[test]
fn a_refresh_goes_on_with_what_is_left() {
    let console = console();
    let scope = "openid email offline_access keyfob:delegate";
    let code = console.server.code("app", "ola", scope);
    let path = format!("{OAUTH}/token");
    let redeem = [
        ("grant_type", "authorization_code"),
        ("client_id", "app"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let tokens = console.server.form(&path, None, &redeem).json();
    let userinfo = |tokens: &Value| {
        let token = tokens["access_token"].as_str().unwrap();
        with_token(&console, &format!("{OAUTH}/userinfo"), token, None).status
    };
    assert_eq!(userinfo(&tokens), 200);
    let less = json!({"scope": "openid offline_access"});
    assert_eq!(console.patch("/clients/app", &less).status, 200);
    assert_eq!(userinfo(&tokens), 401);
    let refresh = [
        ("grant_type", "refresh_token"),
        ("client_id", "app"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
    ];
    let renewed = console.server.form(&path, None, &refresh).json();
    assert_eq!(renewed["scope"], "openid offline_access", "{renewed}");
    assert_eq!(userinfo(&renewed), 200);
}

/// As one that was issued in the moment in which the client was changed: no revocation names it.
#[test]
fn a_token_is_worth_no_more_than_what_its_client_may_have() {
    let console = console();
    let token = own_token(&console, "bot");
    console.server.client(
        "bot",
        json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic",
               "scope": "openid email keyfob:delegate"}),
    );
    let refused = with_token(&console, &format!("{BASE}/users"), &token, None);
    assert_eq!(refused.status, 401, "{}", refused.text);
    assert_eq!(delegate(&console, &token).status, 401);
    assert!(!is_active(&console, "bot", &token));
    let checks = console
        .post("/tokens/inspect", &json!({ "token": token }))
        .json();
    let failed = checks["checks"].as_array().unwrap().iter();
    let failed: Vec<_> = failed.filter(|check| check["passed"] == false).collect();
    assert_eq!(failed.len(), 1, "{checks}");
    assert_eq!(failed[0]["name"], "client", "{checks}");
}
