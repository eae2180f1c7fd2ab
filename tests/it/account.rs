//! `/account`: what people see and change of their own, without JavaScript.

use keyfob::{
    domain::time::Lifetime,
    store::{StoreError, Tx, consents, sessions, users},
};
use serde_json::{Value, json};

use crate::support::{
    Answer, Server, VERIFIER,
    browser::{Browser, PASSWORD, challenge},
};

const NEW_PASSWORD: &str = "battery staple";

fn ready() -> Server {
    let server = Server::start();
    server.client(
        "web",
        json!({"grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none",
               "client_name": "Notes", "redirect_uris": ["https://app.example/cb"],
               "scope": "openid profile offline_access"}),
    );
    server.person("ola");
    server.person("kari");
    server.user("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    server
}

/// A browser in which somebody has signed in on the way to `/account`.
fn signed_in<'s>(server: &'s Server, username: &str) -> Browser<'s> {
    let mut browser = Browser::new(server);
    let to_login = browser.get("/account");
    let back = browser.sign_in(&to_login, username);
    assert!(back.leads_to("/account"), "{:?}", back.headers);
    browser
}

/// Posts a form of a page of the account, with its CSRF token.
fn post(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = browser.get(path).field("csrf");
    let fields: Vec<_> = [("csrf", csrf.as_str())]
        .iter()
        .chain(fields)
        .copied()
        .collect();
    browser.post(path, &fields)
}

fn is_signed_in(browser: &mut Browser) -> bool {
    browser.get("/account").status == 200
}

