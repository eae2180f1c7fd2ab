//! Settings that count without a restart: said on the settings page, by another process, or in
//! `keyfob.toml` when that is read anew.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use keyfob::{
    clock::SystemClock,
    domain::time::Lifetime,
    store::{IfMissing, Store, objects::Stored, settings},
};
use serde_json::{Value, json};

use crate::{
    admin_api::Console,
    support::{
        Answer, Server, VERIFIER,
        binary::{Folder, Running},
        browser::AUTHORIZE,
        claims,
        dpop::Prover,
    },
};

const TOKEN: &str = "/api/v1/oauth/token";

fn set(console: &Console, changes: Value) {
    let answer = console.patch("/settings", &changes);
    assert_eq!(answer.status, 200, "{changes}: {}", answer.text);
}

fn metadata(server: &Server) -> Value {
    server.get("/.well-known/openid-configuration", &[]).json()
}

fn with_clients(console: &Console) -> String {
    let server = &console.server;
    server.user("ola", |_| {});
    server.public_client("web", "openid offline_access");
    server.client(
        "job",
        json!({"grant_types": ["client_credentials"], "scope": "email",
               "token_endpoint_auth_method": "client_secret_basic"}),
    )
}

fn machine(server: &Server, secret: &str) -> Answer {
    let fields = [("grant_type", "client_credentials")];
    server.form(TOKEN, Some(("job", secret)), &fields)
}

fn exchange(server: &Server) -> Value {
    let code = server.code("web", "ola", "openid offline_access");
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", &code),
        ("redirect_uri", "https://app.example/cb"),
        ("code_verifier", VERIFIER),
    ];
    let answer = server.form(TOKEN, None, &fields);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn refresh(server: &Server, token: &Value) -> Answer {
    let token = token["refresh_token"].as_str().unwrap();
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", "web"),
        ("refresh_token", token),
    ];
    server.form(TOKEN, None, &fields)
}

#[test]
fn a_lifetime_counts_for_the_next_token_and_the_default_again_for_the_one_after() {
    let console = Console::start();
    let secret = with_clients(&console);
    let lives = || machine(&console.server, &secret).json()["expires_in"].clone();
    assert_eq!(lives(), 3600);
    set(
        &console,
        json!({"access_token_lifetime": "5m", "id_token_lifetime": "7m"}),
    );
    assert_eq!(lives(), 300);
    let id_token = claims(&exchange(&console.server)["id_token"]);
    let age = id_token["exp"].as_i64().unwrap() - id_token["iat"].as_i64().unwrap();
    assert_eq!(age, 420);
    set(&console, json!({"access_token_lifetime": null}));
    assert_eq!(lives(), 3600);
}

#[test]
fn what_is_alive_already_goes_by_the_new_limits() {
    let console = Console::start();
    with_clients(&console);
    let server = &console.server;
    // A retry of the last refresh gets the same answer, until that is switched off.
    let first = exchange(server);
    assert_eq!(refresh(server, &first).status, 200);
    assert_eq!(refresh(server, &first).status, 200);
    set(&console, json!({"refresh_retry_lifetime": "0s"}));
    assert_eq!(
        refresh(server, &first).refusal(),
        (400, "invalid_grant".into())
    );
    // A browser login that lay idle for longer than it now may.
    let (one, other) = (server.signed_in("ola"), server.signed_in("ola"));
    server.clock.advance(Lifetime::minutes(6));
    let account = |cookie: &str| server.get("/account", &[("cookie", cookie)]).status;
    assert_eq!(account(&one), 200);
    set(&console, json!({"session_idle_lifetime": "5m"}));
    assert_eq!((account(&one), account(&other)), (200, 303));
}

