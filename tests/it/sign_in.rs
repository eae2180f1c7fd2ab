//! A whole sign-in through the hosted pages, as a browser without JavaScript does it.

use serde_json::json;

use crate::support::{
    Answer, Server, VERIFIER,
    browser::{Browser, PASSWORD, authorize_path, challenge},
};

fn ready() -> Server {
    let server = Server::start();
    server.public_client("web", "openid profile offline_access");
    server.person("ola");
    server
}

fn path(extra: &[(&str, &str)]) -> String {
    let challenge = challenge();
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", "https://app.example/cb"),
        ("scope", "openid profile offline_access"),
        ("state", "a%b&c=\u{f8}"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    parameters.extend(extra);
    authorize_path(&parameters)
}

#[test]
fn a_person_signs_in_consents_and_the_client_gets_its_tokens() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let redirect = browser.get(&path(&[]));
    let login = browser.follow(&redirect);
    assert_eq!(login.status, 200);
    assert!(login.text.contains(r#"id="login-submit""#));
    let (interaction, csrf) = (login.field("interaction"), login.field("csrf"));
    let attempt = |username, password| {
        [
            ("interaction", interaction.as_str()),
            ("csrf", csrf.as_str()),
            ("username", username),
            ("password", password),
        ]
    };
    for username in ["ola", "nobody"] {
        let refused = browser.post("/login", &attempt(username, "wrong"));
        assert_eq!(refused.status, 200);
        assert!(refused.text.contains("Wrong username or password."));
    }
    let redirect = browser.post("/login", &attempt("OLA", PASSWORD));
    assert_eq!(redirect.status, 303, "{}", redirect.text);
    let consent = browser.follow(&redirect);
    assert!(
        consent.text.contains(r#"id="consent-allow""#),
        "{}",
        consent.text
    );
    let answer = browser.decide(&redirect, "allow").parameters();
    // RFC 6749 §4.1.2: state byte for byte; RFC 9207 §2: iss.
    assert_eq!(answer["state"], "a%b&c=\u{f8}");
    assert_eq!(answer["iss"], server.url);
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", &answer["code"]),
        ("code_verifier", VERIFIER),
    ];
    let tokens = server.form("/api/v1/oauth/token", None, &fields);
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    assert!(tokens.json()["id_token"].is_string() && tokens.json()["refresh_token"].is_string());
    // Consent is remembered, so prompt=none is answered in silence (OIDC Core §3.1.2.1).
    let silent = browser.get(&path(&[("prompt", "none")])).parameters();
    assert!(silent.contains_key("code"));
    // After signing out it is not.
    let csrf = browser.get("/logout").field("csrf");
    let done = browser.post("/logout", &[("csrf", &csrf), ("decision", "logout")]);
    assert_eq!(done.header("location"), Some("/logout/done"));
    let refused = browser.get(&path(&[("prompt", "none")])).parameters();
    assert_eq!(refused["error"], "login_required");
    assert_eq!(refused["iss"], server.url);
}

// RFC 9700 §4.7, rule P27: what a page carries is bound to its browser.
#[test]
fn a_login_page_of_one_browser_is_worth_nothing_in_another() {
    let server = ready();
    let redirect = Browser::new(&server).get(&path(&[]));
    assert_eq!(Browser::new(&server).follow(&redirect).status, 400);
}

/// Scopes with power over this server need a sign-in in the very request, whatever was allowed before.
#[test]
fn power_over_the_server_needs_a_sign_in_each_time() {
    let server = Server::start();
    let reserved = ["keyfob:admin", "keyfob:delegate", "keyfob:principal"];
    server.client(
        "web",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": ["https://app.example/cb"], "require_consent": false,
               "scope": format!("openid {}", reserved.join(" "))}),
    );
    server.person_with("ola", |user| user.admin = true);
    for scope in reserved {
        let challenge = challenge();
        let scope = format!("openid {scope}");
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", "web"),
            ("redirect_uri", "https://app.example/cb"),
            ("scope", scope.as_str()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        let path = authorize_path(&parameters);
        let mut browser = Browser::new(&server);
        for time in ["first", "second"] {
            let redirect = browser.get(&path);
            assert!(redirect.leads_to("/login"), "{scope}, the {time} time");
            let answer = browser.sign_in(&redirect, "ola").parameters();
            assert!(
                answer.contains_key("code"),
                "{scope}, the {time} time: {answer:?}"
            );
        }
        parameters.push(("prompt", "none"));
        let silent = browser.get(&authorize_path(&parameters)).parameters();
        assert_eq!(silent["error"], "login_required", "{scope}");
        // Without it the session is enough.
        parameters.pop();
        parameters[3].1 = "openid";
        let silent = browser.get(&authorize_path(&parameters)).parameters();
        assert!(silent.contains_key("code"), "{silent:?}");
    }
}

// Nobody can reach the earlier session from this browser any more.
#[test]
fn signing_in_as_somebody_else_ends_the_earlier_session_and_as_oneself_does_not() {
    let server = ready();
    server.person("kari");
    server.user("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    let mut browser = Browser::new(&server);
    let mut cookies_of = |username: &str| {
        let csrf = browser.get("/login").field("csrf");
        let fields = [
            ("csrf", csrf.as_str()),
            ("username", username),
            ("password", PASSWORD),
        ];
        assert_eq!(browser.post("/login", &fields).status, 303);
        browser.cookie_header()
    };
    let is_signed_in = |cookies: &str| {
        let home = server.get("/", &[("cookie", cookies)]);
        home.text.contains("You are signed in as")
    };
    let first = cookies_of("ola");
    let again = cookies_of("ola");
    assert!(is_signed_in(&first) && is_signed_in(&again));
    let other = cookies_of("kari");
    assert!(is_signed_in(&other));
    assert!(!is_signed_in(&again), "ended by the other person's sign-in");
    assert!(
        is_signed_in(&first),
        "of another sign-in, whose tokens apps may hold"
    );
}

// OIDC Core §3.1.2.1: prompt and max_age ask for a sign-in in this very request. The address of its consent page may have
// been kept.
#[test]
fn a_finished_sign_in_is_no_other_requests() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let asked = path(&[("prompt", "login consent"), ("max_age", "60")]);
    let redirect = browser.get(&asked);
    let to_consent = browser.sign_in(&redirect, "ola");
    let page = browser.follow(&to_consent);
    let allow = |page: &Answer| {
        let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
        [
            ("interaction", interaction),
            ("csrf", csrf),
            ("decision", "allow".to_owned()),
        ]
    };
    let post = |browser: &mut Browser, fields: &[(&str, String)]| {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        browser.post("/consent", &fields)
    };
    let fields = allow(&page);
    assert!(
        post(&mut browser, &fields)
            .parameters()
            .contains_key("code")
    );
    // The same form, and the same address shown once more: the request begins again, and asks for the password.
    let again = browser.follow(&to_consent);
    for fields in [fields, allow(&again)] {
        let restarted = post(&mut browser, &fields);
        assert!(
            restarted.leads_to("/api/v1/oauth/authorize"),
            "{:?}",
            restarted.headers
        );
        assert!(browser.follow(&restarted).leads_to("/login"));
    }
    // A denial uses it, too.
    let redirect = browser.get(&asked);
    let to_consent = browser.sign_in(&redirect, "ola");
    let page = browser.follow(&to_consent);
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    let deny = [
        ("interaction", interaction),
        ("csrf", csrf),
        ("decision", "deny".to_owned()),
    ];
    assert_eq!(
        post(&mut browser, &deny).parameters()["error"],
        "access_denied"
    );
    let restarted = post(&mut browser, &allow(&page));
    assert!(
        restarted.leads_to("/api/v1/oauth/authorize"),
        "{:?}",
        restarted.headers
    );
}

// A sign-in is one person's: in another's session it meets nothing.
#[test]
fn a_sign_in_for_a_request_is_not_that_of_another_person() {
    let server = ready();
    server.person("kari");
    let mut browser = Browser::new(&server);
    let redirect = browser.get(&path(&[("prompt", "login consent")]));
    let kept = browser.sign_in(&redirect, "ola");
    let csrf = browser.get("/logout").field("csrf");
    browser.post("/logout", &[("csrf", &csrf), ("decision", "logout")]);
    let redirect = browser.get(&path(&[]));
    let redirect = browser.sign_in(&redirect, "kari");
    assert!(
        browser
            .decide(&redirect, "allow")
            .parameters()
            .contains_key("code")
    );
    let page = browser.follow(&kept);
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    let fields = [
        ("interaction", interaction.as_str()),
        ("csrf", &csrf),
        ("decision", "allow"),
    ];
    assert!(browser.post("/consent", &fields).leads_to("/login"));
}
