//! DPoP (RFC 9449): what a proof must be, and that it counts once.

use keyfob::{
    crypto::keys::{Algorithm, SigningKey},
    domain::time::Lifetime,
};
use serde_json::{Value, json};

use crate::support::{
    Answer, Server, VERIFIER,
    dpop::{Draft, Prover},
};

pub const TOKEN: &str = "/api/v1/oauth/token";
pub const USERINFO: &str = "/api/v1/oauth/userinfo";
pub const SCOPE: &str = "openid profile offline_access keyfob:delegate";

fn ready_with(change: impl FnOnce(&mut keyfob::config::settings::Settings)) -> Server {
    let server = Server::start_with(change);
    let metadata = json!({"grant_types": ["authorization_code", "refresh_token"], "scope": SCOPE,
                          "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/cb"]});
    server.client("app", metadata);
    server.person("ola");
    server
}

pub fn ready() -> Server {
    ready_with(|_| {})
}

/// The fields of an exchange of a new code, which costs nothing if the proof is refused.
pub fn exchange(code: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("client_id", "app"),
        ("code", code),
        ("code_verifier", VERIFIER),
    ]
}

/// Tokens of `ola` that are bound to the key.
pub fn bound_tokens(server: &Server, prover: &Prover) -> Value {
    let code = server.code("app", "ola", SCOPE);
    let answer = prover.form(server, TOKEN, &exchange(&code));
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

pub fn invalid_proof() -> (u16, String) {
    (400, "invalid_dpop_proof".into())
}

pub type Change = fn(&mut Draft);

// RFC 9449 §4.3, rules B60, B61
#[test]
fn a_proof_that_breaks_a_rule_is_refused() {
    let server = ready();
    let rows: &[(&str, Change)] = &[
        ("typ of another token", |p| p.header["typ"] = "JWT".into()),
        ("no typ", |p| {
            drop(p.header.as_object_mut().unwrap().remove("typ"));
        }),
        ("alg none", |p| p.header["alg"] = "none".into()),
        ("alg symmetric", |p| p.header["alg"] = "HS256".into()),
        ("alg of another key", |p| p.header["alg"] = "EdDSA".into()),
        ("alg unknown", |p| p.header["alg"] = "ES256K".into()),
        ("crit", |p| p.header["crit"] = json!(["exp"])),
        ("no jwk", |p| {
            drop(p.header.as_object_mut().unwrap().remove("jwk"));
        }),
        ("a private key", |p| p.header["jwk"]["d"] = "AQAB".into()),
        ("a symmetric key", |p| {
            p.header["jwk"] = json!({"kty": "oct", "k": "AQAB"});
        }),
        ("another key", |p| p.header["jwk"] = Prover::new().jwk()),
        ("a key for encryption", |p| {
            p.header["jwk"]["use"] = "enc".into();
        }),
        ("a key for another alg", |p| {
            p.header["jwk"]["alg"] = "ES384".into();
        }),
        ("no jti", |p| {
            drop(p.claims.as_object_mut().unwrap().remove("jti"));
        }),
        ("an empty jti", |p| p.claims["jti"] = "".into()),
        ("jti no string", |p| p.claims["jti"] = json!(7)),
        ("no htm", |p| {
            drop(p.claims.as_object_mut().unwrap().remove("htm"));
        }),
        ("another method", |p| p.claims["htm"] = "GET".into()),
        ("the method in small letters", |p| {
            p.claims["htm"] = "post".into();
        }),
        ("no htu", |p| {
            drop(p.claims.as_object_mut().unwrap().remove("htu"));
        }),
        ("htu no string", |p| p.claims["htu"] = json!(["x"])),
        ("htu no URL", |p| p.claims["htu"] = TOKEN.into()),
        ("another path", |p| append(&mut p.claims["htu"], "/")),
        ("another host", |p| {
            p.claims["htu"] = format!("https://evil.example{TOKEN}").into();
        }),
        ("another scheme", |p| {
            replace(&mut p.claims["htu"], "http:", "https:");
        }),
        ("a user before the host", |p| {
            replace(&mut p.claims["htu"], "//", "//u@");
        }),
        ("no iat", |p| {
            drop(p.claims.as_object_mut().unwrap().remove("iat"));
        }),
        ("iat no number", |p| p.claims["iat"] = "1800000000".into()),
        ("iat in the future", |p| shift(&mut p.claims["iat"], 31)),
        ("iat too long ago", |p| shift(&mut p.claims["iat"], -301)),
    ];
    let prover = Prover::new();
    let code = server.code("app", "ola", SCOPE);
    let send = |proof: &str| server.form_with(TOKEN, &[("dpop", proof)], &exchange(&code));
    for (name, change) in rows {
        let mut draft = prover.draft(&server, "POST", TOKEN);
        change(&mut draft);
        let answer = send(&prover.sign(&draft));
        assert_eq!(answer.refusal(), invalid_proof(), "{name}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{name}");
    }
    let good = prover.proof(&server, "POST", TOKEN);
    let forged = format!("{}AAAA", &good[..good.len() - 4]);
    for (name, proof) in [("no JWT", "x"), ("empty", ""), ("forged", &forged)] {
        assert_eq!(send(proof).refusal(), invalid_proof(), "{name}");
    }
    let two = [("dpop", good.as_str()), ("dpop", &good)];
    let answer = server.form_with(TOKEN, &two, &exchange(&code));
    assert_eq!(answer.refusal(), invalid_proof(), "two headers");
    // All of that has cost nothing.
    assert_eq!(send(&good).status, 200);
}

fn shift(iat: &mut Value, seconds: i64) {
    *iat = json!(iat.as_i64().unwrap() + seconds);
}

pub fn append(text: &mut Value, more: &str) {
    *text = format!("{}{more}", text.as_str().unwrap()).into();
}

fn replace(text: &mut Value, from: &str, to: &str) {
    *text = text.as_str().unwrap().replacen(from, to, 1).into();
}

// RFC 9449 §4.3, RFC 3986 §6.2.2; rule B61
#[test]
fn a_proof_may_be_written_in_other_ways() {
    let server = ready();
    let rows: &[(&str, Change)] = &[
        ("htu with query and fragment", |p| {
            append(&mut p.claims["htu"], "?a=b#c");
        }),
        ("the scheme in capitals", |p| {
            replace(&mut p.claims["htu"], "http", "HTTP");
        }),
        ("iat 30 seconds ahead", |p| shift(&mut p.claims["iat"], 30)),
        ("iat five minutes ago", |p| {
            shift(&mut p.claims["iat"], -300);
        }),
        ("iat with a fraction", |p| {
            p.claims["iat"] = json!(p.claims["iat"].as_f64().unwrap() + 0.5);
        }),
        ("typ as a media type", |p| {
            p.header["typ"] = "application/DPoP+jwt".into();
        }),
        ("further members", |p| p.claims["sub"] = "app".into()),
        ("a key as browsers export it", |p| {
            p.header["jwk"]["ext"] = true.into();
            p.header["jwk"]["key_ops"] = json!(["verify"]);
        }),
    ];
    let rsa = include_bytes!("../../src/crypto/testdata/rfc7515_a2.pk8");
    let rsa = Prover(SigningKey::from_pkcs8(Algorithm::Rs256, rsa).unwrap());
    let eddsa = Prover(SigningKey::generate(Algorithm::EdDsa).unwrap());
    for prover in [Prover::new(), eddsa, rsa] {
        for (name, change) in rows {
            let mut draft = prover.draft(&server, "POST", TOKEN);
            change(&mut draft);
            let code = server.code("app", "ola", SCOPE);
            let proof = prover.sign(&draft);
            let answer = server.form_with(TOKEN, &[("dpop", &proof)], &exchange(&code));
            assert_eq!(answer.status, 200, "{name}: {}", answer.text);
            assert_eq!(answer.json()["token_type"], "DPoP", "{name}");
        }
    }
    // RFC 9864 §2.2: the newer name of the same algorithm.
    let eddsa = Prover(SigningKey::generate(Algorithm::EdDsa).unwrap());
    for (in_header, in_jwk) in [("Ed25519", "EdDSA"), ("EdDSA", "Ed25519")] {
        let mut draft = eddsa.draft(&server, "POST", TOKEN);
        draft.header["alg"] = in_header.into();
        draft.header["jwk"]["alg"] = in_jwk.into();
        let (proof, code) = (eddsa.sign(&draft), server.code("app", "ola", SCOPE));
        let answer = server.form_with(TOKEN, &[("dpop", &proof)], &exchange(&code));
        assert_eq!(answer.status, 200, "{in_header}: {}", answer.text);
    }
    let supported = server.get("/.well-known/openid-configuration", &[]).json();
    let supported = &supported["dpop_signing_alg_values_supported"];
    for algorithm in ["ES256", "EdDSA", "Ed25519", "RS256", "PS256"] {
        assert!(supported.as_array().unwrap().contains(&json!(algorithm)));
    }
}

// Rule B61: behind a proxy the URL is the public one, whatever the server listens on.
#[test]
fn htu_is_the_public_url() {
    let server = ready_with(|told| told.config.issuer = "https://id.example".into());
    let prover = Prover::new();
    for (htu, status) in [
        ("https://id.example/api/v1/oauth/token".to_owned(), 200),
        ("https://ID.example:443/api/v1/oauth/token".into(), 200),
        (format!("{}{TOKEN}", server.url), 400),
        ("https://id.example:8443/api/v1/oauth/token".into(), 400),
    ] {
        let mut draft = prover.draft(&server, "POST", TOKEN);
        draft.claims["htu"] = htu.as_str().into();
        let (proof, code) = (prover.sign(&draft), server.code("app", "ola", SCOPE));
        let headers = [
            ("dpop", proof.as_str()),
            ("x-forwarded-host", "evil.example"),
        ];
        let answer = server.form_with(TOKEN, &headers, &exchange(&code));
        assert_eq!(answer.status, status, "{htu}: {}", answer.text);
    }
}

// RFC 9449 §11.1, rule B62
#[test]
fn a_proof_counts_once() {
    let server = ready();
    let prover = Prover::new();
    let send = |server: &Server, proof: &str| {
        let code = server.code("app", "ola", SCOPE);
        server.form_with(TOKEN, &[("dpop", proof)], &exchange(&code))
    };
    let draft = prover.draft(&server, "POST", TOKEN);
    let proof = prover.sign(&draft);
    assert_eq!(send(&server, &proof).status, 200);
    assert_eq!(send(&server, &proof).refusal(), invalid_proof());
    // The jti it is, not the text.
    server.clock.advance(Lifetime(1));
    let mut again = prover.draft(&server, "POST", TOKEN);
    again.claims["jti"] = draft.claims["jti"].clone();
    assert_eq!(
        send(&server, &prover.sign(&again)).refusal(),
        invalid_proof()
    );
    // Another key has its own.
    let other = Prover::new();
    let mut theirs = other.draft(&server, "POST", TOKEN);
    theirs.claims["jti"] = draft.claims["jti"].clone();
    assert_eq!(send(&server, &other.sign(&theirs)).status, 200);
    let server = server.restart();
    assert_eq!(send(&server, &proof).refusal(), invalid_proof());
    // Nor does it come back with a clock that is set back.
    server.clock.advance(Lifetime::minutes(50));
    server.purge();
    server.clock.turn_back(Lifetime::minutes(50));
    assert_eq!(send(&server, &proof).refusal(), invalid_proof());
}

#[test]
fn of_thirty_uses_of_a_proof_at_once_one_counts() {
    let server = ready();
    let prover = Prover::new();
    let token = bound_tokens(&server, &prover)["access_token"].clone();
    let token = text(&token);
    let for_token = prover.proof(&server, "POST", TOKEN);
    let for_userinfo = prover.proof_with(&server, "GET", USERINFO, token);
    let authorization = format!("DPoP {token}");
    let codes: Vec<_> = (0..30).map(|_| server.code("app", "ola", SCOPE)).collect();
    let count = |send: &(dyn Fn(usize) -> Answer + Sync), wrong: u16| {
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let sent: Vec<_> = (0..30)
                .map(|i| scope.spawn(move || send(i).status))
                .collect();
            sent.into_iter().map(|sent| sent.join().unwrap()).collect()
        });
        let of = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
        assert_eq!((of(200), of(wrong)), (1, 29), "{statuses:?}");
    };
    count(
        &|i| server.form_with(TOKEN, &[("dpop", &for_token)], &exchange(&codes[i])),
        400,
    );
    let headers = [
        ("authorization", authorization.as_str()),
        ("dpop", &for_userinfo),
    ];
    count(&|_| server.get(USERINFO, &headers), 401);
}

