//! The `token` cookie of the server's own pages: what it is, how it is renewed, when it ends.

use keyfob::{
    domain::time::{Lifetime, UnixSeconds},
    store::{StoreError, revocations, sessions, users},
};
use serde_json::{Value, json};

use crate::support::{
    Answer, START, Server,
    browser::{Browser, PASSWORD},
    claims,
};

/// How a login comes to its end.
type Ending = fn(&Server);

const USERINFO: &str = "/api/v1/oauth/userinfo";
const DELEGATED: &str = "/api/v1/oauth/delegated-token";
const PRINCIPAL: &str = "/api/v1/oauth/principal-token";

fn ready() -> Server {
    with_session_of(Lifetime::days(14))
}

fn with_session_of(lifetime: Lifetime) -> Server {
    let server = Server::start_with(|told| told.live.session_lifetime = lifetime);
    server.person("ola");
    server.user("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    server
}

/// A browser in which ola has signed in, and the answer to the sign-in.
fn sign_in(server: &Server) -> (Browser<'_>, Answer) {
    let mut browser = Browser::new(server);
    let csrf = browser.get("/login").field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("username", "ola"),
        ("password", PASSWORD),
    ];
    let answer = browser.post("/login", &fields);
    assert_eq!(answer.status, 303, "{}", answer.text);
    (browser, answer)
}

fn sign_out(browser: &mut Browser) -> Answer {
    let csrf = browser.get("/logout").field("csrf");
    browser.post("/logout", &[("csrf", &csrf), ("decision", "logout")])
}

fn token(browser: &Browser) -> Value {
    json!(browser.cookie("token").unwrap())
}

fn bearer(server: &Server, path: &str, token: &Value) -> Answer {
    let value = format!("Bearer {}", token.as_str().unwrap());
    server.get(path, &[("authorization", &value)])
}

/// Asks each of the three endpoints as the server's own page does.
fn ask(server: &Server, path: &str, cookie: &Value) -> Answer {
    let cookie = format!("token={}", cookie.as_str().unwrap());
    let headers = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    match path {
        DELEGATED => server.json(path, &headers, &json!({"sub": "ola"})),
        _ => server.get(path, &headers),
    }
}

/// The token of a renewal, which its header and its cookie must both have.
fn renewal(answer: &Answer) -> Option<Value> {
    let set = answer.header("set-cookie");
    match answer.header("refreshed-token") {
        None => {
            assert_eq!(set, None);
            None
        }
        Some(token) => {
            let cookie = format!("token={token}; HttpOnly; SameSite=Strict; Path=/api/v1/oauth");
            assert_eq!(set, Some(cookie.as_str()));
            Some(json!(token))
        }
    }
}

fn set_cookies(answer: &Answer) -> Vec<&str> {
    let all = answer.headers.get_all("set-cookie");
    all.iter().map(|value| value.to_str().unwrap()).collect()
}

#[test]
fn at_sign_in_the_browser_gets_a_token_for_the_servers_own_pages() {
    let server = ready();
    let (browser, answer) = sign_in(&server);
    let token = token(&browser);
    let expected = format!(
        "token={}; HttpOnly; SameSite=Strict; Path=/api/v1/oauth",
        token.as_str().unwrap()
    );
    assert!(set_cookies(&answer).contains(&expected.as_str()));
    let said = claims(&token);
    assert_eq!(said["sub"], "ola");
    assert_eq!(said["client_id"], "keyfob");
    assert_eq!(said["scope"], "openid profile email keyfob:delegate");
    assert_eq!(said["auth_time"], START.0);
    assert_eq!(said["exp"], START.0 + 3600);
    assert_eq!(ask(&server, USERINFO, &token).json()["sub"], "ola");
}

#[test]
fn over_https_every_cookie_is_secure_and_bound_to_the_host() {
    let server = Server::start_with(|told| told.config.issuer = "https://id.example.com".into());
    server.person("ola");
    server.user("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    let mut browser = Browser::new(&server);
    let page = browser.get("/login");
    let csrf = page.field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("username", "ola"),
        ("password", PASSWORD),
    ];
    let answer = browser.post("/login", &fields);
    let all = [set_cookies(&page), set_cookies(&answer)].concat();
    let names: Vec<_> = all
        .iter()
        .map(|set| set.split('=').next().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "__Host-keyfob_browser",
            "__Host-keyfob_session",
            "token",
            "__Host-keyfob_known"
        ]
    );
    for set in all {
        assert!(
            set.contains("; Secure") && set.contains("; HttpOnly"),
            "{set}"
        );
    }
}

