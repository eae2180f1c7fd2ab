//! The device interaction (RFC 8628): the device on one side, its user's browser on the other.

use keyfob::domain::{scope::ScopeSet, time::Lifetime};
use serde_json::{Value, json};

use crate::support::{Answer, Server, browser::Browser, dpop::Prover};

const DEVICE: &str = "/api/v1/oauth/device_authorization";
const TOKEN: &str = "/api/v1/oauth/token";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const SCOPE: &str = "openid profile offline_access";

type Fields = &'static [(&'static str, &'static str)];

fn ready() -> Server {
    let server = Server::start();
    for client_id in ["tv", "other"] {
        server.client(
            client_id,
            json!({"grant_types": [GRANT, "refresh_token"], "token_endpoint_auth_method": "none",
                   "client_name": "Tele <b>vision</b>", "scope": SCOPE}),
        );
    }
    server.person("ola");
    server
}

fn begin(server: &Server) -> Value {
    let answer = server.form(DEVICE, None, &[("client_id", "tv"), ("scope", SCOPE)]);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn poll_as(server: &Server, client_id: &str, device_code: &Value) -> Answer {
    let fields = [
        ("grant_type", GRANT),
        ("client_id", client_id),
        ("device_code", device_code.as_str().unwrap()),
    ];
    server.form(TOKEN, None, &fields)
}

fn poll(server: &Server, begun: &Value) -> Answer {
    poll_as(server, "tv", &begun["device_code"])
}

fn type_code(browser: &mut Browser, code: &str) -> Answer {
    let page = browser.get("/device");
    assert_eq!(page.status, 200);
    let csrf = page.field("csrf");
    browser.post("/device", &[("csrf", &csrf), ("user_code", code)])
}

/// The answer to `decision` on the page that asks, to which `redirect` leads.
fn decide(browser: &mut Browser, redirect: &Answer, decision: &str) -> Answer {
    assert!(redirect.leads_to("/device"), "{:?}", redirect.headers);
    let page = browser.follow(redirect);
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    browser.post(
        "/device",
        &[
            ("interaction", &interaction),
            ("csrf", &csrf),
            ("decision", decision),
        ],
    )
}

/// Everything the user does: types the code, signs in, and answers.
fn user_decides(server: &Server, begun: &Value, decision: &str) -> Answer {
    let mut browser = Browser::new(server);
    let redirect = type_code(&mut browser, begun["user_code"].as_str().unwrap());
    let redirect = browser.sign_in(&redirect, "ola");
    decide(&mut browser, &redirect, decision)
}

// RFC 8628 §3.2
#[test]
fn a_device_gets_its_two_codes() {
    let server = ready();
    let answer = server.form(DEVICE, None, &[("client_id", "tv")]);
    assert_eq!(
        (answer.status, answer.header("cache-control")),
        (200, Some("no-store"))
    );
    let begun = answer.json();
    let code = begun["user_code"].as_str().unwrap();
    let letters = |part: &str| part.bytes().all(|c| b"BCDFGHJKLMNPQRSTVWXZ".contains(&c));
    let (first, second) = code.split_once('-').unwrap();
    assert!(first.len() == 4 && second.len() == 4 && letters(first) && letters(second));
    let page = format!("{}/device", server.url);
    assert_eq!(begun["verification_uri"], page);
    assert_eq!(
        begun["verification_uri_complete"],
        format!("{page}?user_code={code}")
    );
    assert_eq!(
        (&begun["expires_in"], &begun["interval"]),
        (&json!(600), &json!(5))
    );
    assert!(begun["device_code"].as_str().unwrap().len() > 43);
    let discovery = server
        .get("/.well-known/oauth-authorization-server", &[])
        .json();
    assert_eq!(
        discovery["device_authorization_endpoint"],
        format!("{}{DEVICE}", server.url)
    );
    assert!(
        discovery["grant_types_supported"]
            .as_array()
            .unwrap()
            .contains(&json!(GRANT))
    );
}

#[test]
fn a_request_for_codes_that_breaks_a_rule_is_refused() {
    let server = ready();
    server.client(
        "web",
        json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none", "scope": SCOPE}),
    );
    let rows: &[(Fields, u16, &str)] = &[
        // RFC 8628 §3.1: the client authenticates as at the token endpoint.
        (&[], 401, "invalid_client"),
        (&[("client_id", "nobody")], 401, "invalid_client"),
        (&[("client_id", "web")], 400, "unauthorized_client"),
        (
            &[("client_id", "tv"), ("scope", "keyfob:admin")],
            400,
            "invalid_scope",
        ),
        (
            &[("client_id", "tv"), ("scope", "a\"b")],
            400,
            "invalid_scope",
        ),
        (
            &[("client_id", "tv"), ("client_id", "tv")],
            400,
            "invalid_request",
        ),
    ];
    for (fields, status, error) in rows {
        let answer = server.form(DEVICE, None, fields);
        assert_eq!(answer.refusal(), (*status, (*error).into()), "{fields:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    assert_eq!(server.get(DEVICE, &[]).status, 405);
}

// RFC 8628 §3.4, §3.5; rule B56
#[test]
fn a_device_polls_until_its_user_has_decided() {
    let server = ready();
    let begun = begin(&server);
    let pending = (400, "authorization_pending".to_owned());
    assert_eq!(poll(&server, &begun).refusal(), pending);
    // Too fast: five seconds more, for this and all later polls.
    assert_eq!(poll(&server, &begun).refusal(), (400, "slow_down".into()));
    for (wait, error) in [
        (9, "slow_down"),
        (14, "slow_down"),
        (20, "authorization_pending"),
        (19, "slow_down"),
    ] {
        server.clock.advance(Lifetime(wait));
        assert_eq!(
            poll(&server, &begun).refusal(),
            (400, error.into()),
            "{wait}"
        );
    }
    let done = user_decides(&server, &begun, "allow");
    assert_eq!(done.header("location"), Some("/device/allowed"));
    let answer = poll(&server, &begun);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let tokens = answer.json();
    assert_eq!(tokens["scope"], SCOPE);
    assert!(tokens["refresh_token"].is_string() && tokens["id_token"].is_string());
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let user = server.get("/api/v1/oauth/userinfo", &[("authorization", &bearer)]);
    assert_eq!(user.json()["sub"], "ola");
    // Once only; and what the first poll brought stays good.
    assert_eq!(
        poll(&server, &begun).refusal(),
        (400, "invalid_grant".into())
    );
    let refresh = [
        ("grant_type", "refresh_token"),
        ("client_id", "tv"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
    ];
    assert_eq!(server.form(TOKEN, None, &refresh).status, 200);
}

// RFC 8628 §3.5; rules B56, P30, P33
#[test]
fn a_poll_that_leads_nowhere_says_why() {
    type Change = fn(&Server, &Value);
    let rows: &[(&str, Change, &str)] = &[
        (
            "denied",
            |server, begun| {
                let done = user_decides(server, begun, "deny");
                assert_eq!(done.header("location"), Some("/device/denied"));
            },
            "access_denied",
        ),
        (
            "expired",
            |server, _| server.clock.advance(Lifetime(600)),
            "expired_token",
        ),
        (
            "allowed, then expired",
            |server, begun| {
                user_decides(server, begun, "allow");
                server.clock.advance(Lifetime(600));
            },
            "expired_token",
        ),
        (
            "the user is disabled after allowing it",
            |server, begun| {
                user_decides(server, begun, "allow");
                server.user("ola", |user| user.disabled = true);
            },
            "invalid_grant",
        ),
    ];
    for (name, change, error) in rows {
        let server = ready();
        let begun = begin(&server);
        change(&server, &begun);
        assert_eq!(
            poll(&server, &begun).refusal(),
            (400, (*error).into()),
            "{name}"
        );
        assert_ne!(poll(&server, &begun).status, 200, "{name}");
    }
    let server = ready();
    let begun = begin(&server);
    user_decides(&server, &begun, "allow");
    let code = begun["device_code"].as_str().unwrap();
    let swapped = begin(&server);
    let swapped = swapped["device_code"].as_str().unwrap();
    let (id, secret) = (&code[..32], &swapped[32..]);
    for (client_id, code) in [
        ("other", code.to_owned()),
        ("tv", format!("{id}{secret}")),
        ("tv", begun["user_code"].as_str().unwrap().to_owned()),
        ("tv", String::from("x")),
    ] {
        let refused = poll_as(&server, client_id, &json!(code));
        assert_eq!(refused.refusal(), (400, "invalid_grant".into()), "{code}");
    }
    // Another client's attempt costs the right one nothing.
    assert_eq!(poll(&server, &begun).status, 200);
}

#[test]
fn of_sixty_polls_at_once_exactly_one_gets_the_tokens() {
    let server = ready();
    let begun = begin(&server);
    user_decides(&server, &begun, "allow");
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let polls: Vec<_> = (0..60)
            .map(|_| scope.spawn(|| poll(&server, &begun).status))
            .collect();
        polls.into_iter().map(|poll| poll.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 59);
}

// RFC 8628 §6.1
#[test]
fn a_code_is_taken_however_it_is_typed() {
    let server = ready();
    let begun = begin(&server);
    let code = begun["user_code"].as_str().unwrap();
    for typed in [
        code.to_owned(),
        code.to_lowercase(),
        code.replace('-', ""),
        format!(" {} ", code.replace('-', " ")),
    ] {
        let mut browser = Browser::new(&server);
        let redirect = type_code(&mut browser, &typed);
        assert!(redirect.leads_to("/login"), "{typed}");
        assert!(browser.follow(&redirect).text.contains("to continue to"));
    }
}

// RFC 8628 §3.3.1, rule B58: the link saves the typing and nothing else.
#[test]
fn the_complete_link_leads_to_a_page_that_asks() {
    let server = ready();
    let begun = begin(&server);
    let complete = begun["verification_uri_complete"].as_str().unwrap();
    let path = complete.strip_prefix(&server.url).unwrap();
    let mut browser = Browser::new(&server);
    let redirect = browser.get(path);
    let redirect = browser.sign_in(&redirect, "ola");
    assert!(redirect.leads_to("/device"));
    let page = browser.follow(&redirect);
    let code = begun["user_code"].as_str().unwrap();
    for shown in [
        code,
        "Tele &#60;b&#62;vision&#60;/b&#62;",
        "<code>tv</code>",
        "<code>offline_access</code>",
        r#"id="consent-allow""#,
    ] {
        assert!(page.text.contains(shown), "{shown} in {}", page.text);
    }
    assert_eq!(
        poll(&server, &begun).refusal(),
        (400, "authorization_pending".into())
    );
    // Signed in already, the link leads to the same page; still nothing is allowed.
    let redirect = browser.get(path);
    assert!(redirect.leads_to("/device"));
    server.clock.advance(Lifetime(5));
    assert_eq!(
        poll(&server, &begun).refusal(),
        (400, "authorization_pending".into())
    );
    let done = decide(&mut browser, &redirect, "allow");
    assert_eq!(done.header("location"), Some("/device/allowed"));
    assert!(
        browser
            .follow(&done)
            .text
            .contains(r#"id="device-allowed""#)
    );
    assert_eq!(poll(&server, &begun).status, 200);
    // Whoever comes later with the same code is told so.
    let late = browser.get(path);
    assert_eq!(late.status, 200);
    assert!(late.text.contains("This code has already been used."));
}

// Rule B57
#[test]
fn a_wrong_code_is_said_on_the_form_and_written_as_text() {
    let server = ready();
    let expired = begin(&server);
    server.clock.advance(Lifetime(600));
    let decided = begin(&server);
    user_decides(&server, &decided, "deny");
    let code = |begun: &Value| begun["user_code"].as_str().unwrap().to_owned();
    for (typed, said) in [
        ("\"><script>alert(1)</script>".to_owned(), "Code not found."),
        ("BBBB-BBBB".into(), "Code not found."),
        (code(&expired), "This code has expired."),
        (code(&decided), "This code has already been used."),
    ] {
        let answer = type_code(&mut Browser::new(&server), &typed);
        assert_eq!(answer.status, 200, "{typed}");
        assert!(answer.text.contains(said), "{typed}: {}", answer.text);
        assert!(!answer.text.contains("<script>alert"));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors 'none'"));
    }
}

// RFC 8628 §5.1, rule C26
#[test]
fn guessing_codes_is_slowed_down() {
    let server = ready();
    let begun = begin(&server);
    for i in 0..5 {
        // Never the same one twice: each is wrong, and counts for the address.
        let code = format!("BBBB-BBB{}", ["B", "C", "D", "F", "G"][i]);
        assert_eq!(
            type_code(&mut Browser::new(&server), &code).status,
            200,
            "{i}"
        );
    }
    let code = begun["user_code"].as_str().unwrap();
    let held_up = type_code(&mut Browser::new(&server), code);
    assert_eq!(
        (held_up.status, held_up.header("retry-after")),
        (429, Some("30"))
    );
    // Nor does the link lead past it.
    let path = format!("/device?user_code={code}");
    assert_eq!(Browser::new(&server).get(&path).status, 429);
    server.clock.advance(Lifetime(30));
    assert!(type_code(&mut Browser::new(&server), code).leads_to("/login"));
}

// Rules C16, P27: a decision comes from a page that this browser was given, and is its user's own.
#[test]
fn a_decision_from_elsewhere_decides_nothing() {
    let server = ready();
    server.person("kari");
    let begun = begin(&server);
    let mut browser = Browser::new(&server);
    let redirect = type_code(&mut browser, begun["user_code"].as_str().unwrap());
    let redirect = browser.sign_in(&redirect, "ola");
    let page = browser.follow(&redirect);
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    let mut other = Browser::new(&server);
    let elsewhere = other.get("/device").field("csrf");
    let rows: &[&[(&str, &str)]] = &[
        &[
            ("interaction", &interaction),
            ("csrf", "x"),
            ("decision", "allow"),
        ],
        &[("interaction", &interaction), ("decision", "allow")],
        &[("user_code", begun["user_code"].as_str().unwrap())],
        &[("interaction", "x"), ("csrf", &csrf), ("decision", "allow")],
    ];
    for fields in rows {
        assert_eq!(browser.post("/device", fields).status, 400, "{fields:?}");
    }
    let stolen = [
        ("interaction", interaction.as_str()),
        ("csrf", &elsewhere),
        ("decision", "allow"),
    ];
    assert_eq!(other.post("/device", &stolen).status, 400);
    // Another person has signed in at this browser since the page was shown.
    let switched = browser.post(
        "/device",
        &[
            ("interaction", &interaction),
            ("csrf", &csrf),
            ("decision", "switch"),
        ],
    );
    let redirect = browser.sign_in(&switched, "kari");
    let asked_anew = browser.post(
        "/device",
        &[
            ("interaction", &interaction),
            ("csrf", &csrf),
            ("decision", "allow"),
        ],
    );
    assert!(asked_anew.leads_to("/device"));
    assert_eq!(
        poll(&server, &begun).refusal(),
        (400, "authorization_pending".into())
    );
    decide(&mut browser, &redirect, "allow");
    let id_token = poll(&server, &begun).json()["id_token"].clone();
    let claims: Value = keyfob::crypto::jwt::unverified_claims(id_token.as_str().unwrap()).unwrap();
    assert_eq!(claims["sub"], "kari");
}

// Rule B59: what was allowed is what was shown, whatever the device says later.
#[test]
fn a_device_gets_the_scopes_that_were_allowed_and_no_others() {
    let server = ready();
    let fields = [
        ("client_id", "tv"),
        ("scope", "profile keyfob:admin"),
        ("redirect_uri", "https://evil.example/"),
        ("request", "x"),
    ];
    let begun = server.form(DEVICE, None, &fields).json();
    user_decides(&server, &begun, "allow");
    let fields = [
        ("grant_type", GRANT),
        ("client_id", "tv"),
        ("device_code", begun["device_code"].as_str().unwrap()),
        ("scope", SCOPE),
    ];
    let tokens = server.form(TOKEN, None, &fields).json();
    assert_eq!(
        ScopeSet::parse(tokens["scope"].as_str().unwrap()).unwrap(),
        ScopeSet::parse("profile").unwrap()
    );
    // Neither openid nor offline_access was allowed.
    assert!(tokens.get("id_token").is_none() && tokens.get("refresh_token").is_none());
}

// RFC 9449 §5: as with any other grant.
#[test]
fn a_device_may_bind_its_tokens_to_a_key() {
    let server = ready();
    let begun = begin(&server);
    user_decides(&server, &begun, "allow");
    let prover = Prover::new();
    let fields = [
        ("grant_type", GRANT),
        ("client_id", "tv"),
        ("device_code", begun["device_code"].as_str().unwrap()),
    ];
    let tokens = prover.form(&server, TOKEN, &fields).json();
    assert_eq!(tokens["token_type"], "DPoP");
    let refresh = [
        ("grant_type", "refresh_token"),
        ("client_id", "tv"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
    ];
    let stolen = server.form(TOKEN, None, &refresh);
    assert_eq!(stolen.refusal(), (400, "invalid_dpop_proof".into()));
    assert_eq!(prover.form(&server, TOKEN, &refresh).status, 200);
}

// Rule P10: each code is good for one thing only.
#[test]
fn a_device_code_is_good_for_nothing_else() {
    let server = ready();
    let metadata = json!({"grant_types": ["authorization_code", "refresh_token", GRANT], "scope": SCOPE,
                          "token_endpoint_auth_method": "client_secret_post",
                          "redirect_uris": ["https://app.example/cb"]});
    let secret = server.client("console", metadata);
    let mine = [("client_id", "console"), ("client_secret", secret.as_str())];
    let begun = server.form(DEVICE, None, &mine).json();
    user_decides(&server, &begun, "allow");
    let code = begun["device_code"].as_str().unwrap();
    for (grant_type, name) in [
        ("authorization_code", "code"),
        ("refresh_token", "refresh_token"),
    ] {
        let fields = [&mine[..], &[("grant_type", grant_type), (name, code)]].concat();
        let refused = server.form(TOKEN, None, &fields);
        assert_eq!(refused.refusal(), (400, "invalid_grant".into()), "{name}");
    }
    let fields = [&mine[..], &[("token", code)]].concat();
    let unknown = server.form("/api/v1/oauth/introspect", None, &fields);
    assert_eq!(unknown.json(), json!({"active": false}));
    let bearer = format!("Bearer {code}");
    let userinfo = server.get("/api/v1/oauth/userinfo", &[("authorization", &bearer)]);
    assert_eq!(userinfo.refusal(), (401, "invalid_token".into()));
    let fields = [&mine[..], &[("grant_type", GRANT), ("device_code", code)]].concat();
    assert_eq!(server.form(TOKEN, None, &fields).status, 200);
}

// As at the authorization endpoint.
#[test]
fn a_device_gets_power_over_the_server_only_by_a_sign_in_for_it() {
    let server = ready();
    server.client(
        "console",
        json!({"grant_types": [GRANT], "token_endpoint_auth_method": "none", "scope": "openid keyfob:delegate"}),
    );
    let mut browser = Browser::new(&server);
    for time in ["first", "second"] {
        let fields = [
            ("client_id", "console"),
            ("scope", "openid keyfob:delegate"),
        ];
        let begun = server.form(DEVICE, None, &fields).json();
        let code = begun["user_code"].as_str().unwrap();
        let mut redirect = type_code(&mut browser, code);
        if time == "second" {
            // Somebody is signed in: the page that would ask sends them to sign in once more.
            assert!(redirect.leads_to("/device"), "{:?}", redirect.headers);
            redirect = browser.follow(&redirect);
        }
        let redirect = browser.sign_in(&redirect, "ola");
        let done = decide(&mut browser, &redirect, "allow");
        assert!(done.leads_to("/device/allowed"), "{time}: {}", done.text);
        assert_eq!(
            poll_as(&server, "console", &begun["device_code"]).status,
            200
        );
    }
}
