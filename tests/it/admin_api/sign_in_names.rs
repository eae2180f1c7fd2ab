//! Usernames, email addresses and subs are one namespace, compared without case and in NFC (RFC 8265 §3.3): what
//! one person is known by never leads to another, whichever way a name is given.

use keyfob::{
    admin::{state_file::StateFile, users::UserInput},
    login::setup,
    store::users as stored,
};
use serde_json::json;

use super::Console;
use crate::support::{Server, browser::Browser, change};

/// Åse, composed and decomposed.
const COMPOSED: &str = "\u{e5}se@b\u{e6}r.example";
const DECOMPOSED: &str = "A\u{30a}SE@B\u{e6}r.example";
/// The same with the domain as DNS has it (RFC 5890 §2.3.2.1).
const A_LABEL: &str = "\u{e5}se@xn--br-1ia.example";

/// Kari is known by three names that could be anybody's; and another user, Ola.
fn settle(server: &Server) {
    server.user("Sub-Kari@x", |user| {
        user.username = "kari@old.example".into();
        user.profile.email = Some(COMPOSED.into());
    });
    server.user("ola", |_| {});
}

/// Names that are taken, in other spellings.
const TAKEN: &[&str] = &["KARI@old.example", DECOMPOSED, A_LABEL, "sub-kari@X"];

fn console() -> Console {
    let console = Console::start();
    settle(&console.server);
    console
}

// `events list --actor cli` would show their events as those of the command line.
#[test]
fn nobody_has_the_name_of_an_actor_of_the_servers_own() {
    let console = Console::start();
    for name in ["cli", "Schedule", "upkeep"] {
        for (path, body, member) in [
            ("/users", json!({ "username": name }), "username"),
            ("/users", json!({ "username": "ola", "sub": name }), "sub"),
            (
                "/clients",
                json!({ "client_id": name, "grant_types": ["client_credentials"] }),
                "client_id",
            ),
        ] {
            let refused = console.post(path, &body);
            let expected = (422, "invalid".to_owned(), Some(member.to_owned()));
            assert_eq!(refused.problem(), expected, "{name}");
        }
    }
}

fn usernames(server: &Server) -> Vec<String> {
    let all = server.app.store.read(|tx| stored::page(tx, None, 100));
    all.unwrap().into_iter().map(|user| user.username).collect()
}

type Way = fn(&Console, name: &str, member: &str) -> u16;

/// The ways on which a user gets a name: status of the refusal.
const WAYS: &[(&str, Way)] = &[
    ("created", |console, name, member| {
        let mut body = json!({"username": "new"});
        body[member] = json!(name);
        console.post("/users", &body).status
    }),
    ("changed", |console, name, member| {
        console.patch("/users/ola", &json!({ member: name })).status
    }),
    ("imported from a CSV file", |console, name, member| {
        let csv = match member {
            "username" => format!("username,email\n{name},\n"),
            _ => format!("username,email\nnew,{name}\n"),
        };
        let answer = console.post("/users/import", &json!({ "csv": csv }));
        answer.status
    }),
    ("declared in a file", |console, name, member| {
        let text = match member {
            "username" => format!("[[user]]\nusername = \"{name}\"\nsub = \"new\"\n"),
            _ => format!("[[user]]\nusername = \"new\"\nemail = \"{name}\"\n"),
        };
        console.post("/state/plan", &json!({ "text": text })).status
    }),
    ("changed on the command line", |console, name, member| {
        let mut input = UserInput::default();
        match member {
            "username" => input.username = Some(name.into()),
            _ => input.email = Some(name.into()),
        }
        let store = &console.server.app.store;
        let by = keyfob::admin::By::command_line();
        let Ok(input) = input.check(None) else {
            return 422;
        };
        let written = store.write_blocking(move |tx| {
            keyfob::admin::object::update::<keyfob::domain::user::User>(tx, &by, "ola", input)
        });
        if written.is_err() { 422 } else { 200 }
    }),
];

#[test]
fn nobody_is_called_what_somebody_else_is_known_by() {
    for (way, act) in WAYS {
        for member in ["username", "email"] {
            for name in TAKEN {
                // A file that declares a username means the user of that name.
                if *way == "declared in a file" && member == "username" && name.starts_with("KARI")
                {
                    continue;
                }
                let console = console();
                let before = usernames(&console.server);
                let status = act(&console, name, member);
                assert!(
                    matches!(status, 409 | 422),
                    "{way}: {member} {name:?}: {status}"
                );
                assert_eq!(
                    usernames(&console.server),
                    before,
                    "{way}: {member} {name:?}"
                );
            }
        }
    }
}

