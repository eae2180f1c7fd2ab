//! `keyfob.toml` and `keyfob config`: what is refused and how it is said, and what a file makes of a
//! database.

mod startup;
mod wrong_files;

use std::{
    io::{Seek, SeekFrom, Write},
    sync::Arc,
};

use keyfob::{
    clock::SystemClock,
    domain::{client::Client, scope::Scope, user::User},
    store::{IfMissing, Store, audit_events, clients, objects::Stored, teams, users},
};
use serde_json::{Value, json};

use wrong_files::WRONG;

use super::support::binary::{Ended, Folder, Running};

const INVALID: &str = "error: Invalid configuration. Nothing was changed\n";

#[test]
fn what_is_wrong_is_said_by_file_line_and_key() {
    let folder = Folder::new();
    for (file, lines) in WRONG {
        folder.write("keyfob.toml", file);
        // A server says the same as the check, and neither makes anything.
        for command in [&["config", "check"][..], &["serve", "--listen=localhost:0"]] {
            // The address that is asked for here is not the one of the file.
            let listens = file.contains("listen") && command[0] == "serve";
            if listens && lines[0].contains("host:port") {
                continue;
            }
            let refused = folder.run(command);
            assert_eq!(
                refused.stderr,
                format!("{}\n{INVALID}", lines.join("\n")),
                "{file}"
            );
            assert_eq!(refused.code, 3, "{file}");
        }
        assert_eq!(folder.names(), ["keyfob.toml"], "{file}");
    }
}

/// The example of the README, with the port of the test.
const NOTES: &str = r#"
[[scope]]
name = "notes:read"
description = "read your notes"

[[team]]
id = "acme"
name = "Acme"

[[user]]
username = "ola"
sub = "u-ola"
password = "correct horse"
email = "ola@example.com"
given_name = "Ola"
family_name = "Nordmann"
teams = [{ id = "acme", role = "admin" }]

[[client]]
client_id = "web"
client_name = "Notes"
redirect_uris = ["http://127.0.0.1:9000/callback"]
grant_types = ["authorization_code", "refresh_token"]
scope = "openid profile email offline_access notes:read"
token_endpoint_auth_method = "none"
access_token_lifetime = "15m"

[[client]]
client_id = "backend"
client_secret = "s3cret-for-development"
grant_types = ["client_credentials"]
scope = "notes:read keyfob:delegate"

[[resource]]
uri = "https://posts.example/api"
name = "Posts"
scopes = "posts:read"
client_id = "backend"

[[scope]]
name = "posts:read"
"#;

fn store(folder: &Folder) -> Store {
    let path = folder.path("keyfob.db");
    Store::open(&path, IfMissing::Create, Arc::new(SystemClock)).unwrap()
}

/// A folder with a database and this file.
fn folder_with(file: &str) -> Folder {
    let folder = Folder::new();
    drop(store(&folder));
    folder.write("keyfob.toml", file);
    folder
}

fn apply(folder: &Folder) -> Ended {
    let applied = folder.run(&["config", "apply"]);
    assert_eq!(applied.code, 0, "{}", applied.stderr);
    applied
}

fn user(folder: &Folder, sub: &str) -> User {
    store(folder)
        .read(|tx| users::get(tx, sub))
        .unwrap()
        .unwrap()
}

fn client(folder: &Folder, client_id: &str) -> Client {
    store(folder)
        .read(|tx| clients::get(tx, client_id))
        .unwrap()
        .unwrap()
}

fn events(folder: &Folder) -> usize {
    store(folder)
        .read(|tx| audit_events::page(tx, &Default::default(), None, 1000))
        .unwrap()
        .len()
}

