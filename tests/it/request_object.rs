//! Request objects: authorization requests that the client has signed (RFC 9101).

use keyfob::{
    crypto::keys::{Algorithm, SigningKey},
    domain::time::Lifetime,
};
use serde_json::{Value, json};

use crate::support::{
    Answer, Server, VERIFIER,
    browser::{Browser, authorize_path, challenge},
    jws::{es256, key_set, signed},
    web::{Reply, Web},
};

const PAR: &str = "/api/v1/oauth/par";
const CB: &str = "https://app.example/cb";
const TYPE: &str = "oauth-authz-req+jwt";

fn metadata(jwks: Value) -> Value {
    json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
           "redirect_uris": [CB], "scope": "openid profile", "jwks": jwks})
}

/// A server with the public client `app`, which signs with the key, and Ola.
fn ready() -> (Server, SigningKey) {
    let (server, key) = (Server::start(), es256());
    server.client("app", metadata(key_set(&[&key])));
    server.person("ola");
    (server, key)
}

/// The claims of a good object, with some set anew or, where null, left out.
fn request(server: &Server, changes: Value) -> Value {
    let now = server.app.now().0;
    let mut claims = json!({
        "iss": "app", "aud": server.url, "client_id": "app", "iat": now, "exp": now + 60,
        "response_type": "code", "redirect_uri": CB, "scope": "openid", "state": "inner",
        "code_challenge": challenge(), "code_challenge_method": "S256",
    });
    let members = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        members.remove(name);
        if !value.is_null() {
            members.insert(name.clone(), value.clone());
        }
    }
    claims
}

fn header(key: &SigningKey) -> Value {
    json!({"alg": key.algorithm().as_str(), "kid": key.kid(), "typ": TYPE})
}

fn object(server: &Server, key: &SigningKey, changes: Value) -> String {
    signed(key, &header(key), &request(server, changes))
}

fn path(object: &str) -> String {
    authorize_path(&[("client_id", "app"), ("request", object)])
}

fn error_of(answer: &Answer) -> (String, Option<String>) {
    let mut answer = answer.parameters();
    assert!(!answer.contains_key("code"));
    (
        answer.remove("error").unwrap_or_default(),
        answer.remove("state"),
    )
}

// RFC 9101 §6.3: only what is in the object counts (rule C31).
#[test]
fn what_is_signed_is_what_is_asked_whatever_stands_beside() {
    let (server, key) = ready();
    let object = object(&server, &key, json!({}));
    let beside = [
        ("client_id", "app"),
        ("request", object.as_str()),
        ("response_type", "token"),
        ("state", "outer"),
        ("scope", "openid profile"),
        ("redirect_uri", "https://evil.example/cb"),
        ("code_challenge", "x"),
        ("prompt", "none"),
    ];
    let answer = Browser::new(&server).authorize(&beside, "ola").parameters();
    assert_eq!(answer["state"], "inner");
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "app"),
        ("code", answer["code"].as_str()),
        ("code_verifier", VERIFIER),
    ];
    let tokens = server.form("/api/v1/oauth/token", None, &fields);
    assert_eq!(
        (tokens.status, &tokens.json()["scope"]),
        (200, &json!("openid"))
    );
}

// RFC 9101 §4: parameters that are numbers or objects keep their JSON type.
#[test]
fn parameters_of_every_type_are_read() {
    let (server, key) = ready();
    let mut browser = Browser::new(&server);
    let changes = json!({"max_age": 1000, "claims": {"id_token": {"given_name": null}}});
    let redirect = browser.get(&path(&object(&server, &key, changes)));
    let redirect = browser.sign_in(&redirect, "ola");
    assert!(
        browser
            .follow(&redirect)
            .text
            .contains("see your given name")
    );
    browser.decide(&redirect, "allow").parameters();
    server.clock.advance(Lifetime(100));
    let later = |max_age: i64| object(&server, &key, json!({"max_age": max_age, "prompt": "none"}));
    assert_eq!(
        error_of(&browser.get(&path(&later(99)))).0,
        "login_required"
    );
    assert!(
        browser
            .get(&path(&later(100)))
            .parameters()
            .contains_key("code")
    );
    let odd = object(&server, &key, json!({"prompt": true}));
    assert_eq!(
        error_of(&browser.get(&path(&odd))).0,
        "invalid_request_object"
    );
}

