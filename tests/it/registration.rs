//! Clients that register themselves (RFC 7591).

mod limits;
mod management;

use keyfob::{
    app::upkeep,
    config::{Live, Registration, settings::Settings},
    domain::{client::Client, resource::ResourceUri, secret::Secret, time::Lifetime},
};
use serde_json::{Value, json};

use crate::support::{Answer, Server, VERIFIER, claims};

const REGISTER: &str = "/api/v1/oauth/register";
const TOKEN: &str = "/api/v1/oauth/token";
const INITIAL: &str = "an-initial-access-token";

fn server(mode: Registration) -> Server {
    Server::start_with(|told| configure(told, mode))
}

fn configure(told: &mut Settings, mode: Registration) {
    told.live.registration = mode;
    told.live.registration_token = Some(Secret::new(INITIAL));
}

fn post(server: &Server, metadata: &Value) -> Answer {
    server.json(REGISTER, &[], metadata)
}

/// Registers with the initial access token.
fn trusted(server: &Server, metadata: &Value) -> Answer {
    server.json(
        REGISTER,
        &[("authorization", &format!("Bearer {INITIAL}"))],
        metadata,
    )
}

fn web() -> Value {
    json!({"client_name": "Notes", "redirect_uris": ["https://app.example/cb"]})
}

/// An RSA key with a modulus of this many characters.
fn rsa(length: usize, e: &str) -> Value {
    json!({"kty": "RSA", "n": "v".repeat(length), "e": e})
}

fn web_with(name: &str, value: Value) -> Value {
    let mut metadata = web();
    metadata[name] = value;
    metadata
}

// Rule P34: what is off is neither there nor announced.
#[test]
fn registration_is_off_until_it_is_switched_on() {
    for (mode, on) in [
        (Registration::Off, false),
        (Registration::Token, true),
        (Registration::Open, true),
    ] {
        let server = server(mode);
        let metadata = server.get("/.well-known/openid-configuration", &[]).json();
        let endpoint = on.then(|| format!("{}{REGISTER}", server.url));
        assert_eq!(
            metadata["registration_endpoint"],
            json!(endpoint),
            "{mode:?}"
        );
        let described = server.get("/openapi.json", &[]).json()["paths"]
            .get(REGISTER)
            .is_some();
        assert_eq!(described, on, "{mode:?}");
        let status = if on { 201 } else { 404 };
        assert_eq!(trusted(&server, &web()).status, status, "{mode:?}");
        for method in ["GET", "PUT", "DELETE"] {
            let answer = server.send(method, &format!("{REGISTER}/x"), &[], None);
            assert_eq!(
                answer.status,
                if on { 401 } else { 404 },
                "{mode:?} {method}"
            );
        }
        let answer = server.get(REGISTER, &[]);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    }
}

// Older MCP clients look at the root, and pages of any origin register themselves.
#[test]
fn a_page_of_any_origin_registers_itself_also_at_the_root() {
    let server = server(Registration::Open);
    for path in [REGISTER, "/register"] {
        let answer = server.json(path, &[("origin", "https://page.example")], &web());
        assert_eq!(answer.status, 201, "{path}");
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some("*"),
            "{path}"
        );
        assert_eq!(
            answer.header("access-control-allow-credentials"),
            None,
            "{path}"
        );
    }
    let off = self::server(Registration::Off);
    assert_eq!(off.json("/register", &[], &web()).status, 404);
}

