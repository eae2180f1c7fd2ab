//! Users and teams in the admin API.

use keyfob::domain::time::Lifetime;
use serde_json::{Value, json};

use super::Console;
use crate::support::browser::Browser;

fn names(page: &Value, member: &str) -> Vec<String> {
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item[member].as_str().unwrap().to_owned())
        .collect()
}

// OIDC Core §5.1: `email_verified` says something of `email`.
#[test]
fn only_an_email_that_is_there_is_verified() {
    let console = Console::start();
    let wrong = |member: &str| (422, "invalid".to_owned(), Some(member.to_owned()));
    let verified = json!({"username": "ola", "email_verified": true});
    assert_eq!(
        console.post("/users", &verified).problem(),
        wrong("email_verified")
    );
    let csv = json!({"csv": "username,email_verified\nola,yes\n"});
    let refused = console.post("/users/import", &csv);
    assert!(
        refused.text.contains("requires an email address"),
        "{}",
        refused.text
    );

    let body = json!({"username": "ola", "email": "ola@example.com", "email_verified": true});
    assert_eq!(console.post("/users", &body).status, 201);
    let both = json!({"email": "", "email_verified": true});
    assert_eq!(
        console.patch("/users/ola", &both).problem(),
        wrong("email_verified")
    );
    let removed = console.patch("/users/ola", &json!({"email": ""}));
    assert_eq!(removed.json()["email_verified"], false, "{}", removed.text);
    let alone = json!({"email_verified": true});
    assert_eq!(
        console.patch("/users/ola", &alone).problem(),
        wrong("email_verified")
    );
    for email in ["a@b.c,d@e.f", "a@b@c", "a@b.c;x"] {
        let refused = console.patch("/users/ola", &json!({ "email": email }));
        assert_eq!(refused.problem(), wrong("email"), "{email}");
    }
}

#[test]
fn a_user_is_made_changed_signed_out_disabled_and_deleted() {
    let console = Console::start();
    let body =
        json!({"username": "kari", "password": "correct horse", "email": "kari@example.com"});
    let made = console.post("/users", &body);
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(!made.text.contains("correct horse") && !made.text.contains("argon2"));
    let sub = made.json()["sub"].as_str().unwrap().to_owned();
    let path = format!("/users/{sub}");

    let mut browser = Browser::new(&console.server);
    let page = browser.get("/login");
    let csrf = page.field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("username", "kari"),
        ("password", "correct horse"),
    ];
    assert_eq!(browser.post("/login", &fields).status, 303);
    let is_in = |browser: &mut Browser| browser.get("/").text.contains("You are signed in as");
    assert!(is_in(&mut browser));
    assert_eq!(
        console.get(&format!("/sessions?user={sub}")).json()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        console.post(&format!("{path}/sign-out"), &json!({})).status,
        204
    );
    assert!(!is_in(&mut browser));

    let changed = console.patch(&path, &json!({"given_name": "Kari", "email": null}));
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(
        (&changed.json()["given_name"], &changed.json()["email"]),
        (&json!("Kari"), &Value::Null)
    );
    assert_eq!(
        console.patch(&path, &json!({"disabled": true})).json()["disabled"],
        true
    );
    assert_eq!(
        browser.post("/login", &fields).status,
        200,
        "disabled: not let in"
    );
    assert_eq!(console.delete(&path).status, 204);
    assert_eq!(console.get(&path).problem().0, 404);
}

#[test]
fn a_session_is_ended_by_its_id() {
    let console = Console::start();
    console.server.person("ola");
    let mut browser = Browser::new(&console.server);
    let csrf = browser.get("/login").field("csrf");
    browser.post(
        "/login",
        &[
            ("csrf", &csrf),
            ("username", "ola"),
            ("password", "correct horse"),
        ],
    );
    let id = console.get("/sessions?user=ola").json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let filtered = |sub: &str| {
        let found = console.get(&format!("/sessions?sub={sub}"));
        found.json()["items"].as_array().unwrap().len()
    };
    console.server.person("kari");
    assert_eq!(
        (filtered("ola"), filtered("kari"), filtered("nobody")),
        (1, 0, 0)
    );
    assert_eq!(console.get("/sessions?user=nobody").problem().0, 404);
    assert_eq!(console.delete(&format!("/sessions/{id}")).status, 204);
    assert!(!browser.get("/").text.contains("You are signed in as"));
    assert_eq!(console.delete("/sessions/nonsense").problem().0, 404);
}

