//! Strangers who guess lock out nobody who has proved themselves, and a proxy that is not trusted is reported.

use keyfob::{
    app::hashing::Hashing,
    domain::client_address::ClientAddress,
    throttle::{Counted, Network},
};
use serde_json::{Value, json};

use crate::{
    admin_api::Console,
    support::{
        Answer, Server, at_once,
        binary::Folder,
        browser::{Browser, PASSWORD},
    },
};

const TOKEN: &str = "/api/v1/oauth/token";
pub const HOME: &str = "192.0.2.1";

/// A server behind a proxy that it trusts, with an administrator and two people.
pub fn ready() -> Server {
    let server = Server::start_with(|told| {
        told.config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    });
    server.user("root", |user| user.admin = true);
    server.person("ola");
    server.person("kari");
    server.app.refresh_directory().unwrap();
    server
}

fn network(address: &str) -> Network {
    Network::of(ClientAddress::parse_node(address))
}

/// As many wrong guesses at this and that from the address as are free.
fn guess_from(server: &Server, address: &str) {
    let key = [Counted::Anything(network(address))];
    while server.app.throttle.wait(server.app.now(), &key).is_none() {
        server.app.throttle.failed(server.app.now(), &key);
    }
}

fn sign_in(server: &Server, address: &str, name: &str, password: &str) -> Answer {
    let mut browser = Browser::behind(server, address);
    let csrf = browser.get("/login").field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("username", name),
        ("password", password),
    ];
    browser.post("/login", &fields)
}

fn homes(server: &Server) -> i64 {
    let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
    let count = "SELECT count(*) FROM home_networks";
    file.query_row(count, [], |row| row.get(0)).unwrap()
}

// Rules D12, P22.
#[test]
fn a_person_at_home_is_not_locked_out_by_a_neighbor_even_after_a_restart() {
    let mut server = ready();
    assert_eq!(sign_in(&server, HOME, "ola", PASSWORD).status, 303);
    for round in ["before", "after a restart"] {
        guess_from(&server, HOME);
        assert_eq!(
            sign_in(&server, HOME, "kari", PASSWORD).status,
            429,
            "{round}"
        );
        assert_eq!(
            sign_in(&server, HOME, "ola", PASSWORD).status,
            303,
            "{round}"
        );
        // Elsewhere the account is nobody's neighbor.
        guess_from(&server, "192.0.2.2");
        assert_eq!(
            sign_in(&server, "192.0.2.2", "ola", PASSWORD).status,
            429,
            "{round}"
        );
        server = server.restart();
    }
}

#[test]
fn only_who_proved_themselves_leaves_a_row_and_of_one_account_the_latest_networks_are_kept() {
    let server = ready();
    for i in 0..5 {
        assert_eq!(
            sign_in(&server, &format!("203.0.113.{i}"), "ola", "wrong").status,
            200
        );
    }
    assert_eq!(homes(&server), 0);
    for _ in 0..2 {
        assert_eq!(sign_in(&server, HOME, "ola", PASSWORD).status, 303);
        assert_eq!(homes(&server), 1);
    }
    for i in 0..20 {
        assert_eq!(
            sign_in(&server, &format!("198.51.100.{i}"), "ola", PASSWORD).status,
            303
        );
    }
    assert_eq!(homes(&server), 16);
}

#[test]
fn a_username_and_an_email_of_one_account_count_together() {
    let server = ready();
    let names = ["ola", "ola@example.com", "OLA", "Ola@Example.com "];
    for name in names.iter().cycle().take(8) {
        assert_eq!(sign_in(&server, HOME, name, "wrong").status, 200, "{name}");
    }
    for name in names {
        assert_eq!(sign_in(&server, HOME, name, PASSWORD).status, 429, "{name}");
    }
    assert_eq!(sign_in(&server, HOME, "kari", PASSWORD).status, 303);
}

