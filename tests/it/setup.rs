//! The first administrator, and a server that has none yet.

use std::sync::Barrier;

use keyfob::{domain::time::Lifetime, login::setup};
use serde_json::json;

use crate::support::{Answer, Server, browser::Browser};

/// The one-time code of a fresh link.
fn code(server: &Server) -> String {
    let link = setup::new_link(&server.app.store, &server.url).unwrap();
    let (page, code) = link.split_once("#t=").unwrap();
    assert_eq!(page, format!("{}/setup", server.url));
    code.to_owned()
}

fn claim(browser: &mut Browser, code: &str, username: &str, password: &str) -> Answer {
    let page = browser.get("/setup");
    send_claim(browser, &page, code, username, password)
}

/// Fills in a page that was loaded before.
fn send_claim(
    browser: &mut Browser,
    page: &Answer,
    code: &str,
    username: &str,
    password: &str,
) -> Answer {
    let csrf = page.field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("token", code),
        ("username", username),
        ("email", "root@example.com"),
        ("password", password),
    ];
    browser.post("/setup", &fields)
}

fn admins(server: &Server) -> usize {
    server.users().iter().filter(|user| user.admin).count()
}

#[test]
fn the_first_administrator_is_made_on_the_link_and_is_signed_in() {
    let server = Server::start();
    let code = code(&server);
    let mut browser = Browser::new(&server);
    let page = browser.get("/setup");
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self'") && policy.contains("frame-ancestors 'none'"));
    assert_eq!(page.header("referrer-policy"), Some("same-origin"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let done = claim(&mut browser, &code, "root", "correct horse");
    assert_eq!(
        (done.status, done.header("location")),
        (303, Some("/setup/done")),
        "{}",
        done.text
    );
    assert!(browser.own_cookie("keyfob_session").is_some() && browser.cookie("token").is_some());
    assert!(browser.get("/setup/done").text.contains("root"));
    assert!(browser.get("/").text.contains("You are signed in as"));
    let user = server.get(
        "/api/v1/oauth/userinfo",
        &[("cookie", &browser.cookie_header())],
    );
    assert_eq!(user.json()["preferred_username"], "root", "{}", user.text);
    assert_eq!(admins(&server), 1);
    // The link is spent, and so is every other.
    assert_eq!(browser.get("/setup").status, 410);
    let again = [
        ("csrf", page.field("csrf")),
        ("token", self::code(&server)),
        ("username", "other".into()),
        ("password", "correct horse".into()),
    ];
    let again: Vec<_> = again
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(browser.post("/setup", &again).status, 410);
    assert_eq!(admins(&server), 1);
}

#[test]
fn of_twenty_claims_at_once_one_makes_an_administrator() {
    let server = Server::start();
    let code = code(&server);
    // Everybody has the page before anybody sends it.
    let ready = Barrier::new(20);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let claims: Vec<_> = (0..20)
            .map(|i| {
                let (server, code, ready) = (&server, &code, &ready);
                scope.spawn(move || {
                    let mut browser = Browser::new(server);
                    let page = browser.get("/setup");
                    ready.wait();
                    let name = format!("root-{i}");
                    send_claim(&mut browser, &page, code, &name, "correct horse").status
                })
            })
            .collect();
        claims
            .into_iter()
            .map(|claim| claim.join().unwrap())
            .collect()
    });
    let won = statuses.iter().filter(|status| **status == 303).count();
    assert_eq!((won, admins(&server)), (1, 1), "{statuses:?}");
    assert!(statuses.iter().all(|status| *status < 500), "{statuses:?}");
}

