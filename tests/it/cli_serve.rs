//! `keyfob serve` as a program: its first run, its end, and what it refuses to touch.

use std::{
    io::Write,
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use keyfob::{
    admin::{By, clients::ClientInput},
    clock::SystemClock,
    store::{IfMissing, Store, users},
};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{
    admin_api::BASE,
    support::{
        self, Answer,
        binary::{Folder, Running, ended},
    },
};

fn lines_with<'a>(log: &'a [Value], message: &str) -> Vec<&'a Value> {
    let has_it = |entry: &&Value| entry["fields"]["message"] == message;
    log.iter().filter(has_it).collect()
}

const NO_ADMIN: &str = "no administrator yet";

#[test]
fn serve_in_an_empty_folder_makes_the_file_and_is_ready() {
    let folder = Folder::new();
    let mut server = folder.serve(&["--ready-file", "ready.json"]);
    let pid = server.pid();
    let issuer = server.log.last().unwrap()["fields"]["issuer"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(issuer.starts_with("http://localhost:"), "{issuer}");
    let (status, metadata) = server.get("/.well-known/openid-configuration");
    assert_eq!(status, 200);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    assert_eq!(metadata["issuer"], issuer);
    assert_eq!(server.get("/readyz").0, 200);
    let mode = |name| folder.path(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("keyfob.db"), 0o600);
    assert_eq!(mode("keyfob.db-wal"), 0o600);
    // No terminal reads the log: it names the command and keeps the link to itself.
    let setup = server.wait_for(NO_ADMIN);
    assert_eq!(
        setup["fields"]["setup"],
        "Run keyfob setup-url --database keyfob.db"
    );
    let ready: Value = serde_json::from_str(&folder.read("ready.json")).unwrap();
    let database = folder.path("keyfob.db").canonicalize().unwrap();
    assert_eq!(
        ready,
        json!({"url": issuer, "issuer": issuer, "pid": pid, "database": database})
    );
    let (status, log) = server.stop();
    assert_eq!(status.code(), Some(0));
    assert!(!format!("{log:?}").contains("#t="), "{log:?}");
    assert_eq!(left(&folder), ["keyfob.db", "keyfob.db-served"]);
    // A copy of the one file is whole.
    let wal = folder.path("keyfob.db-wal").metadata();
    assert_eq!(wal.map_or(0, |wal| wal.len()), 0);
}

/// What is in the folder, save what SQLite keeps beside a database that a connection was open on until
/// just now.
fn left(folder: &Folder) -> Vec<String> {
    let mut names = folder.names();
    names.retain(|name| !name.ends_with("-wal") && !name.ends_with("-shm"));
    names
}

#[test]
fn the_setup_link_is_fresh_at_every_start_while_there_is_no_administrator() {
    let folder = Folder::new();
    let link = |args: &[&str]| {
        let mut server = folder.serve(args);
        let entry = server.wait_for(NO_ADMIN);
        entry["fields"]["setup"].as_str().unwrap().to_owned()
    };
    let first = link(&["--print-setup-url"]);
    let second = link(&["--print-setup-url"]);
    for link in [&first, &second] {
        assert!(link.contains("/setup#t="), "{link}");
    }
    assert_ne!(first, second);
    assert!(!link(&["--print-setup-url=false"]).contains("#t="));
}

#[test]
fn a_password_in_a_file_makes_the_first_administrator_and_only_the_first() {
    let folder = Folder::new();
    folder.write("password", "correct horse\n");
    let with_password = |name: &str| {
        let mut command = folder.command(&[
            "serve",
            "--listen",
            "localhost:0",
            "--log-format=json",
            "--print-setup-url",
            "--admin-username",
            name,
        ]);
        command.env("KEYFOB_ADMIN_PASSWORD_FILE", folder.path("password"));
        Running::start(&mut command).stop().1
    };
    let log = with_password("ola");
    assert_eq!(lines_with(&log, "first administrator created").len(), 1);
    assert!(lines_with(&log, NO_ADMIN).is_empty());
    assert!(!format!("{log:?}").contains("correct horse"));
    let log = with_password("kari");
    assert!(lines_with(&log, "first administrator created").is_empty());
    let names = with_store(&folder, |store| {
        let all = store.read(|tx| users::page(tx, None, 10)).unwrap();
        all.into_iter()
            .map(|user| (user.username, user.admin))
            .collect::<Vec<_>>()
    });
    assert_eq!(names, [("ola".to_owned(), true)]);
}

fn with_store<T>(folder: &Folder, job: impl FnOnce(&Store) -> T) -> T {
    let path = folder.path("keyfob.db");
    job(&Store::open(&path, IfMissing::Create, Arc::new(SystemClock)).unwrap())
}

// What waits for the file took it for that of the server that was starting.
#[test]
fn the_ready_file_of_a_server_that_was_killed_is_the_first_thing_to_go() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    // A start that never becomes ready.
    let failed = |folder: &Folder| {
        let said = folder.run(&["serve", "--listen", &address, "--ready-file", "ready.json"]);
        assert_eq!(said.code, 1, "{}", said.stderr);
    };
    let server = folder.serve(&["--ready-file", "ready.json"]);
    let ready = folder.read("ready.json");
    failed(&folder);
    assert_eq!(folder.read("ready.json"), ready, "its server runs");
    server.signal("KILL");
    server.wait();
    assert_eq!(folder.read("ready.json"), ready);
    failed(&folder);
    assert!(!folder.path("ready.json").exists());
    folder.write("ready.json", "{\"pid\": 1}");
    failed(&folder);
    assert_eq!(folder.read("ready.json"), "{\"pid\": 1}", "nobody's");
}