#[test]
fn a_file_applied_again_changes_nothing() {
    let folder = folder_with(NOTES);
    apply(&folder);
    let snapshot = || {
        let user = user(&folder, "u-ola");
        let clients: Vec<_> = ["web", "backend"]
            .iter()
            .map(|id| {
                let client = client(&folder, id);
                let secrets: Vec<_> = client.secrets.iter().map(|secret| secret.id).collect();
                (client.metadata, client.updated_at, secrets)
            })
            .collect();
        (
            user.password_hash.map(|hash| hash.0),
            user.updated_at,
            user.registered_at,
            clients,
            events(&folder),
        )
    };
    let before = snapshot();
    assert!(before.4 > 0);
    let again = apply(&folder);
    assert_eq!(again.stdout, "");
    assert_eq!(
        again.stderr,
        "Nothing to apply. The database matches the file.\n"
    );
    assert_eq!(snapshot(), before);
    // Three lines more above it all: the objects know where they stand now, and that is no change.
    assert_eq!(user(&folder, "u-ola").managed_by.unwrap(), "keyfob.toml:10");
    folder.write("keyfob.toml", &format!("# one\n# two\n# three\n{NOTES}"));
    assert_eq!(apply(&folder).stdout, "");
    assert_eq!(user(&folder, "u-ola").managed_by.unwrap(), "keyfob.toml:13");
    assert_eq!(client(&folder, "web").managed_by.unwrap(), "keyfob.toml:22");
    assert_eq!(snapshot(), before);
}

#[test]
fn a_plan_shows_what_apply_does_and_changes_nothing() {
    let folder = folder_with(NOTES);
    let plan = |code: i32, expected: &str, summary: &str| {
        let planned = folder.run(&["config", "plan", "--detailed-exitcode"]);
        assert_eq!(planned.stdout, expected);
        assert_eq!(planned.stderr, summary);
        assert_eq!(planned.code, code);
    };
    plan(
        5,
        "+ scope \"notes:read\" (line 2)\n\
         + scope \"posts:read\" (line 40)\n\
         + team \"acme\" (line 6)\n\
         + user \"ola\" (line 10)\n\
         + client \"web\" (line 19)\n\
         + client \"backend\" (line 28)\n\
         + resource \"https://posts.example/api\" (line 34)\n",
        "Plan: 7 to create\n",
    );
    assert!(
        store(&folder)
            .read(|tx| users::get(tx, "u-ola"))
            .unwrap()
            .is_none()
    );
    assert_eq!(events(&folder), 0);
    apply(&folder);
    plan(0, "", "No changes. The database matches the file.\n");
    let changed = NOTES
        .replace("email = \"ola@example.com\"\n", "")
        .replace("correct horse", "battery staple")
        .replace("client_name = \"Notes\"", "client_name = \"Notes 2\"")
        .replace("s3cret-for-development", "s3cret-for-production");
    let without_team = changed
        .replace("[[team]]\nid = \"acme\"\nname = \"Acme\"\n", "")
        .replace("teams = [{ id = \"acme\", role = \"admin\" }]\n", "");
    folder.write("keyfob.toml", &without_team);
    plan(
        5,
        "~ user \"ola\" (line 7)\n    \
           email: \"ola@example.com\" → not set\n    \
           teams: [{\"id\":\"acme\",\"role\":\"admin\"}] → []\n    \
           password: changed\n\
         ~ client \"web\" (line 14)\n    \
           client_name: \"Notes\" → \"Notes 2\"\n\
         ~ client \"backend\" (line 23)\n    \
           client_secret: changed\n\
         - team \"acme\" (no longer in the file, will be disabled)\n",
        "Plan: 3 to update, 1 to disable\n",
    );
    assert_eq!(
        user(&folder, "u-ola").profile.email.unwrap(),
        "ola@example.com"
    );
    let planned = folder.run(&["config", "plan", "--output", "json"]);
    assert_eq!(planned.code, 0);
    let planned: Value = serde_json::from_str(&planned.stdout).unwrap();
    assert_eq!(
        planned["steps"][1],
        json!({
            "action": "update",
            "kind": "client",
            "name": "web",
            "line": 14,
            "members": [{"member": "client_name", "before": "Notes", "after": "Notes 2"}],
        })
    );
    apply(&folder);
    plan(0, "", "No changes. The database matches the file.\n");
}