// RFC 9101 §4, §5, §6, §10.8; RFC 8725 §3
#[test]
fn an_object_that_is_not_the_clients_for_us_and_now_is_refused() {
    let (server, key) = ready();
    let (stranger, ed25519) = (es256(), SigningKey::generate(Algorithm::EdDsa).unwrap());
    let now = server.app.now().0;
    let claims = |changes: Value| object(&server, &key, changes);
    let with_header = |name: &str, value: Value| {
        let mut header = header(&key);
        header[name] = value;
        signed(&key, &header, &request(&server, json!({})))
    };
    let good = claims(json!({}));
    // The last character of an ES256 signature holds two bits: one in four ends in A as it is.
    let other = if good.ends_with('A') { 'Q' } else { 'A' };
    let spoilt = format!("{}{other}", &good[..good.len() - 1]);
    let parts: Vec<_> = good.split('.').collect();
    let other_claims = claims(json!({"scope": "openid profile"}));
    let spliced = format!(
        "{}.{}.{}",
        parts[0],
        other_claims.split('.').nth(1).unwrap(),
        parts[2]
    );
    let unsigned = signed(&key, &json!({"alg": "none"}), &request(&server, json!({})));
    let stripped = format!("{}.", unsigned.rsplit_once('.').unwrap().0);
    let rows = [
        (
            "iss missing",
            claims(json!({"iss": null})),
            "invalid_request_object",
        ),
        (
            "iss of another",
            claims(json!({"iss": "other"})),
            "invalid_request_object",
        ),
        (
            "client_id missing",
            claims(json!({"client_id": null})),
            "invalid_request_object",
        ),
        (
            "client_id of another",
            claims(json!({"client_id": "other"})),
            "invalid_request_object",
        ),
        (
            "sub is the client",
            claims(json!({"sub": "app"})),
            "invalid_request_object",
        ),
        (
            "aud missing",
            claims(json!({"aud": null})),
            "invalid_request_object",
        ),
        (
            "aud of another",
            claims(json!({"aud": "https://other.example"})),
            "invalid_request_object",
        ),
        (
            "aud with a slash",
            claims(json!({"aud": format!("{}/", server.url)})),
            "invalid_request_object",
        ),
        (
            "expired",
            claims(json!({"exp": now - 60})),
            "invalid_request_object",
        ),
        (
            "exp a text",
            claims(json!({"exp": "9999999999"})),
            "invalid_request_object",
        ),
        (
            "not yet",
            claims(json!({"nbf": now + 120})),
            "invalid_request_object",
        ),
        (
            "nbf a text",
            claims(json!({"nbf": "0"})),
            "invalid_request_object",
        ),
        (
            "from the future",
            claims(json!({"iat": now + 120})),
            "invalid_request_object",
        ),
        (
            "request inside",
            claims(json!({"request": "x"})),
            "invalid_request_object",
        ),
        (
            "request_uri inside",
            claims(json!({"request_uri": "urn:x"})),
            "invalid_request_object",
        ),
        (
            "another type",
            with_header("typ", json!("at+jwt")),
            "invalid_request_object",
        ),
        (
            "an assertion's type",
            with_header("typ", json!("client-authentication+jwt")),
            "invalid_request_object",
        ),
        (
            "crit",
            with_header("crit", json!(["exp"])),
            "invalid_request_object",
        ),
        (
            "alg HS256",
            with_header("alg", json!("HS256")),
            "invalid_request_object",
        ),
        (
            "alg EdDSA",
            with_header("alg", json!("EdDSA")),
            "invalid_request_object",
        ),
        (
            "unknown kid",
            with_header("kid", json!("other")),
            "invalid_request_object",
        ),
        (
            "a stranger's key",
            object(&server, &stranger, json!({})),
            "invalid_request_object",
        ),
        (
            "a stranger's algorithm",
            object(&server, &ed25519, json!({})),
            "invalid_request_object",
        ),
        ("signature changed", spoilt, "invalid_request_object"),
        ("claims changed", spliced, "invalid_request_object"),
        ("encrypted", format!("{good}.x.y"), "invalid_request_object"),
        ("garbage", "x".into(), "invalid_request_object"),
        // OIDC Core §3.1.2.6
        ("unsigned", unsigned, "request_not_supported"),
        ("unsigned, no signature", stripped, "request_not_supported"),
    ];
    for (case, object, error) in &rows {
        let asked = [
            ("client_id", "app"),
            ("request", object.as_str()),
            ("redirect_uri", CB),
            ("state", "outer"),
        ];
        let answer = server.get(&authorize_path(&asked), &[]);
        assert_eq!(
            error_of(&answer),
            ((*error).into(), Some("outer".into())),
            "{case}"
        );
        // RFC 9126 §3: in a pushed request all the same.
        let pushed = server.form(PAR, None, &[("client_id", "app"), ("request", object)]);
        assert_eq!(pushed.refusal(), (400, (*error).to_owned()), "{case}");
    }
    // Within the skew of clocks, several audiences, no kid, or a plainer type, it is good.
    let mut kidless = header(&key);
    kidless.as_object_mut().unwrap().remove("kid");
    for good in [
        good,
        claims(json!({"iat": now + 8, "nbf": now + 8})),
        claims(json!({"aud": [server.url, "https://other.example"]})),
        claims(json!({"exp": null, "iat": null})),
        with_header("typ", json!("JWT")),
        signed(&key, &kidless, &request(&server, json!({}))),
    ] {
        assert!(server.get(&path(&good), &[]).leads_to("/login"), "{good}");
    }
}

