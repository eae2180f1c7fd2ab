//! Traces: the checks of an exchange are those that ran, in the order they ran.

use keyfob::{
    admin::traces,
    config::Mode,
    crypto::{
        jwt,
        keys::{Algorithm, SigningKey},
        random,
    },
    domain::{
        id::Id,
        name::ClientId,
        scope::ScopeSet,
        time::Lifetime,
        trusted_issuer::{SubjectMatch, TrustedIssuer},
    },
    trace::Check,
};
use serde_json::json;

use crate::support::{
    Answer, Server, VERIFIER,
    browser::{Browser, authorize_path, challenge},
};

const TOKEN: &str = "/api/v1/oauth/token";
const CB: &str = "https://app.example/cb";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const NOWHERE: &str = "https://nowhere.example/";

/// Parameters of a request.
type Fields<'a> = &'a [(&'a str, &'a str)];

/// A development server, which names the trace with every answer, and a client of it.
struct Shop {
    server: Server,
    secret: String,
}

impl Shop {
    fn start() -> Self {
        let server = Server::start_with(|told| told.config.mode = Mode::Dev);
        let client = json!({"grant_types": ["authorization_code", "refresh_token", "client_credentials", DEVICE],
            "redirect_uris": [CB], "token_endpoint_auth_method": "client_secret_basic",
            "scope": "openid offline_access"});
        let secret = server.client("app", client);
        server.person("ola");
        Self { server, secret }
    }

    fn post(&self, path: &str, fields: Fields) -> Answer {
        self.server.form(path, Some(("app", &self.secret)), fields)
    }

    fn code(&self) -> String {
        self.server.code("app", "ola", "openid offline_access")
    }

    /// Checks of the last exchange in the trace of this answer; the one that failed begins with `!`.
    fn checks(&self, answer: &Answer) -> Vec<String> {
        let id = answer.header("keyfob-trace");
        let id = id.unwrap_or_else(|| panic!("no trace: {} {}", answer.status, answer.text));
        let trace = traces::get(&self.server.app, id.parse::<Id>().unwrap()).unwrap();
        let last = trace.steps.last().unwrap();
        let shown = |check: &Check| match check.passed {
            true => check.name.to_owned(),
            false => format!("!{}", check.name),
        };
        last.step.checks.iter().map(shown).collect()
    }
}

/// Checks of every token request, up to its grant.
const OF_CLIENT: &str = "parameters, client authentication, grant_type, client's grant types";

fn expect(shop: &Shop, answer: &Answer, before: &str, expected: &str) {
    let expected: Vec<_> = before
        .split(", ")
        .chain(expected.split(", "))
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(shop.checks(answer), expected, "{}", answer.text);
}

// A code that does not exist, with a resource that does not exist: the resource is looked at first.
#[test]
fn a_trace_names_no_check_that_did_not_run() {
    let shop = Shop::start();
    let code = shop.code();
    let other = format!("{}x", &code[..code.len() - 1]);
    let answer = shop.post(
        TOKEN,
        &[
            ("grant_type", "authorization_code"),
            ("code", &other),
            ("code_verifier", VERIFIER),
            ("redirect_uri", CB),
            ("resource", NOWHERE),
        ],
    );
    assert_eq!(answer.json()["error"], "invalid_target");
    expect(&shop, &answer, OF_CLIENT, "!resource and scope");
}

