//! The authorization endpoint: which requests are refused and where the refusal goes, and what a good
//! one leads to.

use keyfob::{
    crypto::{jwt, keys::Algorithm},
    domain::time::Lifetime,
};
use serde_json::{Value, json};

use crate::support::{
    Answer, START, Server, VERIFIER,
    browser::{AUTHORIZE, Browser, authorize_path, challenge},
    claims,
};

const CB: &str = "https://app.example/cb";

/// A public client `web`, a confidential one `server` that may go without PKCE, and Ola.
fn ready() -> Server {
    let server = Server::start();
    server.public_client("web", "openid profile email offline_access");
    server.client(
        "server",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "client_secret_basic",
               "redirect_uris": [CB], "scope": "openid profile", "require_pkce": false}),
    );
    server.person("ola");
    server
}

/// A good request of `web` with some parameters set anew, added, or, where empty, left out.
fn request<'a>(challenge: &'a str, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", CB),
        ("scope", "openid"),
        ("state", "s"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        parameters.retain(|(known, _)| known != name);
        if !value.is_empty() {
            parameters.push((name, value));
        }
    }
    parameters
}

fn path(changes: &[(&str, &str)]) -> String {
    authorize_path(&request(&challenge(), changes))
}

// RFC 6749 §4.1.2.1: until client and address are proved, nothing is redirected (rules B23, B24, B26, B28).
#[test]
fn an_error_of_the_client_or_its_address_is_shown_and_never_redirected() {
    let server = ready();
    server.client(
        "two",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": [CB, "https://app.example/other"], "scope": "openid"}),
    );
    let unproved: &[&[(&str, &str)]] = &[
        &[("client_id", "")],
        &[("client_id", "nobody")],
        &[("client_id", "two"), ("redirect_uri", "")],
        &[("redirect_uri", "https://evil.example/cb")],
        &[("redirect_uri", "https://app.example/CB")],
        &[("redirect_uri", "https://APP.example/cb")],
        &[("redirect_uri", "HTTPS://app.example/cb")],
        &[("redirect_uri", "https://app.example/cb/")],
        &[("redirect_uri", "https://app.example/cb?x=1")],
        &[("redirect_uri", "https://app.example/cb#x")],
        &[("redirect_uri", "https://app.example/x/../cb")],
        &[("redirect_uri", "https://app.example/x/..;/cb")],
        &[("redirect_uri", "https://app.example/x/%2e%2e/cb")],
        &[("redirect_uri", "https://app.example:443/cb")],
        &[("redirect_uri", "https://app.example@evil.example/cb")],
        &[("redirect_uri", "https://app.example.evil.example/cb")],
        &[("redirect_uri", "http://app.example/cb")],
        &[("redirect_uri", "https://app.example\\cb")],
        &[("redirect_uri", " https://app.example/cb")],
    ];
    let mut paths: Vec<_> = unproved.iter().map(|changes| path(changes)).collect();
    // RFC 6749 §3.1: a parameter is sent once; which of two was meant nobody can say.
    for twice in ["client_id=web", "state=t", "scope=openid", "redirect_uri=x"] {
        paths.push(format!("{}&{twice}", path(&[])));
    }
    for path in paths {
        let answer = server.get(&path, &[]);
        let shown = answer
            .text
            .contains(r#"<code id="error-code">invalid_request</code>"#);
        assert_eq!(
            (answer.status, answer.header("location"), shown),
            (400, None, true),
            "{path}"
        );
    }
}

// RFC 6749 §4.1.2.1, RFC 9207 §2: every other refusal goes to the client, with state and iss.
#[test]
fn every_other_error_goes_to_the_client_with_state_and_iss() {
    let server = ready();
    let long = "n".repeat(5000);
    let long_challenge = "c".repeat(129);
    let bad_challenge = "!".repeat(43);
    let rows: &[(&[(&str, &str)], &str)] = &[
        // RFC 6749 §4.1.2.1 (rule B27)
        (&[("response_type", "")], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (
            &[("response_type", "code token")],
            "unsupported_response_type",
        ),
        (
            &[("response_type", "id_token")],
            "unsupported_response_type",
        ),
        // RFC 6749 §3.3 (.29)
        (&[("scope", "(empty)")], "invalid_scope"),
        (&[("scope", "open\"id")], "invalid_scope"),
        (&[("scope", "open\u{7}id")], "invalid_scope"),
        // OIDC Core §3.1.2.1 (.32)
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "create")], "invalid_request"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("prompt", "none")], "login_required"),
        // OIDC Core §3.1.2.1 (.33)
        (&[("id_token_hint", "x")], "invalid_request"),
        (
            &[("id_token_hint", "eyJhbGciOiJub25lIn0.e30.")],
            "invalid_request",
        ),
        // OAuth 2.0 Multiple Response Types §2.1 (.34)
        (&[("response_mode", "jwt")], "invalid_request"),
        (&[("response_mode", "web_message")], "invalid_request"),
        // OIDC Core §3.1.2.6 (.36)
        (&[("request", "x")], "invalid_request_object"),
        (
            &[("request", "eyJhbGciOiJub25lIn0.e30.")],
            "request_not_supported",
        ),
        (
            &[("request_uri", "https://app.example/r")],
            "request_uri_not_supported",
        ),
        (&[("registration", "{}")], "registration_not_supported"),
        // RFC 7636 §4.4.1 (.37, .38)
        (&[("code_challenge", "")], "invalid_request"),
        (
            &[("code_challenge", ""), ("code_challenge_method", "")],
            "invalid_request",
        ),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("code_challenge", &long_challenge)], "invalid_request"),
        (&[("code_challenge", &bad_challenge)], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "S512")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        // Rule C34
        (&[("nonce", &long)], "invalid_request"),
    ];
    for (changes, error) in rows {
        let answer = server.get(&path(changes), &[]).parameters();
        assert_eq!(
            (
                answer["error"].as_str(),
                answer["state"].as_str(),
                answer["iss"].as_str()
            ),
            (*error, "s", server.url.as_str()),
            "{changes:?}"
        );
        assert!(!answer.contains_key("code"), "{changes:?}");
        // RFC 6749 §4.1.2.1: %x20-21 / %x23-5B / %x5D-7E
        let is_allowed = |c: char| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~');
        let description = &answer["error_description"];
        assert!(description.chars().all(is_allowed), "{description}");
    }
    server.client(
        "machine",
        json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic",
               "redirect_uris": [CB], "scope": "openid"}),
    );
    let answer = server
        .get(&path(&[("client_id", "machine")]), &[])
        .parameters();
    assert_eq!(answer["error"], "unauthorized_client");
}

