//! `/state`: the database as a file, and such a file read in.

use keyfob::domain::time::Lifetime;
use serde_json::{Value, json};

use super::Console;

const NOTES: &str = "[[scope]]\nname = \"notes:read\"\ndescription = \"Read your notes\"\n";

fn plan(console: &Console, text: &str) -> Value {
    let answer = console.post("/state/plan", &json!({ "text": text }));
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[test]
fn a_plan_changes_nothing_and_what_was_planned_is_done() {
    let console = Console::start();
    let planned = plan(&console, NOTES);
    assert_eq!(planned["steps"][0]["action"], "create");
    assert_eq!(planned["steps"][0]["kind"], "scope");
    assert_eq!(planned["steps"][0]["line"], 1);
    assert_eq!(console.get("/scopes/notes:read").status, 404);
    let agreed = json!({ "text": NOTES, "digest": planned["digest"] });
    let done = console.post("/state/apply", &agreed);
    assert_eq!(done.json()["steps"], planned["steps"]);
    let scope = console.get("/scopes/notes:read").json();
    assert_eq!(scope["description"], "Read your notes");
    assert_eq!(
        scope["managed_by"],
        Value::Null,
        "it can be changed by hand"
    );
    let event = &console.get("/events?event=scope.created").json()["items"][0];
    assert_eq!(event["actor"], "root");
    assert_eq!(plan(&console, NOTES)["steps"], json!([]));
    // The server at work knows it, too.
    let discovery = console.server.get("/.well-known/openid-configuration", &[]);
    let scopes = discovery.json()["scopes_supported"].clone();
    assert!(scopes.as_array().unwrap().contains(&json!("notes:read")));
}

#[test]
fn only_what_was_shown_is_done() {
    let console = Console::start();
    let planned = plan(&console, NOTES);
    let other =
        json!({ "text": NOTES.replace("Read your", "Burn your"), "digest": planned["digest"] });
    let refused = console.post("/state/apply", &other);
    assert_eq!(refused.problem(), (412, "changed".into(), None));
    assert_eq!(
        console.get("/scopes/notes:read").status,
        404,
        "nothing of it is kept"
    );

    let secret = |text: &str| format!("[[user]]\nusername = \"ola\"\npassword = \"{text}\"\n");
    let planned = plan(&console, &secret("a good password"));
    let other = json!({ "text": secret("another password"), "digest": planned["digest"] });
    assert_eq!(console.post("/state/apply", &other).problem().1, "changed");

    // Somebody was faster.
    let planned = plan(&console, NOTES);
    let made = console.post(
        "/scopes",
        &json!({ "name": "notes:read", "description": "Mine" }),
    );
    assert_eq!(made.status, 201);
    let agreed = json!({ "text": NOTES, "digest": planned["digest"] });
    assert_eq!(console.post("/state/apply", &agreed).problem().1, "changed");

    let blind = console.post("/state/apply", &json!({ "text": NOTES }));
    assert_eq!(
        blind.problem(),
        (422, "invalid".into(), Some("digest".into()))
    );
}

#[test]
fn what_cannot_be_is_told_with_its_line() {
    let console = Console::start();
    let rows = [
        ("[[scope]]\nname = 4711\n", "import.toml:2"),
        ("\n[[clent]]\n", "import.toml:2"),
        (
            "[[client]]\nclient_id = \"x\"\ngrant_types = [\"password\"]\n",
            "import.toml:3",
        ),
        (
            "[[user]]\nusername = \"x\"\n\npassword_file = \"/etc/passwd\"\n",
            "import.toml:4: user \"x\": password_file",
        ),
        ("not toml", "import.toml:1"),
    ];
    for (text, place) in rows {
        let refused = console.post("/state/plan", &json!({ "text": text }));
        assert_eq!(
            refused.problem(),
            (422, "invalid".into(), Some("text".into())),
            "{text}"
        );
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(place), "{text}: {detail}");
        assert!(!detail.contains("root:"), "{detail}");
    }
}

/// Each is hashed, which takes 30 ms of one of the two that may be hashed at a time: sign-ins wait for it.
#[test]
fn a_text_with_more_secrets_than_can_be_hashed_in_passing_is_refused() {
    let console = Console::start();
    let user =
        |n: usize| format!("[[user]]\nusername = \"u{n}\"\npassword = \"a long password\"\n");
    let client = |n: usize| {
        format!(
            "[[client]]\nclient_id = \"c{n}\"\nclient_secret = \"a-secret-that-was-chosen-{n}\"\n\
             grant_types = [\"client_credentials\"]\n"
        )
    };
    let text: String = (0..60).map(user).chain((0..41).map(client)).collect();
    for path in ["/state/plan", "/state/apply"] {
        let refused = console.post(path, &json!({ "text": text, "digest": "x" }));
        let problem = (422, "invalid".into(), Some("text".into()));
        assert_eq!(refused.problem(), problem, "{path}");
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(
            detail.contains("101 passwords and client secrets"),
            "{detail}"
        );
    }
}

#[test]
fn settings_are_left_out_and_applying_wants_the_password_again() {
    let console = Console::start();
    let text = format!("issuer = \"https://elsewhere.example\"\n{NOTES}");
    let planned = plan(&console, &text);
    assert_eq!(planned["left_out"], json!(["issuer"]));
    console.server.clock.advance(Lifetime::minutes(11));
    let agreed = json!({ "text": text, "digest": planned["digest"] });
    let refused = console.post("/state/apply", &agreed);
    assert_eq!(refused.problem(), (403, "password_required".into(), None));
}

#[test]
fn what_was_exported_declares_what_there_is() {
    let console = Console::start();
    let made = json!({ "text": NOTES, "digest": plan(&console, NOTES)["digest"] });
    assert_eq!(console.post("/state/apply", &made).status, 200);
    let file = console.get("/state/export");
    assert_eq!(file.header("content-type"), Some("application/toml"));
    assert_eq!(file.header("cache-control"), Some("no-store"));
    assert!(file.text.contains("notes:read"), "{}", file.text);
    assert!(!file.text.contains("argon2"), "{}", file.text);
    assert_eq!(plan(&console, &file.text)["steps"], json!([]));
}