#[test]
fn past_half_its_life_the_cookie_is_renewed_by_each_of_the_three_endpoints() {
    let server = ready();
    let (browser, _) = sign_in(&server);
    let first = token(&browser);
    server.clock.advance(Lifetime::minutes(30));
    for path in [USERINFO, DELEGATED, PRINCIPAL] {
        let answer = ask(&server, path, &first);
        assert_eq!((answer.status, renewal(&answer)), (200, None), "{path}");
    }
    server.clock.advance(Lifetime(1));
    for path in [USERINFO, DELEGATED, PRINCIPAL] {
        let answer = ask(&server, path, &first);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let renewed = renewal(&answer).unwrap_or_else(|| panic!("{path}"));
        assert_eq!(claims(&renewed)["exp"], server.app.now().0 + 3600, "{path}");
        assert_eq!(claims(&renewed)["sub"], "ola", "{path}");
        assert_eq!(renewal(&ask(&server, path, &renewed)), None, "{path}");
    }
    // A refusal renews it too: the caller is known.
    let cookie = format!("token={}", first.as_str().unwrap());
    let headers = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    let refused = server.json(DELEGATED, &headers, &json!({"sub": 7}));
    assert_eq!(refused.status, 422);
    assert!(renewal(&refused).is_some());
}

#[test]
fn a_token_that_came_in_a_header_is_never_renewed() {
    let server = ready();
    let (browser, _) = sign_in(&server);
    let first = token(&browser);
    server.clock.advance(Lifetime::minutes(45));
    let value = first.as_str().unwrap();
    let (cookie, authorization) = (format!("token={value}"), format!("Bearer {value}"));
    let rows = [
        (
            "Authorization alone",
            vec![("authorization", authorization.as_str())],
        ),
        (
            "Authorization beside the cookie",
            vec![
                ("authorization", authorization.as_str()),
                ("cookie", &cookie),
            ],
        ),
        ("refreshed-token alone", vec![("refreshed-token", value)]),
        (
            "refreshed-token beside the cookie",
            vec![("refreshed-token", value), ("cookie", &cookie)],
        ),
    ];
    for (name, headers) in rows {
        let answer = server.get(USERINFO, &headers);
        assert_eq!((answer.status, renewal(&answer)), (200, None), "{name}");
    }
    assert!(renewal(&server.get(USERINFO, &[("cookie", &cookie)])).is_some());
}

#[test]
fn a_login_in_use_is_renewed_to_its_end_and_no_further() {
    // No multiple of what a token lives.
    let lifetime = Lifetime::minutes(170);
    let server = with_session_of(lifetime);
    let (browser, _) = sign_in(&server);
    let end = UnixSeconds(START.0) + lifetime;
    let mut cookie = token(&browser);
    let mut renewals = 0;
    while server.app.now() < end {
        let answer = ask(&server, USERINFO, &cookie);
        assert_eq!(answer.status, 200, "{}", server.app.now());
        if let Some(renewed) = renewal(&answer) {
            assert!(claims(&renewed)["exp"].as_i64().unwrap() <= end.0);
            cookie = renewed;
            renewals += 1;
        }
        let principal = ask(&server, PRINCIPAL, &cookie).json();
        let expires = claims(&principal["access_token"])["exp"].as_i64().unwrap();
        assert_eq!(expires, end.0.min(server.app.now().0 + 3600));
        server.clock.advance(Lifetime::minutes(10));
    }
    // After 40, 80 and 120 minutes; the third lives to the end.
    assert_eq!(renewals, 3);
    assert_eq!(
        ask(&server, USERINFO, &cookie).refusal(),
        (401, "invalid_token".into())
    );
}

#[test]
fn a_login_that_is_over_renews_nothing() {
    let rows: [(&str, Ending); 4] = [
        ("an hour without use", |server| {
            server.clock.advance(Lifetime::hours(1));
        }),
        ("the session ended by an operator", |server| {
            let ended = server.app.store.write_blocking(|tx| {
                let all = sessions::alive(tx, Some("ola"), None, 10)?;
                let [session] = &all[..] else {
                    panic!("{} sessions", all.len());
                };
                revocations::end_session(tx, session.id)
            });
            ended.unwrap();
        }),
        ("all tokens of the user revoked", |server| {
            let revoked = server.app.store.write_blocking(|tx| {
                let ola = users::get(tx, "ola")?.unwrap();
                revocations::revoke_user(tx, &ola.sub)
            });
            revoked.unwrap();
        }),
        ("the user disabled", |server| {
            let disabled = server.app.store.write_blocking(|tx| {
                let mut ola = users::get(tx, "ola")?.unwrap();
                ola.disabled = true;
                users::put(tx, &ola)?;
                Ok::<_, StoreError>(())
            });
            disabled.unwrap();
        }),
    ];
    for (name, end) in rows {
        let server = ready();
        let (browser, _) = sign_in(&server);
        server.clock.advance(Lifetime::minutes(40));
        end(&server);
        for path in [USERINFO, PRINCIPAL] {
            let answer = ask(&server, path, &token(&browser));
            assert_eq!(
                answer.refusal(),
                (401, "invalid_token".into()),
                "{name} {path}"
            );
            assert_eq!(renewal(&answer), None, "{name} {path}");
        }
    }
}

