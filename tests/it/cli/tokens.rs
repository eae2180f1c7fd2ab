//! `keyfob token|key|events|setup-url|version|completions`, and what no command ever prints.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use super::{Folder, members, run};

const ISSUER: &str = "http://localhost:8080";

fn mint(folder: &Folder, args: &[&str]) -> String {
    let args: Vec<_> = ["token", "mint", "--issuer", ISSUER]
        .iter()
        .chain(args)
        .copied()
        .collect();
    folder.ok(&args).trim_end().to_owned()
}

fn verify(folder: &Folder, token: &str, args: &[&str]) -> (i32, Value) {
    let always = ["token", "verify", "--issuer", ISSUER, "--output", "json"];
    let args: Vec<_> = always.iter().chain(args).copied().collect();
    let said = folder.run_with(&args, token);
    (said.code, serde_json::from_str(&said.stdout).unwrap())
}

/// The names of the checks that have not passed.
fn failed(verdict: &Value) -> Vec<&str> {
    let checks = verdict["checks"].as_array().unwrap().iter();
    let failed = checks.filter(|check| check["passed"] == json!(false));
    failed
        .map(|check| check["name"].as_str().unwrap())
        .collect()
}

#[test]
fn a_scope_that_the_client_may_not_have_names_the_client_and_the_way_out() {
    let folder = Folder::new();
    folder.ok(&["user", "create", "root", "--admin"]);
    let args = [
        "token",
        "mint",
        "--issuer",
        ISSUER,
        "--user",
        "root",
        "--scope",
        "keyfob:admin",
    ];
    let said = folder.run(&args);
    assert_eq!(said.code, 2, "{}", said.stderr);
    let told = "--scope: keyfob:admin is not allowed for the client keyfob: choose another client (--client)";
    assert!(said.stderr.contains(told), "{}", said.stderr);
}

#[test]
fn a_minted_token_says_what_was_asked_for_and_passes_every_check() {
    let folder = Folder::new();
    folder.ok(&["team", "create", "acme"]);
    folder.ok(&["user", "create", "ola", "--sub", "u-ola", "--team", "acme"]);
    let create = [
        "client",
        "create",
        "backend",
        "--grant-type",
        "client_credentials",
        "--scope",
    ];
    folder.ok(&[
        &create[..],
        &["openid email offline_access keyfob:delegate"],
    ]
    .concat());
    let args = [
        "--client",
        "backend",
        "--user",
        "ola",
        "--team",
        "acme",
        "--lifetime",
        "60",
    ];
    let token = mint(&folder, &args);
    let inspected = folder.json_with(&["token", "inspect"], &token);
    assert_eq!(members(&inspected), ["kind", "header", "claims"]);
    assert_eq!(
        (&inspected["kind"], &inspected["header"]["typ"]),
        (&json!("jwt"), &json!("at+jwt"))
    );
    let claims = &inspected["claims"];
    let expected = [
        ("iss", ISSUER),
        ("aud", ISSUER),
        ("sub", "u-ola"),
        ("client_id", "backend"),
        // Neither what yields refresh tokens nor what is never given unasked.
        ("scope", "openid email"),
        ("team_id", "acme"),
    ];
    for (name, value) in expected {
        assert_eq!(claims[name], value, "{name}");
    }
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        60
    );
    let shown = folder.run_with(&["token", "inspect"], &token).ok(&[]);
    assert!(shown.contains("exp") && !shown.contains(&token));
    let (code, verdict) = verify(&folder, &token, &[]);
    assert_eq!((code, &verdict["valid"]), (0, &json!(true)), "{verdict}");
    let names: Vec<_> = verdict["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| &check["name"])
        .collect();
    assert_eq!(
        names,
        [
            "typ",
            "signature",
            "iss",
            "aud",
            "exp",
            "iat",
            "issued",
            "client",
            "not revoked"
        ]
    );
    let as_json = folder.json(&["token", "mint", "--issuer", ISSUER, "--client", "backend"]);
    assert_eq!(
        members(&as_json),
        ["access_token", "token_type", "expires_in", "scope"]
    );
}

