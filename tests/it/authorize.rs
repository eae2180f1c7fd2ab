//! The authorization endpoint: which requests are refused and where the refusal goes, and what a good
//! one leads to.

use serde_json::json;

use crate::support::{
    Server, VERIFIER,
    browser::{AUTHORIZE, Browser, authorize_path, challenge},
};

const CB: &str = "https://app.example/cb";

/// A public client `web`, a confidential one `server` that may go without PKCE, and Ola.
fn ready() -> Server {
    let server = Server::start();
    server.client(
        "web",
        json!({"grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none",
               "redirect_uris": [CB], "scope": "openid profile email offline_access"}),
    );
    server.client(
        "server",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "client_secret_basic",
               "redirect_uris": [CB], "scope": "openid profile", "require_pkce": false}),
    );
    server.person("ola");
    server
}

/// A good request of `web` with some parameters set anew, added, or, where empty, left out.
fn request<'a>(challenge: &'a str, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", CB),
        ("scope", "openid"),
        ("state", "s"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        parameters.retain(|(known, _)| known != name);
        if !value.is_empty() {
            parameters.push((name, value));
        }
    }
    parameters
}

fn path(changes: &[(&str, &str)]) -> String {
    authorize_path(&request(&challenge(), changes))
}

// RFC 6749 §4.1.2.1: until client and address are proved, nothing is redirected (SECURITY §2.23, .24, .26, .28).
#[test]
fn an_error_of_the_client_or_its_address_is_shown_and_never_redirected() {
    let server = ready();
    server.client(
        "two",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": [CB, "https://app.example/other"], "scope": "openid"}),
    );
    let unproved: &[&[(&str, &str)]] = &[
        &[("client_id", "")],
        &[("client_id", "nobody")],
        &[("client_id", "two"), ("redirect_uri", "")],
        &[("redirect_uri", "https://evil.example/cb")],
        &[("redirect_uri", "https://app.example/CB")],
        &[("redirect_uri", "https://APP.example/cb")],
        &[("redirect_uri", "HTTPS://app.example/cb")],
        &[("redirect_uri", "https://app.example/cb/")],
        &[("redirect_uri", "https://app.example/cb?x=1")],
        &[("redirect_uri", "https://app.example/cb#x")],
        &[("redirect_uri", "https://app.example/x/../cb")],
        &[("redirect_uri", "https://app.example/x/..;/cb")],
        &[("redirect_uri", "https://app.example/x/%2e%2e/cb")],
        &[("redirect_uri", "https://app.example:443/cb")],
        &[("redirect_uri", "https://app.example@evil.example/cb")],
        &[("redirect_uri", "https://app.example.evil.example/cb")],
        &[("redirect_uri", "http://app.example/cb")],
        &[("redirect_uri", "https://app.example\\cb")],
        &[("redirect_uri", " https://app.example/cb")],
    ];
    let mut paths: Vec<_> = unproved.iter().map(|changes| path(changes)).collect();
    // RFC 6749 §3.1: a parameter is sent once; which of two was meant nobody can say.
    for twice in ["client_id=web", "state=t", "scope=openid", "redirect_uri=x"] {
        paths.push(format!("{}&{twice}", path(&[])));
    }
    for path in paths {
        let answer = server.get(&path, &[]);
        let shown = answer
            .text
            .contains(r#"<code id="error-code">invalid_request</code>"#);
        assert_eq!(
            (answer.status, answer.header("location"), shown),
            (400, None, true),
            "{path}"
        );
    }
}

// RFC 6749 §4.1.2.1, RFC 9207 §2: every other refusal goes to the client, with state and iss.
#[test]
fn every_other_error_goes_to_the_client_with_state_and_iss() {
    let server = ready();
    let long = "n".repeat(5000);
    let long_challenge = "c".repeat(129);
    let bad_challenge = "!".repeat(43);
    let rows: &[(&[(&str, &str)], &str)] = &[
        // RFC 6749 §4.1.2.1 (SECURITY §2.27)
        (&[("response_type", "")], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (
            &[("response_type", "code token")],
            "unsupported_response_type",
        ),
        (
            &[("response_type", "id_token")],
            "unsupported_response_type",
        ),
        // RFC 6749 §3.3 (.29)
        (&[("scope", "nothing")], "invalid_scope"),
        (&[("scope", "open\"id")], "invalid_scope"),
        (&[("scope", "open\u{7}id")], "invalid_scope"),
        // OIDC Core §3.1.2.1 (.32)
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "create")], "invalid_request"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("prompt", "none")], "login_required"),
        // OIDC Core §3.1.2.1 (.33)
        (&[("id_token_hint", "x")], "invalid_request"),
        (
            &[("id_token_hint", "eyJhbGciOiJub25lIn0.e30.")],
            "invalid_request",
        ),
        // OAuth 2.0 Multiple Response Types §2.1 (.34)
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("response_mode", "web_message")], "invalid_request"),
        // OIDC Core §3.1.2.6 (.36)
        (&[("request", "x")], "request_not_supported"),
        (
            &[("request_uri", "https://app.example/r")],
            "request_uri_not_supported",
        ),
        (&[("registration", "{}")], "registration_not_supported"),
        // RFC 7636 §4.4.1 (.37, .38)
        (&[("code_challenge", "")], "invalid_request"),
        (
            &[("code_challenge", ""), ("code_challenge_method", "")],
            "invalid_request",
        ),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("code_challenge", &long_challenge)], "invalid_request"),
        (&[("code_challenge", &bad_challenge)], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "S512")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        // SECURITY §3.34
        (&[("nonce", &long)], "invalid_request"),
    ];
    for (changes, error) in rows {
        let answer = server.get(&path(changes), &[]).parameters();
        assert_eq!(
            (
                answer["error"].as_str(),
                answer["state"].as_str(),
                answer["iss"].as_str()
            ),
            (*error, "s", server.url.as_str()),
            "{changes:?}"
        );
        assert!(!answer.contains_key("code"), "{changes:?}");
    }
    server.client(
        "machine",
        json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic",
               "redirect_uris": [CB], "scope": "openid"}),
    );
    let answer = server
        .get(&path(&[("client_id", "machine")]), &[])
        .parameters();
    assert_eq!(answer["error"], "unauthorized_client");
}

