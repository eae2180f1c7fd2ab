//! `/password`: a person's first and new password by a one-time link, without JavaScript.

use std::sync::Barrier;

use keyfob::{
    admin::{
        AdminError, By, audit, deletion, object,
        password_links::{self, NewLink},
        users::{self as people, UserInput},
    },
    domain::{password_link::Purpose, secret::Secret, time::Lifetime, user::User},
};

use crate::support::{
    self, Answer, Server,
    browser::{Browser, PASSWORD},
};

const CHOSEN: &str = "battery staple";

/// `ola` has a password, `nina` has none.
fn ready() -> Server {
    let server = Server::start();
    server.person("ola");
    server.user("nina", |_| {});
    server.user("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    server
}

fn make(server: &Server, name: &str) -> Result<NewLink, AdminError> {
    let (name, issuer) = (name.to_owned(), server.app.config.issuer.clone());
    let by = By::administrator("root", None);
    let store = &server.app.store;
    store
        .write_blocking(move |tx| password_links::make(tx, &by, &name, &issuer))
        .map(|made| made.value)
}

fn change(server: &Server, name: &'static str, input: UserInput) {
    let known = server.app.store.read(|tx| people::find(tx, name)).unwrap();
    let input = input.check(Some(&known)).unwrap();
    support::change(server, move |tx, by| {
        object::update::<User>(tx, by, name, input)
    });
}

/// Sends the code alone.
fn open(browser: &mut Browser, code: &str) -> Answer {
    let csrf = browser.get("/password").field("csrf");
    browser.post("/password", &[("csrf", &csrf), ("token", code)])
}

fn choose(browser: &mut Browser, code: &str, password: &str, again: &str) -> Answer {
    let csrf = browser.get("/password").field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("token", code),
        ("password", password),
        ("again", again),
    ];
    browser.post("/password", &fields)
}

/// Whether the password lets somebody in to their account.
fn lets_in(server: &Server, username: &str, password: &str) -> bool {
    let mut browser = Browser::new(server);
    let to_login = browser.get("/account");
    let page = browser.follow(&to_login);
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    let fields = [
        ("interaction", interaction.as_str()),
        ("csrf", &csrf),
        ("username", username),
        ("password", password),
    ];
    browser.post("/login", &fields).leads_to("/account")
}

fn signed_in<'s>(server: &'s Server, username: &str) -> Browser<'s> {
    let mut browser = Browser::new(server);
    let to_login = browser.get("/account");
    assert!(browser.sign_in(&to_login, username).leads_to("/account"));
    browser
}

/// The newest event: its name, outcome, actor, subject and detail.
fn newest(server: &Server) -> String {
    let events = server
        .app
        .store
        .read(|tx| audit::list(tx, &Default::default(), None, 1));
    let event = &events.unwrap()[0];
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
    let detail = event.detail.as_ref().map(ToString::to_string);
    let (actor, subject) = (text(&event.actor), text(&event.subject));
    format!(
        "{} {} {actor} {subject} {}",
        event.event,
        event.outcome,
        text(&detail)
    )
}