#[test]
fn each_reason_why_a_token_does_not_count_is_a_check_of_its_own() {
    let folder = Folder::new();
    folder.ok(&[
        "client",
        "create",
        "backend",
        "--grant-type",
        "client_credentials",
    ]);
    folder.ok(&["user", "create", "ola"]);
    // Makes the keys, so that the copy has them.
    mint(&folder, &["--client", "backend"]);
    folder.ok(&["backup", "copy.db"]);
    let token = mint(&folder, &["--client", "backend"]);
    let args = ["token", "verify", "--issuer", ISSUER, "--output", "json"];
    let said = run(&folder.path("copy.db"), &args, &token);
    let verdict = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        failed(&verdict),
        ["issued"],
        "signed by our key, and never issued by this database"
    );
    let parts: Vec<_> = token.split('.').collect();
    let forged = format!("{}.{}.{}", parts[0], parts[1], "A".repeat(86));
    assert_eq!(failed(&verify(&folder, &forged, &[]).1), ["signature"]);
    let args = ["--audience", "https://notes.example"];
    assert_eq!(failed(&verify(&folder, &token, &args).1), ["aud"]);
    let other = Folder::new();
    other.ok(&[
        "client",
        "create",
        "backend",
        "--grant-type",
        "client_credentials",
    ]);
    // Makes the other server's keys.
    mint(&other, &["--client", "backend"]);
    assert_eq!(failed(&verify(&other, &token, &[]).1), ["signature"]);
    let iss = [
        "token",
        "verify",
        "--issuer",
        "https://id.example.com",
        "--output",
        "json",
    ];
    let said = folder.run_with(&iss, &token);
    assert_eq!(
        failed(&serde_json::from_str(&said.stdout).unwrap()),
        ["iss", "aud"]
    );
    folder.ok(&["client", "update", "backend", "--disable"]);
    assert_eq!(
        failed(&verify(&folder, &token, &[]).1),
        ["client", "not revoked"]
    );
    folder.ok(&["client", "update", "backend", "--enable"]);
    assert_eq!(
        failed(&verify(&folder, &token, &[]).1),
        ["not revoked"],
        "what is revoked stays so"
    );
    let (code, verdict) = verify(&folder, &mint(&folder, &["--client", "backend"]), &[]);
    assert_eq!((code, failed(&verdict)), (0, vec![]));
    let (code, verdict) = verify(
        &folder,
        &format!("{}.{}", "0".repeat(32), "s".repeat(43)),
        &[],
    );
    assert_eq!((code, failed(&verdict)), (5, vec!["issued"]));
}

#[test]
fn nothing_is_minted_that_the_client_or_the_user_could_not_have() {
    let folder = Folder::new();
    let create = [
        "client",
        "create",
        "web",
        "--auth-method",
        "none",
        "--redirect-uri",
        "https://app.example/cb",
    ];
    folder.ok(&[&create[..], &["--scope", "openid keyfob:admin"]].concat());
    folder.ok(&["user", "create", "ola"]);
    folder.ok(&["user", "create", "kari"]);
    folder.ok(&["user", "update", "kari", "--disable"]);
    folder.ok(&["team", "create", "acme"]);
    let rows: &[(i32, &str, &[&str])] = &[
        (2, "--client", &[]),
        (2, "--user", &["--client", "web"]),
        (
            2,
            "--scope",
            &["--client", "web", "--user", "ola", "--scope", "email"],
        ),
        (
            2,
            "--scope",
            &[
                "--client",
                "web",
                "--user",
                "ola",
                "--scope",
                "keyfob:admin",
            ],
        ),
        (2, "--team", &["--user", "ola", "--team", "acme"]),
        (
            2,
            "--resource",
            &["--user", "ola", "--resource", "https://notes.example"],
        ),
        (2, "--lifetime", &["--user", "ola", "--lifetime", "86401"]),
        (2, "--lifetime", &["--user", "ola", "--lifetime", "0"]),
        (1, "disabled", &["--user", "kari"]),
        (4, "Did you mean \"ola\"", &["--user", "olla"]),
        (
            4,
            "Did you mean \"web\"",
            &["--client", "webb", "--user", "ola"],
        ),
        (
            4,
            "Team \"club\" not found",
            &["--user", "ola", "--team", "club"],
        ),
    ];
    for (code, named, args) in rows {
        let args: Vec<_> = ["token", "mint", "--issuer", ISSUER]
            .iter()
            .chain(*args)
            .copied()
            .collect();
        let said = folder.run(&args);
        assert_eq!(said.code, *code, "{args:?}: {}", said.stderr);
        assert!(said.stderr.contains(named), "{args:?}: {}", said.stderr);
        assert_eq!(said.stdout, "");
    }
    let never_served = folder.run(&["token", "mint", "--user", "ola"]);
    assert_eq!(never_served.code, 1);
    assert!(
        never_served.stderr.contains("--issuer"),
        "{}",
        never_served.stderr
    );
}