#[test]
fn each_grant_traces_the_checks_that_it_ran() {
    let shop = Shop::start();
    let code = ("grant_type", "authorization_code");
    let verifier = ("code_verifier", VERIFIER);
    let machine = ("grant_type", "client_credentials");
    let refresh = ("grant_type", "refresh_token");
    let device = ("grant_type", DEVICE);
    let first = shop.code();
    let redeemed = shop.post(TOKEN, &[code, ("code", &first), verifier]);
    let token = redeemed.json()["refresh_token"]
        .as_str()
        .unwrap()
        .to_owned();
    expect(
        &shop,
        &redeemed,
        OF_CLIENT,
        "code, code_verifier, single use, code lifetime, grant, user, resource and scope",
    );
    let (second, third) = (shop.code(), shop.code());
    let wrong = "x".repeat(43);
    let until_secret = "parameters, !client authentication";
    // Each row: the request, the checks before its grant, and those of its grant.
    let rows: &[(Fields, &str, &str)] = &[
        (&[], "parameters, client authentication, !grant_type", ""),
        (
            &[("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")],
            "parameters, client authentication, grant_type, !client's grant types",
            "",
        ),
        (&[code], OF_CLIENT, "!code"),
        (
            &[
                code,
                ("code", &second),
                ("code_verifier", &wrong),
                ("redirect_uri", CB),
            ],
            OF_CLIENT,
            "code, redirect_uri, !code_verifier",
        ),
        (
            &[code, ("code", &second), ("redirect_uri", NOWHERE)],
            OF_CLIENT,
            "code, !redirect_uri",
        ),
        (
            &[code, ("code", &third), verifier, ("redirect_uri", CB)],
            OF_CLIENT,
            "code, redirect_uri, code_verifier, single use, code lifetime, grant, user, resource and scope",
        ),
        (&[machine], OF_CLIENT, "scope, resource and scope"),
        (&[machine, ("scope", "email")], OF_CLIENT, "!scope"),
        (
            &[machine, ("resource", NOWHERE)],
            OF_CLIENT,
            "scope, !resource and scope",
        ),
        (
            &[refresh, ("refresh_token", "x")],
            OF_CLIENT,
            "!refresh_token",
        ),
        (
            &[refresh, ("refresh_token", &token), ("scope", "email")],
            OF_CLIENT,
            "refresh_token, grant, single use, token lifetime, user, !resource and scope",
        ),
        (
            &[refresh, ("refresh_token", &token)],
            OF_CLIENT,
            "refresh_token, grant, single use, token lifetime, user, resource and scope",
        ),
        (&[device, ("device_code", "x")], OF_CLIENT, "!device_code"),
        // The code again, which revokes what came of it.
        (
            &[code, ("code", &first), verifier],
            OF_CLIENT,
            "code, code_verifier, !single use",
        ),
        (&[code, code], "!parameters", ""),
        (&[machine, ("client_secret", "x")], until_secret, ""),
    ];
    for (fields, before, of_grant) in rows {
        let answer = shop.post(TOKEN, fields);
        expect(&shop, &answer, before, of_grant);
    }
}

#[test]
fn an_expired_token_is_traced_up_to_its_lifetime() {
    let shop = Shop::start();
    let code = shop.code();
    let grant = ("grant_type", "authorization_code");
    shop.server.clock.advance(Lifetime(61));
    let answer = shop.post(
        TOKEN,
        &[grant, ("code", &code), ("code_verifier", VERIFIER)],
    );
    let of_grant = "code, code_verifier, single use, !code lifetime";
    expect(&shop, &answer, OF_CLIENT, of_grant);
}

#[test]
fn a_device_traces_its_request_and_its_polls() {
    let shop = Shop::start();
    let path = "/api/v1/oauth/device_authorization";
    let until_grant = "parameters, client authentication, client's grant types";
    let begun = shop.post(path, &[("scope", "openid")]);
    expect(&shop, &begun, until_grant, "scope, resource and scope");
    let refused = shop.post(path, &[("scope", "email")]);
    expect(&shop, &refused, until_grant, "!scope");
    let begun = begun.json();
    let text = |name: &str| begun[name].as_str().unwrap().to_owned();
    let poll = || {
        let code = text("device_code");
        shop.post(TOKEN, &[("grant_type", DEVICE), ("device_code", &code)])
    };
    let until_decision = "device_code, single use, device_code lifetime";
    let pending = format!("{until_decision}, !user decision");
    expect(&shop, &poll(), OF_CLIENT, &pending);
    let mut browser = Browser::new(&shop.server);
    let typed = browser.get(&format!("/device?user_code={}", text("user_code")));
    let asked = browser.sign_in(&typed, "ola");
    let page = browser.follow(&asked);
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    browser.post(
        "/device",
        &[
            ("interaction", &interaction),
            ("csrf", &csrf),
            ("decision", "allow"),
        ],
    );
    shop.server.clock.advance(Lifetime(10));
    let redeemed = format!("{until_decision}, user decision, grant, user, resource and scope");
    expect(&shop, &poll(), OF_CLIENT, &redeemed);
    expect(&shop, &poll(), OF_CLIENT, "device_code, !single use");
}

