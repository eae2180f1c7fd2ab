//! DPoP (RFC 9449): what a proof binds, and where what is bound is good.

use keyfob::domain::time::Lifetime;
use serde_json::{Value, json};

use crate::{
    dpop::{
        Change, SCOPE, TOKEN, USERINFO, append, bound_tokens, exchange, invalid_proof, ready, text,
    },
    support::{
        Answer, VERIFIER,
        browser::{Browser, challenge},
        claims,
        dpop::{Prover, ath},
    },
};

fn refresh(token: &Value) -> [(&str, &str); 3] {
    [
        ("grant_type", "refresh_token"),
        ("client_id", "app"),
        ("refresh_token", token.as_str().unwrap()),
    ]
}

// RFC 9449 §7.1, §7.2; rules B60, B64
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

// RFC 9449 §5, rule B53
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
    // One that was got without a proof is bound by the first that comes.
    let code = server.code("app", "ola", SCOPE);
    let free = server.form(TOKEN, None, &exchange(&code)).json();
    let bound = prover.form(&server, TOKEN, &refresh(&free["refresh_token"]));
    let bound = &bound.json()["refresh_token"];
    let plain = server.form(TOKEN, None, &refresh(bound));
    assert_eq!(plain.refusal(), invalid_proof());
}

#[test]
fn a_confidential_client_may_change_its_key() {
    let server = ready();
    let metadata = json!({"grant_types": ["authorization_code", "refresh_token"], "scope": SCOPE,
                          "token_endpoint_auth_method": "client_secret_post",
                          "redirect_uris": ["https://app.example/cb"]});
    let secret = server.client("web", metadata);
    let (first, second) = (Prover::new(), Prover::new());
    let (challenge, jkt) = (challenge(), first.jkt());
    let asked = [
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", "https://app.example/cb"),
        ("scope", "openid offline_access"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("dpop_jkt", &jkt),
    ];
    let code = Browser::new(&server).authorize(&asked, "ola").parameters()["code"].clone();
    let mine = [("client_id", "web"), ("client_secret", secret.as_str())];
    let exchange = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
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

// Rule C8: a thief who binds a stolen refresh token to a key of his own is found out all the same.
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

// RFC 9449 §10, §10.1; rule B65
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

// RFC 9449 §5, §6.2; rule B66
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

// RFC 9449 §5, RFC 8693 §2.2.1: what is bound stays bound, and to the same key.
#[test]
fn a_bound_token_that_is_exchanged_stays_with_its_key() {
    const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
    const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
    let server = ready();
    let metadata = json!({"grant_types": ["authorization_code", EXCHANGE], "scope": SCOPE,
                          "token_endpoint_auth_method": "client_secret_post",
                          "redirect_uris": ["https://app.example/cb"]});
    let secret = server.client("gateway", metadata);
    let mine = [("client_id", "gateway"), ("client_secret", secret.as_str())];
    let prover = Prover::new();
    let code = server.code("gateway", "ola", "openid profile");
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let bound = prover.form(&server, TOKEN, &[&mine[..], &redeem].concat());
    let bound = bound.json()["access_token"].clone();
    let exchange = [
        ("grant_type", EXCHANGE),
        ("subject_token", text(&bound)),
        ("subject_token_type", ACCESS_TOKEN),
    ];
    let fields = [&mine[..], &exchange].concat();
    for answer in [
        server.form(TOKEN, None, &fields),
        prover.form(&server, TOKEN, &fields),
    ] {
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json()["token_type"], "DPoP");
        let cnf = claims(&answer.json()["access_token"])["cnf"].clone();
        assert_eq!(cnf["jkt"], prover.jkt());
    }
    let other = Prover::new().form(&server, TOKEN, &fields);
    assert_eq!(other.refusal(), invalid_proof());
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