#[test]
fn a_claim_that_breaks_a_rule_makes_nobody() {
    let server = Server::start();
    let good = code(&server);
    server.user("u-ola", |user| user.username = "ola".into());
    let rows = [
        ("a code of nobody", "x", "root", "correct horse"),
        ("no code", "", "root", "correct horse"),
        ("no name", &good, " ", "correct horse"),
        ("a name that is taken", &good, "OLA", "correct horse"),
        (
            "a name that is somebody's address",
            &good,
            "u-ola@example.com",
            "correct horse",
        ),
        ("a short password", &good, "root", "seven c"),
    ];
    for (rule, code, username, password) in rows {
        let refused = claim(&mut Browser::new(&server), code, username, password);
        assert_eq!(refused.status, 400, "{rule}: {}", refused.text);
        assert!(refused.text.contains(r#"id="setup-error""#), "{rule}");
        assert!(!refused.text.contains("correct horse"), "{rule}");
    }
    let mut browser = Browser::new(&server);
    browser.get("/setup");
    let fields = [
        ("token", good.as_str()),
        ("username", "root"),
        ("password", "correct horse"),
    ];
    assert_eq!(browser.post("/setup", &fields).status, 400, "no csrf");
    // None of them spent the link; an hour does.
    server.clock.advance(Lifetime::minutes(60));
    let late = claim(&mut Browser::new(&server), &good, "root", "correct horse");
    assert_eq!(late.status, 400);
    assert!(late.text.contains("expired"), "{}", late.text);
    assert_eq!(admins(&server), 0);
    let fresh = code(&server);
    let older = claim(&mut Browser::new(&server), &good, "root", "correct horse");
    assert_eq!(older.status, 400, "a fresh link replaces the one before");
    assert_eq!(
        claim(&mut Browser::new(&server), &fresh, "root", "correct horse").status,
        303
    );
}

#[test]
fn a_server_without_an_administrator_says_so_and_shows_no_bare_login_form() {
    let server = Server::start();
    for path in ["/admin", "/login"] {
        let answer = server.get(path, &[]);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
    }
    let home = server.get("/", &[]);
    assert!(
        home.text
            .contains("This server has no administrator yet. Run <code>keyfob setup-url</code>")
    );
    assert!(!home.text.contains("login-submit") && !home.text.contains(r#"href="/login""#));
    server.user("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    assert!(server.get("/login", &[]).text.contains("login-submit"));
    assert!(!server.get("/", &[]).text.contains("no administrator"));
}

// Somebody who came first must not find it half set up.
#[test]
fn bound_beyond_loopback_it_answers_nobody_until_it_has_an_administrator() {
    let open = Server::start();
    let server = Server::start_with(|told| told.config.listen = "0.0.0.0:8080".into());
    let requests = |server: &Server| {
        let at = |path: &str| format!("/api/v1/oauth{path}");
        vec![
            server.form(&at("/token"), None, &[("grant_type", "client_credentials")]),
            server.json(
                &at("/token"),
                &[],
                &json!({"grant_type": "client_credentials"}),
            ),
            server.get(&at("/userinfo"), &[]),
            server.json(&at("/delegated-token"), &[], &json!({"sub": "u"})),
            server.get(&at("/principal-token"), &[]),
            server.form(&at("/introspect"), None, &[]),
            server.form(&at("/revoke"), None, &[]),
            server.get(&at("/authorize?client_id=web"), &[]),
        ]
    };
    for (i, answer) in requests(&server).iter().enumerate() {
        assert_eq!(answer.status, 503, "{i}");
        assert!(
            answer.text.contains("setup_required"),
            "{i}: {}",
            answer.text
        );
        assert_eq!(answer.header("retry-after"), None, "{i}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{i}");
    }
    let [form, json, ..] = &requests(&server)[..] else {
        panic!("eight answers");
    };
    assert_eq!(form.json().get("detail"), None);
    assert_eq!(json.json()["detail"], json.json()["error_description"]);
    for path in ["/setup", "/healthz", "/.well-known/jwks.json", "/"] {
        assert_eq!(server.get(path, &[]).status, 200, "{path}");
    }
    server.user("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    for (i, answer) in requests(&server).iter().chain(&requests(&open)).enumerate() {
        assert!(
            (400..402).contains(&answer.status),
            "{i}: {}",
            answer.status
        );
    }
}