// RFC 7591 §3; rule B84.
#[test]
fn without_the_initial_access_token_nobody_registers() {
    let server = server(Registration::Token);
    let none = post(&server, &web());
    assert_eq!(none.refusal(), (401, "invalid_token".into()));
    assert_eq!(
        none.header("www-authenticate"),
        Some(r#"Bearer realm="keyfob""#)
    );
    let in_body = post(&server, &web_with("access_token", json!(INITIAL)));
    assert_eq!(in_body.refusal(), (401, "invalid_token".into()));
    let in_query = server.json(&format!("{REGISTER}?access_token={INITIAL}"), &[], &web());
    assert_eq!(in_query.refusal(), (401, "invalid_token".into()));
    for (authorization, expected) in [
        ("Bearer wrong", (401, "invalid_token")),
        ("Bearer", (400, "invalid_request")),
        ("Basic eDp5", (400, "invalid_request")),
    ] {
        let answer = server.json(REGISTER, &[("authorization", authorization)], &web());
        assert_eq!(
            answer.refusal(),
            (expected.0, expected.1.into()),
            "{authorization}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    assert_eq!(trusted(&server, &web()).status, 201);
    // Where it is open a wrong one is still wrong.
    let server = self::server(Registration::Open);
    let wrong = server.json(REGISTER, &[("authorization", "Bearer wrong")], &web());
    assert_eq!(wrong.refusal(), (401, "invalid_token".into()));
}

// RFC 7591 §2, §3.2.1; OIDC Registration §2; rule B81.
#[test]
fn the_answer_says_all_that_is_registered_defaults_included() {
    let server = server(Registration::Open);
    let answer = post(&server, &web());
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let client = answer.json();
    let id = client["client_id"].as_str().unwrap();
    let expected = [
        ("client_id_issued_at", json!(server.app.now())),
        ("client_secret_expires_at", json!(0)),
        (
            "registration_client_uri",
            json!(format!("{}{REGISTER}/{id}", server.url)),
        ),
        ("client_name", json!("Notes")),
        ("redirect_uris", json!(["https://app.example/cb"])),
        ("grant_types", json!(["authorization_code"])),
        ("response_types", json!(["code"])),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("id_token_signed_response_alg", json!("RS256")),
        (
            "scope",
            json!("openid profile email address phone offline_access"),
        ),
    ];
    for (name, value) in expected {
        assert_eq!(client[name], value, "{name}");
    }
    assert_eq!(client["client_secret"].as_str().unwrap().len(), 43);
    assert_eq!(
        client["registration_access_token"].as_str().unwrap().len(),
        43
    );
    let full = json!({
        "client_name": "Notes", "client_uri": "https://app.example", "logo_uri": "https://app.example/logo",
        "policy_uri": "https://app.example/policy", "tos_uri": "https://app.example/tos",
        "contacts": ["ola@app.example"], "software_id": "notes", "software_version": "1",
        "redirect_uris": ["https://app.example/cb", "com.example.app:/cb", "http://127.0.0.1/cb"],
        "post_logout_redirect_uris": ["https://app.example/bye"],
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "scope": "openid email", "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256", "jwks_uri": "https://app.example/jwks",
        "id_token_signed_response_alg": "EdDSA", "request_object_signing_alg": "ES256",
        "require_signed_request_object": true, "require_pushed_authorization_requests": true,
        "dpop_bound_access_tokens": true, "default_max_age": 600, "require_auth_time": true,
        "backchannel_logout_uri": "https://app.example/logout", "backchannel_logout_session_required": true,
    });
    let client = post(&server, &full).json();
    for (name, value) in full.as_object().unwrap() {
        assert_eq!(&client[name], value, "{name}");
    }
    for name in ["client_secret", "client_secret_expires_at"] {
        assert!(client.get(name).is_none(), "{name}");
    }
    let public = post(
        &server,
        &web_with("token_endpoint_auth_method", json!("none")),
    )
    .json();
    assert!(public.get("client_secret").is_none());
    let scoped = post(&server, &web_with("scope", json!("email"))).json();
    assert!(
        scoped.get("id_token_signed_response_alg").is_none(),
        "only OpenID clients have ID tokens"
    );
}

// Rules B82, B83 and P18: every member that is an address, and every rule that is said.
#[test]
fn what_cannot_be_registered_is_refused_and_named() {
    let metadata = "invalid_client_metadata";
    let mut rows = vec![
        (json!({}), "invalid_redirect_uri", "redirect_uris"),
        (
            web_with("token_endpoint_auth_method", json!("magic")),
            metadata,
            "token_endpoint_auth_method",
        ),
        (
            web_with("token_endpoint_auth_method", json!(7)),
            metadata,
            "token_endpoint_auth_method",
        ),
        (
            web_with("token_endpoint_auth_method", json!("private_key_jwt")),
            metadata,
            "jwks",
        ),
        (
            web_with("grant_types", json!(["password"])),
            metadata,
            "grant_types[0]",
        ),
        (
            web_with("grant_types", json!(["implicit"])),
            metadata,
            "grant_types[0]",
        ),
        (
            web_with("grant_types", json!("authorization_code")),
            metadata,
            "grant_types",
        ),
        (
            web_with("grant_types", json!(["client_credentials"])),
            metadata,
            "grant_types[0]",
        ),
        // OIDC Registration §2: tokens are not encrypted, and there are two kinds of applications.
        (
            web_with("id_token_encrypted_response_alg", json!("RSA-OAEP")),
            metadata,
            "id_token_encrypted_response_alg",
        ),
        (
            web_with("userinfo_encrypted_response_alg", json!("RSA-OAEP")),
            metadata,
            "userinfo_encrypted_response_alg",
        ),
        (
            web_with("application_type", json!("toaster")),
            metadata,
            "application_type",
        ),
        (
            web_with("response_types", json!(["token"])),
            metadata,
            "response_types",
        ),
        (
            web_with("response_types", json!([])),
            metadata,
            "response_types",
        ),
        (
            web_with(
                "jwks",
                json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "d": "d"}]}),
            ),
            metadata,
            "jwks.keys[0]",
        ),
        (
            web_with("jwks", json!({"keys": [{"kty": "oct", "k": "x"}]})),
            metadata,
            "jwks.keys[0]",
        ),
        (web_with("jwks", json!([])), metadata, "jwks"),
        (
            web_with(
                "jwks",
                json!({"keys": [rsa(342, "AQAB"), rsa(1366, "AQAB")]}),
            ),
            metadata,
            "jwks.keys[1]",
        ),
        (
            web_with("jwks", json!({"keys": [rsa(342, "Af____8")]})),
            metadata,
            "jwks.keys[0]",
        ),
        (
            web_with("jwks", json!({"keys": vec![rsa(342, "AQAB"); 33]})),
            metadata,
            "jwks",
        ),
        (
            json!({"redirect_uris": ["https://app.example/cb"], "jwks": {"keys": []}, "jwks_uri": "https://app.example/jwks"}),
            metadata,
            "jwks",
        ),
        (
            web_with("id_token_signed_response_alg", json!("none")),
            metadata,
            "id_token_signed_response_alg",
        ),
        (
            web_with("id_token_signed_response_alg", json!("HS256")),
            metadata,
            "id_token_signed_response_alg",
        ),
        (
            web_with("subject_type", json!("pairwise")),
            metadata,
            "subject_type",
        ),
        (web_with("scope", json!("keyfob:admin")), metadata, "scope"),
        (web_with("scope", json!("a\"b")), metadata, "scope"),
        (web_with("scope", json!(["openid"])), metadata, "scope"),
        (
            web_with("client_name", json!("a\u{7}b")),
            metadata,
            "client_name",
        ),
        (
            web_with("contacts", json!(["a\nb"])),
            metadata,
            "contacts[0]",
        ),
        (
            web_with("default_max_age", json!(-1)),
            metadata,
            "default_max_age",
        ),
    ];
    let unsafe_uris = [
        "https://app.example/cb#x",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "http://app.example/cb",
        "https://*.example/cb",
        "https://good@evil.example/cb",
        "https://good:x@evil.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.1:1@evil.example/",
        "app:/cb",
        "//app.example/cb",
        "app.example",
        "",
        "https://",
        "https:\\\\app.example",
        "https://a b/",
    ];
    for uri in unsafe_uris {
        rows.push((
            json!({"redirect_uris": [uri]}),
            "invalid_redirect_uri",
            "redirect_uris[0]",
        ));
        rows.push((
            web_with("post_logout_redirect_uris", json!([uri])),
            metadata,
            "post_logout_redirect_uris[0]",
        ));
        for member in [
            "client_uri",
            "logo_uri",
            "policy_uri",
            "tos_uri",
            "jwks_uri",
            "backchannel_logout_uri",
        ] {
            // Whether those are shown, fetched or posted to: none is a link into a browser or a stranger.
            // What is empty is as if it were not there.
            if !matches!(uri, "https://*.example/cb" | "") {
                rows.push((web_with(member, json!(uri)), metadata, member));
            }
        }
    }
    let internal = [
        "https://127.0.0.1/x",
        "https://localhost/x",
        "http://localhost/x",
        "https://10.0.0.1/x",
        "https://169.254.169.254/x",
        "https://[::1]/x",
        "https://[::ffff:169.254.169.254]/x",
        "https://2852039166/x",
        "https://0.0.0.0/x",
    ];
    for uri in internal {
        rows.push((web_with("jwks_uri", json!(uri)), metadata, "jwks_uri"));
        rows.push((
            web_with("backchannel_logout_uri", json!(uri)),
            metadata,
            "backchannel_logout_uri",
        ));
    }
    let server = server(Registration::Open);
    for (registration, code, member) in rows {
        server.clock.advance(Lifetime(60));
        let answer = post(&server, &registration);
        assert_eq!(answer.refusal(), (400, code.into()), "{registration}");
        let description = answer.json()["error_description"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            description.starts_with(&format!("{member}: ")),
            "{registration}: {description}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let bodies: [(&str, &str); 7] = [
        ("application/json", ""),
        ("application/json", "null"),
        ("application/json", "[]"),
        ("application/json", "{"),
        ("application/json", "\"x\""),
        (
            "application/x-www-form-urlencoded",
            "redirect_uris=https%3A%2F%2Fapp.example",
        ),
        (
            "text/plain",
            r#"{"redirect_uris":["https://app.example/cb"]}"#,
        ),
    ];
    for (content_type, body) in bodies {
        let answer = server.send(
            "POST",
            REGISTER,
            &[("content-type", content_type)],
            Some(body.as_bytes()),
        );
        assert_eq!(
            answer.refusal(),
            (400, metadata.into()),
            "{content_type} {body}"
        );
    }
}

