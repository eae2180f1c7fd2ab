//! What was deleted comes back as itself, and what ended with it stays ended.

use keyfob::{app::upkeep, domain::time::Lifetime};
use serde_json::json;

use super::Console;

const TOKEN: &str = "/api/v1/oauth/token";
const GRANT: [(&str, &str); 1] = [("grant_type", "client_credentials")];

/// One of each kind: the path, and how it is made.
fn filled() -> (Console, String) {
    let console = Console::start();
    for (path, body) in [
        (
            "/scopes",
            json!({"name": "notes:read", "description": "read your notes"}),
        ),
        ("/teams", json!({"id": "acme", "name": "Acme"})),
        (
            "/users",
            json!({"username": "ola", "email": "ola@example.com", "password": "battery staple",
                          "admin": true, "teams": [{"id": "acme", "role": "admin"}]}),
        ),
    ] {
        let answer = console.post(path, &body);
        assert_eq!(answer.status, 201, "{path}: {}", answer.text);
    }
    let made = console.post(
        "/clients",
        &json!({"client_id": "job", "grant_types": ["client_credentials"], "scope": "email"}),
    );
    let secret = made.json()["client_secret"].as_str().unwrap().to_owned();
    (console, secret)
}

fn sub(console: &Console) -> String {
    let user = console.get("/users/ola").json();
    user["sub"].as_str().unwrap().to_owned()
}

fn restore(console: &Console, path: &str) -> crate::support::Answer {
    console.post(&format!("{path}/restore"), &json!({}))
}

#[test]
fn a_client_comes_back_with_its_secrets_and_without_its_tokens() {
    let (console, secret) = filled();
    let server = &console.server;
    let ask = || server.form(TOKEN, Some(("job", &secret)), &GRANT);
    let token = ask().json()["access_token"].as_str().unwrap().to_owned();
    let is_active = || {
        let fields = [("token", token.as_str())];
        let answer = server.form("/api/v1/oauth/introspect", Some(("job", &secret)), &fields);
        answer.json()["active"].clone()
    };
    assert_eq!(is_active(), true);
    let before = console.get("/clients/job").json();
    assert_eq!(console.delete("/clients/job").status, 204);
    assert_eq!(ask().refusal(), (401, "invalid_client".into()));
    let restored = restore(&console, "/clients/job");
    assert_eq!(restored.status, 200, "{}", restored.text);
    for member in ["client_id", "grant_types", "scope", "secrets", "created_at"] {
        assert_eq!(restored.json()[member], before[member], "{member}");
    }
    assert_eq!(is_active(), false, "what was revoked stays revoked");
    server.clock.advance(Lifetime(1));
    assert_eq!(ask().status, 200);
}

#[test]
fn a_user_comes_back_under_the_same_sub_with_password_and_teams() {
    let (console, _) = filled();
    let sub = sub(&console);
    let path = format!("/users/{sub}");
    let mut before = console.get(&path).json();
    assert_eq!(console.delete(&path).status, 204);
    let sign_in = || {
        let body = json!({"username": "ola", "password": "battery staple"});
        console.post("/session", &body).status
    };
    assert_eq!((sign_in(), console.get(&path).status), (401, 404));
    assert_eq!(
        console.get("/teams/acme/members").json()["items"],
        json!([])
    );
    let restored = restore(&console, &path);
    assert_eq!(restored.status, 200, "{}", restored.text);
    let mut after = restored.json();
    for shown in [&mut before, &mut after] {
        shown.as_object_mut().unwrap().remove("updated_at");
    }
    assert_eq!(after, before);
    assert_eq!(sign_in(), 201);
}

#[test]
fn a_team_and_a_scope_come_back_with_what_they_had() {
    let (console, _) = filled();
    let members = || console.get("/teams/acme/members").json()["items"].clone();
    let before = members();
    for path in ["/teams/acme", "/scopes/notes:read"] {
        assert_eq!(console.delete(path).status, 204);
        assert_eq!(console.get(path).status, 404);
        assert_eq!(restore(&console, path).status, 200, "{path}");
    }
    assert_eq!(members(), before);
    assert_eq!(
        console.get("/scopes/notes:read").json()["description"],
        "read your notes"
    );
    let events = console.get("/events?event=team").json();
    assert_eq!(events["items"][0]["event"], "team.restored");
}

#[test]
fn nothing_comes_back_twice_or_over_somebody_else_or_without_the_password() {
    let (console, _) = filled();
    let sub = sub(&console);
    let user = format!("/users/{sub}");
    for path in ["/clients/job", "/teams/acme", "/scopes/notes:read", &user] {
        assert_eq!(
            restore(&console, path).problem().0,
            if path == user { 404 } else { 409 },
            "{path} is there"
        );
        assert_eq!(console.delete(path).status, 204);
    }
    console.post("/users", &json!({"username": "OLA"}));
    console.post("/teams", &json!({"id": "acme", "name": "Another"}));
    console.post(
        "/scopes",
        &json!({"name": "notes:read", "description": "another"}),
    );
    console.post(
        "/clients",
        &json!({"client_id": "job", "grant_types": ["client_credentials"]}),
    );
    for path in ["/clients/job", "/teams/acme", "/scopes/notes:read", &user] {
        assert_eq!(
            restore(&console, path).problem().1,
            "exists",
            "{path} is taken"
        );
    }
    assert_eq!(console.get("/teams/acme").json()["name"], "Another");
    console.server.clock.advance(Lifetime::minutes(11));
    assert_eq!(restore(&console, &user).problem().1, "password_required");
}

#[test]
fn it_can_be_undone_for_thirty_days_and_then_nothing_of_it_is_kept() {
    let (console, secret) = filled();
    console.delete("/scopes/notes:read");
    console.delete("/clients/job");
    let round = || {
        actix_web::rt::System::new()
            .block_on(upkeep::once(&console.server.app))
            .unwrap();
    };
    let kept = || {
        let file = rusqlite::Connection::open(console.server.app.store.path()).unwrap();
        file.query_row("SELECT count(*) FROM deleted_objects", [], |row| {
            row.get::<_, i64>(0)
        })
        .unwrap()
    };
    console.server.clock.advance(Lifetime::days(30));
    round();
    assert_eq!(kept(), 2);
    console.server.clock.advance(Lifetime(1));
    round();
    assert_eq!(kept(), 0);
    assert!(!secret.is_empty());
}
