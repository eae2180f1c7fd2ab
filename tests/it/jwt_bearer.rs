//! The JWT bearer grant (RFC 7523 §2.1): for whom a trusted issuer vouches, and what is no assertion.

use keyfob::{
    admin::{self, AdminError, By, clients::ClientInput, trusted_issuers::TrustedIssuerInput},
    config::settings::Settings,
    crypto::{
        hash,
        keys::{Algorithm, SigningKey},
        random,
    },
    domain::{
        client_registration::ClientRegistration,
        name::{ClientId, Subject, TeamId},
        scope::ScopeSet,
        team::Team,
        time::Lifetime,
        trusted_issuer::{SubjectMatch, TrustedIssuer},
    },
    store::{StoreError, revocations},
};
use serde_json::{Value, json};

use crate::support::{
    Answer, START, Server,
    at_once::post_at_once,
    change, claims,
    web::{Reply, Web},
};

const TOKEN: &str = "/api/v1/oauth/token";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const IDP: &str = "https://idp.example";
const NOTES: &str = "https://api.example.com/notes";

/// Parameters of a request.
type Fields<'a> = &'a [(&'a str, &'a str)];

struct World {
    server: Server,
    key: SigningKey,
    secret: String,
}

impl World {
    fn new() -> Self {
        Self::with(|_| {}, |_| {})
    }

    fn with(tell: impl FnOnce(&mut Settings), change: impl FnOnce(&mut TrustedIssuer)) -> Self {
        let server = Server::start_with(tell);
        server.resource(NOTES, "notes:read", None);
        server.user("u-ola", |user| user.profile.email_verified = true);
        server.user("u-kari", |_| {});
        server.user("u-gone", |user| user.disabled = true);
        let confidential = |client_id: &str| {
            server.client(
                client_id,
                json!({"grant_types": [JWT_BEARER], "token_endpoint_auth_method": "client_secret_basic",
                       "scope": "openid profile email notes:read offline_access keyfob:admin"}),
            )
        };
        let secret = confidential("job");
        confidential("stranger");
        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let mut issuer = TrustedIssuer {
            issuer: IDP.into(),
            jwks: Some(json!({"keys": [key.public_jwk()]})),
            jwks_uri: None,
            audience: None,
            subject_claim: "sub".into(),
            matches: SubjectMatch::Sub,
            clients: vec![ClientId::trusted("job")],
            scope: ScopeSet::parse("openid profile notes:read offline_access keyfob:admin")
                .unwrap(),
            managed_by: None,
        };
        change(&mut issuer);
        server.put(issuer);
        Self {
            server,
            key,
            secret,
        }
    }

    fn header(&self) -> Value {
        json!({"alg": "ES256", "kid": self.key.kid(), "typ": "JWT"})
    }

    fn claims(&self) -> Value {
        let now = self.server.app.now().0;
        json!({"iss": IDP, "sub": "u-ola", "aud": self.server.url, "iat": now, "exp": now + 300,
               "jti": random::text(16)})
    }

    fn assertion(&self, change: &Value) -> String {
        signed(&self.key, &self.header(), &changed(self.claims(), change))
    }

    fn ask(&self, assertion: &str, fields: Fields) -> Answer {
        let fields = [
            &[("grant_type", JWT_BEARER), ("assertion", assertion)],
            fields,
        ]
        .concat();
        self.server
            .form(TOKEN, Some(("job", &self.secret)), &fields)
    }
}

/// The object with other members; null takes one out.
fn changed(mut object: Value, change: &Value) -> Value {
    let members = object.as_object_mut().unwrap();
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => members.shift_remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    object
}

/// A JWT with any header and claims, rightly signed.
fn signed(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| hash::base64url(value.to_string().as_bytes());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = hash::base64url(&key.sign(message.as_bytes()).unwrap());
    format!("{message}.{signature}")
}

fn failed(error: AdminError) -> StoreError {
    StoreError::Failed(error.to_string())
}

fn invalid_grant() -> (u16, String) {
    (400, "invalid_grant".into())
}

#[test]
fn a_trusted_issuer_vouches_for_a_user_and_the_client_acts_on_it() {
    let world = World::new();
    let answer = world.ask(&world.assertion(&json!({})), &[]);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = answer.json();
    // Reserved scopes and offline_access come by name only, and there is nothing but an access token.
    assert_eq!(body["scope"], "openid profile notes:read");
    assert!(body.get("refresh_token").is_none() && body.get("id_token").is_none());
    let said = claims(&body["access_token"]);
    assert_eq!(
        (&said["sub"], &said["client_id"]),
        (&json!("u-ola"), &json!("job"))
    );
    assert_eq!(said["aud"], json!([NOTES, world.server.url]));
    assert_eq!(said.get("act"), None);
    let bearer = format!("Bearer {}", body["access_token"].as_str().unwrap());
    let userinfo = world
        .server
        .get("/api/v1/oauth/userinfo", &[("authorization", &bearer)]);
    assert_eq!(userinfo.json()["sub"], "u-ola", "{}", userinfo.text);
    let events = world.server.events_named("assertion.accepted");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].actor.as_deref(), Some(IDP));
    assert_eq!(events[0].subject.as_deref(), Some("u-ola"));
    assert_eq!(events[0].client_id.as_deref(), Some("job"));
}

