//! OIDC Back-Channel Logout 1.0: the clients of a browser login are told of its end, whatever ended it,
//! and also when they, or this server, are not there at that moment.

use std::time::{Duration, Instant};

use keyfob::{
    admin::sessions as sign_outs,
    domain::time::Lifetime,
    store::{logout_notices, sessions},
};
use serde_json::json;

use crate::{
    cli,
    support::{
        Server,
        browser::{Browser, PASSWORD, challenge},
        change, claims,
        web::{Reply, Web},
    },
};

fn ready(web: &Web) -> Server {
    let server = Server::start_now_with(|told| {
        told.live.outbound_allow = vec!["127.0.0.1/32".parse().unwrap()];
    });
    server.client(
        "web",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": ["https://app.example/cb"], "scope": "openid",
               "backchannel_logout_uri": format!("{}/web", web.url)}),
    );
    server.person("ola");
    server.person("kari");
    server.user("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    server
}

/// A browser in which the person has visited the client.
fn visited<'s>(server: &'s Server, username: &str) -> Browser<'s> {
    let mut browser = Browser::new(server);
    let challenge = challenge();
    let parameters = [
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", "https://app.example/cb"),
        ("scope", "openid"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let answer = browser.authorize(&parameters, username).parameters();
    assert!(answer.contains_key("code"));
    browser
}

fn sids(server: &Server, username: &str) -> Vec<String> {
    let alive = server
        .app
        .store
        .read(|tx| sessions::alive(tx, Some(username), None, 10))
        .unwrap();
    let mut sids: Vec<_> = alive.iter().map(|one| one.id.simple()).collect();
    sids.sort();
    sids
}

/// The `sid`s of which the client was told, once there are `many` of them.
fn told(web: &Web, many: usize) -> Vec<String> {
    let until = Instant::now() + Duration::from_secs(20);
    while web.requests().len() < many && Instant::now() < until {
        std::thread::yield_now();
    }
    let requests = web.requests();
    let mut sids: Vec<_> = requests
        .iter()
        .map(|request| {
            let token = request.body.strip_prefix("logout_token=").unwrap();
            claims(&json!(token))["sid"].as_str().unwrap().to_owned()
        })
        .collect();
    sids.sort();
    sids
}

fn wait_for(done: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < until, "it does not come");
        std::thread::yield_now();
    }
}

/// Waits until nothing is left to be told.
fn all_told(server: &Server) {
    wait_for(|| {
        server
            .app
            .store
            .read(logout_notices::next)
            .unwrap()
            .is_none()
    });
}

fn post(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) {
    let csrf = browser.get(path).field("csrf");
    let fields: Vec<_> = [("csrf", csrf.as_str())]
        .iter()
        .chain(fields)
        .copied()
        .collect();
    let answer = browser.post(path, &fields);
    assert_eq!(answer.status, 303, "{path}: {}", answer.text);
}

/// Ends what is to end of two logins of ola's, the second of them in the browser that is given.
type End = fn(&Server, &mut Browser);

fn command(server: &Server, args: &[&str], stdin: &str) {
    cli::run(&server.app.config.database, args, stdin).ok(args);
}

#[test]
fn clients_are_told_whatever_ends_a_login() {
    // The way, how many of the two logins it ends, and what it does.
    let ways: &[(&str, usize, End)] = &[
        ("the logout page", 1, |_, browser| {
            post(browser, "/logout", &[("decision", "logout")]);
        }),
        ("session revoke ID", 1, |server, _| {
            let id = server
                .app
                .store
                .read(|tx| sessions::alive(tx, Some("ola"), None, 1));
            let id = id.unwrap()[0].id.to_string();
            command(server, &["session", "revoke", &id], "");
        }),
        ("session revoke --user", 2, |server, _| {
            command(server, &["session", "revoke", "--user", "ola"], "");
        }),
        ("user disabled", 2, |server, _| {
            command(server, &["user", "update", "ola", "--disable"], "");
        }),
        ("user deleted", 2, |server, _| {
            command(server, &["user", "delete", "ola", "--yes"], "");
        }),
        ("password reset", 2, |server, _| {
            command(
                server,
                &["user", "set-password", "ola", "--password-stdin"],
                "another password\n",
            );
        }),
        ("the account's page, one", 1, |server, browser| {
            let this = browser
                .own_cookie("keyfob_session")
                .unwrap()
                .split('.')
                .next()
                .unwrap()
                .to_owned();
            let alive = server
                .app
                .store
                .read(|tx| sessions::alive(tx, Some("ola"), None, 9))
                .unwrap();
            let other = alive.iter().find(|one| one.id.simple() != this).unwrap();
            post(
                browser,
                "/account/sessions",
                &[("end", &other.id.to_string())],
            );
        }),
        ("the account's page, all others", 1, |_, browser| {
            post(browser, "/account/sessions", &[("end", "others")]);
        }),
        ("the account's password", 1, |_, browser| {
            let new = "another password";
            let fields = [
                ("current", PASSWORD),
                ("password", new),
                ("again", new),
                ("elsewhere", "on"),
            ];
            post(browser, "/account/password", &fields);
        }),
        ("an administrator", 2, |server, _| {
            change(server, |tx, by| {
                keyfob::admin::sessions::revoke_all(tx, by, "ola")
            });
        }),
        ("a restored backup", 3, |server, _| {
            let ended = server
                .app
                .store
                .write_blocking(keyfob::store::revocations::revoke_everything);
            ended.unwrap();
        }),
    ];
    for (way, ends, end) in ways {
        let web = Web::http();
        web.at("/web", Reply::status(200));
        let server = ready(&web);
        visited(&server, "ola");
        visited(&server, "kari");
        let mut browser = visited(&server, "ola");
        let before = [sids(&server, "ola"), sids(&server, "kari")].concat();
        end(&server, &mut browser);
        // The commands have the machine's clock, which may be ahead by now. Not so far that what is being
        // sent counts as lost.
        server.clock.advance(Lifetime(20));
        let told = told(&web, *ends);
        assert_eq!(told.len(), *ends, "{way}");
        let alive = [sids(&server, "ola"), sids(&server, "kari")].concat();
        let mut ended: Vec<_> = before
            .into_iter()
            .filter(|sid| !alive.contains(sid))
            .collect();
        ended.sort();
        assert_eq!(told, ended, "{way}");
        all_told(&server);
        assert_eq!(web.requests().len(), *ends, "{way}: nobody is told twice");
    }
}