#[test]
fn a_second_server_on_the_same_file_says_so_and_ends() {
    let folder = Folder::new();
    let server = folder.serve(&[]);
    let port = server.url.rsplit(':').next().unwrap().to_owned();
    let same_port = format!("localhost:{port}");
    for listen in ["localhost:0", &same_port] {
        let second = folder.run(&["serve", "--listen", listen]);
        assert_eq!(second.code, 1);
        assert_eq!(
            second.stderr,
            format!(
                "error: Another Keyfob server is already using {} (process {}). Stop it, or pass another file with \
                 --database\n",
                folder.path("keyfob.db").display(),
                server.pid()
            )
        );
    }
    assert_eq!(server.get("/readyz").0, 200);
}

#[test]
fn a_port_that_is_taken_is_named_and_nothing_is_made() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let refused = folder.run(&["serve", "--listen", &listen]);
    assert_eq!(refused.code, 1);
    assert_eq!(
        refused.stderr,
        format!(
            "error: Cannot listen on {listen}: the port is in use. Choose another with --listen, or use --listen \
             localhost:0 for a free port\n"
        )
    );
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn a_file_that_cannot_be_served_is_left_as_it_is() {
    // What is done to a good file, and what is said of it.
    type Spoil = fn(&Folder);
    let rows: &[(&str, Spoil, &str)] = &[
        (
            "newer",
            |folder| {
                let database = Connection::open(folder.path("keyfob.db")).unwrap();
                database.pragma_update(None, "user_version", 99).unwrap();
            },
            "keyfob.db has schema version 99, but this version of Keyfob supports only up to 1. Use the newer version \
             that wrote it. Nothing was changed",
        ),
        (
            "no database",
            |folder| folder.write("keyfob.db", &"This is a letter. ".repeat(100)),
            "keyfob.db is not a SQLite database. Nothing was changed",
        ),
        (
            "somebody else's",
            |folder| {
                std::fs::remove_file(folder.path("keyfob.db")).unwrap();
                let database = Connection::open(folder.path("keyfob.db")).unwrap();
                database
                    .execute_batch("CREATE TABLE recipes (name)")
                    .unwrap();
            },
            "keyfob.db is a SQLite database of another program. Nothing was changed",
        ),
        (
            "read-only",
            |folder| {
                let read_only = std::fs::Permissions::from_mode(0o400);
                std::fs::set_permissions(folder.path("keyfob.db"), read_only).unwrap();
            },
            "keyfob.db is read-only. Make the file and its folder writable for the user that runs Keyfob",
        ),
        (
            "a folder",
            |folder| {
                std::fs::remove_file(folder.path("keyfob.db")).unwrap();
                std::fs::create_dir(folder.path("keyfob.db")).unwrap();
            },
            "Cannot open keyfob.db: not a regular file",
        ),
    ];
    for (what, spoil, message) in rows {
        let folder = Folder::new();
        with_store(&folder, |_| ());
        spoil(&folder);
        let bytes = || std::fs::read(folder.path("keyfob.db")).ok();
        let before = bytes();
        let refused = folder.run(&["serve", "--listen", "localhost:0"]);
        assert_eq!(refused.code, 1, "{what}: {}", refused.stderr);
        let path = folder.path("").display().to_string();
        assert_eq!(
            refused.stderr,
            format!(
                "error: {}\n",
                message
                    .replace("keyfob.db ", &format!("{path}keyfob.db "))
                    .replace("keyfob.db:", &format!("{path}keyfob.db:"))
            ),
            "{what}"
        );
        assert!(bytes() == before, "{what}: the file was changed");
        assert_eq!(left(&folder), ["keyfob.db"], "{what}");
    }
}