#[test]
fn people_are_found_by_any_of_their_names_page_by_page() {
    let console = Console::start();
    for i in 0..7 {
        console.server.user(&format!("u{i}"), |user| {
            user.profile.family_name = Some(format!("Hansen {i}"));
        });
    }
    let first = console.get("/users?limit=3&q=hansen").json();
    assert_eq!(names(&first, "username"), ["u0", "u1", "u2"]);
    let next = first["next"].as_str().unwrap();
    let second = console
        .get(&format!("/users?limit=3&q=hansen&cursor={next}"))
        .json();
    assert_eq!(names(&second, "username"), ["u3", "u4", "u5"]);
    for q in ["U4@EXAMPLE", "ola hansen 4", "u4"] {
        let found = console
            .get(&format!("/users?q={}", q.replace(' ', "%20")))
            .json();
        assert_eq!(names(&found, "username"), ["u4"], "{q}");
    }
    assert_eq!(
        console.get("/users?q=nobody").json(),
        json!({"items": [], "next": null})
    );
}

#[test]
fn what_is_wrong_with_a_user_is_named() {
    let console = Console::start();
    console.server.user("ola", |_| {});
    let rows = [
        (
            json!({"password": "correct horse"}),
            422,
            "invalid",
            Some("username"),
        ),
        (
            json!({"username": "x", "password": "short"}),
            422,
            "invalid",
            Some("password"),
        ),
        (
            json!({"username": "x", "email": "nonsense"}),
            422,
            "invalid",
            Some("email"),
        ),
        (
            json!({"username": "x", "age": 7}),
            422,
            "invalid",
            Some("age"),
        ),
        (
            json!({"username": "x", "teams": [{"id": "nowhere"}]}),
            422,
            "invalid",
            Some("teams"),
        ),
    ];
    for (body, status, code, field) in rows {
        let found = console.post("/users", &body).problem();
        let named = found
            .2
            .as_deref()
            .map(|field| field.split('[').next().unwrap());
        assert_eq!(
            (found.0, found.1.as_str(), named),
            (status, code, field),
            "{body}"
        );
    }
    let taken = console
        .post("/users", &json!({"username": "OLA"}))
        .problem();
    assert!(taken.0 == 409 || taken.0 == 422, "{taken:?}");
}

#[test]
fn making_an_administrator_wants_the_password_given_not_long_ago() {
    let console = Console::start();
    console.server.user("ola", |_| {});
    console.server.clock.advance(Lifetime::minutes(11));
    assert_eq!(
        console
            .patch("/users/ola", &json!({"admin": true}))
            .problem()
            .1,
        "password_required"
    );
    assert_eq!(
        console
            .patch("/users/ola", &json!({"nickname": 1}))
            .problem()
            .0,
        422
    );
    assert_eq!(
        console.delete("/users/ola").problem().1,
        "password_required"
    );
}

#[test]
fn a_team_has_members_with_roles() {
    let console = Console::start();
    console.server.user("ola", |_| {});
    assert_eq!(
        console
            .post("/teams", &json!({"id": "acme", "name": "Acme"}))
            .status,
        201
    );
    assert_eq!(
        console
            .post("/teams", &json!({"id": "acme", "name": "Acme"}))
            .problem()
            .1,
        "exists"
    );
    let join = |user: &str, role: &str| {
        console.post("/teams/acme/members", &json!({"user": user, "role": role}))
    };
    assert_eq!(join("ola", "member").status, 204);
    assert_eq!(join("ola", "admin").status, 204);
    assert_eq!(join("nobody", "member").problem().0, 404);
    let members = console.get("/teams/acme/members").json();
    assert_eq!(
        (&members["items"][0]["sub"], &members["items"][0]["role"]),
        (&json!("ola"), &json!("admin"))
    );
    assert_eq!(
        console.get("/users/ola").json()["teams"],
        json!([{"id": "acme", "role": "admin"}])
    );
    assert_eq!(console.delete("/teams/acme/members/ola").status, 204);
    assert_eq!(
        console
            .patch("/teams/acme", &json!({"name": "Acme AS"}))
            .json()["name"],
        "Acme AS"
    );
    assert_eq!(
        names(&console.get("/teams?q=acme%20as").json(), "id"),
        ["acme"]
    );
    assert_eq!(console.delete("/teams/acme").status, 204);
    assert_eq!(console.get("/teams/acme").problem().0, 404);
}

