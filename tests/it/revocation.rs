//! Revocation (RFC 7009): what ends with a token, and whose tokens one may end.

use serde_json::{Value, json};

use crate::support::{Answer, Server, VERIFIER};

const TOKEN: &str = "/api/v1/oauth/token";
const REVOKE: &str = "/api/v1/oauth/revoke";
const NOTES: &str = "https://api.example.com/notes";

/// A public client, a confidential one, and another of each.
struct World {
    server: Server,
    web: String,
    other: String,
}

impl World {
    fn new() -> Self {
        let server = Server::start();
        server.resource(NOTES, "notes:read", Some("other"));
        server.user("u-ola", |_| {});
        let client = |client_id: &str, method: &str| {
            server.client(
                client_id,
                json!({"grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": method,
                       "redirect_uris": ["https://app.example/cb"], "scope": "openid offline_access notes:read"}),
            )
        };
        client("app", "none");
        client("other-app", "none");
        let web = client("web", "client_secret_basic");
        let other = client("other", "client_secret_basic");
        Self { server, web, other }
    }

    fn send(&self, client_id: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let secret = match client_id {
            "web" => &self.web,
            "other" => &self.other,
            public => {
                return self
                    .server
                    .form(path, None, &[&[("client_id", public)], fields].concat());
            }
        };
        self.server.form(path, Some((client_id, secret)), fields)
    }

    fn tokens(&self, client_id: &str, scope: &str, resources: &[&str]) -> Value {
        let code = self.server.code_for(client_id, "u-ola", scope, resources);
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("code_verifier", VERIFIER),
        ];
        let answer = self.send(client_id, TOKEN, &fields);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    fn revoke(&self, client_id: &str, token: &str) -> Answer {
        self.send(client_id, REVOKE, &[("token", token)])
    }

    fn userinfo(&self, token: &Value) -> u16 {
        let bearer = format!("Bearer {}", text(token));
        let answer = self
            .server
            .get("/api/v1/oauth/userinfo", &[("authorization", &bearer)]);
        answer.status
    }

    fn refresh(&self, client_id: &str, token: &Value) -> Answer {
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", text(token)),
        ];
        self.send(client_id, TOKEN, &fields)
    }

    fn events(&self, event: &str) -> Vec<keyfob::domain::audit::RecordedEvent> {
        self.server.events_named(event)
    }
}

fn text(token: &Value) -> &str {
    token.as_str().unwrap()
}

// Rule B76; RFC 7009 §2.1
#[test]
fn a_refresh_token_takes_its_grant_with_it_and_an_access_token_only_itself() {
    for client_id in ["app", "web"] {
        let world = World::new();
        let first = world.tokens(client_id, "openid offline_access", &[]);
        let second = world.refresh(client_id, &first["refresh_token"]).json();
        let answer = world.revoke(client_id, text(&first["access_token"]));
        // RFC 7009 §2.2; some libraries read every answer as JSON.
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (200, "{}"),
            "{client_id}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(world.userinfo(&first["access_token"]), 401, "{client_id}");
        assert_eq!(world.userinfo(&second["access_token"]), 200, "{client_id}");
        let third = world.refresh(client_id, &second["refresh_token"]);
        assert_eq!(third.status, 200, "{client_id}");
        let third = third.json();
        assert_eq!(
            world
                .revoke(client_id, text(&third["refresh_token"]))
                .status,
            200
        );
        for token in [&second["access_token"], &third["access_token"]] {
            assert_eq!(world.userinfo(token), 401, "{client_id}");
        }
        let refused = world.refresh(client_id, &third["refresh_token"]);
        assert_eq!(
            refused.refusal(),
            (400, "invalid_grant".into()),
            "{client_id}"
        );
        let events = world.events("token.revoked");
        assert_eq!(events.len(), 2);
        assert!(
            events
                .iter()
                .all(|event| event.actor.as_deref() == Some(client_id))
        );
    }
}

// RFC 7009 §2.1: an older one of the family is as good, to whoever lost the answer with the last.
#[test]
fn a_refresh_token_that_was_used_ends_its_grant_all_the_same() {
    let world = World::new();
    let first = world.tokens("app", "openid offline_access", &[]);
    let second = world.refresh("app", &first["refresh_token"]).json();
    assert_eq!(
        world.revoke("app", text(&first["refresh_token"])).status,
        200
    );
    assert_eq!(world.userinfo(&second["access_token"]), 401);
}

#[test]
fn a_token_for_another_audience_is_revoked_too() {
    let world = World::new();
    let tokens = world.tokens("web", "notes:read", &[NOTES]);
    let token = text(&tokens["access_token"]);
    let is_active = || {
        world
            .send("other", "/api/v1/oauth/introspect", &[("token", token)])
            .json()["active"]
            == true
    };
    assert!(is_active());
    assert_eq!(world.revoke("web", token).status, 200);
    assert!(!is_active());
}

