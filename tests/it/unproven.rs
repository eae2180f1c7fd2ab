//! What strangers have the server keep is little, and not for long (rule D12).

use std::sync::Arc;

use keyfob::{
    app::unproven_rows::{MOST_ROWS, UnprovenRows},
    domain::{audit::AuditEvent, client_address::ClientAddress, time::Lifetime},
    store::{audit_events, purge},
    throttle::{Counted, Network},
};
use serde_json::json;

use crate::support::{Answer, Server, browser::challenge, dpop::Prover};

const TOKEN: &str = "/api/v1/oauth/token";
const PAR: &str = "/api/v1/oauth/par";
const DEVICE: &str = "/api/v1/oauth/device_authorization";
const CB: &str = "https://app.example/cb";

fn ready() -> (Server, String) {
    let server = Server::start();
    let grants = [
        "authorization_code",
        "urn:ietf:params:oauth:grant-type:device_code",
    ];
    server.client(
        "app",
        json!({"grant_types": grants, "token_endpoint_auth_method": "none", "redirect_uris": [CB], "scope": "openid"}),
    );
    let secret = server.client(
        "web",
        json!({"grant_types": grants, "token_endpoint_auth_method": "client_secret_basic",
               "redirect_uris": [CB], "scope": "openid"}),
    );
    (server, secret)
}

fn push(server: &Server, basic: Option<(&str, &str)>, more: &[(&str, &str)]) -> Answer {
    let challenge = challenge();
    let mut fields = vec![
        ("response_type", "code"),
        ("redirect_uri", CB),
        ("scope", "openid"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    if basic.is_none() {
        fields.push(("client_id", "app"));
    }
    fields.extend(more);
    server.form(PAR, basic, &fields)
}

fn device(server: &Server, basic: Option<(&str, &str)>) -> Answer {
    let mut fields = vec![("scope", "openid")];
    if basic.is_none() {
        fields.push(("client_id", "app"));
    }
    server.form(DEVICE, basic, &fields)
}

fn count(server: &Server, table: &str) -> i64 {
    let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
    let sql = format!("SELECT count(*) FROM {table}");
    file.query_row(&sql, [], |row| row.get(0)).unwrap()
}

fn upkeep(server: &Server) {
    let runtime = actix_web::rt::System::new();
    runtime
        .block_on(keyfob::app::upkeep::once(&server.app))
        .unwrap();
}

// One parameter of 60 KB that nothing reads filled a disk at 50 MB/s.
#[test]
fn a_pushed_request_is_kept_without_what_nothing_reads() {
    let (server, _) = ready();
    let junk = "x".repeat(60_000);
    let kept = [
        ("junk", junk.as_str()),
        ("acr_values", "1"),
        ("state", "s"),
        ("login_hint", ""),
    ];
    assert_eq!(push(&server, None, &kept).status, 201);
    let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
    let parameters: String = file
        .query_row("SELECT parameters FROM pushed_requests", [], |row| {
            row.get(0)
        })
        .unwrap();
    let parameters: Vec<(String, String)> = serde_json::from_str(&parameters).unwrap();
    let mut names: Vec<_> = parameters.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "client_id",
            "code_challenge",
            "code_challenge_method",
            "redirect_uri",
            "response_type",
            "scope",
            "state"
        ]
    );
    let large = "x".repeat(4_000);
    let refused = push(&server, None, &[("state", &large), ("nonce", &large)]);
    assert_eq!(refused.refusal(), (413, "invalid_request".into()));
}

#[test]
fn pushed_requests_and_device_codes_of_clients_that_prove_nothing_are_counted() {
    let (server, secret) = ready();
    let basic = Some(("web", secret.as_str()));
    let mut free = 0;
    let refused = loop {
        let answer = match free % 2 {
            0 => push(&server, None, &[]),
            _ => device(&server, None),
        };
        if answer.status == 429 {
            break answer;
        }
        assert!(matches!(answer.status, 200 | 201), "{}", answer.text);
        free += 1;
        assert!(free <= 100);
    };
    assert_eq!(free, 100);
    let wait: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(
        refused.json()["error_description"],
        format!("Too many requests. Try again in {wait} seconds.")
    );
    assert_eq!(push(&server, None, &[]).status, 429);
    assert_eq!(device(&server, None).status, 429);
    // Who has proved which client it is goes on.
    for _ in 0..110 {
        assert_eq!(push(&server, basic, &[]).status, 201);
    }
    assert_eq!(device(&server, basic).status, 200);
    server.clock.advance(Lifetime(wait));
    assert_eq!(push(&server, None, &[]).status, 201);
}

