//! The request explainer: every reason of the catalogue, each provoked.

use std::collections::BTreeSet;

use keyfob::{
    admin::traces::{self, RefusedView},
    config::Mode,
    domain::{id::Id, time::Lifetime},
    trace::CATALOGUE,
};
use serde_json::json;

use crate::support::{
    Answer, Server, VERIFIER,
    browser::{Browser, authorize_path, challenge},
};

const TOKEN: &str = "/api/v1/oauth/token";
const CB: &str = "https://app.example/cb";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
type Fields<'a> = &'a [(&'a str, &'a str)];

/// A development server, which says with every answer where its trace is.
struct Shop {
    server: Server,
    secret: String,
    other: String,
    seen: BTreeSet<&'static str>,
}

impl Shop {
    fn start() -> Self {
        let server = Server::start_with(|told| told.config.mode = Mode::Dev);
        let client = json!({"grant_types": ["authorization_code", "refresh_token", "client_credentials", DEVICE],
            "redirect_uris": [CB, "https://app.example/two"], "token_endpoint_auth_method": "client_secret_basic",
            "scope": "openid offline_access", "require_pkce": false});
        let secret = server.client("app", client.clone());
        let other = server.client("other", client);
        let with = |member: &str| {
            json!({"grant_types": ["authorization_code"], "redirect_uris": [CB], "scope": "openid", member: true,
                "token_endpoint_auth_method": "none"})
        };
        server.client("public", with("require_consent"));
        server.client("pushing", with("require_pushed_authorization_requests"));
        server.client("signing", with("require_signed_request_object"));
        server.client(
            "machine",
            json!({"grant_types": ["client_credentials"], "redirect_uris": [CB], "token_endpoint_auth_method": "client_secret_basic"}),
        );
        server.person("ola");
        Self {
            server,
            secret,
            other,
            seen: BTreeSet::new(),
        }
    }

    fn app(&self) -> Option<(&str, &str)> {
        Some(("app", &self.secret))
    }

    /// Why the last exchange of the answer's trace was refused.
    fn why(&self, answer: &Answer) -> RefusedView {
        let id = answer.header("keyfob-trace");
        let id = id.unwrap_or_else(|| panic!("no trace: {} {}", answer.status, answer.text));
        let trace = traces::get(&self.server.app, id.parse::<Id>().unwrap()).unwrap();
        let last = trace.steps.into_iter().next_back().unwrap();
        last.refused
            .unwrap_or_else(|| panic!("not refused: {}", answer.text))
    }

    fn expect(&mut self, answer: &Answer, reason: &str) {
        let why = self.why(answer);
        assert_eq!(why.refused.reason, Some(reason), "{why:?}");
        let row = CATALOGUE.iter().find(|row| row.code == reason).unwrap();
        self.seen.insert(row.code);
    }

    fn authorize(&mut self, changes: Fields, reason: &str) {
        let challenge = challenge();
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", "app"),
            ("redirect_uri", CB),
            ("scope", "openid"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            fields.push((name, value));
        }
        let answer = self.server.get(&authorize_path(&fields), &[]);
        self.expect(&answer, reason);
    }

    fn token(&mut self, fields: Fields, reason: &str) {
        let answer = self.server.form(TOKEN, self.app(), fields);
        self.expect(&answer, reason);
    }

    fn code(&self) -> String {
        self.server.code("app", "ola", "openid offline_access")
    }

    /// A code sent with other fields.
    fn redeem(&mut self, changes: Fields, reason: &str) {
        let code = self.code();
        let mut fields = vec![("grant_type", "authorization_code"), ("code", &code)];
        fields.extend(changes);
        self.token(&fields, reason);
    }

    fn tokens(&self) -> serde_json::Value {
        let code = self.code();
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("code_verifier", VERIFIER),
        ];
        self.server.form(TOKEN, self.app(), &fields).json()
    }
}

