//! Guessing is slowed down wherever a password, a secret or a code is taken (rules C26, P22).

use keyfob::{
    crypto::password,
    domain::{secret::Secret, time::Lifetime},
    login::setup,
};
use serde_json::json;

use crate::support::{
    Answer, Server, VERIFIER,
    browser::{Browser, PASSWORD},
};

const TOKEN: &str = "/api/v1/oauth/token";
const GRANT: (&str, &str) = ("grant_type", "client_credentials");

fn ready() -> Server {
    let server = Server::start();
    server.public_client("web", "openid offline_access");
    server.client(
        "service",
        json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic",
               "scope": "openid"}),
    );
    server.user("u-ola", |_| {});
    server.person("ola");
    server
}

fn with_admin(server: &Server) {
    server.user("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
}

fn sign_in(server: &Server, username: &str, password: &str) -> Answer {
    let mut browser = Browser::new(server);
    let csrf = browser.get("/login").field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("username", username),
        ("password", password),
    ];
    browser.post("/login", &fields)
}

fn claim(server: &Server, code: &str) -> Answer {
    let mut browser = Browser::new(server);
    let csrf = browser.get("/setup").field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("token", code),
        ("username", "root"),
        ("password", PASSWORD),
    ];
    browser.post("/setup", &fields)
}

/// The code of a link on which a password is chosen.
fn open_link(server: &Server, code: &str) -> Answer {
    let mut browser = Browser::new(server);
    let csrf = browser.get("/password").field("csrf");
    browser.post("/password", &[("csrf", &csrf), ("token", code)])
}

fn redeem(server: &Server, code: &str) -> Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", code),
        ("code_verifier", VERIFIER),
    ];
    server.form(TOKEN, None, &fields)
}

fn refresh(server: &Server, token: &str) -> Answer {
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", "web"),
        ("refresh_token", token),
    ];
    server.form(TOKEN, None, &fields)
}

/// Well-formed and of nobody.
fn unknown_token() -> String {
    format!("0190f0c0000070008000000000000001.{}", "s".repeat(43))
}

/// One wrong guess.
type Guess = fn(&Server) -> Answer;

#[test]
fn every_guess_at_a_secret_is_slowed_down_before_the_twentieth() {
    let rows: [(&str, u16, Guess); 13] = [
        ("a password", 200, |server| sign_in(server, "ola", "wrong")),
        ("a password of nobody", 200, |server| {
            sign_in(server, "nobody", "wrong")
        }),
        ("a client secret", 401, |server| {
            server.form(TOKEN, Some(("service", "wrong")), &[GRANT])
        }),
        ("a secret of no client", 401, |server| {
            server.form(TOKEN, Some(("nobody", "wrong")), &[GRANT])
        }),
        ("a client secret, by JSON", 401, |server| {
            let body = json!({"grant_type": "client_credentials", "client_id": "service", "client_secret": "x"});
            server.json(TOKEN, &[], &body)
        }),
        ("a client secret at introspection", 401, |server| {
            server.form(
                "/api/v1/oauth/introspect",
                Some(("service", "wrong")),
                &[("token", "x")],
            )
        }),
        ("a client secret at revocation", 401, |server| {
            server.form(
                "/api/v1/oauth/revoke",
                Some(("service", "wrong")),
                &[("token", "x")],
            )
        }),
        ("a code", 400, |server| redeem(server, &unknown_token())),
        ("a code that is none", 400, |server| redeem(server, "x")),
        ("a refresh token", 400, |server| {
            refresh(server, &unknown_token())
        }),
        ("a refresh token that is none", 400, |server| {
            refresh(server, "x")
        }),
        ("the set-up code", 400, |server| claim(server, "wrong")),
        ("the code of a password link", 400, |server| {
            open_link(server, "wrong")
        }),
    ];
    for (name, status, guess) in rows {
        let server = ready();
        if name != "the set-up code" {
            with_admin(&server);
        }
        let mut free = 0;
        let slowed = loop {
            let answer = guess(&server);
            if answer.status == 429 {
                break answer;
            }
            assert_eq!(answer.status, status, "{name}: {}", answer.text);
            free += 1;
            assert!(free < 20, "{name}");
        };
        assert!(
            free >= 5,
            "{name}: a person mistypes more often than {free} times"
        );
        let wait: u32 = slowed.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{name}: {wait}");
        let said = match wait {
            1 => "1 second".to_owned(),
            60 => "1 minute".to_owned(),
            wait => format!("{wait} seconds"),
        };
        assert!(slowed.text.contains(&said), "{name}: {}", slowed.text);
        assert_eq!(guess(&server).status, 429, "{name}");
        server.clock.advance(Lifetime(wait));
        assert_eq!(guess(&server).status, status, "{name}");
        assert_eq!(guess(&server).status, 429, "{name}");
    }
}

#[test]
fn who_guessed_a_password_waits_even_with_the_right_one_and_is_forgiven_after_it() {
    let server = ready();
    with_admin(&server);
    for name in ["ola", "OLA", " ola", "ola ", "oLa", "ola", "ola", "ola"] {
        assert_eq!(sign_in(&server, name, "wrong").status, 200);
    }
    // However the name is written, it is one account.
    let waits = sign_in(&server, "Ola", PASSWORD);
    assert_eq!(waits.status, 429);
    server.clock.advance(Lifetime(30));
    assert_eq!(sign_in(&server, "ola", PASSWORD).status, 303);
    for _ in 0..8 {
        assert_eq!(sign_in(&server, "ola", "wrong").status, 200);
    }
    assert_eq!(sign_in(&server, "ola", "wrong").status, 429);
    // Nobody else waits for it.
    assert_eq!(sign_in(&server, "u-ola", "wrong").status, 200);
}

