//! The hosted pages: the names that automation relies on, what they are sent with, and the ways through
//! them that are not the straight one.

use keyfob::domain::time::Lifetime;
use serde_json::json;

use crate::support::{
    Answer, Server,
    browser::{AUTHORIZE, Browser, authorize_path, challenge},
};

fn ready() -> Server {
    let server = Server::start();
    server.client(
        "web",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "client_name": "Notes & <Co>", "redirect_uris": ["https://app.example/cb"],
               "scope": "openid profile"}),
    );
    server.person("ola");
    server.person("kari");
    server.user("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    server
}

fn request(more: &[(&str, &str)]) -> String {
    let challenge = challenge();
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", "https://app.example/cb"),
        ("scope", "openid profile"),
        ("state", "a+b%20c&d"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    parameters.extend_from_slice(more);
    authorize_path(&parameters)
}

/// Every hosted page, as a person meets it.
fn all(server: &Server) -> Vec<(&'static str, Answer)> {
    let mut browser = Browser::new(server);
    let mut pages = vec![
        ("home", browser.get("/")),
        (
            "error",
            browser.get(&format!("{AUTHORIZE}?client_id=nobody")),
        ),
        (
            "no cookie",
            Browser::new(server).get("/login?interaction=x"),
        ),
    ];
    let to_login = browser.get(&request(&[]));
    pages.push(("login", browser.follow(&to_login)));
    let to_consent = browser.sign_in(&to_login, "ola");
    pages.push(("consent", browser.follow(&to_consent)));
    pages.push(("logout", browser.get("/logout")));
    pages.push(("logged out", browser.get("/logout/done")));
    let form_post = browser.get(&request(&[
        ("response_mode", "form_post"),
        ("prompt", "none"),
    ]));
    pages.push(("form post", form_post));
    pages
}

// Rule H1: part of the public contract.
#[test]
fn the_names_that_automation_relies_on_are_there() {
    let server = ready();
    let pages = all(&server);
    let rows = [
        ("login", "input", "username", r#"name="username""#),
        ("login", "input", "password", r#"name="password""#),
        ("login", "button", "login-submit", ""),
        (
            "consent",
            "button",
            "consent-allow",
            r#"name="decision" value="allow""#,
        ),
        (
            "consent",
            "button",
            "consent-deny",
            r#"name="decision" value="deny""#,
        ),
        ("logout", "button", "logout-confirm", ""),
        ("logout", "button", "logout-cancel", ""),
        ("logged out", "h1", "logout-done", ""),
        ("error", "code", "error-code", ""),
        ("error", "p", "error-description", ""),
    ];
    for (name, element, id, attributes) in rows {
        let (_, page) = pages.iter().find(|(page, _)| *page == name).unwrap();
        let tags: Vec<_> = page
            .text
            .split('<')
            .filter(|tag| tag.starts_with(&format!("{element} ")))
            .filter(|tag| tag.contains(&format!(r#"id="{id}""#)) && tag.contains(attributes))
            .collect();
        assert_eq!(tags.len(), 1, "{element}#{id} in {name}: {}", page.text);
    }
    for (name, page) in &pages {
        for form in page.text.split("<form").skip(1) {
            let tag = form.split('>').next().unwrap();
            assert!(tag.contains(r#"method="post""#), "{name}: {tag}");
            let to_client = tag.contains(r#"action="https://app.example/cb""#);
            assert!(
                to_client || form.contains(r#"name="csrf""#),
                "{name}: {tag}"
            );
        }
    }
}

#[test]
fn every_page_has_the_headers_that_keep_it_safe_and_let_the_client_be_reached() {
    let server = ready();
    for (name, page) in all(&server) {
        let policy = page.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(part), "{name}: {part}");
        }
        // Browsers apply it to the redirect after the post, and the client could not be reached.
        assert!(!policy.contains("form-action"), "{name}");
        assert!(!policy.contains("unsafe"), "{name}");
        let expected = [
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            // Not `no-referrer`: a browser would then post `Origin: null`. What is posted to the client
            // says the issuer's origin and no more.
            (
                "referrer-policy",
                if name == "form post" {
                    "strict-origin"
                } else {
                    "same-origin"
                },
            ),
        ];
        for (header, value) in expected {
            assert_eq!(page.header(header), Some(value), "{name} {header}");
        }
        assert_eq!(page.header("cross-origin-opener-policy"), None, "{name}");
        assert!(
            !page.text.contains("style=") && !page.text.contains("<style"),
            "{name}"
        );
        let scripts = page.text.matches("<script").count();
        assert_eq!(
            scripts,
            page.text.matches("<script src=\"/_a/").count(),
            "{name}"
        );
        assert!(
            !page.text.contains("<Co>"),
            "{name}: the client's name is text"
        );
    }
}

// With a link, not a 400.
#[test]
fn a_page_that_was_open_too_long_leads_back_into_the_same_sign_in() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let path = request(&[]);
    let to_login = browser.get(&path);
    let page = browser.follow(&to_login);
    let to_consent = browser.sign_in(&to_login, "ola");
    let consent = browser.follow(&to_consent);
    server.clock.advance(Lifetime::hours(1));
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    let login = [
        ("interaction", interaction.as_str()),
        ("csrf", &csrf),
        ("username", "ola"),
        ("password", "correct horse"),
    ];
    let consent_interaction = consent.field("interaction");
    let allow = [
        ("interaction", consent_interaction.as_str()),
        ("csrf", &csrf),
        ("decision", "allow"),
    ];
    let late = [
        browser.follow(&to_login),
        browser.post("/login", &login),
        browser.follow(&to_consent),
        browser.post("/consent", &allow),
    ];
    for (i, page) in late.iter().enumerate() {
        assert_eq!(page.status, 200, "{i}");
        assert!(page.text.contains("This page has expired"), "{i}");
        let link = page
            .text
            .split(r#"href=""#)
            .find(|link| link.starts_with(AUTHORIZE))
            .unwrap();
        let link = link.split('"').next().unwrap();
        let link = link.replace("&#38;", "&").replace("&amp;", "&");
        assert_eq!(link, path, "{i}");
    }
    let again = browser.get(&path);
    assert!(again.leads_to("/consent"), "{:?}", again.headers);
}

#[test]
fn a_browser_that_sends_no_cookie_is_told_why() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let to_login = browser.get(&request(&[]));
    let page = browser.follow(&to_login);
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    let fields = [
        ("interaction", interaction.as_str()),
        ("csrf", &csrf),
        ("username", "ola"),
        ("password", "correct horse"),
    ];
    let without = [
        Browser::new(&server).follow(&to_login),
        Browser::new(&server).post("/login", &fields),
        Browser::new(&server).post("/consent", &fields),
        Browser::new(&server).post("/logout", &fields),
        Browser::new(&server).post("/setup", &fields),
    ];
    for (i, page) in without.iter().enumerate() {
        assert_eq!(page.status, 400, "{i}");
        assert!(page.text.contains("Cookie missing"), "{i}: {}", page.text);
        assert!(
            page.text.contains(&server.url),
            "{i}: it names the address that cookies are kept for"
        );
        assert!(page.headers.get("set-cookie").is_none(), "{i}");
    }
    // Of another browser, and changed on the way.
    let mut other = Browser::new(&server);
    other.get("/login");
    for interaction in [
        to_login.header("location").unwrap().to_owned(),
        "/login?interaction=x".into(),
    ] {
        let page = other.get(&interaction);
        assert_eq!(page.status, 400);
        assert!(page.text.contains("another browser"), "{}", page.text);
    }
}

#[test]
fn whoever_is_not_the_one_signed_in_can_use_another_account() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let to_login = browser.get(&request(&[]));
    let to_consent = browser.sign_in(&to_login, "ola");
    let consent = browser.follow(&to_consent);
    assert!(
        consent.text.contains("<code>ola</code>"),
        "{}",
        consent.text
    );
    let to_login = browser.decide(&to_consent, "switch");
    let to_consent = browser.sign_in(&to_login, "kari");
    let consent = browser.follow(&to_consent);
    assert!(
        consent.text.contains("<code>kari</code>"),
        "{}",
        consent.text
    );
    let answer = browser.decide(&to_consent, "allow").parameters();
    assert_eq!(answer["state"], "a+b%20c&d");
    let code = &answer["code"];
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", code),
        ("code_verifier", crate::support::VERIFIER),
    ];
    let tokens = server.form("/api/v1/oauth/token", None, &fields).json();
    assert_eq!(crate::support::claims(&tokens["id_token"])["sub"], "kari");
}

// What one person was shown, another who has signed in since has not seen.
#[test]
fn a_consent_counts_only_for_the_person_to_whom_it_was_shown() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let to_login = browser.get(&request(&[]));
    let to_consent = browser.sign_in(&to_login, "ola");
    let page = browser.follow(&to_consent);
    let csrf = browser.get("/login").field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("username", "kari"),
        ("password", "correct horse"),
    ];
    assert_eq!(browser.post("/login", &fields).status, 303);
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    let allow = [
        ("interaction", interaction.as_str()),
        ("csrf", &csrf),
        ("decision", "allow"),
    ];
    let asked_anew = browser.post("/consent", &allow);
    assert!(asked_anew.leads_to("/consent"), "{:?}", asked_anew.headers);
    let page = browser.follow(&asked_anew);
    assert!(page.text.contains("<code>kari</code>"), "{}", page.text);
    assert!(
        browser
            .decide(&asked_anew, "allow")
            .parameters()
            .contains_key("code")
    );
}

// OIDC Core §3.1.2.1: a sign-in for this very request, once, whatever pages come after it.
#[test]
fn a_sign_in_that_was_asked_for_is_asked_for_once() {
    for more in [
        ("prompt", "login"),
        ("prompt", "select_account"),
        ("max_age", "0"),
        ("prompt", "login consent"),
    ] {
        let server = ready();
        let mut browser = Browser::new(&server);
        let to_login = browser.get(&request(&[]));
        let to_consent = browser.sign_in(&to_login, "ola");
        browser.decide(&to_consent, "allow");
        let silent = browser.get(&request(&[("prompt", "none")]));
        assert!(silent.parameters().contains_key("code"));
        server.clock.advance(Lifetime(5));
        let to_login = browser.get(&request(&[more]));
        assert!(to_login.leads_to("/login"), "{more:?}");
        let mut answer = browser.sign_in(&to_login, "ola");
        if more.1.contains("consent") {
            answer = browser.decide(&answer, "allow");
        }
        assert!(
            answer.parameters().contains_key("code"),
            "{more:?}: {}",
            answer.text
        );
        assert!(
            browser.get(&request(&[more])).leads_to("/login"),
            "{more:?}"
        );
    }
}

#[test]
fn an_error_that_is_shown_has_a_reference() {
    let server = ready();
    let page = server.get(&format!("{AUTHORIZE}?client_id=nobody"), &[]);
    assert_eq!(page.status, 400);
    let reference = page.text.split(r#"id="error-reference">"#).nth(1).unwrap();
    let reference = reference.split('<').next().unwrap();
    assert_eq!(reference.len(), 32);
    assert!(
        !page.text.contains("nobody"),
        "what was sent is not repeated"
    );
}
