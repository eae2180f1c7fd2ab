//! Who may act for whom, how far, and for how long: `/delegated-token` and
//! `/principal-token`.

mod hops;

use keyfob::domain::{
    name::TeamId,
    team::{Membership, Role, Team},
    time::Lifetime,
};
use serde_json::{Value, json};

use crate::support::{Answer, START, Server, VERIFIER, claims};

const TOKEN: &str = "/api/v1/oauth/token";
const DELEGATED: &str = "/api/v1/oauth/delegated-token";
const PRINCIPAL: &str = "/api/v1/oauth/principal-token";
const USERINFO: &str = "/api/v1/oauth/userinfo";

/// Two teams and a disabled one; administrators, a team's administrator, members, one who is not to be
/// acted for, one who is disabled; a client for anybody and one for the members of a team.
fn ready() -> Server {
    let server = Server::start();
    let team = |id: &str, disabled| Team {
        id: TeamId::trusted(id),
        name: id.to_owned(),
        disabled,
        managed_by: None,
        created_at: START,
    };
    server.put(team("acme", false));
    server.put(team("other", false));
    server.put(team("closed", true));
    let member = |id: &str| Membership {
        team_id: TeamId::trusted(id),
        role: Role::Member,
    };
    let admin_of = |id: &str| Membership {
        role: Role::Admin,
        ..member(id)
    };
    server.user("u-root", |user| user.admin = true);
    server.user("u-root2", |user| {
        user.admin = true;
        user.teams = vec![member("acme")];
    });
    server.user("u-lead", |user| {
        user.teams = vec![admin_of("acme"), member("other"), admin_of("closed")];
    });
    server.user("u-ola", |user| {
        user.teams = vec![member("acme"), member("closed")];
    });
    server.user("u-kari", |user| user.teams = vec![member("other")]);
    server.user("u-both", |user| {
        user.teams = vec![member("acme"), member("other")];
    });
    server.user("u-safe", |user| {
        user.allow_delegation = false;
        user.teams = vec![member("acme")];
    });
    server.user("u-off", |user| user.disabled = true);
    let confidential = |scope: &str| {
        json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic",
               "scope": scope})
    };
    server.public_client(
        "web",
        "openid profile email offline_access keyfob:delegate keyfob:principal",
    );
    let mut for_acme = confidential("openid profile keyfob:delegate");
    for_acme["delegation_teams"] = json!(["acme"]);
    for (id, metadata) in [
        (
            "service",
            confidential("openid profile email keyfob:delegate"),
        ),
        ("acme-service", for_acme),
        ("plain-service", confidential("openid profile email")),
    ] {
        server.client(id, metadata);
    }
    server
}

/// An access token of a client itself, or of a user at the client `web`.
fn token_of(server: &Server, who: &str) -> Value {
    let answer = if who.starts_with("u-") {
        let code = server.code(
            "web",
            who,
            "openid profile email offline_access keyfob:delegate",
        );
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", "web"),
            ("code", code.as_str()),
            ("code_verifier", VERIFIER),
        ];
        server.form(TOKEN, None, &fields)
    } else {
        let secret = server.secret_of(who);
        let fields = [("grant_type", "client_credentials")];
        server.form(TOKEN, Some((who, &secret)), &fields)
    };
    assert_eq!(answer.status, 200, "{who}: {}", answer.text);
    answer.json()["access_token"].clone()
}

fn bearer(token: &Value) -> String {
    format!("Bearer {}", token.as_str().unwrap())
}

fn delegate(server: &Server, token: &Value, body: &Value) -> Answer {
    server.json(DELEGATED, &[("authorization", &bearer(token))], body)
}

fn delegated(server: &Server, token: &Value, body: &Value) -> Value {
    let answer = delegate(server, token, body);
    assert_eq!(answer.status, 200, "{body}: {}", answer.text);
    answer.json()["access_token"].clone()
}

fn get(server: &Server, path: &str, token: &Value) -> Answer {
    server.get(path, &[("authorization", &bearer(token))])
}