#[test]
fn what_a_file_declares_no_more_is_unmanaged() {
    let folder = folder_with(NOTES);
    apply(&folder);
    folder.write("keyfob.toml", "");
    assert_eq!(
        apply(&folder).stdout,
        "- resource \"https://posts.example/api\" (no longer in the file, will be deleted)\n\
         - client \"backend\" (no longer in the file, will be disabled)\n\
         - client \"web\" (no longer in the file, will be disabled)\n\
         - user \"ola\" (no longer in the file, will be disabled)\n\
         - team \"acme\" (no longer in the file, will be disabled)\n\
         - scope \"notes:read\" (no longer in the file, will be deleted)\n\
         - scope \"posts:read\" (no longer in the file, will be deleted)\n"
    );
    let ola = user(&folder, "u-ola");
    assert_eq!((ola.disabled, ola.managed_by), (true, None));
    let web = client(&folder, "web");
    assert_eq!((web.disabled, web.managed_by), (true, None));
    let (team, scope) = store(&folder)
        .read(|tx| {
            Ok::<_, keyfob::store::StoreError>((
                teams::get(tx, "acme")?,
                Scope::get(tx, "notes:read")?,
            ))
        })
        .unwrap();
    assert_eq!(
        team.map(|team| (team.disabled, team.managed_by)),
        Some((true, None))
    );
    assert_eq!(scope, None);
    assert_eq!(apply(&folder).stdout, "");
    // It is nobody's now: it can be changed by hand, and a file can take it back.
    let enabled = folder.run(&["user", "update", "ola", "--enable"]);
    assert_eq!(enabled.code, 0, "{}", enabled.stderr);
    assert_eq!(apply(&folder).stdout, "");
    assert!(!user(&folder, "u-ola").disabled);
    folder.write("keyfob.toml", NOTES);
    apply(&folder);
    assert!(!client(&folder, "web").disabled);
    assert_eq!(user(&folder, "u-ola").managed_by.unwrap(), "keyfob.toml:10");
    let refused = folder.run(&["user", "update", "ola", "--email", "ola@elsewhere.example"]);
    assert_eq!(refused.code, 1);
    assert_eq!(
        refused.stderr,
        "error: User \"ola\" is managed by keyfob.toml:10. Edit the file and reload (SIGHUP or keyfob config apply)\n"
    );
}

#[test]
fn a_clash_with_the_database_changes_nothing() {
    // The file, and what is said of it. A user with the username `ola` is there already.
    let rows = [
        (
            "[[scope]]\nname = \"notes\"\n[[user]]\nusername = \"ola\"\nsub = \"other\"\n",
            "keyfob.toml:5: user \"ola\": sub: cannot be changed",
        ),
        (
            "[[scope]]\nname = \"notes\"\n[[user]]\nusername = \"kari\"\nteams = [{ id = \"acme\" }]\n",
            "keyfob.toml:5: user \"kari\": teams: team \"acme\" not found",
        ),
        (
            "[[scope]]\nname = \"notes\"\n[[resource]]\nuri = \"https://notes.example\"\nclient_id = \"web\"\n",
            "keyfob.toml:5: resource \"https://notes.example\": client_id: client \"web\" not found",
        ),
        (
            "[[scope]]\nname = \"notes\"\n[[client]]\nclient_id = \"u-ola\"\nclient_secret = \"s3cret-of-a-job\"\ngrant_types = [\"client_credentials\"]\n",
            "keyfob.toml:3: client \"u-ola\": this client_id is the sub of a user",
        ),
        (
            "[[scope]]\nname = \"notes\"\n[[client]]\nclient_id = \"job\"\nclient_secret = \"s3cret-of-a-job\"\ngrant_types = [\"client_credentials\"]\nscope = \"notes posts\"\n",
            "keyfob.toml:7: client \"job\": scope: scope \"posts\" not found",
        ),
    ];
    for (file, message) in rows {
        let folder = folder_with("[[user]]\nusername = \"ola\"\nsub = \"u-ola\"\n");
        apply(&folder);
        let before = events(&folder);
        folder.write("keyfob.toml", file);
        for command in [
            &["config", "plan"][..],
            &["config", "apply"],
            &["serve", "--listen=localhost:0"],
        ] {
            let refused = folder.run(command);
            assert_eq!(
                refused.stderr,
                format!("{message}\n{INVALID}"),
                "{command:?}"
            );
            assert_eq!(refused.code, 3, "{file}");
        }
        let scope = store(&folder).read(|tx| Scope::get(tx, "notes")).unwrap();
        assert_eq!(scope, None, "{file}");
        assert_eq!(events(&folder), before, "{file}");
    }
}

