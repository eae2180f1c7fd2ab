//! What a transaction changes is in force, in memory, too, before anybody learns that it is committed. No caller has
//! to see to it: not those that are still to be written, and not those that have hung up meanwhile.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use keyfob::{
    app::new_signing_key,
    clock::SharedClock,
    crypto::keys::Algorithm,
    domain::{
        client::Client,
        id::Id,
        name::{ScopeName, Subject},
        resource::Resource,
        scope::{Scope, ScopeSet},
        time::UnixMillis,
        trusted_issuer::{SubjectMatch, TrustedIssuer},
    },
    store::{
        IfMissing, Notice, Store, StoreError, Tx, client_registrations, clients, deleted_objects,
        objects::Stored, revocations, settings, signing_keys, users,
    },
};
use serde_json::json;

use crate::support::Server;

type Write = fn(&Tx) -> Result<(), StoreError>;
type Shows = fn(&Server) -> bool;

/// What the directory holds, each with a write that changes it.
const ROWS: &[(&str, Write, Shows)] = &[
    (
        "clients: put",
        |tx| {
            let mut client = clients::get(tx, "web")?.unwrap();
            client.disabled = true;
            clients::put(tx, &client)
        },
        |server| {
            server
                .app
                .directory
                .snapshot()
                .client("web")
                .unwrap()
                .disabled
        },
    ),
    (
        "clients: a secret less",
        |tx| clients::delete_secrets(tx, &clients::get(tx, "web")?.unwrap().client_id),
        |server| {
            let snapshot = server.app.directory.snapshot();
            snapshot.client("web").unwrap().secrets.is_empty()
        },
    ),
    (
        "clients: delete",
        |tx| {
            deleted_objects::archive(tx, &clients::get(tx, "web")?.unwrap())?;
            clients::delete(tx, "web").map(drop)
        },
        |server| server.app.directory.snapshot().client("web").is_none(),
    ),
    (
        "registrations: one that nobody vouches for",
        |tx| {
            let client = clients::get(tx, "web")?.unwrap();
            client_registrations::insert(tx, &client.client_id, None, Some(tx.now), None)
        },
        |server| {
            let snapshot = server.app.directory.snapshot();
            snapshot.is_unverified(&snapshot.client("web").unwrap().client_id)
        },
    ),
    (
        "scopes",
        |tx| {
            let scope = Scope {
                name: ScopeName::parse("notes:read").unwrap(),
                description: "read".into(),
                built_in: false,
                managed_by: None,
            };
            scope.put(tx)
        },
        |server| {
            server
                .app
                .directory
                .snapshot()
                .scope("notes:read")
                .is_some()
        },
    ),
    (
        "resources",
        |tx| {
            Resource::get(tx, "https://api.example")?
                .unwrap()
                .delete(tx)
        },
        |server| server.app.directory.snapshot().resources.is_empty(),
    ),
    (
        "trusted issuers",
        |tx| {
            let issuer = TrustedIssuer {
                issuer: "https://idp.example".into(),
                jwks: Some(json!({ "keys": [] })),
                jwks_uri: None,
                audience: None,
                subject_claim: "sub".into(),
                matches: SubjectMatch::Sub,
                clients: Vec::new(),
                scope: ScopeSet::default(),
                managed_by: None,
            };
            issuer.put(tx)
        },
        |server| {
            let snapshot = server.app.directory.snapshot();
            snapshot.trusted_issuer("https://idp.example").is_some()
        },
    ),
    (
        "signing keys",
        |tx| signing_keys::insert(tx, &new_signing_key(Algorithm::EdDsa, tx.now, tx.now)?),
        |server| {
            server
                .app
                .directory
                .snapshot()
                .published_jwks(server.app.now())
                .len()
                == 4
        },
    ),
    (
        "settings",
        |tx| settings::put_on_page(tx, "dpop_nonce", Some("true")),
        |server| server.app.live().dpop_nonce,
    ),
    (
        "users: the first administrator",
        |tx| {
            let mut user = users::get(tx, "ola")?.unwrap();
            user.admin = true;
            users::put(tx, &user)
        },
        |server| server.app.directory.snapshot().has_admin,
    ),
    (
        "revocations",
        |tx| revocations::revoke_user(tx, &Subject::trusted("ola")),
        |server| server.app.directory.revocations() == 1,
    ),
];

fn server() -> Server {
    let server = Server::start();
    server.client(
        "web",
        json!({ "redirect_uris": ["https://web.example/cb"], "grant_types": ["authorization_code"],
                "token_endpoint_auth_method": "client_secret_basic", "scope": "openid" }),
    );
    server.user("ola", |_| {});
    server.resource("https://api.example", "", None);
    server
}

#[test]
fn what_is_committed_is_in_force_before_it_is_answered() {
    for (name, write, shows) in ROWS {
        let server = server();
        assert!(!shows(&server), "{name}: before it");
        server.app.store.write_blocking(*write).unwrap();
        assert!(shows(&server), "{name}");
    }
}

