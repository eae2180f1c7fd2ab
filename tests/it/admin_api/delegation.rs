//! The delegation policy in the admin API.

use keyfob::domain::{
    name::TeamId,
    team::{Membership, Role},
};
use serde_json::{Value, json};

use super::Console;

/// A team with an administrator and a member; a service for anybody and one for the team `other`.
fn ready() -> Console {
    let console = Console::start();
    for id in ["acme", "other"] {
        let made = console.post("/teams", &json!({"id": id, "name": id}));
        assert_eq!(made.status, 201);
    }
    let within = |role| Membership {
        team_id: TeamId::trusted("acme"),
        role,
    };
    let server = &console.server;
    server.user("u-ola", |user| user.teams = vec![within(Role::Member)]);
    server.user("u-lead", |user| user.teams = vec![within(Role::Admin)]);
    server.user("u-safe", |user| user.allow_delegation = false);
    server.user("u-off", |user| user.disabled = true);
    server.client(
        "web",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": ["https://app.example/cb"], "scope": "openid keyfob:delegate"}),
    );
    let service = json!({"grant_types": ["client_credentials"], "scope": "openid profile keyfob:delegate keyfob:principal",
                         "token_endpoint_auth_method": "client_secret_basic"});
    server.client("service", service.clone());
    let mut held = service.clone();
    held["delegation_teams"] = json!(["other"]);
    server.client("held", held);
    let mut plain = service;
    plain["scope"] = json!("openid");
    server.client("plain", plain);
    console
}

#[test]
fn the_policy_lists_the_clients_that_delegate_and_how_far() {
    let console = ready();
    let clients = console.get("/delegation/policy").json()["clients"].clone();
    let found: Vec<_> = clients
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["client_id"].as_str().unwrap(),
                one["by_itself"].as_bool().unwrap(),
                one["through_it"].as_bool().unwrap(),
                one["delegation_teams"].clone(),
                one["scope"].as_str().unwrap(),
                one["may_go_back"].as_bool().unwrap(),
            )
        })
        .collect();
    assert!(found.contains(&(
        "held",
        true,
        false,
        json!(["other"]),
        "openid profile",
        true
    )));
    assert!(found.contains(&("service", true, false, Value::Null, "openid profile", true)));
    assert!(found.contains(&("web", false, true, Value::Null, "openid", false)));
    assert!(found.iter().all(|one| one.0 != "plain"));
}

#[test]
fn the_simulator_answers_as_the_endpoint_does_with_the_reason() {
    let console = ready();
    let of = |user: &str| {
        let answer = console.get(&format!("/delegation/policy/{user}"));
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["answers"].as_array().unwrap().clone()
    };
    let ola = of("u-ola");
    let rows = [
        ("service", Value::Null, true),
        ("service", json!("acme"), true),
        ("held", Value::Null, false),
        ("held", json!("acme"), false),
        ("root", Value::Null, true),
        ("u-lead", Value::Null, false),
        ("u-lead", json!("acme"), true),
        ("u-ola", Value::Null, true),
    ];
    for (actor, team, allowed) in rows {
        let found = ola
            .iter()
            .find(|one| one["actor"] == actor && one["team_id"] == team)
            .unwrap_or_else(|| panic!("{actor} {team}"));
        assert_eq!(found["allowed"], allowed, "{found}");
        assert!(!found["reason"].as_str().unwrap().is_empty());
    }
    let refused = |user: &str, actor: &str| {
        let all = of(user).into_iter();
        let mut of_actor = all.filter(|one| one["actor"] == actor);
        of_actor.next().unwrap()["reason"].clone()
    };
    assert_eq!(
        refused("u-safe", "service"),
        "This user does not allow delegation."
    );
    assert_eq!(
        refused("root", "service"),
        "Only an administrator can act for an administrator."
    );
    assert_eq!(console.get("/delegation/policy/u-off").problem().0, 409);
    assert_eq!(console.get("/delegation/policy/nobody").problem().0, 404);
}
