//! Devices that wait for their user, in the admin API: which there are, and denying one.

use keyfob::domain::time::Lifetime;
use serde_json::{Value, json};

use super::Console;
use crate::support::{Answer, browser::Browser};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn console() -> Console {
    let console = Console::start();
    for client_id in ["tv", "printer"] {
        console.server.client(
            client_id,
            json!({"grant_types": [GRANT, "refresh_token"], "token_endpoint_auth_method": "none",
                   "client_name": client_id.to_uppercase(), "scope": "openid profile"}),
        );
    }
    console.server.person("ola");
    console
}

fn begin(console: &Console, client_id: &str) -> Value {
    let fields = [("client_id", client_id), ("scope", "openid")];
    let path = "/api/v1/oauth/device_authorization";
    let answer = console.server.form(path, None, &fields);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn poll(console: &Console, client_id: &str, begun: &Value) -> Answer {
    let code = begun["device_code"].as_str().unwrap();
    let fields = [
        ("grant_type", GRANT),
        ("client_id", client_id),
        ("device_code", code),
    ];
    console.server.form("/api/v1/oauth/token", None, &fields)
}

fn typed<'s>(console: &'s Console, begun: &Value) -> (Browser<'s>, Answer) {
    let mut browser = Browser::new(&console.server);
    let csrf = browser.get("/device").field("csrf");
    let code = begun["user_code"].as_str().unwrap();
    let answer = browser.post("/device", &[("csrf", &csrf), ("user_code", code)]);
    (browser, answer)
}

fn allow(console: &Console, begun: &Value) {
    let (mut browser, redirect) = typed(console, begun);
    let redirect = browser.sign_in(&redirect, "ola");
    let page = browser.follow(&redirect);
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    let fields = [
        ("interaction", interaction.as_str()),
        ("csrf", &csrf),
        ("decision", "allow"),
    ];
    let done = browser.post("/device", &fields);
    assert!(done.leads_to("/device/allowed"), "{:?}", done.headers);
}

fn items(console: &Console, query: &str) -> Vec<Value> {
    let answer = console.get(&format!("/devices{query}"));
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["items"].as_array().unwrap().clone()
}

fn deny(console: &Console, device: &Value) -> Answer {
    console.delete(&format!("/devices/{}", device["id"].as_str().unwrap()))
}

#[test]
fn devices_are_listed_until_they_have_their_tokens_or_their_time_is_over() {
    let console = console();
    let first = begin(&console, "tv");
    console.server.clock.advance(Lifetime::minutes(4));
    let second = begin(&console, "printer");
    let found = items(&console, "");
    let clients: Vec<_> = found
        .iter()
        .map(|one| one["client_id"].as_str().unwrap())
        .collect();
    assert_eq!(clients, ["printer", "tv"], "the newest first");
    assert_eq!(
        (
            &found[1]["state"],
            &found[1]["client_name"],
            &found[1]["scope"],
            &found[1]["sub"]
        ),
        (
            &json!("waiting"),
            &json!("TV"),
            &json!("openid"),
            &json!(null)
        )
    );
    assert_eq!(found[1]["address"], "127.0.0.1");
    assert_eq!(found[1]["expires_at"], "2027-01-15T08:10:00.000Z");
    assert_eq!(items(&console, "?sort=created")[0]["client_id"], "tv");
    assert_eq!(items(&console, "?q=print").len(), 1);
    assert_eq!(items(&console, "?q=nobody").len(), 0);
    let text = console.get("/devices").text;
    for member in ["device_code", "user_code"] {
        let code = first[member].as_str().unwrap();
        let secret = code.split('.').next_back().unwrap();
        assert!(!text.contains(secret), "{member}");
    }
    allow(&console, &first);
    let allowed = &items(&console, "?q=tv")[0];
    assert_eq!(
        (&allowed["state"], &allowed["username"]),
        (&json!("allowed"), &json!("ola"))
    );
    assert_eq!(poll(&console, "tv", &first).status, 200);
    assert!(items(&console, "?q=tv").is_empty(), "it has its tokens");
    console.server.clock.advance(Lifetime::minutes(10));
    assert!(items(&console, "").is_empty(), "its time is over");
    assert_eq!(
        poll(&console, "printer", &second).refusal().1,
        "expired_token"
    );
}

#[test]
fn a_device_that_is_denied_gets_nothing_whether_it_was_allowed_or_not() {
    let console = console();
    for is_allowed in [false, true] {
        let begun = begin(&console, "tv");
        if is_allowed {
            allow(&console, &begun);
        }
        let device = items(&console, "").remove(0);
        assert_eq!(deny(&console, &device).status, 204);
        assert_eq!(
            poll(&console, "tv", &begun).refusal(),
            (400, "access_denied".into())
        );
        assert!(items(&console, "").is_empty());
        let (_, answer) = typed(&console, &begun);
        assert!(
            !answer.leads_to("/device?"),
            "its code leads nowhere: {:?}",
            answer.headers
        );
        let grants = console.get("/grants?kind=device_code&state=active").json();
        assert_eq!(grants["items"], json!([]), "allowed: {is_allowed}");
        assert_eq!(deny(&console, &device).status, 204, "twice changes nothing");
        console.server.clock.advance(Lifetime(10));
    }
    let events = console.get("/events?event=device.revoked").json();
    assert_eq!(events["items"].as_array().unwrap().len(), 2);
    assert_eq!(events["items"][0]["client_id"], "tv");
    assert_eq!(events["items"][0]["actor"], "root");
}

#[test]
fn a_device_that_has_its_tokens_is_not_denied_and_one_that_is_not_there_is_not_found() {
    let console = console();
    let begun = begin(&console, "tv");
    allow(&console, &begun);
    let device = items(&console, "").remove(0);
    assert_eq!(poll(&console, "tv", &begun).status, 200);
    assert_eq!(deny(&console, &device).problem().0, 409);
    for id in ["0190f0c0-0000-7000-8000-000000000001", "nonsense"] {
        assert_eq!(console.delete(&format!("/devices/{id}")).problem().0, 404);
    }
}
