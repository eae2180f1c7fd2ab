//! Requests that no well-meaning client sends, and a server that is not well.

use std::time::Instant;

use crate::support::{Server, browser::Browser};

/// Every endpoint that takes a body, with the type it wants and whether it answers with a page.
const BODIES: &[(&str, &str, bool)] = &[
    ("/api/v1/oauth/token", "application/json", false),
    (
        "/api/v1/oauth/token",
        "application/x-www-form-urlencoded",
        false,
    ),
    (
        "/api/v1/oauth/introspect",
        "application/x-www-form-urlencoded",
        false,
    ),
    (
        "/api/v1/oauth/revoke",
        "application/x-www-form-urlencoded",
        false,
    ),
    (
        "/api/v1/oauth/authorize",
        "application/x-www-form-urlencoded",
        true,
    ),
    ("/login", "application/x-www-form-urlencoded", true),
    ("/consent", "application/x-www-form-urlencoded", true),
    ("/logout", "application/x-www-form-urlencoded", true),
    ("/setup", "application/x-www-form-urlencoded", true),
    ("/password", "application/x-www-form-urlencoded", true),
    ("/account", "application/x-www-form-urlencoded", true),
    (
        "/account/password",
        "application/x-www-form-urlencoded",
        true,
    ),
    (
        "/account/sessions",
        "application/x-www-form-urlencoded",
        true,
    ),
    ("/account/apps", "application/x-www-form-urlencoded", true),
];

