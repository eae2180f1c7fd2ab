//! What a token that was handed in is exchanged for, and for whom not.

use keyfob::admin::{clients::ClientInput, resources::ResourceInput};

use super::*;
use crate::support::change;

// RFC 8693 §2.2.1, §4.1
#[test]
fn a_gateway_exchanges_the_token_it_was_given_and_stands_in_act() {
    let world = World::new();
    let given = world.given();
    let fields = [
        ("subject_token", given.as_str()),
        ("subject_token_type", ACCESS_TOKEN),
        ("resource", NOTES),
        ("scope", "notes:read"),
        ("requested_token_type", ACCESS_TOKEN),
    ];
    let answer = world.exchange("gateway", &fields);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json();
    assert_eq!(body["issued_token_type"], ACCESS_TOKEN);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["scope"], "notes:read");
    assert_eq!(body["expires_in"], 3600);
    assert!(body.get("refresh_token").is_none() && body.get("id_token").is_none());
    let claims = claims(&body["access_token"]);
    assert_eq!(claims["sub"], "u-ola");
    assert_eq!(claims["client_id"], "gateway");
    assert_eq!(claims["aud"], NOTES);
    assert_eq!(claims["act"], json!({"sub": "gateway"}));
    let event = event_about(&world, "token.exchanged", "u-ola");
    assert_eq!(
        (
            event.actor.as_deref(),
            event.subject.as_deref(),
            event.client_id.as_deref()
        ),
        (Some("gateway"), Some("u-ola"), Some("gateway"))
    );
    assert!(event.address.is_some());
    assert_eq!(event.detail.unwrap()["jti"], claims["jti"]);
}