// RFC 8628 §5.1
#[test]
fn a_person_who_signed_in_enters_a_device_code_whatever_neighbors_guess() {
    let server = ready();
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let metadata =
        json!({"grant_types": [grant], "token_endpoint_auth_method": "none", "scope": "openid"});
    server.client("tv", metadata);
    let begun = server.form(
        "/api/v1/oauth/device_authorization",
        None,
        &[("client_id", "tv")],
    );
    let code = begun.json()["user_code"].as_str().unwrap().to_owned();
    let enter = |browser: &mut Browser, code: &str| {
        let csrf = browser.get("/device").field("csrf");
        browser.post("/device", &[("csrf", &csrf), ("user_code", code)])
    };
    let mut ola = Browser::behind(&server, HOME);
    let csrf = ola.get("/login").field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("username", "ola"),
        ("password", PASSWORD),
    ];
    assert_eq!(ola.post("/login", &fields).status, 303);
    let mut stranger = Browser::behind(&server, HOME);
    while enter(&mut stranger, "BBBB-BBBB").status != 429 {}
    assert_eq!(enter(&mut stranger, &code).status, 429);
    assert!(enter(&mut ola, &code).leads_to("/device"));
    // The person's own wrong codes are counted all the same.
    let mut codes = [
        "BBBB-BBBC",
        "BBBB-BBBD",
        "BBBB-BBBF",
        "BBBB-BBBG",
        "BBBB-BBBH",
    ]
    .into_iter();
    assert!(codes.all(|wrong| enter(&mut ola, wrong).status != 429));
    assert_eq!(enter(&mut ola, &code).status, 429);
}

/// A confidential client with a secret that a person chose.
pub fn client(server: &Server, client_id: &str) -> String {
    let metadata = json!({"grant_types": ["client_credentials"], "scope": "openid",
                          "token_endpoint_auth_method": "client_secret_post"});
    server.client(client_id, metadata);
    let secret = format!("chosen by a person for {client_id}");
    server.choose_secret(client_id, &secret);
    secret
}

fn body(client_id: &str, secret: &str) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    form.append_pair("client_id", client_id);
    form.append_pair("client_secret", secret);
    form.finish()
}

pub fn token(server: &Server, address: &str, client_id: &str, secret: &str) -> u16 {
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-forwarded-for", address),
    ];
    let body = body(client_id, secret);
    server
        .send("POST", TOKEN, &headers, Some(body.as_bytes()))
        .status
}

#[test]
fn a_right_secret_is_looked_for_among_the_remembered_ones_before_guesses_count() {
    let server = ready();
    let secret = client(&server, "service");
    assert_eq!(token(&server, HOME, "service", &secret), 200);
    for address in [HOME, "192.0.2.2"] {
        guess_from(&server, address);
        while token(&server, address, "service", "guess") != 429 {}
    }
    assert_eq!(token(&server, HOME, "service", &secret), 200);
    assert_eq!(token(&server, HOME, "service", "guess"), 429);
    // From where it was never right a right guess is worth no more than a wrong one.
    assert_eq!(token(&server, "192.0.2.2", "service", &secret), 429);
}

#[test]
fn equal_checks_of_a_chosen_secret_are_joined_and_hold_up_no_other_client() {
    let server = ready();
    let (secret, other) = (client(&server, "service"), client(&server, "other"));
    let bodies = vec![body("service", &secret); 32];
    let answers = at_once::post_at_once(&server.url, TOKEN, &bodies);
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(server.app.secret_checks.done(), 1);
    // While checks of one client take long, another's are made.
    let whose = Hashing::ClientSecret(network(HOME), "service");
    let long = server.app.hashing.turn(whose);
    let long = actix_web::rt::System::new().block_on(long).unwrap();
    assert_eq!(token(&server, HOME, "other", &other), 200);
    drop(long);
    assert_eq!(token(&server, HOME, "service", "guess"), 401);
    assert_eq!(server.app.secret_checks.done(), 3);
}

// Wrong secrets of clients that are not there wait for the same places as an honest client's: those that came at once
// are no more than those that came one after another.
#[test]
fn secrets_of_unknown_clients_cost_no_more_work_than_their_network_may_fail() {
    let server = ready();
    let mut statuses = Vec::new();
    // On a busy machine many wait in vain for their place (503), and are not counted.
    while !statuses.contains(&429) {
        let sent = statuses.len();
        assert!(sent < 5_000, "{statuses:?}");
        let bodies: Vec<_> = (sent..sent + 250)
            .map(|i| body(&format!("nobody-{i}"), "x"))
            .collect();
        let answers = at_once::post_at_once(&server.url, TOKEN, &bodies);
        statuses.extend(answers.iter().map(|answer| answer.status));
    }
    let expected = [401, 429, 503];
    assert!(
        statuses.iter().all(|status| expected.contains(status)),
        "{statuses:?}"
    );
    // A hundred are free. A few more may have begun before the last of those was counted.
    let done = server.app.secret_checks.done();
    assert!((100..120).contains(&done), "{done}");
}

