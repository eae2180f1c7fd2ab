//! `keyfob user|team|scope|client`.

use serde_json::json;

use super::{Folder, members};

#[test]
fn a_user_is_made_shown_changed_and_deleted() {
    let folder = Folder::new();
    folder.ok(&["team", "create", "acme", "--name", "Acme"]);
    folder.ok(&["team", "create", "club"]);
    let create = [
        "user",
        "create",
        "ola",
        "--sub",
        "u-ola",
        "--email",
        "ola@example.com",
        "--given-name",
        "Ola",
        "--family-name",
        "Nordmann",
        "--zoneinfo",
        "Europe/Oslo",
        "--team",
        "acme:admin",
        "--team",
        "club",
        "--claim",
        "nickname=Oli",
        "--admin",
        "--password-stdin",
    ];
    let mut expected = json!({
        "sub": "u-ola", "username": "ola", "email": "ola@example.com", "email_verified": false,
        "given_name": "Ola", "family_name": "Nordmann", "locale": null, "zoneinfo": "Europe/Oslo",
        "picture": null, "claims": {"nickname": "Oli"}, "has_password": true, "admin": true,
        "disabled": false, "allow_delegation": true, "persona": false,
        "teams": [{"id": "acme", "role": "admin"}, {"id": "club", "role": "member"}], "managed_by": null,
        "password_link": null,
    });
    let mut made = folder.json_with(&create, "correct horse\n");
    let registered_at = made
        .as_object_mut()
        .unwrap()
        .remove("registered_at")
        .unwrap();
    assert!(registered_at.as_str().unwrap().ends_with('Z'));
    assert_eq!(made, expected);
    let update = [
        "user",
        "update",
        "OLA",
        "--admin=false",
        "--email-verified",
        "--claim",
        "nickname=",
        "--claim",
        "address={\"country\":\"NO\"}",
        "--family-name",
        "",
        "--leave-team",
        "acme",
        "--team",
        "club:admin",
        "--disable",
    ];
    for (name, value) in [
        ("admin", json!(false)),
        ("email_verified", json!(true)),
        ("claims", json!({"address": {"country": "NO"}})),
        ("family_name", json!(null)),
        ("teams", json!([{"id": "club", "role": "admin"}])),
        ("disabled", json!(true)),
    ] {
        expected[name] = value;
    }
    folder.ok(&update);
    let mut shown = folder.json(&["user", "show", "u-ola"]);
    shown.as_object_mut().unwrap().remove("registered_at");
    assert_eq!(shown, expected);
    assert_eq!(folder.json(&["user", "list"])[0]["sub"], "u-ola");
    let list = folder.ok(&["user", "list"]);
    let lines: Vec<_> = list
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .collect();
    assert_eq!(
        lines[0],
        ["USERNAME", "SUB", "EMAIL", "NAME", "TEAMS", "STATE"]
    );
    assert_eq!(
        lines[1],
        [
            "ola",
            "u-ola",
            "ola@example.com",
            "Ola",
            "club:admin",
            "disabled"
        ]
    );
    folder.ok(&["user", "delete", "ola"]);
    assert_eq!(folder.json(&["user", "list"]), json!([]));
}

