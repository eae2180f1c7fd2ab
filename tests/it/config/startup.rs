//! What a start refuses, `config check` finds before it, with the same words and the line.

use std::process::Command;

use crate::support::binary::{Ended, Folder, ended};

const COMMANDS: [&[&str]; 3] = [
    &["config", "check"],
    &["config", "plan"],
    &["serve", "--listen", "localhost:0"],
];

fn refused(command: &mut Command, told: &str) {
    let Ended { code, stderr, .. } = ended(command);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains(told), "{stderr} says nothing of {told}");
}

#[test]
fn config_check_refuses_what_serve_refuses() {
    let folder = Folder::new();
    folder.write("not.pem", "no certificate");
    for (text, told) in [
        (
            "tls_cert = \"nofile.pem\"\ntls_key = \"nofile.pem\"\nissuer = \"https://localhost:1\"",
            "keyfob.toml:1: tls_cert: ",
        ),
        (
            "issuer = \"https://localhost:1\"\ntls_cert = \"not.pem\"\ntls_key = \"not.pem\"",
            "keyfob.toml:2: tls_cert: ",
        ),
        (
            "issuer = \"http://localhost:1\"\ntls_cert = \"cert.pem\"\ntls_key = \"key.pem\"",
            "keyfob.toml:2: tls_cert: requires an https issuer",
        ),
        (
            "\nadmin_password = \"short\"",
            "keyfob.toml:2: admin_password: must have at least 8 characters",
        ),
        (
            "admin_password = \"correct\\nhorse\"",
            "keyfob.toml:1: admin_password: must be one line",
        ),
        (
            "admin_username = \"a\\u200bb\"\nadmin_password = \"correct horse\"",
            "keyfob.toml:1: admin_username: ",
        ),
        (
            "ready_file = \"nodir/x\"",
            "keyfob.toml:1: ready_file: the folder ",
        ),
        (
            "database = \"nodir/x.db\"",
            "keyfob.toml:1: database: the folder ",
        ),
        (
            "backup_folder = \"not.pem\"",
            "keyfob.toml:1: backup_folder: ",
        ),
        (
            "backup_folder = \"/dev/null/x\"",
            "keyfob.toml:1: backup_folder: /dev/null is not a folder",
        ),
        (
            "registration_scope = \"nope\"",
            "keyfob.toml:1: registration_scope: scope \"nope\" not found",
        ),
        (
            "registration_resources = \"https://nope.example\"",
            "keyfob.toml:1: registration_resources: API \"https://nope.example\" not found",
        ),
        (
            "[[user]]\nusername = \"ola\"\nteams = [{id = \"nowhere\"}]",
            "keyfob.toml:3: user \"ola\": teams: team \"nowhere\" not found",
        ),
        (
            "registration = \"token\"",
            "keyfob.toml:1: registration_token: is required",
        ),
    ] {
        folder.write("keyfob.toml", text);
        let before = folder.names();
        for command in COMMANDS {
            refused(&mut folder.command(command), told);
        }
        assert_eq!(folder.names(), before, "{text}");
    }
    std::fs::write(folder.path("keyfob.toml"), b"# one\n# caf\xe9\n").unwrap();
    let told = "keyfob.toml:2: the file is not UTF-8 text";
    refused(&mut folder.command(&["config", "check"]), told);
}

const ISSUER: &str = "[[trusted_issuer]]\nissuer = \"https://x.example\"\n";
const JOB: &str = "[[client]]\nclient_id = \"job\"\nclient_secret = \"s3cret-of-the-job\"\n\
                   grant_types = [\"client_credentials\"]\n";

// Each was "in order" for `config check` alone, or for all three.
#[test]
fn what_the_database_cannot_take_is_refused_alike_before_the_first_start_and_after_it() {
    let keys = "jwks_uri = \"https://x.example/jwks\"\n";
    let rows = [
        (
            ISSUER.to_owned(),
            "keyfob.toml:1: trusted_issuer \"https://x.example\": jwks_uri: exactly one of jwks and jwks_uri is required",
        ),
        (
            format!("{ISSUER}{keys}clients = [\"nobody\"]"),
            "keyfob.toml:4: trusted_issuer \"https://x.example\": clients[0]: client nobody not found. Create it first",
        ),
        (
            format!("{ISSUER}{keys}scope = \"nope\""),
            "keyfob.toml:4: trusted_issuer \"https://x.example\": scope: scope \"nope\" not found",
        ),
        (
            format!("{ISSUER}{keys}audience = \"\""),
            "keyfob.toml:4: trusted_issuer \"https://x.example\": audience: must not be empty",
        ),
        (
            format!("{ISSUER}{keys}subject_claim = \"\""),
            "keyfob.toml:4: trusted_issuer \"https://x.example\": subject_claim: must not be empty",
        ),
        (
            "[[resource]]\nuri = \"https://a.example\"\nclient_id = \"nobody\"".to_owned(),
            "keyfob.toml:3: resource \"https://a.example\": client_id: client \"nobody\" not found",
        ),
        (
            "[[resource]]\nuri = \"https://a.example\"\nscopes = \"keyfob:admin\"".to_owned(),
            "keyfob.toml:3: resource \"https://a.example\": scopes: \"keyfob:admin\" is a built-in scope",
        ),
        (
            format!(
                "{JOB}token_endpoint_auth_method = \"private_key_jwt\"\njwks_uri = \"https://a.example/j\""
            ),
            "keyfob.toml:3: client \"job\": client_secret: must not be set with private_key_jwt",
        ),
        (
            format!("{JOB}allowed_resources = [\"https://nope.example\"]"),
            "keyfob.toml:5: client \"job\": allowed_resources[0]: API \"https://nope.example\" not found",
        ),
        (
            format!(
                "{JOB}scope = \"nope\"\n{}scope = \"never\"",
                JOB.replace("\"job\"", "\"other\"")
            ),
            "keyfob.toml:10: client \"other\": scope: scope \"never\" not found",
        ),
    ];
    let fresh = Folder::new();
    let started = Folder::new();
    started.serve(&[]).stop();
    for (text, told) in rows {
        for folder in [&fresh, &started] {
            folder.write("keyfob.toml", &text);
            for command in COMMANDS {
                refused(&mut folder.command(command), told);
            }
        }
        assert_eq!(fresh.names(), ["keyfob.toml"], "{text}");
    }
    // What belongs together may be declared in any order.
    let resource = "[[resource]]\nuri = \"https://a.example\"\nclient_id = \"job\"\n";
    let text = format!(
        "registration_resources = [\"https://a.example\"]\n{JOB}allowed_resources = [\"https://a.example\"]\n{resource}"
    );
    for folder in [&fresh, &started] {
        folder.write("keyfob.toml", &text);
        for command in &COMMANDS[..2] {
            let said = folder.run(command);
            assert_eq!(said.code, 0, "{}", said.stderr);
        }
        let server = folder.serve(&[]);
        server.stop();
    }
    // What a declared object names is not removed from the file alone.
    started.write("keyfob.toml", &text.replace(resource, ""));
    let told = "client \"job\": allowed_resources[0]: API \"https://a.example\" not found";
    for command in COMMANDS {
        refused(&mut started.command(command), told);
    }
}

