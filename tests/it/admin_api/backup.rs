//! `/backup`: what may be taken away and brought back, and the backups that the server makes by itself.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
};

use keyfob::{
    app::{backups, upkeep},
    domain::time::Lifetime,
    store::backup,
};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{BASE, Console};
use crate::support::{Answer, Server};

const SQLITE: (&str, &str) = ("content-type", "application/vnd.sqlite3");

fn upload(console: &Console, bytes: &[u8]) -> Answer {
    let headers = [
        ("cookie", console.cookie.as_str()),
        ("sec-fetch-site", "same-origin"),
        SQLITE,
    ];
    let path = format!("{BASE}/backup/upload");
    console.server.send("POST", &path, &headers, Some(bytes))
}

fn copy_of(console: &Console) -> Vec<u8> {
    let target = console.server.app.store.path().with_extension("copy");
    backup::copy(console.server.app.store.path(), &target).unwrap();
    fs::read(target).unwrap()
}

fn events(console: &Console, name: &str) -> Vec<Value> {
    let found = console.get(&format!("/events?event={name}")).json();
    found["items"].as_array().unwrap().clone()
}

#[test]
fn what_holds_every_secret_wants_the_password_again() {
    let console = Console::start();
    console.server.clock.advance(Lifetime::minutes(11));
    let wanted = (403, "password_required".to_owned(), None);
    assert_eq!(console.get("/backup/download").problem(), wanted);
    let file = console.get("/backup/files/keyfob-20261124T101500Z.db");
    assert_eq!(file.problem(), wanted);
    assert_eq!(upload(&console, b"x").problem(), wanted);
    let restore = console.post("/backup/restore", &json!({}));
    assert_eq!(restore.problem(), wanted);
    assert_eq!(console.get("/backup").status, 200);
}

#[test]
fn a_download_is_a_whole_backup_and_an_event() {
    let console = Console::start();
    let answer = console.server.raw(
        format!(
            "GET {BASE}/backup/download HTTP/1.1\r\nhost: x\r\ncookie: {}\r\nconnection: close\r\n\r\n",
            console.cookie
        )
        .as_bytes(),
    );
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("cache-control: no-store"), "{head}");
    assert!(
        head.contains("content-disposition: attachment; filename=\"keyfob-"),
        "{head}"
    );
    assert!(body.starts_with("SQLite format 3"));
    let made = &events(&console, "backup.created")[0];
    assert_eq!(made["actor"], "root");
}

#[test]
fn an_upload_is_looked_through_and_changes_nothing() {
    let console = Console::start();
    let bytes = copy_of(&console);
    let looked = upload(&console, &bytes);
    assert_eq!(looked.status, 201, "{}", looked.text);
    let contents = looked.json();
    assert_eq!(contents["bytes"], bytes.len());
    assert_eq!(contents["issuer"], Value::Null, "nobody served it yet");
    assert!(contents["users"].as_i64().unwrap() > 0);
    assert_eq!(console.get("/backup").json()["uploaded"], contents);
    let path = backups::upload_path(console.server.app.store.path());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(console.delete("/backup/upload").status, 204);
    assert!(!path.exists());
    assert_eq!(console.get("/backup").json()["uploaded"], Value::Null);
}

/// The names of what lies beside the database.
fn beside(console: &Console) -> Vec<String> {
    let folder = console.server.app.store.path().parent().unwrap();
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// An upload that stops half way, once the server has begun to take it in.
fn half_upload(console: &Console, bytes: &[u8]) -> TcpStream {
    let address = console.server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST {BASE}/backup/upload HTTP/1.1\r\nhost: {address}\r\ncookie: {}\r\n\
         sec-fetch-site: same-origin\r\ncontent-type: {}\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        console.cookie,
        SQLITE.1,
        bytes.len()
    )
    .unwrap();
    stream.write_all(&bytes[..bytes.len() / 2]).unwrap();
    while !beside(console).iter().any(|name| name.contains("-upload")) {
        std::thread::yield_now();
    }
    stream
}