// RFC 6749 §4.1.2: state comes back byte for byte, and not at all when none was sent (rule B30).
#[test]
fn state_comes_back_as_it_was_sent() {
    let server = ready();
    let long = "x".repeat(4096);
    for state in ["a%b&c=\u{f8}\u{1f511}", "%25%26+ \"<>", &long] {
        let answer = server.get(&path(&[("state", state), ("prompt", "none")]), &[]);
        assert_eq!(answer.parameters()["state"], state);
    }
    let answer = server.get(&path(&[("state", ""), ("prompt", "none")]), &[]);
    assert!(!answer.parameters().contains_key("state"));
}

// RFC 8252 §7.3: any port on a loopback address, nothing else (rule B25).
#[test]
fn a_client_may_come_back_on_any_port_of_its_loopback_address() {
    let server = ready();
    for (client_id, method) in [("native", "none"), ("desktop", "client_secret_basic")] {
        server.client(
            client_id,
            json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": method,
                   "redirect_uris": ["http://127.0.0.1/cb", "http://[::1]/cb"], "scope": "openid"}),
        );
    }
    let rows = [
        ("http://127.0.0.1/cb", true),
        ("http://127.0.0.1:51004/cb", true),
        ("http://[::1]:51004/cb", true),
        ("http://localhost:51004/cb", false),
        ("http://127.0.0.1:51004/other", false),
        ("http://127.0.0.1:51004/cb?x=1", false),
        ("http://127.0.0.2:51004/cb", false),
        ("http://127.0.0.1:1@evil.example/cb", false),
        ("http://[::1]:1@evil.example/cb", false),
        ("https://127.0.0.1:51004/cb", false),
    ];
    for client_id in ["native", "desktop"] {
        for (redirect_uri, good) in rows {
            let changes = [
                ("client_id", client_id),
                ("redirect_uri", redirect_uri),
                ("prompt", "none"),
            ];
            let answer = server.get(&path(&changes), &[]);
            let to = answer.header("location").unwrap_or_default();
            let expected = if good { redirect_uri } else { "" };
            let to = to.split("?error").next();
            assert_eq!(to, Some(expected), "{client_id} {redirect_uri}");
        }
    }
}