// RFC 6749 §4.1.2: state comes back byte for byte, and not at all when none was sent (SECURITY §2.30).
#[test]
fn state_comes_back_as_it_was_sent() {
    let server = ready();
    let long = "x".repeat(4096);
    for state in ["a%b&c=\u{f8}\u{1f511}", "%25%26+ \"<>", &long] {
        let answer = server.get(&path(&[("state", state), ("prompt", "none")]), &[]);
        assert_eq!(answer.parameters()["state"], state);
    }
    let answer = server.get(&path(&[("state", ""), ("prompt", "none")]), &[]);
    assert!(!answer.parameters().contains_key("state"));
}

// RFC 8252 §7.3: any port on a loopback address, nothing else (SECURITY §2.25).
#[test]
fn a_native_client_may_come_back_on_any_port_of_its_loopback_address() {
    let server = ready();
    server.client(
        "native",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": ["http://127.0.0.1/cb", "http://[::1]/cb"], "scope": "openid"}),
    );
    let rows = [
        ("http://127.0.0.1/cb", true),
        ("http://127.0.0.1:51004/cb", true),
        ("http://[::1]:51004/cb", true),
        ("http://localhost:51004/cb", false),
        ("http://127.0.0.1:51004/other", false),
        ("http://127.0.0.1:51004/cb?x=1", false),
        ("http://127.0.0.2:51004/cb", false),
        ("http://127.0.0.1:1@evil.example/cb", false),
        ("http://[::1]:1@evil.example/cb", false),
        ("https://127.0.0.1:51004/cb", false),
    ];
    for (redirect_uri, good) in rows {
        let changes = [
            ("client_id", "native"),
            ("redirect_uri", redirect_uri),
            ("prompt", "none"),
        ];
        let answer = server.get(&path(&changes), &[]);
        let to = answer.header("location").unwrap_or_default();
        let expected = if good { redirect_uri } else { "" };
        assert_eq!(to.split("?error").next(), Some(expected), "{redirect_uri}");
    }
}

