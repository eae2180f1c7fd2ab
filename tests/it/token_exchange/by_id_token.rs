//! The ID token of the subject and the actor's `keyfob:delegate`.

use super::*;

// The standard's form of /delegated-token: the policy is the same.
#[test]
fn an_id_token_says_for_whom_and_the_actors_token_how_far() {
    let world = World::new();
    let actor = world.own_token(&[("scope", "openid profile keyfob:delegate")]);
    let powerless = world.own_token(&[("scope", "openid profile")]);
    let identity = |sub: &str| {
        let code = world.server.code("gateway", sub, "openid");
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("code_verifier", VERIFIER),
        ];
        let answer = world
            .server
            .form(TOKEN, Some(("gateway", &world.gateway)), &fields);
        text(&answer.json()["id_token"])
    };
    let ask = |id_token: &str, actor: &str, fields: Fields| {
        let base = [
            ("subject_token", id_token),
            ("subject_token_type", ID_TOKEN),
            ("actor_token", actor),
            ("actor_token_type", ACCESS_TOKEN),
        ];
        world.exchange("gateway", &[&base, fields].concat())
    };
    let ola = identity("u-ola");
    let answer = ask(&ola, &actor, &[]);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let said = claims(&answer.json()["access_token"]);
    assert_eq!(said["sub"], "u-ola");
    assert_eq!(said["act"], json!({"sub": "gateway"}));
    assert_eq!(said["scope"], "openid profile");
    assert_eq!(said["aud"], json!(world.server.url));
    let way_back = ask(&ola, &actor, &[("scope", "openid keyfob:principal")]);
    assert_eq!(way_back.json()["scope"], "openid keyfob:principal");
    let (safe, root) = (identity("u-safe"), identity("u-root"));
    let foreign = text(&world.tokens("web", "u-ola", "openid", &[])["id_token"]);
    let rows: &[(&str, &str, &str, Fields, &str)] = &[
        (
            "without keyfob:delegate",
            &ola,
            &powerless,
            &[],
            "invalid_request",
        ),
        ("not to be acted for", &safe, &actor, &[], "invalid_request"),
        ("an administrator", &root, &actor, &[], "invalid_request"),
        (
            "another client's ID token",
            &foreign,
            &actor,
            &[],
            "invalid_request",
        ),
        (
            "an access token",
            &powerless,
            &actor,
            &[],
            "invalid_request",
        ),
        (
            "wider than the actor's token",
            &ola,
            &actor,
            &[("scope", "notes:read")],
            "invalid_scope",
        ),
        (
            "a resource for which the actor's token is not",
            &ola,
            &actor,
            &[("resource", NOTES)],
            "invalid_target",
        ),
    ];
    for (name, id_token, actor, fields, error) in rows {
        let answer = ask(id_token, actor, fields);
        assert_eq!(
            answer.refusal(),
            (400, (*error).to_owned()),
            "{name}: {}",
            answer.text
        );
    }
    let alone = [
        ("subject_token", ola.as_str()),
        ("subject_token_type", ID_TOKEN),
    ];
    assert_eq!(
        world.exchange("gateway", &alone).refusal(),
        (400, "invalid_request".into())
    );
    let subject = keyfob::domain::name::Subject::trusted("u-ola");
    let end = world
        .server
        .app
        .store
        .write_blocking(move |tx| keyfob::store::sessions::end_all(tx, &subject));
    end.unwrap();
    assert_eq!(
        ask(&ola, &actor, &[]).refusal(),
        (400, "invalid_request".into()),
        "signed out"
    );
}

// RFC 8693 §1.1: what comes of a token ends with it, and an ID token that has expired says nothing.
#[test]
fn an_id_token_says_for_whom_as_long_as_it_is_good() {
    let world = World::with(|told| told.live.id_token_lifetime = Lifetime::minutes(5));
    let actor = world.own_token(&[("scope", "openid keyfob:delegate")]);
    let code = world.server.code("gateway", "u-ola", "openid");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let basic = Some(("gateway", world.gateway.as_str()));
    let id_token = world.server.form(TOKEN, basic, &fields).json()["id_token"].clone();
    let ask = || {
        let fields = [
            ("subject_token", id_token.as_str().unwrap()),
            ("subject_token_type", ID_TOKEN),
            ("actor_token", actor.as_str()),
            ("actor_token_type", ACCESS_TOKEN),
        ];
        world.exchange("gateway", &fields)
    };
    let answer = ask();
    assert_eq!(answer.status, 200, "{}", answer.text);
    let exchanged = claims(&answer.json()["access_token"]);
    assert_eq!(exchanged["exp"], claims(&id_token)["exp"]);
    world.server.clock.advance(Lifetime::minutes(5));
    assert_eq!(ask().refusal(), (400, "invalid_request".into()));
}

// OIDC Core §2: `iss` is this server, under the name that it has now.
#[test]
fn an_id_token_of_an_earlier_issuer_says_nothing() {
    let world = World::new();
    let code = world.server.code("gateway", "u-ola", "openid");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let basic = Some(("gateway", world.gateway.as_str()));
    let id_token = world.server.form(TOKEN, basic, &fields).json()["id_token"].clone();
    let World {
        server,
        gateway,
        other,
    } = world;
    let server = server.restart_with(|told| told.config.issuer = "http://localhost:1".into());
    let world = World {
        server,
        gateway,
        other,
    };
    let actor = world.own_token(&[("scope", "openid keyfob:delegate")]);
    let fields = [
        ("subject_token", id_token.as_str().unwrap()),
        ("subject_token_type", ID_TOKEN),
        ("actor_token", actor.as_str()),
        ("actor_token_type", ACCESS_TOKEN),
    ];
    let refused = world.exchange("gateway", &fields);
    assert_eq!(refused.refusal(), (400, "invalid_request".into()));
}
