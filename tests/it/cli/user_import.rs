//! `keyfob user import`.

use serde_json::{Value, json};

use super::Folder;

const CSV: &str = "username,email,teams\nnina,nina@example.com,acme:admin\nper,,\n";

fn ready() -> Folder {
    let folder = Folder::new();
    folder.ok(&["team", "create", "acme"]);
    std::fs::write(folder.path("people.csv"), CSV).unwrap();
    folder
}

#[test]
fn a_file_is_looked_at_and_then_its_users_are_made() {
    let folder = ready();
    let looked = folder.run(&["user", "import", "people.csv", "--dry-run"]);
    assert_eq!(looked.code, 0, "{}", looked.stderr);
    assert!(looked.stdout.contains("nina") && looked.stderr.contains("Nothing was changed"));
    assert_eq!(folder.json(&["user", "list"]), json!([]));
    let made = folder.json(&["user", "import", "people.csv"]);
    assert_eq!(
        (&made[0]["username"], &made[0]["link"]),
        (&json!("nina"), &Value::Null)
    );
    let nina = folder.json(&["user", "show", "nina"]);
    assert_eq!(nina["sub"], made[0]["sub"]);
    assert_eq!(nina["teams"], json!([{"id": "acme", "role": "admin"}]));
    assert_eq!(nina["password_link"], Value::Null);
}

#[test]
fn links_are_printed_if_they_are_asked_for() {
    let folder = ready();
    let args = [
        "user",
        "import",
        "-",
        "--links",
        "--issuer",
        "https://id.example",
    ];
    let said = folder.run_with(&args, CSV);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_eq!(said.stderr.trim_end(), "Created 2 users");
    let links = said
        .stdout
        .matches("https://id.example/password#t=")
        .count();
    assert_eq!(links, 2, "{}", said.stdout);
    let link = &folder.json(&["user", "show", "per"])["password_link"];
    assert_eq!(link["purpose"], "invite");
}

#[test]
fn each_mistake_begins_with_file_and_line() {
    let folder = ready();
    let csv = b"username,email\nnina,nonsense\nper,\nPER,\nJ\xf8rgen,\n";
    std::fs::write(folder.path("wrong.csv"), csv).unwrap();
    for dry_run in [&["--dry-run"][..], &[]] {
        let args = [&["user", "import", "wrong.csv"], dry_run].concat();
        let said = folder.run(&args);
        assert_eq!(
            (said.code, said.stdout.as_str()),
            (2, ""),
            "{}",
            said.stderr
        );
        let lines: Vec<_> = said.stderr.lines().collect();
        assert_eq!(
            lines,
            [
                "wrong.csv:2: email: must be an email address",
                "wrong.csv:4: username: is a duplicate of line 3",
                "wrong.csv:5: username: is not UTF-8. Save the file as UTF-8",
                "error: wrong.csv: invalid rows. Nothing was changed",
            ]
        );
    }
    assert_eq!(folder.json(&["user", "list"]), json!([]));
    let missing = folder.run(&["user", "import", "nowhere.csv"]);
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.contains("nowhere.csv"), "{}", missing.stderr);
    let long = "x".repeat(600 * 1024);
    let said = folder.run_with(&["user", "import", "-"], &long);
    assert!(
        said.stderr
            .starts_with("stdin:1: the file must be at most 512 KiB"),
        "{}",
        said.stderr
    );
}
