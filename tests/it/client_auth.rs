//! How a client shows who it is: secrets, assertions, nothing at all. Each row says what is wrong.

mod http_basic;

use keyfob::{
    app::hashing::Hashing,
    clock::Clock,
    crypto::{
        hash,
        keys::{Algorithm, SigningKey},
        random,
    },
    domain::{
        client::{ClientSecret, ClientSecretHash},
        client_address::ClientAddress,
        name::ClientId,
        time::{Lifetime, UnixSeconds},
    },
    store::clients,
    throttle::Network,
};
use serde_json::{Value, json};

use crate::support::{
    Answer, START, Server,
    at_once::post_at_once,
    jws::{es256, key_set, signed},
    web::{Reply, Web},
};

const TOKEN: &str = "/api/v1/oauth/token";
type Fields<'a> = &'a [(&'a str, &'a str)];
type Refusal = (u16, String);

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client that may get tokens for itself, so that authentication is all that decides.
fn machine(method: &str) -> Value {
    json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": method, "scope": "keyfob:delegate"})
}

fn with(mut metadata: Value, name: &str, value: Value) -> Value {
    metadata[name] = value;
    metadata
}

fn header(key: &SigningKey) -> Value {
    json!({"alg": key.algorithm().as_str(), "kid": key.kid(), "typ": "JWT"})
}

/// The claims that RFC 7523 §3 and OIDC Core §9 ask for.
fn claims(server: &Server) -> Value {
    let now = server.app.now().0;
    json!({"iss": "robot", "sub": "robot", "aud": server.url, "iat": now, "exp": now + 60,
           "jti": random::text(16)})
}

fn assertion(server: &Server, key: &SigningKey) -> String {
    signed(key, &header(key), &claims(server))
}

fn prove(server: &Server, assertion: &str) -> Answer {
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
    ];
    server.form(TOKEN, None, &fields)
}

/// A server with the client `robot`, which signs with the key.
fn robot(metadata: Value) -> (Server, SigningKey) {
    let (server, key) = (Server::start(), es256());
    let metadata = with(metadata, "jwks", key_set(&[&key]));
    server.client("robot", metadata);
    (server, key)
}

fn invalid_client() -> Refusal {
    (401, "invalid_client".into())
}

fn invalid_request() -> Refusal {
    (400, "invalid_request".into())
}