#[test]
fn a_file_that_another_program_has_locked_is_left_as_it_is() {
    let folder = Folder::new();
    with_store(&folder, |_| ());
    // Read before it is locked and after: closing a file lets go of the locks that its process has on it.
    let before = std::fs::read(folder.path("keyfob.db")).unwrap();
    let holder = Connection::open(folder.path("keyfob.db")).unwrap();
    holder
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;")
        .unwrap();
    let refused = folder.run(&["serve", "--listen", "localhost:0"]);
    assert_eq!(refused.code, 1);
    let path = folder.path("keyfob.db");
    assert_eq!(
        refused.stderr,
        format!(
            "error: {} has been locked by another process for more than 5 s. Stop that process and try again\n",
            path.display()
        )
    );
    drop(holder);
    assert!(std::fs::read(folder.path("keyfob.db")).unwrap() == before);
}

#[test]
fn an_http_issuer_off_loopback_is_refused_unless_that_is_asked_for() {
    let folder = Folder::new();
    let args = [
        "serve",
        "--listen",
        "localhost:0",
        "--issuer",
        "http://id.example.com",
    ];
    let refused = folder.run(&args);
    assert_eq!(refused.code, 3);
    assert_eq!(
        refused.stderr,
        "--issuer: must use https outside localhost (RFC 9700 §2.6); --insecure-http allows http and sends passwords and tokens unencrypted\n\
         error: Invalid configuration. Nothing was changed\n"
    );
    assert!(folder.names().is_empty());
    let server = folder.serve(&["--issuer", "http://id.example.com", "--insecure-http"]);
    let (_, metadata) = server.get("/.well-known/openid-configuration");
    assert!(metadata.contains("\"http://id.example.com\""), "{metadata}");
}