#[test]
fn a_client_of_reserved_scopes_alone_gets_none_of_them_unasked() {
    let folder = Folder::new();
    let create = [
        "client",
        "create",
        "ops",
        "--grant-type",
        "client_credentials",
        "--scope",
        "keyfob:admin",
    ];
    folder.ok(&create);
    let refused = folder.run(&["token", "mint", "--issuer", ISSUER, "--client", "ops"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    let said = "--scope: must be given: keyfob:admin is never given unasked";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    let token = mint(&folder, &["--client", "ops", "--scope", "keyfob:admin"]);
    let said = folder.run_with(&["token", "inspect", "--output", "json"], &token);
    let inspected: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(inspected["claims"]["scope"], "keyfob:admin");
}

// Somebody else knows the password: the command is what ends their sessions, whether or not a new one was chosen.
#[test]
fn to_set_the_password_there_is_revokes_everything_too() {
    let folder = Folder::new();
    let password = "correct horse battery";
    let create = ["user", "create", "ola", "--password-stdin"];
    folder.run_with(&create, password).ok(&[]);
    let token = mint(&folder, &["--user", "ola"]);
    assert_eq!(verify(&folder, &token, &[]).0, 0);
    let set = ["user", "set-password", "ola", "--password-stdin"];
    folder.run_with(&set, password).ok(&[]);
    let (code, verdict) = verify(&folder, &token, &[]);
    assert_eq!((code, failed(&verdict)), (5, vec!["not revoked"]));
}

#[test]
fn a_token_is_no_argument_and_is_not_repeated() {
    let folder = Folder::new();
    folder.ok(&["user", "create", "ola"]);
    let token = mint(&folder, &["--user", "ola"]);
    for args in [
        ["token", "inspect", &token],
        ["token", "verify", &token],
        ["token", "revoke", &token],
    ] {
        let said = folder.run(&args);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""));
        assert!(!said.stderr.contains(&token) && said.stderr.contains("--token-file"));
    }
    for (stdin, code) in [("", 2), ("not a token", 2), ("a.b.c", 2)] {
        for command in ["inspect", "verify", "revoke"] {
            let args = ["token", command, "--issuer", ISSUER];
            let args = if command == "verify" {
                &args[..]
            } else {
                &args[..2]
            };
            let said = folder.run_with(args, stdin);
            // What is no token does not pass the check.
            let code = if command == "verify" && !stdin.is_empty() {
                5
            } else {
                code
            };
            assert_eq!(
                (said.code, said.stdout.as_str()),
                (code, ""),
                "{command} {stdin:?}: {}",
                said.stderr
            );
        }
    }
    let unknown = [
        "token",
        "revoke",
        "--jti",
        "01900000-0000-7000-8000-000000000000",
    ];
    assert_eq!(folder.run(&unknown).code, 4);
    std::fs::write(folder.path("token"), format!("{token}\n")).unwrap();
    folder.ok(&["token", "revoke", "--token-file", "token"]);
    assert_eq!(failed(&verify(&folder, &token, &[]).1), ["not revoked"]);
}

