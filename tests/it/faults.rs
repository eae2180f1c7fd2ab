//! A write that fails leaves everything as it was, and says that it may be tried again.

use std::{
    io::{Seek, SeekFrom, Write},
    sync::mpsc::channel,
};

use keyfob::{
    app::upkeep,
    domain::{id::Id, time::Lifetime},
    http::server::{self, Ended, Hooks},
    store::{StoreError, Trouble, Tx, authorization_codes, settings},
};
use rusqlite::Connection;

use crate::support::{Answer, Server, VERIFIER};

const TOKEN: &str = "/api/v1/oauth/token";

fn server() -> Server {
    let server = Server::start();
    server.public_client("web", "openid offline_access");
    server.user("u-ola", |_| {});
    server
}

fn redeem(server: &Server, code: &str) -> Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", code),
        ("code_verifier", VERIFIER),
    ];
    server.form(TOKEN, None, &fields)
}

fn refresh(server: &Server, token: &str) -> Answer {
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", "web"),
        ("refresh_token", token),
    ];
    server.form(TOKEN, None, &fields)
}

fn refresh_token(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["refresh_token"].as_str().unwrap().to_owned()
}

/// What a caller is told who may come again.
fn assert_come_again(answer: &Answer) {
    assert_eq!(answer.refusal(), (503, "temporarily_unavailable".into()));
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

/// Lets every transaction that inserts into `table` fail when it is committed, and not before.
fn let_commits_fail(server: &Server, table: &str) -> Connection {
    let other = Connection::open(server.app.store.path()).unwrap();
    let fault = format!(
        "CREATE TABLE fault (id INTEGER PRIMARY KEY,
                             other INTEGER REFERENCES fault (id) DEFERRABLE INITIALLY DEFERRED);
         CREATE TRIGGER fault_at_commit AFTER INSERT ON {table}
         BEGIN INSERT INTO fault (other) VALUES (-1); END;"
    );
    other.execute_batch(&fault).unwrap();
    other
}

fn let_commits_succeed(other: &Connection) {
    other
        .execute_batch("DROP TRIGGER fault_at_commit; DROP TABLE fault;")
        .unwrap();
}

// Rules P3 and P4: Keycloak lost the session for good when the commit failed, Hydra the token.
#[test]
fn a_commit_that_fails_leaves_the_code_and_the_refresh_token_usable() {
    let server = server();
    let code = server.code("web", "u-ola", "openid offline_access");
    let other = let_commits_fail(&server, "access_tokens");
    assert_come_again(&redeem(&server, &code));
    assert_come_again(&redeem(&server, &code));
    let_commits_succeed(&other);
    let first = refresh_token(&redeem(&server, &code));

    let other = let_commits_fail(&server, "access_tokens");
    assert_come_again(&refresh(&server, &first));
    assert_come_again(&refresh(&server, &first));
    let_commits_succeed(&other);
    let second = refresh_token(&refresh(&server, &first));
    refresh_token(&refresh(&server, &second));
}

// Rule P39: Fosite answered 200 to a revocation that was not stored.
#[test]
fn a_revocation_that_cannot_be_stored_is_not_confirmed() {
    let server = server();
    let code = server.code("web", "u-ola", "openid offline_access");
    let token = refresh_token(&redeem(&server, &code));
    let revoke = || {
        let fields = [("client_id", "web"), ("token", token.as_str())];
        server.form("/api/v1/oauth/revoke", None, &fields)
    };
    let other = let_commits_fail(&server, "revocations");
    assert_come_again(&revoke());
    let_commits_succeed(&other);
    let next = refresh_token(&refresh(&server, &token));
    assert_eq!(revoke().status, 200);
    assert_eq!(
        refresh(&server, &next).refusal(),
        (400, "invalid_grant".into())
    );
}