#[test]
fn every_reason_of_the_catalogue_is_provoked_and_explained() {
    let mut shop = Shop::start();
    authorization_requests(&mut shop);
    pushed_requests(&mut shop);
    people(&mut shop);
    client_authentication(&mut shop);
    codes(&mut shop);
    refresh_tokens(&mut shop);
    devices(&mut shop);
    access_tokens(&mut shop);
    origins(&mut shop);
    let all: BTreeSet<_> = CATALOGUE.iter().map(|row| row.code).collect();
    let missing: Vec<_> = all.difference(&shop.seen).collect();
    assert!(missing.is_empty(), "not provoked: {missing:?}");
}

fn authorization_requests(shop: &mut Shop) {
    let rows: &[(Fields, &str)] = &[
        (&[("client_id", "")], "client_missing"),
        (&[("client_id", "nobody")], "client_unknown"),
        (
            &[("redirect_uri", "https://app.example/cb/")],
            "redirect_uri_not_registered",
        ),
        (&[("redirect_uri", "")], "redirect_uri_missing"),
        (&[("response_mode", "jwt")], "response_mode_unknown"),
        (&[("response_type", "")], "parameter_missing"),
        (&[("response_type", "token")], "response_type_not_code"),
        (&[("client_id", "machine")], "grant_not_registered"),
        (&[("scope", "profile")], "scope_not_allowed"),
        (&[("scope", "open\"id")], "scope_malformed"),
        (&[("resource", "https://api.example/")], "resource_unknown"),
        (
            &[
                ("client_id", "public"),
                ("code_challenge", ""),
                ("code_challenge_method", ""),
            ],
            "pkce_missing",
        ),
        (&[("code_challenge_method", "plain")], "pkce_not_s256"),
        (&[("code_challenge", "short")], "pkce_malformed"),
        (&[("client_id", "pushing")], "push_required"),
        (&[("client_id", "signing")], "signature_required"),
        (&[("prompt", "dance")], "prompt_unknown"),
        (&[("prompt", "none login")], "prompt_none_not_alone"),
        (&[("max_age", "soon")], "max_age_malformed"),
        (&[("id_token_hint", "x")], "id_token_hint_unusable"),
        (&[("prompt", "none")], "login_required"),
    ];
    for (changes, reason) in rows {
        shop.authorize(changes, reason);
    }
    let twice = authorize_path(&[("client_id", "app"), ("client_id", "app")]);
    let answer = shop.server.get(&twice, &[]);
    shop.expect(&answer, "parameter_repeated");
}

fn pushed_requests(shop: &mut Shop) {
    let push = |shop: &Shop| {
        let fields = [
            ("response_type", "code"),
            ("redirect_uri", CB),
            ("scope", "openid"),
        ];
        let answer = shop.server.form("/api/v1/oauth/par", shop.app(), &fields);
        answer.json()["request_uri"].as_str().unwrap().to_owned()
    };
    let path = |uri: &str| authorize_path(&[("client_id", "app"), ("request_uri", uri)]);
    let unknown = path("urn:ietf:params:oauth:request_uri:x");
    let answer = shop.server.get(&unknown, &[]);
    shop.expect(&answer, "request_uri_unknown");
    let used = push(shop);
    let mut browser = Browser::new(&shop.server);
    let first = browser.get(&path(&used));
    let consent = browser.sign_in(&first, "ola");
    assert_eq!(browser.decide(&consent, "allow").status, 303);
    let answer = browser.get(&path(&used));
    shop.expect(&answer, "request_uri_used");
    let old = push(shop);
    shop.server.clock.advance(Lifetime::minutes(5));
    let answer = shop.server.get(&path(&old), &[]);
    shop.expect(&answer, "request_uri_expired");
}