// RFC 7523 §3, RFC 8725, RFC 7515 §4.1.11; rules B17, B19 and B21, C33.
#[test]
fn what_is_no_good_assertion_is_refused() {
    let world = World::new();
    let now = world.server.app.now().0;
    let other = SigningKey::generate(Algorithm::Es256).unwrap();
    let rows = [
        ("another issuer", json!({"iss": "https://evil.example"})),
        ("no issuer", json!({"iss": null})),
        ("no subject", json!({"sub": null})),
        ("an unknown subject", json!({"sub": "u-nobody"})),
        ("a disabled subject", json!({"sub": "u-gone"})),
        ("a client as the subject", json!({"sub": "job"})),
        ("no audience", json!({"aud": null})),
        ("another audience", json!({"aud": "https://other.example"})),
        (
            "several audiences",
            json!({"aud": [world.server.url, "https://other.example"]}),
        ),
        ("no exp", json!({"exp": null})),
        ("exp as a text", json!({"exp": (now + 60).to_string()})),
        ("expired", json!({"exp": now - 60})),
        ("good for too long", json!({"exp": now + 90_000})),
        ("nbf as a text", json!({"nbf": "0"})),
        ("not yet good", json!({"nbf": now + 120})),
        ("made in the future", json!({"iat": now + 120})),
    ];
    for (name, change) in rows {
        assert_eq!(
            world.ask(&world.assertion(&change), &[]).refusal(),
            invalid_grant(),
            "{name}"
        );
    }
    let rows = [
        ("no signature", json!({"alg": "none"})),
        ("a shared secret", json!({"alg": "HS256"})),
        ("another algorithm", json!({"alg": "RS256"})),
        ("an unknown extension", json!({"crit": ["b64"]})),
        ("an unknown key", json!({"kid": "other"})),
        ("an access token", json!({"typ": "at+jwt"})),
        ("a logout token", json!({"typ": "logout+jwt"})),
    ];
    for (name, change) in rows {
        let header = changed(world.header(), &change);
        let assertion = signed(&world.key, &header, &world.claims());
        assert_eq!(
            world.ask(&assertion, &[]).refusal(),
            invalid_grant(),
            "{name}"
        );
    }
    let forged = signed(&other, &world.header(), &world.claims());
    assert_eq!(
        world.ask(&forged, &[]).refusal(),
        invalid_grant(),
        "another key"
    );
    assert_eq!(world.ask("x", &[]).refusal(), invalid_grant(), "garbage");
    let missing = world.server.form(
        TOKEN,
        Some(("job", &world.secret)),
        &[("grant_type", JWT_BEARER)],
    );
    assert_eq!(missing.refusal(), (400, "invalid_request".into()));
    for (name, change) in [
        ("a list of one audience", json!({"aud": [world.server.url]})),
        ("a little ahead", json!({"nbf": now + 8, "iat": now + 8})),
        ("no iat", json!({"iat": null})),
        ("no jti", json!({"jti": null})),
    ] {
        let answer = world.ask(&world.assertion(&change), &[]);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text);
    }
}

// RFC 7523 §3 (7); rule B18.
#[test]
fn an_assertion_counts_once() {
    let world = World::new();
    let row = |jti: Value| world.assertion(&json!({"jti": jti}));
    for assertion in [row(json!("once")), row(Value::Null)] {
        let body = format!(
            "grant_type={}&assertion={assertion}&client_id=job&client_secret={}",
            JWT_BEARER.replace(':', "%3A"),
            world.secret
        );
        let statuses = post_at_once(&world.server.url, TOKEN, &vec![body; 10]);
        let won = statuses
            .iter()
            .filter(|answer| answer.status == 200)
            .count();
        assert_eq!(won, 1);
        assert_eq!(world.ask(&assertion, &[]).refusal(), invalid_grant());
    }
    let same_jti = world.assertion(&json!({"jti": "once", "sub": "u-kari"}));
    assert_eq!(world.ask(&same_jti, &[]).refusal(), invalid_grant());
}

