//! What a start refuses, `config check` finds before it, with the same words and the line.

use std::process::Command;

use crate::support::binary::{Ended, Folder, ended};

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
            "[[user]]\nusername = \"ola\"\nteams = [{id = \"nowhere\"}]",
            "keyfob.toml:3: user \"ola\": teams: there is no team \"nowhere\"",
        ),
        (
            "registration = \"token\"",
            "keyfob.toml:1: registration_token: is missing",
        ),
    ] {
        folder.write("keyfob.toml", text);
        let before = folder.names();
        refused(&mut folder.command(&["config", "check"]), told);
        let serve = ["serve", "--listen", "localhost:0"];
        refused(&mut folder.command(&serve), told);
        assert_eq!(folder.names(), before, "{text}");
    }
    std::fs::write(folder.path("keyfob.toml"), b"# one\n# caf\xe9\n").unwrap();
    let told = "keyfob.toml:2: the file is not UTF-8 text";
    refused(&mut folder.command(&["config", "check"]), told);
}

#[test]
fn a_variable_that_is_nearly_a_setting_is_a_warning() {
    let folder = Folder::new();
    let check = |name: &str| {
        let said = ended(folder.command(&["config", "check"]).env(name, "x"));
        assert_eq!(said.code, 0, "{}", said.stderr);
        said.stderr
    };
    let told = "KEYFOB_ISUER is not a setting and has no effect; did you mean KEYFOB_ISSUER?";
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