// The queue of writes is bounded, and past it the answer is 503, at once.
#[test]
fn a_full_queue_is_refused_at_once_and_forgotten_when_it_has_drained() {
    let server = server();
    let code = server.code("web", "u-ola", "openid offline_access");
    let store = &server.app.store;
    std::thread::scope(|scope| {
        let (release, wait) = channel::<()>();
        let (held, holding) = channel();
        scope.spawn(move || {
            store.write_blocking(move |_| {
                held.send(()).unwrap();
                wait.recv().map_err(|_| StoreError::Stopped)
            })
        });
        holding.recv().unwrap();
        let runtime = actix_web::rt::System::new();
        let full = runtime.block_on(async {
            let mut waiting = Vec::new();
            // More than the queue holds.
            for _ in 0..10_000 {
                let store = store.clone();
                waiting.push(actix_web::rt::spawn(async move {
                    store.write(|_| Ok::<_, StoreError>(())).await
                }));
            }
            for _ in 0..100 {
                actix_web::rt::task::yield_now().await;
            }
            assert!(store.queued_writes() > 1000);
            assert_come_again(&redeem(&server, &code));
            // What writes nothing goes on.
            assert_eq!(server.get("/healthz", &[]).status, 200);
            assert_eq!(server.get("/.well-known/jwks.json", &[]).status, 200);
            release.send(()).unwrap();
            let mut full = 0;
            for write in waiting {
                full += usize::from(matches!(write.await.unwrap(), Err(StoreError::Overloaded)));
            }
            full
        });
        assert!(full > 1000, "{full} of 10000 did not fit");
    });
    assert_eq!(store.queued_writes(), 0);
    refresh_token(&redeem(&server, &code));
}

/// An error that cannot be made on the writing thread: trying to panics outside of the job.
#[derive(Debug)]
struct Unmakeable;

impl From<StoreError> for Unmakeable {
    fn from(_: StoreError) -> Self {
        assert_ne!(std::thread::current().name(), Some("keyfob-writer"));
        Unmakeable
    }
}

// The writing thread died of a log line, and every write was 503 until somebody restarted the server.
#[test]
fn a_server_whose_writing_thread_has_died_ends_so_that_a_supervisor_starts_it_again() {
    let server = server();
    let (ready, is_ready) = channel();
    let app = server.app.clone();
    let serving = std::thread::spawn(move || {
        let ready = move |_: &[_]| {
            ready.send(()).unwrap();
            Ok(())
        };
        let hooks = Hooks {
            ready,
            reload: || (),
        };
        server::run(app, server::listen("127.0.0.1:0").unwrap(), hooks).unwrap()
    });
    is_ready.recv().unwrap();
    let _fault = let_commits_fail(&server, "settings");
    let write = |tx: &Tx| settings::set(tx, "name", "value").map_err(Unmakeable::from);
    server.app.store.write_blocking(write).unwrap_err();
    assert!(matches!(serving.join().unwrap(), Ended::WithoutStore));
}

/// What a load balancer is told.
fn readiness(server: &Server) -> (u16, String) {
    let answer = server.get("/readyz", &[]);
    (answer.status, answer.text)
}

fn write_something(server: &Server) -> Result<(), StoreError> {
    let store = &server.app.store;
    store.write_blocking(|tx| settings::set(tx, "name", "value"))
}

#[test]
fn a_database_that_was_moved_away_takes_no_writes_until_it_is_back() {
    let server = server();
    let path = server.app.store.path().to_owned();
    let elsewhere = path.with_extension("moved");
    assert_eq!(readiness(&server), (200, "ready\n".into()));
    std::fs::rename(&path, &elsewhere).unwrap();
    let refused = write_something(&server).unwrap_err();
    assert!(
        matches!(refused, StoreError::Displaced(Trouble::Missing)),
        "{refused}"
    );
    let told = "the database file was moved or deleted\n";
    assert_eq!(readiness(&server), (503, told.into()));
    assert!(!path.exists(), "no new database is made in its place");
    std::fs::rename(&elsewhere, &path).unwrap();
    write_something(&server).unwrap();
    assert_eq!(readiness(&server), (200, "ready\n".into()));
}

