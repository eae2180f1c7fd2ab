//! What lets somebody in, or do more than before, wants the password given not long ago, however it comes to be.

use keyfob::{
    crypto::password,
    domain::{secret::Secret, time::Lifetime},
};
use serde_json::{Value, json};

use super::{BASE, Console};
use crate::support::{Answer, VERIFIER};

const JOB: &str = "client_credentials";

/// People and clients of either kind, and a powerful client that was deleted.
fn filled() -> Console {
    let console = Console::start();
    console.server.user("ola", |_| {});
    console.server.user("second", |user| user.admin = true);
    console.server.user("former", |user| {
        user.admin = true;
        user.disabled = true;
    });
    for (client_id, scope) in [
        ("plain", "email"),
        ("ruler", "keyfob:admin"),
        ("actor", "email keyfob:delegate"),
        ("gone", "keyfob:admin"),
    ] {
        let body = json!({"client_id": client_id, "grant_types": [JOB], "scope": scope});
        assert_eq!(console.post("/clients", &body).status, 201);
    }
    // An ordinary client of people, an API, and a client that was deleted.
    for client_id in ["app", "past"] {
        let body = json!({"client_id": client_id, "grant_types": ["authorization_code"],
            "redirect_uris": ["https://app.example/cb"], "scope": "openid email"});
        assert_eq!(console.post("/clients", &body).status, 201);
    }
    for uri in ["https://api.example", "https://old.example"] {
        let body = json!({"uri": uri, "client_id": "plain"});
        assert_eq!(console.post("/resources", &body).status, 201);
    }
    let old = "/resources/https%3A%2F%2Fold.example";
    assert_eq!(console.delete(old).status, 204);
    assert_eq!(console.delete("/clients/past").status, 204);
    assert_eq!(console.delete("/clients/gone").status, 204);
    console
}

fn send(console: &Console, method: &str, path: &str, body: &Value) -> Answer {
    match method {
        "PATCH" => console.patch(path, body),
        _ => console.post(path, body),
    }
}

