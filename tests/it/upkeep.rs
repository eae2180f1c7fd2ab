//! What the server takes out in the background.

use keyfob::{
    admin::password_links,
    app::{new_signing_key, upkeep},
    crypto::keys::Algorithm,
    domain::{client_address::ClientAddress, time::Lifetime, token::LONGEST_ACCESS_TOKEN},
    login::setup,
    store::{Tx, home_networks, revocations, signing_keys},
    throttle::{Counted, Network},
};

use crate::support::{Server, VERIFIER, change};

const TABLES: &[&str] = &[
    "access_tokens",
    "authorization_codes",
    "refresh_tokens",
    "grants",
    "sessions",
    "revocations",
    "setup_tokens",
    "password_links",
    "home_networks",
];

fn rows(server: &Server, table: &str) -> i64 {
    let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
    file.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
        row.get(0)
    })
    .unwrap()
}

fn round(server: &Server) -> upkeep::Done {
    actix_web::rt::System::new()
        .block_on(upkeep::once(&server.app))
        .unwrap()
}

/// Something in every table that grows.
fn fill(server: &Server) {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        (
            "code",
            &server.code("web", "u-ola", "openid offline_access"),
        ),
        ("code_verifier", VERIFIER),
    ];
    let tokens = server.form("/api/v1/oauth/token", None, &fields);
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    let token = tokens.json()["access_token"].as_str().unwrap().to_owned();
    let fields = [("client_id", "web"), ("token", token.as_str())];
    let revoked = server.form("/api/v1/oauth/revoke", None, &fields);
    assert_eq!(revoked.status, 200);
    setup::new_link(&server.app.store, &server.url).unwrap();
    change(server, |tx, by| {
        password_links::make(tx, by, "u-ola", "https://id.example")
    });
    let home = home_networks::HomeNetwork {
        sub: "u-ola".into(),
        network: vec![192, 0, 2, 1],
        expires_at: server.app.now() + Lifetime::days(30),
    };
    let put = move |tx: &Tx| home_networks::put(tx, &home);
    server.app.store.write_blocking(put).unwrap();
}

fn ready() -> Server {
    let server = Server::start();
    server.public_client("web", "openid offline_access");
    server.user("u-ola", |_| {});
    server
}

#[test]
fn what_has_expired_goes_and_what_is_alive_stays() {
    let server = ready();
    fill(&server);
    let network = Network::of(ClientAddress::parse_node("192.0.2.1"));
    server
        .app
        .throttle
        .failed(server.app.now(), &[Counted::Setup(network)]);
    assert_eq!(round(&server), upkeep::Done::default());
    for table in TABLES {
        assert_eq!(rows(&server, table), 1, "{table}");
    }
    assert_eq!(server.app.directory.revocations(), 1);
    assert_eq!(server.app.throttle.counted(), 1);
    server.clock.advance(Lifetime::days(92));
    // And what was counted: one token, in a bucket of five minutes and in one of an hour.
    assert_eq!(round(&server).rows, TABLES.len() + 2);
    for table in TABLES {
        assert_eq!(rows(&server, table), 0, "{table}");
    }
    assert_eq!(server.app.directory.revocations(), 0);
    assert_eq!(server.app.throttle.counted(), 0);
    assert_eq!(rows(&server, "users"), 1);
}

#[test]
fn a_used_code_is_known_as_used_for_a_day_after_its_end() {
    let server = ready();
    fill(&server);
    server.clock.advance(Lifetime::days(1));
    round(&server);
    assert_eq!(rows(&server, "authorization_codes"), 1);
    server.clock.advance(Lifetime(61));
    round(&server);
    assert_eq!(rows(&server, "authorization_codes"), 0);
}

#[test]
fn a_retired_key_goes_when_its_last_token_has_expired() {
    let server = Server::start();
    let kids = || {
        let jwks = server.get("/.well-known/jwks.json", &[]).json();
        jwks["keys"].as_array().unwrap().len()
    };
    let now = server.app.now();
    let next = new_signing_key(Algorithm::Es256, now, now).unwrap();
    server
        .app
        .store
        .write_blocking(move |tx| {
            signing_keys::insert(tx, &next)?;
            signing_keys::retire_others(tx, "ES256", &next.kid, now + LONGEST_ACCESS_TOKEN)
        })
        .unwrap();
    assert_eq!((kids(), rows(&server, "signing_keys")), (4, 4));
    server.clock.advance(Lifetime::hours(23));
    assert_eq!(round(&server).signing_keys, 0);
    assert_eq!(kids(), 4);
    server.clock.advance(Lifetime::hours(1));
    assert_eq!(round(&server).signing_keys, 1);
    assert_eq!((kids(), rows(&server, "signing_keys")), (3, 3));
}

#[test]
fn a_great_many_expired_rows_go_in_batches_and_their_space_is_given_back() {
    const MANY: u32 = 20_000;
    let server = Server::start();
    let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
    file.execute(
        "INSERT INTO authorization_codes (id, secret_hash, grant_id, client_id, redirect_uri, expires_at)
           SELECT randomblob(16), randomblob(32), randomblob(16), 'web', hex(randomblob(200)), 0 FROM
           (WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?1) SELECT i FROM n)",
        [MANY],
    )
    .unwrap();
    let pages = || {
        file.query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let before = pages();
    server.clock.advance(Lifetime::days(2));
    let done = round(&server);
    assert_eq!(done.rows, MANY as usize);
    assert!(done.pages > 0 && pages() < before, "{done:?} {before}");
}

#[test]
fn a_revocation_counts_as_long_as_what_it_revokes_could_live() {
    let server = Server::start();
    let id = server.app.new_id();
    let expires_at = server.app.now() + Lifetime::hours(1);
    server
        .app
        .store
        .write_blocking(move |tx| revocations::revoke_token(tx, id, expires_at))
        .unwrap();
    // And for a day more, in which a clock that was ahead may be put right.
    server.clock.advance(Lifetime::hours(25));
    round(&server);
    assert_eq!(server.app.directory.revocations(), 1);
    server.clock.advance(Lifetime(1));
    round(&server);
    assert_eq!(server.app.directory.revocations(), 0);
}

#[test]
fn events_are_kept_as_long_as_the_setting_says_and_without_one_for_ever() {
    let server = ready();
    let write = || {
        server.record(vec![keyfob::domain::audit::AuditEvent::ok("backup.made")]);
    };
    let before = rows(&server, "audit_events");
    // More than go in one write.
    (0..250).for_each(|_| write());
    server.clock.advance(Lifetime::days(400));
    write();
    round(&server);
    assert_eq!(rows(&server, "audit_events"), before + 251);
    let mut told = (*server.app.directory.told()).clone();
    told.live.event_retention = Some(Lifetime::days(365));
    server.app.tell(told).unwrap();
    let done = round(&server);
    assert_eq!(rows(&server, "audit_events"), 1);
    assert_eq!(done.rows, usize::try_from(before + 250).unwrap());
    server.clock.advance(Lifetime::days(365));
    round(&server);
    assert_eq!(rows(&server, "audit_events"), 1, "as old as it may be");
    server.clock.advance(Lifetime(1));
    round(&server);
    assert_eq!(rows(&server, "audit_events"), 0);
}
