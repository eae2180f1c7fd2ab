//! Clients in the admin API.

use serde_json::json;

use super::Console;

#[test]
fn a_client_is_made_used_changed_and_deleted() {
    let console = Console::start();
    let body = json!({"client_id": "job", "client_name": "A job", "grant_types": ["client_credentials"],
                      "scope": "email"});
    let made = console.post("/clients", &body);
    assert_eq!(made.status, 201, "{}", made.text);
    let secret = made.json()["client_secret"].as_str().unwrap().to_owned();
    let token = |secret: &str| {
        let fields = [("grant_type", "client_credentials")];
        console
            .server
            .form("/api/v1/oauth/token", Some(("job", secret)), &fields)
            .status
    };
    assert_eq!(token(&secret), 200, "the directory knows it at once");
    let shown = console.get("/clients/job");
    assert!(!shown.text.contains(&secret));
    assert_eq!(shown.json()["client_name"], "A job");

    let changed = console.patch(
        "/clients/job",
        &json!({"client_name": null, "scope": "email phone"}),
    );
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert!(changed.json().get("client_name").is_none());
    assert_eq!(changed.json()["scope"], "email phone");

    let rotated = console.post("/clients/job/secrets", &json!({"overlap": 3600}));
    let fresh = rotated.json()["client_secret"].as_str().unwrap().to_owned();
    assert_eq!(
        (token(&secret), token(&fresh)),
        (200, 200),
        "both, for an hour"
    );
    let rotated = console.post("/clients/job/secrets", &json!({"overlap": 0}));
    let newest = rotated.json()["client_secret"].as_str().unwrap().to_owned();
    assert_eq!(
        (token(&secret), token(&fresh), token(&newest)),
        (401, 401, 200)
    );

    console.patch("/clients/job", &json!({"disabled": true}));
    assert_eq!(token(&newest), 401);
    assert_eq!(console.delete("/clients/job").status, 204);
    assert_eq!(console.get("/clients/job").problem().0, 404);
}

// RFC 6749 appendix A.2: a secret that no request can carry locks its client out.
#[test]
fn a_chosen_secret_is_one_that_can_be_sent() {
    let console = Console::start();
    let body = |secret: &str| json!({"client_id": "job", "client_secret": secret, "grant_types": ["client_credentials"]});
    let wrong = [
        ("x".repeat(1025), "at most 1024 characters"),
        ("x".repeat(100_000), "at most 1024 characters"),
        ("two\nlines".to_owned(), "control characters"),
        ("a NUL: \0.".to_owned(), "control characters"),
        (" ".repeat(12), "only spaces"),
        ("short".to_owned(), "at least 8 characters"),
    ];
    for (secret, told) in &wrong {
        let refused = console.post("/clients", &body(secret));
        let problem = (422, "invalid".to_owned(), Some("client_secret".to_owned()));
        assert_eq!(refused.problem(), problem, "{told}");
        assert!(refused.text.contains(told), "{}", refused.text);
        assert!(!refused.text.contains(secret.as_str()), "{told}");
    }
    let longest = "å".repeat(1024);
    assert_eq!(console.post("/clients", &body(&longest)).status, 201);
    let fields = [("grant_type", "client_credentials")];
    let sent = console
        .server
        .form("/api/v1/oauth/token", Some(("job", &longest)), &fields);
    assert_eq!(sent.status, 200, "{}", sent.text);
    let changed = console.patch("/clients/job", &json!({"client_secret": wrong[2].0}));
    assert_eq!(changed.problem().0, 422, "{}", changed.text);
}

#[test]
fn what_is_wrong_is_named_and_nothing_is_kept() {
    let console = Console::start();
    let uris = json!(["https://app.example/cb"]);
    let rows = [
        (
            json!({"redirect_uris": ["https://app.example/#x"]}),
            "redirect_uris[0]",
        ),
        (json!({"redirect_uris": uris, "colour": "red"}), "colour"),
        (
            json!({"redirect_uris": uris, "client_id": "keyfob"}),
            "client_id",
        ),
        (json!({"redirect_uris": uris, "scope": "nowhere"}), "scope"),
        (
            json!({"redirect_uris": uris, "delegation_teams": ["nobody"]}),
            "delegation_teams[0]",
        ),
        (
            json!({"redirect_uris": "https://app.example/cb"}),
            "redirect_uris",
        ),
    ];
    for (body, field) in rows {
        let (status, code, named) = console.post("/clients", &body).problem();
        assert_eq!(
            (status, code.as_str(), named.as_deref()),
            (422, "invalid", Some(field)),
            "{body}"
        );
    }
    assert_eq!(console.get("/clients").json()["items"], json!([]));
}

// RFC 9110 §13.1.1, RFC 6585 §3
#[test]
fn two_administrators_do_not_overwrite_each_other() {
    let console = Console::start();
    console.post(
        "/clients",
        &json!({"client_id": "job", "grant_types": ["client_credentials"]}),
    );
    let seen = console.get("/clients/job");
    let tag = seen.header("etag").unwrap();
    let change = |tag: Option<&str>, name: &str| {
        let headers: Vec<_> = tag.iter().map(|tag| ("if-match", *tag)).collect();
        console.send(
            "PATCH",
            "/clients/job",
            &headers,
            Some(&json!({"client_name": name})),
        )
    };
    assert_eq!(change(None, "x").problem().1, "if_match_required");
    assert_eq!(change(Some(tag), "first").status, 200);
    assert_eq!(
        change(Some(tag), "second").problem(),
        (412, "changed".into(), None)
    );
    assert_eq!(console.get("/clients/job").json()["client_name"], "first");
}

#[test]
fn a_list_comes_page_by_page_and_finds_by_name() {
    let console = Console::start();
    for i in 0..5 {
        let body = json!({"client_id": format!("job-{i}"), "client_name": format!("Number {i}"),
                          "grant_types": ["client_credentials"]});
        console.post("/clients", &body);
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = console
            .get(&format!("/clients?limit=2&cursor={cursor}"))
            .json();
        let items = page["items"].as_array().unwrap();
        seen.extend(
            items
                .iter()
                .map(|item| item["client_id"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, ["job-0", "job-1", "job-2", "job-3", "job-4"]);
    let found = console.get("/clients?q=NUMBER%203").json();
    assert_eq!(found["items"][0]["client_id"], "job-3");
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
}