/// What only another write makes possible, and what undoes it.
const PAIRS: &[(&str, Write, Write, Shows)] = &[
    (
        "clients: restore",
        |tx| {
            deleted_objects::archive(tx, &clients::get(tx, "web")?.unwrap())?;
            clients::delete(tx, "web").map(drop)
        },
        |tx| deleted_objects::restore::<Client>(tx, "web").map(drop),
        |server| server.app.directory.snapshot().client("web").is_some(),
    ),
    (
        "users: no administrator any more",
        |tx| set_admin(tx, true),
        |tx| set_admin(tx, false),
        |server| !server.app.directory.snapshot().has_admin,
    ),
];

fn set_admin(tx: &Tx, admin: bool) -> Result<(), StoreError> {
    let mut user = users::get(tx, "ola")?.unwrap();
    user.admin = admin;
    users::put(tx, &user)
}

#[test]
fn what_undoes_a_change_is_in_force_too() {
    for (name, write, undo, shows) in PAIRS {
        let server = server();
        server.app.store.write_blocking(*write).unwrap();
        assert!(!shows(&server), "{name}: before it");
        server.app.store.write_blocking(*undo).unwrap();
        assert!(shows(&server), "{name}");
    }
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::yield_now();
    }
}

// A command that ran while a server started, between its reading of the directory and its first look at what others had
// changed, was never in force in it.
#[test]
fn what_another_process_changed_before_anybody_listened_is_told_then() {
    let server = server();
    let path = server.app.store.path().to_owned();
    let clock: SharedClock = server.clock.clone();
    let starting = Store::open(&path, IfMissing::Refuse, clock.clone()).unwrap();
    let newer = Id::first_of(UnixMillis(clock.now_ms().0 + 86_400_000));
    let file = rusqlite::Connection::open(&path).unwrap();
    let sql = "INSERT INTO audit_events (id, at, event, outcome) VALUES (?1, 1, 'x', 'ok')";
    file.execute(sql, [newer.as_bytes()]).unwrap();
    // It has seen the change once its ids come after those of the file.
    wait_until("seen", || starting.new_id() > newer);
    let (told, is_told) = std::sync::mpsc::channel();
    starting.on_change(move |notice| {
        told.send(matches!(notice, Notice::ChangedElsewhere))
            .unwrap();
        Ok(())
    });
    assert!(is_told.recv_timeout(Duration::from_secs(20)).unwrap());
}

// One row that cannot be read: every revocation by another process was lost on the server, and it called itself ready;
// its own writes were on disk and answered as failed.
#[test]
fn a_row_that_cannot_be_read_keeps_no_revocation_from_being_in_force() {
    let server = server();
    let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
    let sql = "INSERT INTO signing_keys VALUES ('damaged', 'ES256', x'00', 1, 1, NULL)";
    file.execute(sql, []).unwrap();
    let ready = || server.get("/readyz", &[]);
    wait_until("trouble", || ready().status == 503);
    assert_eq!(
        ready().text,
        "a change in the database cannot be read and was not applied\n"
    );
    let clock: SharedClock = server.clock.clone();
    let elsewhere = Store::open(server.app.store.path(), IfMissing::Refuse, clock).unwrap();
    let revoke = |tx: &Tx| revocations::revoke_user(tx, &Subject::trusted("ola"));
    elsewhere.write_blocking(revoke).unwrap();
    wait_until("revoked", || server.app.directory.revocations() == 1);
    // It is committed, so it has succeeded.
    server.user("kari", |user| user.admin = true);
    assert!(!server.app.directory.snapshot().has_admin);
    file.execute("DELETE FROM signing_keys WHERE kid = 'damaged'", [])
        .unwrap();
    wait_until("in force", || ready().status == 200);
    assert!(server.app.directory.snapshot().has_admin);
}

// A browser that hangs up while a revocation or a change is on its way must not keep it from being in force.
#[test]
fn what_nobody_waits_for_any_more_is_in_force_all_the_same() {
    for (name, write, shows) in ROWS {
        let server = server();
        let mut context = Context::from_waker(Waker::noop());
        {
            let mut writing = pin!(server.app.store.write(*write));
            if let Poll::Ready(done) = writing.as_mut().poll(&mut context) {
                done.unwrap();
            }
        }
        wait_until(name, || shows(&server));
    }
}

#[test]
fn what_is_rolled_back_leaves_no_trace_in_memory() {
    let server = server();
    let revoke = |tx: &Tx| {
        revocations::revoke_user(tx, &Subject::trusted("ola"))?;
        clients::delete(tx, "web")?;
        Err::<(), _>(StoreError::Conflict("not today".into()))
    };
    server.app.store.write_blocking(revoke).unwrap_err();
    // What comes after it brings nothing of it along.
    server.user("kari", |user| user.admin = true);
    assert_eq!(server.app.directory.revocations(), 0);
    assert!(server.app.directory.snapshot().client("web").is_some());
}
