//! `keyfob user invite` and `keyfob user reset-password`.

use serde_json::Value;

use super::{Folder, run};
use crate::support::{Server, browser::Browser};

const ISSUER: &str = "https://id.example";

#[test]
fn a_link_is_printed_alone_and_what_is_said_of_it_stands_beside_it() {
    let folder = Folder::new();
    folder.ok(&["user", "create", "ola"]);
    let said = folder.run(&["user", "invite", "ola", "--issuer", ISSUER]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let code = said
        .stdout
        .trim_end()
        .strip_prefix("https://id.example/password#t=");
    assert_eq!(code.map(str::len), Some(27), "{}", said.stdout);
    assert_eq!(said.stdout.lines().count(), 1);
    let shown = folder.json(&["user", "show", "ola"]);
    let link = &shown["password_link"];
    let until = link["expires_at"].as_str().unwrap();
    assert!(
        said.stderr.contains(&format!("Valid once, until {until}")),
        "{}",
        said.stderr
    );
    assert!(!shown.to_string().contains(code.unwrap()) && !said.stderr.contains(code.unwrap()));
    assert_eq!(folder.json(&["user", "list"])[0]["password_link"], *link);
    let json = folder.json(&["user", "invite", "ola", "--issuer", ISSUER]);
    let names: Vec<_> = json.as_object().unwrap().keys().collect();
    assert_eq!(names, ["url", "purpose", "expires_at"]);
    assert_eq!(json["purpose"], "invite");
    folder
        .run_with(
            &["user", "set-password", "ola", "--password-stdin"],
            "correct horse\n",
        )
        .ok(&[]);
    assert_eq!(
        folder.json(&["user", "show", "ola"])["password_link"],
        Value::Null
    );
    let reset = folder.json(&["user", "reset-password", "ola", "--issuer", ISSUER]);
    assert_eq!(reset["purpose"], "reset");
}

#[test]
fn what_cannot_be_reset_is_said_with_the_exit_code_for_it() {
    let folder = Folder::new();
    folder.ok(&["user", "create", "ola"]);
    let rows: &[(&[&str], i32, &str)] = &[
        (&["ola"], 1, "This database has not been served yet"),
        (&["olaf", "--issuer", ISSUER], 4, "User \"olaf\" not found"),
        (&["ola", "--issuer", "nonsense"], 2, "--issuer"),
        (&[], 2, "<USER>"),
    ];
    for (args, code, says) in rows {
        for command in ["invite", "reset-password"] {
            let args = [&["user", command], *args].concat();
            let said = folder.run(&args);
            assert_eq!((said.code, said.stdout.as_str()), (*code, ""), "{args:?}");
            assert!(said.stderr.contains(says), "{args:?}: {}", said.stderr);
        }
    }
    folder.ok(&["user", "update", "ola", "--disable"]);
    let said = folder.run(&["user", "invite", "ola", "--issuer", ISSUER]);
    assert_eq!(said.code, 1);
    assert!(said.stderr.contains("ola is disabled"), "{}", said.stderr);
}

#[test]
fn the_command_for_the_other_kind_of_link_is_named() {
    let folder = Folder::new();
    folder.ok(&["user", "create", "ola"]);
    let said = folder.run(&["user", "reset-password", "ola", "--issuer", ISSUER]);
    assert_eq!((said.code, said.stdout.as_str()), (1, ""));
    assert!(
        said.stderr.contains("Run keyfob user invite ola"),
        "{}",
        said.stderr
    );
    // Nothing was made.
    assert_eq!(
        folder.json(&["user", "show", "ola"])["password_link"],
        Value::Null
    );
    let password = ["user", "set-password", "ola", "--password-stdin"];
    folder.run_with(&password, "correct horse\n").ok(&[]);
    let said = folder.run(&["user", "invite", "ola", "--issuer", ISSUER]);
    assert_eq!((said.code, said.stdout.as_str()), (1, ""));
    assert!(
        said.stderr.contains("Run keyfob user reset-password ola"),
        "{}",
        said.stderr
    );
}

// The lost administrator.
#[test]
fn a_lost_administrator_comes_in_again_while_the_server_runs() {
    let server = Server::start_now();
    server.person_with("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    let database = &server.app.config.database;
    let link = run(
        database,
        &["user", "reset-password", "root", "--issuer", ISSUER],
        "",
    )
    .ok(&[]);
    let code = link.trim_end().split_once("/password#t=").unwrap().1;
    let mut browser = Browser::new(&server);
    let csrf = browser.get("/password").field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("token", code),
        ("password", "battery staple"),
        ("again", "battery staple"),
    ];
    assert_eq!(browser.post("/password", &fields).status, 303);
    let body = r#"{"username": "root", "password": "battery staple"}"#;
    let headers = [
        ("sec-fetch-site", "same-origin"),
        ("content-type", "application/json"),
    ];
    let signed_in = server.send(
        "POST",
        "/admin/api/v1/session",
        &headers,
        Some(body.as_bytes()),
    );
    assert_eq!(signed_in.status, 201, "{}", signed_in.text);
}
