//! Clients with `profile = "fapi2"`: what FAPI 2.0 Security Profile demands of the server for them.

use keyfob::{
    crypto::{
        keys::{Algorithm, SigningKey},
        random,
    },
    domain::{client_registration::ClientRegistration, time::Lifetime},
};
use serde_json::{Value, json};

use crate::support::{
    Answer, Server, VERIFIER,
    browser::{Browser, authorize_path, challenge},
    claims,
    dpop::Prover,
    jws::{es256, key_set, signed},
};

const PAR: &str = "/api/v1/oauth/par";
const TOKEN: &str = "/api/v1/oauth/token";
const CB: &str = "https://app.example/cb";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn registration(jwks: &Value, changes: Value) -> Value {
    let mut registration = json!({
        "grant_types": ["authorization_code", "refresh_token"], "redirect_uris": [CB], "jwks": jwks,
        "token_endpoint_auth_method": "private_key_jwt", "scope": "openid offline_access", "profile": "fapi2",
    });
    for (name, value) in changes.as_object().unwrap() {
        registration[name] = value.clone();
    }
    registration
}

/// A server with the client `bank`, the key with which it proves itself and the one its tokens are bound
/// to.
struct Fapi {
    server: Server,
    key: SigningKey,
    prover: Prover,
}

impl Fapi {
    fn start() -> Self {
        let (server, key) = (Server::start(), es256());
        let registered = registration(&key_set(&[&key]), json!({}));
        let registered: ClientRegistration = serde_json::from_value(registered).unwrap();
        let metadata = serde_json::to_value(registered.check().unwrap()).unwrap();
        server.client("bank", metadata);
        server.person("ola");
        Self {
            server,
            key,
            prover: Prover::new(),
        }
    }

    fn assertion(&self, aud: Value) -> String {
        let now = self.server.app.now().0;
        let header = json!({"alg": "ES256", "kid": self.key.kid()});
        let claims = json!({"iss": "bank", "sub": "bank", "aud": aud, "exp": now + 60, "jti": random::text(16)});
        signed(&self.key, &header, &claims)
    }

    fn authenticated<'a>(
        &self,
        assertion: &'a str,
        fields: &[(&'a str, &'a str)],
    ) -> Vec<(&'a str, &'a str)> {
        let mut all = vec![
            ("client_id", "bank"),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion),
        ];
        all.extend(fields);
        all
    }

    fn push(&self, changes: &[(&str, &str)]) -> Answer {
        let challenge = challenge();
        let mut parameters = vec![
            ("response_type", "code"),
            ("redirect_uri", CB),
            ("scope", "openid offline_access"),
            ("state", "s"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            parameters.retain(|(known, _)| known != name);
            if !value.is_empty() {
                parameters.push((name, value));
            }
        }
        let assertion = self.assertion(json!(self.server.url));
        self.server
            .form(PAR, None, &self.authenticated(&assertion, &parameters))
    }

    fn code(&self) -> String {
        let pushed = self.push(&[]);
        assert_eq!(pushed.status, 201, "{}", pushed.text);
        let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
        let asked = [("client_id", "bank"), ("request_uri", uri.as_str())];
        let answer = Browser::new(&self.server)
            .authorize(&asked, "ola")
            .parameters();
        assert_eq!(answer["iss"], self.server.url);
        answer["code"].clone()
    }

    fn redeem(&self, code: &str) -> Answer {
        let assertion = self.assertion(json!(self.server.url));
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", CB),
        ];
        self.prover.form(
            &self.server,
            TOKEN,
            &self.authenticated(&assertion, &fields),
        )
    }

    fn refresh(&self, token: &str) -> Answer {
        let assertion = self.assertion(json!(self.server.url));
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.prover.form(
            &self.server,
            TOKEN,
            &self.authenticated(&assertion, &fields),
        )
    }
}

#[test]
fn the_flow_of_the_profile_succeeds() {
    let fapi = Fapi::start();
    let tokens = fapi.redeem(&fapi.code());
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    let tokens = tokens.json();
    assert_eq!(tokens["token_type"], "DPoP");
    // §5.4.1
    let header = keyfob::crypto::jwt::header(tokens["id_token"].as_str().unwrap()).unwrap();
    assert_eq!(header.alg, "ES256");
    let bound = &claims(&tokens["access_token"])["cnf"]["jkt"];
    assert_eq!(*bound, fapi.prover.jkt());
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(
        fapi.prover
            .get(&fapi.server, "/api/v1/oauth/userinfo", token)
            .status,
        200
    );
}

