//! The 38 modules of the OpenID Basic OP certification profile (rule H1), each as a test of its name
//! that does what the module does.

use std::collections::HashMap;

use keyfob::{
    crypto::{
        hash,
        jwt::{self, Header},
        keys::{Algorithm, VerifyingKey},
        random,
    },
    domain::time::{Lifetime, UnixSeconds},
};
use serde_json::{Value, json};

use crate::support::{
    Answer, Server, VERIFIER,
    browser::{AUTHORIZE, Browser, authorize_path, challenge},
};

const CB: &str = "https://app.example/cb";
const TOKEN: &str = "/api/v1/oauth/token";
const USERINFO: &str = "/api/v1/oauth/userinfo";
const SCOPES: &str = "openid profile email address phone offline_access";
type Parameters<'a> = &'a [(&'a str, &'a str)];

/// The server under test, with two clients as the suite registers them and a user with every claim.
struct Op {
    server: Server,
    secret: String,
    second_secret: String,
}

impl Op {
    fn start() -> Self {
        let server = Server::start();
        let client = |method: &str| {
            json!({"grant_types": ["authorization_code", "refresh_token"], "redirect_uris": [CB],
                   "token_endpoint_auth_method": method, "require_pkce": false, "scope": SCOPES})
        };
        let secret = server.client("rp", client("client_secret_basic"));
        let second_secret = server.client("rp2", client("client_secret_post"));
        server.person_with("ola", |user| {
            user.profile.email_verified = true;
            user.profile.locale = Some("nb-NO".into());
            user.profile.zoneinfo = Some("Europe/Oslo".into());
            user.profile.picture = Some("https://app.example/ola.png".into());
            let claims = json!({
                "middle_name": "Henrik", "nickname": "Olli", "profile": "https://app.example/ola",
                "website": "https://ola.example", "gender": "male", "birthdate": "1990-02-28",
                "address": {"formatted": "Storgata 1\n0155 Oslo", "country": "NO"},
                "phone_number": "+47 22 33 44 55", "phone_number_verified": false,
            });
            user.profile.claims = claims.as_object().unwrap().clone();
        });
        Self {
            server,
            secret,
            second_secret,
        }
    }

