//! What an operator may do: the rules of `admin`, and that a running server keeps to what was changed.

use keyfob::{
    admin::{
        AdminError, Applied, By, Change,
        clients::{self, ClientInput, MOST_SECRETS, SECRET_OVERLAP},
        scopes::ScopeInput,
        teams::TeamInput,
        users::{self, UserInput},
    },
    domain::{audit::RecordedEvent, time::Lifetime},
    store::{Tx, audit_events::Filter},
};
use serde_json::{Value, json};

use super::support::{START, Server};

const TOKEN: &str = "/api/v1/oauth/token";
const USERINFO: &str = "/api/v1/oauth/userinfo";

/// Makes a change as a command does, and lets the server know of it.
fn change<T: Send + 'static>(
    server: &Server,
    job: impl FnOnce(&Tx, &By) -> Result<Applied<T>, AdminError> + Send + 'static,
) -> Result<Applied<T>, AdminError> {
    change_by(server, By::command_line(), job)
}

fn change_by<T: Send + 'static>(
    server: &Server,
    by: By,
    job: impl FnOnce(&Tx, &By) -> Result<Applied<T>, AdminError> + Send + 'static,
) -> Result<Applied<T>, AdminError> {
    server.app.store.write_blocking(move |tx| job(tx, &by))
}

fn user(value: Value) -> UserInput {
    serde_json::from_value(value).unwrap()
}

fn client(value: Value) -> ClientInput {
    serde_json::from_value(value).unwrap()
}

fn create_user(server: &Server, value: Value) -> Result<Applied<()>, AdminError> {
    let input = user(value).check(None)?;
    change(server, move |tx, by| {
        keyfob::admin::object::create::<keyfob::domain::user::User>(tx, by, input)
    })
    .map(without_value)
}

fn create_client(server: &Server, value: Value) -> Result<Option<String>, AdminError> {
    let input = client(value).check(None)?;
    let made = change(server, move |tx, by| {
        keyfob::admin::object::create::<keyfob::domain::client::Client>(tx, by, input)
    })?;
    Ok(made.secret.map(|secret| secret.expose().to_owned()))
}

fn update_client(server: &Server, id: &'static str, value: Value) -> Result<Change, AdminError> {
    let input = client(value).check(None)?;
    let applied = change(server, move |tx, by| {
        keyfob::admin::object::update::<keyfob::domain::client::Client>(tx, by, id, input)
    })?;
    Ok(applied.change)
}

fn without_value<T>(applied: Applied<T>) -> Applied<()> {
    Applied {
        value: (),
        change: applied.change,
        secret: None,
    }
}

fn events(server: &Server) -> Vec<RecordedEvent> {
    let mut events = server.events(&Filter::default());
    events.reverse();
    events
}

/// Whether the client gets a token with this secret.
fn lets_in(server: &Server, client_id: &str, secret: &str) -> bool {
    let fields = [("grant_type", "client_credentials")];
    let answer = server.form(TOKEN, Some((client_id, secret)), &fields);
    assert!(
        answer.status == 200 || answer.refusal() == (401, "invalid_client".into()),
        "{}",
        answer.text
    );
    answer.status == 200
}

