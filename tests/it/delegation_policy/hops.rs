//! Delegation in several hops: nobody leaves their limits by acting for somebody with wider ones (RFC 8693 §4.1).

use keyfob::{
    admin::{
        By,
        tokens::{self, MintInput},
    },
    domain::scope::ScopeSet,
    oauth::issue,
};

use super::*;

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// [`ready`], and a member of one team who administers another; and that one's members.
fn two_teams() -> Server {
    let server = ready();
    let in_team = |id: &str, role| Membership {
        team_id: TeamId::trusted(id),
        role,
    };
    server.user("u-mia", |user| {
        user.teams = vec![in_team("acme", Role::Member), in_team("other", Role::Admin)];
    });
    server
}

fn with_power(sub: &str, team_id: Option<&str>) -> Value {
    json!({"sub": sub, "team_id": team_id, "scopes": ["openid", "keyfob:delegate", "keyfob:principal"]})
}

/// A token that an operator made, limited to a team.
fn limited_to(server: &Server, sub: &str, team_id: &str) -> Value {
    let input = MintInput {
        client_id: "web".into(),
        user: Some(sub.into()),
        scope: Some(ScopeSet::parse("openid keyfob:delegate keyfob:principal").unwrap()),
        team_id: Some(TeamId::trusted(team_id)),
        resources: Vec::new(),
        lifetime: None,
    };
    let app = server.app.clone();
    let store = &server.app.store;
    let minted = store
        .write_blocking(move |tx| tokens::mint(&app, tx, &By::command_line(), &input))
        .unwrap();
    json!(
        issue::sign_access_token(&server.app.directory, server.app.now(), &minted)
            .unwrap()
            .expose()
    )
}

#[test]
fn a_second_hop_stays_within_the_limits_of_the_first() {
    let server = two_teams();
    let denied = (403, "access_denied");
    // Who begins; for whom first, in which team; for whom then, in which team.
    let rows = [
        // The client's delegation_teams hold whoever's power is used.
        (
            "acme-service",
            ("u-mia", None),
            ("u-kari", Some("other")),
            Err(denied),
        ),
        (
            "acme-service",
            ("u-mia", None),
            ("u-both", Some("other")),
            Err(denied),
        ),
        (
            "acme-service",
            ("u-mia", None),
            ("u-mia", Some("other")),
            Err(denied),
        ),
        (
            "acme-service",
            ("u-lead", None),
            ("u-ola", Some("acme")),
            Ok(Some("acme")),
        ),
        // Every actor is checked: one who administers acme only gets nowhere else through a member.
        (
            "u-lead",
            ("u-mia", Some("acme")),
            ("u-kari", Some("other")),
            Err(denied),
        ),
        // A token with team_id acts in that team only, and what it yields names that team, too.
        (
            "service",
            ("u-mia", Some("acme")),
            ("u-mia", Some("other")),
            Err(denied),
        ),
        (
            "service",
            ("u-mia", Some("acme")),
            ("u-mia", None),
            Ok(Some("acme")),
        ),
        (
            "service",
            ("u-mia", Some("acme")),
            ("u-kari", None),
            Err((400, "invalid_request")),
        ),
        // Nobody is limited where nobody has a limit.
        (
            "service",
            ("u-mia", None),
            ("u-kari", Some("other")),
            Ok(Some("other")),
        ),
        (
            "u-root",
            ("u-mia", None),
            ("u-kari", Some("other")),
            Ok(Some("other")),
        ),
    ];
    for (who, (first, in_team), (second, named), expected) in rows {
        let case = format!("{who} for {first} in {in_team:?}, then for {second} in {named:?}");
        let mut body = with_power(first, in_team);
        if !who.starts_with("u-") {
            body["scopes"] = json!(["openid", "keyfob:delegate"]);
        }
        let hop = delegated(&server, &token_of(&server, who), &body);
        let answer = delegate(&server, &hop, &json!({"sub": second, "team_id": named}));
        match expected {
            Ok(team_id) => {
                assert_eq!(answer.status, 200, "{case}: {}", answer.text);
                let said = claims(&answer.json()["access_token"]);
                assert_eq!(
                    said.get("team_id"),
                    team_id.map(|id| json!(id)).as_ref(),
                    "{case}"
                );
            }
            Err((status, error)) => {
                assert_eq!(answer.refusal(), (status, error.to_owned()), "{case}");
            }
        }
    }
}