    fn browser(&self) -> Browser<'_> {
        Browser::new(&self.server)
    }

    /// `Automatisk konfigurasjon` and `JWKS` as every module looks at them.
    fn keys(&self) -> Vec<VerifyingKey> {
        let metadata = self.metadata();
        assert_eq!(metadata["issuer"], self.server.url);
        for endpoint in [
            "authorization_endpoint",
            "token_endpoint",
            "userinfo_endpoint",
            "jwks_uri",
        ] {
            assert!(
                metadata[endpoint]
                    .as_str()
                    .unwrap()
                    .starts_with(&self.server.url)
            );
        }
        let jwks = self.server.get("/.well-known/jwks.json", &[]).json();
        let keys = jwks["keys"].as_array().unwrap();
        let mut kids: Vec<_> = keys
            .iter()
            .map(|key| key["kid"].as_str().unwrap())
            .collect();
        kids.sort_unstable();
        kids.dedup();
        assert_eq!(kids.len(), keys.len(), "kids are distinct");
        for key in keys {
            assert!(
                ["d", "p", "q", "dp", "dq", "qi", "k"]
                    .iter()
                    .all(|name| key.get(*name).is_none())
            );
        }
        keys.iter()
            .map(|key| VerifyingKey::from_jwk(key).unwrap())
            .collect()
    }

    fn metadata(&self) -> Value {
        self.server
            .get("/.well-known/openid-configuration", &[])
            .json()
    }

    /// The answer's parameters, once `state` and `iss` are found to be right.
    fn answer(&self, request: &Request, answer: &Answer) -> HashMap<String, String> {
        let parameters = answer.parameters();
        assert_eq!(parameters.get("state"), Some(&request.state));
        assert_eq!(parameters["iss"], self.server.url);
        parameters
    }

    /// Sends the request, signs in and allows what the pages ask; the code.
    fn code(&self, browser: &mut Browser, request: &Request) -> String {
        let answer = browser.authorize(&request.parameters(), "ola");
        let answer = self.answer(request, &answer);
        let code = answer["code"].clone();
        // RFC 6749 §10.10: 128 bits at least.
        assert!(code.len() >= 22 && !answer.contains_key("id_token"));
        code
    }

    fn redeem(&self, code: &str, more: Parameters) -> Answer {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CB),
        ];
        fields.extend(more);
        self.server.form(TOKEN, Some(("rp", &self.secret)), &fields)
    }

    /// The whole flow of one request.
    fn tokens(&self, browser: &mut Browser, request: &Request) -> Tokens {
        let code = self.code(browser, request);
        self.checked(&self.redeem(&code, &[]), request.nonce.as_deref(), "rp")
    }

    fn checked(&self, answer: &Answer, nonce: Option<&str>, client_id: &str) -> Tokens {
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(
            answer
                .header("content-type")
                .unwrap()
                .starts_with("application/json")
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("pragma"), Some("no-cache"));
        let body = answer.json();
        assert_eq!(body["token_type"], "Bearer");
        assert!(body["expires_in"].as_i64().unwrap() > 0);
        let token = body["id_token"].as_str().unwrap();
        let header = jwt::header(token).unwrap();
        let claims: Value = jwt::verify(token, &["JWT"], &self.keys()).unwrap();
        let now = self.server.app.now();
        assert_eq!(
            (&claims["iss"], &claims["aud"]),
            (&json!(self.server.url), &json!(client_id))
        );
        assert!(
            claims["sub"]
                .as_str()
                .is_some_and(|sub| (1..=255).contains(&sub.len()))
        );
        assert!(UnixSeconds(claims["exp"].as_i64().unwrap()) > now);
        assert!(now.since(UnixSeconds(claims["iat"].as_i64().unwrap())) <= 300);
        assert_eq!(claims.get("nonce").and_then(Value::as_str), nonce);
        let scope = body["scope"].as_str().unwrap();
        let may_have_name = scope.split(' ').any(|name| name == "profile");
        assert!(
            may_have_name || claims.get("name").is_none(),
            "what was not asked for"
        );
        let access_token = body["access_token"].as_str().unwrap().to_owned();
        let half = &hash::sha256(access_token.as_bytes())[..16];
        assert_eq!(claims["at_hash"], hash::base64url(half));
        Tokens {
            body,
            header,
            claims,
            access_token,
        }
    }

    fn userinfo(&self, tokens: &Tokens) -> Value {
        let bearer = format!("Bearer {}", tokens.access_token);
        let answer = self.server.get(USERINFO, &[("authorization", &bearer)]);
        checked_userinfo(&answer, tokens)
    }
}

/// The claims of a good answer of the UserInfo endpoint, each of its type (OIDC Core §5.1).
fn checked_userinfo(answer: &Answer, tokens: &Tokens) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("application/json")
    );
    let user = answer.json();
    assert_eq!(user["sub"], tokens.claims["sub"]);
    for (name, value) in user.as_object().unwrap() {
        let right = match name.as_str() {
            "email_verified" | "phone_number_verified" => value.is_boolean(),
            "updated_at" => value.is_i64(),
            "address" => value.is_object(),
            _ => value.is_string(),
        };
        assert!(right, "{name}: {value}");
    }
    user
}

/// What a code was exchanged for.
struct Tokens {
    body: Value,
    header: Header,
    claims: Value,
    access_token: String,
}

/// An authorization request as the suite makes it: with state and nonce, without PKCE.
struct Request {
    state: String,
    nonce: Option<String>,
    more: Vec<(String, String)>,
}