#[test]
fn a_client_is_made_shown_changed_and_deleted_and_its_secret_is_shown_once() {
    let folder = Folder::new();
    folder.ok(&[
        "scope",
        "create",
        "notes:read",
        "--description",
        "read your notes",
    ]);
    let create = [
        "client",
        "create",
        "web",
        "--name",
        "Notes",
        "--redirect-uri",
        "http://127.0.0.1:9000/callback",
        "--grant-type",
        "authorization_code,refresh_token",
        "--scope",
        "openid notes:read",
    ];
    let made = folder.json(&create);
    let expected = [
        "client_id",
        "client_name",
        "redirect_uris",
        "grant_types",
        "scope",
        "token_endpoint_auth_method",
        "disabled",
        "managed_by",
        "secrets",
        "created_at",
        "updated_at",
        "client_secret",
    ];
    assert_eq!(members(&made), expected);
    assert_eq!(
        made["grant_types"],
        json!(["authorization_code", "refresh_token"])
    );
    assert_eq!(
        members(&made["secrets"][0]),
        ["id", "chosen", "created_at", "expires_at"]
    );
    let secret = made["client_secret"].as_str().unwrap();
    assert_eq!(secret.len(), 43);
    // A grant whose name is a URN goes by its last part, too.
    let tv = folder.json(&[
        "client",
        "create",
        "tv",
        "--grant-type",
        "device_code,urn:ietf:params:oauth:grant-type:token-exchange",
    ]);
    let urn = |name: &str| format!("urn:ietf:params:oauth:grant-type:{name}");
    assert_eq!(
        tv["grant_types"],
        json!([urn("device_code"), urn("token-exchange")])
    );
    folder.ok(&[
        "client",
        "update",
        "web",
        "--require-consent=false",
        "--access-token-lifetime",
        "60",
    ]);
    folder.ok(&["client", "update", "web", "--unset", "client_name"]);
    let rotated = folder.ok(&["client", "rotate-secret", "web"]);
    assert_eq!(rotated.trim_end().len(), 43, "the secret and nothing else");
    let shown = folder.ok(&["client", "show", "web", "--output", "jsonl"]);
    assert!(!shown.contains(secret) && !shown.contains(rotated.trim_end()));
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["require_consent"], json!(false));
    assert_eq!(shown["access_token_lifetime"], json!(60));
    assert_eq!(shown.get("client_name"), None);
    assert_eq!(shown["secrets"].as_array().unwrap().len(), 2);
    let public = ["client", "update", "web", "--auth-method", "none"];
    assert_eq!(folder.json(&public)["secrets"], json!([]));
    folder.ok(&["client", "delete", "web"]);
    assert_eq!(folder.run(&["client", "show", "web"]).code, 4);
}

#[test]
fn a_client_can_be_made_from_a_document_and_flags_win_over_it() {
    let folder = Folder::new();
    let document = r#"{"client_id": "a", "client_name": "A", "grant_types": [], "contacts": ["a@example.com"]}"#;
    let made = folder.json_with(
        &["client", "create", "b", "--metadata", "-", "--name", "B"],
        document,
    );
    assert_eq!(
        (&made["client_id"], &made["client_name"], &made["contacts"]),
        (&json!("b"), &json!("B"), &json!(["a@example.com"]))
    );
    let unknown = folder.run_with(
        &["client", "create", "--metadata", "-"],
        r#"{"redirect_uri": "x"}"#,
    );
    assert_eq!(unknown.code, 2);
    assert!(
        unknown
            .stderr
            .contains("unknown client metadata member \"redirect_uri\""),
        "{}",
        unknown.stderr
    );
}

#[test]
fn teams_and_scopes_are_made_shown_changed_and_deleted() {
    let folder = Folder::new();
    let team = folder.json(&["team", "create", "acme"]);
    assert_eq!(
        members(&team),
        ["id", "name", "disabled", "managed_by", "created_at"]
    );
    assert_eq!(team["name"], "acme");
    let team = folder.json(&["team", "update", "acme", "--name", "Acme", "--disable"]);
    assert_eq!(
        (&team["name"], &team["disabled"]),
        (&json!("Acme"), &json!(true))
    );
    folder.ok(&["user", "create", "ola", "--sub", "u-ola"]);
    folder.ok(&["team", "add-member", "acme", "ola", "--admin"]);
    assert_eq!(
        folder.json(&["team", "members", "acme"]),
        json!([{"sub": "u-ola", "username": "ola", "name": "ola", "role": "admin", "managed_by": null}])
    );
    folder.ok(&["team", "remove-member", "acme", "ola"]);
    assert_eq!(
        folder.run(&["team", "remove-member", "acme", "ola"]).code,
        1
    );
    assert_eq!(folder.json(&["team", "members", "acme"]), json!([]));
    folder.ok(&["team", "delete", "acme"]);
    assert_eq!(folder.json(&["team", "list"]), json!([]));

    let scope = folder.json(&["scope", "create", "notes:read"]);
    assert_eq!(
        scope,
        json!({"name": "notes:read", "description": "notes:read", "built_in": false, "managed_by": null})
    );
    folder.ok(&[
        "scope",
        "update",
        "notes:read",
        "--description",
        "read your notes",
    ]);
    let list = folder.json(&["scope", "list"]);
    let list = list.as_array().unwrap();
    assert!(list.is_sorted_by_key(|scope| scope["name"].as_str()));
    let own = list.iter().find(|scope| scope["name"] == "notes:read");
    assert_eq!(own.unwrap()["description"], "read your notes");
    folder.ok(&["scope", "delete", "notes:read"]);
    assert_eq!(folder.run(&["scope", "delete", "openid"]).code, 1);
}