#[test]
fn whoever_acts_through_a_client_with_delegation_teams_stays_within_them() {
    let server = two_teams();
    server.client(
        "web",
        json!({"grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none",
               "redirect_uris": ["https://app.example/cb"], "delegation_teams": ["acme", "closed"],
               "scope": "openid profile email offline_access keyfob:delegate"}),
    );
    let in_closed = Membership {
        team_id: TeamId::trusted("closed"),
        role: Role::Member,
    };
    server.user("u-closed", |user| user.teams = vec![in_closed]);
    let root = token_of(&server, "u-root");
    for (sub, status) in [("u-ola", 200), ("u-kari", 403), ("u-closed", 403)] {
        let answer = delegate(&server, &root, &json!({ "sub": sub }));
        assert_eq!(answer.status, status, "{sub}: {}", answer.text);
    }
}

#[test]
fn the_way_back_does_not_lead_out_of_a_team() {
    let server = two_teams();
    let first = limited_to(&server, "u-lead", "acme");
    let refused = delegate(&server, &first, &with_power("u-both", Some("other")));
    assert_eq!(refused.refusal(), (403, "access_denied".into()));
    let acting = delegated(&server, &first, &with_power("u-ola", None));
    assert_eq!(claims(&acting)["team_id"], "acme");
    let back = get(&server, PRINCIPAL, &acting).json()["access_token"].clone();
    assert_eq!(claims(&back)["sub"], "u-lead");
    assert_eq!(claims(&back)["team_id"], "acme");
}

// RFC 8693 §2.1: the same for the standard's form.
#[test]
fn an_exchange_has_the_same_limits() {
    let server = two_teams();
    let secret = server.client(
        "bot",
        json!({"grant_types": ["client_credentials", "authorization_code", EXCHANGE],
               "token_endpoint_auth_method": "client_secret_basic", "redirect_uris": ["https://app.example/cb"],
               "delegation_teams": ["acme"], "scope": "openid profile keyfob:delegate"}),
    );
    let basic = Some(("bot", secret.as_str()));
    let signed_in = |sub: &str| {
        let code = server.code("bot", sub, "openid profile keyfob:delegate");
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("code_verifier", VERIFIER),
        ];
        let answer = server.form(TOKEN, basic, &fields);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };
    let own = [
        ("grant_type", "client_credentials"),
        ("scope", "openid keyfob:delegate"),
    ];
    let own = server.form(TOKEN, basic, &own).json()["access_token"].clone();
    let exchange = |subject: &Value, kind: &str, actor: &Value| {
        let kind = format!("urn:ietf:params:oauth:token-type:{kind}");
        let fields = [
            ("grant_type", EXCHANGE),
            ("subject_token", subject.as_str().unwrap()),
            ("subject_token_type", kind.as_str()),
            ("actor_token", actor.as_str().unwrap()),
            (
                "actor_token_type",
                "urn:ietf:params:oauth:token-type:access_token",
            ),
        ];
        server.form(TOKEN, basic, &fields)
    };
    let mia = delegated(
        &server,
        &own,
        &json!({"sub": "u-mia", "team_id": "acme",
        "scopes": ["openid", "keyfob:delegate"]}),
    );
    let root = signed_in("u-root")["access_token"].clone();
    for (who, actor, sub, team_id) in [
        ("the client itself", &own, "u-ola", Some(None)),
        ("the client itself", &own, "u-kari", None),
        ("an administrator through it", &root, "u-ola", Some(None)),
        ("an administrator through it", &root, "u-kari", None),
        ("in a team", &mia, "u-both", Some(Some("acme"))),
        ("in a team", &mia, "u-kari", None),
    ] {
        for kind in ["access_token", "id_token"] {
            // Who acts without a role needs a token of the subject; it limits no less.
            if kind == "id_token" && who == "in a team" {
                continue;
            }
            let answer = exchange(&signed_in(sub)[kind], kind, actor);
            let case = format!("{who} for {sub} by {kind}: {}", answer.text);
            match team_id {
                Some(team_id) => {
                    assert_eq!(answer.status, 200, "{case}");
                    let said = claims(&answer.json()["access_token"]);
                    assert_eq!(
                        said.get("team_id"),
                        team_id.map(|id| json!(id)).as_ref(),
                        "{case}"
                    );
                }
                None => assert_eq!(answer.refusal(), (400, "invalid_request".into()), "{case}"),
            }
        }
    }
}