// RFC 6749 §4.1.2.1: an address that is not proved gets nothing, whoever signed.
#[test]
fn a_signature_makes_no_address_the_clients() {
    let (server, key) = ready();
    let shown = |path: &str, code: &str| {
        let answer = server.get(path, &[]);
        assert_eq!(
            (answer.status, answer.header("location")),
            (400, None),
            "{path}"
        );
        assert!(answer.text.contains(&format!(">{code}</code>")), "{path}");
    };
    let inside = object(
        &server,
        &key,
        json!({"redirect_uri": "https://evil.example/cb"}),
    );
    shown(&path(&inside), "invalid_request");
    let good = object(&server, &key, json!({}));
    shown(&authorize_path(&[("request", &good)]), "invalid_request");
    shown(
        &authorize_path(&[("client_id", "nobody"), ("request", &good)]),
        "invalid_request",
    );
    let outside = [
        ("client_id", "app"),
        ("request", "x"),
        ("redirect_uri", "https://evil.example/cb"),
    ];
    shown(&authorize_path(&outside), "invalid_request");
    // RFC 9101 §5
    let both = [
        ("client_id", "app"),
        ("request", good.as_str()),
        ("request_uri", "urn:x"),
    ];
    assert_eq!(
        error_of(&server.get(&authorize_path(&both), &[])).0,
        "invalid_request"
    );
    // The rules of every request hold inside, and its refusals go where it says.
    let broken = object(&server, &key, json!({"code_challenge_method": "plain"}));
    assert_eq!(
        error_of(&server.get(&path(&broken), &[])),
        ("invalid_request".into(), Some("inner".into()))
    );
}