// A backup that was moved over the running server's database was destroyed when the server stopped.
#[test]
fn another_file_in_the_databases_place_is_left_as_it_is_and_what_was_there_is_kept() {
    let server = server();
    let store = &server.app.store;
    let path = store.path().to_owned();
    let other = path.with_extension("other");
    keyfob::store::backup::copy(&path, &other).unwrap();
    write_something(&server).unwrap();
    std::fs::rename(&other, &path).unwrap();
    let foreign = std::fs::read(&path).unwrap();
    let refused = write_something(&server).unwrap_err();
    assert!(
        matches!(refused, StoreError::Displaced(Trouble::Replaced)),
        "{refused}"
    );
    let told = "the database file was replaced by another; restart the server\n";
    assert_eq!(readiness(&server), (503, told.into()));
    assert!(store.settle().is_err());
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            !name.starts_with("keyfob.db-wal"),
            "SQLite would read it into the new file"
        );
        if name.contains(".displaced-") && name.ends_with('Z') {
            kept.push(path.with_file_name(name));
        }
    }
    let _folder = server.stopped();
    assert_eq!(std::fs::read(&path).unwrap(), foreign);
    let [kept] = kept.as_slice() else {
        panic!("{kept:?}")
    };
    let sql = "SELECT value FROM settings WHERE name = 'name'";
    let value: String = Connection::open(kept)
        .unwrap()
        .query_row(sql, [], |row| row.get(0))
        .unwrap();
    assert_eq!(value, "value");
}

/// Overwrites the root of the table of authorization codes.
fn damage(server: &Server) {
    server.app.store.settle().unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'authorization_codes'";
    let path = server.app.store.path();
    let other = Connection::open(path).unwrap();
    let page: u32 = other.query_row(sql, [], |row| row.get(0)).unwrap();
    let mut file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(u64::from(page - 1) * 4096))
        .unwrap();
    file.write_all(&[0xff; 4096]).unwrap();
}

const DAMAGED: &str = "the database is damaged; restore a backup with keyfob restore\n";

// A health check that was a read said 200 while pages of the file could not be read.
#[test]
fn a_damaged_page_that_is_found_while_the_server_runs_is_told_to_load_balancers() {
    let server = server();
    assert_eq!(readiness(&server).0, 200);
    damage(&server);
    let read = |tx: &Tx| authorization_codes::get(tx, Id::MAX);
    server.app.store.read(read).unwrap_err();
    assert_eq!(readiness(&server), (503, DAMAGED.into()));
}

#[test]
fn a_damaged_page_that_nobody_reads_is_found_within_a_day() {
    let server = server();
    let round = || actix_web::rt::System::new().block_on(upkeep::once(&server.app));
    server.clock.advance(Lifetime::hours(24));
    round().unwrap();
    assert_eq!(readiness(&server).0, 200);
    damage(&server);
    server.clock.advance(Lifetime::hours(24));
    round().unwrap_err();
    assert_eq!(readiness(&server), (503, DAMAGED.into()));
}

// At 34,000 tokens a second it grew to 177 MB between two looks of the thread that copies it.
#[test]
fn the_write_ahead_log_stays_below_64_mb_however_fast_it_is_written() {
    let server = server();
    let store = &server.app.store;
    let log = store.path().with_extension("db-wal");
    let mut longest = 0;
    for n in 0..250 {
        let value = format!("{n}").repeat(400_000);
        store
            .write_blocking(move |tx| settings::set(tx, "name", &value))
            .unwrap();
        longest = longest.max(std::fs::metadata(&log).unwrap().len());
    }
    assert!(longest < 64 << 20, "{} MB", longest >> 20);
    assert!(longest > 16 << 20, "this was no load: {} MB", longest >> 20);
}

// A backup and the daily look through the file read for long, and the log cannot begin anew before they end: what
// waits for that must not hold the right to write meanwhile.
#[test]
fn a_long_read_holds_up_no_write() {
    let server = server();
    let store = &server.app.store;
    let reader = Connection::open(store.path()).unwrap();
    let begin = "BEGIN; SELECT count(*) FROM settings";
    reader.execute_batch(begin).unwrap();
    for n in 0..150 {
        let value = format!("{n}").repeat(400_000);
        store
            .write_blocking(move |tx| settings::set(tx, "name", &value))
            .unwrap();
    }
    let log = store.path().with_extension("db-wal");
    assert!(std::fs::metadata(log).unwrap().len() > 64 << 20);
    reader.execute_batch("COMMIT").unwrap();
}