/// A server behind a proxy that it trusts, with a public client for pushed requests and devices.
fn behind_a_proxy() -> Server {
    let server = Server::start_with(|told| {
        told.config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    });
    let grants = [
        "authorization_code",
        "urn:ietf:params:oauth:grant-type:device_code",
    ];
    server.client(
        "app",
        json!({"grant_types": grants, "token_endpoint_auth_method": "none", "redirect_uris": [CB], "scope": "openid"}),
    );
    server
}

fn from(server: &Server, address: &str, path: &str) -> Answer {
    with(server, path, &[("x-forwarded-for", address)])
}

fn with(server: &Server, path: &str, headers: &[(&str, &str)]) -> Answer {
    let challenge = challenge();
    let fields = [
        ("client_id", "app"),
        ("response_type", "code"),
        ("redirect_uri", CB),
        ("scope", "openid"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    server.form_with(path, headers, &fields)
}

const KINDS: [(&str, &str); 2] = [(PAR, "pushed_requests"), (DEVICE, "device_codes")];

fn rows<'s>(server: &'s Server, table: &str) -> &'s Arc<UnprovenRows> {
    match table {
        "pushed_requests" => &server.app.unproven_rows.pushed_requests,
        _ => &server.app.unproven_rows.device_codes,
    }
}

// Rule D12: strangers with many networks stored without bound, and before that held up everybody.
#[test]
fn what_strangers_store_has_a_bound_in_all_and_at_it_those_with_the_most_make_room() {
    for (path, table) in KINDS {
        let server = behind_a_proxy();
        let is_made = |address: &str| matches!(from(&server, address, path).status, 200 | 201);
        assert!(is_made("192.0.2.1"));
        for network in 1..=3 {
            assert!(is_made(&format!("2001:db8:1:{network}::1")), "{table}");
        }
        assert_eq!(count(&server, table), 4);
        // The rest of the strangers' rows. All that is known of a row is in memory; these were never written.
        let strange = Network::of(ClientAddress::parse_node("2001:db8:1::1")).site();
        let all = rows(&server, table);
        while all.size().0 < MOST_ROWS {
            let room = all.admit(server.app.new_id(), strange, 10);
            assert!(room.gone().is_empty());
        }
        // The oldest of the site with the most go, one for each.
        for (honest, left) in [("192.0.2.1", 4), ("192.0.2.2", 4), ("198.51.100.1", 4)] {
            assert!(is_made(honest), "{table}, {honest}");
            assert_eq!((count(&server, table), all.size().0), (left, MOST_ROWS));
        }
        assert!(is_made("192.0.2.3"));
        assert_eq!(
            count(&server, table),
            5,
            "{table}: all that is left is honest"
        );
        // What upkeep finds gone gives its room back, a round after it came.
        upkeep(&server);
        upkeep(&server);
        assert_eq!(all.size().0, 5, "{table}");
        let server = server.restart();
        assert_eq!(rows(&server, table).size().0, 5, "{table}, after a restart");
    }
}

// A proof is used up in the transaction: a stranger who sends one again makes nobody's request be forgotten.
#[test]
fn a_refused_push_takes_no_row_from_anybody() {
    let server = behind_a_proxy();
    let proof = Prover::new().proof(&server, "POST", PAR);
    let push = || {
        let headers = [("x-forwarded-for", "192.0.2.1"), ("dpop", proof.as_str())];
        with(&server, PAR, &headers)
    };
    assert_eq!(push().status, 201);
    let all = rows(&server, "pushed_requests");
    let strange = Network::of(ClientAddress::parse_node("2001:db8:1::1")).site();
    while all.size().0 < MOST_ROWS {
        let room = all.admit(server.app.new_id(), strange, 10);
        assert!(room.gone().is_empty());
    }
    let before = all.size();
    for _ in 0..3 {
        assert_eq!(push().refusal(), (400, "invalid_dpop_proof".to_owned()));
    }
    assert_eq!(all.size(), before);
    assert_eq!(count(&server, "pushed_requests"), 1);
}

