//! The error page of a refused address: what whom it tells, and how an administrator mends it.

use keyfob::{
    admin::{By, clients::ClientInput},
    config::Mode,
    domain::time::Lifetime,
};
use serde_json::{Value, json};

use super::Console;
use crate::support::{
    Answer, Server,
    browser::{authorize_path, challenge},
    change,
};

const SENT: &str = "https://app.example/cb/";

fn shop() -> Console {
    let console = Console::start();
    with_client(&console.server);
    console
}

fn with_client(server: &Server) {
    server.client(
        "app",
        json!({"client_name": "Notes", "grant_types": ["authorization_code"], "redirect_uris": ["https://app.example/cb"],
            "token_endpoint_auth_method": "none", "scope": "openid"}),
    );
}

fn path(redirect_uri: &str) -> String {
    authorize_path(&[
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", redirect_uri),
        ("scope", "openid"),
        ("code_challenge", &challenge()),
        ("code_challenge_method", "S256"),
    ])
}

/// The error page as the administrator's browser sees it, and all its cookies from then on.
fn page(console: &Console, redirect_uri: &str) -> (Answer, String) {
    let page = console
        .server
        .get(&path(redirect_uri), &[("cookie", &console.cookie)]);
    let cookie = page.header("set-cookie").unwrap_or_default();
    let cookie = cookie.split(';').next().unwrap();
    let cookies = format!("{}; {cookie}", console.cookie);
    (page, cookies)
}