// The file decides, whatever is known in memory of what was revoked.
#[test]
fn a_session_that_has_ended_in_the_file_renews_nothing() {
    let server = ready();
    let (browser, _) = sign_in(&server);
    server.clock.advance(Lifetime::minutes(40));
    server
        .app
        .store
        .write_blocking(|tx| {
            for session in sessions::alive(tx, Some("ola"), None, 10)? {
                sessions::end(tx, session.id)?;
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let answer = ask(&server, USERINFO, &token(&browser));
    assert_eq!((answer.status, renewal(&answer)), (200, None));
    let refused = ask(&server, PRINCIPAL, &token(&browser)).refusal();
    assert_eq!(refused, (401, "invalid_token".into()));
}

#[test]
fn signing_out_ends_the_cookie_and_all_that_was_made_with_it() {
    let server = ready();
    let (mut browser, _) = sign_in(&server);
    let first = token(&browser);
    server.clock.advance(Lifetime::minutes(40));
    let answer = ask(&server, USERINFO, &first);
    let renewed = renewal(&answer).unwrap();
    let principal = ask(&server, PRINCIPAL, &renewed).json()["access_token"].clone();
    let delegated = ask(&server, DELEGATED, &renewed).json()["access_token"].clone();
    let all = [first, renewed, principal, delegated];
    for token in &all {
        assert_eq!(bearer(&server, USERINFO, token).status, 200);
    }
    let done = sign_out(&mut browser);
    assert_eq!(done.header("location"), Some("/logout/done"));
    assert_eq!(browser.cookie("token"), None);
    assert_eq!(browser.own_cookie("keyfob_session"), None);
    let removal = |set: &&&str| set.starts_with("token=;") && set.contains("; Path=/api/v1/oauth");
    assert_eq!(set_cookies(&done).iter().filter(removal).count(), 1);
    for token in &all {
        let refused = bearer(&server, USERINFO, token).refusal();
        assert_eq!(refused, (401, "invalid_token".into()));
    }
}

// Otherwise whoever got hold of a page's short token could keep it alive for as long as the login is.
#[test]
fn a_short_token_does_not_last_longer_by_being_put_into_a_cookie() {
    let server = ready();
    let (browser, _) = sign_in(&server);
    let principal = ask(&server, PRINCIPAL, &token(&browser)).json()["access_token"].clone();
    let delegated = ask(&server, DELEGATED, &token(&browser)).json()["access_token"].clone();
    server.clock.advance(Lifetime::minutes(40));
    for (name, short) in [("principal", &principal), ("delegated", &delegated)] {
        assert_eq!(renewal(&ask(&server, USERINFO, short)), None, "{name}");
    }
    let again = ask(&server, PRINCIPAL, &principal).json();
    assert_eq!(
        claims(&again["access_token"])["exp"],
        claims(&principal)["exp"]
    );
}

#[test]
fn with_the_cookie_alone_a_post_must_come_from_the_servers_own_pages() {
    let server = ready();
    let (browser, _) = sign_in(&server);
    let value = token(&browser);
    let value = value.as_str().unwrap();
    let (cookie, authorization) = (format!("token={value}"), format!("Bearer {value}"));
    let own = server.url.as_str();
    let rows = [
        (vec![("sec-fetch-site", "same-origin")], 200),
        (vec![("origin", own)], 200),
        (
            vec![("sec-fetch-site", "same-origin"), ("origin", own)],
            200,
        ),
        (vec![], 403),
        (vec![("sec-fetch-site", "cross-site")], 403),
        (vec![("sec-fetch-site", "same-site")], 403),
        (vec![("sec-fetch-site", "none")], 403),
        (vec![("sec-fetch-site", "cross-site"), ("origin", own)], 403),
        (vec![("origin", "https://evil.example")], 403),
        (vec![("origin", "null")], 403),
        (vec![("origin", "http://127.0.0.1")], 403),
        (vec![("authorization", authorization.as_str())], 200),
        (vec![("refreshed-token", value), ("origin", "null")], 200),
    ];
    for (mut headers, status) in rows {
        headers.push(("cookie", &cookie));
        for answer in [
            server.json(DELEGATED, &headers, &json!({"sub": "ola"})),
            server.send("POST", USERINFO, &headers, None),
        ] {
            assert_eq!(answer.status, status, "{headers:?}: {}", answer.text);
            if status == 403 {
                assert_eq!(answer.json()["error"], "access_denied", "{headers:?}");
            }
        }
    }
}

// RFC 6265 §8.5: cookies are shared by all ports of a host.
#[test]
fn two_servers_on_one_host_leave_each_others_sign_in_alone() {
    let (one, other) = (Server::start(), Server::start());
    for server in [&one, &other] {
        server.person("ola");
        server.user("root", |user| user.admin = true);
        server.app.refresh_directory().unwrap();
    }
    let (first, _) = sign_in(&one);
    let mut second = Browser::new(&other);
    first
        .cookie_header()
        .split("; ")
        .for_each(|cookie| second.carry(cookie));
    let csrf = second.get("/login").field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("username", "ola"),
        ("password", PASSWORD),
    ];
    assert_eq!(second.post("/login", &fields).status, 303);
    assert_eq!(sign_out(&mut second).status, 303);
    let cookies = second.cookie_header();
    let home = |server: &Server| server.get("/", &[("cookie", &cookies)]).text;
    assert!(home(&one).contains("You are signed in"));
    assert!(!home(&other).contains("You are signed in"));
}
