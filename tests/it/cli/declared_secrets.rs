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
            refused.stderr.contains("Change it there and reload"),
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
