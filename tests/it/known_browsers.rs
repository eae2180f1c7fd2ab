//! A browser in which a person has signed in before is not held up by wrong guesses that others made at the name of
//! that person, from wherever they guess (OWASP's device cookies; rules D12, P22).

use keyfob::domain::time::Lifetime;
use serde_json::json;

use crate::{
    lock_out::{HOME, ready},
    support::{
        Answer, Server,
        browser::{Browser, PASSWORD},
    },
};

const COOKIE: &str = "keyfob_known";

fn sign_in(browser: &mut Browser, name: &str, password: &str) -> Answer {
    let csrf = browser.get("/login").field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("username", name),
        ("password", password),
    ];
    browser.post("/login", &fields)
}

/// Guesses at the name until the address has to wait.
fn guess(server: &Server, address: &str, name: &str) {
    let mut stranger = Browser::behind(server, address);
    while sign_in(&mut stranger, name, "wrong").status != 429 {}
}

/// A browser with the same cookies of this server, at its present address.
fn moved<'s>(server: &'s Server, address: &str, known: &str) -> Browser<'s> {
    let mut browser = Browser::behind(server, address);
    let (_, port) = server.url.rsplit_once(':').unwrap();
    browser.carry(&format!("{COOKIE}_{port}={known}"));
    browser
}

fn known(browser: &Browser) -> String {
    browser.own_cookie(COOKIE).unwrap_or_default().to_owned()
}

#[test]
fn guesses_by_others_do_not_hold_up_a_person_in_a_browser_that_they_have_used() {
    let mut server = ready();
    let mut own = Browser::behind(&server, HOME);
    assert_eq!(sign_in(&mut own, "ola", PASSWORD).status, 303);
    let cookie = known(&own);
    for round in ["before", "after a restart"] {
        // Also from elsewhere, where the account has never been.
        for address in [HOME, "203.0.113.7"] {
            guess(&server, address, "ola");
            let mut other = Browser::behind(&server, address);
            let refused = sign_in(&mut other, "ola", PASSWORD);
            assert_eq!(refused.status, 429, "{round}, {address}");
            let mut own = moved(&server, address, &cookie);
            assert_eq!(sign_in(&mut own, "ola", "wrong").status, 200);
            let answer = sign_in(&mut own, "ola@example.com", PASSWORD);
            assert_eq!(answer.status, 303, "{round}, {address}");
            // The success of a person clears nothing that was counted against others.
            let mut other = Browser::behind(&server, address);
            let refused = sign_in(&mut other, "ola", PASSWORD);
            assert_eq!(refused.status, 429, "{round}, {address}");
        }
        server = server.restart();
    }
}

#[test]
fn the_admin_page_and_the_account_page_know_the_browser_too() {
    let server = ready();
    server.person_with("boss", |user| user.admin = true);
    let mut own = Browser::behind(&server, HOME);
    assert_eq!(sign_in(&mut own, "boss", PASSWORD).status, 303);
    guess(&server, HOME, "boss");
    let admin = |cookie: &str| {
        let headers = [
            ("content-type", "application/json"),
            ("sec-fetch-site", "same-origin"),
            ("x-forwarded-for", HOME),
            ("cookie", cookie),
        ];
        let body = json!({"username": "boss", "password": PASSWORD}).to_string();
        server.send(
            "POST",
            "/admin/api/v1/session",
            &headers,
            Some(body.as_bytes()),
        )
    };
    assert_eq!(admin("").status, 429);
    let answer = admin(&own.cookie_header());
    assert_eq!(answer.status, 201, "{}", answer.text);
    let sets = answer.headers.get_all("set-cookie");
    let mut sets = sets.iter().map(|set| set.to_str().unwrap());
    assert!(sets.any(|set| set.starts_with(COOKIE)));

    // A new password is a new proof, and this browser gave it.
    let before = known(&own);
    let csrf = own.get("/account/password").field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("current", PASSWORD),
        ("password", "a new correct horse"),
        ("again", "a new correct horse"),
    ];
    assert_eq!(own.post("/account/password", &fields).status, 303);
    assert_ne!(known(&own), before);
    let mut own = moved(&server, HOME, &known(&own));
    let answer = sign_in(&mut own, "boss", "a new correct horse");
    assert_eq!(answer.status, 303);
}

// Whoever has a good link has proved themselves, however many strangers guess meanwhile.
#[test]
fn a_link_on_which_a_password_is_chosen_makes_the_browser_a_known_one() {
    let server = ready();
    for address in [
        HOME,
        "203.0.113.7",
        "203.0.113.8",
        "203.0.113.9",
        "203.0.113.10",
    ] {
        guess(&server, address, "ola");
    }
    let mut own = Browser::behind(&server, HOME);
    let (csrf, code) = (own.get("/password").field("csrf"), server.link_code("ola"));
    let chosen = "a new correct horse";
    let fields = [
        ("csrf", csrf.as_str()),
        ("token", &code),
        ("password", chosen),
        ("again", chosen),
    ];
    let done = own.post("/password", &fields);
    assert!(done.leads_to("/password/done"), "{}", done.text);
    assert_eq!(sign_in(&mut own, "ola", chosen).status, 303);
    let mut other = Browser::behind(&server, HOME);
    assert_eq!(sign_in(&mut other, "ola", chosen).status, 429);
}