fn tokens(server: &Server, browser: &mut Browser) -> Value {
    let challenge = challenge();
    let parameters = [
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", "https://app.example/cb"),
        ("scope", "openid profile offline_access"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let answer = browser.authorize(&parameters, "ola").parameters();
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", &answer["code"]),
        ("code_verifier", VERIFIER),
    ];
    server.form("/api/v1/oauth/token", None, &fields).json()
}

/// Whether the server still takes the token, whatever it holds.
fn is_good(server: &Server, token: &Value) -> bool {
    let bearer = format!("Bearer {}", token.as_str().unwrap());
    server
        .get("/api/v1/oauth/userinfo", &[("authorization", &bearer)])
        .status
        != 401
}

/// The newest event of the log: its name, its actor, its subject.
fn newest_event(server: &Server) -> (String, Option<String>, Option<String>) {
    let events = server
        .app
        .store
        .read(|tx| keyfob::admin::audit::list(tx, &Default::default(), None, 1))
        .unwrap();
    let event = events.into_iter().next().unwrap();
    (event.event, event.actor, event.subject)
}

#[test]
fn whoever_is_not_signed_in_signs_in_and_comes_to_the_page_they_wanted() {
    let server = ready();
    for path in [
        "/account",
        "/account/password",
        "/account/sessions",
        "/account/apps",
    ] {
        let mut browser = Browser::new(&server);
        let to_login = browser.get(path);
        let back = browser.sign_in(&to_login, "ola");
        assert!(back.leads_to(path), "{path}: {:?}", back.headers);
        assert_eq!(browser.follow(&back).status, 200, "{path}");
    }
    let export = Browser::new(&server).get("/account/export");
    assert!(export.leads_to("/login"), "{:?}", export.headers);
}

#[test]
fn a_post_needs_the_csrf_token_of_its_browser_and_somebody_who_is_signed_in() {
    let server = ready();
    let mut ola = signed_in(&server, "ola");
    let mut stranger = Browser::new(&server);
    let stranger_csrf = stranger.get("/login").field("csrf");
    for path in [
        "/account",
        "/account/password",
        "/account/sessions",
        "/account/apps",
    ] {
        for csrf in ["", "x", &stranger_csrf] {
            let answer = ola.post(
                path,
                &[("csrf", csrf), ("form", "profile"), ("end", "others")],
            );
            assert_eq!(answer.status, 400, "{path} {csrf}");
        }
        let nobody = stranger.post(path, &[("csrf", &stranger_csrf), ("end", "others")]);
        assert!(nobody.leads_to("/login"), "{path}");
    }
}

#[test]
fn a_person_changes_their_name_language_and_time_zone() {
    let server = ready();
    let mut browser = signed_in(&server, "ola");
    let fields = [
        ("form", "profile"),
        ("given_name", "  Åse "),
        ("family_name", "Vik"),
        ("locale", "nb"),
        ("zoneinfo", "Europe/Oslo"),
    ];
    let saved = post(&mut browser, "/account", &fields);
    assert_eq!(saved.header("location"), Some("/account?done=profile"));
    let page = browser.follow(&saved);
    assert!(page.text.contains("Profilen er lagret."), "{}", page.text);
    assert!(page.text.contains(r#"value="Åse""#), "{}", page.text);
    let event = newest_event(&server);
    assert_eq!(
        event,
        (
            "user.updated".into(),
            Some("ola".into()),
            Some("ola".into())
        )
    );
    let wrong = [("zoneinfo", "Mars/Base"), ("given_name", &"x".repeat(256))];
    for (name, value) in wrong {
        let fields = [("form", "profile"), ("locale", "en"), (name, value)];
        let page = post(&mut browser, "/account", &fields);
        assert_eq!(page.status, 400, "{name}");
        assert_eq!(
            page.text.matches(r#"aria-invalid="true""#).count(),
            1,
            "{name}"
        );
        assert!(page.text.contains(value), "{name}: what was typed is kept");
    }
    let user = server
        .app
        .store
        .read(|tx| users::get(tx, "ola"))
        .unwrap()
        .unwrap();
    assert_eq!(user.profile.full_name().as_deref(), Some("Åse Vik"));
    assert_eq!(user.profile.zoneinfo.as_deref(), Some("Europe/Oslo"));
}

#[test]
fn what_a_form_may_not_change_it_does_not() {
    let server = ready();
    let mut browser = signed_in(&server, "ola");
    let fields = [
        ("form", "profile"),
        ("admin", "true"),
        ("username", "root2"),
        ("sub", "kari"),
        ("email_verified", "true"),
        ("locale", ""),
    ];
    assert_eq!(post(&mut browser, "/account", &fields).status, 303);
    let user = server
        .app
        .store
        .read(|tx| users::get(tx, "ola"))
        .unwrap()
        .unwrap();
    assert!(!user.admin && !user.profile.email_verified);
    assert_eq!(user.username, "ola");
    assert_eq!(user.profile.locale, None);
}

#[test]
fn an_email_address_is_changed_with_a_fresh_sign_in_or_the_password_and_is_not_verified() {
    let server = ready();
    server.person_with("eva", |user| user.profile.email_verified = true);
    let mut browser = signed_in(&server, "eva");
    let email = |server: &Server| {
        let user = server
            .app
            .store
            .read(|tx| users::get(tx, "eva"))
            .unwrap()
            .unwrap();
        (user.profile.email.unwrap(), user.profile.email_verified)
    };
    let saved = post(
        &mut browser,
        "/account",
        &[("form", "email"), ("email", "a@example.com")],
    );
    assert_eq!(saved.status, 303, "{}", saved.text);
    assert_eq!(email(&server), ("a@example.com".into(), false));
    server.clock.advance(Lifetime::minutes(10));
    assert!(browser.get("/account").text.contains("email-password"));
    // password, address, status
    let rows = [
        ("", "b@example.com", 400),
        ("wrong", "b@example.com", 400),
        (PASSWORD, "no address", 400),
        (PASSWORD, "KARI@example.com", 400),
        (PASSWORD, "b@example.com", 303),
    ];
    for (password, address, status) in rows {
        let fields = [
            ("form", "email"),
            ("email", address),
            ("password", password),
        ];
        let answer = post(&mut browser, "/account", &fields);
        assert_eq!(
            answer.status, status,
            "{password} {address}: {}",
            answer.text
        );
        let expected = if status == 303 {
            "b@example.com"
        } else {
            "a@example.com"
        };
        assert_eq!(email(&server).0, expected, "{password} {address}");
    }
}

#[test]
fn whom_the_state_file_declares_changes_the_password_and_nothing_else() {
    let server = ready();
    server.person_with("managed", |user| {
        user.managed_by = Some("keyfob.toml:7".into());
    });
    let mut browser = signed_in(&server, "managed");
    let fields = [("form", "profile"), ("given_name", "Other"), ("locale", "")];
    assert_eq!(post(&mut browser, "/account", &fields).status, 409);
    let fields = [("form", "email"), ("email", "other@example.com")];
    assert_eq!(post(&mut browser, "/account", &fields).status, 409);
    let fields = [
        ("current", PASSWORD),
        ("password", NEW_PASSWORD),
        ("again", NEW_PASSWORD),
    ];
    assert_eq!(post(&mut browser, "/account/password", &fields).status, 303);
}

// It was changed, and the next reload brought the old one back, which the person believed to be gone.
#[test]
fn a_password_that_the_state_file_declares_is_changed_nowhere_else() {
    let server = ready();
    server.person_with("managed", |user| {
        user.managed_by = Some("keyfob.toml:7".into());
    });
    let sub = server
        .app
        .store
        .read(|tx| users::by_username(tx, "managed"));
    let sub = sub
        .map_err(|error: StoreError| error.to_string())
        .unwrap()
        .unwrap()
        .sub;
    let declare = move |tx: &Tx| users::set_password_declared(tx, &sub, true);
    server.app.store.write_blocking(declare).unwrap();
    let mut browser = signed_in(&server, "managed");
    let page = browser.get("/account/password");
    assert!(
        page.text
            .contains("The administrator of this server sets your password"),
        "{}",
        page.text
    );
    let csrf = browser.get("/account").field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("current", PASSWORD),
        ("password", NEW_PASSWORD),
        ("again", NEW_PASSWORD),
    ];
    let refused = browser.post("/account/password", &fields);
    assert_eq!(refused.status, 409, "{}", refused.text);
    signed_in(&server, "managed");
}

#[test]
fn a_password_is_changed_by_whoever_knows_the_old_one() {
    let server = ready();
    let mut browser = signed_in(&server, "ola");
    // current, new, again, how many fields are marked
    let rows = [
        ("wrong", NEW_PASSWORD, NEW_PASSWORD, 1),
        ("", NEW_PASSWORD, NEW_PASSWORD, 1),
        (PASSWORD, "sh0rt", "sh0rt", 1),
        (PASSWORD, NEW_PASSWORD, "battery stable", 1),
        (PASSWORD, "sh0rt", "sh0rter", 2),
    ];
    for (current, new, again, marked) in rows {
        let fields = [("current", current), ("password", new), ("again", again)];
        let page = post(&mut browser, "/account/password", &fields);
        assert_eq!(page.status, 400, "{current} {new} {again}");
        assert_eq!(
            page.text.matches(r#"aria-invalid="true""#).count(),
            marked,
            "{current} {new} {again}"
        );
        assert!(!page.text.contains(new), "no password comes back");
    }
    let fields = [
        ("current", PASSWORD),
        ("password", NEW_PASSWORD),
        ("again", NEW_PASSWORD),
    ];
    let changed = post(&mut browser, "/account/password", &fields);
    assert_eq!(
        changed.header("location"),
        Some("/account/password?done=password")
    );
    let event = newest_event(&server);
    assert_eq!(
        event,
        (
            "user.updated".into(),
            Some("ola".into()),
            Some("ola".into())
        )
    );
    for (password, status) in [(PASSWORD, 200), (NEW_PASSWORD, 303)] {
        let mut other = Browser::new(&server);
        let csrf = other.get("/login").field("csrf");
        let fields = [
            ("csrf", csrf.as_str()),
            ("username", "ola"),
            ("password", password),
        ];
        assert_eq!(other.post("/login", &fields).status, status, "{password}");
    }
}

// RFC 6819 §5.1.4.2.3: an open browser is no way around the throttle of the login page.
#[test]
fn guessing_the_current_password_is_throttled() {
    let server = ready();
    let mut browser = signed_in(&server, "ola");
    let fields = [
        ("current", "wrong"),
        ("password", NEW_PASSWORD),
        ("again", NEW_PASSWORD),
    ];
    // Eight are free in a browser that the person has used, then as many as in any other.
    for _ in 0..16 {
        assert_eq!(post(&mut browser, "/account/password", &fields).status, 400);
    }
    let last = post(&mut browser, "/account/password", &fields);
    assert_eq!(last.status, 429);
    assert!(last.header("retry-after").is_some());
}

#[test]
fn a_new_password_signs_out_everywhere_else_if_that_is_chosen() {
    for (elsewhere, stays) in [(true, false), (false, true)] {
        let server = ready();
        let (mut here, mut there) = (signed_in(&server, "ola"), signed_in(&server, "ola"));
        let mut kari = signed_in(&server, "kari");
        let mut fields = vec![
            ("current", PASSWORD),
            ("password", NEW_PASSWORD),
            ("again", NEW_PASSWORD),
        ];
        fields.extend(elsewhere.then_some(("elsewhere", "on")));
        assert_eq!(post(&mut here, "/account/password", &fields).status, 303);
        assert!(is_signed_in(&mut here), "{elsewhere}");
        assert_eq!(is_signed_in(&mut there), stays, "{elsewhere}");
        assert!(is_signed_in(&mut kari), "{elsewhere}");
    }
}

/// The ids of the sessions that can be ended on the page.
fn ends(page: &Answer) -> Vec<String> {
    let parts = page.text.split(r#"name="end" value=""#).skip(1);
    parts
        .map(|part| part.split('"').next().unwrap().to_owned())
        .filter(|id| id != "others")
        .collect()
}

#[test]
fn a_person_sees_their_sign_ins_and_ends_one_or_all_others() {
    let server = ready();
    let mut here = signed_in(&server, "ola");
    let mut others = [
        signed_in(&server, "ola"),
        signed_in(&server, "ola"),
        signed_in(&server, "ola"),
    ];
    let mut kari = signed_in(&server, "kari");
    let page = here.get("/account/sessions");
    assert_eq!(page.text.matches("this device").count(), 1, "{}", page.text);
    let shown = ends(&page);
    assert_eq!(shown.len(), 3, "this one is not ended here");
    // Somebody else's is not there to be ended.
    let of_kari = server
        .app
        .store
        .read(|tx| sessions::alive(tx, Some("kari"), None, 9))
        .unwrap()[0]
        .id;
    let refused = post(
        &mut here,
        "/account/sessions",
        &[("end", &of_kari.to_string())],
    );
    assert_eq!(refused.header("location"), Some("/account/sessions"));
    assert!(is_signed_in(&mut kari));
    let ended = post(&mut here, "/account/sessions", &[("end", &shown[0])]);
    assert_eq!(
        ended.header("location"),
        Some("/account/sessions?done=session")
    );
    assert_eq!(newest_event(&server).0, "session.revoked");
    let alive = |browsers: &mut [Browser]| {
        browsers
            .iter_mut()
            .filter_map(|one| is_signed_in(one).then_some(()))
            .count()
    };
    assert_eq!(alive(&mut others), 2);
    let ended = post(&mut here, "/account/sessions", &[("end", "others")]);
    assert_eq!(
        ended.header("location"),
        Some("/account/sessions?done=others")
    );
    assert_eq!(
        newest_event(&server),
        (
            "user.other_sessions_revoked".into(),
            Some("ola".into()),
            Some("ola".into())
        )
    );
    assert_eq!(alive(&mut others), 0);
    assert!(is_signed_in(&mut here) && is_signed_in(&mut kari));
    assert!(ends(&here.get("/account/sessions")).is_empty());
}

#[test]
fn an_app_whose_access_is_removed_has_none_left_and_must_ask_again() {
    let server = ready();
    let mut browser = signed_in(&server, "ola");
    let held = tokens(&server, &mut browser);
    let page = browser.get("/account/apps");
    for text in [
        "Notes",
        "sign you in",
        "keep access when you are not using the app",
    ] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    // Not somebody else's.
    let mut kari = signed_in(&server, "kari");
    post(&mut kari, "/account/apps", &[("client_id", "web")]);
    assert!(is_good(&server, &held["access_token"]));
    let removed = post(&mut browser, "/account/apps", &[("client_id", "web")]);
    assert_eq!(
        removed.header("location"),
        Some("/account/apps?done=access")
    );
    assert_eq!(
        newest_event(&server),
        (
            "consent.revoked".into(),
            Some("ola".into()),
            Some("ola".into())
        )
    );
    assert!(!is_good(&server, &held["access_token"]));
    let refresh = held["refresh_token"].as_str().unwrap();
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", "web"),
        ("refresh_token", refresh),
    ];
    let refused = server.form("/api/v1/oauth/token", None, &fields);
    assert_eq!(refused.refusal(), (400, "invalid_grant".into()));
    let consent = server
        .app
        .store
        .read(|tx| consents::get(tx, "ola", "web").map_err(|error: StoreError| error));
    assert!(consent.unwrap().is_empty());
    assert!(
        browser
            .get("/account/apps")
            .text
            .contains("No app has access")
    );
}

/// A token with which the backend acts for ola.
fn delegated(server: &Server) -> Value {
    let secret = server.client(
        "backend",
        json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic",
               "client_name": "Backend", "scope": "profile keyfob:delegate"}),
    );
    let fields = [
        ("grant_type", "client_credentials"),
        ("scope", "profile keyfob:delegate"),
    ];
    let own = server
        .form("/api/v1/oauth/token", Some(("backend", &secret)), &fields)
        .json();
    let bearer = format!("Bearer {}", own["access_token"].as_str().unwrap());
    let body = json!({"sub": "ola", "team_id": null, "scopes": ["profile"]});
    server
        .json(
            "/api/v1/oauth/delegated-token",
            &[("authorization", &bearer)],
            &body,
        )
        .json()
}

#[test]
fn a_person_sees_who_acts_for_them_and_stops_it() {
    let server = ready();
    let token = delegated(&server)["access_token"].clone();
    assert!(is_good(&server, &token));
    let mut browser = signed_in(&server, "ola");
    let page = browser.get("/account/apps");
    assert!(
        page.text.contains("Backend") && page.text.contains("in 1"),
        "{}",
        page.text
    );
    let id = page.text.split(r#"name="token" value=""#).nth(1).unwrap();
    let id = id.split('"').next().unwrap().to_owned();
    let mut kari = signed_in(&server, "kari");
    assert!(
        kari.get("/account/apps")
            .text
            .contains("No one is acting for you")
    );
    let foreign = post(&mut kari, "/account/apps", &[("token", &id)]);
    assert_eq!(foreign.header("location"), Some("/account/apps"));
    assert!(is_good(&server, &token));
    let stopped = post(&mut browser, "/account/apps", &[("token", &id)]);
    assert_eq!(
        stopped.header("location"),
        Some("/account/apps?done=acting")
    );
    assert_eq!(
        newest_event(&server),
        (
            "token.revoked".into(),
            Some("ola".into()),
            Some("ola".into())
        )
    );
    assert!(!is_good(&server, &token));
    assert!(
        browser
            .get("/account/apps")
            .text
            .contains("No one is acting for you")
    );
}

#[test]
fn a_person_takes_their_data_with_them_and_no_secret_is_in_it() {
    let server = ready();
    let mut browser = signed_in(&server, "ola");
    tokens(&server, &mut browser);
    delegated(&server);
    let file = browser.get("/account/export");
    assert_eq!(file.status, 200);
    assert_eq!(
        file.header("content-disposition"),
        Some(r#"attachment; filename="keyfob-account.json""#)
    );
    assert_eq!(file.header("cache-control"), Some("no-store"));
    let data = file.json();
    assert_eq!(data["user"]["sub"], "ola");
    assert_eq!(data["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(data["access"][0]["client_id"], "web");
    assert_eq!(data["acting_for_you"][0]["chain"], json!(["backend"]));
    for secret in browser
        .cookies()
        .map(|value| value.rsplit('.').next().unwrap())
    {
        assert!(!file.text.contains(secret));
    }
    assert!(
        !file.text.contains("argon2") && !file.text.contains("hash"),
        "{}",
        file.text
    );
}

// An explicit choice is a cookie, and the server writes it into the page.
#[test]
fn the_chosen_colours_are_in_every_page_until_the_choice_is_taken_back() {
    let server = ready();
    let mut browser = signed_in(&server, "ola");
    for theme in ["dark", "light"] {
        let chosen = post(
            &mut browser,
            "/account",
            &[("form", "appearance"), ("theme", theme)],
        );
        assert_eq!(chosen.header("location"), Some("/account?done=appearance"));
        for path in [
            "/account",
            "/login",
            "/device",
            "/logout",
            "/admin",
            "/",
            "/login?interaction=x",
        ] {
            let page = browser.get(path);
            let expected = format!(r#" data-theme="{theme}""#);
            assert!(
                page.text.contains(&expected),
                "{theme} {path}: {}",
                page.text
            );
        }
    }
    for none in ["", "pink"] {
        post(
            &mut browser,
            "/account",
            &[("form", "appearance"), ("theme", "dark")],
        );
        post(
            &mut browser,
            "/account",
            &[("form", "appearance"), ("theme", none)],
        );
        assert!(
            !browser.get("/account").text.contains("data-theme"),
            "{none}"
        );
    }
}

// Access tokens are purged soon after they expire; what was refreshed since is known for longer.
#[test]
fn when_an_app_was_last_used_is_known_after_its_access_tokens_are_gone() {
    let server = ready();
    let mut browser = signed_in(&server, "ola");
    let held = tokens(&server, &mut browser);
    server.clock.advance(Lifetime::hours(5));
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", "web"),
        ("refresh_token", held["refresh_token"].as_str().unwrap()),
    ];
    let refreshed = server.form("/api/v1/oauth/token", None, &fields);
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
    server.clock.advance(Lifetime::days(3));
    server.purge();
    let mut browser = signed_in(&server, "ola");
    let data = browser.get("/account/export").json();
    let last = keyfob::domain::time::UnixSeconds(crate::support::START.0 + 5 * 3600);
    assert_eq!(data["access"][0]["last_used_at"], last.rfc3339());
    assert!(browser.get("/account/apps").text.contains("3 days ago"));
}