// RFC 9101 §10.5
#[test]
fn a_client_signs_as_it_is_registered() {
    let (server, key) = ready();
    let with = |name: &str, value: Value| {
        let mut metadata = metadata(key_set(&[&key]));
        metadata[name] = value;
        metadata
    };
    server.client("app", with("require_signed_request_object", json!(true)));
    let challenge = challenge();
    let plain = [
        ("client_id", "app"),
        ("response_type", "code"),
        ("redirect_uri", CB),
        ("scope", "openid"),
        ("state", "s"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let refused = ("invalid_request".to_owned(), Some("s".to_owned()));
    assert_eq!(error_of(&server.get(&authorize_path(&plain), &[])), refused);
    assert_eq!(
        server.form(PAR, None, &plain).refusal(),
        (400, "invalid_request".into())
    );
    assert!(
        server
            .get(&path(&object(&server, &key, json!({}))), &[])
            .leads_to("/login")
    );

    server.client("app", with("request_object_signing_alg", json!("EdDSA")));
    let refused = error_of(&server.get(&path(&object(&server, &key, json!({}))), &[]));
    assert_eq!(refused.0, "invalid_request_object");
    server.client("app", with("jwks", Value::Null));
    let refused = error_of(&server.get(&path(&object(&server, &key, json!({}))), &[]));
    assert_eq!(refused.0, "invalid_request_object");
}

// RFC 9126 §3: pushed and signed; what stands beside the object is ignored.
#[test]
fn a_signed_request_can_be_pushed() {
    let (server, key) = ready();
    let signed = object(&server, &key, json!({}));
    let fields = [
        ("client_id", "app"),
        ("request", signed.as_str()),
        ("state", "outer"),
    ];
    let pushed = server.form(PAR, None, &fields);
    assert_eq!(pushed.status, 201, "{}", pushed.text);
    let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
    // The object's own life has ended; that of the request_uri has not.
    server.clock.advance(Lifetime(120));
    let asked = [("client_id", "app"), ("request_uri", uri.as_str())];
    let answer = Browser::new(&server).authorize(&asked, "ola").parameters();
    assert_eq!(answer["state"], "inner");
    // RFC 9126 §3: of another client it is none of the one that pushes.
    server.client("other", metadata(key_set(&[&key])));
    let signed = object(&server, &key, json!({}));
    let stolen = server.form(PAR, None, &[("client_id", "other"), ("request", &signed)]);
    assert_eq!(stolen.refusal(), (400, "invalid_request_object".into()));
}

// RFC 9101 §6.2, RFC 7591 §2: the keys of jwks_uri are the client's, too.
#[test]
fn the_keys_may_be_fetched() {
    let web = Web::https();
    let server = Server::start_with(|told| {
        told.live.outbound_allow = vec!["127.0.0.1/32".parse().unwrap()];
        told.live.outbound_ca_file = web.ca_file.clone();
    });
    let key = es256();
    let mut metadata = metadata(Value::Null);
    metadata.as_object_mut().unwrap().remove("jwks");
    metadata["jwks_uri"] = format!("{}/jwks", web.url).into();
    server.client("app", metadata);
    let signed = object(&server, &key, json!({}));
    assert_eq!(
        error_of(&server.get(&path(&signed), &[])).0,
        "invalid_request_object"
    );
    web.at("/jwks", Reply::json(&key_set(&[&key])));
    server.clock.advance(Lifetime(5));
    assert!(
        server
            .get(&path(&object(&server, &key, json!({}))), &[])
            .leads_to("/login")
    );
    let stranger = object(&server, &es256(), json!({}));
    assert_eq!(
        error_of(&server.get(&path(&stranger), &[])).0,
        "invalid_request_object"
    );
}

#[test]
fn discovery_says_which_objects_are_taken() {
    let (server, _) = ready();
    let metadata = server.get("/.well-known/openid-configuration", &[]).json();
    assert_eq!(metadata["request_parameter_supported"], true);
    assert_eq!(metadata["request_uri_parameter_supported"], false);
    assert_eq!(
        metadata["request_object_signing_alg_values_supported"],
        json!(["ES256", "EdDSA", "Ed25519", "PS256", "RS256"])
    );
}