/// An authorization request with some of its parameters changed; an empty one is left out.
fn request(changes: Fields) -> Vec<(String, String)> {
    let challenge = challenge();
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", CB),
        ("scope", "openid"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields.retain(|(_, value)| !value.is_empty());
    let owned = fields
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()));
    owned.collect()
}

fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    let pairs = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    pairs.collect()
}

/// Checks that every authorization request of the client passes.
const OF_REQUEST: &str = "push requirement, signature requirement, response_type, \
                          client's grant types, scope, resource and scope";

#[test]
fn authorization_and_pushed_requests_trace_the_checks_that_they_ran() {
    let shop = Shop::start();
    let until_prompt = format!("{OF_REQUEST}, code_challenge");
    // Each row: what is changed of the request, and the checks of it after its address.
    let rows: &[(Fields, &str)] = &[
        (&[], &until_prompt),
        (
            &[("response_mode", "form_post")],
            &format!("response_mode, {until_prompt}"),
        ),
        (
            &[("prompt", "login"), ("state", "x"), ("max_age", "9")],
            "push requirement, signature requirement, response_type, client's grant types, \
             state and nonce, scope, resource and scope, code_challenge, prompt, max_age",
        ),
        (
            &[("response_type", "token")],
            "push requirement, signature requirement, !response_type",
        ),
        (&[("prompt", "dance")], &format!("{until_prompt}, !prompt")),
        (
            &[("resource", NOWHERE)],
            "push requirement, signature requirement, response_type, client's grant types, \
             scope, !resource and scope",
        ),
        (
            &[("code_challenge", "short")],
            &format!("{OF_REQUEST}, !code_challenge"),
        ),
    ];
    for (changes, expected) in rows {
        let fields = request(changes);
        let answer = shop.server.get(&authorize_path(&pairs(&fields)), &[]);
        expect(
            &shop,
            &answer,
            "parameters, client_id, redirect_uri",
            expected,
        );
        let answer = shop.post("/api/v1/oauth/par", &pairs(&fields));
        let before = "parameters, client authentication, client_id, redirect_uri";
        expect(&shop, &answer, before, expected);
    }
    let rows: &[(Fields, &str)] = &[
        (&[("client_id", "")], "parameters, !client_id"),
        (&[("client_id", "nobody")], "parameters, !client_id"),
        (
            &[("redirect_uri", "https://app.example/other")],
            "parameters, client_id, !redirect_uri",
        ),
        (
            &[("request_uri", "urn:ietf:params:oauth:request_uri:x")],
            "parameters, client_id, !request_uri",
        ),
    ];
    for (changes, expected) in rows {
        let fields = request(changes);
        let answer = shop.server.get(&authorize_path(&pairs(&fields)), &[]);
        expect(&shop, &answer, expected, "");
    }
}

