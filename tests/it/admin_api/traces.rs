//! Traces: what was exchanged in a sign-in is remembered together, and nothing secret of it.

use keyfob::config::Traces;
use serde_json::{Value, json};

use super::{BASE, Console};
use crate::support::{
    Answer, Server, VERIFIER,
    browser::{Browser, PASSWORD, authorize_path, challenge},
};

const TOKEN: &str = "/api/v1/oauth/token";
const CB: &str = "https://app.example/cb";

fn with_client(console: &Console) -> String {
    let secret = console.server.client(
        "app",
        json!({"client_name": "Notes", "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "redirect_uris": [CB], "token_endpoint_auth_method": "client_secret_basic",
            "scope": "openid profile email offline_access"}),
    );
    console.server.person("ola");
    secret
}

fn path(challenge: &str, redirect_uri: &str) -> String {
    authorize_path(&[
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", redirect_uri),
        ("scope", "openid profile offline_access"),
        ("state", "the-state-of-the-client"),
        ("nonce", "the-nonce-of-the-client"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ])
}

fn bearer(server: &Server, token: &str) -> Answer {
    let header = format!("Bearer {token}");
    server.get("/api/v1/oauth/userinfo", &[("authorization", &header)])
}

fn text(answer: &Value, name: &str) -> String {
    answer[name].as_str().unwrap().to_owned()
}

#[test]
fn a_whole_sign_in_is_one_trace_and_nothing_secret_of_it_is_told() {
    let console = Console::start();
    let (server, secret) = (&console.server, with_client(&console));
    let app = Some(("app", secret.as_str()));
    let mut browser = Browser::new(server);
    let first = browser.get(&path(&challenge(), CB));
    let page = browser.follow(&first);
    let (sealed, csrf) = (page.field("interaction"), page.field("csrf"));
    let login = |browser: &mut Browser, password: &str| {
        let fields = [
            ("interaction", sealed.as_str()),
            ("csrf", &csrf),
            ("username", "ola"),
            ("password", password),
        ];
        browser.post("/login", &fields)
    };
    login(&mut browser, "not-the-password");
    let consent = login(&mut browser, PASSWORD);
    let answer = browser.decide(&consent, "allow");
    let code = answer.parameters()["code"].clone();
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("code_verifier", VERIFIER),
        ("redirect_uri", CB),
    ];
    let tokens = server.form(TOKEN, app, &redeem).json();
    let (access, refresh) = (
        text(&tokens, "access_token"),
        text(&tokens, "refresh_token"),
    );
    assert_eq!(bearer(server, &access).status, 200);
    let fields = [("grant_type", "refresh_token"), ("refresh_token", &refresh)];
    let again = server.form(TOKEN, app, &fields).json();
    // The code once more, by which all of it ends.
    assert_eq!(server.form(TOKEN, app, &redeem).status, 400);
    assert_eq!(bearer(server, &access).status, 401);

    let list = console.get("/traces");
    let items = list.json()["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 1, "{}", list.text);
    let item = &items[0];
    assert_eq!(
        (
            &item["client_id"],
            &item["client_name"],
            &item["username"],
            &item["outcome"]
        ),
        (
            &json!("app"),
            &json!("Notes"),
            &json!("ola"),
            &json!("failed")
        )
    );
    assert_eq!(item["title"], "Sign-in (code with PKCE)");
    let id = text(item, "id");
    let trace = console.get(&format!("/traces/{id}"));
    let steps: Vec<_> = trace.json()["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            let path = step["path"].as_str().unwrap();
            let name = path.rsplit('/').next().unwrap().to_owned();
            (
                step["method"].as_str().unwrap().to_owned(),
                name,
                step["status"].as_u64().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("GET", "authorize", 303),
        ("GET", "login", 200),
        ("POST", "login", 200),
        ("POST", "login", 303),
        ("GET", "consent", 200),
        ("POST", "consent", 303),
        ("POST", "token", 200),
        ("GET", "userinfo", 200),
        ("POST", "token", 200),
        ("POST", "token", 400),
        ("GET", "userinfo", 401),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(method, name, status)| (method.to_string(), name.to_string(), *status))
        .collect();
    assert_eq!(steps, expected);
    let replay = &trace.json()["steps"][9];
    assert_eq!(replay["refused"]["reason"], "code_used_twice");
    // "The same code" can be told, though the code is not there.
    let mark = |step: usize| {
        let sent = trace.json()["steps"][step]["sent"]
            .as_array()
            .unwrap()
            .clone();
        sent.iter().find(|sent| sent["name"] == "code").unwrap()["mark"].clone()
    };
    assert_eq!(mark(6), mark(9));
    assert!(mark(6).is_string());
    let checks = replay["checks"].as_array().unwrap();
    let failed = checks.last().unwrap();
    assert_eq!(
        (&failed["name"], &failed["passed"]),
        (&json!("single use"), &json!(false))
    );
    assert!(
        checks
            .iter()
            .any(|check| check["name"] == "code_verifier" && check["passed"] == true)
    );

    let har = console.get(&format!("/traces/{id}/har"));
    assert_eq!(
        har.json()["log"]["entries"].as_array().unwrap().len(),
        steps.len()
    );
    let postman = console.get(&format!("/traces/{id}/postman"));
    let items = postman.json()["item"].clone();
    assert_eq!(items.as_array().unwrap().len(), steps.len());
    assert_eq!(
        items[6]["request"]["body"]["urlencoded"][1],
        json!({"key": "code", "value": "{{CODE}}"})
    );
    let secrets = [
        &code,
        VERIFIER,
        &access,
        &refresh,
        &text(&tokens, "id_token"),
        &text(&again, "access_token"),
        &text(&again, "refresh_token"),
        &text(&again, "id_token"),
        &secret,
        PASSWORD,
        "not-the-password",
        "the-state-of-the-client",
        "the-nonce-of-the-client",
        &sealed,
        &csrf,
    ];
    let basic = keyfob::crypto::hash::base64(format!("app:{secret}").as_bytes());
    for secret in secrets
        .into_iter()
        .chain([basic.as_str()])
        .chain(browser.cookies())
    {
        for answer in [&list, &trace, &har, &postman] {
            assert!(!answer.text.contains(secret), "{secret} in {}", answer.text);
        }
        // A part of it is as bad.
        let (half, _) = secret.split_at(secret.len() / 2);
        if half.len() >= 12 {
            assert!(!trace.text.contains(half), "{half} in {}", trace.text);
        }
    }
}

#[test]
fn a_refused_address_is_shown_beside_the_registered_one_with_its_fix() {
    let console = Console::start();
    with_client(&console);
    let page = console
        .server
        .get(&path(&challenge(), "https://app.example/cb/"), &[]);
    assert_eq!(page.status, 400);
    let reference = page.text.split(r#"id="error-reference">"#).nth(1).unwrap();
    let reference = reference.split('<').next().unwrap();
    assert!(
        page.header("keyfob-trace").is_none(),
        "for developers alone"
    );
    let trace = console.get(&format!("/traces/{reference}")).json();
    let refused = &trace["steps"][0]["refused"];
    assert_eq!(refused["reason"], "redirect_uri_not_registered");
    assert_eq!(refused["sent"], "https://app.example/cb/");
    assert_eq!(refused["expected"], json!([CB]));
    assert_eq!(
        refused["link"],
        "https://www.rfc-editor.org/rfc/rfc9700#section-4.1.3"
    );
    assert!(
        refused["fix"]
            .as_str()
            .unwrap()
            .starts_with("Add this redirect URI")
    );
    assert_eq!(
        trace["quick_fix"],
        json!({"client_id": "app", "member": "redirect_uris", "value": "https://app.example/cb/"})
    );
    let curl = trace["steps"][0]["curl"].as_str().unwrap();
    assert!(
        curl.contains("--data-urlencode \"state=${STATE}\""),
        "{curl}"
    );
    assert!(curl.contains("--data-urlencode 'client_id=app'"), "{curl}");
    let httpie = trace["steps"][0]["httpie"].as_str().unwrap();
    assert!(httpie.contains("\"state==${STATE}\""), "{httpie}");
    assert!(httpie.contains("'client_id==app'"), "{httpie}");
}

#[test]
fn a_copied_request_reads_no_file_and_runs_no_command_of_whoever_copies_it() {
    let console = Console::start();
    with_client(&console);
    let sent = "@/etc/passwd'; touch x; '";
    let path = authorize_path(&[("client_id", "app"), ("scope", sent), ("x'`id`", "y")]);
    console.server.get(&path, &[]);
    let id = text(&console.get("/traces").json()["items"][0], "id");
    let step = console.get(&format!("/traces/{id}")).json()["steps"][0].clone();
    let (curl, httpie) = (text(&step, "curl"), text(&step, "httpie"));
    let quoted = r"/etc/passwd'\''; touch x; '\'''";
    assert!(curl.contains(&format!("'scope=@{quoted}")), "{curl}");
    assert!(httpie.contains(&format!(r"'scope==\@{quoted}")), "{httpie}");
    for command in [curl, httpie] {
        assert!(!command.contains('`'), "{command}");
    }
}

#[test]
fn flows_are_filtered_and_paged() {
    let console = Console::start();
    let secret = with_client(&console);
    for _ in 0..3 {
        console.server.get(&path("short", CB), &[]);
    }
    console.server.get(&path(&challenge(), CB), &[]);
    let count = |query: &str| {
        let found = console.get(&format!("/traces{query}")).json();
        found["items"].as_array().unwrap().len()
    };
    let rows = [
        ("", 4),
        ("?outcome=failed", 3),
        ("?outcome=open", 1),
        ("?outcome=ok", 0),
        ("?client_id=app", 4),
        ("?client_id=ap", 0),
        ("?q=PKCE_malformed", 3),
        ("?q=nothing", 0),
    ];
    for (query, expected) in rows {
        assert_eq!(count(query), expected, "{query}");
    }
    assert_eq!(
        console.get("/traces?outcome=maybe").problem(),
        (422, "invalid".into(), Some("outcome".into()))
    );
    let page = console.get("/traces?limit=3").json();
    let rest = console
        .get(&format!("/traces?limit=3&cursor={}", text(&page, "next")))
        .json();
    assert_eq!(
        (rest["items"].as_array().unwrap().len(), &rest["next"]),
        (1, &json!(null))
    );
    let ids = |page: &Value| -> Vec<String> {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| text(item, "id"))
            .collect()
    };
    let all = [ids(&page), ids(&rest)].concat();
    let mut newest_first = all.clone();
    newest_first.sort();
    newest_first.reverse();
    assert_eq!(all, newest_first);
    assert_eq!(
        console
            .get("/traces/0198c0de-0000-7000-8000-000000000000")
            .status,
        404
    );
    // What a machine is given is remembered only where that is wanted, what it is refused always.
    let app = Some(("app", secret.as_str()));
    let machine = |secret| {
        console
            .server
            .form(TOKEN, secret, &[("grant_type", "client_credentials")])
    };
    assert_eq!(machine(app).status, 200);
    assert_eq!(count(""), 4);
    assert_eq!(machine(Some(("app", "wrong"))).status, 401);
    assert_eq!(count("?q=secret_wrong"), 1);
}

#[test]
fn what_is_remembered_is_what_the_setting_says() {
    for (traces, expected) in [
        (Traces::Off, [0, 0]),
        (Traces::Errors, [1, 1]),
        (Traces::All, [1, 2]),
    ] {
        let console = Console::over(Server::start_with(|told| told.live.traces = Some(traces)));
        let secret = with_client(&console);
        let count = || {
            console.get("/traces").json()["items"]
                .as_array()
                .unwrap()
                .len()
        };
        console.server.get(&path(&challenge(), CB), &[]);
        assert_eq!(count(), expected[0], "{traces:?}");
        let fields = [("grant_type", "client_credentials")];
        let answer = console.server.form(TOKEN, Some(("app", &secret)), &fields);
        assert_eq!(answer.status, 200);
        assert_eq!(count(), expected[1], "{traces:?}");
        assert_eq!(console.get("/traces").json()["recorded"], traces.as_str());
    }
}

#[test]
fn flows_are_forgotten_after_a_day() {
    let console = Console::start();
    with_client(&console);
    console.server.get(&path("short", CB), &[]);
    assert_eq!(
        keyfob::admin::traces::list(&console.server.app, &Default::default(), None, 9).len(),
        1
    );
    console
        .server
        .clock
        .advance(keyfob::domain::time::Lifetime::days(1));
    console
        .server
        .clock
        .advance(keyfob::domain::time::Lifetime(1));
    assert_eq!(
        keyfob::admin::traces::list(&console.server.app, &Default::default(), None, 9).len(),
        0
    );
}

#[test]
fn looking_at_traces_is_in_the_audit_log_once_in_a_while() {
    let console = Console::start();
    let read = || {
        let events = console.get("/events?event=trace.viewed").json();
        events["items"].as_array().unwrap().clone()
    };
    assert_eq!(read().len(), 0);
    for _ in 0..5 {
        console.get("/traces");
    }
    assert_eq!(read().len(), 1);
    assert_eq!(read()[0]["actor"], "root");
    console
        .server
        .clock
        .advance(keyfob::domain::time::Lifetime::minutes(15));
    console.get("/traces");
    assert_eq!(read().len(), 2);
    assert_eq!(
        console.server.get(&format!("{BASE}/traces"), &[]).status,
        401
    );
}

#[test]
fn a_refusal_in_the_audit_log_names_its_trace() {
    let console = Console::start();
    let secret = with_client(&console);
    let fields = [("grant_type", "authorization_code"), ("code", "x")];
    let answer = console.server.form(TOKEN, Some(("app", &secret)), &fields);
    assert_eq!(answer.status, 400);
    let event = console.get("/events?event=token.request_failed").json()["items"][0].clone();
    let trace = console
        .get(&format!("/traces/{}", text(&event["detail"], "trace_id")))
        .json();
    assert_eq!(trace["reason"], "code_unknown");
}

#[test]
fn a_delegation_that_is_refused_stands_in_the_trace_its_token_came_of() {
    let console = Console::start();
    let (server, secret) = (&console.server, with_client(&console));
    let code = server.code("app", "ola", "openid");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("code_verifier", VERIFIER),
    ];
    let tokens = server.form(TOKEN, Some(("app", &secret)), &fields).json();
    let header = format!("Bearer {}", text(&tokens, "access_token"));
    let answer = server.json(
        "/api/v1/oauth/delegated-token",
        &[("authorization", &header)],
        &json!({"sub": "ola"}),
    );
    assert_eq!(answer.status, 403, "{}", answer.text);
    let items = console.get("/traces").json()["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 1, "{items}");
    assert_eq!(
        (&items[0]["reason"], &items[0]["exchanges"]),
        (&json!("scope_lacking"), &json!(2))
    );
}

/// RFC 6749 appendix A.1 knows no longest `client_id`; here it has 255 characters, and nobody sends more in
/// good faith.
// Secrets are sent in the wrong place: nothing of one may be read in what is kept.
#[test]
fn a_secret_in_the_place_of_a_client_id_or_in_a_query_is_not_kept() {
    let console = Console::start();
    let secret = "s3cret-in-the-wrong-place";
    let fields = [("grant_type", "client_credentials"), ("client_id", secret)];
    let refused = console.server.form(TOKEN, None, &fields);
    assert_eq!(refused.status, 401, "{}", refused.text);
    let uri = format!("https://elsewhere.example/cb?token={secret}");
    let fields = [
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", &uri),
    ];
    let refused = console.server.get(&authorize_path(&fields), &[]);
    assert_eq!(refused.status, 400, "{}", refused.text);
    let listed = console.get("/traces");
    assert!(!listed.text.contains(secret), "{}", listed.text);
    let items = listed.json()["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 2);
    for item in &items {
        let trace = console.get(&format!("/traces/{}", text(item, "id")));
        assert!(!trace.text.contains(secret), "{}", trace.text);
        assert_eq!(
            trace.json()["quick_fix"],
            Value::Null,
            "what is not kept cannot be registered"
        );
    }
}

#[test]
fn what_nobody_sends_in_good_faith_is_not_remembered_at_length() {
    let console = Console::start();
    let (long, origin) = (
        "x".repeat(60_000),
        format!("https://{}.example", "y".repeat(3_000)),
    );
    let body = format!("grant_type=refresh_token&refresh_token=x&client_id=https://{long}");
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", origin.as_str()),
    ];
    let refused = console
        .server
        .send("POST", TOKEN, &headers, Some(body.as_bytes()));
    assert_eq!(refused.status, 401, "{}", refused.text);
    let items = console.get("/traces").json()["items"]
        .as_array()
        .unwrap()
        .clone();
    let names = items.iter().filter_map(|item| item["client_id"].as_str());
    let client_id = names.max_by_key(|name| name.len()).unwrap();
    assert_eq!(
        client_id.chars().count(),
        256,
        "255 and the sign that it was cut"
    );
    for item in &items {
        let trace = console.get(&format!("/traces/{}", text(item, "id")));
        assert!(trace.text.len() < 10_000, "{}", trace.text);
    }
}
