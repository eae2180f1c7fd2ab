//! How the authorization endpoint answers: in which part of the address, to whom, and in which words.

use std::collections::HashMap;

use keyfob::store::{Tx, audit_events};
use serde_json::{Value, json};

use crate::support::{
    Answer, Server, VERIFIER,
    browser::{Browser, authorize_path, challenge},
};

const CB: &str = "https://app.example/cb";

fn ready() -> Server {
    let server = Server::start();
    server.client(
        "web",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none", "redirect_uris": [CB],
               "scope": "openid profile", "require_consent": false}),
    );
    server.person("ola");
    server
}

/// A good request with some parameters set anew, added, or, where empty, left out.
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

/// The parameters in the fragment of the address that an answer leads to.
fn in_fragment(answer: &Answer) -> HashMap<String, String> {
    let in_page = || {
        let (_, rest) = answer.text.split_once("content=\"0; url=").unwrap();
        rest.split('"').next().unwrap().replace("&#38;", "&")
    };
    let location = answer
        .header("location")
        .map_or_else(in_page, str::to_owned);
    let (address, fragment) = location
        .split_once('#')
        .unwrap_or_else(|| panic!("{location}"));
    assert_eq!(address, CB);
    url::form_urlencoded::parse(fragment.as_bytes())
        .into_owned()
        .collect()
}

// OAuth 2.0 Multiple Response Types §2.1
#[test]
fn an_answer_is_in_the_fragment_where_the_client_asks_for_that() {
    let server = ready();
    let challenge = challenge();
    let long = "s".repeat(3_000);
    for state in ["s", long.as_str()] {
        let asked = [("response_mode", "fragment"), ("state", state)];
        let mut browser = Browser::new(&server);
        let answer = browser.authorize(&request(&challenge, &asked), "ola");
        let answer = in_fragment(&answer);
        assert_eq!((&*answer["state"], &answer["iss"]), (state, &server.url));
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", "web"),
            ("code", &answer["code"]),
            ("code_verifier", VERIFIER),
        ];
        assert_eq!(
            server.form("/api/v1/oauth/token", None, &fields).status,
            200
        );
        // RFC 6749 §4.1.2.1: an error goes where the code would.
        let refused = [asked[0], asked[1], ("prompt", "none")];
        let answer = server.get(&authorize_path(&request(&challenge, &refused)), &[]);
        assert_eq!(in_fragment(&answer)["error"], "login_required");
    }
}

// OAuth 2.1 §10.1: the libraries whose default is another one are told what to set.
#[test]
fn another_response_type_than_code_is_refused_with_its_fix() {
    let server = ready();
    let challenge = challenge();
    for response_type in [
        "id_token",
        "token",
        "code id_token",
        "none",
        "id_token token",
    ] {
        let asked = [
            ("response_type", response_type),
            ("response_mode", "form_post"),
        ];
        let answer = server.get(&authorize_path(&request(&challenge, &asked)), &[]);
        assert_eq!(
            answer.field("error"),
            "unsupported_response_type",
            "{response_type}"
        );
        let description = answer.field("error_description");
        assert!(
            description.contains("response_type must be code"),
            "{description}"
        );
    }
    let fixes = keyfob::trace::explanation(keyfob::trace::Reason::ResponseTypeNotCode)
        .unwrap()
        .fix;
    assert!(fixes.contains("express-openid-connect"), "{fixes}");
}

// OIDC Core §3.1.2.1: with openid, redirect_uri is required, even where only one is registered.
#[test]
fn an_openid_request_names_its_redirect_uri() {
    let server = ready();
    let challenge = challenge();
    for (scope, expected) in [
        ("openid", Some("invalid_request")),
        ("profile openid", Some("invalid_request")),
        ("profile", None),
    ] {
        let asked = [("redirect_uri", ""), ("scope", scope)];
        let answer = server.get(&authorize_path(&request(&challenge, &asked)), &[]);
        assert_eq!(answer.shown_error(), expected, "{scope}");
        assert_eq!(answer.leads_to("/login"), expected.is_none(), "{scope}");
    }
    let pushed = request(&challenge, &[("redirect_uri", "")]);
    let answer = server.form("/api/v1/oauth/par", None, &pushed);
    assert_eq!(answer.refusal(), (400, "invalid_request".into()));
}

// OIDC Core §3.1.2.6
#[test]
fn who_does_not_want_to_sign_in_sends_the_client_access_denied() {
    let server = ready();
    let challenge = challenge();
    let (mut browser, mut other) = (Browser::new(&server), Browser::new(&server));
    let cancel = |browser: &mut Browser, page: &Answer| {
        let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
        let fields = [
            ("interaction", &*interaction),
            ("csrf", &*csrf),
            ("username", ""),
            ("decision", "deny"),
        ];
        browser.post("/login", &fields)
    };
    let asked = browser.get(&authorize_path(&request(&challenge, &[])));
    let page = browser.follow(&asked);
    assert!(
        page.text
            .contains(r#"id="login-cancel" name="decision" value="deny" formnovalidate"#)
    );
    let events = || {
        let all = |tx: &Tx| audit_events::page(tx, &Default::default(), None, 1000);
        server.app.store.read(all).unwrap().len()
    };
    let before = events();
    let answer = cancel(&mut browser, &page).parameters();
    assert_eq!(
        (&*answer["error"], &*answer["state"]),
        ("access_denied", "s")
    );
    // Whoever it was: nothing is kept of it, and the same page still signs in.
    assert_eq!(events(), before);
    assert!(
        browser
            .sign_in(&asked, "ola")
            .parameters()
            .contains_key("code")
    );
    // The page of another browser is none, and where no client waits there is nothing to cancel.
    let foreign = cancel(&mut other, &page);
    assert_eq!(
        (foreign.status, foreign.header("location")),
        (400, None),
        "{}",
        foreign.text
    );
    server.person_with("root", |user| user.admin = true);
    assert!(!server.get("/login", &[]).text.contains("login-cancel"));
}

// Some clients write every address with a slash at its end.
#[test]
fn a_whole_sign_in_works_with_slashes_at_the_end() {
    let server = ready();
    let challenge = challenge();
    let mut browser = Browser::new(&server);
    let path = authorize_path(&request(&challenge, &[])).replace("authorize?", "authorize/?");
    let redirect = browser.get(&path);
    let answer = browser.sign_in(&redirect, "ola").parameters();
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", &answer["code"]),
        ("code_verifier", VERIFIER),
    ];
    let tokens = server.form("/api/v1/oauth/token/", None, &fields).json();
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let info = server.get("/api/v1/oauth/userinfo/", &[("authorization", &bearer)]);
    assert_eq!(info.json()["sub"], "ola", "{}", info.text);
    let metadata = server.get("/.well-known/openid-configuration/", &[]);
    assert_eq!(metadata.json()["issuer"], Value::String(server.url.clone()));
}