#[test]
fn a_file_that_names_what_is_not_there_makes_no_database() {
    let folder = Folder::new();
    folder.write(
        "keyfob.toml",
        "[[user]]\nusername = \"kari\"\nteams = [{ id = \"acme\" }]\n\
         [[client]]\nclient_id = \"job\"\nclient_secret = \"s3cret-of-a-job\"\n\
         grant_types = [\"client_credentials\"]\nscope = \"openid posts\"\ndelegation_teams = [\"acme\"]\n",
    );
    let refused = folder.run(&["serve", "--listen=localhost:0"]);
    let message = "keyfob.toml:3: user \"kari\": teams: team \"acme\" not found\n\
                   keyfob.toml:8: client \"job\": scope: scope \"posts\" not found\n\
                   keyfob.toml:9: client \"job\": delegation_teams[0]: team \"acme\" not found\n";
    assert_eq!(refused.stderr, format!("{message}{INVALID}"));
    assert_eq!(refused.code, 3);
    assert_eq!(folder.names(), ["keyfob.toml"]);
}

#[test]
fn an_export_declares_what_is_there_without_any_secret() {
    let folder = folder_with(NOTES);
    apply(&folder);
    let export = |folder: &Folder| {
        let exported = folder.run(&["config", "export"]);
        assert_eq!(exported.code, 0, "{}", exported.stderr);
        exported.stdout
    };
    let text = export(&folder);
    assert_eq!(text, export(&folder));
    for secret in ["correct horse", "s3cret", "argon2", "secret ="] {
        assert!(!text.contains(secret), "{text}");
    }
    folder.write("keyfob.toml", &text);
    let planned = folder.run(&["config", "plan"]);
    assert_eq!(
        planned.stdout, "",
        "an export of what is there is no change: {text}"
    );
    // On an empty database it makes the same objects.
    let other = folder_with(&text);
    let applied = apply(&other);
    assert!(
        applied
            .stdout
            .contains("keyfob client rotate-secret backend"),
        "{}",
        applied.stdout
    );
    assert_eq!(export(&other), text);
}

#[test]
fn a_command_finds_the_database_as_the_server_does() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("etc")).unwrap();
    folder.write(
        "etc/keyfob.toml",
        "database = \"data.db\"\n[[team]]\nid = \"acme\"\n",
    );
    let path = folder.path("etc/data.db");
    drop(Store::open(&path, IfMissing::Create, Arc::new(SystemClock)).unwrap());
    let applied = folder.run(&["config", "apply", "--config", "etc/keyfob.toml"]);
    assert_eq!(applied.code, 0, "{}", applied.stderr);
    let listed = folder.run(&[
        "team",
        "list",
        "--config",
        "etc/keyfob.toml",
        "--output",
        "jsonl",
    ]);
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert!(listed.stdout.contains("\"acme\""), "{}", listed.stdout);
    assert_eq!(folder.names(), ["etc"]);
}