#[test]
fn what_is_switched_on_is_there_at_once_and_in_the_documents() {
    let console = Console::start();
    let server = &console.server;
    let client =
        json!({"redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "none"});
    let register = || server.json("/api/v1/oauth/register", &[], &client).status;
    let described = |path: &str| !server.get("/openapi.json", &[]).json()["paths"][path].is_null();
    let state = || {
        (
            register(),
            !metadata(server)["registration_endpoint"].is_null(),
            described("/api/v1/oauth/register"),
            metadata(server)["client_id_metadata_document_supported"] == true,
            server.get("/metrics", &[]).status,
            described("/metrics"),
        )
    };
    assert_eq!(state(), (404, false, false, true, 404, false));
    set(
        &console,
        json!({"registration": "open", "metrics": "loopback", "client_metadata_documents": false}),
    );
    assert_eq!(state(), (201, true, true, false, 200, true));
    set(
        &console,
        json!({"registration": null, "metrics": null, "client_metadata_documents": null}),
    );
    assert_eq!(state(), (404, false, false, true, 404, false));
}

#[test]
fn flows_are_remembered_from_when_they_are_switched_on_and_forgotten_when_they_are_switched_off() {
    let console = Console::start();
    let secret = with_clients(&console);
    let count = || {
        console.get("/traces").json()["items"]
            .as_array()
            .unwrap()
            .len()
    };
    let refused = || {
        console
            .server
            .get(&format!("{AUTHORIZE}?client_id=nobody"), &[])
    };
    refused();
    assert_eq!(count(), 1);
    set(&console, json!({"traces": "off"}));
    assert_eq!(
        count(),
        0,
        "what was remembered is not to be looked at any more"
    );
    refused();
    assert_eq!(count(), 0);
    set(&console, json!({"traces": "all"}));
    assert_eq!(count(), 0);
    assert_eq!(machine(&console.server, &secret).status, 200);
    refused();
    assert_eq!(count(), 2);
    assert_eq!(console.get("/traces").json()["recorded"], "all");
}

// RFC 9449 §8
#[test]
fn a_nonce_is_demanded_from_when_it_is_switched_on() {
    let console = Console::start();
    let secret = with_clients(&console);
    let key = Prover::new();
    let ask = || {
        let proof = key.proof(&console.server, "POST", TOKEN);
        let basic = keyfob::crypto::hash::base64(format!("job:{secret}").as_bytes());
        console.server.send(
            "POST",
            TOKEN,
            &[
                ("content-type", "application/x-www-form-urlencoded"),
                ("authorization", &format!("Basic {basic}")),
                ("dpop", &proof),
            ],
            Some(b"grant_type=client_credentials"),
        )
    };
    assert_eq!(ask().status, 200);
    set(&console, json!({"dpop_nonce": true}));
    assert_eq!(ask().refusal(), (400, "use_dpop_nonce".into()));
}

/// Waits until it is so: the server looks at the file every quarter of a second.
fn sees(what: &str, seen: impl Fn() -> bool) {
    let began = Instant::now();
    while !seen() {
        let patience = Duration::from_secs(20);
        assert!(
            began.elapsed() < patience,
            "the server does not see: {what}"
        );
        std::thread::yield_now();
    }
}

#[test]
fn what_another_process_keeps_for_the_page_counts_within_a_second_and_what_cannot_be_never() {
    let server = Server::start_now();
    let path = &server.app.config.database;
    let other = Store::open(path, IfMissing::Refuse, Arc::new(SystemClock)).unwrap();
    let put = |key: &'static str, value: &'static str| {
        other
            .write_blocking(move |tx| settings::put_on_page(tx, key, Some(value)))
            .unwrap();
    };
    put("registration", "\"open\"");
    sees("registration", || {
        !metadata(&server)["registration_endpoint"].is_null()
    });
    // Needs a token that this server was not told: what counted before still does, and whatever else is
    // changed is seen.
    put("registration", "\"token\"");
    put("access_token_lifetime", "no JSON");
    other
        .write_blocking(|tx| {
            let scope = keyfob::domain::scope::Scope {
                name: keyfob::domain::name::ScopeName::parse("notes:read").unwrap(),
                description: "read your notes".into(),
                built_in: false,
                managed_by: None,
            };
            scope.put(tx)
        })
        .unwrap();
    sees("the scope", || {
        metadata(&server)["scopes_supported"]
            .to_string()
            .contains("notes:read")
    });
    assert!(!metadata(&server)["registration_endpoint"].is_null());
}

fn expires_in(server: &Running) -> Value {
    let fields = [("grant_type", "client_credentials")];
    let (_, text) = server.form(TOKEN, ("job", "the secret of a job"), &fields);
    serde_json::from_str::<Value>(&text).unwrap()["expires_in"].clone()
}

const JOB: &str = "\n[[client]]\nclient_id = \"job\"\nclient_secret = \"the secret of a job\"\n\
     grant_types = [\"client_credentials\"]\nscope = \"email\"\n";

#[cfg(unix)]
#[test]
fn what_the_file_says_counts_when_it_is_read_anew_and_what_needs_a_start_is_named() {
    let folder = Folder::new();
    folder.write("keyfob.toml", JOB);
    let mut server = folder.serve(&["--session-lifetime", "2h"]);
    assert_eq!(expires_in(&server), 3600);
    let read_anew = |server: &mut Running, settings: &str, said: &str| {
        folder.write("keyfob.toml", &format!("{settings}{JOB}"));
        let before = server.log.len();
        server.signal("HUP");
        server.wait_for(said);
        let new = server.log[before..].iter();
        let texts = new.filter_map(|line| line["fields"]["message"].as_str());
        texts
            .filter(|text| text.contains(" changed"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let done = "configuration reloaded";
    let settings = "access_token_lifetime = \"5m\"\nregistration = \"open\"\nworkers = 7\nsession_lifetime = \"3h\"\n";
    assert_eq!(
        read_anew(&mut server, settings, done),
        [
            "workers changed; applies after a restart",
            "access_token_lifetime changed; applied",
            "registration changed; applied",
        ],
        "a flag is above the file"
    );
    assert_eq!(expires_in(&server), 300);
    let metadata = server.get("/.well-known/openid-configuration").1;
    assert!(metadata.contains("registration_endpoint"), "{metadata}");
    // A bad one is refused as a whole.
    let bad = "invalid configuration; keeping the previous one:\n\
               keyfob.toml:2: id_token_lifetime: must be at most 1d";
    let settings = "access_token_lifetime = \"9m\"\nid_token_lifetime = \"2d\"\n";
    assert_eq!(read_anew(&mut server, settings, bad), [""; 0]);
    assert_eq!(expires_in(&server), 300);
    // Taken out again, the defaults count.
    let named = read_anew(&mut server, "workers = 7\n", done);
    assert_eq!(
        named,
        [
            "access_token_lifetime changed; applied",
            "registration changed; applied"
        ]
    );
    assert_eq!(expires_in(&server), 3600);
    assert_eq!(server.stop().0.code(), Some(0));
}