#[test]
fn resources_are_made_shown_changed_and_deleted() {
    let folder = Folder::new();
    folder.ok(&["scope", "create", "notes:read"]);
    folder.ok(&[
        "client",
        "create",
        "notes-api",
        "--grant-type",
        "client_credentials",
    ]);
    let uri = "https://notes.example/api";
    let made = folder.json(&[
        "resource",
        "create",
        uri,
        "--scope",
        "notes:read",
        "--client",
        "notes-api",
    ]);
    let mut expected = json!({
        "uri": uri, "name": uri, "scopes": "notes:read", "client_id": "notes-api",
        "access_token_alg": null, "managed_by": null,
    });
    assert_eq!(made, expected);
    // RFC 3986 §6.2.2: another spelling of it is no other resource.
    let spelled = "HTTPS://NOTES.example:443/api";
    assert_eq!(folder.run(&["resource", "create", spelled]).code, 1);
    folder.ok(&[
        "resource",
        "update",
        spelled,
        "--name",
        "Notes",
        "--client",
        "",
        "--scope",
        "",
        "--access-token-alg",
        "RS256",
    ]);
    for (name, value) in [
        ("name", json!("Notes")),
        ("client_id", json!(null)),
        ("scopes", json!("")),
        ("access_token_alg", json!("RS256")),
    ] {
        expected[name] = value;
    }
    assert_eq!(folder.json(&["resource", "show", uri]), expected);
    assert_eq!(folder.json(&["resource", "list"]), json!([expected]));
    folder.ok(&["resource", "delete", uri]);
    assert_eq!(folder.json(&["resource", "list"]), json!([]));
    let rows: &[(i32, &str, &[&str])] = &[
        (2, "URI", &["resource", "create", "notes.example"]),
        (
            2,
            "URI",
            &["resource", "create", "https://notes.example/#x"],
        ),
        (
            2,
            "--scope",
            &["resource", "create", uri, "--scope", "(empty)"],
        ),
        (
            2,
            "--scope",
            &["resource", "create", uri, "--scope", "keyfob:admin"],
        ),
        (
            2,
            "--client",
            &["resource", "create", uri, "--client", "nobody"],
        ),
        (
            4,
            "API \"https://notes.example/api\" not found",
            &["resource", "show", uri],
        ),
    ];
    for (code, named, args) in rows {
        let said = folder.run(args);
        assert_eq!(said.code, *code, "{args:?}: {}", said.stderr);
        assert!(said.stderr.contains(named), "{args:?}: {}", said.stderr);
    }
}