// RFC 7591 §2; rules B83, C20, P24.
#[test]
fn what_only_an_operator_may_say_is_left_out() {
    let server = Server::start_with(|told| {
        configure(told, Registration::Open);
        told.live.registration_scope = "openid email notes:read offline_access".parse_scope();
    });
    server.user("u-ola", |_| {});
    let asked = json!({
        "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "client_secret_basic",
        "client_id": "u-ola", "client_secret": "chosen by the client", "registration_access_token": "chosen",
        "scope": "openid profile keyfob:admin keyfob:delegate notes:read email",
        "require_consent": false, "require_pkce": false, "delegation_teams": [], "profile": "fapi2",
        "assertion_audience": "token_endpoint", "allowed_resources": ["https://api.example"],
        "cors_origins": ["https://evil.example"], "access_token_lifetime": 86400, "id_token_lifetime": 86400,
        "refresh_token_lifetime": 86_400_000, "refresh_token_idle_lifetime": 86_400_000,
        "may_act": "u-ola", "disabled": true, "managed_by": "x", "unknown": {"a": [1]}, "software_statement": "x.y.z",
    });
    let answer = post(&server, &asked);
    assert_eq!(answer.status, 201, "{}", answer.text);
    let answer = answer.json();
    let id = answer["client_id"].as_str().unwrap();
    assert!(id != "u-ola" && answer["client_secret"] != "chosen by the client");
    assert_ne!(answer["registration_access_token"], "chosen");
    // There is no scope notes:read on this server.
    assert_eq!(answer["scope"], "openid email");
    let snapshot = server.app.directory.snapshot();
    let client = snapshot.client(id).unwrap();
    let metadata = &client.metadata;
    assert!(metadata.require_consent && metadata.require_pkce.is_none() && !client.disabled);
    assert_eq!(metadata.allowed_resources, Some(Vec::new()));
    assert_eq!(
        (&metadata.delegation_teams, metadata.profile),
        (&None, None)
    );
    assert!(metadata.may_act.is_none());
    assert_eq!(
        serde_json::to_value(metadata.assertion_audience).unwrap(),
        "token_endpoint",
        "its own affair"
    );
    assert!(metadata.cors_origins.is_empty() && client.managed_by.is_none());
    let lifetimes = [
        metadata.access_token_lifetime,
        metadata.id_token_lifetime,
        metadata.refresh_token_lifetime,
        metadata.refresh_token_idle_lifetime,
    ];
    assert_eq!(lifetimes, [None; 4]);
}

