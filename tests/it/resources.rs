//! Resource indicators (RFC 8707): what a token is for follows from what was asked, and never widens.

use keyfob::{
    admin::By,
    domain::{
        consent::Consent,
        name::{ClientId, Subject},
        scope::ScopeSet,
    },
    store::{StoreError, consents},
};
use serde_json::{Value, json};

use crate::support::{Answer, Server, VERIFIER, browser::Browser, claims};

const TOKEN: &str = "/api/v1/oauth/token";
const NOTES: &str = "https://api.example.com/notes";
const FILES: &str = "https://api.example.com/files";

/// Parameters of a request.
type Fields<'a> = &'a [(&'a str, &'a str)];

/// Two resources, `shared` belonging to both, and a client that may have everything there is.
fn ready() -> Server {
    let server = Server::start();
    server.resource(NOTES, "notes:read shared", None);
    server.resource(FILES, "files:read shared", None);
    server.resource("https://api.example.com/secret", "secret:read", None);
    server.person("u-ola");
    server.client(
        "web",
        json!({"grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none",
               "redirect_uris": ["https://app.example/cb"], "require_consent": false,
               "allowed_resources": [NOTES, FILES],
               "scope": "openid email offline_access notes:read files:read shared secret:read keyfob:delegate"}),
    );
    server
}

fn service(server: &Server, scope: &str) -> String {
    server.client(
        "service",
        json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic",
               "allowed_resources": [NOTES, FILES], "scope": scope}),
    )
}

/// What comes back at the client from the authorization endpoint.
fn authorize(server: &Server, fields: Fields) -> Value {
    use keyfob::crypto::hash;
    let challenge = hash::base64url(&hash::sha256(VERIFIER.as_bytes()));
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs([
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", "https://app.example/cb"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ]);
    query.extend_pairs(fields);
    let path = format!("/api/v1/oauth/authorize?{}", query.finish());
    let mut browser = Browser::new(server);
    browser.carry(&server.signed_in("u-ola"));
    let mut answer = browser.get(&path);
    // A scope with power over this server.
    if answer.leads_to("/login") {
        answer = browser.sign_in(&answer, "u-ola");
    }
    assert_eq!(answer.status, 303, "{}", answer.text);
    let location = url::Url::parse(answer.header("location").unwrap()).unwrap();
    location
        .query_pairs()
        .map(|(name, value)| (name.into_owned(), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn exchange(server: &Server, fields: Fields) -> Answer {
    let fields = [&[("client_id", "web")], fields].concat();
    server.form(TOKEN, None, &fields)
}

fn redeem(server: &Server, code: &Value, fields: Fields) -> Answer {
    let code = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str().unwrap()),
        ("code_verifier", VERIFIER),
    ];
    exchange(server, &[&code, fields].concat())
}

fn refresh(server: &Server, token: &Value, fields: Fields) -> Answer {
    let token = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str().unwrap()),
    ];
    exchange(server, &[&token, fields].concat())
}

fn audience_and_scope(answer: &Answer) -> (Value, String) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let claims = claims(&answer.json()["access_token"]);
    let scope = claims["scope"].as_str().unwrap().to_owned();
    (claims["aud"].clone(), scope)
}