// Rules B9 to B15; RFC 6749 §2.3, §2.3.1, §5.2.
#[test]
fn a_secret_is_taken_in_one_place_from_the_client_that_has_it() {
    let server = Server::start();
    let secret = server.client("a+b:c", machine("client_secret_basic"));
    let posted = server.client("post", machine("client_secret_post"));
    server.client(
        "public",
        with(
            machine("none"),
            "grant_types",
            json!(["authorization_code"]),
        ),
    );
    let grant = ("grant_type", "client_credentials");
    let basic = |text: String| format!("Basic {}", hash::base64(text.as_bytes()));
    let encoded = basic(format!("a%2Bb%3Ac:{secret}"));
    let good: [(Option<&str>, Fields); 5] = [
        (Some(&encoded), &[grant]),
        (Some(&encoded), &[grant, ("client_id", "a+b:c")]),
        (
            None,
            &[grant, ("client_id", "a+b:c"), ("client_secret", &secret)],
        ),
        (
            None,
            &[grant, ("client_id", "post"), ("client_secret", &posted)],
        ),
        (
            Some(&basic(format!("post:{posted}"))),
            &[grant, ("unknown", "x")],
        ),
    ];
    for (authorization, fields) in good {
        let answer = send(&server, authorization, fields);
        assert_eq!(answer.status, 200, "{fields:?} {}", answer.text);
    }
    let wrong = basic("a%2Bb%3Ac:wrong".into());
    let refused: [(&str, Option<&str>, Fields, Refusal); 20] = [
        ("(empty)", None, &[grant], invalid_client()),
        (
            "no secret",
            None,
            &[grant, ("client_id", "a+b:c")],
            invalid_client(),
        ),
        (
            "wrong secret",
            None,
            &[grant, ("client_id", "a+b:c"), ("client_secret", "wrong")],
            invalid_client(),
        ),
        (
            "wrong secret by Basic",
            Some(&wrong),
            &[grant],
            invalid_client(),
        ),
        (
            "empty secret by Basic",
            Some(&basic("a%2Bb%3Ac:".into())),
            &[grant],
            invalid_client(),
        ),
        (
            "unknown client",
            None,
            &[grant, ("client_id", "nobody"), ("client_secret", "x")],
            invalid_client(),
        ),
        (
            "a secret without a name",
            None,
            &[grant, ("client_secret", &secret)],
            invalid_client(),
        ),
        (
            "another client's secret",
            None,
            &[grant, ("client_id", "post"), ("client_secret", &secret)],
            invalid_client(),
        ),
        (
            "a public client with a secret",
            None,
            &[grant, ("client_id", "public"), ("client_secret", "x")],
            invalid_client(),
        ),
        (
            "Basic and body",
            Some(&encoded),
            &[grant, ("client_secret", &secret)],
            invalid_request(),
        ),
        (
            "Basic and assertion",
            Some(&encoded),
            &[
                grant,
                ("client_assertion", "x.y.z"),
                ("client_assertion_type", JWT_BEARER),
            ],
            invalid_request(),
        ),
        (
            "another client_id in the body",
            Some(&encoded),
            &[grant, ("client_id", "post")],
            invalid_request(),
        ),
        (
            // RFC 7617 §2: the first colon ends the name, so this is another client.
            "not encoded",
            Some(&basic(format!("a+b:c:{secret}"))),
            &[grant],
            invalid_client(),
        ),
        (
            "no escape",
            Some(&basic("a%+f:x".into())),
            &[grant],
            invalid_request(),
        ),
        ("no base64", Some("Basic !"), &[grant], invalid_request()),
        (
            "no colon",
            Some(&basic("a+b".into())),
            &[grant],
            invalid_request(),
        ),
        (
            "a broken escape",
            Some(&basic("a%2:x".into())),
            &[grant],
            invalid_request(),
        ),
        ("no UTF-8", Some("Basic /zr/"), &[grant], invalid_request()),
        (
            "another scheme",
            Some("Bearer x"),
            &[grant],
            invalid_request(),
        ),
        (
            "twice",
            None,
            &[grant, ("client_id", "post"), ("client_id", "post")],
            invalid_request(),
        ),
    ];
    for (what, authorization, fields, expected) in refused {
        let answer = send(&server, authorization, fields);
        assert_eq!(answer.refusal(), expected, "{what}: {}", answer.text);
        let challenged = answer
            .header("www-authenticate")
            .is_some_and(|value| value.starts_with("Basic "));
        let basic = authorization.is_some() && answer.status == 401;
        assert_eq!(challenged, basic, "{what}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
    }
    let in_query = format!("{TOKEN}?client_id=post&client_secret={posted}");
    assert_eq!(
        server.form(&in_query, None, &[grant]).refusal(),
        invalid_client()
    );
}

// Rule B9; RFC 6749 §5.2, CWE-208: the same answer, and the same work before it. While the places of a network are taken, all
// of them wait there for one.
#[test]
fn an_unknown_client_and_a_wrong_secret_cost_the_same() {
    let server = Server::start();
    server.client("made", machine("client_secret_post"));
    server.client("chosen", machine("client_secret_post"));
    server.client("keys", machine("private_key_jwt"));
    let public = json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
                        "redirect_uris": ["https://app.example/cb"], "scope": "openid"});
    server.client("public", public);
    let phc = keyfob::crypto::password::hash(&keyfob::domain::secret::Secret::new("chosen"));
    let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
    let sql = "UPDATE client_secrets SET sha256 = NULL, argon2id = ?1 WHERE client_id = 'chosen'";
    assert_eq!(file.execute(sql, [phc]).unwrap(), 1);
    server.app.refresh_directory().unwrap();
    let ask = |client_id: &str| {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", "not it"),
        ];
        server.form(TOKEN, None, &fields)
    };
    let clients = ["made", "chosen", "nobody", "keys", "public"];
    let [first, others @ ..] = clients.map(|client_id| ask(client_id).text);
    assert_eq!(clients.map(|client_id| ask(client_id).status), [401; 5]);
    assert!(others.iter().all(|other| *other == first), "{others:?}");
    let checked = server.app.secret_checks.done();
    assert_eq!(checked, 2 * 5);
    let busy = actix_web::rt::System::new().block_on(async {
        let from = Network::of(ClientAddress::parse_node("127.0.0.1"));
        let turn = |name| server.app.hashing.turn(Hashing::ClientSecret(from, name));
        let _all_of_it = (turn("one").await.unwrap(), turn("another").await.unwrap());
        std::thread::scope(|scope| {
            let asked = clients.map(|client_id| scope.spawn(move || ask(client_id).status));
            asked.map(|one| one.join().unwrap())
        })
    });
    assert_eq!(busy, [503; 5]);
    assert_eq!(server.app.secret_checks.done(), checked);
}