const FORWARDED: [&[(&str, &str)]; 2] = [
    &[("x-forwarded-for", "203.0.113.9")],
    &[("forwarded", "for=203.0.113.9")],
];

/// A token request with these headers, which is refused.
fn refused(server: &Server, headers: &[(&str, &str)]) {
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let headers: Vec<_> = form.iter().chain(headers).copied().collect();
    let body = body("nobody", "x");
    let answer = server.send("POST", TOKEN, &headers, Some(body.as_bytes()));
    assert_eq!(answer.status, 401);
}

fn warned(console: &Console) -> Vec<Value> {
    let overview = console.get("/overview").json();
    let warnings = overview["warnings"].as_array().unwrap().clone();
    let about = |warning: &Value| warning["setting"] == "trusted_proxies";
    warnings.into_iter().filter(about).collect()
}

#[test]
fn a_proxy_that_is_not_trusted_is_reported() {
    for headers in FORWARDED {
        let console = Console::start();
        let server = &console.server;
        // A development proxy on this machine speaks of this machine.
        refused(server, &[("x-forwarded-for", "127.0.0.1, ::1")]);
        assert_eq!(server.get("/readyz", &[]).text, "ready\n");
        assert_eq!(warned(&console), Vec::<Value>::new());
        refused(server, headers);
        let ready = server.get("/readyz", &[]);
        assert_eq!(ready.status, 200);
        // True of a stranger who sends the header, too; and nobody learns whose address it is.
        for part in [
            "trusted_proxies",
            "If that is your proxy",
            "no action is needed",
        ] {
            assert!(ready.text.contains(part), "{}", ready.text);
        }
        assert!(!ready.text.contains("127.0.0.1"), "{}", ready.text);
        let warned = warned(&console);
        assert_eq!(warned.len(), 1);
        let text = warned[0]["text"].as_str().unwrap();
        for part in ["127.0.0.1", "If that is your proxy", "no action is needed"] {
            assert!(text.contains(part), "{text}");
        }
        server
            .clock
            .advance(keyfob::domain::time::Lifetime::hours(1));
        assert_eq!(server.get("/readyz", &[]).text, "ready\n");
    }
    let server = ready();
    refused(&server, FORWARDED[0]);
    assert_eq!(server.get("/readyz", &[]).text, "ready\n");
}

#[test]
fn the_log_says_once_of_each_peer_that_it_is_not_trusted_and_doctor_says_it_too() {
    let folder = Folder::new();
    let server = folder.serve(&[]);
    for _ in 0..3 {
        let agent = ureq::Agent::new_with_defaults();
        let request = agent.get(format!("{}/login", server.url));
        let answer = request.header("x-forwarded-for", "203.0.113.9").call();
        assert_eq!(answer.unwrap().status().as_u16(), 200);
        let body = "grant_type=client_credentials&client_id=x&client_secret=y";
        let answer = agent
            .post(format!("{}{TOKEN}", server.url))
            .config()
            .http_status_as_error(false)
            .build()
            .header("x-forwarded-for", "203.0.113.9")
            .header("content-type", "application/x-www-form-urlencoded")
            .send(body);
        assert_eq!(answer.unwrap().status().as_u16(), 401);
    }
    let listen = server.url.trim_start_matches("http://").to_owned();
    let doctor = folder.run(&["doctor", "--output", "json", "--listen", &listen]);
    let found: Vec<Value> = serde_json::from_str(&doctor.stdout).unwrap();
    let found: Vec<_> = found
        .iter()
        .filter(|finding| finding["check"] == "trusted_proxies")
        .collect();
    assert_eq!(found.len(), 1, "{}", doctor.stdout);
    assert_eq!(found[0]["state"], "warning");
    let (_, log) = server.stop();
    let lines = log.iter().filter(|line| {
        let message = line["fields"]["message"].as_str().unwrap_or_default();
        message.contains("trusted_proxies")
    });
    assert_eq!(lines.count(), 1);
}
