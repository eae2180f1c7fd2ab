//! DPoP (RFC 9449): what a proof must be, what it binds, and where a bound token is good.

use keyfob::{
    crypto::keys::{Algorithm, SigningKey},
    domain::time::Lifetime,
};
use serde_json::{Value, json};

use crate::support::{
    Answer, Server, VERIFIER,
    browser::{Browser, challenge},
    claims,
    dpop::{Draft, Prover, ath},
};

const TOKEN: &str = "/api/v1/oauth/token";
const USERINFO: &str = "/api/v1/oauth/userinfo";
const SCOPE: &str = "openid profile offline_access keyfob:delegate";

fn ready_with(change: impl FnOnce(&mut keyfob::config::Config)) -> Server {
    let server = Server::start_with(change);
    let metadata = json!({"grant_types": ["authorization_code", "refresh_token"], "scope": SCOPE,
                          "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/cb"]});
    server.client("app", metadata);
    server.person("ola");
    server
}

fn ready() -> Server {
    ready_with(|_| {})
}

/// The fields of an exchange of a new code, which costs nothing if the proof is refused.
fn exchange(code: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("client_id", "app"),
        ("code", code),
        ("code_verifier", VERIFIER),
    ]
}

fn refresh(token: &Value) -> [(&str, &str); 3] {
    [
        ("grant_type", "refresh_token"),
        ("client_id", "app"),
        ("refresh_token", token.as_str().unwrap()),
    ]
}