#[test]
fn two_uploads_at_once_are_two_files_and_nobody_sees_half_of_one() {
    let console = Console::start();
    let bytes = copy_of(&console);
    let mut slow = half_upload(&console, &bytes);
    let during = console.get("/backup");
    assert_eq!(during.status, 200, "{}", during.text);
    assert_eq!(during.json()["uploaded"], Value::Null);
    assert_eq!(upload(&console, &bytes).status, 201);
    let path = backups::upload_path(console.server.app.store.path());
    assert_eq!(fs::read(&path).unwrap(), bytes);
    slow.write_all(&bytes[bytes.len() / 2..]).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(fs::read(&path).unwrap(), bytes);
    let left = beside(&console);
    assert!(
        !left.iter().any(|name| name.contains("-uploading")),
        "{left:?}"
    );
}

#[test]
fn what_was_taken_in_is_looked_through_once() {
    let console = Console::start();
    let contents = upload(&console, &copy_of(&console)).json();
    let path = backups::upload_path(console.server.app.store.path());
    fs::write(&path, "a look at it would end badly now").unwrap();
    assert_eq!(console.get("/backup").json()["uploaded"], contents);
    // A restore looks for itself.
    let refused = console.post("/backup/restore", &json!({}));
    assert_eq!(refused.problem(), (422, "no_backup".into(), None));
}

#[test]
fn a_bad_file_in_the_place_of_an_upload_is_told_and_forgotten() {
    let console = Console::start();
    let path = backups::upload_path(console.server.app.store.path());
    fs::write(&path, "not a database at all, but long enough to be one").unwrap();
    let found = console.get("/backup");
    assert_eq!(found.status, 200, "{}", found.text);
    let found = found.json();
    assert_eq!(found["uploaded"], Value::Null);
    let reason = found["upload_error"].as_str().unwrap();
    assert!(reason.contains("is not a SQLite database"), "{reason}");
    assert_eq!(console.delete("/backup/upload").status, 204);
    assert_eq!(console.get("/backup").json()["upload_error"], Value::Null);
    let contents = upload(&console, &copy_of(&console)).json();
    assert_eq!(console.get("/backup").json()["uploaded"], contents);
}

#[test]
fn a_copy_that_the_audit_log_does_not_know_of_is_not_left_behind() {
    let console = Console::start();
    let database = Connection::open(console.server.app.store.path()).unwrap();
    database
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'full'); END",
        )
        .unwrap();
    let refused = console.get("/backup/download");
    assert!(refused.status >= 400, "{}", refused.status);
    let left = beside(&console);
    assert!(
        !left.iter().any(|name| name.contains("download")),
        "{left:?}"
    );
}

#[test]
fn to_ask_for_the_head_of_a_backup_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let console = Console::over(Server::start_with(|told| {
        told.live.backup_folder = Some(folder.path().to_owned());
    }));
    round(&console.server);
    let made = console.get("/backup").json()["items"][0]["name"].clone();
    let before = events(&console, "database").len();
    for path in [
        "/backup/download",
        &format!("/backup/files/{}", made.as_str().unwrap()),
    ] {
        let refused = console.send("HEAD", path, &[], None);
        assert_eq!(refused.status, 405, "{path}");
        assert_eq!(refused.header("allow"), Some("GET"), "{path}");
    }
    assert_eq!(events(&console, "database").len(), before);
}

#[test]
fn what_is_no_sound_backup_is_refused_and_not_kept() {
    let console = Console::start();
    let good = copy_of(&console);
    let mut damaged = good.clone();
    damaged[8192..12288].fill(0xff);
    let mut foreign = good.clone();
    foreign[68..72].fill(0); // the application id
    let rows: [(&str, &[u8], &str); 4] = [
        (
            "a string",
            b"not a database at all, but long enough to have been one",
            "is not a SQLite database",
        ),
        ("a part", &good[..good.len() / 2], "damaged"),
        ("a damaged one", &damaged, "damaged"),
        ("somebody else's", &foreign, "of another program"),
    ];
    for (what, bytes, reason) in rows {
        let refused = upload(&console, bytes);
        assert_eq!(refused.problem(), (422, "no_backup".into(), None), "{what}");
        assert!(refused.text.contains(reason), "{what}: {}", refused.text);
        let path = backups::upload_path(console.server.app.store.path());
        assert!(!path.exists(), "{what}");
    }
    let nothing = console.post("/backup/restore", &json!({}));
    assert_eq!(nothing.problem(), (422, "no_backup".into(), None));
    assert!(console.server.app.backups.take_wanted().is_none());
}

