//! A backup that somebody has made to do harm is refused before anything in it is run.

use std::{fs, path::Path};

use keyfob::{app::backups, store::backup};
use rusqlite::Connection;

use super::{BASE, Console};

/// What is done to a good backup, and what is said of it.
const ROWS: &[(&str, &str)] = &[
    // It silenced the audit log.
    (
        "CREATE TRIGGER quiet BEFORE INSERT ON audit_events BEGIN SELECT RAISE(IGNORE); END",
        r#"its trigger "quiet" is not part of a Keyfob database"#,
    ),
    // It locked administrators out.
    (
        "CREATE TRIGGER nobody BEFORE INSERT ON admin_sessions BEGIN SELECT RAISE(ABORT, 'no'); END",
        r#"its trigger "nobody" is not part of a Keyfob database"#,
    ),
    // It held up the upload without end.
    (
        "DROP TABLE teams; CREATE VIEW teams AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i FROM n)
         SELECT i AS id FROM n",
        r#"its view "teams" is not part of a Keyfob database"#,
    ),
    (
        "CREATE TABLE mine (name)",
        r#"its table "mine" is not part of a Keyfob database"#,
    ),
    (
        "ALTER TABLE users ADD COLUMN mine TEXT",
        r#"its table "users" is not part of a Keyfob database"#,
    ),
    (
        "CREATE INDEX mine ON users (given_name)",
        r#"its index "mine" is not part of a Keyfob database"#,
    ),
    (
        "DROP INDEX users_by_email",
        r#"its index "users_by_email" is missing"#,
    ),
    ("PRAGMA user_version = -1", "of another program"),
    ("PRAGMA user_version = 0", "of another program"),
];

fn spoilt(good: &Path, spoil: &str) -> Vec<u8> {
    let bad = good.with_extension("bad");
    fs::copy(good, &bad).unwrap();
    let file = Connection::open(&bad).unwrap();
    file.execute_batch(&format!("PRAGMA journal_mode = DELETE; {spoil};"))
        .unwrap();
    drop(file);
    let bytes = fs::read(&bad).unwrap();
    fs::remove_file(bad).unwrap();
    bytes
}

#[test]
fn a_file_with_a_schema_that_is_not_ours_is_refused_and_leaves_nothing_behind() {
    let console = Console::start();
    let database = console.server.app.store.path();
    let good = database.with_extension("good");
    backup::copy(database, &good).unwrap();
    for (spoil, told) in ROWS {
        let bytes = spoilt(&good, spoil);
        let headers = [
            ("cookie", console.cookie.as_str()),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/vnd.sqlite3"),
        ];
        let path = format!("{BASE}/backup/upload");
        let refused = console.server.send("POST", &path, &headers, Some(&bytes));
        assert_eq!(refused.status, 422, "{spoil}: {}", refused.text);
        assert!(
            refused.text.replace('\\', "").contains(told),
            "{spoil}: {}",
            refused.text
        );
        assert!(!backups::upload_path(database).exists(), "{spoil}");
        for entry in fs::read_dir(database.parent().unwrap()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.contains("-uploading"), "{spoil}: {name}");
        }
    }
    backup::inspect(&good).unwrap();
}

#[test]
fn what_analyze_has_left_is_no_harm() {
    let console = Console::start();
    let database = console.server.app.store.path();
    let good = database.with_extension("good");
    backup::copy(database, &good).unwrap();
    fs::write(&good, spoilt(&good, "ANALYZE")).unwrap();
    backup::inspect(&good).unwrap();
}