fn send(server: &Server, authorization: Option<&str>, fields: &[(&str, &str)]) -> Answer {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
    headers.extend(authorization.map(|value| ("authorization", value)));
    server.send("POST", TOKEN, &headers, Some(form.finish().as_bytes()))
}

// RFC 7591 §3.2.1: client_secret_expires_at. Two live at a time, so that one can follow the other.
#[test]
fn of_two_secrets_both_count_until_they_expire() {
    let server = Server::start();
    let first = server.client("web", machine("client_secret_basic"));
    let second = random::secret();
    let stored = ClientSecret {
        id: server.app.new_id(),
        hash: ClientSecretHash::Sha256(hash::secret_hash(second.expose())),
        created_at: START,
        expires_at: None,
    };
    let write = |expires_at: UnixSeconds| {
        let stored = stored.clone();
        let written = server.app.store.write_blocking(move |tx| {
            let web = ClientId::trusted("web");
            if expires_at == START {
                return clients::add_secret(tx, &web, &stored);
            }
            clients::expire_other_secrets(tx, &web, stored.id, expires_at)
        });
        written.unwrap();
    };
    let status = |secret: &str| {
        let grant = [("grant_type", "client_credentials")];
        server.form(TOKEN, Some(("web", secret)), &grant).status
    };
    write(START);
    assert_eq!((status(&first), status(second.expose())), (200, 200));
    write(START + Lifetime(100));
    server.clock.advance(Lifetime(99));
    assert_eq!((status(&first), status(second.expose())), (200, 200));
    server.clock.advance(Lifetime(1));
    assert_eq!((status(&first), status(second.expose())), (401, 200));
}