#[test]
fn only_the_backups_in_the_folder_have_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let console = Console::over(Server::start_with(|told| {
        told.live.backup_folder = Some(folder.path().to_owned());
    }));
    fs::write(folder.path().join("other.db"), "x").unwrap();
    for name in [
        "other.db",
        "..%2Fkeyfob.db",
        "keyfob-20261124T101500Z.db",
        "%2Fetc%2Fpasswd",
    ] {
        let answer = console.get(&format!("/backup/files/{name}"));
        assert_eq!(answer.status, 404, "{name}");
        let answer = console.post("/backup/restore", &json!({ "name": name }));
        assert_eq!(answer.status, 404, "{name}");
    }
    assert_eq!(console.get("/backup").json()["items"], json!([]));
}

#[test]
fn a_restore_is_asked_for_once_the_file_was_found_sound() {
    let console = Console::start();
    assert_eq!(upload(&console, &copy_of(&console)).status, 201);
    let answer = console.post("/backup/restore", &json!({ "sign_out_all": true }));
    assert_eq!(answer.status, 202, "{}", answer.text);
    let wanted = console.server.app.backups.take_wanted().unwrap();
    assert_eq!(
        wanted.source,
        backups::upload_path(console.server.app.store.path())
    );
    assert_eq!((wanted.sign_out_all, wanted.actor.as_str()), (true, "root"));
}

fn round(server: &Server) {
    let done = actix_web::rt::System::new().block_on(upkeep::once(&server.app));
    done.unwrap();
}

#[test]
fn the_server_makes_backups_by_itself_and_keeps_the_latest() {
    let folder = tempfile::tempdir().unwrap();
    // Made when it is first needed.
    let inside = folder.path().join("backups");
    let there = inside.clone();
    let console = Console::over(Server::start_with(|told| {
        told.live.backup_folder = Some(there);
        told.live.backup_interval = Lifetime::minutes(2);
        told.live.backup_retention = 2;
    }));
    let names = || -> Vec<String> {
        let found = console.get("/backup").json();
        let items = found["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(), Vec::<String>::new());
    round(&console.server);
    let first = names();
    assert_eq!(first.len(), 1);
    fs::write(inside.join("mine.db"), "not yours to delete").unwrap();
    console.server.clock.advance(Lifetime::minutes(1));
    round(&console.server);
    assert_eq!(names(), first, "it is not time yet");
    for _ in 0..2 {
        console.server.clock.advance(Lifetime::minutes(2));
        round(&console.server);
    }
    let kept = names();
    assert_eq!(kept.len(), 2);
    assert!(!kept.contains(&first[0]), "the oldest went");
    assert!(inside.join("mine.db").exists());
    let made = events(&console, "backup.created");
    assert_eq!(made.len(), 3);
    assert_eq!(made[0]["actor"], "schedule");

    console.server.clock.advance(Lifetime::minutes(10));
    let newest = console.get(&format!("/backup/files/{}", kept[0]));
    assert_eq!(newest.status, 403, "the password was given long ago");
    backup::inspect(&inside.join(&kept[0])).unwrap();
}

#[test]
fn a_schedule_survives_a_restart_and_a_failure_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("a file");
    fs::write(&blocked, "where the folder should be").unwrap();
    let there = blocked.clone();
    let console = Console::over(Server::start_with(|told| {
        told.live.backup_folder = Some(there);
        told.live.backup_interval = Lifetime::days(1);
    }));
    round(&console.server);
    round(&console.server);
    let refused = events(&console, "backup.created");
    assert_eq!(refused.len(), 1, "it is not tried each minute");
    assert_eq!(refused[0]["outcome"], "failed");
    fs::remove_file(&blocked).unwrap();
    // Where nothing is listed there is nothing in the way of looking.
    let told = console.get("/backup").json();
    assert!(told["last"]["backup_failed"].is_string(), "{told}");
    console.server.clock.advance(Lifetime::hours(1));
    round(&console.server);
    assert_eq!(
        console.get("/backup").json()["last"]["backup_failed"],
        Value::Null
    );
    assert_eq!(backups::list(&blocked).unwrap().len(), 1);

    let server = console.server.restart();
    round(&server);
    assert_eq!(
        backups::list(&blocked).unwrap().len(),
        1,
        "a restart makes no other"
    );
}
