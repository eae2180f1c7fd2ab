//! A delegated token ends with the policy that allowed it, at the moment of the change.

use keyfob::domain::{
    name::TeamId,
    team::{Membership, Role},
};
use serde_json::{Value, json};

use super::Console;
use crate::support::{Answer, VERIFIER, claims};

const OAUTH: &str = "/api/v1/oauth";

/// Two teams; una administers the first, ted and tom are its members; root administers everything.
fn console() -> Console {
    let console = Console::start();
    for id in ["tt", "uu"] {
        assert_eq!(console.post("/teams", &json!({ "id": id })).status, 201);
    }
    let place = |id: &str, role| Membership {
        team_id: TeamId::trusted(id),
        role,
    };
    let server = &console.server;
    server.user("una", |user| user.teams = vec![place("tt", Role::Admin)]);
    for sub in ["ted", "tom"] {
        server.user(sub, |user| {
            user.teams = vec![place("tt", Role::Member), place("uu", Role::Member)];
        });
    }
    server.user("boss", |user| user.admin = true);
    server.user("outsider", |_| {});
    server.client(
        "hand",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": ["https://app.example/cb"], "scope": "openid email keyfob:delegate"}),
    );
    for (client_id, teams) in [("bot", json!(null)), ("bot-tt", json!(["tt"]))] {
        server.client(
            client_id,
            json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic",
                   "delegation_teams": teams, "scope": "openid email keyfob:delegate"}),
        );
    }
    console
}

/// An access token of a client itself, or of a user at the client `hand`.
fn token_of(console: &Console, who: &str) -> String {
    let path = format!("{OAUTH}/token");
    let answer = if who.starts_with("bot") {
        let secret = console.server.secret_of(who);
        let fields = [("grant_type", "client_credentials")];
        console.server.form(&path, Some((who, &secret)), &fields)
    } else {
        let code = console
            .server
            .code("hand", who, "openid email keyfob:delegate");
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", "hand"),
            ("code", code.as_str()),
            ("code_verifier", VERIFIER),
        ];
        console.server.form(&path, None, &fields)
    };
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

fn delegate(console: &Console, caller: &str, sub: &str, team_id: Option<&str>) -> Answer {
    let body = json!({"sub": sub, "team_id": team_id, "scopes": ["openid", "keyfob:delegate"]});
    let authorization = format!("Bearer {caller}");
    let headers = [("authorization", authorization.as_str())];
    console
        .server
        .json(&format!("{OAUTH}/delegated-token"), &headers, &body)
}

