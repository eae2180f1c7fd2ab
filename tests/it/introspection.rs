//! Introspection (RFC 7662): who may know what of which token.

use keyfob::domain::{id::Id, time::Lifetime};
use serde_json::{Value, json};

use crate::support::{Answer, Server, VERIFIER, change};

const TOKEN: &str = "/api/v1/oauth/token";
const INTROSPECT: &str = "/api/v1/oauth/introspect";
const NOTES: &str = "https://api.example.com/notes";
const FILES: &str = "https://api.example.com/files";

/// A confidential client with its users' tokens, two resources with clients of their own, a public client.
struct World {
    server: Server,
    secrets: Vec<(&'static str, String)>,
}

impl World {
    fn new() -> Self {
        let server = Server::start();
        server.resource(NOTES, "notes:read", Some("notes"));
        server.resource(FILES, "files:read", Some("files"));
        server.user("u-ola", |_| {});
        let confidential = |client_id| {
            let metadata = json!({
                "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
                "token_endpoint_auth_method": "client_secret_basic", "redirect_uris": ["https://app.example/cb"],
                "scope": "openid offline_access notes:read files:read"});
            (client_id, server.client(client_id, metadata))
        };
        let secrets = ["web", "notes", "files"].map(confidential).into();
        server.public_client("public", "openid offline_access notes:read");
        Self { server, secrets }
    }

    fn basic<'a>(&'a self, client_id: &'a str) -> Option<(&'a str, &'a str)> {
        let secret = self.secrets.iter().find(|(id, _)| *id == client_id);
        secret.map(|(id, secret)| (*id, secret.as_str()))
    }

    fn redeem(&self, client_id: &str, code: &str) -> Answer {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", VERIFIER),
        ];
        let basic = self.basic(client_id);
        if basic.is_none() {
            fields.push(("client_id", client_id));
        }
        self.server.form(TOKEN, basic, &fields)
    }

    fn tokens(&self, client_id: &str, scope: &str, resources: &[&str]) -> Value {
        let code = self.server.code_for(client_id, "u-ola", scope, resources);
        let answer = self.redeem(client_id, &code);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    fn ask(&self, client_id: &str, token: &str, more: &[(&str, &str)]) -> Answer {
        let fields = [&[("token", token)], more].concat();
        self.server.form(INTROSPECT, self.basic(client_id), &fields)
    }

    /// Exactly that, and nothing else.
    fn assert_inactive(&self, client_id: &str, token: &str, case: &str) {
        let answer = self.ask(client_id, token, &[]);
        assert_eq!(answer.status, 200, "{case}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{case}");
        assert_eq!(answer.json(), json!({"active": false}), "{case}");
    }
}

fn text(token: &Value) -> &str {
    token.as_str().unwrap()
}

// Rule B71; RFC 7662 §2.1
#[test]
fn whoever_asks_proves_who_it_is() {
    let world = World::new();
    let tokens = world.tokens("web", "openid", &[]);
    let token = ("token", text(&tokens["access_token"]));
    let server = &world.server;
    let rows = [
        ("nobody", server.form(INTROSPECT, None, &[token])),
        (
            "a wrong secret",
            server.form(INTROSPECT, Some(("web", "wrong")), &[token]),
        ),
        (
            "no secret",
            server.form(INTROSPECT, None, &[token, ("client_id", "web")]),
        ),
        (
            "an unknown client",
            server.form(INTROSPECT, Some(("nobody", "x")), &[token]),
        ),
        (
            "a public client",
            server.form(INTROSPECT, None, &[token, ("client_id", "public")]),
        ),
    ];
    for (case, answer) in rows {
        assert_eq!(answer.refusal(), (401, "invalid_client".into()), "{case}");
        assert!(answer.json().get("active").is_none(), "{case}");
    }
    let metadata = server
        .get("/.well-known/oauth-authorization-server", &[])
        .json();
    let methods = metadata["introspection_endpoint_auth_methods_supported"].as_array();
    assert!(!methods.unwrap().contains(&json!("none")));
    // Rule B74
    let missing = server.form(INTROSPECT, world.basic("web"), &[]);
    assert_eq!(missing.refusal(), (400, "invalid_request".into()));
}

