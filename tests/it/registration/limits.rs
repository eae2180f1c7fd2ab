//! What open registration may cost: by rate, by number, and for each registration.

use std::sync::Arc;

use keyfob::{
    config::Registration, domain::time::Lifetime, oauth::register::MOST_UNVERIFIED,
    throttle::Counted,
};

use serde_json::json;

use super::{INITIAL, REGISTER, configure, post, server, web};
use crate::support::{Answer, Server};

fn from(server: &Server, address: &str) -> u16 {
    answer(server, address).status
}

fn answer(server: &Server, address: &str) -> Answer {
    let headers = [("x-forwarded-for", address)];
    server.json(REGISTER, &headers, &web())
}

fn behind_a_proxy() -> Server {
    Server::start_with(|told| {
        configure(told, Registration::Open);
        told.config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
}

#[test]
fn a_network_and_a_site_register_only_so_many_clients_at_a_time() {
    let server = behind_a_proxy();
    let of_one = |address: &str| (0..40).filter(|_| from(&server, address) == 201).count();
    let networks = ["2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:1:3::1"];
    assert_eq!(networks.map(of_one), [30; 3]);
    let refused = answer(&server, "2001:db8:1:4::1");
    assert_eq!(refused.refusal(), (429, "slow_down".into()));
    assert_eq!(refused.header("retry-after"), Some("20"));
    let text = "Too many requests. Try again in 20 seconds.";
    assert_eq!(refused.json()["error_description"], text);
    // Nobody else waits for it, however many there are.
    assert_eq!(from(&server, "2001:db8:2:1::1"), 201);
    assert_eq!(of_one("192.0.2.1"), 30);
    let token = format!("Bearer {INITIAL}");
    let with_token = [("authorization", token.as_str())];
    assert_eq!(server.json(REGISTER, &with_token, &web()).status, 201);
    server.clock.advance(Lifetime(20));
    assert_eq!(from(&server, "2001:db8:1:4::1"), 201);
    assert_eq!(from(&server, "2001:db8:1:4::1"), 429);
}

#[test]
fn what_strangers_register_is_small_and_what_is_refused_is_not_counted() {
    let server = server(Registration::Open);
    for _ in 0..40 {
        assert_eq!(post(&server, &json!({})).status, 400);
    }
    let large = super::web_with("note", json!("x".repeat(9_000)));
    for _ in 0..40 {
        let refused = post(&server, &large);
        assert_eq!(refused.refusal(), (413, "invalid_request".into()));
    }
    assert_eq!(post(&server, &web()).status, 201);
    assert_eq!(super::trusted(&server, &large).status, 201);
}

// Rule D12: strangers register clients without end, and each went into the audit log.
#[test]
fn what_strangers_register_and_change_is_written_to_the_audit_log_within_bounds() {
    let server = server(Registration::Open);
    let events = || {
        let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
        let sql = "SELECT count(*), count(actor) FROM audit_events WHERE event GLOB 'client.*'";
        let row = |row: &rusqlite::Row| Ok::<(u32, u32), _>((row.get(0)?, row.get(1)?));
        file.query_row(sql, [], row).unwrap()
    };
    let own = post(&server, &web()).json();
    let token = format!(
        "Bearer {}",
        own["registration_access_token"].as_str().unwrap()
    );
    let path = format!("{REGISTER}/{}", own["client_id"].as_str().unwrap());
    let change = || {
        let mut body = web();
        body["client_id"] = own["client_id"].clone();
        let headers = [
            ("content-type", "application/json"),
            ("authorization", &token),
        ];
        let body = body.to_string();
        server
            .send("PUT", &path, &headers, Some(body.as_bytes()))
            .status
    };
    assert_eq!(change(), 200);
    assert_eq!(events(), (2, 0));
    let all = [Counted::Events];
    while server.app.throttle.spend(server.app.now(), &all).is_ok() {}
    assert_eq!((post(&server, &web()).status, change()), (201, 200));
    assert_eq!(events(), (2, 0));
    assert_eq!(super::trusted(&server, &web()).status, 201);
    assert_eq!(events(), (3, 1));
    // Changes are counted with registrations.
    assert!((0..40).any(|_| change() == 429));
}

#[test]
fn the_initial_access_token_is_not_held_up_by_what_neighbors_register_and_guess() {
    let server = server(Registration::Open);
    let with = |token: &str| {
        let token = format!("Bearer {token}");
        server
            .json(REGISTER, &[("authorization", &token)], &web())
            .status
    };
    assert_eq!(with(INITIAL), 201);
    while post(&server, &web()).status != 429 {}
    assert_eq!(with(INITIAL), 201);
    assert_eq!(with("not-the-initial-access-token"), 429);
}

/// Clients that nobody vouches for, as many as there may be, one a second until now. `site` is SQL of their number.
fn fill(server: &Server, site: &str) {
    let metadata = json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
                          "scope": "openid", "redirect_uris": []});
    server.client("an-operators", metadata);
    let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
    let now = server.app.now().0;
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MOST_UNVERIFIED})
         INSERT INTO clients (client_id, metadata, created_at, updated_at)
           SELECT 'c' || i, (SELECT metadata FROM clients), {now} - {MOST_UNVERIFIED} + i, {now} FROM n;
         WITH n (i) AS (SELECT CAST(substr(client_id, 2) AS INTEGER) FROM clients WHERE client_id GLOB 'c*')
         INSERT INTO client_registrations (client_id, unused_until, site)
           SELECT 'c' || i, {now} + 100000, {site} FROM n;"
    );
    file.execute_batch(&sql).unwrap();
    server.app.refresh_directory().unwrap();
}