fn delegated(console: &Console, caller: &str, sub: &str, team_id: Option<&str>) -> String {
    let answer = delegate(console, caller, sub, team_id);
    assert_eq!(answer.status, 200, "{sub}: {}", answer.text);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// Whether every place agrees that the token is active, or that it is not.
fn is_active(console: &Console, token: &str) -> bool {
    let authorization = format!("Bearer {token}");
    let headers = [("authorization", authorization.as_str())];
    let userinfo = console
        .server
        .get(&format!("{OAUTH}/userinfo"), &headers)
        .status;
    let said = claims(&json!(token));
    let jti = said["jti"].as_str().unwrap();
    let listed = console.get(&format!("/tokens?q={jti}")).json()["items"][0]["state"].clone();
    let inspected = console
        .post("/tokens/inspect", &json!({ "token": token }))
        .json();
    let mut checks = inspected["checks"].as_array().unwrap().iter();
    let is_good = checks.all(|check| check["passed"] == true);
    let again = delegate(console, token, said["sub"].as_str().unwrap(), None).status;
    let all = (
        userinfo,
        listed.as_str().unwrap() == "revoked",
        is_good,
        again,
    );
    match all {
        (200, false, true, 200) => true,
        (401, true, false, 401) => false,
        other => panic!("they do not agree: {other:?} {inspected}"),
    }
}

type Change = fn(&Console);

fn patch(console: &Console, path: &str, body: &Value) {
    let answer = console.patch(path, body);
    assert_eq!(answer.status, 200, "{path} {body}: {}", answer.text);
}

fn delete(console: &Console, path: &str) {
    let answer = console.delete(path);
    assert_eq!(answer.status, 204, "{path}: {}", answer.text);
}

fn member(console: &Console, user: &str, role: &str) {
    let answer = console.post("/teams/tt/members", &json!({"user": user, "role": role}));
    assert_eq!(answer.status, 204, "{}", answer.text);
}

/// Reads in a file that declares these things and nothing else of them.
fn import(console: &Console, text: &str) {
    let plan = console.post("/state/plan", &json!({ "text": text })).json();
    let agreed = json!({ "text": text, "digest": plan["digest"] });
    let answer = console.post("/state/apply", &agreed);
    assert_eq!(answer.status, 200, "{plan} {}", answer.text);
}

/// Whose token, for whom, in which team; and the change with which that ends.
const ENDS: &[(&str, &str, &str, Option<&str>, Change)] = &[
    (
        "the actor loses the role",
        "una",
        "ted",
        Some("tt"),
        |console| member(console, "una", "member"),
    ),
    (
        "the actor leaves the team",
        "una",
        "ted",
        Some("tt"),
        |console| delete(console, "/teams/tt/members/una"),
    ),
    (
        "the subject leaves the team",
        "una",
        "ted",
        Some("tt"),
        |console| delete(console, "/teams/tt/members/ted"),
    ),
    (
        "the subject leaves by a patch",
        "una",
        "ted",
        Some("tt"),
        |console| {
            patch(console, "/users/ted", &json!({"teams": []}));
        },
    ),
    (
        "the subject leaves by a file",
        "una",
        "ted",
        Some("tt"),
        |console| {
            import(console, "[[user]]\nsub = \"ted\"\nusername = \"ted\"\n");
        },
    ),
    (
        "the subject leaves the only delegation team",
        "bot-tt",
        "ted",
        None,
        |console| {
            delete(console, "/teams/tt/members/ted");
        },
    ),
    (
        "the team is disabled",
        "una",
        "ted",
        Some("tt"),
        |console| {
            patch(console, "/teams/tt", &json!({"disabled": true}));
        },
    ),
    ("the team is deleted", "una", "ted", Some("tt"), |console| {
        delete(console, "/teams/tt");
    }),
    (
        "the delegation team is disabled",
        "bot-tt",
        "ted",
        None,
        |console| {
            patch(console, "/teams/tt", &json!({"disabled": true}));
        },
    ),
    (
        "the delegation team is deleted",
        "bot-tt",
        "ted",
        None,
        |console| delete(console, "/teams/tt"),
    ),
    (
        "the subject is not to be acted for",
        "bot",
        "ted",
        None,
        |console| {
            patch(console, "/users/ted", &json!({"allow_delegation": false}));
        },
    ),
    (
        "the subject becomes an administrator",
        "bot",
        "ted",
        None,
        |console| {
            patch(console, "/users/ted", &json!({"admin": true}));
        },
    ),
    (
        "the actor is no administrator any more",
        "boss",
        "outsider",
        None,
        |console| {
            patch(console, "/users/boss", &json!({"admin": false}));
        },
    ),
    (
        "the client loses keyfob:delegate",
        "una",
        "ted",
        Some("tt"),
        |console| {
            patch(console, "/clients/hand", &json!({"scope": "openid email"}));
        },
    ),
    (
        "the client is limited to other teams",
        "bot",
        "ted",
        None,
        |console| {
            patch(console, "/clients/bot", &json!({"delegation_teams": []}));
        },
    ),
    (
        "people are limited through the client",
        "boss",
        "outsider",
        None,
        |console| {
            patch(
                console,
                "/clients/hand",
                &json!({"delegation_teams": ["tt"]}),
            );
        },
    ),
];

#[test]
fn a_delegated_token_ends_with_what_allowed_it() {
    for (case, who, sub, team_id, change) in ENDS {
        let console = console();
        let caller = token_of(&console, who);
        let token = delegated(&console, &caller, sub, *team_id);
        let below = delegated(&console, &token, sub, *team_id);
        assert!(
            is_active(&console, &token) && is_active(&console, &below),
            "{case}"
        );
        change(&console);
        assert!(!is_active(&console, &token), "{case}");
        assert!(!is_active(&console, &below), "{case}: one made from it");
    }
}

#[test]
fn other_tokens_go_on() {
    let console = console();
    let una = token_of(&console, "una");
    let bot = token_of(&console, "bot");
    let others = [
        delegated(&console, &una, "tom", Some("tt")),
        delegated(&console, &bot, "ted", Some("uu")),
        delegated(&console, &bot, "ted", None),
    ];
    let ends = delegated(&console, &una, "ted", Some("tt"));
    delete(&console, "/teams/tt/members/ted");
    assert!(!is_active(&console, &ends));
    for (i, token) in others.iter().enumerate() {
        assert!(is_active(&console, token), "{i}");
    }
    // A change that takes nothing away ends nothing.
    patch(&console, "/users/ted", &json!({"given_name": "Ted"}));
    patch(&console, "/teams/uu", &json!({"name": "Umbrella"}));
    patch(&console, "/clients/bot", &json!({"client_name": "Bot"}));
    for (i, token) in others.iter().enumerate() {
        assert!(is_active(&console, token), "{i}");
    }
}

#[test]
fn it_does_not_come_back_with_the_permission() {
    let console = console();
    let token = delegated(&console, &token_of(&console, "una"), "ted", Some("tt"));
    patch(&console, "/teams/tt", &json!({"disabled": true}));
    patch(&console, "/teams/tt", &json!({"disabled": false}));
    assert!(!is_active(&console, &token));
    let token = delegated(&console, &token_of(&console, "una"), "ted", Some("tt"));
    delete(&console, "/teams/tt");
    assert_eq!(console.post("/teams/tt/restore", &json!({})).status, 200);
    assert!(!is_active(&console, &token));
}
