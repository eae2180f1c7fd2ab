//! What names a deleted object names it no more: nothing is granted by a name that means nothing.

use keyfob::{
    admin::state_file::StateFile,
    domain::{client::Client, name::TeamId, scope::ScopeSet},
};
use serde_json::{Value, json};

use super::Console;
use crate::support::{
    VERIFIER,
    browser::{Browser, authorize_path, challenge},
};

const TOKEN: &str = "/api/v1/oauth/token";
const APP: (&str, &str) = ("web", "a good secret of web");

fn create(console: &Console, path: &str, body: Value) {
    let answer = console.post(path, &body);
    assert_eq!(answer.status, 201, "{path}: {}", answer.text);
}

fn filled() -> Console {
    let console = Console::start();
    create(&console, "/scopes", json!({"name": "notes:read"}));
    create(&console, "/scopes", json!({"name": "posts:read"}));
    create(&console, "/teams", json!({"id": "acme", "name": "Acme"}));
    create(
        &console,
        "/clients",
        json!({"client_id": APP.0, "client_secret": APP.1, "redirect_uris": ["https://app.example/cb"],
               "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
               "scope": "openid email offline_access notes:read posts:read", "delegation_teams": ["acme"]}),
    );
    create(
        &console,
        "/resources",
        json!({"uri": "https://notes.example", "scopes": "notes:read", "client_id": "web"}),
    );
    create(
        &console,
        "/trusted-issuers",
        json!({"issuer": "https://idp.example", "jwks": {"keys": []}, "clients": ["web"], "scope": "email notes:read"}),
    );
    let allowed = json!({"allowed_resources": ["https://notes.example"]});
    assert_eq!(console.patch("/clients/web", &allowed).status, 200);
    create(
        &console,
        "/clients",
        json!({"client_id": "desk", "token_endpoint_auth_method": "none", "redirect_uris": ["https://desk.example/cb"],
               "may_act": "web"}),
    );
    create(
        &console,
        "/users",
        json!({"username": "liv", "sub": "u-liv", "teams": [{"id": "acme", "role": "admin"}]}),
    );
    console
}

const NOTES: &str = "/resources/https%3A%2F%2Fnotes.example";
const IDP: &str = "/trusted-issuers/https%3A%2F%2Fidp.example";