#[test]
fn the_policy_says_who_may_act_for_whom() {
    let server = ready();
    let allowed = (200, "");
    let denied = (403, "access_denied");
    let invalid = (400, "invalid_request");
    let rows = [
        // A client: any enabled user.
        ("service", json!({"sub": "u-ola"}), allowed),
        ("service", json!({"sub": "u-kari"}), allowed),
        (
            "service",
            json!({"sub": "u-ola", "team_id": "acme"}),
            allowed,
        ),
        ("service", json!({"sub": "u-root"}), denied),
        (
            "service",
            json!({"sub": "u-root2", "team_id": "acme"}),
            denied,
        ),
        ("service", json!({"sub": "u-safe"}), denied),
        // A client with delegation_teams: their members only.
        ("acme-service", json!({"sub": "u-ola"}), allowed),
        (
            "acme-service",
            json!({"sub": "u-ola", "team_id": "acme"}),
            allowed,
        ),
        ("acme-service", json!({"sub": "u-both"}), allowed),
        ("acme-service", json!({"sub": "u-kari"}), denied),
        (
            "acme-service",
            json!({"sub": "u-both", "team_id": "other"}),
            denied,
        ),
        (
            "acme-service",
            json!({"sub": "u-root2", "team_id": "acme"}),
            denied,
        ),
        ("acme-service", json!({"sub": "u-safe"}), denied),
        // A user: itself always.
        ("u-ola", json!({"sub": "u-ola"}), allowed),
        ("u-ola", json!({"sub": "u-ola", "team_id": "acme"}), allowed),
        ("u-safe", json!({"sub": "u-safe"}), allowed),
        ("u-root", json!({"sub": "u-root"}), allowed),
        // Members of a team it administers, when team_id names that team.
        (
            "u-lead",
            json!({"sub": "u-ola", "team_id": "acme"}),
            allowed,
        ),
        ("u-lead", json!({"sub": "u-ola"}), denied),
        (
            "u-lead",
            json!({"sub": "u-kari", "team_id": "other"}),
            denied,
        ),
        (
            "u-lead",
            json!({"sub": "u-both", "team_id": "other"}),
            denied,
        ),
        (
            "u-lead",
            json!({"sub": "u-safe", "team_id": "acme"}),
            denied,
        ),
        (
            "u-lead",
            json!({"sub": "u-root2", "team_id": "acme"}),
            denied,
        ),
        ("u-ola", json!({"sub": "u-lead", "team_id": "acme"}), denied),
        ("u-ola", json!({"sub": "u-kari"}), denied),
        ("u-ola", json!({"sub": "u-root"}), denied),
        // Anyone, if it is a server administrator.
        ("u-root", json!({"sub": "u-kari"}), allowed),
        ("u-root", json!({"sub": "u-root2"}), allowed),
        ("u-root", json!({"sub": "u-safe"}), denied),
        // Unknown or disabled, user or team, or not a member: whoever asks.
        ("service", json!({"sub": "u-nobody"}), invalid),
        ("service", json!({"sub": "service"}), invalid),
        ("service", json!({"sub": "u-off"}), invalid),
        ("u-root", json!({"sub": "u-off"}), invalid),
        (
            "service",
            json!({"sub": "u-ola", "team_id": "nowhere"}),
            invalid,
        ),
        (
            "service",
            json!({"sub": "u-ola", "team_id": "closed"}),
            invalid,
        ),
        (
            "service",
            json!({"sub": "u-kari", "team_id": "acme"}),
            invalid,
        ),
        (
            "u-lead",
            json!({"sub": "u-kari", "team_id": "acme"}),
            invalid,
        ),
        (
            "u-lead",
            json!({"sub": "u-ola", "team_id": "closed"}),
            invalid,
        ),
        (
            "u-ola",
            json!({"sub": "u-ola", "team_id": "other"}),
            invalid,
        ),
        // Without keyfob:delegate nobody for nobody.
        (
            "plain-service",
            json!({"sub": "u-ola"}),
            (403, "insufficient_scope"),
        ),
    ];
    for (who, body, (status, error)) in rows {
        let answer = delegate(&server, &token_of(&server, who), &body);
        assert_eq!(answer.status, status, "{who} {body}: {}", answer.text);
        if status == 200 {
            let said = claims(&answer.json()["access_token"]);
            assert_eq!(said["sub"], body["sub"], "{who} {body}");
            assert_eq!(said["act"], json!({"sub": who}), "{who} {body}");
            assert_eq!(said.get("team_id"), body.get("team_id"), "{who} {body}");
            let client = if who.starts_with("u-") { "web" } else { who };
            assert_eq!(said["client_id"], client, "{who} {body}");
        } else {
            assert_eq!(answer.json()["error"], error, "{who} {body}");
            assert_eq!(answer.json()["detail"], answer.json()["error_description"]);
        }
    }
}

