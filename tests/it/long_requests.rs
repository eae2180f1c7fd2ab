//! Whatever an authorization request holds, the headers of our answers fit into what proxies take: nginx has 4 KB
//! for those of an answer and 8 KB for the line of a request, by default.

use std::collections::HashMap;

use keyfob::{crypto::hash, store::consents};
use serde_json::json;

use crate::support::{
    Answer, Server, VERIFIER,
    browser::{AUTHORIZE, Browser, PASSWORD, authorize_path, challenge},
};

const PAR: &str = "/api/v1/oauth/par";
const CB: &str = "https://app.example/cb";
const ANSWER_HEADERS: usize = 4096;
const REQUEST_LINE: usize = 8192;
/// The most that an authorization request may hold, names and values.
const LARGEST: usize = 7 * 1024;

fn ready() -> Server {
    let server = Server::start();
    server.client(
        "web",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": [CB], "scope": "openid profile"}),
    );
    server.person("ola");
    server
}

/// Text that no packing makes shorter than its bits: base64url.
fn random(length: usize) -> String {
    let mut text = String::new();
    for at in 0_u32.. {
        if text.len() >= length {
            break;
        }
        let digest = hash::sha256(&at.to_le_bytes());
        text.push_str(&hash::base64url(&digest));
    }
    text[..length].to_owned()
}

