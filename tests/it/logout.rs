//! Signing out: what clients ask for (OIDC RP-Initiated Logout) and what they are told (OIDC Back-Channel
//! Logout).

use keyfob::{admin::clients, domain::time::Lifetime};
use serde_json::{Value, json};

use crate::support::{
    Answer, Server, VERIFIER,
    browser::{Browser, challenge},
    change, claims,
    web::{Reply, Web},
};

const LOGOUT: &str = "/api/v1/oauth/logout";
const AFTER: &str = "https://app.example/after";

fn ready(web: Option<&Web>) -> Server {
    let server = Server::start_with(|told| {
        told.live.outbound_allow = vec!["127.0.0.1/32".parse().unwrap()];
    });
    for name in ["web", "other", "silent"] {
        let mut metadata = json!({"grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "none", "client_name": format!("The {name} app"),
            "redirect_uris": ["https://app.example/cb"], "post_logout_redirect_uris": [AFTER],
            "scope": "openid profile offline_access"});
        if let Some(web) = web.filter(|_| name != "silent") {
            metadata["backchannel_logout_uri"] = json!(format!("{}/{name}", web.url));
        }
        server.client(name, metadata);
    }
    server.person("ola");
    server
}

/// The tokens that a client gets for the person at this browser.
fn tokens(server: &Server, browser: &mut Browser, client_id: &str) -> Value {
    let challenge = challenge();
    let parameters = [
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", "https://app.example/cb"),
        ("scope", "openid profile offline_access"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let answer = browser.authorize(&parameters, "ola").parameters();
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("code", &answer["code"]),
        ("code_verifier", VERIFIER),
    ];
    server.form("/api/v1/oauth/token", None, &fields).json()
}

fn logout_path(parameters: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    format!("{LOGOUT}?{}", query.finish())
}

fn is_signed_in(browser: &mut Browser) -> bool {
    browser.get("/").text.contains("You are signed in as")
}

/// Decides on the page that a logout request leads to.
fn decide(browser: &mut Browser, redirect: &Answer, decision: &str) -> Answer {
    assert!(redirect.leads_to("/logout"), "{:?}", redirect.headers);
    let page = browser.follow(redirect);
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    browser.post(
        "/logout",
        &[
            ("interaction", &interaction),
            ("csrf", &csrf),
            ("decision", decision),
        ],
    )
}

// OIDC RP-Initiated Logout §2, §3
#[test]
fn a_client_asks_the_person_confirms_and_the_browser_comes_back_with_state() {
    let server = ready(None);
    for method in ["GET", "POST"] {
        let mut browser = Browser::new(&server);
        let hint = tokens(&server, &mut browser, "web")["id_token"]
            .as_str()
            .unwrap()
            .to_owned();
        // §4: an ID token that has expired is as good.
        server.clock.advance(Lifetime::hours(2));
        let parameters = [
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", AFTER),
            ("state", "a%b&c=\u{f8}"),
            ("ui_locales", "nb"),
        ];
        let asked = match method {
            "GET" => browser.get(&logout_path(&parameters)),
            _ => {
                let own = browser.post(LOGOUT, &parameters);
                assert_eq!(own.header("location"), Some(&*logout_path(&parameters)));
                browser.follow(&own)
            }
        };
        let page = browser.follow(&asked);
        assert!(page.text.contains("The web app") && page.text.contains(r#"id="logout-confirm""#));
        assert!(
            is_signed_in(&mut browser),
            "nothing happens before the person says so"
        );
        let done = decide(&mut browser, &asked, "logout");
        assert_eq!(done.status, 303);
        let to = url::Url::parse(done.header("location").unwrap()).unwrap();
        assert!(to.as_str().starts_with(AFTER), "{to}");
        let state = to.query_pairs().find(|(name, _)| name == "state").unwrap();
        assert_eq!(state.1, "a%b&c=\u{f8}");
        assert!(!is_signed_in(&mut browser));
        assert!(browser.cookie("token").is_none());
    }
}

// OIDC RP-Initiated Logout §2, §6: the question is left out where the operator said so and the hint is of this session.
#[test]
fn a_client_that_does_without_confirmation_signs_out_with_a_hint_of_the_same_session() {
    let server = ready(None);
    let metadata = json!({"grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none",
        "redirect_uris": ["https://app.example/cb"], "post_logout_redirect_uris": [AFTER],
        "scope": "openid profile offline_access", "logout_confirmation": false});
    server.client("own", metadata);
    let hint = |browser: &mut Browser, client_id: &str| {
        let tokens = tokens(&server, browser, client_id);
        tokens["id_token"].as_str().unwrap().to_owned()
    };
    let after = ("post_logout_redirect_uri", AFTER);
    // Of the same browser, but of an earlier sign-in; of another client; no hint at all.
    let mut earlier = Browser::new(&server);
    let other_session = hint(&mut earlier, "own");
    let mut browser = Browser::new(&server);
    let (own, other_client) = (hint(&mut browser, "own"), hint(&mut browser, "web"));
    let asked: [&[(&str, &str)]; 3] = [
        &[("id_token_hint", &other_session), after],
        &[("id_token_hint", &other_client), after],
        &[("client_id", "own"), after],
    ];
    for parameters in asked {
        let answer = browser.get(&logout_path(parameters));
        assert!(
            answer.leads_to("/logout"),
            "{parameters:?} {:?}",
            answer.headers
        );
        assert!(is_signed_in(&mut browser));
    }
    let parameters = [("id_token_hint", own.as_str()), after, ("state", "s")];
    // A page of another site posts it: the GET that follows signs out.
    let redirect = browser.post(LOGOUT, &parameters);
    let answer = browser.follow(&redirect);
    let expected = format!("{AFTER}?state=s");
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some(&*expected))
    );
    assert!(!is_signed_in(&mut browser) && browser.cookie("token").is_none());
    assert!(is_signed_in(&mut earlier), "another session is another's");
    // Without an address to go to, the page says that it is done.
    let own = hint(&mut browser, "own");
    let answer = browser.get(&logout_path(&[("id_token_hint", &own)]));
    assert!(answer.leads_to("/logout/done"));
}

// RFC 6265bis §5.6.7: with a POST of another site a browser sends no Lax cookie.
#[test]
fn a_post_of_another_site_ends_nothing_and_says_nothing_before_the_cookie_came() {
    let server = ready(None);
    let mut browser = Browser::new(&server);
    let hint = tokens(&server, &mut browser, "web")["id_token"].clone();
    let hint = hint.as_str().unwrap();
    let long = "s".repeat(4_000);
    let post = |state: &str, headers: &[(&str, &str)]| {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let parameters = [
            ("id_token_hint", hint),
            ("post_logout_redirect_uri", AFTER),
            ("state", state),
        ];
        form.extend_pairs(&parameters);
        let form_type = ("content-type", "application/x-www-form-urlencoded");
        let headers = [&[form_type], headers].concat();
        let answer = server.send("POST", LOGOUT, &headers, Some(form.finish().as_bytes()));
        (answer, logout_path(&parameters))
    };
    let (answer, own) = post(
        "1",
        &[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://app.example"),
        ],
    );
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some(&*own))
    );
    assert_eq!(answer.header("set-cookie"), None);
    // What does not fit into a header goes on as a form of this server's own.
    let (answer, _) = post(&long, &[("origin", "https://app.example")]);
    assert_eq!((answer.status, answer.header("location")), (200, None));
    assert!(answer.text.contains(&format!(r#"action="{LOGOUT}""#)));
    assert_eq!(answer.field("state"), long);
    let cookies = browser.cookie_header();
    let same_origin = [("sec-fetch-site", "same-origin"), ("cookie", &*cookies)];
    let (answer, _) = post(&long, &same_origin);
    assert!(answer.leads_to("/logout"), "{:?}", answer.headers);
    assert!(is_signed_in(&mut browser));
}

// OIDC RP-Initiated Logout §2: the session is the one that the hint names.
#[test]
fn nobody_is_told_that_they_are_signed_out_while_their_session_is_active() {
    let server = ready(None);
    let mut browser = Browser::new(&server);
    let hint = tokens(&server, &mut browser, "web")["id_token"].clone();
    let parameters = [
        ("id_token_hint", hint.as_str().unwrap()),
        ("post_logout_redirect_uri", AFTER),
    ];
    let path = logout_path(&parameters);
    let elsewhere = server.get(&path, &[]);
    assert_eq!(
        (elsewhere.status, elsewhere.header("location")),
        (400, None)
    );
    assert!(
        elsewhere.text.contains("Your session is still active"),
        "{}",
        elsewhere.text
    );
    let csrf = browser.get("/logout").field("csrf");
    browser.post("/logout", &[("csrf", &csrf), ("decision", "logout")]);
    assert_eq!(server.get(&path, &[]).header("location"), Some(AFTER));
}

#[test]
fn a_refused_request_says_whether_the_person_is_signed_in() {
    let server = ready(None);
    let mut browser = Browser::new(&server);
    tokens(&server, &mut browser, "web");
    let path = logout_path(&[("client_id", "nobody")]);
    let (here, stranger) = (browser.get(&path), server.get(&path, &[]));
    assert_eq!((here.status, stranger.status), (400, 400));
    assert!(here.text.contains("You are still signed in"));
    assert!(!stranger.text.contains("You are still signed in"));
    assert!(stranger.text.contains("This browser is not signed in here"));
}

#[test]
fn whoever_stays_is_still_signed_in_and_goes_nowhere() {
    let server = ready(None);
    let mut browser = Browser::new(&server);
    tokens(&server, &mut browser, "web");
    let asked = browser.get(&logout_path(&[
        ("client_id", "web"),
        ("post_logout_redirect_uri", AFTER),
    ]));
    let stayed = decide(&mut browser, &asked, "cancel");
    assert_eq!(stayed.header("location"), Some("/"));
    assert!(is_signed_in(&mut browser));
}

#[test]
fn the_question_names_the_apps_that_this_browser_signed_in_to() {
    let server = ready(None);
    let mut browser = Browser::new(&server);
    for client_id in ["other", "web", "other"] {
        tokens(&server, &mut browser, client_id);
    }
    let mut elsewhere = Browser::new(&server);
    tokens(&server, &mut elsewhere, "silent");
    let apps = |page: &Answer| {
        let items = page.text.split("<li><bdi>").skip(1);
        items
            .filter_map(|item| Some(item.split_once("</bdi>")?.0.to_owned()))
            .collect::<Vec<_>>()
    };
    let page = browser.get("/logout");
    assert_eq!(apps(&page), ["The other app", "The web app"]);
    assert_eq!(apps(&elsewhere.get("/logout")), ["The silent app"]);
}

#[test]
fn whoever_is_not_signed_in_is_asked_nothing() {
    let server = ready(None);
    let mut browser = Browser::new(&server);
    let asked = browser.get(&logout_path(&[
        ("client_id", "web"),
        ("post_logout_redirect_uri", AFTER),
    ]));
    // RFC 9700 §4.11.2, OIDC RP-Initiated Logout §6: anybody could have made this link.
    let to = Some("/logout/done");
    assert_eq!((asked.status, asked.header("location")), (303, to));
    // An ID token says that the client has to do with somebody here, also once that session has ended.
    let hint = tokens(&server, &mut browser, "web")["id_token"].clone();
    let hint = hint.as_str().unwrap();
    let hinted = logout_path(&[("id_token_hint", hint), ("post_logout_redirect_uri", AFTER)]);
    let asked = browser.get(&hinted);
    decide(&mut browser, &asked, "logout");
    let asked = browser.get(&hinted);
    assert_eq!((asked.status, asked.header("location")), (303, Some(AFTER)));
    let asked = browser.get(LOGOUT);
    assert_eq!(asked.header("location"), Some("/logout/done"));
    assert!(
        browser
            .get("/logout/done")
            .text
            .contains(r#"id="logout-done""#)
    );
}

// OIDC RP-Initiated Logout §4; rule B89
#[test]
fn a_request_that_cannot_be_is_shown_and_signs_nobody_out() {
    let server = ready(None);
    let foreign = ready(None);
    let mut browser = Browser::new(&server);
    let hint = tokens(&server, &mut browser, "web")["id_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut elsewhere = Browser::new(&foreign);
    let foreign_hint = tokens(&foreign, &mut elsewhere, "web")["id_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let (body, _) = hint.rsplit_once('.').unwrap();
    let unsigned = format!("{body}.");
    let forged = format!("{body}.{}", foreign_hint.rsplit_once('.').unwrap().1);
    let input = clients::ClientInput {
        disabled: Some(true),
        ..Default::default()
    };
    let input = input.check(None).unwrap();
    change(&server, move |tx, by| {
        keyfob::admin::object::update::<keyfob::domain::client::Client>(tx, by, "silent", input)
    });
    let rows: [(&str, &[(&str, &str)]); 10] = [
        ("a disabled client", &[("client_id", "silent")]),
        (
            "the beginning of an address",
            &[
                ("client_id", "web"),
                ("post_logout_redirect_uri", "https://app.example/afterwards"),
            ],
        ),
        (
            "an address of nobody",
            &[("post_logout_redirect_uri", AFTER)],
        ),
        (
            "an address that is not registered",
            &[
                ("client_id", "web"),
                ("post_logout_redirect_uri", "https://app.example/after/"),
            ],
        ),
        (
            "an address of evil",
            &[
                ("id_token_hint", &hint),
                ("post_logout_redirect_uri", "https://evil.example/"),
            ],
        ),
        ("an unknown client", &[("client_id", "nobody")]),
        (
            "a hint of another client",
            &[("id_token_hint", &hint), ("client_id", "other")],
        ),
        (
            "a hint without its signature",
            &[("id_token_hint", &unsigned)],
        ),
        (
            "a hint with another signature",
            &[("id_token_hint", &forged)],
        ),
        (
            "a hint of another server",
            &[("id_token_hint", &foreign_hint)],
        ),
    ];
    for (what, parameters) in rows {
        let answer = browser.get(&logout_path(parameters));
        assert_eq!(answer.status, 400, "{what}: {}", answer.text);
        assert!(
            answer
                .text
                .contains(r#"<code id="error-code">invalid_request</code>"#),
            "{what}"
        );
        assert!(answer.header("location").is_none(), "{what}");
        assert!(is_signed_in(&mut browser), "{what}");
    }
}

// RP-Initiated Logout §4: the issuer of the hint is this server, under the name that it has now.
#[test]
fn what_was_issued_under_an_earlier_issuer_opens_nothing_and_signs_nobody_out() {
    let server = ready(None);
    let mut browser = Browser::new(&server);
    let earlier = tokens(&server, &mut browser, "web");
    let text = |name: &str| earlier[name].as_str().unwrap().to_owned();
    let (hint, bearer) = (text("id_token"), format!("Bearer {}", text("access_token")));
    let userinfo = |server: &Server| {
        let headers = [("authorization", bearer.as_str())];
        server.get("/api/v1/oauth/userinfo", &headers)
    };
    assert_eq!(userinfo(&server).status, 200);
    let path = logout_path(&[("id_token_hint", &hint)]);
    assert!(browser.get(&path).leads_to("/logout"));
    let server = server.restart_with(|told| told.config.issuer = "http://localhost:1".into());
    let refused = userinfo(&server);
    assert_eq!(refused.refusal(), (401, "invalid_token".into()));
    assert_eq!(server.get(&path, &[]).status, 400);
}

#[test]
fn a_confirmation_needs_its_csrf_token_and_its_browser() {
    let server = ready(None);
    let mut browser = Browser::new(&server);
    tokens(&server, &mut browser, "web");
    let asked = browser.get(&logout_path(&[
        ("client_id", "web"),
        ("post_logout_redirect_uri", AFTER),
    ]));
    let page = browser.follow(&asked);
    let interaction = page.field("interaction");
    let without = browser.post(
        "/logout",
        &[("interaction", &interaction), ("decision", "logout")],
    );
    assert_eq!(without.status, 400);
    assert!(is_signed_in(&mut browser));
    let mut stranger = Browser::new(&server);
    let csrf = stranger.get("/logout").field("csrf");
    let stolen = stranger.post(
        "/logout",
        &[
            ("interaction", &interaction),
            ("csrf", &csrf),
            ("decision", "logout"),
        ],
    );
    assert_eq!(stolen.status, 400);
    assert!(stolen.header("location").is_none());
}

/// What the clients' addresses were told, once there are `many` of them.
fn told(web: &Web, many: usize) -> Vec<(String, Value)> {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let requests = web.requests();
        if requests.len() >= many || std::time::Instant::now() > until {
            return requests
                .into_iter()
                .map(|request| {
                    assert_eq!(request.method, "POST");
                    assert_eq!(
                        request.headers["content-type"],
                        "application/x-www-form-urlencoded"
                    );
                    let token = request
                        .body
                        .strip_prefix("logout_token=")
                        .unwrap()
                        .to_owned();
                    (request.path, json!(token))
                })
                .collect();
        }
        std::thread::yield_now();
    }
}

// OIDC Back-Channel Logout §2.4, §2.5
#[test]
fn every_client_that_the_session_visited_is_told_and_no_other() {
    let web = Web::http();
    web.at("/web", Reply::status(200));
    web.at("/other", Reply::status(204));
    let server = ready(Some(&web));
    let mut browser = Browser::new(&server);
    let first = tokens(&server, &mut browser, "web");
    let second = tokens(&server, &mut browser, "other");
    tokens(&server, &mut browser, "silent");
    let csrf = browser.get("/logout").field("csrf");
    let done = browser.post("/logout", &[("csrf", &csrf), ("decision", "logout")]);
    assert_eq!(done.header("location"), Some("/logout/done"));
    let mut told = told(&web, 2);
    told.sort_by(|a, b| a.0.cmp(&b.0));
    let paths: Vec<_> = told.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["/other", "/web"]);
    let sid = &claims(&first["id_token"])["sid"];
    for (path, token) in &told {
        let header = token.as_str().unwrap().split('.').next().unwrap();
        let header = keyfob::crypto::hash::from_base64url(header).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(
            (&header["typ"], &header["alg"]),
            (&json!("logout+jwt"), &json!("RS256"))
        );
        let claims = claims(token);
        assert_eq!(claims["iss"], server.url);
        assert_eq!(claims["aud"], path.trim_start_matches('/'));
        assert_eq!(claims["sub"], "ola");
        assert_eq!(&claims["sid"], sid);
        assert_eq!(
            claims["events"],
            json!({"http://schemas.openid.net/event/backchannel-logout": {}})
        );
        assert_eq!(
            claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
            120
        );
        assert!(claims["jti"].is_string() && claims.get("nonce").is_none());
    }
    // Signing out of the browser is not taking back what was permitted for while one is not there.
    for (client_id, tokens) in [("web", &first), ("other", &second)] {
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", client_id),
            ("refresh_token", refresh),
        ];
        assert_eq!(
            server.form("/api/v1/oauth/token", None, &fields).status,
            200
        );
    }
    // Rule B90
    let challenge = challenge();
    let silent = browser.get(&crate::support::browser::authorize_path(&[
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", "https://app.example/cb"),
        ("scope", "openid"),
        ("prompt", "none"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]));
    assert_eq!(silent.parameters()["error"], "login_required");
}

#[test]
fn a_client_that_fails_is_told_again_and_holds_up_nobody() {
    let web = Web::http();
    web.at("/web", Reply::status(500));
    let server = ready(Some(&web));
    let mut browser = Browser::new(&server);
    tokens(&server, &mut browser, "web");
    let csrf = browser.get("/logout").field("csrf");
    let done = browser.post("/logout", &[("csrf", &csrf), ("decision", "logout")]);
    assert_eq!(done.status, 303, "the person is out at once");
    assert_eq!(told(&web, 1).len(), 1);
    web.at("/web", Reply::status(200));
    while web.requests().len() < 2 {
        // That it failed is written down a moment after the client has answered.
        server.clock.advance(Lifetime(1));
        std::thread::yield_now();
    }
    let again = told(&web, 2);
    assert_eq!(again.len(), 2, "told once more");
    assert_ne!(again[0].1, again[1].1, "with a fresh token");
}