#[test]
fn a_refused_scope_uses_nothing_up() {
    let world = World::new();
    let assertion = world.assertion(&json!({}));
    let rows: &[(&str, Fields, &str)] = &[
        ("not the issuer's", &[("scope", "email")], "invalid_scope"),
        ("nobody's", &[("scope", "files:read")], "invalid_scope"),
        (
            "of another resource",
            &[("scope", "keyfob:admin"), ("resource", NOTES)],
            "invalid_scope",
        ),
        (
            "an unknown resource",
            &[("resource", "https://evil.example")],
            "invalid_target",
        ),
    ];
    for (name, fields, error) in rows {
        let refusal = world.ask(&assertion, fields).refusal();
        assert_eq!(refusal, (400, (*error).to_owned()), "{name}");
    }
    let answer = world.ask(&assertion, &[("scope", "notes:read")]);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(claims(&answer.json()["access_token"])["aud"], NOTES);
}

// RFC 7523 §3 (2): the subject is there, whichever claim names the user.
#[test]
fn an_assertion_has_a_subject_also_where_another_claim_names_the_user() {
    let world = World::with(
        |_| {},
        |issuer| {
            issuer.subject_claim = "email".into();
            issuer.matches = SubjectMatch::Email;
        },
    );
    let named = json!({"email": "u-ola@example.com", "email_verified": true});
    let answer = world.ask(&world.assertion(&named), &[]);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut nameless = named;
    nameless["sub"] = Value::Null;
    let refused = world.ask(&world.assertion(&nameless), &[]);
    assert_eq!(refused.refusal(), invalid_grant());
}

// RFC 6749 §3.3: an issuer gives a client nothing that it is not registered for.
#[test]
fn no_assertion_gives_a_client_more_than_its_registration() {
    let world = World::with(
        |_| {},
        |issuer| issuer.scope = ScopeSet::parse("openid address").unwrap(),
    );
    let refused = world.ask(&world.assertion(&json!({})), &[("scope", "address")]);
    assert_eq!(refused.refusal(), (400, "invalid_scope".into()));
    let answer = world.ask(&world.assertion(&json!({})), &[]).json();
    assert_eq!(claims(&answer["access_token"])["scope"], "openid");
}

#[test]
fn only_the_clients_of_the_issuer_may_use_its_assertions() {
    let world = World::new();
    let metadata = json!({"grant_types": [JWT_BEARER], "token_endpoint_auth_method": "none", "scope": "openid"});
    world.server.client("other", metadata);
    world.server.client(
        "plain",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none", "scope": "openid"}),
    );
    let assertion = world.assertion(&json!({}));
    let ask = |client_id: &str| {
        let fields = [
            ("grant_type", JWT_BEARER),
            ("assertion", &assertion),
            ("client_id", client_id),
        ];
        world.server.form(TOKEN, None, &fields).refusal()
    };
    assert_eq!(ask("other"), invalid_grant());
    assert_eq!(ask("plain"), (400, "unauthorized_client".into()));
}

// Rule P25: an address that is not verified is nobody's.
#[test]
fn users_are_found_by_the_claim_that_the_registration_names() {
    let by = |subject_claim: &str, matches: SubjectMatch| {
        World::with(
            |_| {},
            |issuer| {
                issuer.subject_claim = subject_claim.into();
                issuer.matches = matches;
            },
        )
    };
    let world = by("preferred_username", SubjectMatch::Username);
    let found = world.ask(
        &world.assertion(&json!({"sub": "x", "preferred_username": " U-Ola "})),
        &[],
    );
    assert_eq!(claims(&found.json()["access_token"])["sub"], "u-ola");
    let without = world.assertion(&json!({"sub": "u-ola"}));
    assert_eq!(world.ask(&without, &[]).refusal(), invalid_grant());
    let world = by("email", SubjectMatch::Email);
    let rows = [
        (
            "verified on both sides",
            json!({"email": "U-OLA@example.com", "email_verified": true}),
            true,
        ),
        (
            "not verified there",
            json!({"email": "u-ola@example.com", "email_verified": false}),
            false,
        ),
        (
            "verified as a text",
            json!({"email": "u-ola@example.com", "email_verified": "true"}),
            false,
        ),
        (
            "nothing is said",
            json!({"email": "u-ola@example.com"}),
            false,
        ),
        (
            "not verified here",
            json!({"email": "u-kari@example.com", "email_verified": true}),
            false,
        ),
        (
            "unknown",
            json!({"email": "u-nobody@example.com", "email_verified": true}),
            false,
        ),
        (
            "no text",
            json!({"email": ["u-ola@example.com"], "email_verified": true}),
            false,
        ),
    ];
    for (name, change, good) in rows {
        let answer = world.ask(&world.assertion(&change), &[]);
        assert_eq!(answer.status == 200, good, "{name}: {}", answer.text);
    }
}