// OIDC Core §3.1.2.1: a POST is as good as a GET; a wrong media type is not.
#[test]
fn a_request_may_be_posted() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let challenge = challenge();
    let redirect = browser.post(AUTHORIZE, &request(&challenge, &[]));
    assert!(redirect.leads_to("/login"));
    let answer = server.json(AUTHORIZE, &[], &json!({"client_id": "web"}));
    assert_eq!((answer.status, answer.header("location")), (400, None));
}

// RFC 6265bis §5.6.7: the session cookie does not come along with a POST of another site.
#[test]
fn a_post_of_another_site_is_answered_as_if_its_browser_had_come_by_itself() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let challenge = challenge();
    browser.authorize(&request(&challenge, &[]), "ola");
    let post = |headers: &[(&str, &str)], fields: &[(&str, &str)]| {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let form_type = ("content-type", "application/x-www-form-urlencoded");
        let headers = [&[form_type], headers].concat();
        server.send("POST", AUTHORIZE, &headers, Some(form.finish().as_bytes()))
    };
    let silent = request(&challenge, &[("prompt", "none")]);
    let elsewhere = ("origin", "https://app.example");
    let of_another_site: [&[(&str, &str)]; 4] = [
        &[("sec-fetch-site", "cross-site"), elsewhere],
        &[("sec-fetch-site", "same-site")],
        &[elsewhere],
        &[("origin", "null")],
    ];
    for headers in of_another_site {
        let with_junk = [&silent[..], &[("junk", "j"), ("ui_locales", "")]].concat();
        let answer = post(headers, &with_junk);
        let own = authorize_path(&silent);
        let location = answer.header("location");
        assert_eq!((answer.status, location), (303, Some(&*own)), "{headers:?}");
        assert_eq!(answer.header("set-cookie"), None);
        assert!(browser.get(&own).parameters().contains_key("code"));
    }
    // Who is not signed in is told so, by the GET alone.
    let answer = server.get(&authorize_path(&silent), &[]).parameters();
    assert_eq!(answer["error"], "login_required");
    // What does not fit into a header goes on as a form of this server's own.
    let long = "s".repeat(4_000);
    let long = request(&challenge, &[("prompt", "none"), ("state", &long)]);
    let answer = post(&[elsewhere], &long);
    assert_eq!((answer.status, answer.header("location")), (200, None));
    assert!(answer.text.contains(&format!(r#"action="{AUTHORIZE}""#)));
    let fields: Vec<_> = long
        .iter()
        .map(|(name, _)| (*name, answer.field(name)))
        .collect();
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(fields, long);
    let (cookies, own) = (browser.cookie_header(), server.url.clone());
    let same_origin: [&[(&str, &str)]; 2] = [
        &[("sec-fetch-site", "same-origin"), ("cookie", &cookies)],
        &[("origin", &own), ("cookie", &cookies)],
    ];
    for headers in same_origin {
        let answer = post(headers, &long).parameters();
        assert!(answer.contains_key("code"), "{answer:?}");
    }
    // A request that cannot be read is refused where it came.
    let twice = [&silent[..], &[("state", "t")]].concat();
    let answer = post(&[elsewhere], &twice);
    assert_eq!((answer.status, answer.header("location")), (400, None));
}

// OIDC Core §3.1.2.6 (rule B35)
#[test]
fn who_denies_sends_the_client_access_denied() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let redirect = browser.get(&path(&[]));
    let redirect = browser.sign_in(&redirect, "ola");
    let answer = browser.decide(&redirect, "deny").parameters();
    assert_eq!(answer["error"], "access_denied");
    assert_eq!(
        (answer["state"].as_str(), answer["iss"].as_str()),
        ("s", server.url.as_str())
    );
}

// Form Post Response Mode §2 (rule B34): the values are escaped, the form has a visible button, and
// no policy keeps it from being sent.
#[test]
fn form_post_answers_with_a_form_that_holds_every_value_escaped() {
    let server = ready();
    let state = "\"<>&'";
    let changes = [
        ("response_mode", "form_post"),
        ("state", state),
        ("prompt", "none"),
    ];
    let page = server.get(&path(&changes), &[]);
    assert_eq!(page.status, 200);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("referrer-policy"), Some("strict-origin"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains("script-src 'self'") && !policy.contains("form-action"),
        "{policy}"
    );
    assert!(
        page.text
            .contains(r#"<form method="post" action="https://app.example/cb" id="form-post">"#)
    );
    assert!(
        page.text
            .contains("<button class=\"primary\">Continue</button>")
    );
    assert!(page.text.contains("/js/form-post.js\" defer></script>"));
    assert!(!page.text.contains(state));
    let unescaped = page.field("state");
    let unescaped = unescaped
        .replace("&#34;", "\"")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#39;", "'")
        .replace("&#38;", "&");
    assert_eq!(unescaped, state);
    assert_eq!(page.field("error"), "login_required");
    assert_eq!(page.field("iss"), server.url);
}

#[test]
fn form_post_hands_over_a_code_that_can_be_exchanged() {
    let server = ready();
    let challenge = challenge();
    let parameters = request(&challenge, &[("response_mode", "form_post")]);
    let page = Browser::new(&server).authorize(&parameters, "ola");
    assert_eq!((page.status, page.field("state").as_str()), (200, "s"));
    let code = page.field("code");
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", &code),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(
        server.form("/api/v1/oauth/token", None, &fields).status,
        200
    );
}

// RFC 9700 §4.12, §4.16, §4.2.4 (rules B44, B45)
#[test]
fn the_pages_cannot_be_framed_kept_or_leak_their_address_and_redirect_with_303() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let redirect = browser.get(&path(&[]));
    let login = browser.follow(&redirect);
    let redirect = browser.sign_in(&redirect, "ola");
    let consent = browser.follow(&redirect);
    let error = server.get(&path(&[("client_id", "nobody")]), &[]);
    for page in [&login, &consent, &error] {
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"));
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-frame-options"), Some("DENY"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let referrer = page.header("referrer-policy").unwrap();
        assert!(
            ["no-referrer", "same-origin"].contains(&referrer),
            "{referrer}"
        );
        assert!(!page.text.contains("<script>") && !page.text.contains("http://cdn"));
    }
    assert_eq!(redirect.status, 303);
    assert_eq!(browser.decide(&redirect, "allow").status, 303);
}

