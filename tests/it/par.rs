//! Pushed authorization requests (RFC 9126).

use keyfob::{
    domain::{pushed_request::REQUEST_URI, time::Lifetime, token::OpaqueToken},
    store::pushed_requests,
};
use serde_json::json;

use crate::support::{
    Answer, Server, VERIFIER,
    browser::{Browser, authorize_path, challenge},
};

const PAR: &str = "/api/v1/oauth/par";
const CB: &str = "https://app.example/cb";

/// A confidential client `web` with its secret, and Ola.
fn ready() -> (Server, String) {
    let server = Server::start();
    let secret = server.client(
        "web",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "client_secret_basic",
               "redirect_uris": [CB], "scope": "openid profile"}),
    );
    server.person("ola");
    (server, secret)
}

/// Pushes a good request with some parameters set anew, added, or, where empty, left out.
fn push(server: &Server, basic: Option<(&str, &str)>, changes: &[(&str, &str)]) -> Answer {
    let challenge = challenge();
    let mut parameters = vec![
        ("response_type", "code"),
        ("redirect_uri", CB),
        ("scope", "openid"),
        ("state", "s"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        parameters.retain(|(known, _)| known != name);
        if !value.is_empty() {
            parameters.push((name, value));
        }
    }
    server.form(PAR, basic, &parameters)
}

fn request_uri(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["request_uri"].as_str().unwrap().to_owned()
}

fn path(client_id: &str, request_uri: &str) -> String {
    authorize_path(&[("client_id", client_id), ("request_uri", request_uri)])
}

fn assert_shown(answer: &Answer, code: &str, case: &str) {
    let shown = format!(r#"<code id="error-code">{code}</code>"#);
    assert_eq!(
        (answer.status, answer.header("location")),
        (400, None),
        "{case}"
    );
    assert!(answer.text.contains(&shown), "{case}: {}", answer.text);
}

// RFC 9126 §2.2 (rule B67)
#[test]
fn a_pushed_request_is_answered_with_its_name() {
    let (server, secret) = ready();
    let answer = push(&server, Some(("web", &secret)), &[]);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(request_uri(&answer).starts_with(REQUEST_URI));
    assert_eq!(answer.json()["expires_in"], 300);
    let wrong_method = server.get(PAR, &[]);
    assert_eq!(
        (wrong_method.status, wrong_method.header("allow")),
        (405, Some("POST"))
    );
    let metadata = server
        .get("/.well-known/oauth-authorization-server", &[])
        .json();
    assert_eq!(
        metadata["pushed_authorization_request_endpoint"],
        format!("{}{PAR}", server.url)
    );
}

// RFC 9126 §4: what stands beside the request_uri counts for nothing (rule B70).
#[test]
fn the_request_is_the_pushed_one_whatever_the_browser_adds() {
    let (server, secret) = ready();
    let uri = request_uri(&push(&server, Some(("web", &secret)), &[]));
    let added = [
        ("client_id", "web"),
        ("request_uri", uri.as_str()),
        ("state", "other"),
        ("scope", "openid profile"),
        ("redirect_uri", "https://evil.example/cb"),
        ("response_mode", "form_post"),
        ("prompt", "none"),
    ];
    let answer = Browser::new(&server).authorize(&added, "ola").parameters();
    assert_eq!(
        (answer["state"].as_str(), answer["iss"].as_str()),
        ("s", server.url.as_str())
    );
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", answer["code"].as_str()),
        ("code_verifier", VERIFIER),
    ];
    let tokens = server.form("/api/v1/oauth/token", Some(("web", &secret)), &fields);
    assert_eq!(
        (tokens.status, &tokens.json()["scope"]),
        (200, &json!("openid"))
    );
}

// RFC 9126 §7.3 (rule B69)
#[test]
fn a_request_uri_may_be_loaded_again_until_it_is_answered_and_never_after() {
    let (server, secret) = ready();
    let uri = request_uri(&push(&server, Some(("web", &secret)), &[]));
    let path = path("web", &uri);
    let mut browser = Browser::new(&server);
    let first = browser.get(&path);
    let reloaded = browser.get(&path);
    let first = browser.sign_in(&first, "ola");
    let reloaded = browser.sign_in(&reloaded, "ola");
    let answer = browser.decide(&reloaded, "allow").parameters();
    assert!(answer.contains_key("code"));
    assert_shown(&browser.get(&path), "invalid_request_uri", "used");
    // The page that was left open cannot be answered any more, either way.
    let late = browser.decide(&first, "allow").parameters();
    assert_eq!(late["error"], "invalid_request_uri");
    assert!(!late.contains_key("code"));

    let uri = request_uri(&push(
        &server,
        Some(("web", &secret)),
        &[("prompt", "consent")],
    ));
    let path = self::path("web", &uri);
    let consent = browser.get(&path);
    assert_eq!(
        browser.decide(&consent, "deny").parameters()["error"],
        "access_denied"
    );
    assert_shown(&browser.get(&path), "invalid_request_uri", "denied");
}

#[test]
fn of_many_browsers_with_one_request_uri_exactly_one_gets_a_code() {
    let (server, secret) = ready();
    let uri = request_uri(&push(&server, Some(("web", &secret)), &[]));
    let path = path("web", &uri);
    let mut waiting: Vec<_> = (0..6)
        .map(|_| {
            let mut browser = Browser::new(&server);
            let login = browser.get(&path);
            let consent = browser.sign_in(&login, "ola");
            (browser, consent)
        })
        .collect();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let deciding: Vec<_> = waiting
            .iter_mut()
            .map(|(browser, consent)| scope.spawn(|| browser.decide(consent, "allow").parameters()))
            .collect();
        deciding
            .into_iter()
            .map(|one| one.join().unwrap())
            .collect()
    });
    let codes = answers.iter().filter(|answer| answer.contains_key("code"));
    let refused = answers.iter().filter(|answer| {
        answer
            .get("error")
            .is_some_and(|e| e == "invalid_request_uri")
    });
    assert_eq!((codes.count(), refused.count()), (1, 5));
}