#[test]
fn an_issuer_can_have_an_audience_of_its_own_and_keys_at_an_address() {
    let web = Web::http();
    let world = World::with(
        |told| told.live.outbound_allow = vec!["127.0.0.1/32".parse().unwrap()],
        |issuer| {
            issuer.audience = Some("keyfob".into());
            issuer.jwks = None;
            issuer.jwks_uri = Some(format!("{}/jwks", web.url));
        },
    );
    let unreachable = world.assertion(&json!({"aud": "keyfob"}));
    assert_eq!(world.ask(&unreachable, &[]).refusal(), invalid_grant());
    world.server.clock.advance(Lifetime(5));
    web.at(
        "/jwks",
        Reply::json(&json!({"keys": [world.key.public_jwk()]})),
    );
    let answer = world.ask(&unreachable, &[]);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let ours = world.assertion(&json!({}));
    assert_eq!(world.ask(&ours, &[]).refusal(), invalid_grant());
    // OIDC Core §10.1.1: a key that is new there is fetched.
    let next = SigningKey::generate(Algorithm::EdDsa).unwrap();
    web.at("/jwks", Reply::json(&json!({"keys": [next.public_jwk()]})));
    world.server.clock.advance(Lifetime(60));
    let header = json!({"alg": "EdDSA", "kid": next.kid()});
    let rotated = signed(
        &next,
        &header,
        &changed(world.claims(), &json!({"aud": "keyfob"})),
    );
    assert_eq!(world.ask(&rotated, &[]).status, 200);
}

#[test]
fn such_a_token_ends_with_its_user_its_client_and_its_issuer() {
    type End = fn(&keyfob::store::Tx) -> Result<(), StoreError>;
    let rows: [(&str, End); 5] = [
        ("the user", |tx| {
            revocations::revoke_user(tx, &Subject::trusted("u-ola"))
        }),
        ("the client", |tx| {
            revocations::revoke_client(tx, &ClientId::trusted("job"))
        }),
        ("the issuer", |tx| {
            let by = By::command_line();
            admin::deletion::delete::<TrustedIssuer>(tx, &by, IDP).map_err(failed)?;
            Ok(())
        }),
        ("the issuer may vouch for less", |tx| {
            let input = TrustedIssuerInput {
                scope: Some("openid".into()),
                ..TrustedIssuerInput::default()
            };
            let input = input.check().map_err(failed)?;
            let by = By::command_line();
            admin::object::update::<TrustedIssuer>(tx, &by, IDP, input).map_err(failed)?;
            Ok(())
        }),
        ("the client is no longer one of the issuer's", |tx| {
            let input = TrustedIssuerInput {
                clients: Some(vec!["stranger".into()]),
                ..TrustedIssuerInput::default()
            };
            let input = input.check().map_err(failed)?;
            let by = By::command_line();
            admin::object::update::<TrustedIssuer>(tx, &by, IDP, input).map_err(failed)?;
            Ok(())
        }),
    ];
    for (name, end) in rows {
        let world = World::new();
        let token = world.ask(&world.assertion(&json!({})), &[]).json()["access_token"].clone();
        let bearer = format!("Bearer {}", token.as_str().unwrap());
        let userinfo = || {
            world
                .server
                .get("/api/v1/oauth/userinfo", &[("authorization", &bearer)])
                .status
        };
        assert_eq!(userinfo(), 200, "{name}");
        world.server.app.store.write_blocking(end).unwrap();
        assert_eq!(userinfo(), 401, "{name}");
    }
}

// RFC 7521 §4.1.1: the issuer's word does not lead a client out of its delegation_teams.
#[test]
fn a_client_with_delegation_teams_gets_tokens_for_their_members_only() {
    let world = World::new();
    let team = Team {
        id: TeamId::trusted("acme"),
        name: "Acme".into(),
        disabled: false,
        managed_by: None,
        created_at: START,
    };
    world.server.put(team);
    world.server.user("u-kari", |user| {
        user.teams = vec!["acme".parse().unwrap()];
    });
    change(&world.server, |tx, by| {
        let limited = ClientInput {
            registration: ClientRegistration {
                delegation_teams: Some(vec!["acme".into()]),
                ..Default::default()
            },
            ..Default::default()
        };
        admin::object::update::<keyfob::domain::client::Client>(tx, by, "job", limited.check(None)?)
    });
    let ask = |sub: &str| world.ask(&world.assertion(&json!({ "sub": sub })), &[]);
    assert_eq!(ask("u-ola").refusal(), invalid_grant());
    let answer = ask("u-kari");
    assert_eq!(answer.status, 200, "{}", answer.text);
    // It ends with the membership.
    let bearer = format!("Bearer {}", answer.json()["access_token"].as_str().unwrap());
    let userinfo = || {
        let headers = [("authorization", bearer.as_str())];
        world.server.get("/api/v1/oauth/userinfo", &headers).status
    };
    assert_eq!(userinfo(), 200);
    change(&world.server, |tx, by| {
        admin::users::leave(tx, by, "u-kari", "acme")
    });
    assert_eq!(userinfo(), 401);
}