#[test]
fn what_is_delegated_is_never_wider_than_its_caller() {
    let server = ready();
    let service = token_of(&server, "service");
    let user = token_of(&server, "u-ola");
    let rows = [
        (&service, json!(null), Ok(Some("openid profile email"))),
        (
            &service,
            json!(["email", "openid"]),
            Ok(Some("email openid")),
        ),
        (&service, json!(["openid", "openid"]), Ok(Some("openid"))),
        (&service, json!([]), Ok(None)),
        (
            &service,
            json!(["openid", "keyfob:delegate"]),
            Ok(Some("openid keyfob:delegate")),
        ),
        (
            &service,
            json!(["openid", "keyfob:principal"]),
            Ok(Some("openid keyfob:principal")),
        ),
        (&service, json!(["phone"]), Err("invalid_scope")),
        (
            &service,
            json!(["openid", "keyfob:admin"]),
            Err("invalid_scope"),
        ),
        (&user, json!(null), Ok(Some("openid profile email"))),
        (&user, json!(["address"]), Err("invalid_scope")),
    ];
    for (caller, scopes, expected) in rows {
        let answer = delegate(&server, caller, &json!({"sub": "u-ola", "scopes": scopes}));
        match expected {
            Ok(scope) => {
                assert_eq!(answer.status, 200, "{scopes}: {}", answer.text);
                let body = answer.json();
                assert_eq!(body["scope"], json!(scope), "{scopes}");
                assert_eq!(
                    claims(&body["access_token"])["scope"],
                    json!(scope.unwrap_or_default()),
                    "{scopes}"
                );
                assert_eq!(body["refresh_token"], json!(null));
                assert_eq!(body["id_token"], json!(null));
                assert_eq!(body.as_object().unwrap().len(), 6);
            }
            Err(error) => assert_eq!(answer.refusal(), (400, error.to_owned()), "{scopes}"),
        }
    }
    // A scope that is not registered at all is named by its place.
    let body = json!({"sub": "u-ola", "scopes": ["openid", "(empty)", "email", 7]});
    let answer = delegate(&server, &service, &body);
    assert_eq!(answer.status, 422);
    let found: Vec<_> = answer.json()["detail"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["loc"].clone(), error["type"].clone()))
        .collect();
    assert_eq!(
        found,
        [
            (json!(["body", "scopes", 1]), json!("enum")),
            (json!(["body", "scopes", 3]), json!("enum"))
        ]
    );
    // A token that says what its client may not have any more is worth nothing.
    server.client(
        "service",
        json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic",
               "scope": "openid keyfob:delegate"}),
    );
    let refused = delegate(&server, &service, &json!({"sub": "u-ola"}));
    assert_eq!(refused.refusal(), (401, "invalid_token".into()));
    let service = token_of(&server, "service");
    let narrowed = delegate(&server, &service, &json!({"sub": "u-ola"}));
    assert_eq!(narrowed.json()["scope"], "openid");
}

