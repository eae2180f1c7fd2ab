//! Signing keys: rotation with overlap, and what a key's end does to its tokens.

use keyfob::{
    admin::{
        AdminError, By,
        keys::{self, Begin, KeyView},
    },
    crypto::keys::Algorithm,
    domain::{signing_key::KeyState, time::Lifetime, token::LONGEST_ACCESS_TOKEN},
    store::StoreError,
};
use serde_json::{Value, json};

use super::support::Server;

const AHEAD: Lifetime = Lifetime::hours(1);

/// A server with a client whose tokens live as long as any may.
fn start() -> (Server, String) {
    let server = Server::start();
    let secret = server.client(
        "backend",
        json!({
            "grant_types": ["client_credentials"], "scope": "", "access_token_lifetime": LONGEST_ACCESS_TOKEN,
            "token_endpoint_auth_method": "client_secret_basic"
        }),
    );
    (server, secret)
}

fn token(server: &Server, secret: &str) -> String {
    let fields = [("grant_type", "client_credentials")];
    let answer = server.form("/api/v1/oauth/token", Some(("backend", secret)), &fields);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

fn kid(token: &str) -> String {
    let header = keyfob::crypto::jwt::header(token).unwrap();
    header.kid.unwrap()
}

fn counts(server: &Server, secret: &str, token: &str) -> bool {
    let path = "/api/v1/oauth/introspect";
    let answer = server.form(path, Some(("backend", secret)), &[("token", token)]);
    answer.json()["active"].as_bool().unwrap()
}

fn published(server: &Server) -> Vec<String> {
    let jwks = server.get("/.well-known/jwks.json", &[]).json();
    let es256 = |key: &&Value| key["alg"] == "ES256";
    let keys = jwks["keys"].as_array().unwrap().iter().filter(es256);
    keys.map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

fn rotate(server: &Server, begin: Begin) -> Result<String, AdminError> {
    let key = keys::generate(Algorithm::Es256).unwrap();
    let applied = server
        .app
        .store
        .write_blocking(move |tx| keys::rotate(tx, &By::command_line(), &key, begin))?;
    Ok(applied.value.kid)
}

fn retire(server: &Server, kid: &str) -> Result<KeyView, AdminError> {
    let kid = kid.to_owned();
    let applied = server
        .app
        .store
        .write_blocking(move |tx| keys::revoke(tx, &By::command_line(), &kid))?;
    Ok(applied.value)
}

/// The state of each ES256 key, the oldest first.
fn states(server: &Server) -> Vec<(String, KeyState)> {
    let keys = server.app.store.read(keys::list);
    let keys = keys.unwrap_or_else(|error: StoreError| panic!("{error}"));
    let es256 = keys.into_iter().filter(|key| key.alg == "ES256");
    es256.map(|key| (key.kid, key.state)).collect()
}

#[test]
fn a_new_key_is_published_before_it_signs_and_the_old_one_counts_until_its_last_token_has_expired()
{
    let (mut server, secret) = start();
    let old = kid(&token(&server, &secret));
    let new = rotate(&server, Begin::After(AHEAD)).unwrap();
    assert_eq!(
        states(&server),
        [
            (old.clone(), KeyState::Active),
            (new.clone(), KeyState::Next)
        ]
    );
    assert_eq!(published(&server), [old.as_str(), &new]);
    server.clock.advance(Lifetime(AHEAD.0 - 1));
    let last = token(&server, &secret);
    assert_eq!(kid(&last), old, "the new key signs too early");
    server.clock.advance(Lifetime(1));
    assert_eq!(kid(&token(&server, &secret)), new);
    assert_eq!(
        states(&server),
        [
            (old.clone(), KeyState::Retiring),
            (new.clone(), KeyState::Active)
        ]
    );

    // The keys are in the file: another process goes on with them.
    server = server.restart();
    assert_eq!(published(&server), [old.as_str(), &new]);
    assert_eq!(kid(&token(&server, &secret)), new);

    server.clock.advance(Lifetime(LONGEST_ACCESS_TOKEN.0 - 2));
    assert!(
        counts(&server, &secret, &last),
        "the old key's last token has not expired"
    );
    assert_eq!(published(&server), [old.as_str(), &new]);
    server.clock.advance(Lifetime(2));
    assert!(!counts(&server, &secret, &last));
    assert_eq!(published(&server), [new.as_str()]);
    assert_eq!(
        states(&server),
        [(old, KeyState::Expired), (new, KeyState::Active)]
    );
}

#[test]
fn only_one_new_key_waits_at_a_time_and_an_emergency_drops_it() {
    let (server, secret) = start();
    let first = kid(&token(&server, &secret));
    let waiting = rotate(&server, Begin::After(AHEAD)).unwrap();
    let again = rotate(&server, Begin::After(AHEAD));
    assert!(matches!(again, Err(AdminError::Conflict(_))), "{again:?}");
    // In the same second as the first key was made.
    let now = rotate(&server, Begin::Now).unwrap();
    assert_eq!(kid(&token(&server, &secret)), now);
    assert_eq!(published(&server), [first.as_str(), &now]);
    server.clock.advance(AHEAD);
    assert_eq!(kid(&token(&server, &secret)), now);
    assert!(!published(&server).contains(&waiting));
}

#[test]
fn the_tokens_of_a_retired_key_are_refused_at_once_also_those_seen_before() {
    let (server, secret) = start();
    let old = token(&server, &secret);
    assert!(counts(&server, &secret, &old));
    assert!(
        matches!(retire(&server, &kid(&old)), Err(AdminError::Conflict(_))),
        "it signs"
    );
    assert!(matches!(
        retire(&server, "unknown"),
        Err(AdminError::NotFound { .. })
    ));
    rotate(&server, Begin::Now).unwrap();
    assert!(counts(&server, &secret, &old));
    let beginning = kid(&old)[..20].to_owned();
    assert_eq!(
        retire(&server, &beginning).unwrap().state,
        KeyState::Expired
    );
    assert!(!counts(&server, &secret, &old));
    assert!(counts(&server, &secret, &token(&server, &secret)));
}

#[test]
fn when_a_waiting_key_is_retired_the_one_it_was_to_replace_goes_on() {
    let (server, secret) = start();
    let old = kid(&token(&server, &secret));
    let waiting = rotate(&server, Begin::After(AHEAD)).unwrap();
    retire(&server, &waiting).unwrap();
    server
        .clock
        .advance(Lifetime(AHEAD.0 + LONGEST_ACCESS_TOKEN.0 + 1));
    assert_eq!(kid(&token(&server, &secret)), old);
    assert_eq!(published(&server), [old.as_str()]);
}

#[test]
fn a_clock_that_goes_back_before_the_keys_were_made_stops_no_signature() {
    let (mut server, secret) = start();
    let made = kid(&token(&server, &secret));
    server.clock.turn_back(Lifetime::days(1));
    assert_eq!(kid(&token(&server, &secret)), made);
    server = server.restart();
    assert_eq!(kid(&token(&server, &secret)), made);
    assert_eq!(states(&server), [(made, KeyState::Active)]);
}
