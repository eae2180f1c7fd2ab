//! `keyfob doctor`: every check, as it passes and as it does not.

use keyfob::{
    app::backups,
    clock::Clock as _,
    domain::{audit::AuditEvent, time::Lifetime},
};
use serde_json::Value;

use super::{Folder, Said, run};
use crate::support::Server;

/// The exit code, and the state of each check.
fn states(said: &Said) -> (i32, Vec<(String, String)>) {
    let found: Vec<Value> = serde_json::from_str(&said.stdout).unwrap();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let states = found
        .iter()
        .map(|finding| (text(finding, "check"), text(finding, "state")))
        .collect();
    (said.code, states)
}

fn owned(states: &[(&str, &str)]) -> Vec<(String, String)> {
    states
        .iter()
        .map(|(check, state)| ((*check).to_owned(), (*state).to_owned()))
        .collect()
}

fn examined(server: &Server, args: &[&str]) -> Said {
    let issuer = server.url.clone();
    let always = ["doctor", "--output", "json", "--issuer", &issuer];
    let args: Vec<_> = always.iter().chain(args).copied().collect();
    run(&server.app.config.database, &args, "")
}

#[test]
fn a_server_that_is_set_up_passes_and_one_for_development_is_told_from_it() {
    let server = Server::start_now();
    server.user("root", |user| user.admin = true);
    let well = [
        ("database", "ok"),
        ("schema", "ok"),
        ("database_mode", "ok"),
        ("disk", "ok"),
        ("administrator", "ok"),
        ("keys", "ok"),
        ("clock", "ok"),
        ("backup_folder", "warning"),
    ];
    let expected = owned(&[&well[..], &[("issuer_answers", "ok")]].concat());
    assert_eq!(states(&examined(&server, &[])), (0, expected));

    server.user("alice", |user| user.persona = true);
    let relaxed = [
        ("issuer", "failed"),
        ("personas", "failed"),
        ("issuer_answers", "ok"),
    ];
    let said = examined(&server, &["--production"]);
    assert_eq!(states(&said), (5, owned(&[&well[..], &relaxed].concat())));
    assert!(said.stdout.contains("alice"), "{}", said.stdout);
    let told = "Failed checks: issuer, personas\n";
    assert_eq!(said.stderr, told);
}

/// The check, what it comes to, what spoils it, and further arguments.
type Row<'a> = (&'a str, &'a str, &'a dyn Fn(&Server), &'a [&'a str]);

#[test]
fn what_is_wrong_is_found() {
    let server = Server::start_now();
    let rows: [Row; 5] = [
        ("administrator", "warning", &|_| {}, &[]),
        (
            "clock",
            "failed",
            &|server| {
                server.clock.advance(Lifetime::hours(2));
                server.record(vec![AuditEvent::ok("backup.made")]);
            },
            &[],
        ),
        (
            "registration",
            "warning",
            &|_| {},
            &[
                "--registration",
                "open",
                "--listen",
                "0.0.0.0:0",
                "--insecure-http",
                // It is said once, though it is open to two reproaches.
                "--production",
            ],
        ),
        ("database_mode", "failed", &open_to_all, &[]),
        ("schema", "failed", &add_a_trigger, &[]),
    ];
    for (check, state, spoil, args) in rows {
        spoil(&server);
        let said = examined(&server, args);
        let (_, states) = states(&said);
        let found: Vec<_> = states.iter().filter(|(name, _)| name == check).collect();
        assert_eq!(
            found,
            [&(check.to_owned(), state.to_owned())],
            "{}",
            said.stdout
        );
    }
}

#[test]
fn backups_have_a_row_of_their_own_whatever_becomes_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let (path, blocked) = (folder.path().join("backups"), folder.path().join("file"));
    std::fs::write(&blocked, "").unwrap();
    let server = Server::start_with(|told| told.live.backup_folder = Some(path.clone()));
    let row = |folder: &std::path::Path| {
        let said = examined(&server, &["--backup-folder", folder.to_str().unwrap()]);
        let found: Vec<Value> = serde_json::from_str(&said.stdout).unwrap();
        let mut rows = found
            .into_iter()
            .filter(|row| row["check"] == "backup_folder");
        let row = rows.next().unwrap();
        assert!(rows.next().is_none(), "{}", said.stdout);
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        (text("state"), text("text"))
    };
    let check = |folder: &std::path::Path, state: &str, told: &str| {
        let (found, text) = row(folder);
        assert_eq!(found, state, "{text}");
        assert!(text.contains(told), "{text}");
    };
    check(&path, "warning", "No backup yet");
    assert!(!path.exists());
    check(&blocked, "failed", "is not a folder");
    check(&blocked.join("x"), "failed", "is not a folder");
    let write = |event: AuditEvent| server.record(vec![event]);
    write(AuditEvent::failed("backup.created", "the disk is full").actor("schedule"));
    check(&path, "failed", "failed: the disk is full");
    write(AuditEvent::ok("backup.created").actor("schedule"));
    let made = server.clock.now() - Lifetime::hours(3);
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join(backups::name_at(made)), "").unwrap();
    let (state, text) = row(&path);
    assert_eq!((&*state, text.contains(" is ")), ("ok", true), "{text}");
}

// One that silences the audit log.
fn add_a_trigger(server: &Server) {
    let file = rusqlite::Connection::open(&server.app.config.database).unwrap();
    file.execute_batch(
        "CREATE TRIGGER quiet BEFORE INSERT ON audit_events BEGIN SELECT RAISE(IGNORE); END",
    )
    .unwrap();
}

fn open_to_all(server: &Server) {
    use std::os::unix::fs::PermissionsExt as _;
    let all = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&server.app.config.database, all).unwrap();
}

// RFC 8414 §3.3
#[test]
fn an_issuer_under_which_another_answers_fails_and_one_that_is_silent_is_said() {
    let server = Server::start_now();
    let other = server.url.replace("localhost", "127.0.0.1");
    let other = if other == server.url {
        server.url.replace("127.0.0.1", "localhost")
    } else {
        other
    };
    assert_ne!(other, server.url);
    let database = server.app.config.database.clone();
    let ask = |issuer: &str| {
        let args = ["doctor", "--output", "json", "--issuer", issuer];
        let (code, states) = states(&run(&database, &args, ""));
        (code, states.last().unwrap().1.clone())
    };
    assert_eq!(ask(&other), (5, "failed".to_owned()));
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://localhost:{}", silent.local_addr().unwrap().port());
    assert_eq!(ask(&silent), (0, "warning".to_owned()));
}

#[test]
fn a_damaged_file_fails() {
    let folder = Folder::new();
    for n in 0..60 {
        folder.ok(&[
            "scope",
            "create",
            &format!("scope{n}"),
            "--description",
            &"long ".repeat(40),
        ]);
    }
    let database = folder.path("keyfob.db");
    let mut bytes = std::fs::read(&database).unwrap();
    // The heads of the last pages, most of which hold rows.
    let (size, page) = (bytes.len(), 4096);
    for head in (size - 10 * page..size).step_by(page) {
        bytes[head..head + 8].fill(0xff);
    }
    std::fs::write(&database, bytes).unwrap();
    let said = folder.run(&["doctor", "--output", "json"]);
    let (code, states) = states(&said);
    assert_eq!(
        (code, &states[..]),
        (
            5,
            &owned(&[("database", "failed"), ("database_mode", "ok")])[..]
        ),
        "{}",
        said.stderr
    );
    assert!(said.stdout.contains("is damaged"), "{}", said.stdout);
}