/// Tokens of `ola` that are bound to the key.
fn bound_tokens(server: &Server, prover: &Prover) -> Value {
    let code = server.code("app", "ola", SCOPE);
    let answer = prover.form(server, TOKEN, &exchange(&code));
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn invalid_proof() -> (u16, String) {
    (400, "invalid_dpop_proof".into())
}

type Change = fn(&mut Draft);

// RFC 9449 §4.3, SECURITY §2.60, §2.61
#[test]
fn a_proof_that_breaks_a_rule_is_refused() {
    let server = ready();
    let rows: &[(&str, Change)] = &[
        ("typ of another token", |p| p.header["typ"] = "JWT".into()),
        ("no typ", |p| {
            drop(p.header.as_object_mut().unwrap().remove("typ"))
        }),
        ("alg none", |p| p.header["alg"] = "none".into()),
        ("alg symmetric", |p| p.header["alg"] = "HS256".into()),
        ("alg of another key", |p| p.header["alg"] = "EdDSA".into()),
        ("alg unknown", |p| p.header["alg"] = "ES256K".into()),
        ("crit", |p| p.header["crit"] = json!(["exp"])),
        ("no jwk", |p| {
            drop(p.header.as_object_mut().unwrap().remove("jwk"))
        }),
        ("a private key", |p| p.header["jwk"]["d"] = "AQAB".into()),
        ("a symmetric key", |p| {
            p.header["jwk"] = json!({"kty": "oct", "k": "AQAB"})
        }),
        ("another key", |p| p.header["jwk"] = Prover::new().jwk()),
        ("a key for encryption", |p| {
            p.header["jwk"]["use"] = "enc".into()
        }),
        ("a key for another alg", |p| {
            p.header["jwk"]["alg"] = "ES384".into()
        }),
        ("no jti", |p| {
            drop(p.claims.as_object_mut().unwrap().remove("jti"))
        }),
        ("an empty jti", |p| p.claims["jti"] = "".into()),
        ("jti no string", |p| p.claims["jti"] = json!(7)),
        ("no htm", |p| {
            drop(p.claims.as_object_mut().unwrap().remove("htm"))
        }),
        ("another method", |p| p.claims["htm"] = "GET".into()),
        ("the method in small letters", |p| {
            p.claims["htm"] = "post".into()
        }),
        ("no htu", |p| {
            drop(p.claims.as_object_mut().unwrap().remove("htu"))
        }),
        ("htu no string", |p| p.claims["htu"] = json!(["x"])),
        ("htu no URL", |p| p.claims["htu"] = TOKEN.into()),
        ("another path", |p| append(&mut p.claims["htu"], "/")),
        ("another host", |p| {
            p.claims["htu"] = format!("https://evil.example{TOKEN}").into()
        }),
        ("another scheme", |p| {
            replace(&mut p.claims["htu"], "http:", "https:")
        }),
        ("a user before the host", |p| {
            replace(&mut p.claims["htu"], "//", "//u@")
        }),
        ("no iat", |p| {
            drop(p.claims.as_object_mut().unwrap().remove("iat"))
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

fn append(text: &mut Value, more: &str) {
    *text = format!("{}{more}", text.as_str().unwrap()).into();
}

fn replace(text: &mut Value, from: &str, to: &str) {
    *text = text.as_str().unwrap().replacen(from, to, 1).into();
}

// RFC 9449 §4.3, RFC 3986 §6.2.2; SECURITY §2.61
#[test]
fn a_proof_may_be_written_in_other_ways() {
    let server = ready();
    let rows: &[(&str, Change)] = &[
        ("htu with query and fragment", |p| {
            append(&mut p.claims["htu"], "?a=b#c")
        }),
        ("the scheme in capitals", |p| {
            replace(&mut p.claims["htu"], "http", "HTTP")
        }),
        ("iat 30 seconds ahead", |p| shift(&mut p.claims["iat"], 30)),
        ("iat five minutes ago", |p| {
            shift(&mut p.claims["iat"], -300)
        }),
        ("iat with a fraction", |p| {
            p.claims["iat"] = json!(p.claims["iat"].as_f64().unwrap() + 0.5)
        }),
        ("typ as a media type", |p| {
            p.header["typ"] = "application/DPoP+jwt".into()
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

// SECURITY §2.61: behind a proxy the URL is the public one, whatever the server listens on.
#[test]
fn htu_is_the_public_url() {
    let server = ready_with(|config| config.issuer = "https://id.example".into());
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

// RFC 9449 §11.1, SECURITY §2.62
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
    server
        .app
        .store
        .write_blocking(|tx| keyfob::store::purge::batch(tx, 100))
        .unwrap();
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

// RFC 9449 §8, §9; SECURITY §2.63
#[test]
fn a_nonce_is_offered_and_demanded_where_the_setting_says_so() {
    let server = ready_with(|config| config.dpop_nonce = true);
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

// RFC 9449 §7.1, §7.2; SECURITY §2.60, §2.64
#[test]
fn a_bound_token_is_good_only_with_a_proof_of_its_key() {
    let server = ready();
    let (prover, other) = (Prover::new(), Prover::new());
    let tokens = bound_tokens(&server, &prover);
    let token = text(&tokens["access_token"]);
    let plain = server.form(TOKEN, None, &exchange(&server.code("app", "ola", SCOPE)));
    let plain = plain.json()["access_token"].clone();
    let plain = text(&plain);
    let good = || prover.proof_with(&server, "GET", USERINFO, token);
    let altered = |change: Change| {
        let mut draft = prover.draft(&server, "GET", USERINFO);
        draft.claims["ath"] = ath(token).into();
        change(&mut draft);
        prover.sign(&draft)
    };
    assert_eq!(prover.get(&server, USERINFO, token).status, 200);
    let (dpop, bearer) = (format!("DPoP {token}"), format!("Bearer {token}"));
    let mistyped = format!("DPoP {plain}");
    let cookie = format!("token={token}");
    let rows = [
        (
            "as a bearer token",
            "authorization",
            &bearer,
            Some(good()),
            "invalid_token",
        ),
        (
            "as a bearer token, alone",
            "authorization",
            &bearer,
            None,
            "invalid_token",
        ),
        (
            "a bearer token as DPoP",
            "authorization",
            &mistyped,
            Some(good()),
            "invalid_token",
        ),
        (
            "without a proof",
            "authorization",
            &dpop,
            None,
            "invalid_dpop_proof",
        ),
        (
            "without ath",
            "authorization",
            &dpop,
            Some(prover.proof(&server, "GET", USERINFO)),
            "invalid_dpop_proof",
        ),
        (
            "ath of another token",
            "authorization",
            &dpop,
            Some(prover.proof_with(&server, "GET", USERINFO, plain)),
            "invalid_dpop_proof",
        ),
        (
            "by another key",
            "authorization",
            &dpop,
            Some(other.proof_with(&server, "GET", USERINFO, token)),
            "invalid_token",
        ),
        (
            "for another method",
            "authorization",
            &dpop,
            Some(altered(|p| p.claims["htm"] = "POST".into())),
            "invalid_dpop_proof",
        ),
        (
            "for another endpoint",
            "authorization",
            &dpop,
            Some(altered(|p| append(&mut p.claims["htu"], "x"))),
            "invalid_dpop_proof",
        ),
        (
            "renewed, without a proof",
            "refreshed-token",
            &token.to_owned(),
            None,
            "invalid_dpop_proof",
        ),
        (
            "as the cookie, without a proof",
            "cookie",
            &cookie,
            None,
            "invalid_dpop_proof",
        ),
    ];
    for (name, header, value, proof, error) in rows {
        let mut headers = vec![(header, value.as_str())];
        headers.extend(proof.as_deref().map(|proof| ("dpop", proof)));
        let answer = server.get(USERINFO, &headers);
        assert_eq!(answer.refusal(), (401, error.into()), "{name}");
        let challenges: Vec<_> = answer
            .headers
            .get_all("www-authenticate")
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect();
        let in_dpop = value.starts_with("DPoP") || error == "invalid_dpop_proof";
        let (tried, scheme) = match in_dpop {
            true => (&challenges[..1], "DPoP"),
            false => (&challenges[..2], "Bearer"),
        };
        let expected = format!(r#"{scheme} realm="keyfob", error="{error}""#);
        assert!(tried[0].starts_with(&expected), "{name}: {challenges:?}");
        let last = tried[tried.len() - 1];
        assert!(
            last.starts_with("DPoP ")
                && last.ends_with(r#"algs="ES256 EdDSA Ed25519 PS256 RS256""#),
            "{name}: {challenges:?}"
        );
        assert_eq!(challenges.len(), tried.len(), "{name}");
    }
    // With its proof it may come as the renewed one, too.
    let headers = [("refreshed-token", token), ("dpop", &good())];
    assert_eq!(server.get(USERINFO, &headers).status, 200);
    // Whoever sends nothing is told of both (RFC 9449 §7.2); a proof beside a bearer token is ignored.
    let nobody = server.get(USERINFO, &[]);
    assert_eq!(nobody.headers.get_all("www-authenticate").iter().count(), 2);
    let headers = [
        ("authorization", format!("bearer {plain}")),
        ("dpop", "x".to_owned()),
    ];
    let headers = headers
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    assert_eq!(server.get(USERINFO, &headers).status, 200);
}

// RFC 9449 §5, SECURITY §2.53
#[test]
fn refresh_tokens_of_a_public_client_stay_with_the_key() {
    let server = ready();
    let (prover, other) = (Prover::new(), Prover::new());
    let tokens = bound_tokens(&server, &prover);
    let old = &tokens["refresh_token"];
    let plain = server.form(TOKEN, None, &refresh(old));
    assert_eq!(plain.refusal(), invalid_proof());
    assert_eq!(
        other.form(&server, TOKEN, &refresh(old)).refusal(),
        (400, "invalid_grant".into())
    );
    let answer = prover.form(&server, TOKEN, &refresh(old)).json();
    assert_eq!(answer["token_type"], "DPoP");
    let successor = &answer["refresh_token"];
    assert_eq!(
        server.form(TOKEN, None, &refresh(successor)).refusal(),
        invalid_proof()
    );
    assert_eq!(prover.form(&server, TOKEN, &refresh(successor)).status, 200);
}

#[test]
fn a_confidential_client_may_change_its_key() {
    let server = ready();
    let metadata = json!({"grant_types": ["authorization_code", "refresh_token"], "scope": SCOPE,
                          "token_endpoint_auth_method": "client_secret_post",
                          "redirect_uris": ["https://app.example/cb"]});
    let secret = server.client("web", metadata);
    let code = server.code("web", "ola", SCOPE);
    let mine = [("client_id", "web"), ("client_secret", secret.as_str())];
    let exchange = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let (first, second) = (Prover::new(), Prover::new());
    let mut tokens = first
        .form(&server, TOKEN, &[&mine[..], &exchange].concat())
        .json();
    for prover in [&second, &first] {
        let token = tokens["refresh_token"].clone();
        let refresh = [
            ("grant_type", "refresh_token"),
            ("refresh_token", text(&token)),
        ];
        tokens = prover
            .form(&server, TOKEN, &[&mine[..], &refresh].concat())
            .json();
        let bound = claims(&tokens["access_token"]);
        assert_eq!(bound["cnf"]["jkt"], prover.jkt());
    }
}

// SECURITY §3.8: a thief who binds a stolen refresh token to a key of his own is found out all the same.
#[test]
fn a_stolen_refresh_token_that_is_bound_by_the_thief_ends_the_family() {
    let server = ready();
    let code = server.code("app", "ola", SCOPE);
    let tokens = server.form(TOKEN, None, &exchange(&code)).json();
    assert_eq!(tokens["token_type"], "Bearer");
    let thief = Prover::new();
    let stolen = thief.form(&server, TOKEN, &refresh(&tokens["refresh_token"]));
    assert_eq!(stolen.status, 200, "{}", stolen.text);
    server.clock.advance(Lifetime(11));
    let owner = server.form(TOKEN, None, &refresh(&tokens["refresh_token"]));
    assert_eq!(owner.refusal(), (400, "invalid_grant".into()));
    let stolen = stolen.json();
    assert_eq!(
        thief
            .get(&server, USERINFO, text(&stolen["access_token"]))
            .refusal(),
        (401, "invalid_token".into())
    );
    assert_eq!(
        thief
            .form(&server, TOKEN, &refresh(&stolen["refresh_token"]))
            .refusal(),
        (400, "invalid_grant".into())
    );
}

// RFC 9449 §10, §10.1; SECURITY §2.65
#[test]
fn a_code_that_was_asked_for_with_a_key_is_for_its_holder() {
    let server = ready();
    let (prover, other) = (Prover::new(), Prover::new());
    let (jkt, challenge) = (prover.jkt(), challenge());
    let base = [
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", "https://app.example/cb"),
        ("scope", "openid"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    const PAR: &str = "/api/v1/oauth/par";
    let with_jkt = |jkt| [&base[..], &[("dpop_jkt", jkt)]].concat();
    let mut browser = Browser::new(&server);
    let code_of = |browser: &mut Browser, parameters: &[(&str, &str)]| {
        browser.authorize(parameters, "ola").parameters()["code"].clone()
    };
    let pushed = |browser: &mut Browser, answer: Answer| {
        assert_eq!(answer.status, 201, "{}", answer.text);
        let uri = answer.json()["request_uri"].clone();
        code_of(
            browser,
            &[("client_id", "app"), ("request_uri", text(&uri))],
        )
    };
    let codes = [
        (
            "dpop_jkt at the authorization endpoint",
            code_of(&mut browser, &with_jkt(jkt.as_str())),
        ),
        (
            "dpop_jkt pushed",
            pushed(&mut browser, server.form(PAR, None, &with_jkt(&jkt))),
        ),
        (
            "a proof with the pushed request",
            pushed(&mut browser, prover.form(&server, PAR, &base)),
        ),
        (
            "both",
            pushed(&mut browser, prover.form(&server, PAR, &with_jkt(&jkt))),
        ),
    ];
    for (name, code) in codes {
        let plain = server.form(TOKEN, None, &exchange(&code));
        assert_eq!(plain.refusal(), invalid_proof(), "{name}");
        let theirs = other.form(&server, TOKEN, &exchange(&code));
        assert_eq!(theirs.refusal(), (400, "invalid_grant".into()), "{name}");
        let mine = prover.form(&server, TOKEN, &exchange(&code));
        assert_eq!(mine.status, 200, "{name}: {}", mine.text);
    }
    let differs = other.form(&server, PAR, &with_jkt(&jkt));
    assert_eq!(differs.refusal(), invalid_proof());
    let proof = prover.proof(&server, "POST", PAR);
    for status in [201, 400] {
        let answer = server.form_with(PAR, &[("dpop", &proof)], &base);
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    for bad in [
        "x",
        &jkt[1..],
        "not base64url, but 43 characters of this text",
    ] {
        let refused = server.form(PAR, None, &with_jkt(bad));
        assert_eq!(refused.refusal(), (400, "invalid_request".into()), "{bad}");
    }
}

// RFC 9449 §5, §6.2; SECURITY §2.66; PRODUCT §1
#[test]
fn every_answer_says_that_a_token_is_bound() {
    let server = ready();
    let service = json!({"grant_types": ["client_credentials"], "scope": SCOPE,
                         "token_endpoint_auth_method": "client_secret_post"});
    let secret = server.client("service", service);
    let prover = Prover::new();
    let proof = || prover.proof(&server, "POST", TOKEN);
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", "service"),
        ("client_secret", secret.as_str()),
    ];
    let body: Value = fields.iter().map(|(name, value)| (*name, *value)).collect();
    // The contract's dialect says Bearer, unless the request brings a proof.
    assert_eq!(
        server.json(TOKEN, &[], &body).json()["token_type"],
        "Bearer"
    );
    let answer = server.json(TOKEN, &[("dpop", &proof())], &body).json();
    assert_eq!(answer["token_type"], "DPoP");
    let token = answer["access_token"].clone();
    assert_eq!(claims(&token)["cnf"], json!({"jkt": prover.jkt()}));
    let fields = [&fields[1..], &[("token", text(&token))]].concat();
    let known = server
        .form("/api/v1/oauth/introspect", None, &fields)
        .json();
    assert_eq!(known["token_type"], "DPoP");
    assert_eq!(known["cnf"]["jkt"], prover.jkt());
    let tokens = bound_tokens(&server, &prover);
    // What follows from a bound token is bound to the same key, and needs its proof.
    let token = text(&tokens["access_token"]);
    const PRINCIPAL: &str = "/api/v1/oauth/principal-token";
    let principal = prover.get(&server, PRINCIPAL, token).json();
    assert_eq!(principal["token_type"], "DPoP");
    assert_eq!(
        claims(&principal["access_token"])["cnf"]["jkt"],
        prover.jkt()
    );
    const DELEGATED: &str = "/api/v1/oauth/delegated-token";
    let proof = prover.proof_with(&server, "POST", DELEGATED, token);
    let authorization = format!("DPoP {token}");
    let headers = [("authorization", authorization.as_str()), ("dpop", &proof)];
    let delegated = server.json(DELEGATED, &headers, &json!({"sub": "ola"}));
    assert_eq!(delegated.status, 200, "{}", delegated.text);
    assert_eq!(delegated.json()["token_type"], "DPoP");
    assert_eq!(
        claims(&delegated.json()["access_token"])["cnf"]["jkt"],
        prover.jkt()
    );
    let again = server.json(DELEGATED, &headers, &json!({"sub": "ola"}));
    assert_eq!(again.refusal(), (401, "invalid_dpop_proof".into()));
    let bearer = format!("Bearer {token}");
    for path in [PRINCIPAL, USERINFO] {
        let stolen = server.get(path, &[("authorization", &bearer)]);
        assert_eq!(stolen.refusal(), (401, "invalid_token".into()), "{path}");
    }
}

// RFC 9449 §5.2; FAPI 2.0 Security Profile §5.3.2.1
#[test]
fn a_client_registered_for_dpop_gets_no_other_token() {
    let server = ready();
    for (client_id, name, value) in [
        ("bound", "dpop_bound_access_tokens", json!(true)),
        ("bank", "profile", json!("fapi2")),
    ] {
        let mut metadata = json!({"grant_types": ["client_credentials"], "scope": SCOPE,
                                  "token_endpoint_auth_method": "client_secret_post"});
        metadata[name] = value;
        let secret = server.client(client_id, metadata);
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", &secret),
        ];
        let plain = server.form(TOKEN, None, &fields);
        assert_eq!(plain.refusal(), invalid_proof(), "{client_id}");
        let answer = Prover::new().form(&server, TOKEN, &fields);
        assert_eq!(answer.json()["token_type"], "DPoP", "{client_id}");
    }
}