#[test]
fn keys_are_listed_rotated_and_retired() {
    let folder = Folder::new();
    folder.ok(&["user", "create", "ola"]);
    mint(&folder, &["--user", "ola"]);
    let states = |folder: &Folder| -> Vec<(String, String)> {
        let keys = folder.json(&["key", "list"]);
        let text = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
        let keys = keys.as_array().unwrap().iter();
        keys.map(|key| (text(key, "alg"), text(key, "state")))
            .collect()
    };
    let expect = |expected: &[(&str, &str)]| {
        let expected: Vec<_> = expected
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect();
        assert_eq!(states(&folder), expected);
    };
    expect(&[("ES256", "active"), ("EdDSA", "active")]);
    let key = &folder.json(&["key", "list"])[0];
    assert_eq!(
        members(key),
        [
            "kid",
            "alg",
            "state",
            "created_at",
            "activates_at",
            "expires_at"
        ]
    );
    folder.ok(&["key", "rotate", "--alg", "ES256"]);
    expect(&[("ES256", "active"), ("ES256", "next"), ("EdDSA", "active")]);
    assert_eq!(folder.run(&["key", "rotate", "--alg", "ES256"]).code, 1);
    let old = folder.json(&["key", "list"])[0]["kid"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(folder.run(&["key", "revoke", &old]).code, 1, "it signs");
    folder.ok(&["key", "rotate", "--now"]);
    expect(&[
        ("ES256", "retiring"),
        ("ES256", "active"),
        ("ES256", "expired"),
        ("EdDSA", "retiring"),
        ("EdDSA", "active"),
    ]);
    folder.ok(&["key", "revoke", &old[..12]]);
    assert_eq!(states(&folder)[0].1, "expired");
    assert_eq!(folder.run(&["key", "revoke", "(empty)"]).code, 4);
    assert_eq!(folder.run(&["key", "rotate", "--alg", "HS256"]).code, 2);
    assert_eq!(
        folder
            .run(&["key", "rotate", "--now", "--publish-ahead", "1"])
            .code,
        2
    );
}

#[test]
fn events_are_listed_newest_first_filtered_and_followed() {
    let folder = Folder::new();
    for name in ["a", "b", "c"] {
        folder.ok(&["team", "create", name]);
    }
    folder.ok(&["user", "create", "ola", "--sub", "u-ola"]);
    let list = |args: &[&str]| -> Vec<String> {
        let args: Vec<_> = ["events", "list"].iter().chain(args).copied().collect();
        let events = folder.json(&args);
        let events = events.as_array().unwrap().iter();
        events
            .map(|event| event["subject"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(list(&[]), ["u-ola", "c", "b", "a"]);
    assert_eq!(list(&["--limit", "2"]), ["u-ola", "c"]);
    assert_eq!(list(&["--event", "team"]), ["c", "b", "a"]);
    assert_eq!(list(&["--event", "tea"]).len(), 0, "up to a dot only");
    assert_eq!(
        list(&[
            "--subject",
            "OLA",
            "--actor",
            "cli",
            "--outcome",
            "ok",
            "--last",
            "3600"
        ]),
        ["u-ola"]
    );
    assert_eq!(list(&["--outcome", "failed"]).len(), 0);
    let event = &folder.json(&["events", "list"])[0];
    let expected = [
        "id",
        "at",
        "event",
        "outcome",
        "actor",
        "actor_name",
        "subject",
        "subject_name",
        "client_id",
        "client_name",
        "address",
        "reason",
        "detail",
    ];
    assert_eq!(members(event), expected);

    let mut tail = Command::new(env!("CARGO_BIN_EXE_keyfob"))
        .args([
            "events",
            "tail",
            "-n",
            "2",
            "--output",
            "jsonl",
            "--database",
        ])
        .arg(folder.path("keyfob.db"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let mut next = || -> String {
        let event: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        event["subject"].as_str().unwrap().to_owned()
    };
    assert_eq!([next(), next()], ["c", "u-ola"]);
    for name in ["d", "e"] {
        folder.ok(&["team", "create", name]);
        assert_eq!(next(), name);
    }
    tail.kill().unwrap();
    tail.wait().unwrap();
}

#[test]
fn a_set_up_link_is_made_until_there_is_an_administrator() {
    let folder = Folder::new();
    let args = ["setup-url", "--issuer", ISSUER];
    let link = folder.ok(&args);
    assert!(link.starts_with("http://localhost:8080/setup#t="), "{link}");
    assert_eq!(link.lines().count(), 1);
    assert_ne!(folder.ok(&args), link);
    let bad = folder.run(&["setup-url", "--issuer", "http://localhost:8080/"]);
    assert_eq!(bad.code, 2);
    assert!(bad.stderr.contains("--issuer"), "{}", bad.stderr);
    folder.ok(&["user", "create", "ola", "--admin"]);
    assert_eq!(folder.run(&args).code, 1);
}

#[test]
fn the_program_says_what_it_is_made_of_and_completes_itself() {
    let folder = Folder::new();
    let version = folder.json(&["version"]);
    assert_eq!(members(&version), ["version", "commit", "target", "sqlite"]);
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = folder.ok(&["completions", shell]);
        assert!(script.contains("rotate-secret"), "{shell}");
    }
}

#[test]
fn what_is_secret_is_in_no_output_and_in_no_event() {
    let folder = Folder::new();
    let password = "correct horse battery";
    folder
        .run_with(&["user", "create", "ola", "--password-stdin"], password)
        .ok(&[]);
    folder
        .run_with(
            &["user", "set-password", "ola", "--password-stdin"],
            password,
        )
        .ok(&[]);
    let chosen = "s3cret-for-development";
    let create = [
        "client",
        "create",
        "backend",
        "--grant-type",
        "client_credentials",
        "--secret-stdin",
    ];
    let said = folder.run_with(&create, chosen);
    let mut all = said.stderr.clone() + &said.stdout;
    let made = folder.ok(&["client", "rotate-secret", "backend"]);
    let token = mint(&folder, &["--user", "ola"]);
    for output in ["table", "json", "jsonl"] {
        for args in [
            ["user", "list"],
            ["user", "show"],
            ["client", "list"],
            ["client", "show"],
            ["key", "list"],
            ["events", "list"],
            ["session", "list"],
        ] {
            let name = match args {
                ["user", "show"] => &["ola"][..],
                ["client", "show"] => &["backend"],
                _ => &[],
            };
            let args = [&args[..], name, &["--output", output]].concat();
            all += &folder.ok(&args);
        }
    }
    for secret in [
        password,
        chosen,
        made.trim(),
        &token,
        "argon2id",
        "pkcs8",
        "sha256",
    ] {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[test]
fn what_is_no_token_does_not_pass_the_check() {
    let folder = Folder::new();
    let said = folder.run_with(
        &["token", "verify", "--issuer", "http://localhost:1"],
        "abc\n",
    );
    assert_eq!(said.code, 5, "{}", said.stderr);
}

#[test]
fn words_for_what_cannot_be_are_the_readers_own() {
    let folder = Folder::new();
    let two_lines = ["user", "create", "ola", "--password-stdin"];
    for (args, stdin, told) in [
        (&two_lines[..], "correct\nhorse\n", "must be one line"),
        (&["session", "revoke", "nope"], "", "must be an ID, such as"),
    ] {
        let said = folder.run_with(args, stdin);
        assert_eq!(said.code, 2, "{}", said.stderr);
        assert!(said.stderr.contains(told), "{}", said.stderr);
    }
    folder.ok(&["user", "create", "jo\u{308}rg"]);
    let again = folder.run(&["user", "create", "jo\u{308}rg"]);
    assert!(!again.stderr.contains("u{"), "{}", again.stderr);
}
