//! ID tokens: how they are signed, and with which keys.

use keyfob::{
    app::App,
    crypto::{
        jwt,
        keys::{Algorithm, VerifyingKey},
    },
    store::{IfMissing, Store, clients},
};
use serde_json::{Value, json};

use crate::support::{Server, VERIFIER, claims};

fn client(server: &Server, client_id: &str, algorithm: Option<&str>) {
    let mut metadata = json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
        "redirect_uris": ["https://app.example/cb"], "scope": "openid"});
    if let Some(algorithm) = algorithm {
        metadata["id_token_signed_response_alg"] = algorithm.into();
    }
    server.client(client_id, metadata);
}

fn id_token(server: &Server, client_id: &str) -> String {
    let code = server.code(client_id, "ola", "openid");
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let answer = server.form("/api/v1/oauth/token", None, &fields);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["id_token"].as_str().unwrap().to_owned()
}

fn published(server: &Server) -> Vec<Value> {
    let answer = server.get("/.well-known/jwks.json", &[]).json();
    answer["keys"].as_array().unwrap().clone()
}

fn listed(server: &Server) -> Value {
    let metadata = server.get("/.well-known/openid-configuration", &[]).json();
    metadata["id_token_signing_alg_values_supported"].clone()
}

// OIDC Registration §2: id_token_signed_response_alg; OIDC Core §10.1: kid names a published key.
#[test]
fn an_id_token_is_signed_as_its_client_is_registered() {
    for default in [Algorithm::Rs256, Algorithm::EdDsa, Algorithm::Es256] {
        let server = Server::start_with(|told| told.live.id_token_alg = default);
        server.user("ola", |_| {});
        for (client_id, registered, expected) in [
            ("default", None, default.as_str()),
            ("es", Some("ES256"), "ES256"),
            ("ed", Some("EdDSA"), "EdDSA"),
            ("rsa", Some("RS256"), "RS256"),
        ] {
            client(&server, client_id, registered);
            let token = id_token(&server, client_id);
            let header = jwt::header(&token).unwrap();
            assert_eq!(
                (header.alg.as_str(), header.typ.as_deref()),
                (expected, Some("JWT"))
            );
            let keys: Vec<_> = published(&server)
                .iter()
                .map(|jwk| VerifyingKey::from_jwk(jwk).unwrap())
                .collect();
            let claims: Value = jwt::verify(&token, &["JWT"], &keys).unwrap();
            assert_eq!(claims["aud"], client_id);
        }
        assert_eq!(listed(&server), json!(["ES256", "EdDSA", "RS256"]));
    }
}

// FAPI 2.0 Security Profile §5.4.1: PS256, ES256 or EdDSA.
#[test]
fn a_fapi_client_that_names_no_algorithm_has_es256() {
    let server = Server::start();
    let metadata = json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "private_key_jwt",
        "redirect_uris": ["https://app.example/cb"], "scope": "openid", "profile": "fapi2"});
    server.client("bank", metadata);
    let snapshot = server.app.directory.snapshot();
    let client = snapshot.client("bank").unwrap();
    assert_eq!(snapshot.id_token_algorithm(client), Algorithm::Es256);
}

#[test]
fn the_default_changes_for_the_next_token() {
    let server = Server::start();
    server.user("ola", |_| {});
    client(&server, "default", None);
    let alg = || jwt::header(&id_token(&server, "default")).unwrap().alg;
    assert_eq!(alg(), "RS256");
    let mut told = (*server.app.directory.told()).clone();
    told.live.id_token_alg = Algorithm::EdDsa;
    server.app.tell(told).unwrap();
    assert_eq!(alg(), "EdDSA");
}

// OIDC Discovery §3: an algorithm is told of together with its key, and a first start makes the default's.
#[test]
fn discovery_and_key_set_wait_for_the_key_that_a_first_start_makes() {
    let server = Server::start_without_keys(|_| {});
    server.user("ola", |_| {});
    client(&server, "default", None);
    let rsa_keys = || {
        let keys = published(&server);
        keys.iter().filter(|key| key["alg"] == "RS256").count()
    };
    // Whatever is asked first, and by however many at once.
    std::thread::scope(|scope| {
        scope.spawn(|| assert_eq!(listed(&server), json!(["ES256", "EdDSA", "RS256"])));
        scope.spawn(|| assert_eq!(rsa_keys(), 1));
        scope.spawn(|| {
            assert_eq!(
                jwt::header(&id_token(&server, "default")).unwrap().alg,
                "RS256"
            );
        });
        // The server is ready before.
        scope.spawn(|| assert_eq!(server.get("/readyz", &[]).status, 200));
    });
    assert_eq!(rsa_keys(), 1);
}

#[test]
fn an_algorithm_that_nothing_needs_is_neither_made_nor_told_of() {
    let server = Server::start_without_keys(|told| {
        told.live.id_token_alg = Algorithm::Es256;
        told.live.registration = keyfob::config::Registration::Open;
    });
    assert_eq!(listed(&server), json!(["ES256", "EdDSA"]));
    let machine = server.client(
        "job",
        json!({"grant_types": ["client_credentials"], "scope": "email", "token_endpoint_auth_method": "client_secret_basic"}),
    );
    let fields = [("grant_type", "client_credentials")];
    let answer = server.form("/api/v1/oauth/token", Some(("job", &machine)), &fields);
    assert_eq!(answer.status, 200);
    assert_eq!(published(&server).len(), 2);
    // The first client that asks for it is answered once the key is there.
    let metadata = json!({"redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "none",
        "id_token_signed_response_alg": "RS256"});
    let registered = server.json("/api/v1/oauth/register", &[], &metadata);
    assert_eq!(registered.status, 201, "{}", registered.text);
    let keys = server
        .app
        .directory
        .snapshot()
        .published_jwks(server.app.now());
    assert_eq!(keys.len(), 3);
    assert_eq!(listed(&server), json!(["ES256", "EdDSA", "RS256"]));
}