/// A good request, with more.
fn parameters(more: &[(&str, &str)]) -> Vec<(String, String)> {
    let challenge = challenge();
    let given = [
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", CB),
        ("scope", "openid profile"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    given
        .iter()
        .chain(more)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// The size of the headers as they are sent.
fn headers(answer: &Answer) -> usize {
    let lines = answer.headers.iter();
    lines
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum::<usize>()
        + "HTTP/1.1 303 See Other\r\n\r\n".len()
}

/// The page that an answer leads to, which this server must be able to take.
fn leads_to(answer: &Answer) -> String {
    let to = destination(answer);
    assert!(
        to.len() + "GET  HTTP/1.1\r\n".len() <= REQUEST_LINE,
        "{}",
        to.len()
    );
    to
}

/// Where an answer leads, in whichever way, whose headers a proxy takes.
fn destination(answer: &Answer) -> String {
    assert!(headers(answer) <= ANSWER_HEADERS, "{:?}", answer.headers);
    match answer.status {
        303 => answer.header("location").unwrap().to_owned(),
        200 => {
            let marker = r#"<meta http-equiv="refresh" content="0; url="#;
            let (_, rest) = answer.text.split_once(marker).unwrap();
            let to = rest.split('"').next().unwrap().to_owned();
            // For whoever has switched that off.
            assert!(
                answer
                    .text
                    .contains(&format!(r#"id="continue" href="{to}""#))
            );
            assert!(!answer.text.contains("<script"));
            to
        }
        status => panic!("{status}: {}", answer.text),
    }
}

/// The parameters of an authorization response.
fn response(answer: &Answer) -> HashMap<String, String> {
    assert!(headers(answer) <= ANSWER_HEADERS, "{:?}", answer.headers);
    answer.parameters()
}

/// Through sign-in and consent to the client, whatever the addresses look like.
fn sign_in(browser: &mut Browser, answer: &Answer) -> Answer {
    let login = leads_to(answer);
    assert!(login.starts_with("/login?interaction="), "{login}");
    // Reloading shows the same.
    assert_eq!(browser.get(&login).status, 200);
    let page = browser.get(&login);
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    let mut fields = vec![
        ("interaction", interaction.as_str()),
        ("csrf", csrf.as_str()),
        ("username", "ola"),
        ("password", "wrong"),
    ];
    assert_eq!(browser.post("/login", &fields).status, 200);
    fields[3] = ("password", PASSWORD);
    let answer = browser.post("/login", &fields);
    let consent = leads_to(&answer);
    assert!(consent.starts_with("/consent?interaction="), "{consent}");
    assert_eq!(browser.get(&consent).status, 200);
    let page = browser.get(&consent);
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    browser.post(
        "/consent",
        &[
            ("interaction", &interaction),
            ("csrf", &csrf),
            ("decision", "allow"),
        ],
    )
}

#[test]
fn a_long_request_goes_through_every_page_within_what_proxies_take() {
    let server = ready();
    let claims = json!({"id_token": {"name": {"values": [random(2_000)]}}}).to_string();
    let long = random(4_096);
    let (hint, locales) = (random(3_000), "nb ".repeat(1_000));
    let both = (random(2_700), random(2_700));
    let rows: [&[(&str, &str)]; 8] = [
        &[("state", &long[..2_500])],
        &[("state", &long)],
        &[("nonce", &long)],
        &[("login_hint", &hint)],
        &[("claims", &claims)],
        &[("ui_locales", &locales)],
        &[("state", &both.0), ("nonce", &both.1)],
        // What nothing reads is not carried along.
        &[("state", "s"), ("junk", &long)],
    ];
    for more in rows {
        let names: Vec<_> = more.iter().map(|(name, _)| *name).collect();
        let parameters = parameters(more);
        let state = more.iter().find(|(name, _)| *name == "state");
        for method in ["GET", "POST", "PAR"] {
            let mut browser = Browser::new(&server);
            let answer = match method {
                "GET" => browser.get(&authorize_path(&borrowed(&parameters))),
                "POST" => browser.post(AUTHORIZE, &borrowed(&parameters)),
                _ => {
                    let pushed = server.form(PAR, None, &borrowed(&parameters));
                    assert_eq!(pushed.status, 201, "{names:?}: {}", pushed.text);
                    let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
                    browser.get(&authorize_path(&[
                        ("client_id", "web"),
                        ("request_uri", &uri),
                    ]))
                }
            };
            let answer = response(&sign_in(&mut browser, &answer));
            assert_eq!(
                answer.get("state").map(String::as_str),
                state.map(|(_, value)| *value),
                "{names:?} {method}"
            );
            let fields = [
                ("grant_type", "authorization_code"),
                ("client_id", "web"),
                ("code", answer["code"].as_str()),
                ("code_verifier", VERIFIER),
            ];
            let tokens = server.form("/api/v1/oauth/token", None, &fields);
            assert_eq!(tokens.status, 200, "{names:?} {method}: {}", tokens.text);
            // So that the next one is asked, too.
            let forget = server
                .app
                .store
                .write_blocking(|tx| consents::delete(tx, "ola", "web"));
            assert!(forget.unwrap());
        }
    }
}

#[test]
fn the_pages_of_a_long_request_survive_a_restart() {
    let server = ready();
    let state = random(3_000);
    let path = authorize_path(&borrowed(&parameters(&[("state", &state)])));
    let mut browser = Browser::new(&server);
    let answer = browser.get(&path);
    let login = leads_to(&answer);
    let cookies: Vec<_> = browser
        .cookie_header()
        .split("; ")
        .map(str::to_owned)
        .collect();
    let server = server.restart();
    let mut browser = Browser::new(&server);
    cookies.iter().for_each(|cookie| browser.carry(cookie));
    let page = browser.get(&login);
    assert_eq!(page.status, 200);
    assert!(page.text.contains("name=\"password\""));
}

// What is larger is refused, in words and to the client: no page could carry it.
#[test]
fn a_request_that_is_too_large_is_refused_with_its_limit() {
    let server = ready();
    let (state, nonce) = (random(3_500), random(4_000));
    let too_large = parameters(&[("state", &state), ("nonce", &nonce)]);
    let said = format!("The authorization request must be at most {LARGEST} bytes.");
    let answer = response(&Browser::new(&server).get(&authorize_path(&borrowed(&too_large))));
    assert_eq!(
        (
            answer["error"].as_str(),
            answer["error_description"].as_str(),
            answer["state"].as_str()
        ),
        ("invalid_request", said.as_str(), state.as_str())
    );
    // RFC 9126 §2.3
    let answer = server.form(PAR, None, &borrowed(&too_large));
    assert_eq!(answer.refusal(), (413, "invalid_request".into()));
    assert_eq!(answer.json()["error_description"], said);
}

// It came back in the headers, 20 KB of them, to whoever asked.
#[test]
fn a_state_of_any_length_comes_back_within_what_proxies_take() {
    let server = ready();
    for length in [1_800, 2_048, 2_800, 3_000, 4_096, 4_097, 20_000] {
        let state = random(length);
        let refused = parameters(&[("state", &state), ("response_mode", "jwt")]);
        let mut browser = Browser::new(&server);
        let answer = match length < 4_097 {
            true => browser.get(&authorize_path(&borrowed(&refused))),
            false => browser.post(AUTHORIZE, &borrowed(&refused)),
        };
        assert_eq!(response(&answer)["state"], state, "{length}");
    }
}

#[test]
fn a_short_request_is_a_redirect_as_before() {
    let server = ready();
    let path = authorize_path(&borrowed(&parameters(&[("state", "s")])));
    let answer = Browser::new(&server).get(&path);
    assert!(answer.leads_to("/login"));
    assert!(answer.header("location").unwrap().len() < 1024);
}