#[test]
fn what_gives_power_wants_the_password_given_not_long_ago() {
    let console = filled();
    let hash = password::hash(&Secret::new("battery staple"));
    let keys = json!({"token_endpoint_auth_method": "private_key_jwt",
                      "jwks_uri": "https://evil.example/jwks"});
    let rows = [
        (
            "POST",
            "/users",
            json!({"username": "a", "password": "battery staple"}),
        ),
        (
            "POST",
            "/users",
            json!({"username": "b", "password_hash": hash}),
        ),
        ("POST", "/users", json!({"username": "c", "admin": true})),
        ("POST", "/users", json!({"username": "d", "persona": true})),
        ("PATCH", "/users/ola", json!({"password": "battery staple"})),
        ("PATCH", "/users/ola", json!({"password_hash": hash})),
        ("PATCH", "/users/ola", json!({"admin": true})),
        ("PATCH", "/users/former", json!({"disabled": false})),
        (
            "POST",
            "/clients",
            json!({"grant_types": [JOB], "scope": "keyfob:admin"}),
        ),
        (
            "POST",
            "/clients",
            json!({"grant_types": [JOB], "scope": "email keyfob:delegate"}),
        ),
        (
            "POST",
            "/clients",
            json!({"grant_types": [JOB], "client_secret": "chosen by me"}),
        ),
        (
            "PATCH",
            "/clients/plain",
            json!({"client_secret": "chosen by me"}),
        ),
        (
            "PATCH",
            "/clients/plain",
            json!({"scope": "email keyfob:admin"}),
        ),
        ("PATCH", "/clients/ruler", keys.clone()),
        ("PATCH", "/clients/actor", json!({"delegation_teams": null})),
        ("PATCH", "/clients/ruler", json!({"scope": "email"})),
        ("POST", "/clients/gone/restore", json!({})),
        // What proves a client, and where its answers go.
        (
            "PATCH",
            "/clients/app",
            json!({"token_endpoint_auth_method": "none"}),
        ),
        ("PATCH", "/clients/app", keys.clone()),
        (
            "PATCH",
            "/clients/app",
            json!({"jwks_uri": "https://evil.example/other"}),
        ),
        (
            "PATCH",
            "/clients/app",
            json!({"jwks_uri": null, "jwks": {"keys": []}}),
        ),
        (
            "PATCH",
            "/clients/app",
            json!({"assertion_audience": "token_endpoint"}),
        ),
        (
            "PATCH",
            "/clients/app",
            json!({"redirect_uris": ["https://evil.example/cb"]}),
        ),
        (
            "PATCH",
            "/clients/app",
            json!({"post_logout_redirect_uris": ["https://evil.example/"]}),
        ),
        (
            "PATCH",
            "/clients/app",
            json!({"backchannel_logout_uri": "https://evil.example/out"}),
        ),
        (
            "PATCH",
            "/clients/app",
            json!({"cors_origins": ["https://evil.example"]}),
        ),
        ("PATCH", "/clients/app", json!({"require_consent": false})),
        ("PATCH", "/clients/app", json!({"require_pkce": false})),
        ("PATCH", "/clients/app", json!({"may_act": "plain"})),
        (
            "POST",
            "/clients",
            json!({"client_id": "quiet", "grant_types": ["authorization_code"], "require_consent": false,
                   "redirect_uris": ["https://evil.example/cb"]}),
        ),
        (
            "POST",
            "/clients",
            json!({"client_id": "past", "grant_types": ["authorization_code"],
                   "redirect_uris": ["https://evil.example/cb"]}),
        ),
        // Which client an API is.
        (
            "POST",
            "/resources",
            json!({"uri": "https://new.example", "client_id": "app"}),
        ),
        (
            "PATCH",
            "/resources/https%3A%2F%2Fapi.example",
            json!({"client_id": "app"}),
        ),
        (
            "POST",
            "/resources/https%3A%2F%2Fold.example/restore",
            json!({}),
        ),
        // By what an administrator is known.
        ("PATCH", "/users/second", json!({"username": "deputy"})),
        (
            "PATCH",
            "/users/second",
            json!({"email": "deputy@evil.example"}),
        ),
        ("PATCH", "/users/second", json!({"email_verified": true})),
        ("PATCH", "/users/second", json!({"admin": false})),
    ];
    console.server.clock.advance(Lifetime::minutes(11));
    for (method, path, body) in &rows {
        let refused = send(&console, method, path, body);
        let what = format!("{method} {path} {body}: {}", refused.text);
        assert_eq!(refused.status, 403, "{what}");
        assert_eq!(refused.problem().1, "password_required", "{what}");
    }
    let named = |path: &str, member: &str| {
        let items = console.get(path).json()["items"].clone();
        let items = items.as_array().unwrap().iter();
        let names = items.map(|item| item[member].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(
        named("/users", "username"),
        ["former", "ola", "root", "second"]
    );
    let clients = ["actor", "app", "plain", "ruler"];
    assert_eq!(named("/clients", "client_id"), clients);
    assert_eq!(console.get("/clients/plain").json()["scope"], "email");

    let proof = json!({"username": "root", "password": "correct horse"});
    assert_eq!(
        console.send("PUT", "/session", &[], Some(&proof)).status,
        204
    );
    for (method, path, body) in &rows {
        let done = send(&console, method, path, body);
        assert!(done.status < 300, "{method} {path} {body}: {}", done.text);
    }
}

#[test]
fn what_gives_no_power_is_done_without_it() {
    let console = filled();
    console.server.clock.advance(Lifetime::minutes(11));
    let rows = [
        ("POST", "/users", json!({"username": "e", "admin": false})),
        (
            "PATCH",
            "/users/ola",
            json!({"given_name": "Kari", "admin": false}),
        ),
        ("PATCH", "/users/ola", json!({"disabled": true})),
        ("PATCH", "/users/ola", json!({"disabled": false})),
        ("PATCH", "/users/second", json!({"disabled": true})),
        (
            "POST",
            "/clients",
            json!({"client_id": "other", "grant_types": [JOB]}),
        ),
        ("PATCH", "/clients/plain", json!({"client_name": "Plain"})),
        // What is said once more changes nothing.
        (
            "PATCH",
            "/clients/app",
            json!({"redirect_uris": ["https://app.example/cb"], "logo_uri": ""}),
        ),
        (
            "PATCH",
            "/users/second",
            json!({"username": "second", "given_name": "Siri"}),
        ),
        (
            "PATCH",
            "/users/ola",
            json!({"email": "ola@new.example", "email_verified": true}),
        ),
        (
            "PATCH",
            "/resources/https%3A%2F%2Fapi.example",
            json!({"name": "The API", "client_id": "plain"}),
        ),
    ];
    for (method, path, body) in rows {
        let done = send(&console, method, path, &body);
        assert!(done.status < 300, "{method} {path} {body}: {}", done.text);
    }
    assert_eq!(console.delete("/clients/other").status, 204);
    assert_eq!(
        console.post("/clients/other/restore", &json!({})).status,
        200
    );
}

/// RFC 9470 §1: a token says in `auth_time` when its user has signed in.
#[test]
fn a_users_token_is_as_fresh_as_the_sign_in_that_it_came_from() {
    let console = filled();
    let server = &console.server;
    server.client(
        "tool",
        json!({"grant_types": ["authorization_code", "refresh_token", JOB], "scope": "openid offline_access keyfob:admin",
               "token_endpoint_auth_method": "client_secret_basic", "redirect_uris": ["https://app.example/cb"]}),
    );
    let secret = server.secret_of("tool");
    let tokens = |fields: &[(&str, &str)]| {
        let answer = server.form("/api/v1/oauth/token", Some(("tool", &secret)), fields);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };
    let code = server.code("tool", "root", "openid offline_access keyfob:admin");
    let first = tokens(&[
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("code_verifier", VERIFIER),
    ]);
    let make = |tokens: &Value, body: &Value| {
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let headers = [("authorization", bearer.as_str())];
        server.json(&format!("{BASE}/users"), &headers, body)
    };
    let admin = |username: &str| json!({"username": username, "admin": true});
    assert_eq!(make(&first, &admin("a")).status, 201);
    server.clock.advance(Lifetime::minutes(10));
    let renewed = tokens(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", first["refresh_token"].as_str().unwrap()),
    ]);
    for (what, old) in [("the first", &first), ("a refreshed one", &renewed)] {
        let refused = make(old, &admin("b"));
        assert_eq!(
            refused.problem().1,
            "password_required",
            "{what}: {}",
            refused.text
        );
        assert_eq!(refused.status, 403, "{what}");
        let done = make(old, &json!({ "username": what }));
        assert_eq!(done.status, 201, "{what}: {}", done.text);
    }
    // A client proves itself for every token.
    let own = tokens(&[("grant_type", JOB), ("scope", "keyfob:admin")]);
    server.clock.advance(Lifetime::minutes(11));
    assert_eq!(make(&own, &admin("c")).status, 201);
}