#[test]
fn show_says_who_had_the_last_word() {
    let folder = Folder::new();
    folder.write("keyfob.toml", "workers = 3\nsession_lifetime = \"2h\"\n");
    folder.write("password", "correct horse\n");
    let mut command = folder.command(&["config", "show", "--origin", "--listen", "localhost:9"]);
    command
        .env("KEYFOB_WORKERS", "4")
        .env("KEYFOB_ADMIN_PASSWORD_FILE", folder.path("password"));
    let shown = super::support::binary::ended(&mut command);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    for line in [
        "issuer = \"http://localhost:9\"  # default",
        "listen = \"localhost:9\"  # --listen",
        "workers = 4  # KEYFOB_WORKERS",
        "session_lifetime = \"2h\"  # keyfob.toml:2",
        "admin_password = \"(set)\"  # KEYFOB_ADMIN_PASSWORD_FILE",
        "access_token_lifetime = \"1h\"  # default",
    ] {
        assert!(
            shown.stdout.lines().any(|shown| shown == line),
            "{line} in {}",
            shown.stdout
        );
    }
    assert!(!shown.stdout.contains("correct horse"));
}

#[test]
fn a_running_server_reads_the_file_anew_when_it_is_told_to() {
    let folder = Folder::new();
    folder.write("keyfob.toml", NOTES);
    let mut server = folder.serve(&[]);
    let token = |server: &Running, secret: &str| {
        server.form(
            "/api/v1/oauth/token",
            ("backend", secret),
            &[("grant_type", "client_credentials")],
        )
    };
    assert_eq!(token(&server, "s3cret-for-development").0, 200);
    let old = "invalid configuration; keeping the previous one:\n\
               keyfob.toml:1: isuer: unknown key. Did you mean issuer?";
    folder.write("keyfob.toml", &format!("isuer = 1{NOTES}"));
    server.signal("HUP");
    server.wait_for(old);
    assert_eq!(token(&server, "s3cret-for-development").0, 200);
    let new = NOTES.replace("s3cret-for-development", "s3cret-for-production");
    folder.write("keyfob.toml", &format!("workers = 7{new}"));
    server.signal("HUP");
    server.wait_for("workers changed; applies after a restart");
    server.wait_for("configuration reloaded");
    assert_eq!(token(&server, "s3cret-for-production").0, 200);
    assert_eq!(token(&server, "s3cret-for-development").0, 401);
    let (status, log) = server.stop();
    assert_eq!(status.code(), Some(0));
    let log = format!("{log:?}");
    assert!(
        !log.contains("s3cret") && !log.contains("correct horse"),
        "{log}"
    );
}

#[test]
fn dev_refuses_to_be_reached_from_elsewhere() {
    let folder = Folder::new();
    for (args, message) in [
        (
            &["dev", "--listen", "0.0.0.0:0"][..],
            "--listen: must be localhost, 127.0.0.1 or [::1] in development mode",
        ),
        (
            &["serve", "--dev", "--listen", "[::]:0"],
            "--listen: must be localhost, 127.0.0.1 or [::1] in development mode",
        ),
        (
            &[
                "dev",
                "--listen",
                "localhost:0",
                "--issuer",
                "https://id.example.com",
            ],
            "--issuer: must be a localhost URL in development mode; leave it out or use http://localhost:8080",
        ),
    ] {
        let refused = folder.run(args);
        assert_eq!(refused.stderr, format!("{message}\n{INVALID}"), "{args:?}");
        assert_eq!(refused.code, 3, "{args:?}");
    }
    assert!(folder.names().is_empty());
}

