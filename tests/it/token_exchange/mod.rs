//! Token exchange (RFC 8693).

mod by_id_token;
mod lifetime;
mod rules;

use keyfob::domain::{audit::RecordedEvent, time::Lifetime};
use serde_json::{Value, json};

use crate::support::{Answer, Server, VERIFIER, claims};

const TOKEN: &str = "/api/v1/oauth/token";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// The resource that the client `gateway` is, and the one behind it.
const MCP: &str = "https://mcp.example.com";
const NOTES: &str = "https://api.example.com/notes";

/// Parameters of a request.
type Field<'a> = (&'a str, &'a str);
type Fields<'a> = &'a [Field<'a>];

/// An app with its users' tokens, a gateway for which they are, and what stands behind the gateway.
struct World {
    server: Server,
    gateway: String,
    other: String,
}

impl World {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut keyfob::config::settings::Settings)) -> Self {
        let server = Server::start_with(change);
        server.resource(MCP, "mcp:tools notes:read", Some("gateway"));
        server.resource(NOTES, "notes:read notes:write", Some("notes"));
        for sub in ["u-ola", "u-kari"] {
            server.user(sub, |_| {});
        }
        server.user("u-safe", |user| user.allow_delegation = false);
        server.user("u-root", |user| user.admin = true);
        let web = |client_id: &str, more: Value| {
            let mut metadata = json!({
                "grant_types": ["authorization_code", "refresh_token", EXCHANGE],
                "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/cb"],
                "scope": "openid profile email offline_access mcp:tools notes:read keyfob:delegate"});
            metadata
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            server.client(client_id, metadata);
        };
        web("web", json!({}));
        web("naming", json!({"may_act": "other"}));
        let confidential = |client_id: &str, scope: &str| {
            server.client(
                client_id,
                json!({"grant_types": ["client_credentials", EXCHANGE, "authorization_code"], "scope": scope,
                       "redirect_uris": ["https://app.example/cb"],
                       "token_endpoint_auth_method": "client_secret_basic"}),
            )
        };
        let gateway = confidential(
            "gateway",
            "openid profile mcp:tools notes:read notes:write keyfob:delegate keyfob:principal",
        );
        let other = confidential("other", "openid profile mcp:tools notes:read");
        confidential("notes", "notes:read");
        Self {
            server,
            gateway,
            other,
        }
    }

    /// The tokens of a user at a public client, for these resources.
    fn tokens(&self, client_id: &str, sub: &str, scope: &str, resources: &[&str]) -> Value {
        let code = self.server.code_for(client_id, sub, scope, resources);
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("code", &code),
            ("code_verifier", VERIFIER),
        ];
        let answer = self.server.form(TOKEN, None, &fields);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    fn user_token(&self, scope: &str, resources: &[&str]) -> String {
        text(&self.tokens("web", "u-ola", scope, resources)["access_token"])
    }

    /// What a user's gateway token is exchanged for.
    fn given(&self) -> String {
        self.user_token("mcp:tools notes:read", &[MCP])
    }

    fn own_token(&self, fields: Fields) -> String {
        let fields = [&[("grant_type", "client_credentials")], fields].concat();
        let basic = Some(("gateway", self.gateway.as_str()));
        text(&self.server.form(TOKEN, basic, &fields).json()["access_token"])
    }

    fn exchange(&self, client_id: &str, fields: Fields) -> Answer {
        let secret = match client_id {
            "gateway" => &self.gateway,
            "other" => &self.other,
            _ => {
                let fields = [
                    &[("client_id", client_id), ("grant_type", EXCHANGE)],
                    fields,
                ]
                .concat();
                return self.server.form(TOKEN, None, &fields);
            }
        };
        let fields = [&[("grant_type", EXCHANGE)], fields].concat();
        self.server.form(TOKEN, Some((client_id, secret)), &fields)
    }

    /// The claims of what `subject_token` is exchanged for.
    fn exchanged(&self, client_id: &str, subject_token: &str, fields: Fields) -> Value {
        let subject = [
            ("subject_token", subject_token),
            ("subject_token_type", ACCESS_TOKEN),
        ];
        let answer = self.exchange(client_id, &[&subject, fields].concat());
        assert_eq!(answer.status, 200, "{}", answer.text);
        claims(&answer.json()["access_token"])
    }

    fn is_active(&self, token: &Value) -> bool {
        let fields = [("token", token.as_str().unwrap())];
        let basic = Some(("gateway", self.gateway.as_str()));
        let answer = self.server.form("/api/v1/oauth/introspect", basic, &fields);
        answer.json()["active"] == true
    }

    fn revoke(&self, client_id: &str, token: &str) {
        let mut fields = vec![("token", token)];
        let mut basic = Some(("gateway", self.gateway.as_str()));
        if client_id != "gateway" {
            fields.push(("client_id", client_id));
            basic = None;
        }
        let answer = self.server.form("/api/v1/oauth/revoke", basic, &fields);
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

/// The latest entry of the audit log of this name and about this subject.
fn event_about(world: &World, event: &str, subject: &str) -> RecordedEvent {
    let events = world.server.events_named(event).into_iter();
    let mut about = events.filter(|event| event.subject.as_deref() == Some(subject));
    about.next().expect("it is in the audit log")
}

fn text(token: &Value) -> String {
    token.as_str().unwrap().to_owned()
}
