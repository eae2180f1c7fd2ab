//! The settings page: what it shows and keeps, and that the next start and `keyfob config show` agree.

use std::sync::Arc;

use keyfob::{
    clock::SystemClock,
    config::settings::{Origin, SETTINGS},
    store::{IfMissing, Store, settings},
};
use serde_json::{Value, json};

use super::Console;
use crate::support::{
    Server,
    binary::{Folder, ended},
};

fn item(answer: &Value, key: &str) -> Value {
    let items = answer["items"].as_array().unwrap();
    items
        .iter()
        .find(|item| item["key"] == key)
        .unwrap()
        .clone()
}

#[test]
fn a_change_is_kept_and_is_in_the_audit_log() {
    let console = Console::start();
    let resource = json!({"uri": "https://api.example/mcp"});
    assert_eq!(console.post("/resources", &resource).status, 201);
    let changed = console.patch(
        "/settings",
        &json!({"access_token_lifetime": "2h", "dpop_nonce": true, "registration_resources": ["https://api.example/mcp"]}),
    );
    assert_eq!(changed.status, 200, "{}", changed.text);
    let shown = item(&changed.json(), "access_token_lifetime");
    assert_eq!(
        (&shown["value"], &shown["origin"], &shown["pending"]),
        (&json!("2h"), &json!("page"), &json!(false))
    );
    assert_eq!(item(&changed.json(), "dpop_nonce")["value"], true);
    let event = console.get("/events?event=settings.updated").json()["items"][0].clone();
    let names =
        json!({"changed": ["access_token_lifetime", "dpop_nonce", "registration_resources"]});
    assert_eq!(event["detail"], names);
    // What is not registered cannot be named.
    for (key, value) in [
        ("registration_scope", json!("openid nope")),
        ("registration_resources", json!(["https://nope.example"])),
    ] {
        let refused = console.patch("/settings", &json!({ key: value }));
        let problem = (422, "invalid".to_owned(), Some(key.to_owned()));
        assert_eq!(refused.problem(), problem, "{}", refused.text);
    }
    // `null` gives the default back.
    let reset = console.patch("/settings", &json!({"access_token_lifetime": null}));
    let shown = item(&reset.json(), "access_token_lifetime");
    assert_eq!(
        (&shown["value"], &shown["origin"]),
        (&json!("1h"), &json!("default"))
    );
    assert_eq!(item(&reset.json(), "dpop_nonce")["value"], true);
}

#[test]
fn what_needs_a_start_waits_for_it_and_is_shown_so() {
    let console = Console::start();
    let mut told = (*console.server.app.directory.told()).clone();
    told.config.workers = 7;
    told.live.backup_retention = 9;
    told.origins
        .insert("workers", Origin::File("keyfob.toml:1".into()));
    console.server.app.tell(told).unwrap();
    let shown = console.get("/settings").json();
    let workers = item(&shown, "workers");
    assert_eq!(
        (&workers["value"], &workers["next"], &workers["pending"]),
        (&json!(2), &json!(7), &json!(true))
    );
    assert_eq!(
        (&workers["at_once"], &workers["origin"]),
        (&json!(false), &json!("keyfob.toml:1"))
    );
    let keep = item(&shown, "backup_retention");
    assert_eq!(
        (&keep["value"], &keep["at_once"], &keep["pending"]),
        (&json!(9), &json!(true), &json!(false))
    );
}