#[test]
fn an_invitation_sets_the_first_password_and_leads_to_the_account() {
    let server = ready();
    let link = make(&server, "nina").unwrap();
    assert_eq!(link.purpose, Purpose::Invite);
    assert_eq!(
        newest(&server),
        format!(
            r#"password_link.created ok root nina {{"purpose":"invite","expires_at":"{}"}}"#,
            link.expires_at
        )
    );
    let code = link.url.split_once("#t=").unwrap().1;
    // 160 bits, base64url.
    assert_eq!(code.len(), 27);
    let mut browser = Browser::new(&server);
    let page = browser.get("/password");
    assert_eq!(page.status, 200);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("referrer-policy"), Some("same-origin"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self'") && policy.contains("frame-ancestors 'none'"));
    assert!(
        !page.text.contains("nina"),
        "nobody is named before the code was good"
    );
    let named = open(&mut browser, code);
    assert_eq!(named.status, 200);
    assert!(named.text.contains("<bdi>nina</bdi>"), "{}", named.text);
    let done = choose(&mut browser, code, CHOSEN, CHOSEN);
    assert!(done.leads_to("/password/done"), "{}", done.text);
    assert!(!done.text.contains(CHOSEN));
    let page = browser.follow(&done);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(page.text.contains(r#"href="/account""#), "{}", page.text);
    assert!(lets_in(&server, "nina", CHOSEN));
}

#[test]
fn a_reset_replaces_the_password_and_ends_what_is_signed_in() {
    let server = ready();
    let mut browser = signed_in(&server, "ola");
    assert_eq!(browser.get("/account").status, 200);
    let bearer = format!("Bearer {}", browser.cookie("token").unwrap());
    let token_counts = || {
        let headers = [("authorization", bearer.as_str())];
        server.get("/api/v1/oauth/userinfo", &headers).status == 200
    };
    assert!(token_counts());
    let link = make(&server, "ola").unwrap();
    assert_eq!(link.purpose, Purpose::Reset);
    let code = link.url.split_once("#t=").unwrap().1;
    assert_eq!(
        browser.get("/account").status,
        200,
        "a link alone ends nothing"
    );
    let done = choose(&mut Browser::new(&server), code, CHOSEN, CHOSEN);
    assert!(done.leads_to("/password/done"), "{}", done.text);
    assert!(browser.get("/account").leads_to("/login"));
    assert!(!token_counts());
    assert!(lets_in(&server, "ola", CHOSEN) && !lets_in(&server, "ola", PASSWORD));
}

// The lost administrator comes in again by the same kind of link.
#[test]
fn a_reset_ends_the_admin_session_too() {
    let server = Server::start();
    server.person_with("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    let sign_in = |password: &str| {
        let headers = [
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/json"),
        ];
        let body = serde_json::json!({"username": "root", "password": password}).to_string();
        server.send(
            "POST",
            "/admin/api/v1/session",
            &headers,
            Some(body.as_bytes()),
        )
    };
    let before = sign_in(PASSWORD);
    let cookie = before
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let status = || {
        server
            .get("/admin/api/v1/users", &[("cookie", cookie)])
            .status
    };
    assert_eq!(status(), 200);
    let code = server.link_code("root");
    choose(&mut Browser::new(&server), &code, CHOSEN, CHOSEN);
    assert_eq!(status(), 401);
    assert_eq!(sign_in(CHOSEN).status, 201);
}

/// Makes a code that is not good.
type Bad = fn(&Server) -> String;

#[test]
fn a_code_that_is_not_good_gets_one_answer_whatever_it_was() {
    let rows: &[(&str, Bad)] = &[
        ("no code", |_| String::new()),
        ("a code of nobody", |_| "A".repeat(27)),
        ("an invitation of a week ago", |server| {
            let code = server.link_code("nina");
            server.clock.advance(Lifetime::days(7));
            code
        }),
        ("a reset of an hour ago", |server| {
            let code = server.link_code("ola");
            server.clock.advance(Lifetime::minutes(60));
            code
        }),
        ("one that was used", |server| {
            let code = server.link_code("ola");
            let done = choose(&mut Browser::new(server), &code, CHOSEN, CHOSEN);
            assert!(done.leads_to("/password/done"), "{}", done.text);
            code
        }),
        ("one that a newer one replaced", |server| {
            let older = server.link_code("ola");
            server.link_code("ola");
            older
        }),
        ("one that was withdrawn", |server| {
            let code = server.link_code("ola");
            support::change(server, |tx, by| password_links::withdraw(tx, by, "ola"));
            code
        }),
        ("one of a user who was disabled since", |server| {
            let code = server.link_code("ola");
            for disabled in [true, false] {
                let disabled = Some(disabled);
                change(
                    server,
                    "ola",
                    UserInput {
                        disabled,
                        ..UserInput::default()
                    },
                );
            }
            code
        }),
        ("one of a user who was deleted since", |server| {
            let code = server.link_code("nina");
            support::change(server, |tx, by| deletion::delete::<User>(tx, by, "nina"));
            code
        }),
        ("one of a user whose password was set since", |server| {
            let code = server.link_code("nina");
            let password = Some(Secret::new("another password"));
            change(
                server,
                "nina",
                UserInput {
                    password,
                    ..UserInput::default()
                },
            );
            code
        }),
        ("one of a user who changed the password since", |server| {
            let mut browser = signed_in(server, "ola");
            let code = server.link_code("ola");
            let csrf = browser.get("/account/password").field("csrf");
            let fields = [
                ("csrf", csrf.as_str()),
                ("current", PASSWORD),
                ("password", "another password"),
                ("again", "another password"),
            ];
            assert_eq!(browser.post("/account/password", &fields).status, 303);
            code
        }),
    ];
    let mut pages = Vec::new();
    for (name, code) in rows {
        let server = ready();
        let code = code(&server);
        let hashes = || {
            let all = server.users().into_iter();
            all.map(|user| user.password_hash).collect::<Vec<_>>()
        };
        let before = hashes();
        let mut browser = Browser::new(&server);
        for refused in [
            open(&mut browser, &code),
            choose(&mut browser, &code, "a third password", "a third password"),
        ] {
            assert_eq!(refused.status, 400, "{name}: {}", refused.text);
            assert!(newest(&server).starts_with("password_link.rejected failed -"));
            assert!(!refused.text.contains("third"), "{name}");
            let same = refused
                .text
                .replace(&refused.field("csrf"), "")
                .replace(&format!("value=\"{code}\""), "value=\"\"");
            pages.push((*name, same.replace(&server.app.config.issuer, "")));
        }
        assert!(hashes() == before, "{name}");
    }
    for (name, page) in &pages {
        assert_eq!(page, &pages[0].1, "{name}");
        assert!(page.contains("Ask for a new link."));
    }
}

#[test]
fn what_is_wrong_with_the_password_leaves_the_link_good() {
    let server = ready();
    let code = server.link_code("nina");
    let mut browser = Browser::new(&server);
    let rows = [
        ("seven c", "seven c", "at least 8 characters"),
        (CHOSEN, "battery stable", "Passwords do not match."),
    ];
    for (password, again, says) in rows {
        let refused = choose(&mut browser, &code, password, again);
        assert_eq!(refused.status, 400, "{password}");
        assert!(refused.text.contains(says), "{password}: {}", refused.text);
        assert!(refused.text.contains("<bdi>nina</bdi>"), "{password}");
        assert!(!refused.text.contains(password));
    }
    browser.get("/password");
    let without = [
        ("token", code.as_str()),
        ("password", CHOSEN),
        ("again", CHOSEN),
    ];
    assert_eq!(browser.post("/password", &without).status, 400, "no csrf");
    assert!(!lets_in(&server, "nina", CHOSEN));
    // Pasted with what a mail program puts around it.
    let done = choose(&mut browser, &format!(" {code}\n"), CHOSEN, CHOSEN);
    assert!(done.leads_to("/password/done"), "{}", done.text);
}

#[test]
fn of_twenty_who_use_a_link_at_once_one_sets_the_password() {
    let server = ready();
    let code = server.link_code("nina");
    let ready = Barrier::new(20);
    let won: Vec<bool> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..20)
            .map(|i| {
                let (server, code, ready) = (&server, &code, &ready);
                scope.spawn(move || {
                    let mut browser = Browser::new(server);
                    let csrf = browser.get("/password").field("csrf");
                    let password = format!("password number {i}");
                    let fields = [
                        ("csrf", csrf.as_str()),
                        ("token", code),
                        ("password", &password),
                        ("again", &password),
                    ];
                    ready.wait();
                    let answer = browser.post("/password", &fields);
                    assert!(answer.status < 500, "{}", answer.text);
                    answer.leads_to("/password/done")
                })
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
    let winner = won.iter().position(|won| *won).unwrap();
    assert!(lets_in(
        &server,
        "nina",
        &format!("password number {winner}")
    ));
}

#[test]
fn no_link_is_made_for_one_who_may_not_sign_in_or_whose_password_a_file_has() {
    let server = ready();
    server.person_with("off", |user| user.disabled = true);
    server.person_with("kari", |user| {
        user.managed_by = Some("keyfob.toml:42".into());
    });
    server.user("per", |user| {
        user.managed_by = Some("keyfob.toml:50".into());
    });
    let rows = [
        ("off", "User off is disabled. Enable the user first."),
        (
            "kari",
            "User \"kari\" is managed by keyfob.toml:42. Edit the file and reload (SIGHUP or keyfob config apply).",
        ),
        ("nobody", "User \"nobody\" not found."),
    ];
    for (name, says) in rows {
        let refused = make(&server, name).err().map(|error| error.to_string());
        assert_eq!(refused.as_deref(), Some(says));
    }
    // The file leaves it to this one to choose a password.
    let code = server.link_code("per");
    let done = choose(&mut Browser::new(&server), &code, CHOSEN, CHOSEN);
    assert!(done.leads_to("/password/done"), "{}", done.text);
    assert!(lets_in(&server, "per", CHOSEN));
    let per = server.app.store.read(|tx| people::find(tx, "per")).unwrap();
    assert_eq!(per.managed_by.as_deref(), Some("keyfob.toml:50"));
}

#[test]
fn the_log_says_who_made_a_link_and_who_used_it_and_never_what_opens_it() {
    let server = ready();
    let invite = server.link_code("nina");
    let mut browser = Browser::new(&server);
    choose(&mut browser, &invite, CHOSEN, CHOSEN);
    let late = server.link_code("ola");
    server.clock.advance(Lifetime::minutes(60));
    open(&mut browser, &late);
    assert_eq!(
        newest(&server),
        r#"password_link.rejected failed - ola {"purpose":"reset","made_by":"root"}"#
    );
    let events = server
        .app
        .store
        .read(|tx| audit::list(tx, &Default::default(), None, 100))
        .unwrap();
    let used = events
        .iter()
        .find(|event| event.event == "password_link.used")
        .unwrap();
    assert_eq!(
        (used.actor.as_deref(), used.subject.as_deref()),
        (Some("nina"), Some("nina"))
    );
    assert_eq!(
        used.detail.as_ref().unwrap().to_string(),
        r#"{"purpose":"invite","made_by":"root"}"#
    );
    // Nor is it in the file, in any table.
    let kept = format!("{events:?}");
    let file = server.app.config.database.clone();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.extend(std::fs::read(file.with_extension("db-wal")).unwrap_or_default());
    for code in [&invite, &late] {
        assert!(!kept.contains(code.as_str()));
        assert!(
            !bytes
                .windows(code.len())
                .any(|part| part == code.as_bytes())
        );
    }
}

#[test]
fn the_page_after_the_code_speaks_the_persons_language() {
    let server = ready();
    server.user("nina", |user| {
        user.profile.locale = Some("nb-NO".into());
    });
    let code = server.link_code("nina");
    let mut browser = Browser::new(&server);
    assert!(browser.get("/password").text.contains("Choose a password"));
    assert!(open(&mut browser, &code).text.contains("Velg et passord"));
    let done = choose(&mut browser, &code, CHOSEN, CHOSEN);
    assert!(browser.follow(&done).text.contains("Logg inn"));
}

#[test]
fn somebody_else_who_is_signed_in_there_is_told_so() {
    let server = ready();
    let mut browser = signed_in(&server, "ola");
    let code = server.link_code("nina");
    let done = choose(&mut browser, &code, CHOSEN, CHOSEN);
    let page = browser.follow(&done);
    assert!(page.text.contains("<bdi>ola</bdi>"), "{}", page.text);
    assert!(page.text.contains(r#"href="/logout""#));
    assert_eq!(browser.get("/account").status, 200, "ola stays signed in");
}