// RFC 8265 §3.3, RFC 8264 §4.2: what people cannot tell from another name, or cannot see, is none.
#[test]
fn a_name_holds_nothing_that_cannot_be_seen_or_turns_the_text() {
    for (way, act) in WAYS {
        for name in ["o\u{200b}l", "o\u{202e}l", "o\u{ad}l", "o\u{2066}l\u{2069}"] {
            let console = console();
            assert_eq!(act(&console, name, "username"), 422, "{way}: {name:?}");
            let email = format!("{name}@new.example");
            assert_eq!(act(&console, &email, "email"), 422, "{way}: {email:?}");
        }
        // Ola in full-width letters.
        let console = console();
        let status = act(
            &console,
            "\u{ff2b}\u{ff41}\u{ff52}\u{ff49}@old.example",
            "username",
        );
        // A file that declares a username means the user of that name, who has another sub.
        assert!(matches!(status, 409 | 422), "{way}: {status}");
    }
    let console = console();
    for (path, body) in [
        (
            "/clients",
            json!({"client_id": "new", "client_name": "A\u{202e}B", "token_endpoint_auth_method": "none",
            "redirect_uris": ["https://app.example/cb"]}),
        ),
        ("/teams", json!({"id": "new", "name": "A\u{2067}B"})),
        (
            "/users",
            json!({"username": "new", "given_name": "A\u{202e}B"}),
        ),
    ] {
        let refused = console.post(path, &body);
        assert_eq!(refused.status, 422, "{path}: {}", refused.text);
    }
    // A family of emoji is printable, and so are names of every script.
    let made = console.post(
        "/users",
        &json!({"username": "\u{5d0}\u{5d1}", "given_name": "\u{1f468}\u{200d}\u{1f467}"}),
    );
    assert_eq!(made.status, 201, "{}", made.text);
}

#[test]
fn nobody_gets_a_sub_that_is_a_name_of_somebody_else() {
    let console = console();
    for name in ["KARI@old.example", "SUB-kari@x", "OLA@example.com"] {
        let refused = console.post("/users", &json!({"username": "new", "sub": name}));
        assert_eq!(refused.status, 422, "{name}: {}", refused.text);
        assert_eq!(refused.problem().2.as_deref(), Some("sub"), "{name}");
    }
}

/// What makes the rule hold is the transaction of the store, whoever writes.
#[test]
fn the_store_itself_refuses_a_name_of_somebody_else() {
    let console = console();
    let store = &console.server.app.store;
    for name in TAKEN {
        for is_email in [false, true] {
            let written = store.write_blocking(move |tx| {
                let mut user = stored::get(tx, "ola")?.unwrap();
                match is_email {
                    true => user.profile.email = Some((*name).to_owned()),
                    false => (*name).clone_into(&mut user.username),
                }
                stored::put(tx, &user)
            });
            assert!(written.is_err(), "{name}");
        }
    }
}

#[test]
fn a_users_own_names_may_be_the_same() {
    let console = console();
    let made = console.post(
        "/users",
        &json!({"username": "per@example.com", "email": "Per@Example.com", "sub": "per@example.com"}),
    );
    assert_eq!(made.status, 201, "{}", made.text);
    let renamed = console.patch("/users/ola", &json!({"username": "ola@example.com"}));
    assert_eq!(renamed.status, 200, "{}", renamed.text);
}

#[test]
fn a_deleted_user_does_not_return_under_a_name_that_is_taken_by_now() {
    let console = console();
    assert_eq!(console.delete("/users/ola").status, 204);
    // Ola's email address is somebody's username now.
    let made = console.post("/users", &json!({"username": "OLA@example.com"}));
    assert_eq!(made.status, 201, "{}", made.text);
    let refused = console.post("/users/ola/restore", &json!({}));
    assert_eq!(refused.status, 409, "{}", refused.text);
    let other = made.json()["sub"].as_str().unwrap().to_owned();
    assert_eq!(console.delete(&format!("/users/{other}")).status, 204);
    assert_eq!(console.post("/users/ola/restore", &json!({})).status, 200);
}

// README: "in one transaction". The order in the file decided who could have a name.
#[test]
fn users_of_a_file_change_their_names_for_one_anothers() {
    let console = console();
    let apply = |users: [(&str, &str, &str); 2]| {
        let users = users.map(|(sub, username, email)| {
            format!("[[user]]\nsub = \"{sub}\"\nusername = \"{username}\"\nemail = \"{email}\"\n")
        });
        let file = StateFile::parse("keyfob.toml", &users.concat()).unwrap();
        file.apply(&console.server.app.store).map(drop).unwrap();
        for sub in ["s-1", "s-2"] {
            let shown = console.get(&format!("/users/{sub}")).json();
            let [username, email] = ["username", "email"].map(|name| shown[name].clone());
            let said = format!("sub = \"{sub}\"\nusername = {username}\nemail = {email}\n");
            assert!(users.contains(&format!("[[user]]\n{said}")), "{shown}");
        }
    };
    let (one, two) = (("a", "a@example.com"), ("b", "b@example.com"));
    apply([("s-1", one.0, one.1), ("s-2", two.0, two.1)]);
    apply([("s-1", two.0, two.1), ("s-2", one.0, one.1)]);
    // The receiver is further up than the giver.
    apply([("s-1", two.0, one.1), ("s-2", one.0, "c@example.com")]);
}

