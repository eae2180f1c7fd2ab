//! Events, tokens, keys and scopes in the admin API.

use serde_json::json;

use super::{BASE, Console};

#[test]
fn events_are_filtered_paged_and_downloaded() {
    let console = Console::start();
    for i in 0..3 {
        console.post(
            "/scopes",
            &json!({"name": format!("notes:{i}"), "description": "read, or \"write\""}),
        );
    }
    let page = console.get("/events?event=scope.created&limit=2").json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let next = page["next"].as_str().unwrap();
    let rest = console
        .get(&format!(
            "/events?event=scope.created&limit=2&cursor={next}"
        ))
        .json();
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    assert_eq!(rest["next"], json!(null));
    assert!(page["items"][0]["actor"] == "root" && page["items"][0]["outcome"] == "ok");
    assert_eq!(
        console.get("/events?outcome=maybe").problem(),
        (422, "invalid".into(), Some("outcome".into()))
    );
    let jsonl = console.get("/events/export?event=scope");
    assert!(
        jsonl
            .header("content-disposition")
            .unwrap()
            .contains("events-2027-01-15.jsonl")
    );
    assert_eq!(jsonl.text.lines().count(), 3);
    let csv = console.get("/events/export?event=scope&format=csv").text;
    assert_eq!(
        csv.split("\r\n")
            .filter(|line| line.contains("scope.created"))
            .count(),
        3
    );
}

#[test]
fn a_token_is_read_checked_and_ended() {
    let console = Console::start();
    let server = &console.server;
    let secret = server.client(
        "job",
        json!({"grant_types": ["client_credentials"], "scope": "email",
        "token_endpoint_auth_method": "client_secret_basic"}),
    );
    let fields = [("grant_type", "client_credentials")];
    let token = server
        .form("/api/v1/oauth/token", Some(("job", &secret)), &fields)
        .json()["access_token"]
        .clone();
    let inspect = || console.post("/tokens/inspect", &json!({"token": token}));
    let passed = |answer: &crate::support::Answer| {
        let checks = answer.json()["checks"].as_array().unwrap().clone();
        checks.iter().all(|check| check["passed"] == true)
    };
    let before = inspect();
    assert_eq!(
        before.json()["token"]["claims"]["client_id"],
        "job",
        "{}",
        before.text
    );
    assert!(passed(&before), "{}", before.text);
    assert_eq!(
        console
            .post("/tokens/revoke", &json!({"token": token}))
            .status,
        204
    );
    assert!(!passed(&inspect()));
    let answer = console.post("/tokens/inspect", &json!({"token": "nonsense"}));
    assert_eq!(
        answer.problem(),
        (422, "invalid".into(), Some("token".into()))
    );
    assert!(!answer.text.contains("nonsense"));
}

#[test]
fn a_key_is_rotated_and_what_the_old_one_signed_still_counts() {
    let console = Console::start();
    let keys = console.get("/keys").json();
    assert_eq!(keys["items"].as_array().unwrap().len(), 3);
    let rotated = console.post("/keys", &json!({"alg": "ES256"}));
    assert_eq!(
        (rotated.status, &rotated.json()["state"]),
        (201, &json!("next")),
        "{}",
        rotated.text
    );
    assert_eq!(
        console.post("/keys", &json!({"alg": "ES256"})).problem().1,
        "conflict"
    );
    assert_eq!(
        console.post("/keys", &json!({"alg": "none"})).problem().2,
        Some("alg".into())
    );
    let jwks = console.server.get("/.well-known/jwks.json", &[]).json();
    assert_eq!(
        jwks["keys"].as_array().unwrap().len(),
        4,
        "published before it signs"
    );
    let kid = rotated.json()["kid"].as_str().unwrap().to_owned();
    assert_eq!(console.delete(&format!("/keys/{kid}")).status, 204);
    assert!(!rotated.text.contains("pkcs8"));
}

#[test]
fn a_scope_that_is_built_in_stays() {
    let console = Console::start();
    assert_eq!(console.delete("/scopes/openid").problem().0, 409);
    console.post(
        "/scopes",
        &json!({"name": "notes:read", "description": "read your notes"}),
    );
    let changed = console.patch(
        "/scopes/notes:read",
        &json!({"description": "see your notes"}),
    );
    assert_eq!(changed.json()["description"], "see your notes");
    assert_eq!(console.delete("/scopes/notes:read").status, 204);
}

#[test]
fn no_answer_holds_a_secret_or_a_hash() {
    let console = Console::start();
    let secret = console
        .post(
            "/clients",
            &json!({"client_id": "job", "grant_types": ["client_credentials"]}),
        )
        .json()["client_secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let cookie = console.cookie.split('=').nth(1).unwrap().to_owned();
    for path in [
        "/clients",
        "/clients/job",
        "/users",
        "/users/root",
        "/sessions",
        "/keys",
        "/events",
        "/events/export",
        "/session",
    ] {
        let answer = console.get(path);
        assert_eq!(answer.status, 200, "{BASE}{path}");
        for hidden in [
            secret.as_str(),
            cookie.as_str(),
            "$argon2",
            "correct horse",
            "pkcs8",
            "sha256",
        ] {
            assert!(!answer.text.contains(hidden), "{path} tells {hidden}");
        }
    }
}