fn people(shop: &mut Shop) {
    let challenge = challenge();
    let fields = |prompt| {
        [
            ("response_type", "code"),
            ("client_id", "public"),
            ("redirect_uri", CB),
            ("scope", "openid"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
            ("prompt", prompt),
        ]
    };
    let mut browser = Browser::new(&shop.server);
    let first = browser.get(&authorize_path(&fields("login")));
    let consent = browser.sign_in(&first, "ola");
    let answer = browser.get(&authorize_path(&fields("none")));
    let denied = browser.decide(&consent, "deny");
    shop.expect(&answer, "consent_required");
    shop.expect(&denied, "user_denied");
}

fn client_authentication(shop: &mut Shop) {
    let grant = ("grant_type", "client_credentials");
    let secret = shop.secret.clone();
    type Row<'a> = (
        Option<(&'a str, &'a str)>,
        &'a [(&'a str, &'a str)],
        &'a str,
    );
    let rows: &[Row] = &[
        (None, &[grant], "client_unnamed"),
        (Some(("nobody", "x")), &[grant], "client_not_here"),
        (Some(("app", "wrong")), &[grant], "secret_wrong"),
        (None, &[grant, ("client_id", "app")], "auth_method_wrong"),
        (
            Some(("app", &secret)),
            &[grant, ("client_id", "app"), ("client_secret", &secret)],
            "auth_method_twice",
        ),
        (
            Some(("app", &secret)),
            &[("grant_type", "password")],
            "grant_type_unknown",
        ),
        (
            Some(("app", &secret)),
            &[grant, ("scope", "email")],
            "scope_not_allowed",
        ),
    ];
    for (basic, fields, reason) in rows {
        let answer = shop.server.form(TOKEN, *basic, fields);
        shop.expect(&answer, reason);
    }
}

fn codes(shop: &mut Shop) {
    let challenge = challenge();
    let other = ("code_verifier", "x".repeat(43));
    let verifier = ("code_verifier", VERIFIER);
    shop.token(
        &[("grant_type", "authorization_code"), ("code", "x")],
        "code_unknown",
    );
    let wrong_place = ("redirect_uri", "https://app.example/two");
    shop.redeem(&[verifier, wrong_place], "redirect_uri_differs");
    shop.redeem(&[], "verifier_missing");
    shop.redeem(&[("code_verifier", "short")], "verifier_malformed");
    shop.redeem(&[(other.0, &other.1)], "verifier_wrong");
    shop.redeem(&[("code_verifier", &challenge)], "verifier_is_challenge");
    let code = shop.code();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        verifier,
    ];
    let answer = shop
        .server
        .form(TOKEN, Some(("other", &shop.other)), &fields);
    shop.expect(&answer, "code_of_another_client");
    assert_eq!(shop.server.form(TOKEN, shop.app(), &fields).status, 200);
    shop.token(&fields, "code_used_twice");
    let code = shop.code();
    shop.server.clock.advance(Lifetime(61));
    shop.token(
        &[
            ("grant_type", "authorization_code"),
            ("code", &code),
            verifier,
        ],
        "code_expired",
    );
    // Without a challenge there is nothing to verify.
    let mut browser = Browser::new(&shop.server);
    let fields = [
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", CB),
        ("scope", "openid"),
    ];
    let answer = browser.authorize(&fields, "ola");
    let code = answer.parameters()["code"].clone();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CB),
        verifier,
    ];
    shop.token(&fields, "verifier_unasked");
}

fn refresh_tokens(shop: &mut Shop) {
    let grant = ("grant_type", "refresh_token");
    shop.token(&[grant, ("refresh_token", "x")], "refresh_token_unknown");
    let refresh = |shop: &Shop| shop.tokens()["refresh_token"].as_str().unwrap().to_owned();
    let token = refresh(shop);
    let wider = [
        grant,
        ("refresh_token", token.as_str()),
        ("scope", "openid email"),
    ];
    shop.token(&wider, "scope_exceeds");
    let fields = [grant, ("refresh_token", token.as_str())];
    assert_eq!(shop.server.form(TOKEN, shop.app(), &fields).status, 200);
    shop.server.clock.advance(Lifetime::minutes(1));
    shop.token(&fields, "refresh_token_used_twice");
    shop.token(&fields, "permission_ended");
    let token = refresh(shop);
    shop.server.clock.advance(Lifetime::days(31));
    shop.token(&[grant, ("refresh_token", &token)], "refresh_token_expired");
    let token = refresh(shop);
    shop.server.person_with("ola", |user| user.disabled = true);
    shop.token(&[grant, ("refresh_token", &token)], "user_gone");
    shop.server.person("ola");
}