#[test]
fn it_never_outlives_its_caller_and_ends_with_it() {
    let server = ready();
    for who in ["service", "u-ola"] {
        let caller = token_of(&server, who);
        server.clock.advance(Lifetime::minutes(20));
        let body =
            json!({"sub": "u-ola", "scopes": ["openid", "keyfob:delegate", "keyfob:principal"]});
        let child = delegated(&server, &caller, &body);
        assert_eq!(claims(&child)["exp"], claims(&caller)["exp"], "{who}");
        let grandchild = delegated(&server, &child, &body);
        let back = get(&server, PRINCIPAL, &grandchild).json()["access_token"].clone();
        assert_eq!(claims(&back)["exp"], claims(&caller)["exp"], "{who}");
        assert_eq!(get(&server, USERINFO, &grandchild).status, 200, "{who}");
        let client = claims(&caller)["client_id"].as_str().unwrap().to_owned();
        let secret = server.secret_of(&client);
        let basic = Some((client.as_str(), secret.as_str())).filter(|_| client != "web");
        let fields = [
            ("client_id", client.as_str()),
            ("token", caller.as_str().unwrap()),
        ];
        assert_eq!(
            server.form("/api/v1/oauth/revoke", basic, &fields).status,
            200
        );
        for (name, token) in [
            ("child", &child),
            ("grandchild", &grandchild),
            ("back", &back),
        ] {
            let refused = get(&server, USERINFO, token).refusal();
            assert_eq!(refused, (401, "invalid_token".into()), "{who} {name}");
        }
        // Nothing more can be made with any of them.
        let refused = delegate(&server, &caller, &body).refusal();
        assert_eq!(refused, (401, "invalid_token".into()), "{who}");
    }
}

#[test]
fn it_ends_with_the_grant_the_session_the_user_and_the_client_of_its_caller() {
    let server = ready();
    let code = server.code("web", "u-lead", "openid offline_access keyfob:delegate");
    let redeem = || {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", "web"),
            ("code", code.as_str()),
            ("code_verifier", VERIFIER),
        ];
        server.form(TOKEN, None, &fields)
    };
    let caller = redeem().json()["access_token"].clone();
    let child = delegated(
        &server,
        &caller,
        &json!({"sub": "u-ola", "team_id": "acme"}),
    );
    assert_eq!(get(&server, USERINFO, &child).status, 200);
    // The code is sent again: all that came of it ends (RFC 6749 §4.1.2).
    assert_eq!(redeem().status, 400);
    assert_eq!(get(&server, USERINFO, &child).status, 401);
    // The subject is disabled: nobody acts for it any more.
    let child = delegated(
        &server,
        &token_of(&server, "service"),
        &json!({"sub": "u-kari"}),
    );
    server.user("u-kari", |user| user.disabled = true);
    assert_eq!(get(&server, USERINFO, &child).status, 401);
    // The one who acts is disabled: it acts for nobody any more.
    let caller = token_of(&server, "u-lead");
    server.user("u-lead", |user| user.disabled = true);
    let refused = delegate(
        &server,
        &caller,
        &json!({"sub": "u-ola", "team_id": "acme"}),
    );
    assert_eq!(refused.status, 403, "{}", refused.text);
}

// RFC 8693 §4.1
#[test]
fn a_party_that_acts_for_another_nests_its_own_act() {
    let server = ready();
    let scopes = json!(["openid", "keyfob:delegate"]);
    let first = delegated(
        &server,
        &token_of(&server, "service"),
        &json!({"sub": "u-lead", "scopes": scopes}),
    );
    let second = delegated(
        &server,
        &first,
        &json!({"sub": "u-ola", "team_id": "acme", "scopes": scopes}),
    );
    assert_eq!(
        claims(&second)["act"],
        json!({"sub": "u-lead", "act": {"sub": "service"}})
    );
    assert_eq!(claims(&second)["client_id"], "service");
    // What counts is whom it acts for: as the team's administrator, for nobody outside of it.
    let refused = delegate(
        &server,
        &first,
        &json!({"sub": "u-kari", "team_id": "other"}),
    );
    assert_eq!(refused.refusal(), (403, "access_denied".into()));
    let mut chain = second;
    for _ in 3..=8 {
        chain = delegated(&server, &chain, &json!({"sub": "u-ola", "scopes": scopes}));
    }
    let refused = delegate(&server, &chain, &json!({"sub": "u-ola", "scopes": scopes}));
    assert_eq!(refused.refusal(), (403, "access_denied".into()));
}

#[test]
fn an_ordinary_token_yields_another_for_the_same_principal() {
    let server = ready();
    for who in ["service", "u-ola"] {
        let caller = token_of(&server, who);
        server.clock.advance(Lifetime::minutes(10));
        let answer = get(&server, PRINCIPAL, &caller);
        assert_eq!(answer.status, 200, "{who}: {}", answer.text);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let (before, after) = (claims(&caller), claims(&answer.json()["access_token"]));
        for name in ["sub", "client_id", "scope", "exp", "aud"] {
            assert_eq!(before[name], after[name], "{who} {name}");
        }
        assert_ne!(before["jti"], after["jti"]);
        assert_eq!(after.get("act"), None);
        assert_eq!(answer.json()["expires_in"], 3000);
    }
}