// RFC 7523 §3, OIDC Core §9; rules B17, B19 to B21 and P41.
#[test]
fn an_assertion_is_what_the_standard_says_or_it_is_refused() {
    let (server, key) = robot(machine("private_key_jwt"));
    let other = es256();
    let now = || server.clock.now().0;
    let changed = |name: &str, value: Value| {
        let mut claims = claims(&server);
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims
                .as_object_mut()
                .unwrap()
                .insert(name.to_owned(), value),
        };
        signed(&key, &header(&key), &claims)
    };
    let headed = |header: Value| signed(&key, &header, &claims(&server));
    let good = [
        ("plain", assertion(&server, &key)),
        ("no iat", changed("iat", Value::Null)),
        (
            "a fraction",
            changed(
                "exp",
                json!(f64::from(i32::try_from(now()).unwrap()) + 30.5),
            ),
        ),
        ("nbf 8 s ahead", changed("nbf", json!(now() + 8))),
        ("exp 10 s past", changed("exp", json!(now() - 10))),
        ("further claims", changed("scope", json!(["x"]))),
        ("no kid", headed(json!({"alg": "ES256", "typ": "JWT"}))),
        ("no typ", headed(json!({"alg": "ES256", "kid": key.kid()}))),
        (
            "its own typ",
            headed(json!({"alg": "ES256", "kid": key.kid(), "typ": "client-authentication+jwt"})),
        ),
    ];
    for (what, assertion) in good {
        let answer = prove(&server, &assertion);
        assert_eq!(answer.status, 200, "{what}: {}", answer.text);
    }
    let token_endpoint = format!("{}{TOKEN}", server.url);
    let [head, _, signature] = [0, 1, 2].map(|part| {
        assertion(&server, &key)
            .split('.')
            .nth(part)
            .unwrap()
            .to_owned()
    });
    let public_key = hash::base64url(key.public_jwk()["x"].as_str().unwrap().as_bytes());
    let refused: [(&str, &dyn Fn() -> String); 38] = [
        ("no exp", &|| changed("exp", Value::Null)),
        ("no aud", &|| changed("aud", Value::Null)),
        ("no jti", &|| changed("jti", Value::Null)),
        ("empty jti", &|| changed("jti", json!(""))),
        ("no iss", &|| changed("iss", Value::Null)),
        ("no sub", &|| changed("sub", Value::Null)),
        ("another iss", &|| changed("iss", json!("other"))),
        ("iss of nobody", &|| changed("iss", json!(""))),
        ("exp as a text", &|| {
            changed("exp", json!((now() + 60).to_string()))
        }),
        ("nbf as a text", &|| {
            changed("nbf", json!(now().to_string()))
        }),
        ("iat as a text", &|| {
            changed("iat", json!(now().to_string()))
        }),
        ("exp as a list", &|| changed("exp", json!([now() + 60]))),
        ("exp 5 min past", &|| changed("exp", json!(now() - 300))),
        ("exp 30 s past", &|| changed("exp", json!(now() - 30))),
        ("exp far off", &|| changed("exp", json!(now() + 86_400))),
        ("exp without end", &|| changed("exp", json!(1e300))),
        ("nbf 61 s ahead", &|| changed("nbf", json!(now() + 61))),
        ("iat 61 s ahead", &|| changed("iat", json!(now() + 61))),
        ("aud of the token endpoint", &|| {
            changed("aud", json!(token_endpoint))
        }),
        ("aud as a list", &|| changed("aud", json!([server.url]))),
        ("aud with a slash", &|| {
            changed("aud", json!(format!("{}/", server.url)))
        }),
        ("aud of another server", &|| {
            changed("aud", json!("https://other.example"))
        }),
        ("aud of two", &|| {
            changed("aud", json!([server.url, "https://other.example"]))
        }),
        ("alg none", &|| {
            format!(
                "{}.{}.",
                hash::base64url(br#"{"alg":"none"}"#),
                hash::base64url(claims(&server).to_string().as_bytes())
            )
        }),
        ("alg none, with a kid", &|| {
            headed(json!({"alg": "none", "kid": key.kid()}))
        }),
        ("alg HS256, keyed with the public key", &|| {
            headed(json!({"alg": "HS256", "kid": key.kid(), "k": public_key}))
        }),
        ("alg of another type", &|| {
            headed(json!({"alg": "RS256", "kid": key.kid()}))
        }),
        ("alg in small letters", &|| {
            headed(json!({"alg": "es256", "kid": key.kid()}))
        }),
        ("crit", &|| {
            headed(json!({"alg": "ES256", "kid": key.kid(), "crit": ["exp"], "exp": now() + 60}))
        }),
        ("another typ", &|| {
            headed(json!({"alg": "ES256", "kid": key.kid(), "typ": "dpop+jwt"}))
        }),
        ("typ of an access token", &|| {
            headed(json!({"alg": "ES256", "kid": key.kid(), "typ": "at+jwt"}))
        }),
        ("unknown kid", &|| {
            headed(json!({"alg": "ES256", "kid": "x", "typ": "JWT"}))
        }),
        ("another key", &|| {
            signed(
                &other,
                &json!({"alg": "ES256", "kid": key.kid()}),
                &claims(&server),
            )
        }),
        ("another key, its own in the header", &|| {
            signed(
                &other,
                &json!({"alg": "ES256", "jwk": other.public_jwk()}),
                &claims(&server),
            )
        }),
        ("claims of another", &|| {
            format!(
                "{head}.{}.{signature}",
                hash::base64url(claims(&server).to_string().as_bytes())
            )
        }),
        ("no signature", &|| {
            format!(
                "{head}.{}.",
                hash::base64url(claims(&server).to_string().as_bytes())
            )
        }),
        ("no JWT", &|| "x".into()),
        ("five parts", &|| "a.b.c.d.e".into()),
    ];
    for (what, assertion) in refused {
        // So long that the throttle forgives the attempt before.
        server.clock.advance(Lifetime(5));
        let answer = prove(&server, &assertion());
        assert_eq!(
            answer.refusal(),
            invalid_client(),
            "{what}: {}",
            answer.text
        );
    }
}

