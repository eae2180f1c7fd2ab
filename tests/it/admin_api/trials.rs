//! Trial runs: a real sign-in with the server as its own client, and nothing in it for anybody else.

use serde_json::{Value, json};

use super::{BASE, Console};
use crate::support::{
    Answer,
    browser::{Browser, authorize_path, challenge},
};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

struct Shop {
    console: Console,
    secret: String,
}

impl Shop {
    fn start() -> Self {
        let console = Console::start();
        let grants = json!([
            "authorization_code",
            "refresh_token",
            "client_credentials",
            DEVICE,
            EXCHANGE
        ]);
        let client = |method: &str| {
            json!({"client_name": "Notes", "grant_types": grants, "redirect_uris": ["https://app.example/cb"],
                "token_endpoint_auth_method": method, "scope": "openid profile offline_access keyfob:delegate"})
        };
        console.server.client("spa", client("none"));
        let secret = console.server.client("web", client("client_secret_post"));
        console.server.person("ola");
        Self { console, secret }
    }

    fn begin(&self, body: &Value) -> Value {
        let answer = self.console.post("/trials", body);
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()
    }

    fn run(&self, run: &Value) -> Value {
        let answer = self
            .console
            .get(&format!("/trials/{}", run["id"].as_str().unwrap()));
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// The cookie of another session of the administrator.
    fn another_session(&self) -> String {
        let fields = json!({"username": "root", "password": "correct horse"});
        let headers = [("sec-fetch-site", "same-origin")];
        let path = format!("{BASE}/session");
        let answer = self.console.server.json(&path, &headers, &fields);
        let cookie = answer.header("set-cookie").unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    fn step(&self, run: &Value, step: &str) -> Answer {
        let path = format!("/trials/{}/{step}", run["id"].as_str().unwrap());
        self.console.post(&path, &json!({}))
    }

    /// The administrator's browser, in which nobody has signed in at the hosted pages.
    fn browser(&self) -> Browser<'_> {
        let mut browser = Browser::new(&self.console.server);
        browser.carry(&self.console.cookie);
        browser
    }

    /// Signs in as a run wants it; what the last page of the hosted ones answers.
    fn sign_in(&self, browser: &mut Browser, run: &Value) -> Answer {
        let first = browser.get(run["authorize"].as_str().unwrap());
        let consent = browser.sign_in(&first, "ola");
        match consent.leads_to("/consent") {
            true => browser.decide(&consent, "allow"),
            false => consent,
        }
    }

    /// A whole run for a code.
    fn whole(&self, body: &Value) -> Value {
        let (run, mut browser) = (self.begin(body), self.browser());
        let back = self.sign_in(&mut browser, &run);
        let location = back.header("location").unwrap();
        let path = location.strip_prefix(&self.console.server.url).unwrap();
        assert!(path.starts_with("/admin/trials/callback?"), "{location}");
        let done = browser.get(path);
        assert!(done.leads_to(&format!("/admin/trials/{}", run["id"].as_str().unwrap())));
        self.run(&run)
    }
}

fn names(run: &Value) -> Vec<&str> {
    let tokens = run["tokens"].as_array().unwrap();
    tokens
        .iter()
        .map(|token| token["name"].as_str().unwrap())
        .collect()
}

/// The reasons of what was refused, in the order of what was done.
fn reasons(run: &Value) -> Vec<Option<&str>> {
    let done = run["done"].as_array().unwrap();
    done.iter()
        .map(|done| done["refused"]["reason"].as_str())
        .collect()
}

#[test]
fn a_run_signs_in_for_real_and_shows_what_is_in_the_tokens() {
    let shop = Shop::start();
    for (client, secret) in [("spa", None), ("web", Some(&shop.secret))] {
        let body = json!({"client_id": client, "grant": "authorization_code", "client_secret": secret,
            "scope": "openid offline_access keyfob:delegate"});
        let run = shop.whole(&body);
        assert_eq!(run["stage"], "done", "{run}");
        assert_eq!(names(&run), ["access_token", "refresh_token", "id_token"]);
        let claims = &run["tokens"][0]["token"]["claims"];
        assert_eq!(
            (&claims["sub"], &claims["client_id"]),
            (&json!("ola"), &json!(client))
        );
        let checks = run["tokens"][0]["checks"].as_array().unwrap();
        assert!(!checks.is_empty() && checks.iter().all(|check| check["passed"] == true));
        for step in ["userinfo", "refresh", "token_exchange", "delegated"] {
            let answer = shop.step(&run, step);
            assert_eq!(answer.status, 200, "{step} {}", answer.text);
            let last = answer.json()["done"]
                .as_array()
                .unwrap()
                .last()
                .unwrap()
                .clone();
            assert!(last["refused"].is_null(), "{step}: {last}");
        }
        // All of it is one trace.
        let run = shop.run(&run);
        let trace = run["done"][0]["trace_id"].as_str().unwrap();
        let trace = shop.console.get(&format!("/traces/{trace}")).json();
        let last = trace["steps"].as_array().unwrap().last().unwrap()["path"].clone();
        assert_eq!(last, "/api/v1/oauth/delegated-token");
        assert_eq!(trace["username"], "ola");
    }
}

#[test]
fn what_is_broken_on_purpose_is_explained() {
    let shop = Shop::start();
    let rows = [
        ("wrong_verifier", vec![None, Some("verifier_wrong")]),
        (
            "verifier_is_challenge",
            vec![None, Some("verifier_is_challenge")],
        ),
        ("wrong_redirect", vec![None, Some("redirect_uri_differs")]),
        ("code_twice", vec![None, None, Some("code_used_twice")]),
        ("expired_code", vec![None, Some("code_expired")]),
        ("wrong_secret", vec![None, Some("secret_wrong")]),
    ];
    for (broken, expected) in rows {
        let body = json!({"client_id": "web", "grant": "authorization_code", "client_secret": shop.secret,
            "scope": "openid", "inject": broken});
        let run = shop.whole(&body);
        assert_eq!(reasons(&run), expected, "{broken}: {run}");
        assert_eq!(run["stage"], "failed");
    }
    let body = json!({"client_id": "spa", "grant": "authorization_code", "inject": "unregistered_redirect"});
    let page = shop
        .browser()
        .get(shop.begin(&body)["authorize"].as_str().unwrap());
    assert_eq!(page.status, 400);
    assert!(page.text.contains("<mark>/elsewhere</mark>") || page.text.contains("/elsewhere"));
    let run = shop
        .begin(&json!({"client_id": "spa", "grant": "authorization_code", "inject": "no_pkce"}));
    let mut browser = shop.browser();
    let back = browser.get(run["authorize"].as_str().unwrap());
    let location = back.header("location").unwrap();
    browser.get(location.strip_prefix(&shop.console.server.url).unwrap());
    assert_eq!(reasons(&shop.run(&run)), [Some("pkce_missing")]);
}

#[test]
fn machines_and_devices_can_be_tried_too() {
    let shop = Shop::start();
    let machine = json!({"client_id": "web", "grant": "client_credentials", "client_secret": shop.secret, "scope": "keyfob:delegate"});
    let run = shop.begin(&machine);
    assert_eq!(
        (run["stage"].as_str(), names(&run)),
        (Some("done"), vec!["access_token"])
    );
    let run = shop
        .begin(&json!({"client_id": "spa", "grant": DEVICE.rsplit(':').next(), "scope": "openid"}));
    assert_eq!(run["stage"], "waiting");
    assert_eq!(
        reasons(&shop.step(&run, "poll").json()),
        [None, Some("device_pending")]
    );
    let mut browser = shop.browser();
    let typed = browser.get(run["verification_uri"].as_str().unwrap());
    let asked = browser.sign_in(&typed, "ola");
    let page = browser.follow(&asked);
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    browser.post(
        "/device",
        &[
            ("interaction", &interaction),
            ("csrf", &csrf),
            ("decision", "allow"),
        ],
    );
    shop.console
        .server
        .clock
        .advance(keyfob::domain::time::Lifetime(10));
    let run = shop.step(&run, "poll").json();
    assert_eq!(
        (run["stage"].as_str(), names(&run)),
        (Some("done"), vec!["access_token", "id_token"])
    );
}

#[test]
fn the_callback_is_no_address_of_a_client_but_for_the_request_of_a_run() {
    let shop = Shop::start();
    let server = &shop.console.server;
    let run =
        shop.begin(&json!({"client_id": "spa", "grant": "authorization_code", "scope": "openid"}));
    let url = url::Url::parse(&format!(
        "{}{}",
        server.url,
        run["authorize"].as_str().unwrap()
    ))
    .unwrap();
    let sent: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let state = sent
        .iter()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1
        .clone();
    let callback = format!("{}/admin/trials/callback", server.url);
    let challenge = challenge();
    let ask = |client_id: &str, state: &str| {
        let answer = server.get(
            &authorize_path(&[
                ("response_type", "code"),
                ("client_id", client_id),
                ("redirect_uri", &callback),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
                ("state", state),
            ]),
            &[],
        );
        answer.status
    };
    assert_eq!(ask("spa", "x"), 400, "another state");
    assert_eq!(ask("spa", ""), 400, "no state");
    assert_eq!(ask("web", &state), 400, "another client");
    assert_eq!(ask("spa", &state), 303, "the run's own");
    // Whoever comes back without the administrator's session brings nothing about.
    let mut browser = shop.browser();
    let back = shop.sign_in(&mut browser, &run);
    let path = back
        .header("location")
        .unwrap()
        .strip_prefix(&server.url)
        .unwrap()
        .to_owned();
    for cookie in ["", &shop.another_session()] {
        let stranger = server.get(&path, &[("cookie", cookie)]);
        assert!(stranger.leads_to("/admin/trials"), "{cookie}");
    }
    assert_eq!(shop.run(&run)["stage"], "waiting");
    browser.get(&path);
    assert_eq!(shop.run(&run)["stage"], "done");
    // Once answered, the address is none any more.
    assert_eq!(ask("spa", &state), 400);
    let again = shop.begin(&json!({"client_id": "spa", "grant": "authorization_code"}));
    server
        .clock
        .advance(keyfob::domain::time::Lifetime::minutes(15));
    let path = format!("/trials/{}", again["id"].as_str().unwrap());
    assert_eq!(shop.console.get(&path).status, 404, "too old");
    assert_eq!(
        server.get(again["authorize"].as_str().unwrap(), &[]).status,
        400,
        "too old"
    );
}

#[test]
fn no_token_code_or_secret_of_a_run_is_told() {
    let shop = Shop::start();
    let body = json!({"client_id": "web", "grant": "authorization_code", "client_secret": shop.secret, "scope": "openid offline_access"});
    let run = shop.whole(&body);
    let text = shop
        .console
        .get(&format!("/trials/{}", run["id"].as_str().unwrap()))
        .text;
    assert!(!text.contains(&shop.secret));
    // No JWT with its signature: three parts, the first of which begins with an encoded `{"`.
    assert!(!text.contains("eyJ"), "{text}");
    // Another administrator's session has other runs.
    let cookie = shop.another_session();
    let path = format!("{BASE}/trials/{}", run["id"].as_str().unwrap());
    assert_eq!(
        shop.console
            .server
            .get(&path, &[("cookie", &cookie)])
            .status,
        404
    );
    let event = &shop.console.get("/events?event=trial.started").json()["items"][0];
    assert_eq!(
        (&event["actor"], &event["client_id"]),
        (&json!("root"), &json!("web"))
    );
}

#[test]
fn a_run_that_cannot_be_says_which_member_is_wrong() {
    let shop = Shop::start();
    let rows = [
        (
            json!({"client_id": "nobody", "grant": "authorization_code"}),
            "client_id",
        ),
        (
            json!({"client_id": "web", "grant": "authorization_code"}),
            "client_secret",
        ),
        (json!({"client_id": "spa", "grant": "password"}), "grant"),
        (
            json!({"client_id": "spa", "grant": "authorization_code", "inject": "everything"}),
            "inject",
        ),
    ];
    for (body, field) in rows {
        let answer = shop.console.post("/trials", &body);
        assert_eq!(
            answer.problem(),
            (422, "invalid".into(), Some(field.into()))
        );
    }
    let run = shop.begin(&json!({"client_id": "spa", "grant": "authorization_code"}));
    assert_eq!(shop.step(&run, "refresh").status, 409);
}