#[test]
fn what_is_refused_for_another_reason_is_not_counted() {
    let server = behind_a_proxy();
    for path in [PAR, DEVICE] {
        for _ in 0..110 {
            let fields = [("client_id", "app"), ("scope", "unknown")];
            let headers = [("x-forwarded-for", "192.0.2.1")];
            assert_eq!(server.form_with(path, &headers, &fields).status, 400);
        }
        assert!(matches!(from(&server, "192.0.2.1", path).status, 200 | 201));
    }
}

// Rule D12: of one network it was bounded, and of many not.
#[test]
fn what_strangers_write_to_the_audit_log_has_a_bound_in_all() {
    let server = behind_a_proxy();
    let refuse = |address: &str| {
        let fields = [("client_id", "app"), ("grant_type", "x")];
        let headers = [("x-forwarded-for", address)];
        assert_eq!(server.form_with(TOKEN, &headers, &fields).status, 400);
    };
    let before = count(&server, "audit_events");
    refuse("192.0.2.1");
    assert_eq!(count(&server, "audit_events") - before, 1);
    let all = [Counted::Events];
    while server.app.throttle.spend(server.app.now(), &all).is_ok() {}
    refuse("192.0.2.2");
    assert_eq!(count(&server, "audit_events") - before, 1);
    server.clock.advance(Lifetime(1));
    refuse("192.0.2.3");
    assert_eq!(count(&server, "audit_events") - before, 2);
}

// RFC 8628 §5.1: the owner of a /48 has 65,536 networks and one budget, and a /48 of a carrier many customers.
#[test]
fn wrong_device_codes_are_counted_by_network_and_more_of_them_by_site() {
    let server = Server::start_with(|told| {
        told.config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    });
    server.user("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    let guess = |address: &str, code: &str| {
        let mut browser = crate::support::browser::Browser::behind(&server, address);
        let csrf = browser.get("/device").field("csrf");
        let fields = [("csrf", csrf.as_str()), ("user_code", code)];
        browser.post("/device", &fields).status
    };
    // Each code is another, since wrong ones are counted by code, too.
    let letters = "BCDFGHJKLMNPQRSTVWXZ";
    let mut codes = letters.chars().flat_map(|a| {
        let of_one = letters.chars();
        of_one.map(move |b| format!("BBBB-BB{a}{b}"))
    });
    let mut free = |network: u32| {
        let address = format!("2001:db8:1:{network:x}::1");
        let statuses = codes.by_ref().take(7).map(|code| guess(&address, &code));
        statuses.filter(|status| *status != 429).count()
    };
    // A neighbor's five are not those of others in the same /48.
    let of_networks: Vec<_> = (0..8).map(&mut free).collect();
    assert_eq!(of_networks, [5, 5, 5, 5, 5, 5, 0, 0]);
    assert_ne!(guess("2001:db8:2::1", "BBBB-BBBB"), 429);
}

#[test]
fn what_has_expired_is_gone_within_minutes() {
    let (server, _) = ready();
    for _ in 0..10 {
        assert_eq!(push(&server, None, &[]).status, 201);
        assert_eq!(device(&server, None).status, 200);
    }
    let both = |server: &Server| {
        (
            count(server, "pushed_requests"),
            count(server, "device_codes"),
        )
    };
    upkeep(&server);
    assert_eq!(both(&server), (10, 10));
    // Five minutes for a pushed request, ten for a device, and five more for who asks again.
    server.clock.advance(Lifetime::minutes(11));
    upkeep(&server);
    assert_eq!(both(&server), (0, 10));
    server.clock.advance(Lifetime::minutes(5));
    upkeep(&server);
    assert_eq!(both(&server), (0, 0));
}