#[test]
fn what_names_a_deleted_object_names_it_no_more() {
    /// Where an object was named, in which member, and what is left of that.
    type Left<'a> = (&'a str, &'a str, Value);
    let rows: [(&str, &[Left<'_>]); 4] = [
        (
            "/scopes/notes:read",
            &[
                (
                    "/clients/web",
                    "scope",
                    json!("openid email offline_access posts:read"),
                ),
                (NOTES, "scopes", json!("")),
                (IDP, "scope", json!("email")),
            ],
        ),
        (
            "/teams/acme",
            &[("/clients/web", "delegation_teams", json!([]))],
        ),
        (NOTES, &[("/clients/web", "allowed_resources", json!([]))]),
        (
            "/clients/web",
            &[
                (NOTES, "client_id", Value::Null),
                (IDP, "clients", json!([])),
                ("/clients/desk", "may_act", Value::Null),
            ],
        ),
    ];
    for (path, left) in rows {
        let console = filled();
        assert_eq!(console.delete(path).status, 204, "{path}");
        for (at, member, expected) in left {
            assert_eq!(console.get(at).json()[*member], *expected, "{path}: {at}");
        }
        // A new object of the same name gets nothing that was meant for the old one, nor does the old one.
        let restored = console.post(&format!("{path}/restore"), &json!({}));
        assert_eq!(restored.status, 200, "{}", restored.text);
        for (at, member, expected) in left {
            assert_eq!(console.get(at).json()[*member], *expected, "{path}: {at}");
        }
    }
}

// A restored object had the scope of a name that was gone, or was bound to a new object of that name: a user came back as the
// administrator of a team that had never known them.
#[test]
fn what_can_be_restored_does_not_name_what_was_deleted_since_either() {
    let create_again = [
        (
            "/scopes/notes:read",
            "/scopes",
            json!({"name": "notes:read"}),
        ),
        (
            "/teams/acme",
            "/teams",
            json!({"id": "acme", "name": "Another"}),
        ),
        (NOTES, "/resources", json!({"uri": "https://notes.example"})),
        (
            "/clients/web",
            "/clients",
            json!({"client_id": "web", "token_endpoint_auth_method": "none",
                   "redirect_uris": ["https://other.example/cb"]}),
        ),
    ];
    let left = json!("openid email offline_access posts:read");
    let rows = [
        ("/clients/web", "/scopes/notes:read", "scope", left),
        ("/clients/web", "/teams/acme", "delegation_teams", json!([])),
        ("/clients/web", NOTES, "allowed_resources", json!([])),
        ("/clients/desk", "/clients/web", "may_act", Value::Null),
        (NOTES, "/clients/web", "client_id", Value::Null),
        (NOTES, "/scopes/notes:read", "scopes", json!("")),
        (IDP, "/clients/web", "clients", json!([])),
        (IDP, "/scopes/notes:read", "scope", json!("email")),
        ("/users/u-liv", "/teams/acme", "teams", json!([])),
    ];
    for (path, named, member, expected) in rows {
        for is_created_again in [false, true] {
            let console = filled();
            assert_eq!(console.delete(path).status, 204, "{path}");
            assert_eq!(console.delete(named).status, 204, "{named}");
            let (_, at, body) = create_again.iter().find(|(of, ..)| *of == named).unwrap();
            if is_created_again {
                create(&console, at, body.clone());
            }
            let restored = console.post(&format!("{path}/restore"), &json!({}));
            assert_eq!(restored.status, 200, "{path}: {}", restored.text);
            assert_eq!(
                console.get(path).json()[member],
                expected,
                "{path} without {named}"
            );
        }
    }
}

// Rule C27: what somebody has allowed is the scope of then, not another one that is called the same now.
#[test]
fn a_new_scope_of_a_deleted_ones_name_is_asked_for_anew() {
    let console = filled();
    let server = &console.server;
    server.person("ola");
    let scope = "openid offline_access posts:read";
    let challenge = challenge();
    let request = |more: &[(&'static str, &'static str)]| {
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", "web"),
            ("redirect_uri", "https://app.example/cb"),
            ("scope", scope),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        parameters.extend_from_slice(more);
        authorize_path(&parameters)
    };
    let mut browser = Browser::new(server);
    let login = browser.get(&request(&[]));
    let consent = browser.sign_in(&login, "ola");
    let allowed = browser.decide(&consent, "allow");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &allowed.parameters()["code"]),
        ("code_verifier", VERIFIER),
        ("redirect_uri", "https://app.example/cb"),
    ];
    let first = server.form(TOKEN, Some(APP), &fields).json();
    let silent = browser.get(&request(&[("prompt", "none")]));
    assert!(silent.parameters().contains_key("code"));

    assert_eq!(console.delete("/scopes/posts:read").status, 204);
    create(
        &console,
        "/scopes",
        json!({"name": "posts:read", "description": "read your bank account"}),
    );
    let given = json!({"scope": "openid offline_access posts:read"});
    assert_eq!(console.patch("/clients/web", &given).status, 200);
    let silent = browser.get(&request(&[("prompt", "none")]));
    assert_eq!(silent.parameters()["error"], "consent_required");
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", first["refresh_token"].as_str().unwrap()),
    ];
    let refreshed = server.form(TOKEN, Some(APP), &refresh).json();
    assert_eq!(refreshed["scope"], "openid offline_access");
}

#[test]
fn what_strangers_may_register_with_does_not_name_what_was_deleted() {
    let console = filled();
    let settings = json!({"registration_scope": "openid posts:read",
                          "registration_resources": ["https://notes.example"]});
    let changed = console.patch("/settings", &settings);
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(console.delete("/scopes/posts:read").status, 204);
    assert_eq!(console.delete(NOTES).status, 204);
    let shown = console.get("/settings").json();
    let value = |key: &str| {
        let items = shown["items"].as_array().unwrap();
        items.iter().find(|item| item["key"] == key).unwrap()["value"].clone()
    };
    assert_eq!(value("registration_scope"), "openid");
    assert_eq!(value("registration_resources"), Value::Null);
}

