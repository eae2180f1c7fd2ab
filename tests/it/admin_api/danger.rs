//! What lets somebody in, or do more than before, wants the password given not long ago, however it comes to be.

use keyfob::{
    crypto::password,
    domain::{secret::Secret, time::Lifetime},
};
use serde_json::{Value, json};

use super::Console;
use crate::support::Answer;

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
        ("PATCH", "/users/second", json!({"admin": false})),
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
        ("PATCH", "/clients/ruler", keys),
        ("PATCH", "/clients/actor", json!({"delegation_teams": null})),
        ("PATCH", "/clients/ruler", json!({"scope": "email"})),
        ("POST", "/clients/gone/restore", json!({})),
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
    assert_eq!(named("/clients", "client_id"), ["actor", "plain", "ruler"]);
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