// Rules B71, B73; RFC 7662 §2.2
#[test]
fn an_active_token_is_described_to_its_owner() {
    let world = World::new();
    let tokens = world.tokens("web", "openid offline_access", &[]);
    let now = world.server.app.now().0;
    let url = json!(world.server.url);
    // RFC 7662 §2.1: a hint is a hint.
    for hint in ["access_token", "refresh_token", "id_token", "nonsense"] {
        let hint = [("token_type_hint", hint)];
        let access = world
            .ask("web", text(&tokens["access_token"]), &hint)
            .json();
        let expected = json!({
            "active": true, "token_type": "Bearer", "client_id": "web", "sub": "u-ola", "iss": url, "aud": url,
            "scope": "openid offline_access", "iat": now, "exp": now + 3600, "auth_time": now});
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(access[name], *value, "{hint:?}: {name}");
        }
        assert!(access["jti"].is_string());
        for internal in ["grant_id", "session_id"] {
            assert!(access.get(internal).is_none(), "{internal}");
        }
        let refresh = world
            .ask("web", text(&tokens["refresh_token"]), &hint)
            .json();
        let expected = json!({
            "active": true, "client_id": "web", "sub": "u-ola", "iss": url, "scope": "openid offline_access",
            "iat": now, "exp": now + 30 * 86_400});
        assert_eq!(refresh, expected, "{hint:?}");
    }
}

// Rules B73, P32
#[test]
fn a_token_is_the_business_of_its_owner_and_of_the_resource_it_is_for() {
    let world = World::new();
    let for_us = world.tokens("web", "openid offline_access", &[]);
    let for_notes = world.tokens("web", "notes:read", &[NOTES]);
    let for_both = world.tokens("web", "notes:read files:read", &[NOTES, FILES]);
    let public = world.tokens("public", "notes:read", &[NOTES]);
    let service = [
        ("grant_type", "client_credentials"),
        ("resource", FILES),
        ("scope", "files:read"),
    ];
    let service = world
        .server
        .form(TOKEN, world.basic("notes"), &service)
        .json();
    let rows = [
        ("for us", &for_us["access_token"], [true, false, false]),
        (
            "a refresh token",
            &for_us["refresh_token"],
            [true, false, false],
        ),
        ("for notes", &for_notes["access_token"], [true, true, false]),
        ("for both", &for_both["access_token"], [true, true, true]),
        (
            "of a public client",
            &public["access_token"],
            [false, true, false],
        ),
        (
            "a service's own",
            &service["access_token"],
            [false, true, true],
        ),
        ("an ID token", &for_us["id_token"], [false, false, false]),
    ];
    for (case, token, expected) in rows {
        for (client_id, is_told) in ["web", "notes", "files"].into_iter().zip(expected) {
            match is_told {
                true => {
                    let answer = world.ask(client_id, text(token), &[]).json();
                    assert_eq!(answer["active"], true, "{case}: {client_id}");
                }
                false => {
                    world.assert_inactive(client_id, text(token), &format!("{case}: {client_id}"));
                }
            }
        }
    }
    // Whatever form of an answer is asked for.
    let fields = format!("token={}", text(&for_us["access_token"]));
    let (id, secret) = world.basic("files").unwrap();
    let authorization = format!(
        "Basic {}",
        keyfob::crypto::hash::base64(format!("{id}:{secret}").as_bytes())
    );
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("authorization", authorization.as_str()),
        ("accept", "application/token-introspection+jwt"),
    ];
    let answer = world
        .server
        .send("POST", INTROSPECT, &headers, Some(fields.as_bytes()));
    assert_eq!(answer.json(), json!({"active": false}));
}

// Rules B72, P10
#[test]
fn what_is_no_good_token_is_inactive_and_nothing_more_is_said() {
    let world = World::new();
    let server = &world.server;
    let tokens = world.tokens("web", "openid offline_access", &[]);
    let (access, refresh) = (
        text(&tokens["access_token"]),
        text(&tokens["refresh_token"]),
    );
    let code = server.code("web", "u-ola", "openid");
    let session = server
        .signed_in("u-ola")
        .split_once('=')
        .unwrap()
        .1
        .to_owned();
    let other_secret = format!("{}{}", &refresh[..33], "A".repeat(43));
    let tampered = access.replacen('.', ".x", 1);
    let unknown = format!("{}.{}", server.app.new_id().simple(), "A".repeat(43));
    let rows = [
        ("garbage", "x"),
        ("a code", &code),
        ("a session", &session),
        (
            "a jti",
            &Id::first_of(keyfob::domain::time::UnixMillis(0)).to_string(),
        ),
        ("another secret", &other_secret),
        ("an unknown one", &unknown),
        ("claims changed", &tampered),
        ("two tokens", &format!("{access} {access}")),
    ];
    for (case, token) in rows {
        world.assert_inactive("web", token, case);
    }
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let next = server.form(TOKEN, world.basic("web"), &fields).json();
    world.assert_inactive("web", refresh, "a consumed refresh token");
    assert_eq!(world.ask("web", access, &[]).json()["active"], true);
    server.clock.advance(Lifetime(3600));
    world.assert_inactive("web", access, "an expired access token");
    let next = text(&next["refresh_token"]);
    assert_eq!(world.ask("web", next, &[]).json()["active"], true);
    server.clock.advance(Lifetime::days(30));
    world.assert_inactive("web", next, "an expired refresh token");
}