#[test]
fn dev_has_people_and_clients_to_try_and_leaves_only_its_settings() {
    let folder = Folder::new();
    // The database of the file is somebody's real one: dev keeps away from it.
    folder.write("keyfob.toml", "database = \"real.db\"\n");
    let dev = |args: &[&str]| {
        let mut all = vec!["dev", "--listen", "localhost:0", "--log-format", "json"];
        all.extend(args);
        Running::start(&mut folder.command(&all))
    };
    let env = |name: &str| {
        let text = folder.read("keyfob.dev.env");
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.unwrap().to_owned()
    };
    let job = |server: &Running| {
        let path = "/api/v1/oauth/token";
        let secret = env("CLIENT_SECRET");
        server.form(
            path,
            (&env("CLIENT_ID"), &secret),
            &[("grant_type", "client_credentials")],
        )
    };
    let server = dev(&[]);
    assert_eq!(job(&server).0, 200);
    let (_, login) = server.get("/login");
    for person in ["alice", "bob", "carol"] {
        assert!(
            login.contains(&format!("name=\"persona\" value=\"{person}\"")),
            "{login}"
        );
    }
    assert!(login.contains("Development mode"), "{login}");
    let secret = env("CLIENT_SECRET");
    use std::os::unix::fs::PermissionsExt;
    let mode = folder
        .path("keyfob.dev.env")
        .metadata()
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(server.stop().0.code(), Some(0));
    assert_eq!(folder.names(), ["keyfob.dev.env", "keyfob.toml"]);
    // The next one has another database and another port, and what was pasted elsewhere stays true.
    let server = dev(&["--database", "mine.db"]);
    assert_eq!(env("CLIENT_SECRET"), secret);
    assert_eq!(job(&server).0, 200);
    // What it begins with is not in the hands of a file.
    let renamed = folder.run(&[
        "client",
        "update",
        "demo-web",
        "--client-name",
        "Mine",
        "--database",
        "mine.db",
    ]);
    assert_eq!(renamed.code, 0, "{}", renamed.stderr);
    server.stop();
    let server = dev(&["--database", "mine.db"]);
    assert_eq!(job(&server).0, 200);
    let shown = folder.run(&["client", "show", "demo-web", "--database", "mine.db"]);
    assert!(shown.stdout.contains("Mine"), "{}", shown.stdout);
}

#[test]
fn a_plan_before_the_first_start_is_for_a_new_database_and_makes_none() {
    let folder = Folder::new();
    folder.write(
        "keyfob.toml",
        "[[team]]\nid = \"acme\"\nname = \"Acme\"\n\n[[user]]\nusername = \"ola\"\nteams = [{ id = \"acme\" }]\n",
    );
    let planned = folder.run(&["config", "plan"]);
    assert_eq!(planned.code, 0, "{}", planned.stderr);
    assert!(
        planned.stdout.starts_with("+ team \"acme\" (line 1)\n"),
        "{}",
        planned.stdout
    );
    assert!(
        planned.stdout.contains("+ user \"ola\" (line 5)\n"),
        "{}",
        planned.stdout
    );
    let told = format!(
        "{} does not exist yet. The plan is for a new database\n",
        folder.path("keyfob.db").display()
    );
    assert!(planned.stderr.starts_with(&told), "{}", planned.stderr);
    assert_eq!(folder.names(), ["keyfob.toml"]);
    folder.write(
        "keyfob.toml",
        "[[user]]\nusername = \"ola\"\nteams = [{ id = \"nowhere\" }]\n",
    );
    assert_eq!(folder.run(&["config", "plan"]).code, 3);
}

#[test]
fn a_damaged_database_is_no_fault_of_the_configuration() {
    let folder = Folder::new();
    folder.serve(&[]).stop();
    let path = folder.path("keyfob.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    let page = |name: &str| -> u64 {
        let query = format!("SELECT {name}");
        database
            .query_row(&query, [], |row| row.get::<_, i64>(0))
            .unwrap()
            .try_into()
            .unwrap()
    };
    let root = page("rootpage FROM sqlite_schema WHERE name = 'settings'");
    let size = page("page_size FROM pragma_page_size");
    drop(database);
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start((root - 1) * size)).unwrap();
    file.write_all(&vec![0xff; usize::try_from(size).unwrap()])
        .unwrap();
    drop(file);
    for command in [
        &["serve", "--listen", "localhost:0"][..],
        &["config", "show"],
        &["user", "list"],
    ] {
        let refused = folder.run(command);
        assert!(
            matches!(refused.code, 0 | 1),
            "{command:?} {} {}",
            refused.code,
            refused.stderr
        );
        assert!(
            !refused.stderr.contains("configuration is invalid"),
            "{}",
            refused.stderr
        );
    }
    assert_eq!(folder.run(&["serve", "--listen", "localhost:0"]).code, 1);
}