#[test]
fn an_unknown_user_and_a_known_one_get_the_same_answer() {
    let server = ready();
    with_admin(&server);
    server.user("off", |user| {
        user.disabled = true;
        user.password_hash = Some(keyfob::domain::user::PasswordHash(password::hash(
            &Secret::new(PASSWORD),
        )));
    });
    let without_what_differs = |answer: &Answer, name: &str| {
        assert_eq!(answer.status, 200);
        let page = answer
            .text
            .replace(&answer.field("csrf"), "")
            .replace(name, "");
        let mut headers: Vec<_> = answer
            .headers
            .iter()
            .filter(|(name, _)| !["date", "content-length", "set-cookie"].contains(&name.as_str()))
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        headers.sort();
        (
            page,
            headers,
            answer.headers.get_all("set-cookie").iter().count(),
        )
    };
    let known = without_what_differs(&sign_in(&server, "ola", "wrong"), "ola");
    for (name, password) in [("zzz", "wrong"), ("u-ola", "wrong"), ("off", PASSWORD)] {
        let answer = without_what_differs(&sign_in(&server, name, password), name);
        assert_eq!(answer, known, "{name}");
    }
}

// A secret that the server made cannot be guessed: a stranger's guesses do not stop whoever has it.
#[test]
fn guesses_do_not_hold_up_a_good_secret_code_or_refresh_token() {
    let server = ready();
    let secret = server.secret_of("service");
    while server
        .form(TOKEN, Some(("service", "wrong")), &[GRANT])
        .status
        != 429
    {}
    assert_eq!(
        server
            .form(TOKEN, Some(("service", &secret)), &[GRANT])
            .status,
        200
    );
    while redeem(&server, &unknown_token()).status != 429 {}
    let tokens = redeem(
        &server,
        &server.code("web", "u-ola", "openid offline_access"),
    );
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    let token = tokens.json()["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(refresh(&server, &token).status, 200);
}

#[test]
fn a_secret_that_a_person_chose_waits_for_whoever_guessed_it() {
    let server = ready();
    server.choose_secret("service", "s3cret-for-development");
    let right = || {
        server
            .form(TOKEN, Some(("service", "s3cret-for-development")), &[GRANT])
            .status
    };
    assert_eq!(right(), 200);
    while server
        .form(TOKEN, Some(("service", "guess")), &[GRANT])
        .status
        != 429
    {}
    // What was right from this network before is right, however often a neighbor guesses.
    assert_eq!(right(), 200);
    let server = server.restart();
    let right = || {
        server
            .form(TOKEN, Some(("service", "s3cret-for-development")), &[GRANT])
            .status
    };
    while server
        .form(TOKEN, Some(("service", "guess")), &[GRANT])
        .status
        != 429
    {}
    assert_eq!(right(), 429);
    server.clock.advance(Lifetime(5));
    assert_eq!(right(), 200);
}

// Whoever is refused for another reason than a guess is not counted.
#[test]
fn a_replayed_or_expired_code_is_no_guess() {
    let server = ready();
    let code = server.code("web", "u-ola", "openid");
    assert_eq!(redeem(&server, &code).status, 200);
    for _ in 0..30 {
        assert_eq!(redeem(&server, &code).status, 400);
    }
    let late = server.code("web", "u-ola", "openid");
    server.clock.advance(Lifetime(60));
    for _ in 0..30 {
        assert_eq!(redeem(&server, &late).status, 400);
    }
}

#[test]
fn many_guesses_at_once_are_worth_no_more_than_one_after_the_other() {
    let server = ready();
    with_admin(&server);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let guesses: Vec<_> = (0..40)
            .map(|_| scope.spawn(|| sign_in(&server, "ola", "wrong").status))
            .collect();
        guesses
            .into_iter()
            .map(|guess| guess.join().unwrap())
            .collect()
    });
    let tried = statuses.iter().filter(|status| **status == 200).count();
    // Two hashes are worked on at a time, so one more may slip in.
    assert!((8..=9).contains(&tried), "{statuses:?}");
}

#[test]
fn who_goes_on_guessing_does_not_fill_the_audit_log() {
    let server = ready();
    let rows = || {
        let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
        file.query_row("SELECT count(*) FROM audit_events", [], |row| {
            row.get::<_, i64>(0)
        })
        .unwrap()
    };
    setup::new_link(&server.app.store, &server.url).unwrap();
    for _ in 0..100 {
        server.form(TOKEN, Some(("service", "wrong")), &[GRANT]);
        redeem(&server, "x");
        claim(&server, "wrong");
    }
    assert!(rows() <= 15 + 15 + 8, "{}", rows());
}

// Rule D12: the code of a link is too long to be guessed.
#[test]
fn guesses_do_not_hold_up_a_good_code_of_a_link() {
    let server = ready();
    let link = setup::new_link(&server.app.store, &server.url).unwrap();
    while claim(&server, "wrong").status != 429 {}
    let (_, code) = link.split_once("#t=").unwrap();
    assert_eq!(claim(&server, code).status, 303);
    let code = server.link_code("ola");
    while open_link(&server, "wrong").status != 429 {}
    assert_eq!(open_link(&server, &code).status, 200);
}