#[test]
fn what_is_asked_at_the_authorization_endpoint_selects_audience_and_scopes() {
    let server = ready();
    let issuer = server.url.as_str();
    let rows: &[(&str, &str, &[&str], Value, &str)] = &[
        (
            "RFC 9068 §3: without a resource this server",
            "openid email",
            &[],
            json!(issuer),
            "openid email",
        ),
        (
            "RFC 8707 §2.1",
            "notes:read",
            &[NOTES],
            json!(NOTES),
            "notes:read",
        ),
        (
            "RFC 3986 §6.2.2: another spelling",
            "notes:read",
            &["HTTPS://API.example.com:443/notes"],
            json!(NOTES),
            "notes:read",
        ),
        (
            "the same one twice",
            "notes:read",
            &[NOTES, NOTES],
            json!(NOTES),
            "notes:read",
        ),
        (
            "openid adds the issuer",
            "openid notes:read",
            &[NOTES],
            json!([NOTES, issuer]),
            "openid notes:read",
        ),
        (
            "several",
            "notes:read files:read",
            &[NOTES, FILES],
            json!([NOTES, FILES]),
            "notes:read files:read",
        ),
        (
            "a scope of another resource is left out",
            "notes:read files:read",
            &[NOTES],
            json!(NOTES),
            "notes:read",
        ),
        (
            "a scope of two resources goes with either",
            "shared",
            &[FILES],
            json!(FILES),
            "shared",
        ),
        (
            "a scope of no resource goes with any",
            "email",
            &[FILES],
            json!(FILES),
            "email",
        ),
        (
            "RFC 9068 §3: inferred from the scope",
            "openid notes:read",
            &[],
            json!([NOTES, issuer]),
            "openid notes:read",
        ),
        (
            "the shared scope follows",
            "shared notes:read",
            &[],
            json!(NOTES),
            "shared notes:read",
        ),
        (
            "power over this server is not for an API",
            "email keyfob:delegate",
            &[NOTES],
            json!(NOTES),
            "email",
        ),
        (
            "unless both are named",
            "notes:read keyfob:delegate",
            &[NOTES, issuer],
            json!([NOTES, issuer]),
            "notes:read keyfob:delegate",
        ),
        (
            "the issuer is a resource",
            "notes:read email",
            &[issuer],
            json!(issuer),
            "email",
        ),
        (
            "a resource that the client may not ask for is not inferred",
            "email secret:read",
            &[],
            json!(issuer),
            "email",
        ),
    ];
    for (name, scope, resources, audience, granted) in rows {
        let mut fields = vec![("scope", *scope)];
        fields.extend(resources.iter().map(|uri| ("resource", *uri)));
        let answer = authorize(&server, &fields);
        let token = redeem(&server, &answer["code"], &[]);
        assert_eq!(
            audience_and_scope(&token),
            (audience.clone(), (*granted).to_owned()),
            "{name}"
        );
    }
}

#[test]
fn a_target_that_cannot_be_is_refused_at_the_authorization_endpoint() {
    let server = ready();
    let rows: &[(&str, &str, &[&str], &str)] = &[
        (
            "unknown (RFC 8707 §2)",
            "email",
            &["https://evil.example"],
            "invalid_target",
        ),
        (
            "one of two unknown",
            "email",
            &[NOTES, "https://evil.example"],
            "invalid_target",
        ),
        (
            "not allowed to the client",
            "email",
            &["https://api.example.com/secret"],
            "invalid_target",
        ),
        (
            "a fragment (RFC 8707 §2)",
            "email",
            &["https://api.example.com/notes#x"],
            "invalid_target",
        ),
        ("no URI", "email", &["notes"], "invalid_target"),
        (
            "two defaults (RFC 9068 §3)",
            "notes:read files:read",
            &[],
            "invalid_scope",
        ),
        (
            "this server and another",
            "notes:read keyfob:delegate",
            &[],
            "invalid_scope",
        ),
        ("nothing fits", "files:read", &[NOTES], "invalid_scope"),
        (
            "nothing is inferred from a scope of two",
            "shared",
            &[],
            "invalid_scope",
        ),
    ];
    for (name, scope, resources, error) in rows {
        let mut fields = vec![("scope", *scope)];
        fields.extend(resources.iter().map(|uri| ("resource", *uri)));
        let answer = authorize(&server, &fields);
        assert_eq!(answer["error"], *error, "{name}: {answer}");
        assert_eq!(answer.get("code"), None, "{name}");
    }
    // What to do about it, where nothing was asked for that could be wrong.
    let answer = authorize(&server, &[("scope", "shared")]);
    let told = "The requested scopes belong to several resources. Name one with resource (RFC 8707 section 2).";
    assert_eq!(answer["error_description"], told);
}