// Rule C39: at once.
#[test]
fn a_token_whose_user_grant_or_client_is_gone_is_inactive() {
    use keyfob::admin::{clients, users};
    type End = fn(&World);
    let rows: [(&str, End); 4] = [
        ("The user is disabled.", |world| {
            let input = users::UserInput {
                disabled: Some(true),
                ..Default::default()
            };
            let input = input.check(None).unwrap();
            change(&world.server, move |tx, by| {
                keyfob::admin::object::update::<keyfob::domain::user::User>(tx, by, "u-ola", input)
            });
        }),
        ("the user is deleted", |world| {
            change(&world.server, |tx, by| {
                keyfob::admin::deletion::delete::<keyfob::domain::user::User>(tx, by, "u-ola")
            });
        }),
        ("the client is disabled", |world| {
            let input = clients::ClientInput {
                disabled: Some(true),
                ..Default::default()
            };
            let input = input.check(None).unwrap();
            change(&world.server, move |tx, by| {
                keyfob::admin::object::update::<keyfob::domain::client::Client>(
                    tx, by, "public", input,
                )
            });
        }),
        ("the client is deleted", |world| {
            change(&world.server, |tx, by| {
                keyfob::admin::deletion::delete::<keyfob::domain::client::Client>(tx, by, "public")
            });
        }),
    ];
    for (case, end) in rows {
        let world = World::new();
        let token = world.tokens("public", "notes:read", &[NOTES]);
        let token = text(&token["access_token"]);
        assert_eq!(
            world.ask("notes", token, &[]).json()["active"],
            true,
            "{case}"
        );
        end(&world);
        world.assert_inactive("notes", token, case);
    }
}

// Rule B72; RFC 7662 §2.2
#[test]
fn a_refresh_token_ends_with_its_grant_and_an_access_token_with_the_issuers_name() {
    let world = World::new();
    let tokens = world.tokens("web", "openid offline_access", &[]);
    let refresh = text(&tokens["refresh_token"]);
    assert_eq!(world.ask("web", refresh, &[]).json()["active"], true);
    let file = rusqlite::Connection::open(world.server.app.store.path()).unwrap();
    let ended = file.execute("UPDATE grants SET revoked_at = created_at", []);
    assert_eq!(ended.unwrap(), 1);
    world.assert_inactive("web", refresh, "its grant has ended");

    // RFC 9068 §4: `iss` is this server, under the name that it has now.
    let token = world.tokens("public", "notes:read", &[NOTES]);
    let token = text(&token["access_token"]);
    assert_eq!(world.ask("notes", token, &[]).json()["active"], true);
    let World { server, secrets } = world;
    let server = server.restart_with(|told| told.config.issuer = "http://localhost:1".into());
    let world = World { server, secrets };
    world.assert_inactive("notes", token, "of an earlier issuer");
}

// RFC 7662 §2.2; OIDC Core §5.4: the names of the user that the token's scopes release, and the name of its client.
#[test]
fn a_token_tells_the_names_that_its_scopes_release() {
    let server = Server::start();
    let all = "openid profile email offline_access";
    let secret = server.client(
        "mail",
        json!({"grant_types": ["authorization_code", "refresh_token", "client_credentials"], "client_name": "Mail",
               "token_endpoint_auth_method": "client_secret_basic", "redirect_uris": ["https://app.example/cb"],
               "scope": all}),
    );
    server.user("u-ola", |user| user.username = "ola".into());
    let post = |path: &str, fields: &[(&str, &str)]| {
        let answer = server.form(path, Some(("mail", &secret)), fields);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };
    let check = |token: &Value, username: Option<&str>, email: Option<&str>| {
        let told = post(INTROSPECT, &[("token", text(token))]);
        let member = |name: &str| told.get(name).and_then(Value::as_str);
        assert_eq!(
            (member("username"), member("email"), member("client_name")),
            (username, email, Some("Mail"))
        );
    };
    let mail = Some("u-ola@example.com");
    for (scope, username, email) in [
        ("openid", None, None),
        ("openid email", None, mail),
        ("openid profile", Some("ola"), None),
        (all, Some("ola"), mail),
    ] {
        let code = server.code("mail", "u-ola", scope);
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("code_verifier", VERIFIER),
        ];
        let tokens = post(TOKEN, &fields);
        check(&tokens["access_token"], username, email);
        if scope == all {
            check(&tokens["refresh_token"], username, email);
        }
    }
    let machine = post(
        TOKEN,
        &[
            ("grant_type", "client_credentials"),
            ("scope", "profile email"),
        ],
    );
    check(&machine["access_token"], None, None);
}