fn post(server: &Server, cookies: &str, csrf: &str, offer: &str, from: &str) -> Answer {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.append_pair("csrf", csrf).append_pair("offer", offer);
    let headers = [
        ("cookie", cookies),
        ("sec-fetch-site", from),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    server.send(
        "POST",
        "/quick-fix",
        &headers,
        Some(body.finish().as_bytes()),
    )
}

fn registered(console: &Console) -> Value {
    console.get("/clients/app").json()["redirect_uris"].clone()
}

#[test]
fn strangers_see_a_reference_and_administrators_what_was_sent_and_the_way_to_mend_it() {
    let console = shop();
    let stranger = console.server.get(&path(SENT), &[]);
    let (administrator, _) = page(&console, SENT);
    let dev = Server::start_with(|told| told.config.mode = Mode::Dev);
    with_client(&dev);
    let developer = dev.get(&path(SENT), &[]);
    // the page, the difference, the link to the trace, the button
    let rows = [
        (stranger, false, false, false),
        (administrator, true, true, true),
        (developer, true, true, false),
    ];
    for (page, difference, link, button) in rows {
        assert_eq!(page.status, 400);
        assert!(page.text.contains("error-reference"));
        assert_eq!(
            page.text.contains("<mark>/</mark>"),
            difference,
            "{}",
            page.text
        );
        assert_eq!(page.text.contains("/admin/traces/"), link);
        assert_eq!(page.text.contains("Add redirect URI to"), button);
    }
}

#[test]
fn an_administrator_registers_the_address_and_tries_again() {
    let console = shop();
    let (page, cookies) = page(&console, SENT);
    let (csrf, offer) = (page.field("csrf"), page.field("offer"));
    let mended = post(&console.server, &cookies, &csrf, &offer, "same-origin");
    assert_eq!(mended.status, 200, "{}", mended.text);
    assert_eq!(
        registered(&console),
        json!(["https://app.example/cb", SENT])
    );
    let event = &console.get("/events?event=client.updated").json()["items"][0];
    assert_eq!(
        (&event["actor"], &event["client_id"]),
        (&json!("root"), &json!("app"))
    );
    assert_eq!(event["detail"], json!({"changed": ["redirect_uris"]}));
    let again = mended
        .text
        .split(r#"class="button primary" href=""#)
        .nth(1)
        .unwrap();
    let again = again
        .split('"')
        .next()
        .unwrap()
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let answer = console.server.get(&again, &[]);
    assert!(answer.leads_to("/login"), "{again} {}", answer.text);
}

#[test]
fn nobody_else_and_no_other_page_can_have_it_registered() {
    let console = shop();
    let (shown, cookies) = page(&console, SENT);
    let (csrf, offer) = (shown.field("csrf"), shown.field("offer"));
    let (other, others) = page(&console, SENT);
    let without_admin = cookies.split("; ").nth(1).unwrap();
    let rows = [
        (
            "no CSRF token",
            cookies.as_str(),
            "",
            offer.as_str(),
            "same-origin",
            400,
        ),
        (
            "another browser's token",
            &cookies,
            &other.field("csrf"),
            &offer,
            "same-origin",
            400,
        ),
        ("another site", &cookies, &csrf, &offer, "cross-site", 400),
        (
            "another browser's offer",
            &cookies,
            &csrf,
            &other.field("offer"),
            "same-origin",
            200,
        ),
        (
            "another browser",
            &others,
            &csrf,
            &offer,
            "same-origin",
            400,
        ),
        (
            "nobody signed in",
            without_admin,
            &csrf,
            &offer,
            "same-origin",
            303,
        ),
        ("no offer", &cookies, &csrf, "", "same-origin", 200),
    ];
    for (what, cookies, csrf, offer, from, status) in rows {
        let answer = post(&console.server, cookies, csrf, offer, from);
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
        assert_eq!(
            registered(&console),
            json!(["https://app.example/cb"]),
            "{what}"
        );
    }
    console.server.clock.advance(Lifetime::minutes(59));
    console.get("/session");
    console.server.clock.advance(Lifetime::minutes(1));
    post(&console.server, &cookies, &csrf, &offer, "same-origin");
    assert_eq!(
        registered(&console),
        json!(["https://app.example/cb"]),
        "too old"
    );
}

#[test]
fn of_a_client_that_a_file_declares_the_page_names_the_file() {
    let console = shop();
    change(&console.server, |tx, _| {
        let uris = json!({"redirect_uris": ["https://app.example/cb", "https://app.example/two"]});
        let input: ClientInput = serde_json::from_value(uris).unwrap();
        keyfob::admin::object::update::<keyfob::domain::client::Client>(
            tx,
            &By::state_file("keyfob.toml:42"),
            "app",
            input.check(None)?,
        )
    });
    let (page, _) = page(&console, SENT);
    assert!(
        page.text.contains("<code>keyfob.toml:42</code>"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("Add redirect URI to"));
}

#[test]
fn the_rules_of_a_clients_addresses_hold_here_too() {
    let console = shop();
    for uri in [
        "https://app.example/cb#x",
        "https://*.example/cb",
        "http://app.example/cb",
        "javascript:alert(1)",
    ] {
        let (shown, cookies) = page(&console, uri);
        let (csrf, offer) = (shown.field("csrf"), shown.field("offer"));
        let answer = post(&console.server, &cookies, &csrf, &offer, "same-origin");
        assert_eq!(answer.status, 400, "{uri}");
        assert!(answer.text.contains("redirect_uris[1]"), "{}", answer.text);
        assert_eq!(
            registered(&console),
            json!(["https://app.example/cb"]),
            "{uri}"
        );
    }
}

#[test]
fn of_a_client_with_power_it_wants_the_password_given_not_long_ago() {
    let console = Console::start();
    console.server.client(
        "app",
        json!({"grant_types": ["authorization_code"], "redirect_uris": ["https://app.example/cb"],
            "token_endpoint_auth_method": "none", "scope": "openid keyfob:admin"}),
    );
    let (shown, cookies) = page(&console, SENT);
    let (csrf, offer) = (shown.field("csrf"), shown.field("offer"));
    console.server.clock.advance(Lifetime::minutes(11));
    let (later, _) = page(&console, SENT);
    assert!(later.text.contains("<mark>/</mark>"), "{}", later.text);
    assert!(!later.text.contains("Add redirect URI to"));
    let answer = post(&console.server, &cookies, &csrf, &offer, "same-origin");
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert!(
        answer.text.contains("requires your password"),
        "{}",
        answer.text
    );
    assert_eq!(registered(&console), json!(["https://app.example/cb"]));
}