#[test]
fn the_way_back_is_open_only_to_a_token_that_was_given_it_by_name() {
    let server = ready();
    let caller = token_of(&server, "service");
    let ask = |scopes: Value| {
        delegated(
            &server,
            &caller,
            &json!({"sub": "u-lead", "scopes": scopes}),
        )
    };
    for scopes in [json!(null), json!(["openid", "keyfob:delegate"])] {
        let refused = get(&server, PRINCIPAL, &ask(scopes));
        assert_eq!(refused.refusal(), (403, "insufficient_scope".into()));
        let challenge = refused.header("www-authenticate").unwrap();
        assert!(
            challenge.contains(r#"scope="keyfob:principal""#),
            "{challenge}"
        );
    }
    let way_back = ask(json!(["openid", "keyfob:principal"]));
    let back = get(&server, PRINCIPAL, &way_back).json()["access_token"].clone();
    let said = claims(&back);
    assert_eq!(said["sub"], "service");
    assert_eq!(said["scope"], "openid");
    assert_eq!(said.get("act"), None);
    assert_eq!(said["exp"], claims(&way_back)["exp"]);
    // From the end of a chain it leads to the party that delegated first.
    let all = json!(["openid", "keyfob:delegate", "keyfob:principal"]);
    let first = ask(all.clone());
    let second = delegated(
        &server,
        &first,
        &json!({"sub": "u-ola", "team_id": "acme", "scopes": all}),
    );
    let back = get(&server, PRINCIPAL, &second).json();
    assert_eq!(claims(&back["access_token"])["sub"], "service");
    assert_eq!(back["scope"], "openid keyfob:delegate");
}

// Whoever was not given the way back cannot give it to itself by acting for somebody once more.
#[test]
fn a_party_that_acts_for_another_cannot_make_itself_a_way_back() {
    let server = ready();
    let without = delegated(
        &server,
        &token_of(&server, "service"),
        &json!({"sub": "u-ola", "scopes": ["openid", "keyfob:delegate"]}),
    );
    let body = json!({"sub": "u-ola", "scopes": ["openid", "keyfob:principal"]});
    let refused = delegate(&server, &without, &body);
    assert_eq!(refused.refusal(), (400, "invalid_scope".into()));
}

#[test]
fn every_delegation_and_every_refusal_is_in_the_audit_log() {
    let server = ready();
    let caller = token_of(&server, "service");
    delegated(&server, &caller, &json!({"sub": "u-ola"}));
    assert_eq!(
        delegate(&server, &caller, &json!({"sub": "u-root"})).status,
        403
    );
    assert_eq!(get(&server, PRINCIPAL, &caller).status, 200);
    let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
    let mut query = file
        .prepare(
            "SELECT event, outcome, actor, subject, client_id, address, reason FROM audit_events
             WHERE event LIKE 'delegated_token.%' OR event LIKE 'principal_token.%' ORDER BY id",
        )
        .unwrap();
    let found: Vec<[Option<String>; 7]> = query
        .query_map([], |row| {
            Ok(std::array::from_fn(|i| {
                row.get::<_, Option<String>>(i).unwrap()
            }))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let found: Vec<_> = found
        .iter()
        .map(|row| row.each_ref().map(|text| text.as_deref().unwrap_or("-")))
        .collect();
    let here = "127.0.0.1";
    let why = "access_denied: Only an administrator can act for an administrator.";
    assert_eq!(
        found,
        [
            [
                "delegated_token.issued",
                "ok",
                "service",
                "u-ola",
                "service",
                here,
                "-"
            ],
            [
                "delegated_token.denied",
                "failed",
                "service",
                "u-root",
                "service",
                here,
                why
            ],
            [
                "principal_token.issued",
                "ok",
                "service",
                "service",
                "service",
                here,
                "-"
            ],
        ]
    );
}