// RFC 7523 §2.2, RFC 7521 §4.2; rules B11 and B20.
#[test]
fn an_assertion_comes_with_its_type_and_alone() {
    let (server, key) = robot(machine("private_key_jwt"));
    let secret = server.client("web", machine("client_secret_basic"));
    let grant = ("grant_type", "client_credentials");
    let of_type = ("client_assertion_type", JWT_BEARER);
    let saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
    let rows: [(&str, Fields, u16); 9] = [
        (
            "client_id beside it",
            &[of_type, ("client_id", "robot")],
            200,
        ),
        ("no type", &[], 400),
        ("empty type", &[("client_assertion_type", "")], 400),
        ("another type", &[("client_assertion_type", saml)], 400),
        ("another client_id", &[of_type, ("client_id", "web")], 400),
        (
            "a secret beside it",
            &[of_type, ("client_secret", "x")],
            400,
        ),
        (
            "a client with a secret beside it",
            &[of_type, ("client_id", "web"), ("client_secret", &secret)],
            400,
        ),
        ("twice", &[of_type, of_type], 400),
        ("alone", &[of_type], 200),
    ];
    for (what, beside, status) in rows {
        let assertion = assertion(&server, &key);
        let mut fields = vec![grant, ("client_assertion", assertion.as_str())];
        fields.extend(beside);
        let answer = send(&server, None, &fields);
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
        if status == 400 {
            assert_eq!(answer.refusal(), invalid_request(), "{what}");
        }
    }
    let without = send(&server, None, &[grant, of_type, ("client_id", "robot")]);
    assert_eq!(without.refusal(), invalid_request());
}

#[test]
fn a_client_proves_itself_only_as_it_is_registered() {
    let (server, key) = robot(machine("private_key_jwt"));
    let grant = ("grant_type", "client_credentials");
    // A secret that the client has for whatever reason is no way around its key.
    let secret = server.secret_of("robot");
    let by_secret = server.form(TOKEN, Some(("robot", &secret)), &[grant]);
    assert_eq!(by_secret.refusal(), invalid_client());
    let by_name = server.form(TOKEN, None, &[grant, ("client_id", "robot")]);
    assert_eq!(by_name.refusal(), invalid_client());
    assert_eq!(prove(&server, &assertion(&server, &key)).status, 200);
    // And a key is no way around a secret.
    for method in ["client_secret_basic", "client_secret_post", "none"] {
        let (server, key) = robot(with(
            machine(method),
            "grant_types",
            json!(["authorization_code"]),
        ));
        let answer = prove(&server, &assertion(&server, &key));
        assert_eq!(answer.refusal(), invalid_client(), "{method}");
    }
}