#[test]
fn a_token_request_of_no_known_client_writes_nothing() {
    let (server, _) = ready();
    let before = count(&server, "audit_events");
    for fields in [
        &[("grant_type", "x")][..],
        &[
            ("grant_type", "client_credentials"),
            ("client_id", "nobody"),
        ],
        &[
            ("grant_type", "client_credentials"),
            ("client_id", "nobody"),
            ("client_secret", "x"),
        ],
    ] {
        assert_eq!(server.form(TOKEN, None, fields).status, 401);
    }
    assert_eq!(
        server
            .form(TOKEN, Some(("nobody", "x")), &[("grant_type", "x")])
            .status,
        401
    );
    assert_eq!(count(&server, "audit_events"), before);
}

// A public client's name is known to everybody.
#[test]
fn refusals_in_the_name_of_a_client_that_proves_nothing_are_written_a_hundred_times_and_not_more() {
    let (server, secret) = ready();
    let before = count(&server, "audit_events");
    let refused = [("grant_type", "x"), ("client_id", "app")];
    for _ in 0..150 {
        assert_eq!(server.form(TOKEN, None, &refused).status, 400);
    }
    assert_eq!(count(&server, "audit_events") - before, 100);
    let proved = server.form(TOKEN, Some(("web", &secret)), &[("grant_type", "x")]);
    assert_eq!(proved.status, 400);
    assert_eq!(count(&server, "audit_events") - before, 101);
    server.clock.advance(Lifetime(2));
    server.form(TOKEN, None, &refused);
    assert_eq!(count(&server, "audit_events") - before, 102);
}

#[test]
fn the_audit_log_keeps_the_latest_twenty_thousand_refusals_of_strangers_and_everything_else() {
    let (server, _) = ready();
    let write = |count: usize, actor: Option<&'static str>| {
        let mut event = AuditEvent::failed("token.request_failed", "no");
        event.actor = actor.map(str::to_owned);
        let mut events = vec![event; count];
        events.push(AuditEvent::ok("client.deleted").actor("root"));
        server.record(events);
    };
    let before = count(&server, "audit_events");
    write(300, Some("web"));
    write(20_050, None);
    upkeep(&server);
    assert_eq!(count(&server, "audit_events") - before, 300 + 20_000 + 2);
}

#[test]
fn a_refusal_of_a_stranger_has_a_bounded_size_in_the_audit_log() {
    let (server, _) = ready();
    let long = "ø".repeat(50_000);
    let event = |actor: Option<&str>| AuditEvent {
        actor: actor.map(str::to_owned),
        subject: Some(long.clone()),
        client_id: Some(long.clone()),
        address: Some(long.clone()),
        reason: Some(long.clone()),
        detail: Some(json!({ "sent": long })),
        ..AuditEvent::failed("token.request_failed", "")
    };
    server.record(vec![event(None), event(Some("web"))]);
    let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
    let columns = "id at event outcome subject client_id address reason detail";
    let lengths: Vec<_> = columns
        .split(' ')
        .map(|column| format!("octet_length(coalesce({column}, ''))"))
        .collect();
    let size = |of: &str| {
        let sql = format!(
            "SELECT {}, reason FROM audit_events WHERE subject IS NOT NULL AND actor {of}",
            lengths.join(" + ")
        );
        file.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
    };
    let (bytes, reason): (u32, String) = size("IS NULL");
    let bytes = usize::try_from(bytes).unwrap();
    assert!(bytes <= audit_events::UNPROVEN_ROW_BYTES, "{bytes}");
    // 28 MB in all.
    let most = bytes * purge::MOST_UNPROVEN_EVENTS as usize;
    assert!(most <= 28_000_000, "{most}");
    assert!(reason.starts_with('ø') && reason.ends_with('…'), "{reason}");
    let (bytes, reason): (u32, String) = size("IS NOT NULL");
    assert_eq!(reason, long);
    assert!(usize::try_from(bytes).unwrap() > 5 * long.len());
}