// RFC 7591 §3.2.1: an MCP client registers with what it needs first, and steps up later.
#[test]
fn a_client_of_one_resource_may_ask_for_its_other_scopes_later() {
    let api = "https://api.example/mcp";
    let server = Server::start_with(|told| {
        configure(told, Registration::Open);
        told.live.registration_scope = "openid".parse_scope();
        told.live.registration_resources = vec![ResourceUri::parse(api).unwrap()];
    });
    server.resource(api, "mcp:tools mcp:admin", None);
    server.resource("https://other.example/", "other:read", None);
    let scope_of = |asked: &str| {
        let answer = post(&server, &web_with("scope", json!(asked)));
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()["scope"].clone()
    };
    assert_eq!(scope_of("mcp:tools"), "mcp:tools mcp:admin");
    assert_eq!(scope_of("openid"), "openid");
    assert_eq!(scope_of("openid other:read"), "openid");
}

/// A scope as the settings have it.
trait ParseScope {
    fn parse_scope(self) -> keyfob::domain::scope::ScopeSet;
}

impl ParseScope for &str {
    fn parse_scope(self) -> keyfob::domain::scope::ScopeSet {
        keyfob::domain::scope::ScopeSet::parse(self).unwrap()
    }
}

#[test]
fn what_is_registered_works_and_its_secrets_are_stored_as_hashes() {
    let server = server(Registration::Token);
    let machine =
        json!({"grant_types": ["client_credentials"], "response_types": [], "scope": "email"});
    let client = trusted(&server, &machine).json();
    assert_eq!(client["response_types"], json!([]));
    let (id, secret) = (
        client["client_id"].as_str().unwrap(),
        client["client_secret"].as_str().unwrap(),
    );
    let tokens = server.form(
        TOKEN,
        Some((id, secret)),
        &[("grant_type", "client_credentials")],
    );
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    assert_eq!(tokens.json()["scope"], "email");
    let database = server.app.store.path().to_owned();
    for file in [database.clone(), database.with_extension("db-wal")] {
        let bytes = std::fs::read(file).unwrap();
        for secret in [
            secret,
            client["registration_access_token"].as_str().unwrap(),
        ] {
            assert!(
                !bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes())
            );
        }
    }
}