#[test]
fn a_restored_team_has_no_member_of_whom_a_file_says_otherwise() {
    let console = filled();
    assert_eq!(console.delete("/teams/acme").status, 204);
    let file = "[[user]]\nusername = \"liv\"\nsub = \"u-liv\"\n";
    let file = StateFile::parse("keyfob.toml", file).unwrap();
    file.apply(&console.server.app.store).unwrap();
    assert_eq!(console.post("/teams/acme/restore", &json!({})).status, 200);
    assert_eq!(console.get("/users/u-liv").json()["teams"], json!([]));
}

// RFC 6749 §3.3: a scope that is not registered is not granted, by whatever was issued before.
#[test]
fn a_deleted_scope_is_not_granted_any_more() {
    let console = filled();
    let server = &console.server;
    server.user("ola", |_| {});
    let scope = "openid offline_access posts:read";
    let code = || server.code("web", "ola", scope);
    let exchange = |code: &str| {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", "https://app.example/cb"),
        ];
        server.form(TOKEN, Some(APP), &fields)
    };
    let first = exchange(&code()).json();
    assert_eq!(first["scope"], scope);
    let pending = code();
    assert_eq!(console.delete("/scopes/posts:read").status, 204);
    let left = "openid offline_access";
    assert_eq!(exchange(&pending).json()["scope"], left);
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", first["refresh_token"].as_str().unwrap()),
    ];
    assert_eq!(
        server.form(TOKEN, Some(APP), &refresh).json()["scope"],
        left
    );
    let own = [
        ("grant_type", "client_credentials"),
        ("scope", "posts:read"),
    ];
    let refused = server.form(TOKEN, Some(APP), &own);
    assert_eq!(refused.refusal(), (400, "invalid_scope".into()));
    let own = server.form(TOKEN, Some(APP), &own[..1]).json();
    assert_eq!(own["scope"], "openid email notes:read");
}

// A client that names what is gone could not be disabled: whatever was changed was refused for the old name.
#[test]
fn what_an_object_named_before_keeps_nobody_from_changing_it() {
    let console = filled();
    console.server.alter("web", |client: &mut Client| {
        client.metadata.scope = ScopeSet::trusted("openid gone");
        client.metadata.delegation_teams = Some(vec![TeamId::trusted("gone")]);
    });
    for change in [
        json!({"client_name": "Web"}),
        json!({"disabled": true}),
        json!({"disabled": false}),
    ] {
        let answer = console.patch("/clients/web", &change);
        assert_eq!(answer.status, 200, "{change}: {}", answer.text);
    }
    let refused = console.patch("/clients/web", &json!({"scope": "openid gone gone:too"}));
    let field = Some("scope".to_owned());
    assert_eq!(refused.problem(), (422, "invalid".into(), field));
    assert!(refused.text.contains("gone:too"), "{}", refused.text);
}

#[test]
fn what_a_configuration_file_says_that_an_object_uses_is_not_deleted_by_hand() {
    let console = filled();
    let file = StateFile::parse(
        "keyfob.toml",
        "[[client]]\nclient_id = \"job\"\nclient_secret = \"a good secret\"\ngrant_types = [\"client_credentials\"]\n\
         scope = \"notes:read\"\n[[user]]\nusername = \"nina\"\nsub = \"nina\"\nteams = [{ id = \"acme\" }]\n",
    );
    file.unwrap().apply(&console.server.app.store).unwrap();
    for (path, used) in [
        (
            "/scopes/notes:read",
            "Client \"job\" uses it and is managed by keyfob.toml:1. Remove it there and reload first.",
        ),
        (
            "/teams/acme",
            "User \"nina\" uses it and is managed by keyfob.toml:6. Remove it there and reload first.",
        ),
    ] {
        let refused = console.delete(path);
        assert_eq!(refused.status, 409, "{}", refused.text);
        assert_eq!(refused.json()["detail"], used);
        assert_eq!(console.get(path).status, 200);
    }
}