#[test]
fn a_body_that_is_too_large_is_refused_in_the_endpoints_own_shape() {
    let server = Server::start();
    let body = vec![b'a'; 64 * 1024 + 1];
    for (path, content_type, is_page) in BODIES {
        let answer = server.send("POST", path, &[("content-type", content_type)], Some(&body));
        assert_eq!(answer.status, 413, "{path} {content_type}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        if *is_page {
            assert!(
                answer.text.contains(r#"id="error-code">invalid_request<"#),
                "{path}"
            );
            continue;
        }
        assert_eq!(answer.header("pragma"), Some("no-cache"), "{path}");
        assert_eq!(answer.json()["error"], "invalid_request", "{path}");
        let has_detail = answer.json().get("detail").is_some();
        assert_eq!(has_detail, *content_type == "application/json", "{path}");
    }
}

// What is left of such a body must not be taken for the next request.
#[test]
fn the_rest_of_a_body_that_was_refused_is_no_request() {
    let server = Server::start();
    let mut request =
        b"POST /api/v1/oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n".to_vec();
    request.extend_from_slice(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    request.resize(request.len() + 70_000, b'x');
    let answer = server.raw(&request);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
}

#[test]
fn every_path_says_which_methods_it_has_and_an_unknown_one_is_not_found() {
    let server = Server::start();
    let rows = [
        ("/api/v1/oauth/token", "POST"),
        ("/api/v1/oauth/introspect", "POST"),
        ("/api/v1/oauth/revoke", "POST"),
        ("/api/v1/oauth/delegated-token", "POST"),
        ("/api/v1/oauth/userinfo", "GET, HEAD, POST"),
        ("/api/v1/oauth/principal-token", "GET, HEAD"),
        ("/api/v1/oauth/authorize", "GET, HEAD, POST"),
        ("/login", "GET, HEAD, POST"),
        ("/setup", "GET, HEAD, POST"),
        ("/password", "GET, HEAD, POST"),
        ("/", "GET, HEAD"),
        ("/healthz", "GET, HEAD"),
        ("/.well-known/jwks.json", "GET, HEAD"),
        // As some clients write them.
        ("/api/v1/oauth/authorize/", "GET, HEAD, POST"),
        ("/api/v1/oauth/token/", "POST"),
        ("/.well-known/openid-configuration/", "GET, HEAD"),
        ("/login/", "GET, HEAD, POST"),
    ];
    for (path, allow) in rows {
        let refused = server.send("DELETE", path, &[], None);
        assert_eq!(
            (refused.status, refused.header("allow")),
            (405, Some(allow)),
            "{path}"
        );
        assert_eq!(refused.header("cache-control"), Some("no-store"), "{path}");
        let options = server.send("OPTIONS", path, &[], None);
        assert_eq!(
            (options.status, options.header("allow")),
            (204, Some(allow)),
            "{path}"
        );
    }
    for method in ["GET", "HEAD"] {
        let answer = server.send(method, "/api/v1/oauth/token", &[], None);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("pragma"), Some("no-cache"));
    }
    let head = server.send("HEAD", "/.well-known/jwks.json", &[], None);
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    for path in [
        "/nothing",
        "/api/v1/oauth/nothing",
        "/api/v1",
        "/_a/x/pages/login.html",
        "/login//",
        "/login/x",
    ] {
        let answer = server.get(path, &[]);
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
    }
}

// Rule P38: anything that cannot be read is nobody, and never an error of ours.
#[test]
fn a_cookie_that_cannot_be_read_is_as_good_as_none() {
    const BROWSER: &[&[u8]] = &[b"=../../etc/passwd", b"=\xe2\x82"];
    let server = Server::start();
    let long = "a".repeat(8_000);
    let long = [b"=".as_slice(), long.as_bytes()].concat();
    let cookies: [&[u8]; 9] = [
        b"",
        b"=",
        b"=;;",
        b"=%00",
        b"=%zz",
        b"=a.b",
        b"=0190f0c0000070008000000000000001.ssssssssssssssssssssssssssssssssssssssssssss",
        b"=\xff\xfe",
        &long,
    ];
    let own = [
        ("keyfob_session", &cookies[..]),
        ("keyfob_browser", BROWSER),
    ];
    let sent = own.iter().flat_map(|(name, values)| {
        let name = server.cookie_name(name).into_bytes();
        values.iter().map(move |value| [&name, *value].concat())
    });
    for cookie in sent.chain([b"".to_vec(), b";".to_vec(), b"=".to_vec()]) {
        let ask = |path: &str| {
            let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: ");
            server.raw(&[head.as_bytes(), &cookie, b"\r\n\r\n"].concat())
        };
        let cookie = String::from_utf8_lossy(&cookie);
        let answer = ask("/api/v1/oauth/userinfo");
        assert!(answer.starts_with("HTTP/1.1 401"), "{cookie}: {answer}");
        assert!(
            answer.contains("www-authenticate: Bearer realm=\"keyfob\"\r\n"),
            "{cookie}: {answer}"
        );
        let answer = ask("/");
        assert!(answer.starts_with("HTTP/1.1 200"), "{cookie}: {answer}");
        assert!(!answer.contains("You are signed in"), "{cookie}");
    }
}

// On localhost every program shares its cookies, whatever its port.
#[test]
fn another_programs_malformed_cookie_does_not_sign_a_person_out() {
    let server = Server::start();
    server.person("ola");
    server.user("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    let mut browser = Browser::new(&server);
    let page = browser.get("/login");
    let csrf = page.field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("username", "ola"),
        ("password", "correct horse"),
    ];
    assert_eq!(browser.post("/login", &fields).status, 303);
    let others: [&[u8]; 6] = [b"flag", b"a=%zz", b"=", b"x=\"; y", b"z=%ff", b"z=\xff\xfe"];
    for other in others {
        let head = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: ";
        let own = browser.cookie_header();
        let home = server.raw(&[head, other, b"; ", own.as_bytes(), b"\r\n\r\n"].concat());
        assert!(home.contains("You are signed in"), "{other:?}: {home}");
    }
}

#[test]
fn a_server_that_is_stopping_says_that_it_is_not_ready() {
    let server = Server::start();
    let ready = |server: &Server| server.get("/readyz", &[]).status;
    assert_eq!(ready(&server), 200);
    server.app.begin_stop();
    assert_eq!(ready(&server), 503);
    assert_eq!(server.get("/healthz", &[]).status, 200);
}

#[test]
fn a_server_whose_database_is_held_by_another_is_not_ready_but_lives() {
    let server = Server::start();
    let other = rusqlite::Connection::open(server.app.store.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let asked = Instant::now();
    let answer = server.get("/readyz", &[]);
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert!(asked.elapsed().as_secs() < 4, "{:?}", asked.elapsed());
    assert_eq!(server.get("/healthz", &[]).status, 200);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(server.get("/readyz", &[]).status, 200);
}