/// Every token that the file knows of was answered, whatever was under way when the signal came.
#[test]
fn a_stop_under_load_loses_no_answer() {
    let folder = Folder::new();
    let input: ClientInput = serde_json::from_value(json!({
        "client_id": "job",
        "client_secret": "s3cret-of-the-job",
        "grant_types": ["client_credentials"],
        "scope": "openid",
    }))
    .unwrap();
    let input = input.check(None).unwrap();
    with_store(&folder, |store| {
        store
            .write_blocking(move |tx| {
                keyfob::admin::object::create::<keyfob::domain::client::Client>(
                    tx,
                    &By::command_line(),
                    input,
                )
                .map(|_| ())
            })
            .unwrap();
    });
    let server = folder.serve(&[]);
    let answers = Arc::new(AtomicU32::new(0));
    let (enough, is_enough) = std::sync::mpsc::channel();
    let load: Vec<_> = (0..4)
        .map(|_| {
            let (url, answers, enough) = (server.url.clone(), answers.clone(), enough.clone());
            std::thread::spawn(move || {
                let agent = ureq::Agent::new_with_defaults();
                let token = || {
                    agent
                        .post(format!("{url}/api/v1/oauth/token"))
                        .header("authorization", "Basic am9iOnMzY3JldC1vZi10aGUtam9i")
                        .send_form([("grant_type", "client_credentials")])
                        .and_then(|mut answer| answer.body_mut().read_to_string())
                };
                while token().is_ok() {
                    if answers.fetch_add(1, Ordering::Relaxed) == 100 {
                        enough.send(()).unwrap();
                    }
                }
            })
        })
        .collect();
    is_enough.recv().unwrap();
    let (status, _) = server.stop();
    assert_eq!(status.code(), Some(0));
    for thread in load {
        thread.join().unwrap();
    }
    let database = Connection::open(folder.path("keyfob.db")).unwrap();
    let count = |sql: &str| {
        database
            .query_row(sql, [], |row| row.get::<_, u32>(0))
            .unwrap()
    };
    assert_eq!(
        count("SELECT count(*) FROM access_tokens"),
        answers.load(Ordering::Relaxed)
    );
    assert!(answers.load(Ordering::Relaxed) > 100);
}

#[test]
fn a_second_signal_stops_at_once() {
    let folder = Folder::new();
    let mut server = folder.serve(&[]);
    // A request that never becomes whole keeps the graceful stop waiting.
    let address = server.url.trim_start_matches("http://");
    let mut half = TcpStream::connect(address).unwrap();
    half.write_all(b"POST /api/v1/oauth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{")
        .unwrap();
    assert_eq!(server.get("/healthz").0, 200);
    server.signal("TERM");
    server.wait_for(
        "shutting down; open requests have 9 seconds, send the signal again to stop immediately",
    );
    server.signal("INT");
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(130), "{log:?}");
    assert_eq!(log.last().unwrap(), "error: Stopped immediately by SIGINT");
    with_store(&folder, |store| {
        store.read(|tx| users::page(tx, None, 10)).unwrap()
    });
}

#[test]
fn a_flag_wins_over_a_variable_and_a_variable_over_the_file() {
    let folder = Folder::new();
    folder.write(
        "keyfob.toml",
        "issuer = \"https://file.example\"\nlisten = \"nonsense\"\n",
    );
    // (arguments, variables, what is blamed for the bad address)
    type Row<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);
    let rows: &[Row] = &[
        (&[], &[], "keyfob.toml:2: listen"),
        (&[], &[("KEYFOB_LISTEN", "")], "keyfob.toml:2: listen"),
        (&[], &[("KEYFOB_LISTEN", "none")], "KEYFOB_LISTEN"),
        (
            &["--listen", "no"],
            &[("KEYFOB_LISTEN", "none")],
            "--listen",
        ),
        (&["--config", "other.toml"], &[], "other.toml:1: listen"),
        (
            &[],
            &[("KEYFOB_CONFIG", "other.toml")],
            "other.toml:1: listen",
        ),
        (
            &["--config", "keyfob.toml"],
            &[("KEYFOB_CONFIG", "other.toml")],
            "keyfob.toml:2: listen",
        ),
    ];
    folder.write("other.toml", "listen = \"neither\"\n");
    for (args, variables, blamed) in rows {
        let mut command = folder.command(&["serve"]);
        command.args(*args).envs(variables.iter().copied());
        let refused = ended(&mut command);
        assert_eq!(refused.code, 3, "{args:?} {variables:?}");
        let expected = format!(
            "{blamed}: must be host:port, such as localhost:8080 or 0.0.0.0:8080\n\
             error: Invalid configuration. Nothing was changed\n"
        );
        assert_eq!(refused.stderr, expected, "{args:?} {variables:?}");
    }
    assert_eq!(folder.names(), ["keyfob.toml", "other.toml"]);
}

