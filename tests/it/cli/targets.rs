//! `keyfob trusted-issuer`, and what `keyfob.toml` declares of it.

use serde_json::json;

use super::Folder;

const IDP: &str = "https://idp.example";

fn ready() -> Folder {
    let folder = Folder::new();
    folder.ok(&["scope", "create", "notes:read"]);
    let grants = "client_credentials,urn:ietf:params:oauth:grant-type:jwt-bearer";
    folder.ok(&[
        "client",
        "create",
        "notes",
        "--grant-type",
        grants,
        "--scope",
        "notes:read",
    ]);
    folder
}

#[test]
fn an_issuer_is_trusted_changed_and_trusted_no_more() {
    let folder = ready();
    let flags = [
        "--jwks-uri",
        "https://idp.example/jwks",
        "--client",
        "notes",
        "--scope",
        "notes:read",
    ];
    let made = folder.json(&[&["trusted-issuer", "create", IDP], &flags[..]].concat());
    let expected = json!({
        "issuer": IDP, "jwks_uri": "https://idp.example/jwks", "subject_claim": "sub", "matches": "sub",
        "clients": ["notes"], "scope": "notes:read"});
    assert_eq!(made, expected);
    let keys = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]});
    let by_value = [
        "trusted-issuer",
        "update",
        IDP,
        "--jwks",
        "-",
        "--matches",
        "email",
        "--subject-claim",
        "email",
    ];
    let changed = folder.json_with(&by_value, &keys.to_string());
    assert_eq!((&changed["jwks"], changed.get("jwks_uri")), (&keys, None));
    assert_eq!(
        (&changed["matches"], &changed["subject_claim"]),
        (&json!("email"), &json!("email"))
    );
    assert_eq!(folder.json(&["trusted-issuer", "list"]), json!([changed]));
    let private =
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "x", "d": "x"}]}).to_string();
    let wrong: &[(&[&str], &str, i32, &str)] = &[
        (
            &["create", "https://x.example"],
            "",
            2,
            "--jwks-uri: exactly one of jwks and jwks_uri is required",
        ),
        (
            &[
                "create",
                "https://x.example",
                "--jwks-uri",
                "http://x.example",
            ],
            "",
            2,
            "--jwks-uri: must be an https URL",
        ),
        (
            &["create", "https://x.example", "--jwks", "-"],
            &private,
            2,
            "must be a public key",
        ),
        (
            &["create", "https://x.example", "--jwks", "-"],
            "{}",
            2,
            "must be a JWK Set",
        ),
        (
            &["update", IDP, "--matches", "name"],
            "",
            2,
            "--matches: must be sub, username or email",
        ),
        (
            &["update", IDP, "--client", "nobody"],
            "",
            2,
            "client nobody not found. Create it first",
        ),
        (
            &["create", IDP, "--jwks-uri", "https://x.example"],
            "",
            1,
            "already exists",
        ),
    ];
    for (args, stdin, code, message) in wrong {
        let said = folder.run_with(&[&["trusted-issuer"], *args].concat(), stdin);
        assert_eq!(said.code, *code, "{args:?}: {}", said.stderr);
        assert!(said.stderr.contains(message), "{args:?}: {}", said.stderr);
    }
    folder.ok(&["trusted-issuer", "delete", IDP, "--yes"]);
    assert_eq!(folder.run(&["trusted-issuer", "show", IDP]).code, 4);
}

#[test]
fn a_file_declares_it_and_lets_it_go() {
    let folder = Folder::new();
    let write = |text: &str| std::fs::write(folder.path("keyfob.toml"), text).unwrap();
    let rest = r#"
[[scope]]
name = "notes:read"

[[client]]
client_id = "notes"
client_secret = "correct horse battery"
grant_types = ["client_credentials"]
scope = "notes:read"
"#;
    let declared = r#"
[[trusted_issuer]]
issuer = "https://idp.example"
jwks_uri = "https://idp.example/jwks"
subject_claim = "email"
matches = "email"
clients = ["notes"]
scope = "notes:read"
"#;
    write(&format!("{rest}{declared}"));
    folder.ok(&["config", "apply"]);
    assert_eq!(
        folder.json(&["trusted-issuer", "show", IDP])["matches"],
        "email"
    );
    // Nothing is left to be done, and what is exported says the same.
    assert_eq!(folder.run(&["config", "plan"]).code, 0);
    let exported = folder.ok(&["config", "export"]);
    for table in declared.split("\n\n") {
        for line in table.trim().lines() {
            assert!(exported.contains(line), "{line} in {exported}");
        }
    }
    let by_hand = folder.run(&["trusted-issuer", "update", IDP, "--audience", "x"]);
    assert_eq!(by_hand.code, 1);
    assert!(
        by_hand.stderr.contains("is managed by keyfob.toml:"),
        "{}",
        by_hand.stderr
    );
    write(rest);
    folder.ok(&["config", "apply"]);
    assert_eq!(folder.run(&["trusted-issuer", "show", IDP]).code, 4);
    write("[[trusted_issuer]]\nissuer = \"x\"\nmatches = \"y\"");
    let said = folder.run(&["config", "apply"]);
    assert_eq!(said.code, 3, "{}", said.stderr);
    let message = "keyfob.toml:3: trusted_issuer \"x\": matches: must be sub";
    assert!(said.stderr.contains(message), "{}", said.stderr);
}