fn devices(shop: &mut Shop) {
    let begin = |shop: &Shop| {
        let fields = [("scope", "openid")];
        let answer = shop
            .server
            .form("/api/v1/oauth/device_authorization", shop.app(), &fields);
        answer.json()
    };
    let poll = |shop: &mut Shop, code: &str, reason: &str| {
        shop.token(&[("grant_type", DEVICE), ("device_code", code)], reason);
    };
    poll(shop, "x", "device_code_unknown");
    let begun = begin(shop);
    let code = begun["device_code"].as_str().unwrap();
    poll(shop, code, "device_pending");
    poll(shop, code, "device_too_fast");
    let mut browser = Browser::new(&shop.server);
    let typed = browser.get(&format!(
        "/device?user_code={}",
        begun["user_code"].as_str().unwrap()
    ));
    let asked = browser.sign_in(&typed, "ola");
    let page = browser.follow(&asked);
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    browser.post(
        "/device",
        &[
            ("interaction", &interaction),
            ("csrf", &csrf),
            ("decision", "deny"),
        ],
    );
    poll(shop, code, "device_denied");
    let of_device = shop
        .server
        .app
        .traces
        .of(shop.server.app.traces.masks.mark(code))
        .unwrap();
    let trace = traces::get(&shop.server.app, of_device).unwrap();
    let paths: Vec<_> = trace
        .steps
        .iter()
        .map(|step| step.step.path.rsplit('/').next().unwrap())
        .collect();
    // The device and the browser of its user are one trace; what a device asks again is counted.
    assert_eq!(
        paths,
        [
            "device_authorization",
            "token",
            "token",
            "device",
            "login",
            "login",
            "device",
            "device",
            "token"
        ]
    );
    let begun = begin(shop);
    shop.server.clock.advance(Lifetime::minutes(10));
    poll(
        shop,
        begun["device_code"].as_str().unwrap(),
        "device_code_expired",
    );
}

fn access_tokens(shop: &mut Shop) {
    let userinfo = |shop: &Shop, token: &str| {
        let header = format!("Bearer {token}");
        shop.server
            .get("/api/v1/oauth/userinfo", &[("authorization", &header)])
    };
    let answer = userinfo(shop, "x");
    shop.expect(&answer, "token_unreadable");
    let token = shop.tokens()["access_token"].as_str().unwrap().to_owned();
    shop.server.clock.advance(Lifetime::hours(1));
    let answer = userinfo(shop, &token);
    shop.expect(&answer, "token_expired");
    let token = shop.tokens()["access_token"].as_str().unwrap().to_owned();
    shop.server
        .form("/api/v1/oauth/revoke", shop.app(), &[("token", &token)]);
    let answer = userinfo(shop, &token);
    shop.expect(&answer, "token_revoked");
    let code = shop.server.code("app", "ola", "offline_access");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let tokens = shop.server.form(TOKEN, shop.app(), &fields).json();
    let answer = userinfo(shop, tokens["access_token"].as_str().unwrap());
    shop.expect(&answer, "scope_lacking");
}

/// A page that may not read the answer sees nothing of it, whatever it says.
fn origins(shop: &mut Shop) {
    let headers = [
        ("origin", "http://localhost:5173"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let body = b"grant_type=refresh_token&client_id=public&refresh_token=x";
    let answer = shop.server.send("POST", TOKEN, &headers, Some(body));
    assert!(answer.header("access-control-allow-origin").is_none());
    let (app, wanted) = (&shop.server.app, traces::Wanted::default());
    let found = traces::list(app, &wanted, None, 1);
    let trace = traces::get(app, found[0].id).unwrap();
    assert_eq!(trace.item.reason, Some("origin_not_registered"));
    let mend = trace.quick_fix.unwrap();
    assert_eq!(
        (mend.client_id.as_str(), mend.member, mend.value.as_str()),
        ("public", "cors_origins", "http://localhost:5173")
    );
    shop.seen.insert("origin_not_registered");
}
