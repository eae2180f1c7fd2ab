//! Two administrators do not overwrite each other, however close together they are.

use std::{sync::Barrier, thread};

use serde_json::{Value, json};

use super::Console;

// RFC 9110 §13.1.1: the condition and the change are one.
#[test]
fn of_changes_of_one_state_at_the_same_moment_one_is_made() {
    let console = Console::start();
    console.server.user("ola", |_| {});
    let made = [
        (
            "/clients",
            json!({"client_id": "job", "grant_types": ["client_credentials"]}),
        ),
        ("/teams", json!({"id": "acme", "name": "Acme"})),
        (
            "/scopes",
            json!({"name": "notes:read", "description": "read"}),
        ),
        (
            "/resources",
            json!({"uri": "https://api.example", "name": "Notes"}),
        ),
        (
            "/trusted-issuers",
            json!({"issuer": "https://idp.example", "scope": "openid",
            "clients": ["job"], "jwks_uri": "https://idp.example/jwks"}),
        ),
    ];
    for (path, body) in &made {
        let answer = console.post(path, body);
        assert_eq!(answer.status, 201, "{path}: {}", answer.text);
    }
    let rows = [
        ("/clients/job", "client_name"),
        ("/users/ola", "given_name"),
        ("/teams/acme", "name"),
        ("/scopes/notes:read", "description"),
        ("/resources/https%3A%2F%2Fapi.example", "name"),
        (
            "/trusted-issuers/https%3A%2F%2Fidp.example",
            "subject_claim",
        ),
        ("/settings", "server_name"),
    ];
    for (path, member) in rows {
        for round in 0..4 {
            let seen = console.get(path);
            let tag = seen.header("etag").unwrap();
            let together = Barrier::new(4);
            let change = |value: String| {
                let body = Value::from_iter([(member, value)]);
                together.wait();
                console.send("PATCH", path, &[("if-match", tag)], Some(&body))
            };
            let change = &change;
            let mut statuses: Vec<u16> = thread::scope(|scope| {
                let threads = [0, 1, 2, 3]
                    .map(|i| scope.spawn(move || change(format!("name{round}{i}")).status));
                threads.map(|thread| thread.join().unwrap()).into()
            });
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 412, 412, 412], "{path}");
        }
    }
}

// RFC 9110 §13.1.1: a method whose condition does not hold is not performed, whichever it is.
#[test]
fn an_object_that_was_changed_meanwhile_is_not_deleted_under_a_condition() {
    let console = Console::start();
    for (path, body, member) in [
        ("/teams", json!({"id": "acme", "name": "Acme"}), "id"),
        ("/scopes", json!({"name": "notes:read"}), "name"),
        (
            "/clients",
            json!({"client_id": "job", "grant_types": ["client_credentials"]}),
            "client_id",
        ),
        ("/users", json!({"username": "ola", "sub": "u-ola"}), "sub"),
    ] {
        assert_eq!(console.post(path, &body).status, 201, "{path}");
        let path = format!("{path}/{}", body[member].as_str().unwrap());
        let seen = console.get(&path);
        let tag = seen.header("etag").unwrap();
        let delete = |tag| console.send("DELETE", &path, &[("if-match", tag)], None);
        assert_eq!(delete("\"other\"").problem(), (412, "changed".into(), None));
        assert_eq!(console.get(&path).status, 200, "{path}");
        assert_eq!(delete(tag).status, 204, "{path}");
    }
}