fn request(more: Parameters) -> Request {
    Request {
        state: random::text(16),
        nonce: Some(random::text(16)),
        more: more
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

impl Request {
    fn parameters(&self) -> Vec<(&str, &str)> {
        let mut parameters = vec![
            ("client_id", "rp"),
            ("redirect_uri", CB),
            ("scope", "openid"),
            ("response_type", "code"),
            ("state", &self.state),
        ];
        parameters.extend(self.nonce.iter().map(|nonce| ("nonce", nonce.as_str())));
        for (name, value) in &self.more {
            parameters.retain(|(known, _)| known != name);
            if !value.is_empty() {
                parameters.push((name, value));
            }
        }
        parameters
    }

    fn path(&self) -> String {
        authorize_path(&self.parameters())
    }
}

#[test]
fn oidcc_server() {
    let op = Op::start();
    let tokens = op.tokens(&mut op.browser(), &request(&[]));
    op.userinfo(&tokens);
}

#[test]
fn oidcc_response_type_missing() {
    let op = Op::start();
    let request = request(&[("response_type", "")]);
    let answer = op.answer(&request, &op.server.get(&request.path(), &[]));
    assert_eq!(answer["error"], "invalid_request");
}

#[test]
fn oidcc_idtoken_signature() {
    let op = Op::start();
    let tokens = op.tokens(&mut op.browser(), &request(&[]));
    assert_eq!(tokens.header.alg, "RS256");
    let kid = tokens.header.kid.unwrap();
    assert!(
        op.keys()
            .iter()
            .any(|key| key.kid() == kid && key.algorithm() == Algorithm::Rs256)
    );
}

#[test]
fn oidcc_idtoken_unsigned() {
    let metadata = Op::start().metadata();
    let listed = metadata["id_token_signing_alg_values_supported"]
        .as_array()
        .unwrap();
    assert!(listed.contains(&json!("RS256")) && !listed.contains(&json!("none")));
}

#[test]
fn oidcc_userinfo_get() {
    let op = Op::start();
    let tokens = op.tokens(&mut op.browser(), &request(&[]));
    op.userinfo(&tokens);
}

#[test]
fn oidcc_userinfo_post_header() {
    let op = Op::start();
    let tokens = op.tokens(&mut op.browser(), &request(&[]));
    let bearer = format!("Bearer {}", tokens.access_token);
    let answer = op
        .server
        .send("POST", USERINFO, &[("authorization", &bearer)], None);
    checked_userinfo(&answer, &tokens);
}

#[test]
fn oidcc_userinfo_post_body() {
    let op = Op::start();
    let tokens = op.tokens(&mut op.browser(), &request(&[]));
    let answer = op
        .server
        .form(USERINFO, None, &[("access_token", &tokens.access_token)]);
    checked_userinfo(&answer, &tokens);
}

#[test]
fn oidcc_ensure_request_without_nonce_succeeds_for_code_flow() {
    let op = Op::start();
    let request = Request {
        nonce: None,
        ..request(&[])
    };
    op.tokens(&mut op.browser(), &request);
}

/// Asks for scopes and compares what they release with the claims of OIDC Core §5.4.
fn assert_scopes_release(scopes: &[&str]) {
    let released: &[(&str, &[&str])] = &[
        (
            "profile",
            &[
                "name",
                "family_name",
                "given_name",
                "middle_name",
                "nickname",
                "preferred_username",
                "profile",
                "picture",
                "website",
                "gender",
                "birthdate",
                "zoneinfo",
                "locale",
                "updated_at",
            ],
        ),
        ("email", &["email", "email_verified"]),
        ("address", &["address"]),
        ("phone", &["phone_number", "phone_number_verified"]),
    ];
    let op = Op::start();
    let supported = &op.metadata()["scopes_supported"];
    let scope = format!("openid {}", scopes.join(" "));
    let tokens = op.tokens(&mut op.browser(), &request(&[("scope", &scope)]));
    let user = op.userinfo(&tokens);
    for (scope, claims) in released {
        for claim in *claims {
            // The contract's name, given_name, family_name and email are in every answer.
            let value = user.get(*claim).filter(|value| !value.is_null());
            let told = value.is_some_and(|value| *claim != "name" || *value != user["sub"]);
            assert_eq!(told, scopes.contains(scope), "{scope}: {claim}");
        }
    }
    assert!(
        scopes
            .iter()
            .all(|scope| supported.as_array().unwrap().contains(&json!(scope)))
    );
}

#[test]
fn oidcc_scope_profile() {
    assert_scopes_release(&["profile"]);
}

#[test]
fn oidcc_scope_email() {
    assert_scopes_release(&["email"]);
}

#[test]
fn oidcc_scope_address() {
    assert_scopes_release(&["address"]);
}

#[test]
fn oidcc_scope_phone() {
    assert_scopes_release(&["phone"]);
}

#[test]
fn oidcc_scope_all() {
    assert_scopes_release(&["profile", "email", "address", "phone"]);
}

#[test]
fn oidcc_alternate_happy_flow() {
    let op = Op::start();
    let request = request(&[("scope", "email openid")]);
    let mut parameters = request.parameters();
    parameters.reverse();
    let answer = op.browser().authorize(&parameters, "ola");
    let code = op.answer(&request, &answer)["code"].clone();
    let fields = [
        ("redirect_uri", CB),
        ("code", code.as_str()),
        ("grant_type", "authorization_code"),
    ];
    let answer = op.server.form(TOKEN, Some(("rp", &op.secret)), &fields);
    let tokens = op.checked(&answer, request.nonce.as_deref(), "rp");
    assert_eq!(op.userinfo(&tokens)["email"], "ola@example.com");
}

#[test]
fn oidcc_display_page() {
    let op = Op::start();
    op.tokens(&mut op.browser(), &request(&[("display", "page")]));
}

#[test]
fn oidcc_display_popup() {
    let op = Op::start();
    op.tokens(&mut op.browser(), &request(&[("display", "popup")]));
}

#[test]
fn oidcc_prompt_login() {
    let op = Op::start();
    let mut browser = op.browser();
    let first = op.tokens(&mut browser, &request(&[]));
    op.server.clock.advance(Lifetime(1));
    let again = request(&[("prompt", "login")]);
    assert!(browser.get(&again.path()).leads_to("/login"));
    let second = op.tokens(&mut browser, &again);
    assert_eq!(first.claims["sub"], second.claims["sub"]);
    assert!(second.claims["auth_time"].as_i64() > first.claims["auth_time"].as_i64());
}

#[test]
fn oidcc_prompt_none_not_logged_in() {
    let op = Op::start();
    let request = Request {
        state: "s".repeat(128),
        ..request(&[("prompt", "none")])
    };
    let answer = op.answer(&request, &op.server.get(&request.path(), &[]));
    assert_eq!(answer["error"], "login_required");
    assert!(!answer.contains_key("code"));
}

#[test]
fn oidcc_prompt_none_logged_in() {
    let op = Op::start();
    let mut browser = op.browser();
    let first = op.tokens(&mut browser, &request(&[]));
    op.server.clock.advance(Lifetime(1));
    let silent = request(&[("prompt", "none")]);
    let answer = browser.get(&silent.path());
    let code = op.answer(&silent, &answer)["code"].clone();
    let second = op.checked(&op.redeem(&code, &[]), silent.nonce.as_deref(), "rp");
    for claim in ["sub", "auth_time"] {
        assert_eq!(first.claims[claim], second.claims[claim]);
    }
}

#[test]
fn oidcc_max_age_1() {
    let op = Op::start();
    let mut browser = op.browser();
    let first = op.tokens(&mut browser, &request(&[]));
    op.server.clock.advance(Lifetime(2));
    let again = request(&[("max_age", "1")]);
    assert!(browser.get(&again.path()).leads_to("/login"));
    let second = op.tokens(&mut browser, &again);
    let auth_time = |tokens: &Tokens| UnixSeconds(tokens.claims["auth_time"].as_i64().unwrap());
    assert!(auth_time(&second) > auth_time(&first));
    assert!(op.server.app.now().since(auth_time(&second)) <= 1);
}

#[test]
fn oidcc_max_age_10000() {
    let op = Op::start();
    let mut browser = op.browser();
    let first = op.tokens(&mut browser, &request(&[("max_age", "15000")]));
    op.server.clock.advance(Lifetime(2));
    let again = request(&[("max_age", "10000")]);
    let answer = browser.get(&again.path());
    let code = op.answer(&again, &answer)["code"].clone();
    let second = op.checked(&op.redeem(&code, &[]), again.nonce.as_deref(), "rp");
    assert!(first.claims["auth_time"].is_i64());
    assert_eq!(first.claims["auth_time"], second.claims["auth_time"]);
}

#[test]
fn oidcc_ensure_request_with_unknown_parameter_succeeds() {
    let op = Op::start();
    op.tokens(&mut op.browser(), &request(&[("extra", "foobar")]));
}

#[test]
fn oidcc_id_token_hint() {
    let op = Op::start();
    let mut browser = op.browser();
    let first = op.tokens(&mut browser, &request(&[]));
    for wait in [0, 7200] {
        op.server.clock.advance(Lifetime(wait));
        let hint = first.body["id_token"].as_str().unwrap();
        let silent = request(&[("prompt", "none"), ("id_token_hint", hint)]);
        let answer = browser.get(&silent.path());
        let code = op.answer(&silent, &answer)["code"].clone();
        let second = op.checked(&op.redeem(&code, &[]), silent.nonce.as_deref(), "rp");
        assert_eq!(first.claims["sub"], second.claims["sub"]);
    }
}

#[test]
fn oidcc_login_hint() {
    let op = Op::start();
    let mut browser = op.browser();
    let request = request(&[("login_hint", "ola@example.com")]);
    let redirect = browser.get(&request.path());
    assert!(
        browser
            .follow(&redirect)
            .text
            .contains(r#"name="username" value="ola@example.com""#)
    );
    op.tokens(&mut browser, &request);
}

#[test]
fn oidcc_ui_locales() {
    let op = Op::start();
    op.tokens(&mut op.browser(), &request(&[("ui_locales", "se nb-NO")]));
}

#[test]
fn oidcc_claims_locales() {
    let op = Op::start();
    op.tokens(&mut op.browser(), &request(&[("claims_locales", "se")]));
}

#[test]
fn oidcc_ensure_request_with_acr_values_succeeds() {
    let op = Op::start();
    // As the suite does: what discovery lists, or else '1 2'.
    let listed = op.metadata()["acr_values_supported"].clone();
    let listed: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|acr| acr.as_str().unwrap())
        .collect();
    for asked in [listed.join(" "), "1 2".to_owned()] {
        let tokens = op.tokens(&mut op.browser(), &request(&[("acr_values", &asked)]));
        let acr = tokens.claims["acr"].as_str().unwrap();
        assert!(asked.split(' ').any(|one| one == acr), "{acr}");
    }
}

#[test]
fn oidcc_codereuse() {
    let op = Op::start();
    let code = op.code(&mut op.browser(), &request(&[]));
    assert_eq!(op.redeem(&code, &[]).status, 200);
    assert_eq!(
        op.redeem(&code, &[]).refusal(),
        (400, "invalid_grant".into())
    );
}

#[test]
fn oidcc_codereuse_30seconds() {
    let op = Op::start();
    let request = request(&[]);
    let code = op.code(&mut op.browser(), &request);
    let tokens = op.checked(&op.redeem(&code, &[]), request.nonce.as_deref(), "rp");
    op.userinfo(&tokens);
    op.server.clock.advance(Lifetime(30));
    assert_eq!(
        op.redeem(&code, &[]).refusal(),
        (400, "invalid_grant".into())
    );
    let bearer = format!("Bearer {}", tokens.access_token);
    let dead = op.server.get(USERINFO, &[("authorization", &bearer)]);
    assert_eq!(dead.refusal(), (401, "invalid_token".into()));
}

#[test]
fn oidcc_ensure_registered_redirect_uri() {
    let op = Op::start();
    let elsewhere = format!("{CB}/{}", random::text(16));
    let answer = op
        .server
        .get(&request(&[("redirect_uri", &elsewhere)]).path(), &[]);
    assert_eq!((answer.status, answer.header("location")), (400, None));
    assert!(answer.text.contains(r#"id="error-code""#));
}

#[test]
fn oidcc_ensure_post_request_succeeds() {
    let op = Op::start();
    let mut browser = op.browser();
    let request = request(&[]);
    let redirect = browser.post(AUTHORIZE, &request.parameters());
    let redirect = browser.sign_in(&redirect, "ola");
    let answer = browser.decide(&redirect, "allow");
    let code = op.answer(&request, &answer)["code"].clone();
    op.checked(&op.redeem(&code, &[]), request.nonce.as_deref(), "rp");
}

#[test]
fn oidcc_server_client_secret_post() {
    let op = Op::start();
    let request = request(&[("client_id", "rp2")]);
    let code = op.code(&mut op.browser(), &request);
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CB),
        ("client_id", "rp2"),
        ("client_secret", op.second_secret.as_str()),
    ];
    let answer = op.server.form(TOKEN, None, &fields);
    let tokens = op.checked(&answer, request.nonce.as_deref(), "rp2");
    op.userinfo(&tokens);
}

#[test]
fn oidcc_request_uri_unsigned_supported_correctly_or_rejected() {
    let op = Op::start();
    let request = request(&[("request_uri", "https://app.example/request.jwt")]);
    let answer = op.answer(&request, &op.server.get(&request.path(), &[]));
    assert_eq!(answer["error"], "request_uri_not_supported");
    assert_eq!(op.metadata()["request_uri_parameter_supported"], false);
}

/// An unsigned request object with these claims.
fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| hash::base64url(value.to_string().as_bytes());
    format!("{}.{}.", part(&json!({"alg": "none"})), part(claims))
}

#[test]
fn oidcc_unsigned_request_object_supported_correctly_or_rejected() {
    let op = Op::start();
    let object =
        unsigned(&json!({"client_id": "rp", "iss": "rp", "aud": op.server.url, "nonce": "inside"}));
    let request = request(&[("request", &object)]);
    let answer = op.answer(&request, &op.server.get(&request.path(), &[]));
    assert_eq!(answer["error"], "request_not_supported");
    let listed = op.metadata()["request_object_signing_alg_values_supported"].clone();
    assert!(!listed.as_array().unwrap().contains(&json!("none")));
}

#[test]
fn oidcc_claims_essential() {
    let op = Op::start();
    let claims = r#"{"userinfo":{"name":{"essential":true}}}"#;
    let tokens = op.tokens(&mut op.browser(), &request(&[("claims", claims)]));
    assert_eq!(op.userinfo(&tokens)["name"], "Ola Nordmann");
}

#[test]
fn oidcc_ensure_request_object_with_redirect_uri() {
    let op = Op::start();
    let object = unsigned(
        &json!({"client_id": "rp", "iss": "rp", "aud": op.server.url, "redirect_uri": CB}),
    );
    // The address outside is wrong: the one inside is used, or an error is shown.
    let request = request(&[
        ("request", &object),
        ("redirect_uri", "https://app.example/cb/wrong"),
    ]);
    let answer = op.server.get(&request.path(), &[]);
    assert_eq!((answer.status, answer.header("location")), (400, None));
}

#[test]
fn oidcc_refresh_token() {
    let op = Op::start();
    let request = request(&[("scope", "openid offline_access"), ("prompt", "consent")]);
    let first = op.tokens(&mut op.browser(), &request);
    assert!(
        op.metadata()["grant_types_supported"]
            .as_array()
            .unwrap()
            .contains(&json!("refresh_token"))
    );
    let token = first.body["refresh_token"].as_str().unwrap();
    op.server.clock.advance(Lifetime(1));
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let answer = op.server.form(TOKEN, Some(("rp", &op.secret)), &fields);
    let second = op.checked(&answer, request.nonce.as_deref(), "rp");
    for claim in ["iss", "sub", "aud", "auth_time"] {
        assert_eq!(first.claims[claim], second.claims[claim], "{claim}");
    }
    assert!(second.claims["iat"].as_i64() > first.claims["iat"].as_i64());
    assert_ne!(first.access_token, second.access_token);
    op.userinfo(&second);
    // Another client's.
    let token = second.body["refresh_token"].as_str().unwrap();
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", "rp2"),
        ("client_secret", op.second_secret.as_str()),
    ];
    assert_eq!(
        op.server.form(TOKEN, None, &fields).refusal(),
        (400, "invalid_grant".into())
    );
}

#[test]
fn oidcc_ensure_request_with_valid_pkce_succeeds() {
    let op = Op::start();
    let challenge = challenge();
    let request = request(&[
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    let code = op.code(&mut op.browser(), &request);
    let answer = op.redeem(&code, &[("code_verifier", VERIFIER)]);
    op.checked(&answer, request.nonce.as_deref(), "rp");
}
