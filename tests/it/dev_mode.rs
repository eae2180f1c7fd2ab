//! `keyfob dev` as apps and commands beside it see it.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::binary::{Ended, Folder, Running, ended};

fn dev(folder: &Folder, args: &[&str]) -> Running {
    let mut all = vec!["dev", "--listen", "localhost:0", "--log-format", "json"];
    all.extend(args);
    Running::start(&mut folder.command(&all))
}

fn issuer(server: &Running) -> String {
    let (status, metadata) = server.get("/.well-known/openid-configuration");
    assert_eq!(status, 200);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    metadata["issuer"].as_str().unwrap().to_owned()
}

fn port(url: &str) -> &str {
    url.rsplit_once(':').unwrap().1
}

#[test]
fn a_pinned_local_issuer_follows_the_port_that_the_system_chose() {
    let folder = Folder::new();
    for pinned in ["http://localhost:8080", "http://127.0.0.1:9"] {
        folder.write("keyfob.toml", &format!("issuer = \"{pinned}\"\n"));
        let server = dev(&folder, &[]);
        let issuer = issuer(&server);
        assert_eq!(port(&issuer), port(&server.url), "{issuer}");
        assert_eq!(
            issuer.rsplit_once(':').unwrap().0,
            pinned.rsplit_once(':').unwrap().0
        );
        // A reload keeps it, and the port of the file is not what counts.
        server.signal("HUP");
        let (_, log) = server.stop();
        let told = format!("{log:?}");
        assert!(
            told.contains(&format!("the setting issuer is {pinned}")),
            "{told}"
        );
    }
}

#[test]
fn commands_in_the_folder_find_the_database_of_the_server() {
    let folder = Folder::new();
    let server = dev(&folder, &["--ready-file", "ready.json"]);
    let ready: Value = serde_json::from_str(&folder.read("ready.json")).unwrap();
    let database = PathBuf::from(ready["database"].as_str().unwrap());
    assert!(database.is_absolute() && database.is_file(), "{ready}");
    let line = format!("KEYFOB_DATABASE={}\n", database.display());
    assert!(folder.read("keyfob.dev.env").contains(&line));
    let mint = ["token", "mint", "--client", "demo-job"];
    let minted = folder.run(&mint);
    assert_eq!(minted.code, 0, "{}", minted.stderr);
    assert!(
        minted.stderr.contains("Using the database of keyfob dev"),
        "{}",
        minted.stderr
    );
    let mut active = folder.command(&["token", "verify", "--token-file", "token"]);
    folder.write("token", &minted.stdout);
    assert_eq!(ended(&mut active).code, 0);
    // Its issuer, too: nothing answers at the default one.
    let said = folder.run(&["doctor", "--output", "json"]);
    assert_eq!(said.code, 0, "{}", said.stdout);
    let found: Vec<Value> = serde_json::from_str(&said.stdout).unwrap();
    let answers = found.iter().find(|row| row["check"] == "issuer_answers");
    assert_eq!(answers.unwrap()["state"], "ok", "{}", said.stdout);
    let issuer = ready["issuer"].as_str().unwrap();
    assert!(said.stdout.contains(issuer), "{}", said.stdout);
    server.stop();
    // Its database is gone, and nothing pretends otherwise.
    let refused = folder.run(&mint);
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(refused.stderr.contains("keyfob.db"), "{}", refused.stderr);
}

// The second one wrote its own secret, address and database over those of the first, which went on.
#[test]
fn a_second_server_in_the_folder_of_a_running_one_is_refused() {
    let folder = Folder::new();
    let server = dev(&folder, &[]);
    let before = folder.read("keyfob.dev.env");
    let starts: [&[&str]; 2] = [&[], &["--database", "other.db"]];
    for more in starts {
        let mut all = vec!["dev", "--listen", "localhost:0"];
        all.extend(more);
        let refused = folder.run(&all);
        assert_eq!(refused.code, 1, "{}", refused.stderr);
        let told = format!(
            "A server is already running in this folder: http://localhost:{}, process {}",
            port(&server.url),
            server.pid()
        );
        assert!(refused.stderr.contains(&told), "{}", refused.stderr);
        assert_eq!(folder.read("keyfob.dev.env"), before);
    }
    // One that was killed leaves the file, and nothing in the way of the next.
    server.signal("KILL");
    server.wait();
    dev(&folder, &[]).stop();
    dev(&folder, &["--database", "dev.db"]).stop();
    let of_the_same = dev(&folder, &["--database", "dev.db"]);
    assert!(folder.read("keyfob.dev.env").contains("dev.db"));
    of_the_same.stop();
}

#[test]
fn a_file_that_declares_its_own_clients_has_commands_find_the_database_too() {
    let folder = Folder::new();
    folder.write(
        "keyfob.toml",
        "[[user]]\nusername = \"ola\"\npersona = true\n",
    );
    let server = dev(&folder, &[]);
    let listed = folder.run(&["user", "list"]);
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert!(listed.stdout.contains("ola"), "{}", listed.stdout);
    assert!(!folder.read("keyfob.dev.env").contains("CLIENT_ID="));
    server.stop();
}

