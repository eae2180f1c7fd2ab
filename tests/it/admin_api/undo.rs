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

/// What a deletion takes from a user comes back, whatever it is: no member is left out.
#[test]
fn every_member_of_every_kind_comes_back() {
    let (console, _) = filled();
    let objects = [
        (
            "/users",
            json!({"username": "kari", "sub": "u-kari", "email": "kari@example.com", "email_verified": true,
                   "given_name": "Kari", "family_name": "Nordmann", "locale": "nb-NO", "zoneinfo": "Europe/Oslo",
                   "picture": "https://example.com/kari.png", "claims": {"address": {"locality": "Oslo"}},
                   "disabled": true, "allow_delegation": false, "persona": true,
                   "teams": [{"id": "acme", "role": "admin"}]}),
            "/users/u-kari",
        ),
        (
            "/teams",
            json!({"id": "closed", "name": "Closed", "disabled": true}),
            "/teams/closed",
        ),
        (
            "/resources",
            json!({"uri": "https://api.example", "name": "API", "scopes": "notes:read", "client_id": "job"}),
            "/resources/https%3A%2F%2Fapi.example",
        ),
        (
            "/trusted-issuers",
            json!({"issuer": "idp", "jwks_uri": "https://idp.example/keys", "audience": "keyfob",
                   "subject_claim": "mail", "matches": "email", "clients": ["job"], "scope": "notes:read"}),
            "/trusted-issuers/idp",
        ),
        (
            "/clients",
            json!({"client_id": "web", "client_name": "Web", "redirect_uris": ["https://web.example/cb"],
                   "client_secret": "chosen by hand", "disabled": true, "require_consent": false,
                   "delegation_teams": ["acme"], "access_token_lifetime": 60}),
            "/clients/web",
        ),
    ];
    for (path, body, object) in objects {
        let made = console.post(path, &body);
        assert_eq!(made.status, 201, "{path}: {}", made.text);
        let shown = || {
            let mut shown = console.get(object).json();
            shown.as_object_mut().unwrap().remove("updated_at");
            shown
        };
        let before = shown();
        assert_eq!(console.delete(object).status, 204, "{object}");
        assert_eq!(restore(&console, object).status, 200, "{object}");
        assert_eq!(shown(), before, "{object}");
    }
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

const NOTES: &str = "https://notes.example/";
const API: &str = "/resources/https%3A%2F%2Fnotes.example%2F";

#[test]
fn an_api_comes_back_and_the_tokens_that_ended_with_it_stay_ended() {
    let (console, secret) = filled();
    let server = &console.server;
    console.post("/scopes", &json!({"name": "gone"}));
    let body =
        json!({"uri": NOTES, "name": "Notes", "scopes": "notes:read gone", "client_id": "job"});
    assert_eq!(console.post("/resources", &body).status, 201);
    console.post(
        "/resources",
        &json!({"uri": "https://files.example/", "client_id": "job"}),
    );
    let as_job = Some(("job", secret.as_str()));
    let token = |resources: &[&str]| {
        let mut fields = vec![("grant_type", "client_credentials")];
        fields.extend(resources.iter().map(|uri| ("resource", *uri)));
        let answer = server.form(TOKEN, as_job, &fields);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    };
    let is_active = |token: &str| {
        let answer = server.form("/api/v1/oauth/introspect", as_job, &[("token", token)]);
        answer.json()["active"] == true
    };
    let (alone, both) = (token(&[NOTES]), token(&[NOTES, "https://files.example/"]));
    assert!(is_active(&alone) && is_active(&both));
    let before = console.get(API).json();
    assert_eq!(restore(&console, API).problem().1, "exists");
    assert_eq!(console.delete(API).status, 204);
    assert!(!is_active(&alone));
    let restored = restore(&console, API);
    assert_eq!(restored.status, 200, "{}", restored.text);
    assert_eq!(restored.json(), before);
    assert!(!is_active(&alone), "what has ended stays ended");
    let inspected = console
        .post("/tokens/inspect", &json!({"token": alone}))
        .json();
    let checks = inspected["checks"].as_array().unwrap();
    let aud = checks.iter().find(|one| one["name"] == "aud").unwrap();
    assert_eq!(aud["passed"], false, "{aud}");
    assert!(is_active(&both), "the other API still takes it");
    assert!(
        is_active(&token(&[NOTES])),
        "from now on it is asked for again"
    );
    assert_eq!(restore(&console, API).problem().1, "exists");

    // What it names may be gone by now.
    console.delete(API);
    console.delete("/scopes/gone");
    console.delete("/clients/job");
    let restored = restore(&console, API).json();
    assert_eq!(
        (&restored["scopes"], &restored["client_id"]),
        (&json!("notes:read"), &json!(null))
    );
    assert_eq!(
        console.get("/events?event=resource.restored").json()["items"][0]["subject"],
        NOTES
    );
}

#[test]
fn an_api_that_another_one_took_the_name_of_does_not_come_back() {
    let (console, _) = filled();
    let body = json!({"uri": NOTES, "name": "Notes"});
    console.post("/resources", &body);
    console.delete(API);
    console.post("/resources", &json!({"uri": NOTES, "name": "Another"}));
    assert_eq!(restore(&console, API).problem().1, "exists");
    assert_eq!(console.get(API).json()["name"], "Another");
    assert_eq!(
        restore(&console, "/resources/https%3A%2F%2Fnever.example")
            .problem()
            .0,
        404
    );
}

#[test]
fn a_trusted_issuer_comes_back_for_who_gives_the_password_and_with_the_clients_that_are_left() {
    const ISSUER: &str = "/trusted-issuers/https%3A%2F%2Fidp.example";
    let (console, _) = filled();
    console.post(
        "/clients",
        &json!({"client_id": "other", "grant_types": ["client_credentials"]}),
    );
    let keys = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]});
    for by in [
        json!({"jwks_uri": "https://idp.example/jwks"}),
        json!({"jwks": keys}),
    ] {
        let mut body = json!({"issuer": "https://idp.example", "clients": ["job", "other"], "scope": "email",
                              "matches": "email", "subject_claim": "email"});
        body.as_object_mut()
            .unwrap()
            .extend(by.as_object().unwrap().clone());
        let made = console.post("/trusted-issuers", &body);
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(restore(&console, ISSUER).problem().1, "exists");
        assert_eq!(console.delete(ISSUER).status, 204);
        let restored = restore(&console, ISSUER);
        assert_eq!(restored.status, 200, "{}", restored.text);
        assert_eq!(restored.json(), made.json());
        console.delete(ISSUER);
    }
    console.delete("/clients/other");
    console.server.clock.advance(Lifetime::minutes(11));
    assert_eq!(restore(&console, ISSUER).problem().1, "password_required");
    let body = json!({"username": "root", "password": "correct horse"});
    console.send("PUT", "/session", &[], Some(&body));
    let restored = restore(&console, ISSUER);
    assert_eq!(
        restored.json()["clients"],
        json!(["job"]),
        "{}",
        restored.text
    );
    let events = console.get("/events?event=trusted_issuer.restored").json();
    assert_eq!(events["items"].as_array().unwrap().len(), 3);
}

#[test]
fn what_ended_with_an_api_stays_ended_when_the_server_starts_again() {
    let (console, secret) = filled();
    console.post("/resources", &json!({"uri": NOTES, "client_id": "job"}));
    let as_job = Some(("job", secret.as_str()));
    let fields = [("grant_type", "client_credentials"), ("resource", NOTES)];
    let token = console.server.form(TOKEN, as_job, &fields).json()["access_token"].clone();
    console.delete(API);
    assert_eq!(restore(&console, API).status, 200);
    let server = console.server.restart();
    let fields = [("token", token.as_str().unwrap())];
    let answer = server.form("/api/v1/oauth/introspect", as_job, &fields);
    assert_eq!(answer.json(), json!({"active": false}));
}