// Rule B75; RFC 7009 §2.1, §2.2
#[test]
fn nobody_ends_a_token_of_somebody_else() {
    let world = World::new();
    let of_app = world.tokens("app", "openid offline_access", &[]);
    let of_web = world.tokens("web", "openid offline_access", &[]);
    for member in ["access_token", "refresh_token"] {
        for (tokens, owner, confidential, public) in [
            (&of_app, "app", "web", "other-app"),
            (&of_web, "web", "other", "app"),
        ] {
            let token = text(&tokens[member]);
            let refused = world.revoke(confidential, token);
            assert_eq!(
                refused.refusal(),
                (400, "invalid_grant".into()),
                "{member} of {owner}"
            );
            let ignored = world.revoke(public, token);
            assert_eq!(
                (ignored.status, ignored.text.as_str()),
                (200, "{}"),
                "{member} of {owner}"
            );
            assert_eq!(
                world.userinfo(&tokens["access_token"]),
                200,
                "{member} of {owner}"
            );
        }
    }
    for (tokens, owner) in [(&of_app, "app"), (&of_web, "web")] {
        assert_eq!(
            world.refresh(owner, &tokens["refresh_token"]).status,
            200,
            "{owner}"
        );
    }
    let refusals = world.events("token.revocation_failed");
    assert_eq!(refusals.len(), 4);
    assert!(refusals[0].address.is_some() && refusals[0].reason.is_some());
    assert!(world.events("token.revoked").is_empty());
}

// RFC 7009 §2.2: who knows a token's id has not its secret, and ends nothing.
#[test]
fn a_refresh_token_with_another_secret_ends_nothing() {
    let world = World::new();
    let tokens = world.tokens("app", "openid offline_access", &[]);
    let token = text(&tokens["refresh_token"]);
    let middle = token.len() - 10;
    let other = if token[middle..].starts_with('A') {
        "Q"
    } else {
        "A"
    };
    let guessed = format!("{}{other}{}", &token[..middle], &token[middle + 1..]);
    assert_ne!(guessed, token);
    assert!(
        guessed
            .parse::<keyfob::domain::token::OpaqueToken>()
            .is_ok()
    );
    assert_eq!(world.revoke("app", &guessed).status, 200);
    let refreshed = world.refresh("app", &tokens["refresh_token"]);
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
}

// Rules B74, B75, P10; RFC 7009 §2.1, §2.2
#[test]
fn what_is_no_token_is_no_error_and_what_is_missing_is() {
    let world = World::new();
    let tokens = world.tokens("web", "openid offline_access", &[]);
    let code = world.server.code("web", "u-ola", "openid");
    let session = world
        .server
        .signed_in("u-ola")
        .split_once('=')
        .unwrap()
        .1
        .to_owned();
    let rows = [
        ("garbage", "x"),
        ("an ID token", text(&tokens["id_token"])),
        ("a code", &code),
        ("a session", &session),
        (
            "an unknown one",
            &format!("{}.{}", world.server.app.new_id().simple(), "A".repeat(43)),
        ),
    ];
    for (case, token) in rows {
        for client_id in ["app", "web"] {
            let answer = world.revoke(client_id, token);
            assert_eq!((answer.status, answer.text.as_str()), (200, "{}"), "{case}");
        }
    }
    // RFC 7009 §2.1: a hint is a hint, and an unknown one none.
    let hinted = [
        ("token", text(&tokens["access_token"])),
        ("token_type_hint", "refresh_token"),
    ];
    assert_eq!(world.send("web", REVOKE, &hinted).status, 200);
    assert_eq!(world.userinfo(&tokens["access_token"]), 401);
    let hinted = [
        ("token", text(&tokens["refresh_token"])),
        ("token_type_hint", "nonsense"),
    ];
    assert_eq!(world.send("web", REVOKE, &hinted).status, 200);
    assert_eq!(
        world.refresh("web", &tokens["refresh_token"]).refusal(),
        (400, "invalid_grant".into())
    );
    assert_eq!(
        world.send("web", REVOKE, &[]).refusal(),
        (400, "invalid_request".into())
    );
    let token = ("token", "x");
    assert_eq!(
        world.send("web", REVOKE, &[token, token]).refusal(),
        (400, "invalid_request".into())
    );
    let nobody = world.server.form(REVOKE, None, &[token]);
    assert_eq!(nobody.refusal(), (401, "invalid_client".into()));
    let unproved = world
        .server
        .form(REVOKE, None, &[token, ("client_id", "web")]);
    assert_eq!(unproved.refusal(), (401, "invalid_client".into()));
}