#[test]
fn bad_values_are_refused_with_the_name_of_their_member() {
    let server = Server::start();
    create_user(
        &server,
        json!({"username": "ola", "email": "ola@example.com", "sub": "u-ola"}),
    )
    .unwrap();
    create_client(
        &server,
        json!({"client_id": "backend", "grant_types": ["client_credentials"]}),
    )
    .unwrap();
    let rows = [
        (json!({}), "username"),
        (json!({"username": "  "}), "username"),
        (json!({"username": "a\nb"}), "username"),
        (json!({"username": "x".repeat(256)}), "username"),
        (json!({"username": "a", "sub": "a b"}), "sub"),
        (json!({"username": "a", "sub": "u-ola"}), "sub"),
        (json!({"username": "a", "email": "nobody"}), "email"),
        (
            json!({"username": "a", "email": "OLA@example.com"}),
            "email",
        ),
        (json!({"username": "a", "locale": "nb NO"}), "locale"),
        (json!({"username": "a", "zoneinfo": "Oslo"}), "zoneinfo"),
        (
            json!({"username": "a", "picture": "javascript:alert(1)"}),
            "picture",
        ),
        (json!({"username": "a", "password": "short"}), "password"),
        (
            json!({"username": "a", "password_hash": "$2b$10$abc"}),
            "password_hash",
        ),
        (
            json!({"username": "a", "claims": {"sub": "u-ola"}}),
            "claims",
        ),
        (
            json!({"username": "a", "claims": {"address": "Oslo"}}),
            "claims",
        ),
        (json!({"username": "a", "teams": [{"id": "acme"}]}), "teams"),
        (
            json!({"username": "a", "teams": [{"id": "b"}, {"id": "b"}]}),
            "teams",
        ),
    ];
    for (value, expected) in rows {
        match create_user(&server, value.clone()) {
            Err(AdminError::Invalid { field, .. }) => assert_eq!(field, expected, "{value}"),
            other => panic!("{value}: {other:?}"),
        }
    }
    let rows = [
        (json!({"client_id": "a b"}), "client_id"),
        (json!({"client_id": "keyfob"}), "client_id"),
        (
            json!({"client_id": "https://app.example/client"}),
            "client_id",
        ),
        (json!({"client_id": "a"}), "redirect_uris"),
        (
            json!({"client_id": "a", "redirect_uris": ["http://app.example/"]}),
            "redirect_uris[0]",
        ),
        (
            json!({"client_id": "a", "grant_types": [], "scope": "notes:read"}),
            "scope",
        ),
        (
            json!({"client_id": "a", "grant_types": [], "delegation_teams": ["x"]}),
            "delegation_teams[0]",
        ),
        (
            json!({"client_id": "a", "grant_types": [], "client_secret": "short"}),
            "client_secret",
        ),
        (
            json!({"client_id": "a", "grant_types": [], "client_secret": "long enough",
                   "token_endpoint_auth_method": "none"}),
            "client_secret",
        ),
        (
            json!({"client_id": "a", "grant_types": [], "redirect_uri": "x"}),
            "redirect_uri",
        ),
    ];
    for (value, expected) in rows {
        match create_client(&server, value.clone()) {
            Err(AdminError::Invalid { field, .. }) => assert_eq!(field, expected, "{value}"),
            other => panic!("{value}: {other:?}"),
        }
    }
    assert!(matches!(
        create_user(&server, json!({"username": " OLA "})),
        Err(AdminError::Exists { .. })
    ));
    assert!(matches!(
        create_client(&server, json!({"client_id": "backend", "grant_types": []})),
        Err(AdminError::Exists { .. })
    ));
    // RFC 9700 §4.15: no subject is both a user and a client.
    for clash in [
        create_user(&server, json!({"username": "b", "sub": "backend"})).map(|_| ()),
        create_client(&server, json!({"client_id": "u-ola", "grant_types": []})).map(|_| ()),
    ] {
        match clash {
            Err(AdminError::Conflict(reason)) => assert!(reason.contains("client_id"), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_sub_of_a_deleted_user_is_given_to_nobody_else() {
    let server = Server::start();
    create_user(&server, json!({"username": "ola", "sub": "u-ola"})).unwrap();
    change(&server, |tx, by| {
        keyfob::admin::deletion::delete::<keyfob::domain::user::User>(tx, by, "ola")
    })
    .unwrap();
    let again = create_user(&server, json!({"username": "kari", "sub": "u-ola"}));
    assert!(matches!(again, Err(AdminError::Conflict(_))), "{again:?}");
    create_user(&server, json!({"username": "ola"})).unwrap();
}

#[test]
fn a_scope_of_the_server_itself_can_neither_be_made_nor_deleted() {
    let server = Server::start();
    let input = ScopeInput {
        name: Some("keyfob:more".into()),
        ..ScopeInput::default()
    };
    assert!(matches!(input.check(), Err(AdminError::Invalid { field, .. }) if field == "name"));
    let deleted = change(&server, |tx, by| {
        keyfob::admin::deletion::delete::<keyfob::domain::scope::Scope>(tx, by, "openid")
    });
    assert!(matches!(deleted, Err(AdminError::Conflict(_))));
    let unknown = change(&server, |tx, by| {
        keyfob::admin::deletion::delete::<keyfob::domain::scope::Scope>(tx, by, "(empty)")
    });
    assert!(matches!(unknown, Err(AdminError::NotFound { .. })));
}

#[test]
fn who_is_disabled_deleted_or_gets_another_password_is_signed_out_everywhere() {
    let server = Server::start();
    server.client(
        "web",
        json!({
            "redirect_uris": ["https://app.example/cb"], "grant_types": ["authorization_code"],
            "scope": "openid profile", "token_endpoint_auth_method": "none"
        }),
    );
    let sign_in = |sub: &str| {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", "web"),
            ("code_verifier", super::support::VERIFIER),
        ];
        let code = server.code("web", sub, "openid profile");
        let fields: Vec<_> = fields
            .into_iter()
            .chain([("code", code.as_str())])
            .collect();
        let answer = server.form(TOKEN, None, &fields);
        assert_eq!(answer.status, 200, "{}", answer.text);
        format!("Bearer {}", answer.json()["access_token"].as_str().unwrap())
    };
    let userinfo = |token: &str| server.get(USERINFO, &[("authorization", token)]).status;
    type Deed = fn(&Server);
    let deeds: [(&str, Deed); 3] = [
        ("u1", |server| {
            let input = user(json!({"disabled": true})).check(None).unwrap();
            change(server, |tx, by| {
                keyfob::admin::object::update::<keyfob::domain::user::User>(tx, by, "u1", input)
            })
            .unwrap();
        }),
        ("u2", |server| {
            let input = user(json!({"password": "another horse"}))
                .check(None)
                .unwrap();
            change(server, |tx, by| {
                keyfob::admin::object::update::<keyfob::domain::user::User>(tx, by, "u2", input)
            })
            .unwrap();
        }),
        ("u3", |server| {
            change(server, |tx, by| {
                keyfob::admin::deletion::delete::<keyfob::domain::user::User>(tx, by, "u3")
            })
            .unwrap();
        }),
    ];
    let mut disabled = String::new();
    for (sub, deed) in deeds {
        create_user(
            &server,
            json!({"username": sub, "sub": sub, "password": "correct horse"}),
        )
        .unwrap();
        let token = sign_in(sub);
        assert_eq!(userinfo(&token), 200, "{sub}");
        // What ends nothing: another name, the same password.
        let known = server.app.store.read(|tx| users::find(tx, sub)).unwrap();
        let input = user(json!({"given_name": "Kari", "password": "correct horse"}));
        let input = input.check(Some(&known)).unwrap();
        change(&server, move |tx, by| {
            keyfob::admin::object::update::<keyfob::domain::user::User>(tx, by, sub, input)
        })
        .unwrap();
        assert_eq!(userinfo(&token), 200, "{sub}");
        if sub == "u1" {
            disabled.clone_from(&token);
        }
        deed(&server);
        assert_eq!(userinfo(&token), 401, "{sub}");
    }
    let input = user(json!({"disabled": false})).check(None).unwrap();
    change(&server, |tx, by| {
        keyfob::admin::object::update::<keyfob::domain::user::User>(tx, by, "u1", input)
    })
    .unwrap();
    assert_eq!(userinfo(&disabled), 401, "what ended does not come back");
    assert_eq!(userinfo(&sign_in("u2")), 200, "a new sign-in counts");
}

#[test]
fn a_rotated_secret_stays_valid_until_its_time_whatever_is_rotated_after_it() {
    let server = Server::start();
    let made = json!({"client_id": "backend", "grant_types": ["client_credentials"]});
    let first = create_client(&server, made).unwrap().unwrap();
    let rotate = |overlap| {
        change(&server, move |tx, by| {
            clients::rotate_secret(tx, by, "backend", overlap)
        })
    };
    let secret =
        |made: Applied<keyfob::domain::client::Client>| made.secret.unwrap().expose().to_owned();
    let is_valid = |secret: &str| lets_in(&server, "backend", secret);
    let second = secret(rotate(SECRET_OVERLAP).unwrap());
    server.clock.advance(Lifetime(60));
    let made = rotate(SECRET_OVERLAP).unwrap();
    // What the answer says is what is so.
    let until: Vec<_> = made
        .value
        .secrets
        .iter()
        .map(|one| one.expires_at)
        .collect();
    let first_until = START + SECRET_OVERLAP;
    let expected = [Some(first_until), Some(first_until + Lifetime(60)), None];
    assert_eq!(until, expected);
    let third = secret(made);
    assert!(is_valid(&first) && is_valid(&second) && is_valid(&third));
    server.clock.advance(Lifetime(SECRET_OVERLAP.0 - 60));
    assert!(!is_valid(&first) && is_valid(&second) && is_valid(&third));
    server.clock.advance(Lifetime(60));
    assert!(!is_valid(&second) && is_valid(&third));
    for _ in 1..MOST_SECRETS {
        rotate(SECRET_OVERLAP).unwrap();
    }
    let refused = rotate(SECRET_OVERLAP);
    assert!(matches!(refused, Err(AdminError::Conflict(_))));
    assert!(is_valid(&third), "a refused rotation changes nothing");
    let last = secret(rotate(Lifetime(0)).unwrap());
    assert!(!is_valid(&third) && is_valid(&last));
}

#[test]
fn a_disabled_client_is_refused_and_loses_its_tokens() {
    let server = Server::start();
    let made = json!({
        "client_id": "backend", "client_secret": "chosen by hand", "grant_types": ["client_credentials"]
    });
    assert_eq!(
        create_client(&server, made).unwrap(),
        None,
        "no secret was made"
    );
    assert!(lets_in(&server, "backend", "chosen by hand"));
    assert_eq!(
        update_client(&server, "backend", json!({"disabled": true})).unwrap(),
        Change::Updated
    );
    assert!(!lets_in(&server, "backend", "chosen by hand"));
    update_client(&server, "backend", json!({"disabled": false})).unwrap();
    assert!(lets_in(&server, "backend", "chosen by hand"));
    change(&server, |tx, by| {
        keyfob::admin::deletion::delete::<keyfob::domain::client::Client>(tx, by, "backend")
    })
    .unwrap();
    assert!(!lets_in(&server, "backend", "chosen by hand"));
}

#[test]
fn a_client_that_becomes_confidential_gets_a_secret_and_loses_it_again() {
    let server = Server::start();
    let public = json!({
        "client_id": "web", "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "none"
    });
    assert_eq!(create_client(&server, public).unwrap(), None);
    let rotated = change(&server, |tx, by| {
        clients::rotate_secret(tx, by, "web", SECRET_OVERLAP)
    });
    assert!(matches!(rotated, Err(AdminError::Conflict(_))));
    let input = json!({
        "token_endpoint_auth_method": "client_secret_post", "grant_types": ["client_credentials"]
    });
    let input = client(input).check(None).unwrap();
    let applied = change(&server, |tx, by| {
        keyfob::admin::object::update::<keyfob::domain::client::Client>(tx, by, "web", input)
    })
    .unwrap();
    let secret = applied.secret.unwrap();
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", "web"),
        ("client_secret", secret.expose()),
    ];
    assert_eq!(server.form(TOKEN, None, &fields).status, 200);
    let input =
        json!({"token_endpoint_auth_method": "none", "grant_types": ["authorization_code"]});
    update_client(&server, "web", input).unwrap();
    let client = server.app.store.read(|tx| clients::get(tx, "web")).unwrap();
    assert!(client.secrets.is_empty());
}

#[test]
fn what_a_state_file_declares_is_idempotent_and_changed_by_it_alone() {
    let server = Server::start();
    let file = || By::state_file("keyfob.toml");
    let declare_client = |value: Value| {
        let known = server.app.store.read(|tx| clients::get(tx, "backend")).ok();
        let input = client(value).check(known.as_ref()).unwrap();
        let applied = change_by(&server, file(), |tx, by| {
            keyfob::admin::object::declare::<keyfob::domain::client::Client>(tx, by, input)
        });
        applied.unwrap().change
    };
    let declare_user = |value: Value| {
        let known = server.app.store.read(|tx| users::find(tx, "ola")).ok();
        let input = user(value).check(known.as_ref()).unwrap();
        let applied = change_by(&server, file(), |tx, by| {
            keyfob::admin::object::declare::<keyfob::domain::user::User>(tx, by, input)
        })
        .unwrap();
        (applied.change, server.app.directory.revocations())
    };
    let team = TeamInput {
        id: Some("acme".into()),
        ..TeamInput::default()
    };
    for expected in [Change::Created, Change::Unchanged] {
        let input = team.clone().check().unwrap();
        let applied = change_by(&server, file(), |tx, by| {
            keyfob::admin::object::declare::<keyfob::domain::team::Team>(tx, by, input)
        });
        assert_eq!(applied.unwrap().change, expected);
        let input = json!({
            "client_id": "backend", "client_secret": "s3cret-for-development",
            "grant_types": ["client_credentials"], "delegation_teams": ["acme"]
        });
        assert_eq!(declare_client(input), expected);
        let input = json!({
            "username": "ola", "password": "correct horse", "email": "ola@example.com",
            "teams": [{"id": "acme", "role": "admin"}]
        });
        assert_eq!(declare_user(input), (expected, 0));
    }
    let before = events(&server).len();
    assert_eq!(before, 3, "an unchanged object leaves no event");
    // What is left out gets its default, the password stays.
    assert_eq!(declare_user(json!({"username": "Ola"})).0, Change::Updated);
    let ola = server.app.store.read(|tx| users::find(tx, "ola")).unwrap();
    assert_eq!((ola.username.as_str(), ola.profile.email), ("Ola", None));
    assert!(ola.teams.is_empty() && ola.password_hash.is_some());
    // Another secret takes the place of the first at once.
    let input = json!({
        "client_id": "backend", "client_secret": "another-for-development",
        "grant_types": ["client_credentials"]
    });
    assert_eq!(declare_client(input), Change::Updated);
    assert!(!lets_in(&server, "backend", "s3cret-for-development"));
    assert!(lets_in(&server, "backend", "another-for-development"));

    let managed = |result: Result<Applied<()>, AdminError>| match result {
        Err(AdminError::ManagedByFile { file, .. }) => assert_eq!(file, "keyfob.toml"),
        other => panic!("{other:?}"),
    };
    managed(
        change(&server, |tx, by| {
            keyfob::admin::deletion::delete::<keyfob::domain::user::User>(tx, by, "ola")
        })
        .map(without_value),
    );
    managed(
        change(&server, |tx, by| {
            keyfob::admin::deletion::delete::<keyfob::domain::client::Client>(tx, by, "backend")
        })
        .map(without_value),
    );
    managed(
        change(&server, |tx, by| {
            keyfob::admin::deletion::delete::<keyfob::domain::team::Team>(tx, by, "acme")
        })
        .map(without_value),
    );
    let input = user(json!({"admin": true})).check(None).unwrap();
    managed(
        change(&server, |tx, by| {
            keyfob::admin::object::update::<keyfob::domain::user::User>(tx, by, "ola", input)
        })
        .map(without_value),
    );
    // A secret that the server makes stands in no file.
    change(&server, |tx, by| {
        clients::rotate_secret(tx, by, "backend", SECRET_OVERLAP)
    })
    .unwrap();
}

#[test]
fn each_change_is_in_the_audit_log_without_its_values() {
    let server = Server::start();
    create_user(
        &server,
        json!({"username": "ola", "sub": "u-ola", "admin": true}),
    )
    .unwrap();
    let input = user(json!({"password": "correct horse", "email": "secret@example.com"}));
    let input = input.check(None).unwrap();
    change(&server, |tx, by| {
        keyfob::admin::object::update::<keyfob::domain::user::User>(tx, by, "ola", input)
    })
    .unwrap();
    let secret = create_client(&server, json!({"client_id": "backend", "grant_types": []}));
    change(&server, |tx, by| {
        keyfob::admin::deletion::delete::<keyfob::domain::client::Client>(tx, by, "backend")
    })
    .unwrap();
    let events = events(&server);
    let told: Vec<_> = events
        .iter()
        .map(|event| {
            let about = event.subject.as_ref().or(event.client_id.as_ref()).unwrap();
            (event.event.as_str(), about.as_str(), event.actor.as_deref())
        })
        .collect();
    let expected = [
        ("user.created", "u-ola", Some("cli")),
        ("user.updated", "u-ola", Some("cli")),
        ("client.created", "backend", Some("cli")),
        ("client.deleted", "backend", Some("cli")),
    ];
    assert_eq!(told, expected);
    assert_eq!(
        events[1].detail,
        Some(json!({"changed": ["email", "password"]}))
    );
    let all = format!("{events:?}");
    for hidden in [
        "secret@example.com",
        "correct horse",
        &secret.unwrap().unwrap(),
    ] {
        assert!(!all.contains(hidden), "{hidden}");
    }
}