#[test]
fn a_person_is_traced_where_they_decide() {
    let shop = Shop::start();
    let before = format!("client_id, redirect_uri, {OF_REQUEST}, code_challenge");
    let fields = request(&[("prompt", "none")]);
    let answer = shop.server.get(&authorize_path(&pairs(&fields)), &[]);
    expect(
        &shop,
        &answer,
        &format!("parameters, {before}"),
        "prompt, !sign-in",
    );
    let mut browser = Browser::new(&shop.server);
    let fields = request(&[("prompt", "consent")]);
    let first = browser.get(&authorize_path(&pairs(&fields)));
    let signed_in = browser.sign_in(&first, "ola");
    expect(&shop, &signed_in, &before, "prompt, sign-in");
    let allowed = browser.decide(&signed_in, "allow");
    expect(&shop, &allowed, &before, "prompt, sign-in, consent");
    let again = browser.get(&authorize_path(&pairs(&fields)));
    let denied = browser.decide(&again, "deny");
    expect(&shop, &denied, &before, "prompt, !consent");
}

#[test]
fn user_info_traces_the_checks_that_it_ran() {
    let shop = Shop::start();
    let tokens = |scope: &str| {
        let code = shop.server.code("app", "ola", scope);
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("code_verifier", VERIFIER),
        ];
        let answer = shop.post(TOKEN, &fields).json();
        answer["access_token"].as_str().unwrap().to_owned()
    };
    let (good, narrow) = (tokens("openid"), tokens("offline_access"));
    let rows = [
        (good.as_str(), "access token, scope, user"),
        (&narrow, "access token, !scope"),
        ("x", "!access token"),
    ];
    for (token, expected) in rows {
        let header = format!("Bearer {token}");
        let answer = shop
            .server
            .get("/api/v1/oauth/userinfo", &[("authorization", &header)]);
        expect(&shop, &answer, expected, "");
    }
    shop.server.person_with("ola", |user| user.disabled = true);
    let header = format!("Bearer {good}");
    let answer = shop
        .server
        .get("/api/v1/oauth/userinfo", &[("authorization", &header)]);
    assert_eq!(answer.status, 401);
    expect(&shop, &answer, "access token, scope, !user", "");
}

/// A client of the two grants that start from somebody else's token.
fn gateway(shop: &Shop) -> String {
    let grants = json!({"grant_types": [EXCHANGE, JWT_BEARER], "scope": "openid",
        "token_endpoint_auth_method": "client_secret_basic"});
    shop.server.client("gateway", grants)
}

#[test]
fn a_token_exchange_traces_the_checks_that_it_ran() {
    let shop = Shop::start();
    let grants = json!({"grant_types": ["authorization_code", EXCHANGE], "redirect_uris": [CB],
        "token_endpoint_auth_method": "client_secret_basic", "scope": "openid"});
    let secret = shop.server.client("both", grants);
    let other = gateway(&shop);
    let app = Some(("both", secret.as_str()));
    let code = shop.server.code("both", "ola", "openid");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let tokens = shop.server.form(TOKEN, app, &fields).json();
    let token = tokens["access_token"].as_str().unwrap();
    let grant = ("grant_type", EXCHANGE);
    let subject = ("subject_token", token);
    let is_access = ("subject_token_type", ACCESS_TOKEN);
    let wants = |name| ("requested_token_type", name);
    let rows: &[(Fields, &str)] = &[
        (
            &[grant, subject, is_access],
            "subject_token, scope, resource and scope, delegation policy",
        ),
        (&[grant, wants("x")], "!requested_token_type"),
        (
            &[grant, subject, is_access, ("actor_token", "x")],
            "!actor_token",
        ),
        (
            &[grant, subject, wants(ACCESS_TOKEN)],
            "requested_token_type, !subject_token",
        ),
        (
            &[grant, subject, is_access, ("scope", "email")],
            "subject_token, !scope",
        ),
        (
            &[grant, subject, is_access, ("resource", NOWHERE)],
            "subject_token, scope, !resource and scope",
        ),
    ];
    for (fields, expected) in rows {
        let answer = shop.server.form(TOKEN, app, fields);
        expect(&shop, &answer, OF_CLIENT, expected);
    }
    let not_given = [grant, subject, is_access];
    let answer = shop
        .server
        .form(TOKEN, Some(("gateway", &other)), &not_given);
    expect(&shop, &answer, OF_CLIENT, "!subject_token");
}