// OIDC Core §3.1.2.1: a POST is as good as a GET; a wrong media type is not.
#[test]
fn a_request_may_be_posted() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let challenge = challenge();
    let redirect = browser.post(AUTHORIZE, &request(&challenge, &[]));
    assert!(redirect.leads_to("/login"));
    let answer = server.json(AUTHORIZE, &[], &json!({"client_id": "web"}));
    assert_eq!((answer.status, answer.header("location")), (400, None));
}

// OIDC Core §3.1.2.6 (SECURITY §2.35)
#[test]
fn who_denies_sends_the_client_access_denied() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let redirect = browser.get(&path(&[]));
    let redirect = browser.sign_in(&redirect, "ola");
    let answer = browser.decide(&redirect, "deny").parameters();
    assert_eq!(answer["error"], "access_denied");
    assert_eq!(
        (answer["state"].as_str(), answer["iss"].as_str()),
        ("s", server.url.as_str())
    );
}

// Form Post Response Mode §2 (SECURITY §2.34): the values are escaped, the form has a visible button, and
// no policy keeps it from being sent.
#[test]
fn form_post_answers_with_a_form_that_holds_every_value_escaped() {
    let server = ready();
    let state = "\"<>&'";
    let changes = [
        ("response_mode", "form_post"),
        ("state", state),
        ("prompt", "none"),
    ];
    let page = server.get(&path(&changes), &[]);
    assert_eq!(page.status, 200);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains("script-src 'self'") && !policy.contains("form-action"),
        "{policy}"
    );
    assert!(
        page.text
            .contains(r#"<form method="post" action="https://app.example/cb" id="form-post">"#)
    );
    assert!(
        page.text
            .contains("<button class=\"primary\">Continue</button>")
    );
    assert!(page.text.contains("/js/form-post.js\" defer></script>"));
    assert!(!page.text.contains(state));
    let unescaped = page.field("state");
    let unescaped = unescaped
        .replace("&#34;", "\"")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#39;", "'")
        .replace("&#38;", "&");
    assert_eq!(unescaped, state);
    assert_eq!(page.field("error"), "login_required");
    assert_eq!(page.field("iss"), server.url);
}

#[test]
fn form_post_hands_over_a_code_that_can_be_exchanged() {
    let server = ready();
    let challenge = challenge();
    let parameters = request(&challenge, &[("response_mode", "form_post")]);
    let page = Browser::new(&server).authorize(&parameters, "ola");
    assert_eq!((page.status, page.field("state").as_str()), (200, "s"));
    let code = page.field("code");
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", &code),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(
        server.form("/api/v1/oauth/token", None, &fields).status,
        200
    );
}

// RFC 9700 §4.12, §4.16, §4.2.4 (SECURITY §2.44, .45)
#[test]
fn the_pages_cannot_be_framed_kept_or_leak_their_address_and_redirect_with_303() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let redirect = browser.get(&path(&[]));
    let login = browser.follow(&redirect);
    let redirect = browser.sign_in(&redirect, "ola");
    let consent = browser.follow(&redirect);
    let error = server.get(&path(&[("client_id", "nobody")]), &[]);
    for page in [&login, &consent, &error] {
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"));
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-frame-options"), Some("DENY"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let referrer = page.header("referrer-policy").unwrap();
        assert!(
            ["no-referrer", "same-origin"].contains(&referrer),
            "{referrer}"
        );
        assert!(!page.text.contains("<script>") && !page.text.contains("http://cdn"));
    }
    assert_eq!(redirect.status, 303);
    assert_eq!(browser.decide(&redirect, "allow").status, 303);
}