#[test]
fn a_database_of_ones_own_comes_before_that_of_the_server() {
    let folder = Folder::new();
    folder.serve(&[]).stop();
    let server = dev(&folder, &[]);
    let listed = folder.run(&["client", "list"]);
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert!(!listed.stdout.contains("demo-job"), "{}", listed.stdout);
    server.stop();
}

// An app that keeps the sub of its users knows them again after the database was thrown away.
// A command wrote to the database that a server which was killed had left behind.
#[test]
fn what_names_a_database_comes_before_a_server_for_development_and_one_that_is_dead_before_nothing()
{
    let folder = Folder::new();
    let server = dev(&folder, &["--ready-file", "ready.json"]);
    let ready: Value = serde_json::from_str(&folder.read("ready.json")).unwrap();
    let left = PathBuf::from(ready["database"].as_str().unwrap());
    let missing = |command: &mut std::process::Command, name: &str| {
        let Ended { code, stderr, .. } = ended(command);
        assert_eq!(code, 1, "{stderr}");
        assert!(
            stderr.contains("not found. Run keyfob serve once"),
            "{stderr}"
        );
        assert!(stderr.contains(name), "{stderr}");
    };
    let commands: [&[&str]; 3] = [&["user", "list"], &["backup", "b.db"], &["doctor"]];
    for command in commands {
        missing(
            folder.command(command).env("KEYFOB_DATABASE", "typo.db"),
            "typo.db",
        );
    }
    folder.write("keyfob.toml", "database = \"prod.db\"\n");
    for command in commands {
        missing(&mut folder.command(command), "prod.db");
    }
    std::fs::remove_file(folder.path("keyfob.toml")).unwrap();
    // Where nothing names one, all commands agree.
    assert_eq!(folder.run(&["user", "list"]).code, 0);
    assert!(folder.run(&["doctor"]).stdout.contains("administrator"));
    server.signal("KILL");
    server.wait();
    assert!(left.is_file());
    for command in commands {
        missing(&mut folder.command(command), "keyfob.db");
    }
    assert!(!folder.path("b.db").exists());
    // The next one removes it: it has signing keys.
    let next = dev(&folder, &[]);
    assert!(!left.exists() && !left.parent().unwrap().exists());
    next.stop();
}

#[test]
fn a_user_of_the_file_without_a_sub_has_the_same_one_at_each_start() {
    let folder = Folder::new();
    folder.write(
        "keyfob.toml",
        "[[user]]\nusername = \"ola\"\npersona = true\n\n[[user]]\nusername = \"kari\"\nadmin = true\n",
    );
    let subs = || {
        let server = dev(&folder, &["--database", "dev.db"]);
        let listed = folder.run(&["user", "list", "--output", "json", "--database", "dev.db"]);
        assert_eq!(listed.code, 0, "{}", listed.stderr);
        server.stop();
        for name in folder.names() {
            if name.starts_with("dev.db") {
                std::fs::remove_file(folder.path(&name)).unwrap();
            }
        }
        let users: Value = serde_json::from_str(&listed.stdout).unwrap();
        let users = users.as_array().unwrap().clone();
        users
            .into_iter()
            .map(|user| user["sub"].clone())
            .collect::<Vec<_>>()
    };
    let first = subs();
    assert_eq!(first.len(), 2);
    assert_ne!(first[0], first[1]);
    assert_eq!(first, subs());
}

// Files for containers leave variables empty.
#[test]
fn an_empty_variable_is_as_good_as_none() {
    let folder = Folder::new();
    let mut serve = folder.command(&["serve", "--listen", "localhost:0", "--log-format", "json"]);
    for name in [
        "KEYFOB_DATABASE",
        "KEYFOB_ISSUER",
        "KEYFOB_CONFIG",
        "KEYFOB_TLS_CERT",
        "KEYFOB_ADMIN_PASSWORD_FILE",
    ] {
        serve.env(name, "");
    }
    let server = Running::start(&mut serve);
    assert!(folder.path("keyfob.db").is_file());
    server.stop();
    let create = [
        "client",
        "create",
        "job",
        "--grant-type",
        "client_credentials",
        "--scope",
        "keyfob:delegate",
    ];
    let mut create = folder.command(&create);
    let created = ended(create.env("KEYFOB_CLIENT_SECRET_FILE", ""));
    assert_eq!(created.code, 0, "{}", created.stderr);
    let mut user = folder.command(&["user", "create", "ola", "--password-stdin"]);
    let created = ended(user.env("KEYFOB_PASSWORD_FILE", ""));
    assert!(
        !created.stderr.contains("No such file"),
        "{}",
        created.stderr
    );
    let args = [
        "token",
        "mint",
        "--client",
        "job",
        "--scope",
        "keyfob:delegate",
    ];
    let minted = ended(folder.command(&args).env("KEYFOB_ISSUER", ""));
    assert_eq!(minted.code, 0, "{}", minted.stderr);
    folder.write("token", &minted.stdout);
    let mut verify = folder.command(&["token", "verify", "--token-file", "token"]);
    let verified = ended(verify.env("KEYFOB_ISSUER", "").env("KEYFOB_TOKEN_FILE", ""));
    assert_eq!(verified.code, 0, "{}", verified.stderr);
}