// RFC 8707 §2.2
#[test]
fn the_token_endpoint_narrows_what_was_granted() {
    let server = ready();
    let issuer = server.url.as_str();
    let all = [
        ("scope", "openid email offline_access notes:read files:read"),
        ("resource", NOTES),
        ("resource", FILES),
    ];
    let code = authorize(&server, &all)["code"].clone();
    let first = redeem(&server, &code, &[("resource", FILES)]);
    assert_eq!(
        audience_and_scope(&first),
        (
            json!([FILES, issuer]),
            "openid email offline_access files:read".into()
        )
    );
    let mut refresh_token = first.json()["refresh_token"].clone();
    let rows: &[(&str, Fields, Value, &str)] = &[
        (
            "the refresh token keeps the whole",
            &[],
            json!([NOTES, FILES, issuer]),
            "openid email offline_access notes:read files:read",
        ),
        (
            "one resource",
            &[("resource", NOTES)],
            json!([NOTES, issuer]),
            "openid email offline_access notes:read",
        ),
        (
            "one resource, one scope",
            &[("resource", NOTES), ("scope", "notes:read")],
            json!(NOTES),
            "notes:read",
        ),
        (
            "this server alone",
            &[("resource", issuer)],
            json!(issuer),
            "openid email offline_access",
        ),
    ];
    for (name, fields, audience, scope) in rows {
        let answer = refresh(&server, &refresh_token, fields);
        assert_eq!(
            audience_and_scope(&answer),
            (audience.clone(), (*scope).to_owned()),
            "{name}"
        );
        refresh_token = answer.json()["refresh_token"].clone();
    }
    let rows: &[(&str, Fields, &str)] = &[
        (
            "never granted",
            &[("resource", "https://api.example.com/secret")],
            "invalid_target",
        ),
        (
            "unknown",
            &[("resource", "https://evil.example")],
            "invalid_target",
        ),
        (
            "a scope of the other resource",
            &[("resource", NOTES), ("scope", "files:read")],
            "invalid_scope",
        ),
        (
            "a scope never granted",
            &[("scope", "shared")],
            "invalid_scope",
        ),
    ];
    for (name, fields, error) in rows {
        let answer = refresh(&server, &refresh_token, fields);
        assert_eq!(answer.refusal(), (400, (*error).to_owned()), "{name}");
    }
    assert_eq!(
        refresh(&server, &refresh_token, &[]).status,
        200,
        "a refusal consumes nothing"
    );
}

// RFC 8707 §2.2
#[test]
fn a_grant_for_this_server_is_never_widened_to_a_resource() {
    let server = ready();
    let code = authorize(&server, &[("scope", "email offline_access")])["code"].clone();
    let refused = redeem(&server, &code, &[("resource", NOTES)]);
    assert_eq!(refused.refusal(), (400, "invalid_target".into()));
    let token = redeem(&server, &code, &[("resource", server.url.as_str())]);
    assert_eq!(audience_and_scope(&token).0, json!(server.url));
    let refused = refresh(
        &server,
        &token.json()["refresh_token"],
        &[("resource", NOTES)],
    );
    assert_eq!(refused.refusal(), (400, "invalid_target".into()));
}

// Rule P40: the policy is looked at again at every issue.
#[test]
fn what_a_registration_has_lost_is_lost_at_the_next_refresh() {
    let server = ready();
    let fields = [
        ("scope", "email offline_access notes:read"),
        ("resource", NOTES),
        ("resource", FILES),
    ];
    let code = authorize(&server, &fields)["code"].clone();
    let token = redeem(&server, &code, &[]).json();
    let change = |allowed: Value| {
        server.client(
            "web",
            json!({"grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none",
                   "redirect_uris": ["https://app.example/cb"], "allowed_resources": allowed,
                   "scope": "offline_access notes:read files:read"}),
        );
    };
    change(json!([FILES]));
    let refreshed = refresh(&server, &token["refresh_token"], &[]);
    assert_eq!(
        audience_and_scope(&refreshed),
        (json!(FILES), "offline_access".into())
    );
    change(json!([]));
    let refused = refresh(&server, &refreshed.json()["refresh_token"], &[]);
    assert_eq!(refused.refusal(), (400, "invalid_target".into()));
}