// RFC 9126 §4, RFC 9101 §7 (rule B69): nothing is redirected, since no address is proved.
#[test]
fn a_request_uri_that_does_not_count_is_shown_as_an_error() {
    let (server, secret) = ready();
    server.client(
        "other",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": [CB], "scope": "openid"}),
    );
    let uri = request_uri(&push(&server, Some(("web", &secret)), &[]));
    let end = uri.len() - 1;
    let changed = format!(
        "{}{}",
        &uri[..end],
        if uri.ends_with('A') { 'B' } else { 'A' }
    );
    let rows = [
        ("another client", path("other", &uri), "invalid_request_uri"),
        ("changed", path("web", &changed), "invalid_request_uri"),
        ("cut short", path("web", &uri[..end]), "invalid_request_uri"),
        (
            "empty token",
            path("web", REQUEST_URI),
            "invalid_request_uri",
        ),
        (
            "no client",
            authorize_path(&[("request_uri", &uri)]),
            "invalid_request",
        ),
        ("unknown client", path("nobody", &uri), "invalid_request"),
    ];
    for (case, path, code) in rows {
        assert_shown(&server.get(&path, &[]), code, case);
    }
    assert!(server.get(&path("web", &uri), &[]).leads_to("/login"));
    server.clock.advance(Lifetime(299));
    assert!(server.get(&path("web", &uri), &[]).leads_to("/login"));
    server.clock.advance(Lifetime(1));
    assert_shown(
        &server.get(&path("web", &uri), &[]),
        "invalid_request_uri",
        "expired",
    );
}

// RFC 9126 §1: the browser carries the name of the request, not the request.
#[test]
fn a_large_request_does_not_make_the_addresses_of_the_pages_large() {
    let (server, secret) = ready();
    let long = "n".repeat(3000);
    let changes = [("nonce", long.as_str()), ("state", long.as_str())];
    let uri = request_uri(&push(&server, Some(("web", &secret)), &changes));
    let mut browser = Browser::new(&server);
    let login = browser.get(&path("web", &uri));
    let consent = browser.sign_in(&login, "ola");
    for page in [&login, &consent] {
        assert!(page.header("location").unwrap().len() < 600);
    }
    let answer = browser.decide(&consent, "allow").parameters();
    assert_eq!(answer["state"], long);
}

// RFC 9126 §7.3: the life of a request_uri bounds the way to the login page, not the sign-in.
#[test]
fn who_takes_long_to_sign_in_still_arrives() {
    let (server, secret) = ready();
    let uri = request_uri(&push(&server, Some(("web", &secret)), &[]));
    let mut browser = Browser::new(&server);
    let login = browser.get(&path("web", &uri));
    server.clock.advance(Lifetime(900));
    let consent = browser.sign_in(&login, "ola");
    assert!(
        browser
            .decide(&consent, "allow")
            .parameters()
            .contains_key("code")
    );
}