/// A server, and its first administrator at the admin page.
struct Administered {
    server: Running,
    cookie: String,
}

impl Administered {
    fn start(folder: &Folder) -> Self {
        folder.write("password", "correct horse\n");
        let mut command =
            folder.command(&["serve", "--listen", "localhost:0", "--log-format=json"]);
        command.env("KEYFOB_ADMIN_USERNAME", "root");
        command.env("KEYFOB_ADMIN_PASSWORD_FILE", folder.path("password"));
        let server = Running::start(&mut command);
        let mut there = Self {
            server,
            cookie: String::new(),
        };
        there.sign_in();
        there
    }

    fn sign_in(&mut self) {
        self.cookie.clear();
        let login = json!({"username": "root", "password": "correct horse"});
        let answer = self.post("/session", "application/json", login.to_string().as_bytes());
        assert_eq!(answer.status, 201, "{}", answer.text);
        let set = answer.header("set-cookie").unwrap();
        self.cookie = set.split(';').next().unwrap().to_owned();
    }

    fn get(&self, path: &str) -> Value {
        let headers = [("cookie", self.cookie.as_str())];
        let path = format!("{BASE}{path}");
        support::send(&self.server.url, "GET", &path, &headers, None).json()
    }

    fn post(&self, path: &str, media_type: &str, body: &[u8]) -> Answer {
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("sec-fetch-site", "same-origin"),
            ("content-type", media_type),
        ];
        let path = format!("{BASE}{path}");
        support::send(&self.server.url, "POST", &path, &headers, Some(body))
    }

    fn upload(&self, file: &std::path::Path) {
        let bytes = std::fs::read(file).unwrap();
        let answer = self.post("/backup/upload", "application/vnd.sqlite3", &bytes);
        assert_eq!(answer.status, 201, "{}", answer.text);
    }

    /// Has what was uploaded restored, and waits until there is a server again.
    fn restore(&mut self) {
        let answer = self.post("/backup/restore", "application/json", b"{}");
        assert_eq!(answer.status, 202, "{}", answer.text);
        self.server.wait_for("ready");
    }

    fn usernames(&self) -> Vec<String> {
        let users = self.get("/users");
        let name = |user: &Value| user["username"].as_str().unwrap().to_owned();
        users["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(name)
            .collect()
    }
}

fn ok(folder: &Folder, args: &[&str]) -> String {
    let done = folder.run(args);
    assert_eq!(done.code, 0, "{args:?}: {}", done.stderr);
    done.stdout
}

/// Kari is in the backup `copy.db`, and not in the database any more.
fn backup_with_kari(folder: &Folder) {
    with_store(folder, |_| ());
    ok(
        folder,
        &["user", "create", "kari", "--email", "kari@example.com"],
    );
    ok(folder, &["backup", "copy.db"]);
    ok(folder, &["user", "delete", "kari", "--yes"]);
}