#[test]
fn a_client_that_was_not_told_before_the_server_ended_is_told_by_the_next() {
    let web = Web::http();
    web.at("/web", Reply::status(500));
    let server = ready(&web);
    let mut browser = visited(&server, "ola");
    let sid = sids(&server, "ola");
    post(&mut browser, "/logout", &[("decision", "logout")]);
    assert_eq!(told(&web, 1), sid);
    drop(browser);
    let server = server.restart();
    web.at("/web", Reply::status(200));
    server.clock.advance(Lifetime::minutes(1));
    assert_eq!(told(&web, 2), [sid.clone(), sid].concat());
    all_told(&server);
}

#[test]
fn a_client_that_never_listens_is_given_up_and_holds_up_no_other() {
    let (deaf, web) = (Web::http(), Web::http());
    web.at("/web", Reply::status(200));
    let server = ready(&web);
    server.client(
        "deaf",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": ["https://app.example/cb"], "scope": "openid",
               "backchannel_logout_uri": format!("{}/deaf", deaf.url)}),
    );
    let mut browser = visited(&server, "ola");
    let challenge = challenge();
    let parameters = [
        ("response_type", "code"),
        ("client_id", "deaf"),
        ("redirect_uri", "https://app.example/cb"),
        ("scope", "openid"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    browser.authorize(&parameters, "ola");
    post(&mut browser, "/logout", &[("decision", "logout")]);
    assert_eq!(told(&web, 1).len(), 1);
    // 1 s, 10 s, 1 min, 10 min, 1 h after the one before, and then no more.
    for wait in [1, 10, 60, 600, 3600] {
        let due = server.app.now() + Lifetime(wait);
        wait_for(|| server.app.store.read(logout_notices::next).unwrap() == Some(due));
        server.clock.advance(Lifetime(wait));
    }
    all_told(&server);
    assert_eq!((web.requests().len(), deaf.requests().len()), (1, 6));
}

/// A client of this name whose logout address is at `web`.
fn client_at(server: &Server, web: &Web, name: &str) {
    let metadata = json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
        "redirect_uris": ["https://app.example/cb"], "scope": "openid", "require_consent": false,
        "backchannel_logout_uri": format!("{}/{name}", web.url)});
    server.client(name, metadata);
}

// A share of what is sent at once for each client: many that hang delay an honest one by nothing.
#[test]
fn clients_that_hang_hold_up_no_other() {
    for is_unverified in [false, true] {
        let web = Web::http();
        let server = ready(&web);
        let hanging: Vec<_> = (0..20).map(|i| format!("hang-{i}")).collect();
        for name in &hanging {
            client_at(&server, &web, name);
        }
        if is_unverified {
            let rows = "INSERT INTO client_registrations (client_id, unused_until)
                        SELECT client_id, 9999999999 FROM clients";
            let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
            assert!(file.execute(rows, []).unwrap() > 20);
            server.app.refresh_directory().unwrap();
        }
        web.hold("/hang");
        // More notices than there are places, all older than the honest one's.
        for name in hanging.iter().cycle().take(12 * hanging.len()) {
            server.code(name, "kari", "openid");
        }
        change(&server, |tx, by| sign_outs::revoke_all(tx, by, "kari"));
        web.await_held(20);
        let mut browser = visited(&server, "ola");
        post(&mut browser, "/logout", &[("decision", "logout")]);
        wait_for(|| web.asked("/web") == 1);
        assert!(web.asked("/hang-0") < 12, "they hang still");
        web.release();
    }
}

// What is looked at together is bounded: strangers who register clients by the hundred must not fill it.
#[test]
fn notices_of_many_unverified_clients_hide_none_of_a_registered_one() {
    let web = Web::http();
    let server = ready(&web);
    client_at(&server, &web, "hang-0");
    let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
    let rows = "
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
        INSERT INTO clients (client_id, metadata, disabled, created_at, updated_at)
          SELECT 'hang-' || i, metadata, disabled, created_at, updated_at FROM clients, n WHERE client_id = 'hang-0';
        INSERT INTO client_registrations (client_id, unused_until)
          SELECT client_id, 9999999999 FROM clients WHERE client_id LIKE 'hang-%';
        WITH n (i) AS (VALUES (1), (2), (3), (4))
        INSERT INTO logout_notices (id, client_id, sub, session_id, due_at, expires_at)
          SELECT randomblob(16), client_id, 'kari', randomblob(16), 0, 9999999999 FROM clients, n
           WHERE client_id LIKE 'hang-%'";
    web.hold("/hang");
    let mut browser = visited(&server, "ola");
    file.execute_batch(rows).unwrap();
    server.app.refresh_directory().unwrap();
    post(&mut browser, "/logout", &[("decision", "logout")]);
    wait_for(|| web.asked("/web") == 1);
    web.release();
}