// RFC 9126 §2.1, §2.3 (rule B68)
#[test]
fn a_request_that_breaks_a_rule_is_not_taken() {
    let (server, secret) = ready();
    server.client(
        "other",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": [CB], "scope": "openid"}),
    );
    let web = Some(("web", secret.as_str()));
    let uri = request_uri(&push(&server, web, &[]));
    type Row<'a> = (
        Option<(&'a str, &'a str)>,
        &'a [(&'a str, &'a str)],
        (u16, &'a str),
    );
    let rows: &[Row] = &[
        (web, &[("request_uri", &uri)], (400, "invalid_request")),
        (
            web,
            &[("request_uri", "https://app.example/r")],
            (400, "invalid_request"),
        ),
        (
            web,
            &[("redirect_uri", "https://evil.example/cb")],
            (400, "invalid_request"),
        ),
        (web, &[("client_id", "other")], (400, "invalid_request")),
        (web, &[("client_secret", "x")], (400, "invalid_request")),
        (
            web,
            &[("code_challenge", ""), ("code_challenge_method", "")],
            (400, "invalid_request"),
        ),
        (web, &[("response_type", "")], (400, "invalid_request")),
        (
            web,
            &[("response_type", "token")],
            (400, "unsupported_response_type"),
        ),
        (web, &[("scope", "(empty)")], (400, "invalid_scope")),
        (web, &[("prompt", "none login")], (400, "invalid_request")),
        (web, &[("response_mode", "jwt")], (400, "invalid_request")),
        (
            web,
            &[("registration", "{}")],
            (400, "registration_not_supported"),
        ),
        (Some(("web", "wrong")), &[], (401, "invalid_client")),
        (Some(("nobody", "wrong")), &[], (401, "invalid_client")),
        (None, &[], (401, "invalid_client")),
        (None, &[("client_id", "web")], (401, "invalid_client")),
    ];
    for (basic, changes, refusal) in rows {
        let answer = push(&server, *basic, changes);
        assert_eq!(
            answer.refusal(),
            (refusal.0, refusal.1.to_owned()),
            "{changes:?}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let challenge = answer_challenge(&push(&server, Some(("web", "wrong")), &[]));
    assert!(challenge.starts_with("Basic realm="));
    let as_json = server.json(PAR, &[], &json!({"client_id": "other"}));
    assert_eq!(as_json.refusal(), (400, "invalid_request".into()));
    let twice = server.send(
        "POST",
        PAR,
        &[("content-type", "application/x-www-form-urlencoded")],
        Some(b"client_id=other&state=a&state=b"),
    );
    assert_eq!(twice.refusal(), (400, "invalid_request".into()));
}

fn answer_challenge(answer: &Answer) -> String {
    answer
        .header("www-authenticate")
        .unwrap_or_default()
        .to_owned()
}

// RFC 9126 §2: the client authenticates as at the token endpoint; a public one says its name.
#[test]
fn every_client_can_push_and_its_secret_is_not_kept() {
    let (server, secret) = ready();
    server.client(
        "other",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": [CB], "scope": "openid"}),
    );
    let uri = request_uri(&push(&server, None, &[("client_id", "other")]));
    assert!(server.get(&path("other", &uri), &[]).leads_to("/login"));
    let posted = [("client_id", "web"), ("client_secret", secret.as_str())];
    let uri = request_uri(&push(&server, None, &posted));
    let token: OpaqueToken = uri.strip_prefix(REQUEST_URI).unwrap().parse().unwrap();
    let kept = server
        .app
        .store
        .read(|tx| pushed_requests::get(tx, token.id));
    let kept = kept.unwrap().unwrap();
    assert!(
        kept.parameters
            .iter()
            .any(|(name, _)| name == "redirect_uri")
    );
    assert!(!format!("{:?}", kept.parameters).contains(&secret));
}

// RFC 9126 §6 (rule B70)
#[test]
fn a_client_that_must_push_cannot_ask_otherwise() {
    let (server, _) = ready();
    server.client(
        "strict",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": [CB], "scope": "openid", "require_pushed_authorization_requests": true}),
    );
    let challenge = challenge();
    let plain = [
        ("client_id", "strict"),
        ("response_type", "code"),
        ("redirect_uri", CB),
        ("scope", "openid"),
        ("state", "s"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let refused = server.get(&authorize_path(&plain), &[]).parameters();
    assert_eq!(
        (refused["error"].as_str(), refused["state"].as_str()),
        ("invalid_request", "s")
    );
    let uri = request_uri(&push(&server, None, &[("client_id", "strict")]));
    assert!(server.get(&path("strict", &uri), &[]).leads_to("/login"));
}