#[test]
fn a_backup_that_cannot_be_served_leaves_the_server_as_it_was() {
    // The state file at the start and at the restore, and what is said of it.
    let clash = "[[user]]\nusername = \"newname\"\nemail = \"kari@example.com\"\n";
    let rows = [
        (
            clash,
            clash,
            "keyfob.toml:3: user \"newname\": email: is already used by another user",
        ),
        ("", "[[user]]\nusername = 4711\n", "keyfob.toml:2: "),
        ("", "access_token_lifetime = \"never\"\n", "keyfob.toml:1: "),
    ];
    for (before, after, reason) in rows {
        let folder = Folder::new();
        backup_with_kari(&folder);
        folder.write("keyfob.toml", before);
        let mut there = Administered::start(&folder);
        let names = there.usernames();
        there.upload(&folder.path("copy.db"));
        folder.write("keyfob.toml", after);
        there.restore();
        let told = there.get("/backup");
        let said = told["last"]["restore_failed"].as_str().unwrap();
        assert!(said.contains(reason), "{said}");
        assert!(!told["uploaded"].is_null(), "it can be tried again");
        assert_eq!(there.usernames(), names);
        let failed = "restore failed; database unchanged";
        assert_eq!(lines_with(&there.server.log, failed).len(), 1);
        let beside = folder.names();
        let is_left = |name: &String| name.contains("restor");
        assert!(!beside.iter().any(is_left), "{beside:?}");

        folder.write("keyfob.toml", "");
        there.restore();
        there.sign_in();
        assert_eq!(there.usernames(), ["kari", "root"]);
        assert!(there.get("/backup")["last"]["restore_failed"].is_null());
        assert_eq!(there.server.stop().0.code(), Some(0));
    }
}

#[test]
fn a_whole_backup_that_no_server_begins_with_is_not_restored() {
    // What is in the backup, and what is said of it.
    let rows = [
        (
            "INSERT INTO settings (name, value) VALUES ('page.access_token_lifetime', '\"never\"')",
            "settings page: access_token_lifetime",
        ),
        ("UPDATE signing_keys SET pkcs8 = x'00'", "key"),
    ];
    for (spoil, reason) in rows {
        let folder = Folder::new();
        let mut there = Administered::start(&folder);
        ok(&folder, &["backup", "copy.db"]);
        let copy = Connection::open(folder.path("copy.db")).unwrap();
        assert_eq!(copy.execute(spoil, []).map(|rows| rows > 0), Ok(true));
        drop(copy);
        there.upload(&folder.path("copy.db"));
        there.restore();
        let told = there.get("/backup");
        let said = told["last"]["restore_failed"].as_str().unwrap();
        assert!(said.contains(reason), "{said}");
        let (status, _) = there.server.get("/.well-known/openid-configuration");
        assert_eq!(status, 200, "{spoil}");
        assert_eq!(there.server.stop().0.code(), Some(0));
    }
}

#[test]
fn a_restore_reads_the_state_file_anew() {
    let folder = Folder::new();
    folder.write("keyfob.toml", "[[user]]\nusername = \"bob\"\n");
    let mut there = Administered::start(&folder);
    folder.write("keyfob.toml", "");
    there.server.signal("HUP");
    there.server.wait_for("configuration reloaded");
    ok(&folder, &["backup", "copy.db"]);
    there.upload(&folder.path("copy.db"));
    there.restore();
    let bob = ok(&folder, &["user", "show", "bob", "--output", "json"]);
    let bob: Value = serde_json::from_str(&bob).unwrap();
    assert_eq!(bob["disabled"], true, "the file declares him no more");
    assert_eq!(there.server.stop().0.code(), Some(0));
}

#[test]
fn what_an_earlier_server_left_half_done_is_gone_at_the_start() {
    let folder = Folder::new();
    with_store(&folder, |_| ());
    let done = [
        "keyfob.db-uploaded",
        "keyfob.db.before-restore-20261124T101500",
        "other.db-download-1",
    ];
    let half_done = [
        "keyfob.db-download-1",
        "keyfob.db-uploading-1",
        "keyfob.db-uploading-1-wal",
        "keyfob.db-restoring",
    ];
    for name in done.iter().chain(&half_done) {
        folder.write(name, "x");
    }
    let _server = folder.serve(&[]);
    let names = folder.names();
    for name in done {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
    for name in half_done {
        assert!(!names.contains(&name.to_owned()), "{name} is left");
    }
}