// RFC 7517 §5: public halves alone, each with use, alg and its own kid.
#[test]
fn the_rsa_key_is_made_once_when_a_client_needs_it_and_stays() {
    let server = Server::start_without_keys(|told| told.live.id_token_alg = Algorithm::Es256);
    server.user("ola", |_| {});
    let rsa_keys = |keys: &[Value]| keys.iter().filter(|key| key["kty"] == "RSA").count();
    assert_eq!(rsa_keys(&published(&server)), 0);
    client(&server, "rsa", Some("RS256"));
    client(&server, "other", Some("RS256"));
    // Asked for at once by many, while the key is being made.
    std::thread::scope(|scope| {
        for client_id in ["rsa", "other", "rsa", "other"] {
            scope.spawn(|| id_token(&server, client_id));
        }
    });
    let keys = published(&server);
    assert_eq!(rsa_keys(&keys), 1);
    for key in &keys {
        assert!(key["kid"].is_string() && key["alg"].is_string() && key["use"] == "sig");
        assert!(
            ["d", "p", "q", "k"]
                .iter()
                .all(|name| key.get(*name).is_none()),
            "{key}"
        );
    }
    // The same after a restart.
    let told = server.app.directory.told();
    let store = Store::open(
        &told.config.database,
        IfMissing::Refuse,
        server.clock.clone(),
    )
    .unwrap();
    let again = App::start((*told).clone(), store, server.clock.clone()).unwrap();
    let now = again.now();
    assert_eq!(again.directory.snapshot().published_jwks(now), keys);
}

#[test]
fn a_server_that_starts_with_such_a_client_and_no_key_makes_one_unasked() {
    let server = Server::start();
    client(&server, "rsa", Some("RS256"));
    // As after a restore of a database without its RSA key.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyfob.db");
    let store = Store::open(&path, IfMissing::Create, server.clock.clone()).unwrap();
    let registered = server
        .app
        .directory
        .snapshot()
        .client("rsa")
        .unwrap()
        .clone();
    store
        .write_blocking(move |tx| clients::put(tx, &registered))
        .unwrap();
    let told = (*server.app.directory.told()).clone();
    let app = App::start(told, store, server.clock.clone()).unwrap();
    app.keep_keys();
    let began = std::time::Instant::now();
    while app.directory.snapshot().missing_key(app.now()).is_some() {
        assert!(began.elapsed().as_secs() < 20, "no key was made");
        std::thread::yield_now();
    }
}

/// What the ID token has beside the claims of the protocol.
fn of_user(id_token: &Value) -> Value {
    let protocol = [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "auth_time",
        "nonce",
        "amr",
        "acr",
        "at_hash",
        "sid",
    ];
    let mut claims = claims(id_token).as_object().unwrap().clone();
    claims.retain(|name, _| !protocol.contains(&name.as_str()));
    Value::Object(claims)
}

// OIDC Core §5.4: what the scopes release stands in the ID token as in UserInfo.
#[test]
fn an_id_token_has_the_users_claims_as_userinfo_has_them() {
    let server = Server::start();
    server.user("ola", |user| {
        user.profile.email_verified = true;
        user.profile.locale = Some("nb-NO".into());
        user.profile.zoneinfo = Some("Europe/Oslo".into());
        user.profile.claims = serde_json::from_value(json!({
            "nickname": "Olli", "address": {"country": "NO"}, "phone_number": "+47 1",
        }))
        .unwrap();
    });
    let all = "openid profile email address phone offline_access";
    for (client_id, user_claims) in [("full", true), ("small", false)] {
        let metadata = json!({"grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none",
            "redirect_uris": ["https://app.example/cb"], "scope": all, "id_token_user_claims": user_claims});
        server.client(client_id, metadata);
        let token = |fields: &[(&str, &str)]| {
            let fields = [&[("client_id", client_id)], fields].concat();
            let answer = server.form("/api/v1/oauth/token", None, &fields);
            assert_eq!(answer.status, 200, "{}", answer.text);
            answer.json()
        };
        let check = |tokens: &Value, told: &str| {
            let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
            let info = server.get("/api/v1/oauth/userinfo", &[("authorization", &bearer)]);
            let mut expected = info.json().as_object().unwrap().clone();
            // The contract has these in UserInfo, whatever the scopes.
            expected.retain(|name, _| !["sub", "registered_at"].contains(&name.as_str()));
            if !told.contains("profile") {
                expected.remove("name");
            }
            if !user_claims {
                expected.clear();
            }
            assert_eq!(
                of_user(&tokens["id_token"]),
                json!(expected),
                "{client_id} {told}"
            );
        };
        for scope in [
            "openid",
            "openid email",
            "openid profile",
            "openid address phone",
            all,
        ] {
            let code = server.code(client_id, "ola", scope);
            let tokens = token(&[
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("code_verifier", VERIFIER),
            ]);
            check(&tokens, scope);
            let Some(refresh_token) = tokens["refresh_token"].as_str() else {
                continue;
            };
            // OIDC Core §12.2; RFC 6749 §6: what is narrowed tells less.
            let narrowed = "openid email";
            let refresh = [
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh_token),
                ("scope", narrowed),
            ];
            check(&token(&refresh), narrowed);
        }
        // The time zone that the client names goes before that of the profile.
        let code = server.code(client_id, "ola", "openid profile");
        let tokens = token(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("code_verifier", VERIFIER),
            ("tz", "Asia/Tokyo"),
        ]);
        assert_eq!(claims(&tokens["id_token"])["zoneinfo"], "Asia/Tokyo");
    }
}
