//! A secret that a configuration file declares is changed in that file: the next reload would undo any other change.

use keyfob::admin::state_file::StateFile;
use serde_json::json;

use super::Folder;
use crate::admin_api::Console;

/// What a file says of the client's secret, and what is said when somebody asks for a new one.
const DECLARED: &[(&str, &str)] = &[
    (
        "client_secret = \"a secret of ours\"",
        "keyfob.toml:3 (client_secret)",
    ),
    (
        "client_secret_file = \"job.secret\"",
        "keyfob.toml:3 (client_secret_file \"job.secret\")",
    ),
];

fn file(line: &str) -> String {
    format!("[[client]]\nclient_id = \"job\"\n{line}\ngrant_types = [\"client_credentials\"]\n")
}

#[test]
fn a_secret_that_a_file_declares_is_not_rotated_elsewhere() {
    for (line, place) in DECLARED {
        let folder = Folder::new();
        let path = folder.path("keyfob.toml");
        std::fs::write(folder.path("job.secret"), "a secret of ours\n").unwrap();
        std::fs::write(&path, file(line)).unwrap();
        folder.ok(&["config", "apply"]);
        let before = folder.json(&["client", "show", "job"]);
        let refused = folder.run(&["client", "rotate-secret", "job"]);
        assert_eq!(refused.code, 1, "{line}: {}", refused.stdout);
        assert!(refused.stderr.contains(place), "{}", refused.stderr);
        assert!(
            refused.stderr.contains("Edit the file and reload"),
            "{}",
            refused.stderr
        );
        assert_eq!(folder.json(&["client", "show", "job"]), before);
        // Its line moves.
        std::fs::write(&path, format!("\n\n{}", file(line))).unwrap();
        folder.ok(&["config", "apply"]);
        let refused = folder.run(&["client", "rotate-secret", "job"]);
        assert!(
            refused.stderr.contains("keyfob.toml:5"),
            "{}",
            refused.stderr
        );
        // A file that leaves the secret to the server keeps what is there.
        let left = "token_endpoint_auth_method = \"client_secret_basic\"";
        std::fs::write(&path, file(left)).unwrap();
        folder.ok(&["config", "apply"]);
        folder.ok(&["client", "rotate-secret", "job"]);
        let rotated = folder.json(&["client", "show", "job"]);
        folder.ok(&["config", "apply"]);
        assert_eq!(folder.json(&["client", "show", "job"]), rotated);
        // And one that it manages no more is free.
        std::fs::write(&path, file(line)).unwrap();
        folder.ok(&["config", "apply"]);
        std::fs::write(&path, "").unwrap();
        folder.ok(&["config", "apply"]);
        folder.ok(&["client", "rotate-secret", "job"]);
    }
}

// With the secret removed from the file, as a refused rotation asks for, the file was refused.
#[test]
fn a_client_whose_secret_is_removed_from_the_file_stays_confidential() {
    for method in ["client_secret_basic", "client_secret_post"] {
        let folder = Folder::new();
        let path = folder.path("keyfob.toml");
        let (secret, said) = (
            DECLARED[0].0,
            format!("token_endpoint_auth_method = {method:?}"),
        );
        std::fs::write(&path, file(&format!("{secret}\n{said}"))).unwrap();
        folder.ok(&["config", "apply"]);
        let before = folder.json(&["client", "show", "job"]);
        std::fs::write(&path, file("")).unwrap();
        for command in ["check", "plan", "apply"] {
            folder.ok(&["config", command]);
        }
        let after = folder.json(&["client", "show", "job"]);
        assert_eq!(after["token_endpoint_auth_method"], method);
        assert_eq!(after["secrets"], before["secrets"]);
        folder.ok(&["client", "rotate-secret", "job"]);
        folder.ok(&["config", "apply"]);
    }
    // A client without one is not made confidential, nor public, by what is left out.
    let folder = Folder::new();
    let path = folder.path("keyfob.toml");
    let public = "token_endpoint_auth_method = \"none\"\nredirect_uris = [\"https://a.example/\"]";
    let declared = |line: &str| format!("[[client]]\nclient_id = \"app\"\n{line}");
    std::fs::write(&path, declared(public)).unwrap();
    folder.ok(&["config", "apply"]);
    let left_out = public.split_once('\n').unwrap().1;
    std::fs::write(&path, declared(left_out)).unwrap();
    let refused = folder.run(&["config", "apply"]);
    assert_eq!(refused.code, 3, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("set \"none\""),
        "{}",
        refused.stderr
    );
}

#[test]
fn the_admin_api_refuses_it_with_the_same_words() {
    let console = Console::start();
    let (line, place) = DECLARED[0];
    let declared = StateFile::parse("keyfob.toml", &file(line)).unwrap();
    declared.apply(&console.server.app.store).unwrap();
    let refused = console.post("/clients/job/secrets", &json!({}));
    assert_eq!(refused.problem(), (409, "managed_by_file".into(), None));
    let detail = refused.json()["detail"].to_string();
    assert!(detail.contains(place), "{detail}");
}
