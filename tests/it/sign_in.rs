//! A whole sign-in through the hosted pages, as a browser without JavaScript does it.

use keyfob::{
    crypto::{hash, password},
    domain::{secret::Secret, user::PasswordHash},
};
use serde_json::json;

use crate::support::{Answer, Server, VERIFIER};

/// Keeps cookies, as a browser does.
struct Browser<'s> {
    server: &'s Server,
    cookies: Vec<(String, String)>,
}

impl Browser<'_> {
    fn send(&mut self, method: &str, path: &str, body: Option<&[(&str, &str)]>) -> Answer {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let cookies = cookies.join("; ");
        let mut headers = vec![("cookie", cookies.as_str())];
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        if let Some(fields) = body {
            headers.push(("content-type", "application/x-www-form-urlencoded"));
            form.extend_pairs(fields);
        }
        let body = form.finish();
        let answer = self
            .server
            .send(method, path, &headers, Some(body.as_bytes()));
        for set in answer.headers.get_all("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        answer
    }
}

/// The value of a hidden field.
fn field(page: &Answer, name: &str) -> String {
    let marker = format!(r#"name="{name}" value=""#);
    let at = page
        .text
        .find(&marker)
        .unwrap_or_else(|| panic!("no {name} in {}", page.text))
        + marker.len();
    page.text[at..].split('"').next().unwrap().to_owned()
}

fn ready() -> Server {
    let server = Server::start();
    server.client(
        "web",
        json!({"grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none",
               "redirect_uris": ["https://app.example/cb"], "scope": "openid profile offline_access"}),
    );
    server.user("ola", |user| {
        user.password_hash = Some(PasswordHash(password::hash(&Secret::new("correct horse"))));
    });
    server
}

fn authorize_path(extra: &[(&str, &str)]) -> String {
    let challenge = hash::base64url(&hash::sha256(VERIFIER.as_bytes()));
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs([
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", "https://app.example/cb"),
        ("scope", "openid profile offline_access"),
        ("state", "a%b&c=\u{f8}"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ]);
    query.extend_pairs(extra);
    format!("/api/v1/oauth/authorize?{}", query.finish())
}

fn answer_of(redirect: &Answer) -> std::collections::HashMap<String, String> {
    assert_eq!(redirect.status, 303, "{}", redirect.text);
    let location = url::Url::parse(redirect.header("location").unwrap()).unwrap();
    assert!(
        location.as_str().starts_with("https://app.example/cb?"),
        "{location}"
    );
    location.query_pairs().into_owned().collect()
}

#[test]
fn a_person_signs_in_consents_and_the_client_gets_its_tokens() {
    let server = ready();
    let mut browser = Browser {
        server: &server,
        cookies: Vec::new(),
    };
    let redirect = browser.send("GET", &authorize_path(&[]), None);
    assert_eq!(redirect.status, 303);
    let login = browser.send("GET", redirect.header("location").unwrap(), None);
    assert_eq!(login.status, 200);
    assert!(login.text.contains(r#"id="login-submit""#));
    assert!(
        login
            .header("content-security-policy")
            .unwrap()
            .contains("frame-ancestors 'none'")
    );
    let (flow, csrf) = (field(&login, "flow"), field(&login, "csrf"));
    let wrong = [
        ("flow", flow.as_str()),
        ("csrf", &csrf),
        ("username", "ola"),
        ("password", "wrong"),
    ];
    let unknown = [
        ("flow", flow.as_str()),
        ("csrf", &csrf),
        ("username", "nobody"),
        ("password", "wrong"),
    ];
    let [wrong, unknown] =
        [wrong, unknown].map(|fields| browser.send("POST", "/login", Some(&fields)));
    assert_eq!((wrong.status, unknown.status), (200, 200));
    assert!(
        wrong.text.contains("Wrong username or password.")
            && unknown.text.contains("Wrong username or password.")
    );
    let fields = [
        ("flow", flow.as_str()),
        ("csrf", &csrf),
        ("username", "OLA"),
        ("password", "correct horse"),
    ];
    let redirect = browser.send("POST", "/login", Some(&fields));
    assert_eq!(redirect.status, 303, "{}", redirect.text);
    let consent = browser.send("GET", redirect.header("location").unwrap(), None);
    assert!(
        consent.text.contains(r#"id="consent-allow""#),
        "{}",
        consent.text
    );
    let (flow, csrf) = (field(&consent, "flow"), field(&consent, "csrf"));
    let fields = [
        ("flow", flow.as_str()),
        ("csrf", &csrf),
        ("decision", "allow"),
    ];
    let answer = answer_of(&browser.send("POST", "/consent", Some(&fields)));
    // RFC 6749 §4.1.2: state byte for byte; RFC 9207 §2: iss.
    assert_eq!(answer["state"], "a%b&c=\u{f8}");
    assert_eq!(answer["iss"], server.url);
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", &answer["code"]),
        ("code_verifier", VERIFIER),
    ];
    let tokens = server.form("/api/v1/oauth/token", None, &fields);
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    assert!(tokens.json()["id_token"].is_string() && tokens.json()["refresh_token"].is_string());
    // Consent is remembered, so prompt=none is answered in silence (OIDC Core §3.1.2.1).
    let silent = answer_of(&browser.send("GET", &authorize_path(&[("prompt", "none")]), None));
    assert!(silent.contains_key("code"));
    // After signing out it is not.
    let logout = browser.send("GET", "/logout", None);
    let fields = [
        ("csrf", field(&logout, "csrf")),
        ("decision", "logout".to_owned()),
    ];
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(
        browser
            .send("POST", "/logout", Some(&fields))
            .header("location"),
        Some("/logout/done")
    );
    let refused = answer_of(&browser.send("GET", &authorize_path(&[("prompt", "none")]), None));
    assert_eq!(refused["error"], "login_required");
    assert_eq!(refused["iss"], server.url);
}

// RFC 9700 §4.7, SECURITY §4.27: what a page carries is bound to its browser.
#[test]
fn a_login_page_of_one_browser_is_worth_nothing_in_another() {
    let server = ready();
    let mut browser = Browser {
        server: &server,
        cookies: Vec::new(),
    };
    let redirect = browser.send("GET", &authorize_path(&[]), None);
    let mut other = Browser {
        server: &server,
        cookies: Vec::new(),
    };
    assert_eq!(
        other
            .send("GET", redirect.header("location").unwrap(), None)
            .status,
        400
    );
}

// RFC 6749 §4.1.2.1: no redirect before client and address are proved; after that every error goes there.
#[test]
fn a_request_that_breaks_a_rule_is_refused_where_the_rule_says() {
    let server = ready();
    let page = |query: &str| server.get(&format!("/api/v1/oauth/authorize?{query}"), &[]);
    for query in [
        "response_type=code",
        "response_type=code&client_id=nobody",
        "response_type=code&client_id=web&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%2F",
        "response_type=code&client_id=web&redirect_uri=https%3A%2F%2Fevil.example%2Fcb",
        "response_type=code&client_id=web&client_id=web",
    ] {
        let answer = page(query);
        assert_eq!(
            (answer.status, answer.header("location")),
            (400, None),
            "{query}"
        );
        assert!(
            answer.text.contains(r#"id="error-code""#) && answer.text.contains("invalid_request"),
            "{query}"
        );
    }
    let pkce =
        "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
    let rows = [
        (
            format!("response_type=token&{pkce}"),
            "unsupported_response_type",
        ),
        (pkce.to_owned(), "invalid_request"),
        ("response_type=code".into(), "invalid_request"),
        (
            format!("response_type=code&{}", pkce.replace("S256", "plain")),
            "invalid_request",
        ),
        (
            "response_type=code&code_challenge=short&code_challenge_method=S256".into(),
            "invalid_request",
        ),
        (
            format!("response_type=code&{pkce}&scope=nothing"),
            "invalid_scope",
        ),
        (
            format!("response_type=code&{pkce}&prompt=none+login"),
            "invalid_request",
        ),
        (
            format!("response_type=code&{pkce}&max_age=-1"),
            "invalid_request",
        ),
        (
            format!("response_type=code&{pkce}&request=x"),
            "request_not_supported",
        ),
        (
            format!("response_type=code&{pkce}&request_uri=x"),
            "request_uri_not_supported",
        ),
        (
            format!("response_type=code&{pkce}&response_mode=fragment"),
            "invalid_request",
        ),
        (
            format!("response_type=code&{pkce}&prompt=none"),
            "login_required",
        ),
    ];
    for (query, error) in rows {
        let answer = answer_of(&page(&format!("client_id=web&state=s&{query}")));
        assert_eq!(
            (answer["error"].as_str(), answer["state"].as_str()),
            (error, "s"),
            "{query}"
        );
    }
}