// OIDC Registration §2: id_token_signed_response_alg.
#[test]
fn an_openid_client_that_names_no_algorithm_gets_rs256() {
    let server = server(Registration::Open);
    server.user("u-ola", |_| {});
    let client = post(
        &server,
        &web_with("token_endpoint_auth_method", json!("none")),
    )
    .json();
    let id = client["client_id"].as_str().unwrap();
    let code = server.code(id, "u-ola", "openid");
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", id),
        ("code", &code),
        ("code_verifier", VERIFIER),
    ];
    let tokens = server.form(TOKEN, None, &fields).json();
    let id_token = tokens["id_token"].as_str().unwrap();
    let header = id_token.split('.').next().unwrap();
    let header: Value =
        serde_json::from_slice(&keyfob::crypto::hash::from_base64url(header).unwrap()).unwrap();
    assert_eq!(header["alg"], "RS256");
    assert_eq!(claims(&tokens["id_token"])["aud"], id);
}

#[test]
fn a_client_that_anybody_registered_goes_when_nobody_uses_it() {
    let server = Server::start_with(|told| {
        configure(told, Registration::Open);
        told.live.registration_unused_lifetime = Lifetime::days(7);
        told.live.refresh_token_lifetime = Lifetime::days(30);
    });
    server.user("u-ola", |_| {});
    let [unused, used, adopted] = [0, 1, 2].map(|_| {
        post(&server, &web()).json()["client_id"]
            .as_str()
            .unwrap()
            .to_owned()
    });
    let kept = trusted(&server, &web()).json()["client_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let there = || {
        let upkeep = upkeep::once(&server.app);
        actix_web::rt::System::new().block_on(upkeep).unwrap();
        let snapshot = server.app.directory.snapshot();
        [&unused, &used, &kept, &adopted].map(|id| snapshot.client(id).is_some())
    };
    server.alter(&adopted, |client: &mut Client| {
        client.managed_by = Some("keyfob.toml".into());
    });
    server.clock.advance(Lifetime::days(6));
    assert_eq!(there(), [true, true, true, true]);
    // The test's own grants live 90 days.
    server.code(&used, "u-ola", "openid");
    server.clock.advance(Lifetime::days(2));
    assert_eq!(there(), [false, true, true, true]);
    server.clock.advance(Lifetime::days(89));
    assert_eq!(there(), [false, false, true, true]);
}

#[test]
fn one_network_registers_only_so_many_clients_at_a_time() {
    let server = server(Registration::Open);
    let statuses: Vec<_> = (0..31).map(|_| post(&server, &web()).status).collect();
    assert_eq!(statuses[..30], [201; 30]);
    assert_eq!(statuses[30], 429);
    assert_eq!(
        trusted(&server, &web()).status,
        429,
        "a token is a secret to guess"
    );
    server.clock.advance(Lifetime(60));
    assert_eq!(post(&server, &web()).status, 201);
}

#[test]
fn settings_that_cannot_be_are_refused() {
    type Row = (&'static str, fn(&mut Live));
    let rows: [Row; 4] = [
        ("registration_token", |live| {
            live.registration = Registration::Token;
        }),
        ("registration_token", |live| {
            live.registration_token = Some(Secret::new("short"));
        }),
        ("registration_token", |live| {
            live.registration_token = Some(Secret::new("sixteen or more characters"));
        }),
        ("registration_scope", |live| {
            live.registration_scope = "openid keyfob:admin".parse_scope();
        }),
    ];
    for (key, change) in rows {
        let mut live = Live::default();
        change(&mut live);
        assert_eq!(live.check().unwrap_err().key, key);
    }
}
