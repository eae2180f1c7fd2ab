//! An exchanged token ends with what it hangs on.

use keyfob::store::{StoreError, Tx, revocations};

use super::*;

#[test]
fn an_exchanged_token_never_outlives_the_tokens_it_came_from() {
    let world = World::new();
    let own = world.own_token(&[("scope", "profile")]);
    world.server.clock.advance(Lifetime(600));
    let given = world.given();
    world.server.clock.advance(Lifetime(600));
    let alone = world.exchanged("gateway", &given, &[]);
    assert_eq!(alone["exp"], claims(&json!(given))["exp"]);
    let actor = [
        ("actor_token", own.as_str()),
        ("actor_token_type", ACCESS_TOKEN),
    ];
    let acted = world.exchanged("gateway", &given, &actor);
    assert_eq!(acted["exp"], claims(&json!(own))["exp"]);
    world.server.clock.advance(Lifetime(2400));
    let subject = [
        ("subject_token", given.as_str()),
        ("subject_token_type", ACCESS_TOKEN),
    ];
    let expired = world.exchange("gateway", &[&subject, &actor[..]].concat());
    assert_eq!(
        expired.refusal(),
        (400, "invalid_request".into()),
        "the actor's has expired"
    );
    assert_eq!(world.exchange("gateway", &subject).status, 200);
    world.server.clock.advance(Lifetime(600));
    let expired = world.exchange("gateway", &subject);
    assert_eq!(expired.refusal(), (400, "invalid_request".into()));
}

// Rule P25: and with everything they hang on.
#[test]
fn an_exchanged_token_ends_with_everything_it_hangs_on() {
    type End = fn(&World, &Chain);
    struct Chain {
        given: Value,
        own: String,
        first: Value,
    }
    let rows: &[(&str, End)] = &[
        ("the subject's token", |world, chain| {
            world.revoke("web", chain.given["access_token"].as_str().unwrap());
        }),
        ("the subject's grant", |world, chain| {
            world.revoke("web", chain.given["refresh_token"].as_str().unwrap());
        }),
        ("the actor's token", |world, chain| {
            world.revoke("gateway", &chain.own);
        }),
        ("the link before", |world, chain| {
            world.revoke("gateway", chain.first.as_str().unwrap());
        }),
        ("the subject", |world, _| {
            change(world, |tx| {
                revocations::revoke_user(tx, &keyfob::domain::name::Subject::trusted("u-ola"))
            });
        }),
        ("the subject's client", |world, _| {
            change(world, |tx| {
                revocations::revoke_client(tx, &keyfob::domain::name::ClientId::trusted("web"))
            });
        }),
        ("the acting client", |world, _| {
            change(world, |tx| {
                revocations::revoke_client(tx, &keyfob::domain::name::ClientId::trusted("gateway"))
            });
        }),
    ];
    for (name, end) in rows {
        let world = World::new();
        let given = world.tokens(
            "web",
            "u-ola",
            "mcp:tools notes:read offline_access",
            &[MCP],
        );
        let own = world.own_token(&[("scope", "profile")]);
        let access = given["access_token"].as_str().unwrap();
        let fields = [
            ("subject_token", access),
            ("subject_token_type", ACCESS_TOKEN),
            ("actor_token", &own),
            ("actor_token_type", ACCESS_TOKEN),
        ];
        let first = world.exchange("gateway", &fields).json()["access_token"].clone();
        let fields = [
            ("subject_token", first.as_str().unwrap()),
            ("subject_token_type", ACCESS_TOKEN),
        ];
        let second = world.exchange("gateway", &fields).json()["access_token"].clone();
        assert!(
            world.is_active(&first) && world.is_active(&second),
            "{name}"
        );
        let chain = Chain { given, own, first };
        end(&world, &chain);
        assert!(!world.is_active(&second), "{name}");
        let dead = [
            ("subject_token", second.as_str().unwrap()),
            ("subject_token_type", ACCESS_TOKEN),
        ];
        assert_eq!(
            world.exchange("gateway", &dead).refusal(),
            (400, "invalid_request".into()),
            "{name}"
        );
    }
}

/// Revokes as an administrator does.
fn change(world: &World, revoke: fn(&Tx) -> Result<(), StoreError>) {
    world.server.app.store.write_blocking(revoke).unwrap();
}

// The grant under which the actor is known, although the token is under another one.
#[test]
fn an_exchanged_token_ends_with_the_actors_grant() {
    let world = World::new();
    let given = world.given();
    let code = world.server.code("gateway", "u-kari", "openid");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let basic = Some(("gateway", world.gateway.as_str()));
    let kari = world.server.form(TOKEN, basic, &fields).json();
    let fields_of_exchange = [
        ("subject_token", given.as_str()),
        ("subject_token_type", ACCESS_TOKEN),
        ("actor_token", kari["access_token"].as_str().unwrap()),
        ("actor_token_type", ACCESS_TOKEN),
    ];
    let acted = world.exchange("gateway", &fields_of_exchange).json()["access_token"].clone();
    assert!(world.is_active(&acted));
    // RFC 6749 §4.1.2: the code used twice ends Kari's grant.
    assert_eq!(world.server.form(TOKEN, basic, &fields).status, 400);
    assert!(!world.is_active(&acted));
}

// Rule P33: looked at again when the token is made.
#[test]
fn nobody_acts_for_a_user_who_has_been_disabled() {
    let world = World::new();
    let given = world.given();
    world.server.user("u-ola", |user| user.disabled = true);
    let fields = [
        ("subject_token", given.as_str()),
        ("subject_token_type", ACCESS_TOKEN),
    ];
    assert_eq!(
        world.exchange("gateway", &fields).refusal(),
        (400, "invalid_request".into())
    );
}
