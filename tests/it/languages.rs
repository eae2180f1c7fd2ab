//! The hosted pages in English and in Bokmål: which of them a person gets, and that each is whole.

use serde_json::json;

use crate::support::{
    Answer, Server,
    browser::{AUTHORIZE, Browser, PASSWORD, authorize_path, challenge},
    send,
};

fn ready() -> Server {
    let server = Server::start();
    server.client(
        "web",
        json!({"grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
               "token_endpoint_auth_method": "none", "client_name": "Notes",
               "redirect_uris": ["https://app.example/cb"],
               "scope": "openid profile email address phone offline_access"}),
    );
    server.person_with("ola", |user| user.profile.locale = Some("nb-NO".into()));
    server.person_with("kari", |user| user.profile.locale = None);
    server.user("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    server
}

fn request(more: &[(&str, &str)]) -> String {
    let challenge = challenge();
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", "https://app.example/cb"),
        ("scope", "openid profile email address phone"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    parameters.extend_from_slice(more);
    authorize_path(&parameters)
}

fn language(page: &Answer) -> String {
    let (_, rest) = page.text.split_once(r#"<html lang=""#).unwrap();
    let lang = rest.split('"').next().unwrap().to_owned();
    assert_eq!(page.header("content-language"), Some(lang.as_str()));
    assert_eq!(page.header("vary"), Some("Accept-Language, Cookie"));
    lang
}

// OIDC Core §3.1.2.1 (ui_locales), then the person's own locale, then RFC 9110 §12.5.4.
#[test]
fn ui_locales_come_before_the_persons_locale_and_that_before_what_the_browser_accepts() {
    let server = ready();
    // ui_locales, who is signed in, Accept-Language, the language of the consent page
    let rows = [
        (None, "kari", None, "en"),
        (None, "kari", Some("nb-NO, en;q=0.5"), "nb"),
        (None, "kari", Some("nn"), "nb"),
        (None, "kari", Some("no;q=0.1, de"), "nb"),
        (None, "kari", Some("en, nb;q=0.9"), "en"),
        (None, "kari", Some("de"), "en"),
        (None, "ola", Some("en"), "nb"),
        (Some("en"), "ola", Some("nb"), "en"),
        (Some("fr no en"), "kari", Some("en"), "nb"),
        // None that we have.
        (Some("fr"), "ola", Some("en"), "nb"),
    ];
    for (ui_locales, username, accept, expected) in rows {
        let mut browser = Browser::new(&server);
        let more: Vec<_> = ui_locales
            .map(|tags| ("ui_locales", tags))
            .into_iter()
            .collect();
        let to_login = browser.get(&request(&more));
        let to_consent = browser.sign_in(&to_login, username);
        let cookies = browser.cookie_header();
        let mut headers = vec![("cookie", cookies.as_str())];
        headers.extend(accept.map(|accept| ("accept-language", accept)));
        let path = to_consent.header("location").unwrap();
        let page = send(&server.url, "GET", path, &headers, None);
        let row = format!("{ui_locales:?} {username} {accept:?}");
        assert!(page.text.contains("consent-allow"), "{row}: {}", page.text);
        assert_eq!(language(&page), expected, "{row}");
    }
}

#[test]
fn a_page_without_a_client_takes_ui_locales_in_its_address() {
    let server = ready();
    for (path, expected) in [
        ("/login?ui_locales=nb", "nb"),
        ("/device?ui_locales=no-NO", "nb"),
        ("/logout/done", "en"),
    ] {
        assert_eq!(language(&server.get(path, &[])), expected, "{path}");
    }
}

/// Every hosted page in Bokmål.
fn in_bokmal(server: &Server) -> Vec<(String, Answer)> {
    let mut browser = Browser::new(server);
    let nb = ("ui_locales", "nb");
    let mut pages = Vec::new();
    for path in [
        "/",
        "/login",
        "/device",
        "/logout",
        "/logout/done",
        "/device/allowed",
        "/device/denied",
        "/setup",
    ] {
        let page = browser.get(&format!("{path}?ui_locales=nb"));
        pages.push((path.to_owned(), page));
    }
    let refused = browser.get(&format!("{AUTHORIZE}?client_id=nobody&ui_locales=nb"));
    pages.push(("error".into(), refused));
    let not_registered = request(&[nb]).replace("%2Fcb", "%2Fother");
    pages.push(("address".into(), browser.get(&not_registered)));
    pages.push((
        "foreign".into(),
        browser.get("/login?interaction=x&ui_locales=nb"),
    ));
    let no_cookie = Browser::new(server).get("/login?interaction=x&ui_locales=nb");
    pages.push(("no cookie".into(), no_cookie));
    let no_such_code = browser.get("/device?user_code=BBBB-BBBB&ui_locales=nb");
    pages.push(("no such code".into(), no_such_code));
    let to_login = browser.get(&request(&[nb]));
    let login = browser.follow(&to_login);
    let (interaction, csrf) = (login.field("interaction"), login.field("csrf"));
    let wrong = [
        ("interaction", interaction.as_str()),
        ("csrf", &csrf),
        ("username", "ola"),
        ("password", "wrong"),
    ];
    pages.push(("wrong password".into(), browser.post("/login", &wrong)));
    pages.push(("login of a client".into(), login));
    let to_consent = browser.sign_in(&to_login, "ola");
    pages.push(("consent".into(), browser.follow(&to_consent)));
    browser.decide(&to_consent, "allow");
    let form_post = request(&[nb, ("response_mode", "form_post"), ("prompt", "none")]);
    pages.push(("form post".into(), browser.get(&form_post)));
    let device = [("client_id", "web"), ("scope", "openid offline_access")];
    let device = server
        .form("/api/v1/oauth/device_authorization", None, &device)
        .json();
    let code = device["user_code"].as_str().unwrap();
    let to_device = browser.get(&format!("/device?user_code={code}"));
    pages.push(("device".into(), browser.follow(&to_device)));
    for path in ["", "/password", "/sessions", "/apps"] {
        let page = browser.get(&format!("/account{path}?ui_locales=nb&done=access"));
        pages.push((format!("account{path}"), page));
    }
    let csrf = browser.get("/password").field("csrf");
    let code = server.link_code("root");
    let link = [
        ("csrf", csrf.as_str()),
        ("token", &code),
        ("password", "a password"),
        ("again", "another password"),
    ];
    for (name, fields) in [("password", &link[..2]), ("passwords differ", &link)] {
        pages.push((name.into(), browser.post("/password?ui_locales=nb", fields)));
    }
    let old = [("csrf", csrf.as_str()), ("token", "x")];
    let refused = browser.post("/password?ui_locales=nb", &old);
    pages.push(("old link".into(), refused));
    for path in ["/password", "/password/done"] {
        let page = Browser::new(server).get(&format!("{path}?ui_locales=nb"));
        pages.push((path.into(), page));
    }
    pages.push((
        "done, somebody else".into(),
        browser.get("/password/done?ui_locales=nb"),
    ));
    let fresh = Server::start();
    let mut browser = Browser::new(&fresh);
    for path in ["/", "/setup"] {
        let page = browser.get(&format!("{path}?ui_locales=nb"));
        pages.push((format!("fresh {path}"), page));
    }
    let csrf = browser.get("/setup").field("csrf");
    let nobody = browser.post("/setup?ui_locales=nb", &[("csrf", &csrf)]);
    pages.push(("fresh refused".into(), nobody));
    pages
}

#[test]
fn no_page_in_bokmal_has_a_word_of_english_left() {
    let server = ready();
    for (name, page) in in_bokmal(&server) {
        assert_eq!(language(&page), "nb", "{name}: {}", page.text);
        // What is said to be English may be: the description of an error (RFC 6749 §4.1.2.1).
        let mut text = page.text.clone();
        while let Some(at) = text.find(r#" lang="en">"#) {
            let end = at + text[at..].find("</").unwrap();
            text.replace_range(at..end, ">");
        }
        let words: Vec<String> = text
            .split('<')
            .filter_map(|piece| Some(piece.split_once('>')?.1.to_lowercase()))
            .flat_map(|piece| {
                piece
                    .split(|c: char| !c.is_alphanumeric())
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            })
            .collect();
        for english in [
            "the", "you", "your", "of", "is", "a", "an", "to", "and", "this", "it", "with", "sign",
            "in", "page",
        ] {
            assert!(
                !words.contains(&english.to_owned()),
                "{name}: {english} in {words:?}"
            );
        }
    }
}

// RFC 6749 §4.1.2.1: error and error_description are for the client's developer, in every language.
#[test]
fn the_code_and_the_description_of_an_error_stay_as_the_standard_has_them() {
    let server = ready();
    let page = |ui_locales: &str| {
        let answer = server.get(
            &format!("{AUTHORIZE}?client_id=nobody&ui_locales={ui_locales}"),
            &[],
        );
        let of = |id: &str| {
            let (_, rest) = answer.text.split_once(&format!(r#"id="{id}""#)).unwrap();
            rest.split(['>', '<']).nth(1).unwrap().to_owned()
        };
        (of("error-code"), of("error-description"), answer.status)
    };
    assert_eq!(page("nb"), page("en"));
    assert_eq!(page("nb").0, "invalid_request");
}

#[test]
fn discovery_says_which_languages_there_are() {
    let server = Server::start();
    let metadata = server.get("/.well-known/openid-configuration", &[]).json();
    assert_eq!(metadata["ui_locales_supported"], json!(["en", "nb"]));
}

#[test]
fn a_failed_sign_in_is_told_in_the_language_that_the_client_asked_for() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let to_login = browser.get(&request(&[("ui_locales", "nb")]));
    let page = browser.follow(&to_login);
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    let fields = [
        ("interaction", interaction.as_str()),
        ("csrf", &csrf),
        ("username", "ola"),
        ("password", "no"),
    ];
    let again = browser.post("/login", &fields);
    assert!(
        again.text.contains("Feil brukernavn eller passord."),
        "{}",
        again.text
    );
    let fields = [
        ("interaction", interaction.as_str()),
        ("csrf", &csrf),
        ("username", "ola"),
        ("password", PASSWORD),
    ];
    assert_eq!(browser.post("/login", &fields).status, 303);
}

#[test]
fn a_person_keeps_their_language_on_the_pages_before_and_after_they_are_known() {
    let server = ready();
    let mut browser = Browser::new(&server);
    let to_login = browser.get(&request(&[]));
    browser.sign_in(&to_login, "ola");
    for path in ["/login", "/device/allowed", "/device/denied"] {
        assert_eq!(language(&browser.get(path)), "nb", "{path}");
    }
    let csrf = browser.get("/logout").field("csrf");
    let out = browser.post("/logout", &[("csrf", &csrf), ("decision", "logout")]);
    assert_eq!(out.header("location"), Some("/logout/done?ui_locales=nb"));
    assert_eq!(language(&browser.follow(&out)), "nb");
}