#[test]
fn an_assertion_of_a_trusted_issuer_traces_the_checks_that_it_ran() {
    let shop = Shop::start();
    let secret = gateway(&shop);
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let issuer = TrustedIssuer {
        issuer: "https://idp.example".into(),
        jwks: Some(json!({"keys": [key.public_jwk()]})),
        jwks_uri: None,
        audience: None,
        subject_claim: "name".into(),
        matches: SubjectMatch::Username,
        clients: vec![ClientId::trusted("gateway")],
        scope: ScopeSet::parse("openid").unwrap(),
        managed_by: None,
    };
    shop.server.put(issuer);
    let assertion = |user: &str| {
        let now = shop.server.app.now().0;
        let claims = json!({"iss": "https://idp.example", "sub": "x", "name": user, "aud": shop.server.url,
            "iat": now, "exp": now + 300, "jti": random::text(16)});
        jwt::sign(&key, "JWT", &claims).unwrap()
    };
    let (good, stranger) = (assertion("ola"), assertion("kari"));
    let until_user = "assertion, resource and scope";
    let rows: &[(Fields, String)] = &[
        (&[("assertion", "x")], "!assertion".into()),
        (
            &[("assertion", &good), ("scope", "email")],
            "assertion, !resource and scope".into(),
        ),
        (&[("assertion", &stranger)], format!("{until_user}, !user")),
        (
            &[("assertion", &good)],
            format!("{until_user}, user, delegation policy, single use"),
        ),
        (
            &[("assertion", &good)],
            format!("{until_user}, user, delegation policy, !single use"),
        ),
    ];
    for (fields, expected) in rows {
        let fields = [&[("grant_type", JWT_BEARER)], *fields].concat();
        let answer = shop.server.form(TOKEN, Some(("gateway", &secret)), &fields);
        expect(&shop, &answer, OF_CLIENT, expected);
    }
}

// Whichever part of a request is wrong: the names of what was sent are kept, and no value of a secret.
#[test]
fn what_was_sent_is_masked_whatever_is_wrong_with_it() {
    const HIDDEN: &str = "correct-horse-battery-staple";
    let shop = Shop::start();
    let token = shop.post(
        TOKEN,
        &[("grant_type", "client_credentials"), ("scope", "openid")],
    );
    let bearer = format!("Bearer {}", token.json()["access_token"].as_str().unwrap());
    let to_delegate = [("authorization", bearer.as_str())];
    let answers = [
        // The same parameter twice, so that none of them is looked at.
        (
            shop.post(TOKEN, &[("code", HIDDEN), ("code", HIDDEN)]),
            "code",
        ),
        // A secret where its name would be shown.
        (
            shop.post(TOKEN, &[("code", HIDDEN), ("scope", HIDDEN)]),
            "scope",
        ),
        (
            shop.server.json(
                TOKEN,
                &[],
                &json!({"grant_type": "refresh_token", "client_id": "app", "client_secret": HIDDEN,
                    "refresh_token": HIDDEN, "other": HIDDEN}),
            ),
            "client_secret",
        ),
        (
            shop.server.json(
                "/api/v1/oauth/delegated-token",
                &to_delegate,
                &json!({"sub": HIDDEN, "scopes": ["openid"]}),
            ),
            "sub",
        ),
    ];
    for (answer, name) in &answers {
        let id = answer.header("keyfob-trace").unwrap();
        let trace = traces::get(&shop.server.app, id.parse::<Id>().unwrap()).unwrap();
        let sent = &trace.steps.last().unwrap().step.sent;
        assert!(sent.iter().any(|sent| sent.name == *name), "{sent:?}");
        let shown = serde_json::to_string(&trace).unwrap();
        assert!(!shown.contains(HIDDEN), "{shown}");
        assert!(
            !shown.contains(bearer.trim_start_matches("Bearer ")),
            "{shown}"
        );
    }
}