fn there(server: &Server, client_id: &str) -> bool {
    server.app.directory.snapshot().client(client_id).is_some()
}

#[test]
fn of_the_clients_that_no_user_let_in_the_oldest_make_room() {
    let server = server(Registration::Open);
    server.user("u-ola", |_| {});
    fill(&server, "x'01020304'");
    server.code("c1", "u-ola", "openid");
    server.resource("https://notes.example", "notes:read", Some("c2"));
    let registered = post(&server, &web());
    assert_eq!(registered.status, 201, "{}", registered.text);
    let id = registered.json()["client_id"].as_str().unwrap().to_owned();
    assert!(there(&server, &id));
    assert!(there(&server, "c1"), "a user has let it in");
    // A hundred at a time.
    assert!(there(&server, "c2"), "it is an API");
    assert!((3..=102).all(|i| !there(&server, &format!("c{i}"))));
    assert!(there(&server, "c103"));
    assert_eq!(server.events_named("client.expired").len(), 100);
    assert_eq!(post(&server, &web()).status, 201);
    assert!(there(&server, "c103"));
}

// Strangers with 5,000 networks kept everybody else from registering.
#[test]
fn at_the_bound_the_sites_with_the_most_clients_make_room() {
    let server = server(Registration::Open);
    // The newest 9,000 are of one site, the others each of its own.
    fill(
        &server,
        "CASE WHEN i > 1000 THEN x'2001' ELSE CAST(i AS BLOB) END",
    );
    assert_eq!(post(&server, &web()).status, 201);
    assert!((1..=1_000).all(|i| there(&server, &format!("c{i}"))));
    assert!((1_001..=1_100).all(|i| !there(&server, &format!("c{i}"))));
    assert!(there(&server, "c1101"));
}

#[test]
fn a_registration_reads_its_own_client_and_no_other() {
    let server = server(Registration::Open);
    let first = post(&server, &web()).json()["client_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let seen = || {
        server
            .app
            .directory
            .snapshot()
            .client(&first)
            .cloned()
            .unwrap()
    };
    let before = seen();
    let second = post(&server, &web());
    assert_eq!(second.status, 201);
    assert!(there(&server, second.json()["client_id"].as_str().unwrap()));
    assert!(Arc::ptr_eq(&before, &seen()));
    server.app.refresh_directory().unwrap();
    assert!(!Arc::ptr_eq(&before, &seen()));
}