// FAPI 2.0 Security Profile §5.3.2.2: pushed, authenticated, with S256 and a redirect_uri, answered with a code.
#[test]
fn a_request_that_the_profile_does_not_know_is_refused() {
    let fapi = Fapi::start();
    let challenge = challenge();
    let plain = [
        ("client_id", "bank"),
        ("response_type", "code"),
        ("redirect_uri", CB),
        ("scope", "openid"),
        ("state", "s"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let answer = fapi.server.get(&authorize_path(&plain), &[]).parameters();
    assert_eq!(answer["error"], "invalid_request", "not pushed");
    let rows: [&[(&str, &str)]; 4] = [
        &[("redirect_uri", "")],
        &[("code_challenge", ""), ("code_challenge_method", "")],
        &[("code_challenge_method", "plain")],
        &[("response_type", "")],
    ];
    for changes in rows {
        assert_eq!(
            fapi.push(changes).refusal(),
            (400, "invalid_request".into()),
            "{changes:?}"
        );
    }
    let unauthenticated = fapi.server.form(PAR, None, &plain);
    assert_eq!(unauthenticated.refusal(), (401, "invalid_client".into()));
}

// §5.3.2.1: the issuer, as a string, and nothing else.
#[test]
fn an_assertion_for_another_audience_is_refused() {
    let fapi = Fapi::start();
    let issuer = fapi.server.url.clone();
    for aud in [
        json!(format!("{issuer}{TOKEN}")),
        json!(format!("{issuer}{PAR}")),
        json!([issuer]),
    ] {
        let assertion = fapi.assertion(aud.clone());
        let fields = fapi.authenticated(&assertion, &[("response_type", "code")]);
        let answer = fapi.server.form(PAR, None, &fields);
        assert_eq!(answer.refusal(), (401, "invalid_client".into()), "{aud}");
    }
}

// §5.3.2.1: only sender-constrained access tokens.
#[test]
fn a_token_request_without_a_proof_gets_nothing() {
    let fapi = Fapi::start();
    let code = fapi.code();
    let assertion = fapi.assertion(json!(fapi.server.url));
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let answer = fapi
        .server
        .form(TOKEN, None, &fapi.authenticated(&assertion, &fields));
    assert_eq!(answer.refusal(), (400, "invalid_dpop_proof".into()));
    assert_eq!(
        fapi.redeem(&code).status,
        200,
        "the code is as good as before"
    );
}

// §5.4.1: the algorithm is that of the proof, whether its jwk names one or not.
#[test]
fn a_proof_that_is_signed_with_rs256_is_refused() {
    let fapi = Fapi::start();
    let rsa = Prover(SigningKey::generate(Algorithm::Rs256).unwrap());
    for in_jwk in [None, Some("RS256")] {
        let proof = |path: &str| {
            let mut draft = rsa.draft(&fapi.server, "POST", path);
            if let Some(alg) = in_jwk {
                draft.header["jwk"]["alg"] = alg.into();
            }
            rsa.sign(&draft)
        };
        let assertion = fapi.assertion(json!(fapi.server.url));
        let challenge = challenge();
        let pushed = [
            ("response_type", "code"),
            ("redirect_uri", CB),
            ("scope", "openid"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        let pushed = fapi.authenticated(&assertion, &pushed);
        let answer = fapi
            .server
            .form_with(PAR, &[("dpop", &proof(PAR))], &pushed);
        assert_eq!(
            answer.refusal(),
            (400, "invalid_dpop_proof".into()),
            "{in_jwk:?}"
        );
        let (code, assertion) = (fapi.code(), fapi.assertion(json!(fapi.server.url)));
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("code_verifier", VERIFIER),
        ];
        let fields = fapi.authenticated(&assertion, &fields);
        let answer = fapi
            .server
            .form_with(TOKEN, &[("dpop", &proof(TOKEN))], &fields);
        assert_eq!(
            answer.refusal(),
            (400, "invalid_dpop_proof".into()),
            "{in_jwk:?}"
        );
    }
}

// §5.3.2.1: a code lives at most 60 seconds, whatever is configured for others.
#[test]
fn a_code_lives_a_minute() {
    let (key, prover) = (es256(), Prover::new());
    let server = Server::start_with(|told| told.live.authorization_code_lifetime = Lifetime(300));
    server.client("bank", registration(&key_set(&[&key]), json!({})));
    server.person("ola");
    let fapi = Fapi {
        server,
        key,
        prover,
    };
    let (first, second) = (fapi.code(), fapi.code());
    fapi.server.clock.advance(Lifetime(59));
    assert_eq!(fapi.redeem(&first).status, 200);
    fapi.server.clock.advance(Lifetime(1));
    assert_eq!(
        fapi.redeem(&second).refusal(),
        (400, "invalid_grant".into())
    );
}

// §5.3.2.1: no refresh token rotation; the idle limit is counted from each use.
#[test]
fn a_refresh_token_stays_the_same_and_lives_on() {
    let fapi = Fapi::start();
    let tokens = fapi.redeem(&fapi.code()).json();
    let token = tokens["refresh_token"].as_str().unwrap();
    for _ in 0..3 {
        fapi.server.clock.advance(Lifetime::days(20));
        let answer = fapi.refresh(token);
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json()["refresh_token"], token);
    }
    fapi.server.clock.advance(Lifetime::days(31));
    assert_eq!(fapi.refresh(token).refusal(), (400, "invalid_grant".into()));
}

// §5.4.1: no RS256, not even with a key that is registered.
#[test]
fn rs256_is_not_taken_from_such_a_client() {
    let fapi = Fapi::start();
    let rsa = SigningKey::generate(Algorithm::Rs256).unwrap();
    let keys = key_set(&[&fapi.key, &rsa]);
    fapi.server.client("bank", registration(&keys, json!({})));
    let now = fapi.server.app.now().0;
    let claims =
        json!({"iss": "bank", "sub": "bank", "aud": fapi.server.url, "exp": now + 60, "jti": "1"});
    let header = json!({"alg": "RS256", "kid": rsa.kid()});
    let assertion = signed(&rsa, &header, &claims);
    let refused = fapi
        .server
        .form(PAR, None, &fapi.authenticated(&assertion, &[]));
    assert_eq!(refused.refusal(), (401, "invalid_client".into()));
    // The same is good for a client without the profile.
    fapi.server
        .client("bank", registration(&keys, json!({"profile": null})));
    let refused = fapi
        .server
        .form(PAR, None, &fapi.authenticated(&assertion, &[]));
    assert_eq!(refused.refusal().0, 400);
}

// FAPI 2.0 Message Signing §5.3.1: a request object has a beginning and an end, an hour apart at most.
#[test]
fn a_request_object_has_a_short_life() {
    let fapi = Fapi::start();
    let now = fapi.server.app.now().0;
    let rows = [
        (json!({"nbf": now, "exp": now + 3600}), 201),
        (json!({"nbf": now}), 400),
        (json!({"exp": now + 60}), 400),
        (json!({"nbf": now - 3700, "exp": now + 60}), 400),
        (json!({"nbf": now, "exp": now + 3700}), 400),
    ];
    for (times, status) in rows {
        let mut object = json!({
            "iss": "bank", "aud": fapi.server.url, "client_id": "bank", "response_type": "code",
            "redirect_uri": CB, "scope": "openid", "code_challenge": challenge(),
            "code_challenge_method": "S256",
        });
        object
            .as_object_mut()
            .unwrap()
            .extend(times.as_object().unwrap().clone());
        let header = json!({"alg": "ES256", "kid": fapi.key.kid(), "typ": "oauth-authz-req+jwt"});
        let object = signed(&fapi.key, &header, &object);
        let assertion = fapi.assertion(json!(fapi.server.url));
        let fields = [("request", object.as_str())];
        let answer = fapi
            .server
            .form(PAR, None, &fapi.authenticated(&assertion, &fields));
        assert_eq!(answer.status, status, "{times}: {}", answer.text);
    }
}

#[test]
fn a_registration_against_the_profile_names_the_member() {
    let jwks = key_set(&[&es256()]);
    let rows = [
        (
            json!({"token_endpoint_auth_method": "client_secret_basic"}),
            "profile",
        ),
        (json!({"token_endpoint_auth_method": "none"}), "profile"),
        (
            json!({"assertion_audience": "token_endpoint"}),
            "assertion_audience",
        ),
        (json!({"require_pkce": false}), "require_pkce"),
        (
            json!({"token_endpoint_auth_signing_alg": "RS256"}),
            "token_endpoint_auth_signing_alg",
        ),
        (
            json!({"request_object_signing_alg": "RS256"}),
            "request_object_signing_alg",
        ),
        (
            json!({"id_token_signed_response_alg": "RS256"}),
            "id_token_signed_response_alg",
        ),
    ];
    for (changes, member) in rows {
        let registration = registration(&jwks, changes.clone());
        let registration: ClientRegistration = serde_json::from_value(registration).unwrap();
        let refused = registration.check().map_err(|error| error.member);
        assert_eq!(refused.map(|_| ()), Err(member.to_owned()), "{changes}");
    }
}