#[test]
fn what_cannot_be_is_refused_by_its_name_and_nothing_is_kept() {
    let console = Console::over(Server::start_with(|told| {
        let flag = Origin::Flag("--session-lifetime".into());
        told.origins.insert("session_lifetime", flag);
    }));
    let before = console.get("/settings");
    // (what is sent, the member that is wrong)
    let rows = [
        (
            json!({"access_token_lifetime": "2d"}),
            "access_token_lifetime",
        ),
        (
            json!({"access_token_lifetime": "soon"}),
            "access_token_lifetime",
        ),
        (
            json!({"access_token_lifetime": {}}),
            "access_token_lifetime",
        ),
        (
            json!({"id_token_lifetime": "2h", "registration": "perhaps"}),
            "registration",
        ),
        // Needs a token, which no page can set.
        (json!({"registration": "token"}), "registration_token"),
        (json!({"listen": "0.0.0.0:80"}), "listen"),
        (
            json!({"registration_token": "of-sixteen-or-more"}),
            "registration_token",
        ),
        (json!({"no_such_setting": 1}), "no_such_setting"),
        (json!({"event_retention": "0"}), "event_retention"),
        (json!({"event_retention": "23h"}), "event_retention"),
        (json!({"server_name": "Acme\nID"}), "server_name"),
        (json!({"accent_color": "blue"}), "accent_color"),
        // No file of this machine is read for the page.
        (
            json!({"logo": concat!(env!("CARGO_MANIFEST_DIR"), "/assets/logo.svg")}),
            "logo",
        ),
        (json!({"logo": true}), "logo"),
        // Said by a flag.
        (json!({"session_lifetime": "1h"}), "session_lifetime"),
    ];
    for (body, field) in rows {
        let refused = console.patch("/settings", &body);
        assert_eq!(
            refused.problem(),
            (422, "invalid".into(), Some(field.into())),
            "{body}: {}",
            refused.text
        );
    }
    let after = console.get("/settings");
    assert_eq!(after.text, before.text);
    let locked = item(&after.json(), "session_lifetime");
    assert_eq!(
        (&locked["editable"], &locked["origin"]),
        (&json!(false), &json!("--session-lifetime"))
    );
}

#[test]
fn two_administrators_do_not_overwrite_each_other() {
    let console = Console::start();
    let body = json!({"dpop_nonce": true});
    assert_eq!(
        console.send("PATCH", "/settings", &[], Some(&body)).status,
        428
    );
    let seen = console.get("/settings");
    let tag = seen.header("etag").unwrap();
    let send = || console.send("PATCH", "/settings", &[("if-match", tag)], Some(&body));
    assert_eq!(send().status, 200);
    assert_eq!(send().status, 412);
}

#[test]
fn no_secret_is_shown_and_every_setting_has_its_place() {
    let console = Console::over(Server::start_with(|told| {
        told.live.registration_token =
            Some(keyfob::domain::secret::Secret::new("of-sixteen-or-more"));
    }));
    let answer = console.get("/settings");
    assert!(!answer.text.contains("of-sixteen"), "{}", answer.text);
    let shown = answer.json()["items"].as_array().unwrap().len();
    // Five are looked at by the start alone.
    assert_eq!(shown, SETTINGS.len() - 5);
    for setting in SETTINGS.iter().filter(|setting| setting.is_on_page()) {
        // A picture is uploaded there: the page names no file of this machine.
        assert!(
            !setting.is_secret() && setting.is_path() == setting.is_picture(),
            "{}",
            setting.key
        );
        assert_eq!(item(&answer.json(), setting.key)["editable"], true);
    }
}

#[test]
fn the_next_start_and_the_command_line_go_by_the_page_below_everything_else() {
    let folder = Folder::new();
    let put = |key: &'static str, value: &'static str| {
        let path = folder.path("keyfob.db");
        let store = Store::open(&path, IfMissing::Create, Arc::new(SystemClock)).unwrap();
        store
            .write_blocking(move |tx| settings::put_on_page(tx, key, Some(value)))
            .unwrap();
    };
    put("registration", "\"open\"");
    put("session_lifetime", "\"3h\"");
    put("id_token_lifetime", "\"30m\"");
    folder.write("keyfob.toml", "session_lifetime = \"2h\"\n");
    let shown = ended(&mut folder.command(&["config", "show", "--origin"]));
    for line in [
        "registration = \"open\"  # page",
        "id_token_lifetime = \"30m\"  # page",
        "session_lifetime = \"2h\"  # keyfob.toml:1",
    ] {
        assert!(
            shown.stdout.lines().any(|shown| shown == line),
            "{line} in {}{}",
            shown.stdout,
            shown.stderr
        );
    }
    let server = folder.serve(&[]);
    let metadata = server.get("/.well-known/openid-configuration").1;
    assert!(metadata.contains("registration_endpoint"), "{metadata}");
    server.stop();
    let server = folder.serve(&["--registration", "off"]);
    let metadata = server.get("/.well-known/openid-configuration").1;
    assert!(!metadata.contains("registration_endpoint"), "{metadata}");
    server.stop();
    // What the page has can stop to be possible, when something else changes: that is said, with the way out.
    put("registration", "\"token\"");
    let refused = ended(&mut folder.command(&["serve", "--listen", "localhost:0"]));
    assert_eq!(refused.code, 3, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("registration_token"),
        "{}",
        refused.stderr
    );
}
