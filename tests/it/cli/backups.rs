//! `keyfob backup` and `keyfob restore`.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use keyfob::{
    admin::password_links,
    clock::SystemClock,
    domain::{scope::Scope, secret::SecretHash, time::Lifetime, token::OpaqueToken},
    store::{
        IfMissing, Store, StoreError, authorization_codes, objects::Document, settings,
        setup_tokens,
    },
};
use serde_json::{Value, json};

use super::{Folder, run};
use crate::support::{Server, change};

const ISSUER: &str = "http://localhost:8080";

fn mint(folder: &Folder) -> String {
    let args = ["token", "mint", "--issuer", ISSUER, "--user", "ola"];
    folder.ok(&args).trim_end().to_owned()
}

fn counts(folder: &Folder, token: &str) -> bool {
    let said = folder.run_with(&["token", "verify", "--issuer", ISSUER], token);
    assert!(matches!(said.code, 0 | 5), "{}", said.stderr);
    said.code == 0
}

fn users(folder: &Folder) -> Vec<Value> {
    let users = folder.json(&["user", "list"]);
    users
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["username"].clone())
        .collect()
}

#[test]
fn a_backup_brings_back_what_was_there_and_no_access_token_with_it() {
    let folder = Folder::new();
    folder.ok(&["user", "create", "ola", "--sub", "u-ola"]);
    let early = mint(&folder);
    folder.ok(&["backup", "copy.db"]);
    let copy = std::fs::read(folder.path("copy.db")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path("copy.db"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(
        folder.run(&["backup", "copy.db"]).code,
        1,
        "a copy is not overwritten"
    );
    folder.ok(&["user", "create", "kari"]);
    let late = mint(&folder);
    let revoked = mint(&folder);
    folder.run_with(&["token", "revoke"], &revoked).ok(&[]);
    assert!(counts(&folder, &early) && counts(&folder, &late));

    let said = folder.run(&["restore", "copy.db"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_eq!(users(&folder), ["ola"]);
    for token in [&early, &late, &revoked] {
        assert!(!counts(&folder, token));
    }
    assert!(
        counts(&folder, &mint(&folder)),
        "a new token counts, signed by the same keys"
    );
    let events = folder.json(&["events", "list", "--event", "backup"]);
    assert_eq!(events[0]["event"], "backup.restored");

    // What was there is beside it, and the copy is as it was.
    assert_eq!(std::fs::read(folder.path("copy.db")).unwrap(), copy);
    let names = names(&folder.path(""));
    let aside: Vec<_> = names
        .iter()
        .filter(|name| name.contains("before-restore"))
        .collect();
    assert_eq!(aside.len(), 1, "{names:?}");
    let before = run(
        &folder.path(aside[0]),
        &["user", "list", "--output", "json"],
        "",
    )
    .ok(&[]);
    let before: Value = serde_json::from_str(&before).unwrap();
    assert_eq!(before.as_array().unwrap().len(), 2);
    assert!(
        !names.iter().any(|name| name.contains("restoring")),
        "{names:?}"
    );
}

// What was left was kept beside the restored file without a word.
#[test]
fn what_a_restore_keeps_of_a_database_that_is_gone_is_named() {
    let folder = Folder::new();
    folder.ok(&["backup", "copy.db"]);
    std::fs::remove_file(folder.path("keyfob.db")).unwrap();
    std::fs::write(folder.path("keyfob.db-wal"), "what is left").unwrap();
    let said = folder.run(&["restore", "copy.db"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let files = std::fs::read_dir(folder.path("")).unwrap();
    let mut files = files.map(|file| file.unwrap().path());
    let kept = files.find(|path| path.to_str().unwrap().contains("before-restore"));
    let kept = kept.unwrap();
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "what is left");
    let told = format!("Previous database kept as {}", kept.display());
    assert!(said.stderr.contains(&told), "{}", said.stderr);
}

/// What is in the folder, save what SQLite keeps beside an open file.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm"))
        .collect();
    names.sort();
    names
}

fn open(folder: &Folder) -> Store {
    let clock = Arc::new(SystemClock);
    Store::open(&folder.path("keyfob.db"), IfMissing::Refuse, clock).unwrap()
}

#[test]
fn a_restore_can_end_every_session_and_grant() {
    for (flag, expected) in [(None, 1), (Some("--sign-out-all"), 0)] {
        let server = Server::start_now();
        server.user("u-ola", |_| {});
        let code = server.code("web", "u-ola", "openid");
        let code = code.parse::<OpaqueToken>().unwrap().id;
        let link = SecretHash([7; 32]);
        let lifetime = Lifetime::minutes(60);
        let store = &server.app.store;
        store
            .write_blocking(move |tx| setup_tokens::replace(tx, link, lifetime))
            .unwrap();
        change(&server, |tx, by| {
            password_links::make(tx, by, "u-ola", "https://id.example")
        });
        let database = server.app.config.database.clone();
        run(&database, &["backup", "copy.db"], "").ok(&[]);
        let folder = Folder::new();
        std::fs::copy(
            database.parent().unwrap().join("copy.db"),
            folder.path("copy.db"),
        )
        .unwrap();
        let args: Vec<_> = ["restore", "copy.db"].into_iter().chain(flag).collect();
        folder.ok(&args);
        let sessions = folder.json(&["session", "list"]);
        assert_eq!(sessions.as_array().unwrap().len(), expected, "{flag:?}");
        let store = open(&folder);
        // What can be used once may have been used since.
        let found = store.read(|tx| authorization_codes::get(tx, code));
        assert!(found.unwrap().is_none(), "{flag:?}");
        let claimed = store.write_blocking(move |tx| setup_tokens::consume(tx, link));
        assert!(!claimed.unwrap(), "{flag:?}");
        let outstanding = &folder.json(&["user", "show", "u-ola"])["password_link"];
        assert!(outstanding.is_null(), "{flag:?}");
    }
}

#[test]
fn only_a_whole_backup_of_keyfob_takes_the_place_of_a_file_that_nobody_serves() {
    let folder = Folder::new();
    folder.ok(&["user", "create", "ola"]);
    folder.ok(&["backup", "copy.db"]);
    let copy = std::fs::read(folder.path("copy.db")).unwrap();
    std::fs::write(folder.path("text.db"), "no database").unwrap();
    std::fs::write(folder.path("empty.db"), "").unwrap();
    std::fs::write(folder.path("half.db"), &copy[..copy.len() / 2]).unwrap();
    // The header's application id (offset 68) and user version (60), SQLite's file format §1.3.
    let mut foreign = copy.clone();
    foreign[68..72].fill(0);
    std::fs::write(folder.path("foreign.db"), foreign).unwrap();
    let mut newer = copy.clone();
    newer[60..64].copy_from_slice(&1000_u32.to_be_bytes());
    std::fs::write(folder.path("newer.db"), newer).unwrap();
    let mut flipped = copy.clone();
    flipped[4096 * 3..4096 * 4].fill(0xff);
    std::fs::write(folder.path("flipped.db"), flipped).unwrap();
    let rows = [
        ("nothing.db", "does not exist"),
        ("text.db", "not a SQLite database"),
        ("empty.db", "is empty"),
        ("half.db", "damaged"),
        ("foreign.db", "of another program"),
        ("newer.db", "schema version 1000"),
        ("flipped.db", "damaged"),
    ];
    let before = names(&folder.path(""));
    for (file, reason) in rows {
        let said = folder.run(&["restore", file]);
        assert_eq!(
            (said.code, said.stdout.as_str()),
            (1, ""),
            "{file}: {}",
            said.stderr
        );
        assert!(said.stderr.contains(reason), "{file}: {}", said.stderr);
        assert_eq!(users(&folder), ["ola"], "{file}");
    }
    assert_eq!(names(&folder.path("")), before, "nothing is left behind");
    let said = run(&folder.path("flipped.db"), &["backup", "of-flipped.db"], "");
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert!(said.stderr.contains("damaged"), "{}", said.stderr);
    assert!(!folder.path("of-flipped.db").exists());
    let lock = Store::lock_for_serving(&folder.path("keyfob.db")).unwrap();
    let said = folder.run(&["restore", "copy.db"]);
    assert_eq!(said.code, 1);
    assert!(said.stderr.contains("already using"), "{}", said.stderr);
    drop(lock);
    folder.ok(&["restore", "copy.db"]);
    std::fs::remove_file(folder.path("keyfob.db")).unwrap();
    folder.ok(&["restore", "copy.db"]);
    assert_eq!(users(&folder), ["ola"], "where there was no file");
}

#[test]
fn a_backup_is_whole_while_the_server_writes() {
    let server = Server::start_now();
    let database = server.app.config.database.clone();
    let done = AtomicBool::new(false);
    // Both in one transaction: a copy that has the one without the other was taken in the middle.
    let write = |n: u64| {
        server.app.store.write_blocking(move |tx| {
            settings::set(tx, "first", &n.to_string())?;
            let filler = "x".repeat(100_000);
            settings::set(tx, &format!("filler {}", n % 200), &filler)?;
            settings::set(tx, "second", &n.to_string())
        })
    };
    write(0).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut n = 0;
            while !done.load(Ordering::Relaxed) {
                n += 1;
                write(n).unwrap();
            }
            n
        });
        for i in 0..3 {
            let name = format!("copy{i}.db");
            run(&database, &["backup", &name], "").ok(&[]);
            let folder = Folder::new();
            std::fs::copy(
                database.parent().unwrap().join(&name),
                folder.path("copy.db"),
            )
            .unwrap();
            folder.ok(&["restore", "copy.db"]);
            let read = open(&folder).read(|tx| {
                Ok::<_, StoreError>((settings::get(tx, "first")?, settings::get(tx, "second")?))
            });
            let (first, second) = read.unwrap();
            assert!(first.is_some() && first == second, "{first:?} {second:?}");
        }
        done.store(true, Ordering::Relaxed);
        assert!(writer.join().unwrap() > 0);
    });
    let backed_up = run(&database, &["events", "list", "--output", "json"], "").ok(&[]);
    let backed_up: Value = serde_json::from_str(&backed_up).unwrap();
    assert_eq!(backed_up[0]["event"], json!("backup.created"));
}

// Within one second they would have the same name.
#[test]
fn each_of_several_restores_keeps_what_it_replaced() {
    let folder = Folder::new();
    folder.ok(&["backup", "copy.db"]);
    for n in 0..3 {
        folder.ok(&[
            "scope",
            "create",
            &format!("scope{n}"),
            "--description",
            "x",
        ]);
        folder.ok(&["restore", "copy.db", "--yes"]);
    }
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(folder.path("keyfob.db").parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_string_lossy().into_owned();
        if name.contains("before-restore") && !name.ends_with("-wal") && !name.ends_with("-shm") {
            let store = Store::open(&path, IfMissing::Refuse, Arc::new(SystemClock)).unwrap();
            let names = store.read(Scope::all).unwrap();
            kept.extend(names.into_iter().map(|scope| scope.name.to_string()));
        }
    }
    for n in 0..3 {
        assert!(kept.contains(&format!("scope{n}")), "{kept:?}");
    }
}
