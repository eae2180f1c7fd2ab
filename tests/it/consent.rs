//! The consent page: what it shows of the client and of what it asks, and what is remembered.

use keyfob::domain::{name::ScopeName, scope::Scope};
use serde_json::json;

use crate::support::{
    Answer, Server,
    browser::{Browser, authorize_path, challenge},
};

const NOTES: &str = "https://notes.example/api";
const MAIL: &str = "https://mail.example/api";

fn ready() -> Server {
    let server = Server::start();
    server.resource(NOTES, "notes:read", None);
    server.resource(MAIL, "mail:read", None);
    let read = Scope {
        name: ScopeName::parse("read").unwrap(),
        description: "read what is there".into(),
        built_in: false,
        managed_by: None,
    };
    server.put(read);
    server.client(
        "web",
        json!({"grant_types": ["authorization_code", "refresh_token",
                               "urn:ietf:params:oauth:grant-type:device_code"],
               "token_endpoint_auth_method": "none", "client_name": "Robot",
               "redirect_uris": ["https://app.example/cb", "http://127.0.0.1/cb"],
               "scope": "openid profile offline_access notes:read mail:read read keyfob:delegate"}),
    );
    server.person("ola");
    server
}

fn request(scope: &str, resources: &[&str], more: &[(&str, &str)]) -> String {
    let challenge = challenge();
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", "web"),
        ("scope", scope),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    parameters.extend(resources.iter().map(|uri| ("resource", *uri)));
    parameters.extend_from_slice(more);
    if !more.iter().any(|(name, _)| *name == "redirect_uri") {
        parameters.push(("redirect_uri", "https://app.example/cb"));
    }
    authorize_path(&parameters)
}

/// Answers a request, consenting if it is asked; whether it was.
fn consented(browser: &mut Browser, scope: &str, resources: &[&str]) -> bool {
    let mut answer = browser.get(&request(scope, resources, &[]));
    if answer.leads_to("/login") {
        answer = browser.sign_in(&answer, "ola");
    }
    let asked = answer.leads_to("/consent");
    if asked {
        answer = browser.decide(&answer, "allow");
    }
    assert!(
        answer.parameters().contains_key("code"),
        "{scope} {resources:?}"
    );
    asked
}

fn consent_page(browser: &mut Browser, path: &str) -> Answer {
    let mut answer = browser.get(path);
    if answer.leads_to("/login") {
        answer = browser.sign_in(&answer, "ola");
    }
    assert!(answer.leads_to("/consent"), "{path}: {:?}", answer.headers);
    browser.follow(&answer)
}

/// The names and addresses that the page marks as new.
fn marked(page: &Answer) -> Vec<String> {
    let parts = page.text.split(r#"<span class="new">"#).skip(1);
    parts
        .map(|part| {
            let code = part.split("<code>").nth(1).unwrap();
            code.split('<').next().unwrap().replace("&#47;", "/")
        })
        .collect()
}

// RFC 8707 §2: a scope at one resource is not the same power as that scope at another.
#[test]
fn a_consent_is_remembered_per_user_client_scope_and_resource() {
    let server = ready();
    let mut browser = Browser::new(&server);
    // In this order: scope, resources, whether it is asked.
    let rows: &[(&str, &[&str], bool)] = &[
        ("openid read", &[NOTES], true),
        ("openid read", &[NOTES], false),
        ("read", &[NOTES], false),
        // A token that is for somebody else, even if it says no more than before.
        ("openid", &[MAIL], true),
        // The same scope elsewhere, and at both.
        ("openid read", &[MAIL], true),
        ("openid read", &[NOTES, MAIL], false),
        ("openid read", &[], true),
        ("openid read", &[], false),
        // More at a resource that is known.
        ("openid read notes:read", &[NOTES], true),
        ("openid notes:read", &[NOTES], false),
        ("openid mail:read", &[MAIL], true),
        ("openid profile", &[], true),
        // What is told of the person is told by this server alone, whatever the token is for.
        ("openid profile read", &[NOTES], false),
    ];
    for (scope, resources, asked) in rows {
        assert_eq!(
            consented(&mut browser, scope, resources),
            *asked,
            "{scope} {resources:?}"
        );
    }
}

#[test]
fn what_is_new_since_the_last_consent_is_marked() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let first = consent_page(&mut browser, &request("openid read", &[NOTES], &[]));
    assert!(
        marked(&first).is_empty(),
        "on a first consent everything is new"
    );
    assert!(consented(&mut browser, "openid read", &[NOTES]));
    // scope, resources, what is marked
    let rows: &[(&str, &[&str], &[&str])] = &[
        ("openid read notes:read", &[NOTES], &["notes:read"]),
        ("openid profile read", &[NOTES], &["profile"]),
        ("openid read", &[NOTES, MAIL], &["read", MAIL]),
    ];
    for (scope, resources, expected) in rows {
        let page = consent_page(&mut browser, &request(scope, resources, &[]));
        assert_eq!(
            marked(&page),
            *expected,
            "{scope} {resources:?}: {}",
            page.text
        );
    }
}

#[test]
fn the_page_names_resources_the_loopback_and_a_client_that_acts_for_you() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let page = consent_page(&mut browser, &request("openid notes:read", &[NOTES], &[]));
    assert!(
        page.text.contains(&format!("<code>{NOTES}</code>")),
        "{}",
        page.text
    );
    assert!(page.text.contains("app.example"));
    for absent in [
        "acts-for-you",
        "This gives access to an app on this computer",
    ] {
        assert!(!page.text.contains(absent), "{absent}");
    }
    let loopback = [("redirect_uri", "http://127.0.0.1:4711/cb")];
    let page = consent_page(
        &mut browser,
        &request("openid keyfob:delegate", &[], &loopback),
    );
    for present in [
        "acts-for-you",
        "This gives access to an app on this computer",
        "127.0.0.1",
    ] {
        assert!(page.text.contains(present), "{present}: {}", page.text);
    }
}

#[test]
fn the_device_page_shows_resources_and_a_client_that_acts_for_you_too() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let fields = [
        ("client_id", "web"),
        ("scope", "openid notes:read keyfob:delegate"),
        ("resource", NOTES),
        ("resource", server.url.as_str()),
    ];
    let device = server
        .form("/api/v1/oauth/device_authorization", None, &fields)
        .json();
    let code = device["user_code"].as_str().unwrap();
    let to_login = browser.get(&format!("/device?user_code={code}"));
    let to_consent = browser.sign_in(&to_login, "ola");
    let page = browser.follow(&to_consent);
    let host = format!("<dd>{}", server.url.strip_prefix("http://").unwrap());
    for present in ["acts-for-you", NOTES, &host, "use notes:read"] {
        assert!(page.text.contains(present), "{present}: {}", page.text);
    }
}