#[test]
fn what_is_wrong_is_named_and_decides_the_exit_code() {
    let folder = Folder::new();
    folder.ok(&["user", "create", "ola"]);
    folder.ok(&[
        "client",
        "create",
        "backend",
        "--grant-type",
        "client_credentials",
    ]);
    let rows: &[(i32, &str, &[&str])] = &[
        (2, "USERNAME", &["user", "create", " "]),
        (
            2,
            "--email",
            &["user", "create", "kari", "--email", "nobody"],
        ),
        (
            2,
            "--zoneinfo",
            &["user", "update", "ola", "--zoneinfo", "Oslo"],
        ),
        (2, "--claim", &["user", "update", "ola", "--claim", "sub=x"]),
        (2, "--claim", &["user", "update", "ola", "--claim", "x"]),
        (2, "--team", &["user", "update", "ola", "--team", "acme"]),
        (
            2,
            "--team",
            &["user", "update", "ola", "--team", "acme:owner"],
        ),
        (
            2,
            "--leave-team",
            &["user", "update", "ola", "--leave-team", "acme"],
        ),
        (2, "--admin", &["user", "update", "ola", "--admin=maybe"]),
        (
            2,
            "Password",
            &["user", "create", "kari", "--password-stdin"],
        ),
        (2, "--password-stdin", &["user", "set-password", "ola"]),
        (
            2,
            "unexpected argument",
            &["user", "create", "kari", "--password", "x"],
        ),
        (
            2,
            "--grant-type (value 1)",
            &["client", "create", "a", "--grant-type", "password"],
        ),
        (2, "--redirect-uri", &["client", "create", "a"]),
        (
            2,
            "--redirect-uri (value 2)",
            &[
                "client",
                "create",
                "a",
                "--redirect-uri",
                "https://a.example/",
                "--redirect-uri",
                "x",
            ],
        ),
        (
            2,
            "--scope",
            &["client", "update", "backend", "--scope", "(empty)"],
        ),
        (
            2,
            "--auth-method",
            &["client", "update", "backend", "--auth-method", "basic"],
        ),
        (
            2,
            "Client secret",
            &["client", "update", "backend", "--secret-stdin"],
        ),
        (2, "NAME", &["scope", "create", "keyfob:more"]),
        (2, "ID", &["team", "create", "a b"]),
        (2, "--output", &["user", "list", "--output", "xml"]),
        (
            2,
            "--unset",
            &["client", "update", "backend", "--unset", "clientname"],
        ),
        (
            2,
            "--unset",
            &["client", "update", "backend", "--unset", "client_id"],
        ),
        (
            2,
            "--access-token-lifetime",
            &[
                "client",
                "update",
                "backend",
                "--access-token-lifetime",
                "1y",
            ],
        ),
        (1, "already", &["user", "create", "OLA"]),
        (
            1,
            "already",
            &[
                "client",
                "create",
                "backend",
                "--grant-type",
                "client_credentials",
            ],
        ),
        (1, "built-in client", &["client", "delete", "keyfob"]),
        (
            1,
            "not found. Run keyfob serve once",
            &["user", "list", "--database", "other.db"],
        ),
        (4, "Did you mean \"ola\"", &["user", "show", "olla"]),
        (
            4,
            "Did you mean \"backend\"",
            &["client", "rotate-secret", "backnd"],
        ),
        (
            4,
            "Did you mean \"profile\"",
            &["scope", "delete", "profil"],
        ),
        (4, "Team \"acme\" not found", &["team", "show", "acme"]),
        (
            4,
            "Team \"acme\" not found",
            &["team", "add-member", "acme", "ola"],
        ),
    ];
    for (code, named, args) in rows {
        let said = folder.run(args);
        assert_eq!(said.code, *code, "{args:?}: {}", said.stderr);
        assert!(said.stderr.contains(named), "{args:?}: {}", said.stderr);
        assert_eq!(said.stdout, "", "{args:?}");
    }
}

#[test]
fn an_email_that_is_changed_is_verified_only_if_the_same_change_says_so() {
    let folder = Folder::new();
    let user = |args: &[&str]| {
        let user = folder.json(&[&["user"], args].concat());
        user["email_verified"].as_bool().unwrap()
    };
    assert!(user(&[
        "create",
        "evt",
        "--email",
        "a@v.example",
        "--email-verified"
    ]));
    // The same address, however it is written, is still the one that was verified.
    assert!(user(&["update", "evt", "--email", "A@v.example"]));
    assert!(user(&["update", "evt", "--given-name", "Eva"]));
    assert!(!user(&["update", "evt", "--email", "b@v.example"]));
    assert!(user(&[
        "update",
        "evt",
        "--email",
        "c@v.example",
        "--email-verified"
    ]));
    assert!(!user(&["update", "evt", "--email", ""]));
}