// The plan said that the scope will be deleted, the reload did it, and no start was possible any more.
#[test]
fn a_file_that_still_names_what_it_declares_no_more_is_refused_by_every_command() {
    let folder = Folder::new();
    let scope = "[[scope]]\nname = \"notes\"\n";
    let client = format!("{JOB}scope = \"notes\"\n");
    let api = "[[resource]]\nuri = \"https://a.example\"\nscopes = \"notes\"\n";
    for (user, told) in [
        (
            client.as_str(),
            "keyfob.toml:5: client \"job\": scope: scope \"notes\" not found",
        ),
        (
            api,
            "keyfob.toml:3: resource \"https://a.example\": scopes: scope \"notes\" not found",
        ),
    ] {
        folder.write("keyfob.toml", &format!("{user}{scope}"));
        folder.serve(&[]).stop();
        folder.write("keyfob.toml", user);
        for command in COMMANDS {
            refused(&mut folder.command(command), told);
        }
        let names = folder.run(&["scope", "list", "--output", "json"]).stdout;
        assert!(names.contains("notes"), "{names}");
        // Without both it goes.
        folder.write("keyfob.toml", "");
        folder.serve(&[]).stop();
        let names = folder.run(&["scope", "list", "--output", "json"]).stdout;
        assert!(!names.contains("notes"), "{names}");
    }
}

// `config plan` said nothing of the settings, and `config check` looked at another database.
#[test]
fn config_plan_and_check_look_at_the_database_that_the_file_names() {
    let folder = Folder::new();
    folder.serve(&["--database", "other.db"]).stop();
    let made = folder.run(&["scope", "create", "notes", "--database", "other.db"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let text = format!("database = \"other.db\"\n{JOB}scope = \"notes\"\n");
    folder.write("further.toml", &text);
    for command in ["check", "plan", "apply"] {
        let said = folder.run(&["config", command, "further.toml"]);
        assert_eq!(said.code, 0, "{command}: {}", said.stderr);
    }
    folder.write("keyfob.toml", &format!("{text}\nlisen = \"x\""));
    // What only reads the database does not read the rest of the file.
    let exported = folder.run(&["config", "export"]);
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    assert!(
        exported.stdout.contains("[[client]]"),
        "{}",
        exported.stdout
    );
}

#[test]
fn a_variable_that_is_nearly_a_setting_is_a_warning() {
    let folder = Folder::new();
    let check = |name: &str| {
        let said = ended(folder.command(&["config", "check"]).env(name, "x"));
        assert_eq!(said.code, 0, "{}", said.stderr);
        said.stderr
    };
    let told = "KEYFOB_ISUER is not a setting and has no effect. Did you mean KEYFOB_ISSUER?";
    assert!(check("KEYFOB_ISUER").contains(told));
    // Kubernetes sets such for a service named keyfob.
    for name in [
        "KEYFOB_SERVICE_HOST",
        "KEYFOB_PORT",
        "KEYFOB_PORT_8080_TCP_ADDR",
    ] {
        assert!(!check(name).contains("not a setting"), "{name}");
    }
}

// A trigger can silence the audit log: only doctor told of it.
#[test]
fn a_start_with_a_foreign_trigger_says_so_in_the_log() {
    let folder = Folder::new();
    folder.serve(&["--database", "keyfob.db"]).stop();
    let file = rusqlite::Connection::open(folder.path("keyfob.db")).unwrap();
    let sql =
        "CREATE TRIGGER silence BEFORE INSERT ON audit_events BEGIN SELECT RAISE(IGNORE); END";
    file.execute_batch(sql).unwrap();
    drop(file);
    let server = folder.serve(&["--database", "keyfob.db"]);
    let told = |line: &serde_json::Value| line.to_string().contains("silence");
    assert!(server.log.iter().any(told), "{:?}", server.log);
    server.stop();
}