/// Signs in, allows everything, and redeems the code of `web`.
fn tokens(server: &Server, browser: &mut Browser, changes: &[(&str, &str)]) -> Value {
    let challenge = challenge();
    let answer = browser
        .authorize(&request(&challenge, changes), "ola")
        .parameters();
    redeem(server, &answer["code"])
}

fn redeem(server: &Server, code: &str) -> Value {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", code),
        ("code_verifier", VERIFIER),
    ];
    let answer = server.form("/api/v1/oauth/token", None, &fields);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn userinfo(server: &Server, tokens: &Value) -> Value {
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let answer = server.get("/api/v1/oauth/userinfo", &[("authorization", &bearer)]);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn error_of(answer: &Answer) -> String {
    answer.parameters().remove("error").unwrap_or_default()
}

// OIDC Core §3.1.2.1: what each prompt, and max_age, makes of a person who is signed in and has allowed it.
#[test]
fn a_prompt_leads_where_it_says() {
    let server = ready();
    let mut browser = Browser::new(&server);
    tokens(&server, &mut browser, &[]);
    server.clock.advance(Lifetime(100));
    let rows: &[(&[(&str, &str)], &str)] = &[
        (&[], "https://app.example/cb"),
        (&[("prompt", "none")], "https://app.example/cb"),
        (&[("prompt", "login")], "/login"),
        (&[("prompt", "select_account")], "/login"),
        (&[("prompt", "consent")], "/consent"),
        (&[("prompt", "login consent")], "/login"),
        (&[("max_age", "0")], "/login"),
        (&[("max_age", "99")], "/login"),
        (&[("max_age", "100")], "https://app.example/cb"),
    ];
    for (changes, page) in rows {
        assert!(browser.get(&path(changes)).leads_to(page), "{changes:?}");
    }
    for changes in [
        &[("max_age", "99"), ("prompt", "none")],
        &[("max_age", "0"), ("prompt", "none")],
    ] {
        assert_eq!(error_of(&browser.get(&path(changes))), "login_required");
    }
    // OIDC Core §3.1.2.1: who was asked to sign in again has a later auth_time.
    let again = tokens(&server, &mut browser, &[("prompt", "login")]);
    assert_eq!(claims(&again["id_token"])["auth_time"], START.0 + 100);
}

// OIDC Registration §2: default_max_age holds where the request says nothing.
#[test]
fn the_max_age_of_a_request_goes_before_that_of_its_client() {
    let server = ready();
    server.client(
        "aging",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": [CB], "scope": "openid", "default_max_age": 60, "require_auth_time": true}),
    );
    let mut browser = Browser::new(&server);
    tokens(&server, &mut browser, &[]);
    let challenge = challenge();
    let asked = |changes: &[(&'static str, &'static str)]| {
        let changes: Vec<_> = [("client_id", "aging")]
            .into_iter()
            .chain(changes.iter().copied())
            .collect();
        authorize_path(&request(&challenge, &changes))
    };
    assert!(browser.get(&asked(&[])).leads_to("/consent"));
    server.clock.advance(Lifetime(61));
    assert!(browser.get(&asked(&[])).leads_to("/login"));
    assert!(
        browser
            .get(&asked(&[("max_age", "1000")]))
            .leads_to("/consent")
    );
}

// OIDC Core §3.1.2.4: what was allowed is remembered, and only what is new is asked for.
#[test]
fn consent_is_remembered_and_asked_for_what_is_new() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let redirect = browser.get(&path(&[]));
    let redirect = browser.sign_in(&redirect, "ola");
    assert_eq!(
        error_of(&browser.get(&path(&[("prompt", "none")]))),
        "consent_required"
    );
    let first = browser.follow(&redirect);
    assert!(!first.text.contains(r#"class="new""#));
    browser.decide(&redirect, "allow").parameters();
    assert!(browser.get(&path(&[])).parameters().contains_key("code"));
    assert_eq!(
        error_of(&browser.get(&path(&[("scope", "openid email"), ("prompt", "none")]))),
        "consent_required"
    );
    let redirect = browser.get(&path(&[("scope", "openid email")]));
    let page = browser.follow(&redirect);
    let lines: Vec<_> = page.text.split("<li>").skip(1).collect();
    let marked: Vec<_> = lines
        .iter()
        .map(|line| line.contains(r#"class="new""#))
        .collect();
    assert_eq!(marked, [false, true], "{}", page.text);
    browser.decide(&redirect, "allow").parameters();
    // Both together, and each alone, and for nobody else.
    for scope in ["openid", "openid email"] {
        let silent = browser.get(&path(&[("scope", scope), ("prompt", "none")]));
        assert!(silent.parameters().contains_key("code"), "{scope}");
    }
    let other = browser.get(&path(&[("client_id", "server"), ("prompt", "none")]));
    assert_eq!(error_of(&other), "consent_required");
}

// RFC 8252 §8.6 (rule C28): whose address proves nothing is asked each time.
#[test]
fn a_native_client_is_never_let_through_in_silence() {
    let server = ready();
    let native = |client_id, redirect_uri, require_consent: bool| {
        server.client(
            client_id,
            json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
                   "redirect_uris": [redirect_uri], "scope": "openid", "require_consent": require_consent}),
        );
    };
    native("loopback", "http://127.0.0.1/cb", true);
    native("scheme", "com.example.app:/cb", true);
    native("claimed", "https://app.example/cb", true);
    native("vouched", "http://127.0.0.1/cb", false);
    let challenge = challenge();
    for (client_id, redirect_uri, asked_again) in [
        ("loopback", "http://127.0.0.1/cb", true),
        ("scheme", "com.example.app:/cb", true),
        ("claimed", "https://app.example/cb", false),
        ("vouched", "http://127.0.0.1/cb", false),
    ] {
        let mut browser = Browser::new(&server);
        let changes = [("client_id", client_id), ("redirect_uri", redirect_uri)];
        let parameters = request(&challenge, &changes);
        let code = |answer: &Answer| answer.header("location").unwrap().contains("code=");
        // Signing in is an interaction: consent, once given, need not follow it every time.
        assert!(code(&browser.authorize(&parameters, "ola")), "{client_id}");
        assert!(
            code(&Browser::new(&server).authorize(&parameters, "ola")),
            "{client_id}"
        );
        let again = browser.get(&authorize_path(&parameters));
        assert_eq!(again.leads_to("/consent"), asked_again, "{client_id}");
        let changes = [
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("prompt", "none"),
        ];
        let silent = browser.get(&authorize_path(&request(&challenge, &changes)));
        let refused = silent
            .header("location")
            .unwrap()
            .contains("error=interaction_required");
        assert_eq!(refused, asked_again, "{client_id}");
        if asked_again {
            assert!(code(&browser.decide(&again, "allow")), "{client_id}");
        }
    }
}

// OIDC Core §5.5
#[test]
fn claims_asked_for_by_name_are_allowed_remembered_and_released_where_they_were_asked_for() {
    let server = ready();
    let asked = json!({
        "userinfo": {"given_name": {"essential": true}, "email": null, "phone_number": null},
        "id_token": {"family_name": null, "auth_time": {"essential": true}, "picture": null},
    })
    .to_string();
    let changes = [("claims", asked.as_str())];
    let mut browser = Browser::new(&server);
    let redirect = browser.get(&path(&changes));
    let redirect = browser.sign_in(&redirect, "ola");
    let page = browser.follow(&redirect);
    for line in [
        "see your given name",
        "see your family name",
        "see your email address",
        "see your picture",
    ] {
        assert!(page.text.contains(line), "{line}: {}", page.text);
    }
    // The client has no scope for it.
    assert!(!page.text.contains("phone number"));
    let answer = browser.decide(&redirect, "allow").parameters();
    let got = redeem(&server, &answer["code"]);
    assert_eq!(got["scope"], "openid");
    let user = userinfo(&server, &got);
    assert_eq!(
        (&user["given_name"], &user["family_name"], &user["email"]),
        (&json!("Ola"), &Value::Null, &json!("ola@example.com"))
    );
    assert!(user.get("phone_number").is_none());
    let id_token = claims(&got["id_token"]);
    assert_eq!(id_token["family_name"], "Nordmann");
    assert!(id_token["auth_time"].is_i64());
    for absent in ["given_name", "email", "picture"] {
        assert!(id_token.get(absent).is_none(), "{absent}");
    }
    // Remembered, but no more than that.
    let silent = browser.get(&path(&[("claims", &asked), ("prompt", "none")]));
    assert!(silent.parameters().contains_key("code"));
    let more = json!({"userinfo": {"nickname": null}}).to_string();
    let more = browser.get(&path(&[("claims", &more), ("prompt", "none")]));
    assert_eq!(error_of(&more), "consent_required");
    // A token of a request without them releases nothing.
    let plain = tokens(&server, &mut browser, &[]);
    assert_eq!(userinfo(&server, &plain)["given_name"], Value::Null);
    assert!(claims(&plain["id_token"]).get("family_name").is_none());
}

// OIDC Core §5.5.1: whose claims they must be; §5.5.1.1: how the user must have signed in.
#[test]
fn a_sub_or_acr_that_is_asked_for_must_be_the_one() {
    let server = ready();
    server.person("kari");
    let mut browser = Browser::new(&server);
    let id_token = claims(&tokens(&server, &mut browser, &[])["id_token"]);
    assert_eq!(
        (id_token["acr"].as_str(), &id_token["amr"]),
        (Some("1"), &json!(["pwd"]))
    );
    let asked = |claims: Value| claims.to_string();
    let about = |sub: &str| asked(json!({"id_token": {"sub": {"value": sub}}}));
    let essential =
        |values: Value| asked(json!({"id_token": {"acr": {"essential": true, "values": values}}}));
    let voluntary = asked(json!({"id_token": {"acr": {"values": ["9"]}}}));
    let rows = [
        (about("ola"), ""),
        (about("kari"), "login_required"),
        (essential(json!(["1", "9"])), ""),
        (essential(json!(["9"])), "unmet_authentication_requirements"),
        (voluntary, ""),
        ("[]".to_owned(), "invalid_request"),
    ];
    for (claims, error) in &rows {
        let answer = browser.get(&path(&[("claims", claims), ("prompt", "none")]));
        assert_eq!(error_of(&answer), *error, "{claims}");
    }
    // Another user than was asked for is no answer, even after signing in.
    let kari = about("kari");
    let redirect = browser.get(&path(&[("claims", &kari)]));
    let wrong = browser.sign_in(&redirect, "ola");
    assert_eq!(error_of(&wrong), "login_required");
    let redirect = browser.get(&path(&[("claims", &kari)]));
    assert!(browser.sign_in(&redirect, "kari").leads_to("/consent"));
    // OIDC Core §3.1.2.1: acr_values are a wish.
    let got = tokens(
        &server,
        &mut browser,
        &[("acr_values", "9 1"), ("prompt", "login")],
    );
    assert_eq!(claims(&got["id_token"])["acr"], "1");
}

// OIDC Core §3.1.2.1 (rule B33)
#[test]
fn an_id_token_hint_names_who_must_be_signed_in() {
    let server = ready();
    server.person("kari");
    let mut browser = Browser::new(&server);
    let hint = tokens(&server, &mut browser, &[])["id_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut other = Browser::new(&server);
    let challenge = challenge();
    other.authorize(&request(&challenge, &[]), "kari");
    let with = |hint: &str| path(&[("id_token_hint", hint), ("prompt", "none")]);
    assert!(browser.get(&with(&hint)).parameters().contains_key("code"));
    assert_eq!(error_of(&other.get(&with(&hint))), "login_required");
    assert!(
        other
            .get(&path(&[("id_token_hint", &hint)]))
            .leads_to("/login")
    );
    // Long expired, it still says who is meant.
    server.clock.advance(Lifetime::hours(2));
    assert!(browser.get(&with(&hint)).parameters().contains_key("code"));
    // Of another issuer, with somebody's key changed, encrypted, or no ID token at all: refused.
    let stranger = Server::start();
    stranger.client(
        "web",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": [CB], "scope": "openid"}),
    );
    stranger.person("ola");
    let foreign = tokens(&stranger, &mut Browser::new(&stranger), &[]);
    let foreign = foreign["id_token"].as_str().unwrap();
    let access_token = tokens(&server, &mut browser, &[]);
    let access_token = access_token["access_token"].as_str().unwrap();
    let spliced = format!(
        "{}.{}",
        hint.rsplit_once('.').unwrap().0,
        foreign.rsplit_once('.').unwrap().1
    );
    // Our key, but of the time when the server had another name.
    let snapshot = server.app.directory.snapshot();
    let key = snapshot
        .signing_key(Algorithm::Es256, server.app.now())
        .unwrap();
    let renamed = json!({"iss": "https://old.example", "sub": "ola", "aud": "web"});
    let renamed = jwt::sign(key, "JWT", &renamed).unwrap();
    for bad in [
        foreign,
        access_token,
        &renamed,
        &spliced,
        &format!("{hint}.x.y"),
        "x",
    ] {
        assert_eq!(
            error_of(&browser.get(&with(bad))),
            "invalid_request",
            "{bad}"
        );
    }
}

// OIDC Core §3.1.2.1: taken, and English where nothing else is there.
#[test]
fn parameters_that_change_nothing_here_are_taken() {
    let server = ready();
    let changes = [
        ("display", "popup"),
        ("ui_locales", "se nb-NO"),
        ("claims_locales", "se"),
        ("acr_values", "9"),
        ("extra", "foobar"),
    ];
    let got = tokens(&server, &mut Browser::new(&server), &changes);
    assert!(got["id_token"].is_string());
}