// RFC 7591 §2: token_endpoint_auth_signing_alg. FAPI 2.0 §5.4.1 names PS256, ES256 and EdDSA.
#[test]
fn an_assertion_is_signed_by_the_registered_algorithm_and_key() {
    let eddsa = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let es256 = es256();
    let keys = key_set(&[&es256, &eddsa]);
    for (registered, takes_es256, takes_eddsa) in [
        (Value::Null, true, true),
        (json!("ES256"), true, false),
        (json!("EdDSA"), false, true),
        (json!("PS256"), false, false),
    ] {
        let server = Server::start();
        let metadata = with(machine("private_key_jwt"), "jwks", keys.clone());
        let metadata = with(
            metadata,
            "token_endpoint_auth_signing_alg",
            registered.clone(),
        );
        server.client("robot", metadata);
        for (key, takes) in [(&es256, takes_es256), (&eddsa, takes_eddsa)] {
            let answer = prove(&server, &assertion(&server, key));
            assert_eq!(answer.status == 200, takes, "{registered} {}", answer.text);
        }
    }
}

// Rule D3
#[test]
fn the_token_endpoint_is_an_audience_for_a_client_registered_so() {
    let metadata = with(
        machine("private_key_jwt"),
        "assertion_audience",
        json!("token_endpoint"),
    );
    let (server, key) = robot(metadata);
    let token_endpoint = format!("{}{TOKEN}", server.url);
    let rows = [
        (json!(server.url), 200),
        (json!(token_endpoint), 200),
        (json!([token_endpoint]), 200),
        (json!([token_endpoint, "https://other.example"]), 401),
        (json!([]), 401),
        (json!("https://other.example/api/v1/oauth/token"), 401),
    ];
    for (aud, status) in rows {
        let claims = with(claims(&server), "aud", aud.clone());
        let answer = prove(&server, &signed(&key, &header(&key), &claims));
        assert_eq!(answer.status, status, "{aud} {}", answer.text);
    }
}

// RFC 7523 §3 (7); rule B18.
#[test]
fn an_assertion_is_good_once_even_at_the_same_moment_and_after_a_restart() {
    let (server, key) = robot(machine("private_key_jwt"));
    let once = assertion(&server, &key);
    let body = |assertion: &str| {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        form.append_pair("client_assertion_type", JWT_BEARER);
        form.append_pair("client_assertion", assertion);
        form.finish()
    };
    // No more than are refused before the throttle answers.
    let answers = post_at_once(&server.url, TOKEN, &vec![body(&once); 12]);
    let count = |status| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    assert_eq!((count(200), count(401)), (1, 11));
    let server = server.restart();
    assert_eq!(prove(&server, &once).refusal(), invalid_client());
    // The same jti again, newly signed.
    let mut claims = claims(&server);
    claims["jti"] = json!("twice");
    assert_eq!(
        prove(&server, &signed(&key, &header(&key), &claims)).status,
        200
    );
    claims["exp"] = json!(START.0 + 61);
    assert_eq!(
        prove(&server, &signed(&key, &header(&key), &claims)).refusal(),
        invalid_client()
    );
    // It is forgotten once no clock that was set back makes it good again.
    server.clock.advance(Lifetime(3600));
    server.purge();
    server.clock.turn_back(Lifetime(3600));
    assert_eq!(prove(&server, &once).refusal(), invalid_client());
    server.clock.advance(Lifetime(3700));
    assert!(server.purge() >= 2);
}