#[test]
fn a_clients_own_token_is_for_what_it_asks_and_nothing_beside() {
    let server = ready();
    let secret = service(
        &server,
        "notes:read files:read email secret:read keyfob:delegate",
    );
    let ask = |fields: Fields| {
        let fields = [&[("grant_type", "client_credentials")], fields].concat();
        server.form(TOKEN, Some(("service", &secret)), &fields)
    };
    let issuer = server.url.as_str();
    let rows: &[(Fields, Value, &str)] = &[
        (&[("scope", "notes:read")], json!(NOTES), "notes:read"),
        (
            &[("scope", "notes:read"), ("resource", NOTES)],
            json!(NOTES),
            "notes:read",
        ),
        (
            &[("scope", "email keyfob:delegate")],
            json!(issuer),
            "email keyfob:delegate",
        ),
        (
            &[
                ("scope", "notes:read files:read"),
                ("resource", NOTES),
                ("resource", FILES),
            ],
            json!([NOTES, FILES]),
            "notes:read files:read",
        ),
    ];
    for (fields, audience, scope) in rows {
        assert_eq!(
            audience_and_scope(&ask(fields)),
            (audience.clone(), (*scope).to_owned()),
            "{fields:?}"
        );
    }
    let rows: &[(Fields, &str)] = &[
        (&[("resource", "https://evil.example")], "invalid_target"),
        (
            &[("resource", "https://api.example.com/secret")],
            "invalid_target",
        ),
        (&[("scope", "secret:read")], "invalid_scope"),
        (
            &[("scope", "files:read"), ("resource", NOTES)],
            "invalid_scope",
        ),
        (
            &[("scope", "keyfob:delegate"), ("resource", NOTES)],
            "invalid_scope",
        ),
        (&[("scope", "notes:read files:read")], "invalid_scope"),
        (&[], "invalid_scope"),
    ];
    for (fields, error) in rows {
        assert_eq!(
            ask(fields).refusal(),
            (400, (*error).to_owned()),
            "{fields:?}"
        );
    }
}

// RFC 9068 §4, rule B80
#[test]
fn a_token_for_a_resource_opens_nothing_here() {
    let server = ready();
    let code = authorize(
        &server,
        &[("scope", "email notes:read"), ("resource", NOTES)],
    )["code"]
        .clone();
    let token = redeem(&server, &code, &[]).json();
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    for path in ["/api/v1/oauth/userinfo", "/api/v1/oauth/principal-token"] {
        let answer = server.get(path, &[("authorization", &bearer)]);
        assert_eq!(answer.refusal(), (401, "invalid_token".into()), "{path}");
    }
    let answer = server.json(
        "/api/v1/oauth/delegated-token",
        &[("authorization", &bearer)],
        &json!({"sub": "u-ola"}),
    );
    assert_eq!(answer.refusal(), (401, "invalid_token".into()));
}

#[test]
fn a_deleted_resource_leaves_grants_and_consents_and_does_not_come_back_to_them() {
    let server = ready();
    let granted = |resources: &[(&'static str, &'static str)]| {
        let fields = [("scope", "offline_access notes:read files:read")];
        let code = authorize(&server, &[&fields, resources].concat())["code"].clone();
        redeem(&server, &code, &[]).json()["refresh_token"].clone()
    };
    let alone = granted(&[("resource", NOTES)]);
    let both = granted(&[("resource", NOTES), ("resource", FILES)]);
    let consent = |resource: &str| Consent {
        sub: Subject::trusted("u-ola"),
        client_id: ClientId::trusted("web"),
        resource: resource.to_owned(),
        scope: ScopeSet::parse("shared").unwrap(),
        claims: Default::default(),
        updated_at: server.app.now(),
    };
    let remembered = [consent(NOTES), consent(FILES)];
    let left = server.app.store.write_blocking(move |tx| {
        remembered
            .iter()
            .try_for_each(|one| consents::put(tx, one))?;
        let by = By::command_line();
        let gone =
            keyfob::admin::deletion::delete::<keyfob::domain::resource::Resource>(tx, &by, NOTES);
        gone.map_err(|error| StoreError::Failed(error.to_string()))?;
        consents::of_user(tx, "u-ola")
    });
    let left: Vec<_> = left.unwrap().into_iter().map(|one| one.resource).collect();
    assert_eq!(left, [FILES]);
    let error = |answer: Answer| answer.refusal().1;
    assert_eq!(error(refresh(&server, &alone, &[])), "invalid_grant");
    // Registered anew, it may be another API: nobody has granted anything there.
    server.resource(NOTES, "notes:read shared", None);
    assert_eq!(error(refresh(&server, &alone, &[])), "invalid_grant");
    let next = refresh(&server, &both, &[]);
    assert_eq!(audience_and_scope(&next).0, json!(FILES));
}