// RFC 9449 §8, §9; rule B63
#[test]
fn a_nonce_is_offered_and_demanded_where_the_setting_says_so() {
    let server = ready_with(|told| told.live.dpop_nonce = true);
    let prover = Prover::new();
    let code = server.code("app", "ola", SCOPE);
    let refused = prover.form(&server, TOKEN, &exchange(&code));
    assert_eq!(refused.refusal(), (400, "use_dpop_nonce".into()));
    let nonce = refused.header("dpop-nonce").unwrap().to_owned();
    let with_nonce = |nonce: &str| {
        let mut draft = prover.draft(&server, "POST", TOKEN);
        draft.claims["nonce"] = nonce.into();
        let code = server.code("app", "ola", SCOPE);
        server.form_with(TOKEN, &[("dpop", &prover.sign(&draft))], &exchange(&code))
    };
    let answer = with_nonce(&nonce);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("dpop-nonce"), Some(nonce.as_str()));
    let token = answer.json()["access_token"].clone();
    let challenged = prover.get(&server, USERINFO, text(&token));
    assert_eq!(challenged.refusal(), (401, "use_dpop_nonce".into()));
    let challenge = challenged.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("DPoP ") && challenge.contains(r#"error="use_dpop_nonce""#));
    assert_eq!(challenged.header("dpop-nonce"), Some(nonce.as_str()));
    // Good for the window in which it was given out, and the one after.
    server.clock.advance(Lifetime::minutes(5));
    let answer = with_nonce(&nonce);
    assert_eq!(answer.status, 200);
    assert_ne!(answer.header("dpop-nonce"), Some(nonce.as_str()));
    server.clock.advance(Lifetime::minutes(5));
    assert_eq!(with_nonce(&nonce).refusal(), (400, "use_dpop_nonce".into()));
    assert_eq!(with_nonce("x").refusal(), (400, "use_dpop_nonce".into()));
    // Nobody who uses no proofs is bothered with it.
    let plain = server.form(TOKEN, None, &exchange(&server.code("app", "ola", SCOPE)));
    assert_eq!((plain.status, plain.header("dpop-nonce")), (200, None));
}

#[test]
fn where_no_nonce_is_demanded_one_that_is_sent_must_still_be_right() {
    let server = ready();
    let prover = Prover::new();
    let code = server.code("app", "ola", SCOPE);
    let offered = prover.form(&server, TOKEN, &exchange(&code));
    assert_eq!(offered.status, 200);
    let nonce = offered.header("dpop-nonce").unwrap().to_owned();
    for (nonce, status) in [(nonce.as_str(), 200), ("stale", 400)] {
        let mut draft = prover.draft(&server, "POST", TOKEN);
        draft.claims["nonce"] = nonce.into();
        let (proof, code) = (prover.sign(&draft), server.code("app", "ola", SCOPE));
        let answer = server.form_with(TOKEN, &[("dpop", &proof)], &exchange(&code));
        assert_eq!(answer.status, status, "{nonce}: {}", answer.text);
    }
}
