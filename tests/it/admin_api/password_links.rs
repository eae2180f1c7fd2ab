//! The one-time links of users in the admin API.

use keyfob::admin::object::Managed;
use keyfob::domain::time::Lifetime;
use serde_json::{Value, json};

use super::Console;

#[test]
fn a_link_is_shown_once_and_the_user_shows_that_there_is_one() {
    let console = Console::start();
    console.server.user("nina", |_| {});
    let made = console.post("/users/nina/link", &json!({}));
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let made = made.json();
    let page = format!("{}/password#t=", console.server.app.config.issuer);
    let code = made["url"].as_str().unwrap().strip_prefix(&page).unwrap();
    assert_eq!(made["purpose"], "invite");
    let outstanding = json!({"purpose": "invite", "expires_at": made["expires_at"]});
    for path in ["/users/nina", "/users?q=nina", "/events"] {
        assert!(!console.get(path).text.contains(code), "{path}");
    }
    assert_eq!(
        console.get("/users/nina").json()["password_link"],
        outstanding
    );
    let listed = console.get("/users?q=nina").json();
    assert_eq!(listed["items"][0]["password_link"], outstanding);
    // A change names what was seen, the link with it.
    let changed = console.patch("/users/nina", &json!({"given_name": "Nina"}));
    assert_eq!(
        changed.json()["password_link"],
        outstanding,
        "{}",
        changed.text
    );
    assert_eq!(console.delete("/users/nina/link").status, 204);
    assert_eq!(
        console.get("/users/nina").json()["password_link"],
        Value::Null
    );
    assert_eq!(console.delete("/users/nina/link").problem().1, "conflict");
    let events = console.get("/events?subject=nina").json();
    let items = events["items"].as_array().unwrap().iter();
    let names: Vec<_> = items
        .map(|event| (&event["event"], &event["actor"], &event["subject"]))
        .collect();
    let (root, nina) = (json!("root"), json!("nina"));
    assert_eq!(
        names,
        [
            (&json!("password_link.revoked"), &root, &nina),
            (&json!("user.updated"), &root, &nina),
            (&json!("password_link.created"), &root, &nina)
        ]
    );
}

#[test]
fn an_old_link_is_outstanding_no_more() {
    let console = Console::start();
    console.server.user("nina", |_| {});
    console.post("/users/nina/link", &json!({}));
    console.server.clock.advance(Lifetime::days(7));
    let root = json!({"username": "root", "password": "correct horse"});
    assert_eq!(console.post("/session", &root).status, 201);
    let outstanding = console.server.app.store.read(|tx| {
        let nina = keyfob::admin::users::find(tx, "nina")?;
        nina.view(tx).map(|view| view.password_link)
    });
    assert!(outstanding.unwrap().is_none());
}

#[test]
fn a_link_is_made_for_nobody_else_than_who_may_have_one() {
    let console = Console::start();
    console.server.person_with("kari", |user| {
        user.managed_by = Some("keyfob.toml:42".into());
    });
    console.server.user("off", |user| user.disabled = true);
    let rows = [
        ("nobody", 404, "not_found", "not found"),
        ("kari", 409, "managed_by_file", "keyfob.toml:42"),
        ("off", 409, "conflict", "off is disabled"),
    ];
    for (name, status, code, says) in rows {
        let refused = console.post(&format!("/users/{name}/link"), &json!({}));
        let (found, found_code, _) = refused.problem();
        assert_eq!((found, found_code.as_str()), (status, code), "{name}");
        assert!(refused.text.contains(says), "{name}: {}", refused.text);
    }
    console.server.user("nina", |_| {});
    console.server.clock.advance(Lifetime::minutes(11));
    let stale = console.post("/users/nina/link", &json!({}));
    assert_eq!(stale.problem().1, "password_required");
}