// Rule D11: a sub is compared without regard to case, and is never another's again.
#[test]
fn a_deleted_users_sub_is_nobody_elses() {
    let console = console();
    let made = console.post("/users", &json!({"username": "first", "sub": "Sub-A"}));
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(console.delete("/users/Sub-A").status, 204);
    let refused = console.post("/users", &json!({"username": "second", "sub": "sub-a"}));
    assert_eq!(
        refused.problem(),
        (422, "invalid".into(), Some("sub".into()))
    );
    // Their username is free, and what cannot come back is named.
    let second = console.post("/users", &json!({"username": "first", "sub": "sub-b"}));
    assert_eq!(second.status, 201, "{}", second.text);
    let refused = console.post("/users/Sub-A/restore", &json!({}));
    assert_eq!(refused.status, 409);
    assert!(refused.text.contains("first"), "{}", refused.text);
}

#[test]
fn the_first_administrator_takes_nobodys_name() {
    for (member, taken) in TAKEN
        .iter()
        .flat_map(|name| [("username", name), ("email", name)])
    {
        let server = Server::start();
        settle(&server);
        let link = setup::new_link(&server.app.store, &server.url).unwrap();
        let (_, code) = link.split_once("#t=").unwrap();
        let mut browser = Browser::new(&server);
        let page = browser.get("/setup");
        let csrf = page.field("csrf");
        let mut fields = vec![
            ("csrf", csrf.as_str()),
            ("token", code),
            ("username", "root"),
            ("email", ""),
            ("password", "correct horse battery"),
        ];
        for field in &mut fields {
            if field.0 == member {
                field.1 = taken;
            }
        }
        let refused = browser.post("/setup", &fields);
        assert_ne!(refused.status, 303, "{member} {taken:?}");
        assert_eq!(usernames(&server).len(), 2, "{member} {taken:?}");
    }
}

#[test]
fn a_person_signs_in_by_any_encoding_of_their_name_and_password() {
    let server = Server::start();
    server.person_with("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    let typed = json!({"username": COMPOSED, "password": "bla\u{30a}b\u{e6}r syltet\u{f8}y"});
    let input: UserInput = serde_json::from_value(typed).unwrap();
    change(&server, |tx, by| {
        keyfob::admin::object::create::<keyfob::domain::user::User>(tx, by, input.check(None)?)
    });
    for name in [COMPOSED, DECOMPOSED] {
        for password in [
            "bl\u{e5}b\u{e6}r syltet\u{f8}y",
            "bla\u{30a}b\u{e6}r syltet\u{f8}y",
        ] {
            let mut browser = Browser::new(&server);
            let page = browser.get("/login");
            let csrf = page.field("csrf");
            let fields = [
                ("csrf", csrf.as_str()),
                ("username", name),
                ("password", password),
            ];
            let answer = browser.post("/login", &fields);
            assert_eq!(answer.status, 303, "{name:?} {password:?}: {}", answer.text);
        }
    }
}

/// A hash that was made of other bytes of the same password, before passwords were normalized or elsewhere.
#[test]
fn an_old_hash_is_replaced_at_the_next_sign_in() {
    let server = Server::start();
    server.person_with("root", |user| user.admin = true);
    server.app.refresh_directory().unwrap();
    // Of "blåbær syltetøy" with å decomposed, as it was typed.
    let old = "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$a6lpY15o1QiK/d/IBusnwCEIyOmnEEyvig+wTyXvO6Y";
    let hash = json!({"username": "ola", "password_hash": old});
    let input: UserInput = serde_json::from_value(hash).unwrap();
    change(&server, |tx, by| {
        keyfob::admin::object::create::<keyfob::domain::user::User>(tx, by, input.check(None)?)
    });
    let stored_hash = || {
        let user = server.app.store.read(|tx| stored::by_username(tx, "ola"));
        user.unwrap().unwrap().password_hash.unwrap().0
    };
    let sign_in = || {
        let mut browser = Browser::new(&server);
        let page = browser.get("/login");
        let csrf = page.field("csrf");
        let password = "bl\u{e5}b\u{e6}r syltet\u{f8}y";
        let fields = [
            ("csrf", csrf.as_str()),
            ("username", "ola"),
            ("password", password),
        ];
        browser.post("/login", &fields).status
    };
    assert_eq!(stored_hash(), old);
    assert_eq!(sign_in(), 303);
    let renewed = stored_hash();
    assert_ne!(renewed, old);
    assert_eq!(sign_in(), 303);
    assert_eq!(stored_hash(), renewed, "once is enough");
}
