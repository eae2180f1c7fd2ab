//! What open registration may cost: by rate, by number, and for each registration.

use std::sync::Arc;

use keyfob::{
    config::Registration,
    domain::time::Lifetime,
    oauth::register::MOST_UNVERIFIED,
    store::{StoreError, audit_events},
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

#[test]
fn all_networks_together_register_only_so_many_clients_at_a_time() {
    let server = Server::start_with(|told| {
        configure(told, Registration::Open);
        told.config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    });
    // Two of each network, and three hundred of all.
    for i in 0..340 {
        assert_eq!(from(&server, &format!("192.0.2.{}", i % 20)), 201, "{i}");
    }
    assert_eq!(from(&server, "192.0.2.1"), 429);
    // Those that strangers have used up are not those of a network that has registered none.
    for network in ["198.51.100.1", "2001:db8:1:1::1"] {
        assert_eq!([from(&server, network), from(&server, network)], [201; 2]);
    }
    let refused = answer(&server, "198.51.100.1");
    assert_eq!(refused.refusal(), (429, "slow_down".into()));
    assert_eq!(refused.header("retry-after"), Some("5"));
    let text = "too many requests, try again in 5 seconds";
    assert_eq!(refused.json()["error_description"], text);
    assert_eq!(from(&server, "2001:db8:1:2::1"), 429, "the same /48");
    let token = format!("Bearer {INITIAL}");
    let with_token = [("authorization", token.as_str())];
    assert_eq!(server.json(REGISTER, &with_token, &web()).status, 201);
    server.clock.advance(Lifetime(5));
    assert_eq!(from(&server, "198.51.100.1"), 201);
    assert_eq!(from(&server, "198.51.100.1"), 429);
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

/// Clients that nobody vouches for, as many as there may be, registered now.
fn fill(server: &Server) {
    let metadata = json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
                          "scope": "openid", "redirect_uris": []});
    server.client("an-operators", metadata);
    let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
    let now = server.app.now().0;
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MOST_UNVERIFIED})
         INSERT INTO clients (client_id, metadata, created_at, updated_at)
           SELECT 'c' || i, (SELECT metadata FROM clients), {now}, {now} FROM n;
         INSERT INTO client_registrations (client_id, unused_until)
           SELECT client_id, {now} + 10000 + substr(client_id, 2) FROM clients WHERE client_id GLOB 'c*';"
    );
    file.execute_batch(&sql).unwrap();
    server.app.refresh_directory().unwrap();
}

fn there(server: &Server, client_id: &str) -> bool {
    server.app.directory.snapshot().client(client_id).is_some()
}

#[test]
fn of_the_clients_that_no_user_let_in_the_oldest_makes_room() {
    let server = server(Registration::Open);
    server.user("u-ola", |_| {});
    fill(&server);
    server.code("c1", "u-ola", "openid");
    // All are too young to be called unused.
    let full = post(&server, &web());
    assert_eq!(full.refusal(), (503, "temporarily_unavailable".into()));
    assert_eq!(full.header("retry-after"), Some("3600"));
    server.clock.advance(Lifetime(3601));
    for gone in ["c2", "c3"] {
        assert!(there(&server, gone));
        let registered = post(&server, &web());
        assert_eq!(registered.status, 201, "{}", registered.text);
        assert!(there(
            &server,
            registered.json()["client_id"].as_str().unwrap()
        ));
        assert!(!there(&server, gone));
        let last = |tx: &keyfob::store::Tx| {
            let filter = audit_events::Filter {
                event: Some("client.expired".into()),
                ..audit_events::Filter::default()
            };
            audit_events::page(tx, &filter, None, 1).map_err(|error: StoreError| error)
        };
        let expired = server.app.store.read(last).unwrap().remove(0);
        assert_eq!(expired.client_id.as_deref(), Some(gone));
    }
    assert!(there(&server, "c1"), "a user has let it in");
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