#[test]
fn wrong_passwords_in_a_known_browser_are_bounded_themselves() {
    let server = ready();
    let mut own = Browser::behind(&server, HOME);
    assert_eq!(sign_in(&mut own, "ola", PASSWORD).status, 303);
    guess(&server, HOME, "ola");
    // The same cookie in many browsers, at many addresses, is one browser.
    let cookie = known(&own);
    let tries = (0..20).map(|i| {
        let mut thief = moved(&server, &format!("198.51.100.{i}"), &cookie);
        // So that what other strangers may try is used up.
        guess(&server, &format!("198.51.100.{i}"), "ola");
        sign_in(&mut thief, "ola", "wrong").status
    });
    let tried = tries.filter(|status| *status == 200).count();
    assert_eq!(tried, 8);
    let mut own = moved(&server, HOME, &cookie);
    assert_eq!(sign_in(&mut own, "ola", PASSWORD).status, 429);
    server.clock.advance(Lifetime::minutes(1));
    guess(&server, HOME, "ola");
    assert_eq!(sign_in(&mut own, "ola", PASSWORD).status, 303);
}

#[test]
fn only_a_cookie_of_the_very_account_and_its_present_password_is_known() {
    let server = ready();
    let mut own = Browser::behind(&server, HOME);
    assert_eq!(sign_in(&mut own, "ola", PASSWORD).status, 303);
    let cookie = known(&own);
    for name in ["ola", "kari"] {
        guess(&server, HOME, name);
    }
    let status = |name: &str, cookie: &str| {
        let mut browser = moved(&server, HOME, cookie);
        sign_in(&mut browser, name, PASSWORD).status
    };
    assert_eq!(status("kari", &cookie), 429);
    for index in 0..cookie.len() {
        let mut forged = cookie.clone().into_bytes();
        forged[index] = if forged[index] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        // The last character holds bits that no byte needs.
        if index < cookie.len() - 1 {
            assert_eq!(status("ola", &forged), 429, "{index}");
        }
    }
    for broken in ["", ".", "x", &cookie[1..], &cookie[..cookie.len() - 1]] {
        assert_eq!(status("ola", broken), 429, "{broken}");
    }
    assert_eq!(status("ola", &cookie), 303);
    assert_eq!(
        status("ola", &format!("x.{cookie}.{}", "y.".repeat(50))),
        303
    );

    server.alter_user("ola", |user| {
        let hashed = keyfob::crypto::password::hash(&keyfob::domain::secret::Secret::new(PASSWORD));
        user.password_hash = Some(keyfob::domain::user::PasswordHash(hashed));
    });
    assert_eq!(status("ola", &cookie), 429);
}

#[test]
fn the_cookie_is_kept_for_half_a_year_and_names_nobody() {
    let server = ready();
    let mut own = Browser::behind(&server, HOME);
    let answer = sign_in(&mut own, "ola", PASSWORD);
    let mut sets = answer.headers.get_all("set-cookie").iter();
    let set = sets.find_map(|set| set.to_str().ok().filter(|set| set.starts_with(COOKIE)));
    let set = set.unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=15552000"] {
        assert!(set.contains(attribute), "{set}");
    }
    assert!(!set.to_lowercase().contains("ola"), "{set}");
    let first = known(&own);
    // It stays when the person signs out, and the next sign-in renews it.
    server.clock.advance(Lifetime::days(100));
    let csrf = own.get("/logout").field("csrf");
    own.post("/logout", &[("csrf", &csrf)]);
    assert_eq!(known(&own), first);
    assert_eq!(sign_in(&mut own, "ola", PASSWORD).status, 303);
    let renewed = known(&own);
    assert_ne!(renewed, first);
    server.clock.advance(Lifetime::days(80));
    guess(&server, "203.0.113.7", "ola");
    for (cookie, status) in [(&first, 429), (&renewed, 303)] {
        let mut browser = moved(&server, "203.0.113.7", cookie);
        assert_eq!(sign_in(&mut browser, "ola", PASSWORD).status, status);
    }
}

#[test]
fn a_browser_is_known_to_the_latest_four_people_who_signed_in() {
    let server = ready();
    let names = ["one", "two", "three", "four", "five"];
    let mut shared = Browser::behind(&server, HOME);
    for name in names {
        server.person(name);
        assert_eq!(sign_in(&mut shared, name, PASSWORD).status, 303);
    }
    // Again and again is still one.
    assert_eq!(sign_in(&mut shared, "five", PASSWORD).status, 303);
    let cookie = known(&shared);
    assert!(cookie.len() < 256, "{cookie}");
    for name in names {
        guess(&server, HOME, name);
        let mut browser = moved(&server, HOME, &cookie);
        let expected = if name == "one" { 429 } else { 303 };
        assert_eq!(
            sign_in(&mut browser, name, PASSWORD).status,
            expected,
            "{name}"
        );
    }
}

// An entry of before a new password is of no use, and takes the place of no other.
#[test]
fn signing_in_after_a_new_password_pushes_nobody_out() {
    let server = ready();
    let names = ["one", "two", "three", "four"];
    let mut shared = Browser::behind(&server, HOME);
    for name in names {
        server.person(name);
        assert_eq!(sign_in(&mut shared, name, PASSWORD).status, 303);
    }
    let mut password = PASSWORD.to_owned();
    for round in 1..=3 {
        let new = format!("another long password {round}");
        let csrf = shared.get("/account").field("csrf");
        let fields = [
            ("csrf", csrf.as_str()),
            ("current", password.as_str()),
            ("password", new.as_str()),
            ("again", new.as_str()),
        ];
        let changed = shared.post("/account/password", &fields);
        assert_eq!(changed.status, 303, "{}", changed.text);
        password = new;
        assert_eq!(sign_in(&mut shared, "four", &password).status, 303);
    }
    let cookie = known(&shared);
    for name in names {
        guess(&server, HOME, name);
        let mut browser = moved(&server, HOME, &cookie);
        let password = if name == "four" { &password } else { PASSWORD };
        assert_eq!(sign_in(&mut browser, name, password).status, 303, "{name}");
    }
}