#[test]
fn a_user_is_meant_by_the_sub_or_the_username() {
    let console = Console::start();
    console
        .server
        .user("u-ola", |user| user.username = "ola".into());
    console.server.user("u-kari", |_| {});
    let kari = || console.get("/users/u-kari").json();
    let before = kari();
    for path in ["/users/ola", "/users/u-ola"] {
        let changed = console.patch(path, &json!({"given_name": path}));
        assert_eq!(changed.json()["sub"], "u-ola", "{}", changed.text);
    }
    assert_eq!(console.get("/users/u-ola").json()["username"], "ola");
    assert_eq!(console.post("/users/u-ola/link", &json!({})).status, 201);
    assert_eq!(console.delete("/users/u-ola").status, 204);
    assert_eq!(kari(), before);
}

#[test]
fn nobody_is_called_what_somebody_else_is_found_by() {
    let console = Console::start();
    console
        .server
        .user("u-ola", |user| user.username = "ola".into());
    console
        .server
        .user("u-kari", |user| user.username = "kari".into());
    let rows = [
        ("POST", "/users", json!({"username": "u-ola"}), "username"),
        (
            "POST",
            "/users",
            json!({"username": "x", "sub": "ola"}),
            "sub",
        ),
        (
            "PATCH",
            "/users/u-kari",
            json!({"username": "u-ola"}),
            "username",
        ),
    ];
    for (method, path, body, field) in rows {
        let refused = match method {
            "PATCH" => console.patch(path, &body),
            _ => console.post(path, &body),
        };
        let expected = (422, "invalid".to_owned(), Some(field.to_owned()));
        assert_eq!(refused.problem(), expected, "{method} {body}");
    }
    // One's own is nobody else's.
    let own = console.post("/users", &json!({"username": "per", "sub": "per"}));
    assert_eq!(own.status, 201, "{}", own.text);
    // What was taken in the meantime does not come back.
    for (sub, username) in [("u-kari", "u-kari"), ("u-ola", "u-OLA")] {
        assert_eq!(console.delete(&format!("/users/{sub}")).status, 204);
        let taken = console.post("/users", &json!({"username": username}));
        assert_eq!(taken.status, 201, "{}", taken.text);
        let restored = console.post(&format!("/users/{sub}/restore"), &json!({}));
        assert_eq!(restored.problem().1, "exists", "{sub}");
    }
}

#[test]
fn people_and_teams_are_found_by_names_in_letters_beyond_ascii() {
    let console = Console::start();
    console.post("/teams", &json!({"id": "aerlig", "name": "Ærlig lag"}));
    console.post(
        "/users",
        &json!({"username": "u1", "given_name": "Åse", "family_name": "Øvrebø"}),
    );
    console.post(
        "/teams/aerlig/members",
        &json!({"user": "u1", "role": "member"}),
    );
    let found = |path: &str, text: &str| {
        let query: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let answer = console.get(&format!("{path}?q={query}")).json();
        answer["items"].as_array().unwrap().len()
    };
    for text in ["Åse", "åse", "ÅSE ø", "øvreBØ"] {
        assert_eq!(found("/users", text), 1, "{text}");
        assert_eq!(found("/teams/aerlig/members", text), 1, "{text}");
    }
    assert_eq!(found("/users", "Ase"), 0, "another letter");
    for text in ["ærlig", "ÆRLIG"] {
        assert_eq!(found("/teams", text), 1, "{text}");
    }
}

#[test]
fn an_email_that_an_administrator_changes_is_verified_only_if_the_same_change_says_so() {
    let console = Console::start();
    let body = json!({"username": "eva", "email": "a@v.example", "email_verified": true});
    let made = console.post("/users", &body).json();
    let path = format!("/users/{}", made["sub"].as_str().unwrap());
    for (change, verified) in [
        (json!({"given_name": "Eva"}), true),
        (json!({"email": "b@v.example"}), false),
        (
            json!({"email": "c@v.example", "email_verified": true}),
            true,
        ),
        (json!({"email": ""}), false),
    ] {
        let changed = console.patch(&path, &change);
        assert_eq!(changed.status, 200, "{}", changed.text);
        assert_eq!(changed.json()["email_verified"], verified, "{change}");
    }
}