// RFC 7662 §2.1, RFC 7009 §2.1: the same authentication everywhere.
#[test]
fn an_assertion_authenticates_at_introspection_and_revocation_too() {
    let (server, key) = robot(machine("private_key_jwt"));
    let token = prove(&server, &assertion(&server, &key)).json()["access_token"].clone();
    for (path, status) in [("/introspect", 200), ("/revoke", 200)] {
        let path = format!("/api/v1/oauth{path}");
        let assertion = assertion(&server, &key);
        let fields = [
            ("token", token.as_str().unwrap()),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", &assertion),
        ];
        assert_eq!(server.form(&path, None, &fields).status, status, "{path}");
        assert_eq!(
            server.form(&path, None, &fields).refusal(),
            invalid_client(),
            "{path} again"
        );
    }
    // The contract's dialect takes it as well.
    let body = json!({"grant_type": "client_credentials", "client_assertion_type": JWT_BEARER,
                      "client_assertion": assertion(&server, &key)});
    assert_eq!(server.json(TOKEN, &[], &body).status, 200);
}

// OIDC Core §10.1.1; rule B22.
#[test]
fn a_new_key_of_a_jwks_uri_is_fetched_once_and_not_for_everyone_who_asks() {
    let web = Web::https();
    let server = Server::start_with(|told| {
        told.live.outbound_allow = vec!["127.0.0.1/32".parse().unwrap()];
        told.live.outbound_ca_file = web.ca_file.clone();
    });
    let jwks_uri = format!("{}/jwks", web.url);
    server.client(
        "robot",
        with(machine("private_key_jwt"), "jwks_uri", json!(jwks_uri)),
    );
    let (old, new, stranger) = (es256(), es256(), es256());
    assert_eq!(
        prove(&server, &assertion(&server, &old)).refusal(),
        invalid_client(),
        "no key set"
    );
    server.clock.advance(Lifetime(5));
    web.at(
        "/jwks",
        Reply::json(&key_set(&[&old])).header("Cache-Control", "max-age=3600"),
    );
    let asked = || web.asked("/jwks");
    assert_eq!(prove(&server, &assertion(&server, &old)).status, 200);
    assert_eq!(prove(&server, &assertion(&server, &old)).status, 200);
    assert_eq!(asked(), 2, "one in vain, one kept");
    web.at(
        "/jwks",
        Reply::json(&key_set(&[&old, &new])).header("Cache-Control", "max-age=3600"),
    );
    server.clock.advance(Lifetime(20));
    assert_eq!(prove(&server, &assertion(&server, &new)).status, 200);
    assert_eq!(asked(), 3);
    for _ in 0..5 {
        assert_eq!(
            prove(&server, &assertion(&server, &stranger)).refusal(),
            invalid_client()
        );
    }
    assert_eq!(
        asked(),
        3,
        "a made-up kid is no reason to ask again at once"
    );
    server.clock.advance(Lifetime(20));
    assert_eq!(
        prove(&server, &assertion(&server, &stranger)).refusal(),
        invalid_client()
    );
    assert_eq!(asked(), 4);
    // The client's server is down: its keys still count, for a day.
    web.gone("/jwks");
    server.clock.advance(Lifetime::hours(2));
    assert_eq!(prove(&server, &assertion(&server, &new)).status, 200);
    server.clock.advance(Lifetime::days(1));
    assert_eq!(
        prove(&server, &assertion(&server, &new)).refusal(),
        invalid_client()
    );
}

// RFC 8414 §2
#[test]
fn discovery_lists_what_is_taken() {
    let metadata = Server::start()
        .get("/.well-known/oauth-authorization-server", &[])
        .json();
    let methods = json!([
        "none",
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt"
    ]);
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], methods);
    for endpoint in ["token", "introspection", "revocation"] {
        let name = format!("{endpoint}_endpoint_auth_signing_alg_values_supported");
        assert_eq!(
            metadata[&name],
            json!(["ES256", "EdDSA", "Ed25519", "PS256", "RS256"]),
            "{name}"
        );
    }
}