#[test]
fn the_contracts_dialect_answers_with_its_six_members_and_the_type() {
    let world = World::new();
    let given = world.given();
    let body = json!({
        "grant_type": EXCHANGE, "client_id": "gateway", "client_secret": world.gateway,
        "subject_token": given, "subject_token_type": ACCESS_TOKEN, "resource": [NOTES]});
    let answer = world.server.json(TOKEN, &[], &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut members: Vec<_> = answer.json().as_object().unwrap().keys().cloned().collect();
    members.sort();
    let all = [
        "access_token",
        "expires_in",
        "id_token",
        "issued_token_type",
        "refresh_token",
        "scope",
        "token_type",
    ];
    assert_eq!(members, all);
    assert_eq!(answer.json()["refresh_token"], Value::Null);
    assert_eq!(claims(&answer.json()["access_token"])["aud"], NOTES);
    let body = json!({"grant_type": EXCHANGE, "resource": [NOTES, 1]});
    let answer = world.server.json(TOKEN, &[], &body);
    assert_eq!(answer.status, 422);
    assert_eq!(
        answer.json()["detail"][0]["loc"],
        json!(["body", "resource", 1])
    );
}

// RFC 8693 §2.1, §4.1, §4.4
#[test]
fn what_an_exchanged_token_says() {
    let world = World::new();
    let issuer = world.server.url.as_str();
    let given = world.given();
    let both = world.user_token("openid profile mcp:tools notes:read", &[MCP]);
    let plain = world.user_token("openid profile", &[]);
    let named =
        text(&world.tokens("naming", "u-ola", "openid notes:read", &[NOTES])["access_token"]);
    let own = world.own_token(&[("scope", "profile")]);
    let actor: [(&str, &str); 2] = [("actor_token", &own), ("actor_token_type", ACCESS_TOKEN)];
    let rows: &[(&str, &str, &str, Fields, Value)] = &[
        (
            "its own audience without a target",
            "gateway",
            &given,
            &[],
            json!({"aud": MCP, "scope": "mcp:tools notes:read", "act": {"sub": "gateway"}}),
        ),
        (
            "another resource takes what goes with it",
            "gateway",
            &given,
            &[("resource", NOTES)],
            json!({"aud": NOTES, "scope": "notes:read", "act": {"sub": "gateway"}}),
        ),
        (
            "audience is a resource",
            "gateway",
            &given,
            &[("audience", NOTES)],
            json!({"aud": NOTES, "scope": "notes:read"}),
        ),
        (
            "audience is a logical name",
            "gateway",
            &given,
            &[("audience", "notes")],
            json!({"aud": NOTES, "scope": "notes:read"}),
        ),
        (
            "both together",
            "gateway",
            &given,
            &[("audience", "notes"), ("resource", MCP)],
            json!({"aud": [MCP, NOTES], "scope": "mcp:tools notes:read"}),
        ),
        (
            "narrower",
            "gateway",
            &given,
            &[("scope", "mcp:tools")],
            json!({"aud": MCP, "scope": "mcp:tools"}),
        ),
        (
            "the client it was issued to narrows it",
            "web",
            &both,
            &[("scope", "mcp:tools"), ("resource", MCP)],
            json!({"aud": MCP, "scope": "mcp:tools", "act": null, "client_id": "web"}),
        ),
        (
            "or takes this server alone",
            "web",
            &both,
            &[("resource", issuer)],
            json!({"aud": issuer, "scope": "openid profile", "act": null}),
        ),
        (
            "without a resource",
            "web",
            &plain,
            &[("scope", "profile")],
            json!({"aud": issuer, "scope": "profile"}),
        ),
        (
            "who is named in may_act",
            "other",
            &named,
            &[("scope", "notes:read")],
            json!({"aud": NOTES, "scope": "notes:read", "act": {"sub": "other"}, "may_act": null}),
        ),
        (
            "the actor's token says who acts",
            "gateway",
            &given,
            &actor,
            json!({"sub": "u-ola", "act": {"sub": "gateway"}, "scope": "mcp:tools notes:read"}),
        ),
    ];
    for (name, client_id, subject, fields, expected) in rows {
        let claims = world.exchanged(client_id, subject, fields);
        for (claim, value) in expected.as_object().unwrap() {
            assert_eq!(claims[claim], *value, "{name}: {claim} of {claims}");
        }
    }
    assert_eq!(claims(&json!(named))["may_act"], json!({"sub": "other"}));
}

// RFC 8693 §4.1: the chain of those who acted.
#[test]
fn an_actor_is_put_before_those_who_acted_earlier_and_nobody_twice() {
    let world = World::new();
    let given = world.given();
    let first = world.exchange(
        "gateway",
        &[("subject_token", &given), ("subject_token_type", JWT)],
    );
    let first = text(&first.json()["access_token"]);
    let again = world.exchanged("gateway", &first, &[]);
    assert_eq!(again["act"], json!({"sub": "gateway"}));
    // A person at the gateway's own pages steps in.
    let code = world.server.code("gateway", "u-kari", "openid");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let kari = world
        .server
        .form(TOKEN, Some(("gateway", &world.gateway)), &fields)
        .json();
    let kari = text(&kari["access_token"]);
    let actor = [
        ("actor_token", kari.as_str()),
        ("actor_token_type", ACCESS_TOKEN),
    ];
    let both = world.exchanged("gateway", &first, &actor);
    assert_eq!(
        both["act"],
        json!({"sub": "u-kari", "act": {"sub": "gateway"}})
    );
    let own = world.exchanged("gateway", &kari, &actor);
    assert_eq!(own.get("act"), None, "nobody acts for themselves");
}

// RFC 8693 §2.2.2, RFC 8707 §2; rules C10 and C20, P25 and P31.
#[test]
fn an_exchange_that_may_not_be_is_refused_with_its_code() {
    let world = World::new();
    let issuer = world.server.url.as_str();
    let given = world.given();
    let both = world.user_token("openid profile mcp:tools notes:read", &[MCP]);
    let own = world.own_token(&[("scope", "profile")]);
    let foreign_actor = world.user_token("openid", &[]);
    let safe = text(&world.tokens("web", "u-safe", "mcp:tools", &[MCP])["access_token"]);
    let named =
        text(&world.tokens("naming", "u-ola", "openid notes:read", &[NOTES])["access_token"]);
    let refresh_token =
        text(&world.tokens("web", "u-ola", "openid offline_access", &[])["refresh_token"]);
    let garbage = format!("{given}x");
    let access: (&str, &str) = ("subject_token_type", ACCESS_TOKEN);
    let token = ("subject_token", given.as_str());
    let rows: &[(&str, &str, Vec<Field>, &str)] = &[
        (
            "no subject_token (§2.1)",
            "gateway",
            vec![access],
            "invalid_request",
        ),
        (
            "no subject_token_type (§2.1)",
            "gateway",
            vec![token],
            "invalid_request",
        ),
        (
            "an unknown type",
            "gateway",
            vec![
                token,
                (
                    "subject_token_type",
                    "urn:ietf:params:oauth:token-type:saml2",
                ),
            ],
            "invalid_request",
        ),
        (
            "an access token as an ID token",
            "gateway",
            vec![token, ("subject_token_type", ID_TOKEN)],
            "invalid_request",
        ),
        (
            "a refresh token",
            "web",
            vec![("subject_token", &refresh_token), access],
            "invalid_request",
        ),
        (
            "not ours",
            "gateway",
            vec![("subject_token", &garbage), access],
            "invalid_request",
        ),
        (
            "asks for a refresh token",
            "gateway",
            vec![
                token,
                access,
                (
                    "requested_token_type",
                    "urn:ietf:params:oauth:token-type:refresh_token",
                ),
            ],
            "invalid_request",
        ),
        (
            "an actor type without an actor (§2.1)",
            "gateway",
            vec![token, access, ("actor_token_type", ACCESS_TOKEN)],
            "invalid_request",
        ),
        (
            "an actor without its type (§2.1)",
            "gateway",
            vec![token, access, ("actor_token", &own)],
            "invalid_request",
        ),
        (
            "an actor's ID token",
            "gateway",
            vec![
                token,
                access,
                ("actor_token", &own),
                ("actor_token_type", ID_TOKEN),
            ],
            "invalid_request",
        ),
        (
            "another client's actor token",
            "gateway",
            vec![
                token,
                access,
                ("actor_token", &foreign_actor),
                ("actor_token_type", ACCESS_TOKEN),
            ],
            "invalid_request",
        ),
        (
            "a broken actor token",
            "gateway",
            vec![
                token,
                access,
                ("actor_token", &garbage),
                ("actor_token_type", ACCESS_TOKEN),
            ],
            "invalid_request",
        ),
        (
            "neither its owner nor for it (§5)",
            "other",
            vec![token, access],
            "invalid_request",
        ),
        (
            "a public client with another's token",
            "naming",
            vec![token, access],
            "invalid_request",
        ),
        (
            "not named in may_act (§4.4)",
            "gateway",
            vec![("subject_token", &named), access],
            "invalid_request",
        ),
        (
            "a user not to be acted for",
            "gateway",
            vec![("subject_token", &safe), access],
            "invalid_request",
        ),
        (
            "a wider scope",
            "gateway",
            vec![token, access, ("scope", "profile")],
            "invalid_scope",
        ),
        (
            "a scope the client has but the token has not",
            "gateway",
            vec![token, access, ("resource", NOTES), ("scope", "notes:write")],
            "invalid_scope",
        ),
        (
            "a scope that is not the resource's",
            "gateway",
            vec![token, access, ("resource", NOTES), ("scope", "mcp:tools")],
            "invalid_scope",
        ),
        (
            "power over this server",
            "gateway",
            vec![token, access, ("scope", "keyfob:delegate")],
            "invalid_scope",
        ),
        (
            "an unknown resource (§2.2.2)",
            "gateway",
            vec![token, access, ("resource", "https://evil.example")],
            "invalid_target",
        ),
        (
            "an unknown audience (§2.2.2)",
            "gateway",
            vec![token, access, ("audience", "web")],
            "invalid_target",
        ),
        (
            "this server, for which the token is not",
            "gateway",
            vec![token, access, ("resource", issuer)],
            "invalid_target",
        ),
        (
            "another resource by the client it was issued to",
            "web",
            vec![("subject_token", &both), access, ("resource", NOTES)],
            "invalid_target",
        ),
    ];
    for (name, client_id, fields, error) in rows {
        let answer = world.exchange(client_id, fields);
        assert_eq!(
            answer.refusal(),
            (400, (*error).to_owned()),
            "{name}: {}",
            answer.text
        );
        assert!(!answer.text.contains(&given), "{name}");
    }
    let twice = world.exchange("gateway", &[token, token, access]);
    assert_eq!(twice.refusal(), (400, "invalid_request".into()));
    let event = event_about(&world, "token.request_failed", "u-safe");
    assert_eq!(event.actor.as_deref(), Some("gateway"));
}

#[test]
fn a_client_that_is_not_registered_for_it_exchanges_nothing() {
    let world = World::new();
    world.server.client(
        "plain",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none", "scope": "openid"}),
    );
    let given = world.given();
    let fields = [
        ("subject_token", given.as_str()),
        ("subject_token_type", ACCESS_TOKEN),
    ];
    let answer = world.exchange("plain", &fields);
    assert_eq!(answer.refusal(), (400, "unauthorized_client".into()));
}

// RFC 8693 §5: whoever only names a client has not shown to be it.
#[test]
fn a_public_client_exchanges_no_token_that_was_issued_to_another() {
    let world = World::new();
    let tools = "https://tools.example.com";
    let metadata = json!({"grant_types": [EXCHANGE, "authorization_code"], "token_endpoint_auth_method": "none",
                          "redirect_uris": ["https://app.example/cb"], "scope": "openid notes:read"});
    world.server.client("tools", metadata);
    world.server.resource(tools, "notes:read", Some("tools"));
    let token = world.user_token("notes:read", &[tools]);
    let fields = [
        ("subject_token", token.as_str()),
        ("subject_token_type", ACCESS_TOKEN),
    ];
    let refused = world.exchange("tools", &fields);
    assert_eq!(refused.refusal(), (400, "invalid_request".into()));
}

// RFC 8693 §2.1: a token that allows nothing is no answer to who asks for a resource.
#[test]
fn a_resource_with_which_no_scope_goes_is_refused() {
    let world = World::new();
    let token = world.user_token("mcp:tools", &[MCP]);
    let fields = [
        ("subject_token", token.as_str()),
        ("subject_token_type", ACCESS_TOKEN),
        ("resource", NOTES),
    ];
    let refused = world.exchange("gateway", &fields);
    assert_eq!(refused.refusal(), (400, "invalid_scope".into()));
}

// Rule C39: whoever has left the team speaks for it no more.
#[test]
fn a_token_for_a_team_that_the_user_has_left_is_exchanged_no_more() {
    let world = World::new();
    let path = world.server.app.store.path().to_owned();
    let write = move |sql: &str| {
        let file = rusqlite::Connection::open(&path).unwrap();
        assert_eq!(file.execute(sql, []).unwrap(), 1, "{sql}");
    };
    write("INSERT INTO teams (id, name, created_at) VALUES ('acme', 'Acme', 0)");
    write("INSERT INTO team_members (sub, team_id, role) VALUES ('u-ola', 'acme', 'member')");
    let own = format!(
        "Bearer {}",
        world.user_token("openid profile keyfob:delegate", &[])
    );
    let headers = [("authorization", own.as_str())];
    let body = json!({"sub": "u-ola", "team_id": "acme", "scopes": ["profile"]});
    let path = "/api/v1/oauth/delegated-token";
    let answer = world.server.json(path, &headers, &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let token = text(&answer.json()["access_token"]);
    assert_eq!(claims(&json!(token))["team_id"], "acme");
    let fields = [
        ("subject_token", token.as_str()),
        ("subject_token_type", ACCESS_TOKEN),
    ];
    let answer = world.exchange("web", &fields);
    assert_eq!(answer.status, 200, "{}", answer.text);
    write("DELETE FROM team_members");
    let refused = world.exchange("web", &fields);
    assert_eq!(refused.refusal(), (400, "invalid_request".into()));
}

// RFC 8693 §4.1: whoever acts already does not step in once more.
#[test]
fn an_actor_that_acts_already_stands_in_the_chain_once() {
    let world = World::new();
    let ask = |token: &str, actor: &str| {
        let actor = [("actor_token", actor), ("actor_token_type", ACCESS_TOKEN)];
        let subject = [
            ("subject_token", token),
            ("subject_token_type", ACCESS_TOKEN),
        ];
        let answer = world.exchange("gateway", &[subject, actor].concat());
        assert_eq!(answer.status, 200, "{}", answer.text);
        text(&answer.json()["access_token"])
    };
    let own = world.own_token(&[("scope", "profile")]);
    let once = ask(&world.given(), &own);
    assert_eq!(claims(&json!(once))["act"], json!({"sub": "gateway"}));
    let again = ask(&once, &own);
    assert_eq!(claims(&json!(again))["act"], json!({"sub": "gateway"}));
}

// Rule C39: what stands for a client ends with it, in whoever's hands it is.
#[test]
fn a_token_that_stands_for_a_disabled_client_is_exchanged_no_more() {
    let world = World::new();
    let fields = [("grant_type", "client_credentials"), ("resource", MCP)];
    let basic = Some(("other", world.other.as_str()));
    let answer = world.server.form(TOKEN, basic, &fields);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let own = text(&answer.json()["access_token"]);
    let subject = |token: &str| {
        let fields = [
            ("subject_token", token),
            ("subject_token_type", ACCESS_TOKEN),
        ];
        world.exchange("gateway", &fields)
    };
    let handed_on = subject(&own);
    assert_eq!(handed_on.status, 200, "{}", handed_on.text);
    let handed_on = text(&handed_on.json()["access_token"]);
    assert_eq!(claims(&json!(handed_on))["sub"], "other");
    assert_eq!(subject(&handed_on).status, 200);
    let file = rusqlite::Connection::open(world.server.app.store.path()).unwrap();
    let sql = "UPDATE clients SET disabled = 1 WHERE client_id = 'other'";
    assert_eq!(file.execute(sql, []).unwrap(), 1);
    world.server.app.refresh_directory().unwrap();
    let refused = subject(&handed_on);
    assert_eq!(refused.refusal(), (400, "invalid_request".into()));
}

// RFC 8693 §4.4: may_act counts as long as the registration says so, whatever the token says.
#[test]
fn whoever_is_no_longer_named_in_may_act_stops_at_once() {
    let world = World::new();
    let tokens = world.tokens("naming", "u-ola", "openid mcp:tools", &[]);
    let subject = text(&tokens["access_token"]);
    let fields = [
        ("subject_token", subject.as_str()),
        ("subject_token_type", ACCESS_TOKEN),
    ];
    let answer = world.exchange("other", &fields);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let derived = format!("Bearer {}", text(&answer.json()["access_token"]));
    let userinfo = |bearer: &str| {
        let headers = [("authorization", bearer)];
        world.server.get("/api/v1/oauth/userinfo", &headers).status
    };
    assert_eq!(userinfo(&derived), 200);
    change(&world.server, |tx, by| {
        let input = ClientInput {
            unset: vec!["may_act".into()],
            ..ClientInput::default()
        };
        keyfob::admin::object::update::<keyfob::domain::client::Client>(
            tx,
            by,
            "naming",
            input.check(None)?,
        )
    });
    assert_eq!(userinfo(&derived), 401);
    assert_eq!(userinfo(&format!("Bearer {subject}")), 200);
    let refused = world.exchange("other", &fields).refusal();
    assert_eq!(refused, (400, "invalid_request".into()));
}

// RFC 8693 §5: what a client got as the API ends when it is the API no more.
#[test]
fn a_client_that_is_no_longer_the_api_loses_what_it_got_as_that() {
    type Lose = fn(&World);
    let ways: [(&str, Lose); 2] = [
        ("another client", |world| {
            change(&world.server, |tx, by| {
                let input = ResourceInput {
                    client_id: Some("other".into()),
                    ..ResourceInput::default()
                };
                keyfob::admin::object::update::<keyfob::domain::resource::Resource>(
                    tx,
                    by,
                    MCP,
                    input.check()?,
                )
            });
        }),
        ("the API is deleted", |world| {
            change(&world.server, |tx, by| {
                keyfob::admin::deletion::delete::<keyfob::domain::resource::Resource>(tx, by, MCP)
            });
        }),
    ];
    for (way, lose) in ways {
        let world = World::new();
        let given = world.given();
        let fields = [
            ("subject_token", given.as_str()),
            ("subject_token_type", ACCESS_TOKEN),
            ("resource", NOTES),
            ("scope", "notes:read"),
        ];
        let answer = world.exchange("gateway", &fields);
        assert_eq!(answer.status, 200, "{way}: {}", answer.text);
        let derived = answer.json()["access_token"].clone();
        assert!(world.is_active(&derived), "{way}");
        lose(&world);
        assert!(!world.is_active(&derived), "{way}");
        assert_eq!(world.exchange("gateway", &fields).status, 400, "{way}");
    }
}
