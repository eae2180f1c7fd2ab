//! Who may use the admin API.

use keyfob::{
    admin::{AdminError, By, sessions, users::UserInput},
    config::Mode,
    domain::{secret::Secret, time::Lifetime},
    store::Tx,
};
use serde_json::{Value, json};

use super::{BASE, Console};
use crate::support::{Server, VERIFIER};

type Headers<'a> = &'a [(&'a str, &'a str)];

#[test]
fn nobody_uses_it_without_a_session_or_a_token_with_the_scope() {
    let console = Console::start();
    let server = &console.server;
    let secret = server.client(
        "job",
        json!({"grant_types": ["client_credentials"], "scope": "openid keyfob:admin",
               "token_endpoint_auth_method": "client_secret_basic"}),
    );
    let token = |scope: &str| {
        let fields = [("grant_type", "client_credentials"), ("scope", scope)];
        let answer = server.form("/api/v1/oauth/token", Some(("job", &secret)), &fields);
        format!("Bearer {}", answer.json()["access_token"].as_str().unwrap())
    };
    let (weak, strong) = (token("openid"), token("keyfob:admin"));
    let made_up = format!("{}=x.y", server.cookie_name("keyfob_admin"));
    let rows: [(&str, Headers, u16, &str); 5] = [
        ("(empty)", &[], 401, "sign_in_required"),
        (
            "a made-up cookie",
            &[("cookie", &made_up)],
            401,
            "sign_in_required",
        ),
        (
            "a made-up token",
            &[("authorization", "Bearer x")],
            401,
            "invalid_token",
        ),
        (
            "a token without the scope",
            &[("authorization", &weak)],
            403,
            "insufficient_scope",
        ),
        ("a token with it", &[("authorization", &strong)], 200, ""),
    ];
    for (what, headers, status, code) in rows {
        let answer = server.get(&format!("{BASE}/clients"), headers);
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
        // RFC 6750 §3: how to come in, and what was wrong with a token that came.
        let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
        if status != 200 {
            assert_eq!(answer.problem().1, code, "{what}");
        }
        let dpop = r#"DPoP algs="ES256 EdDSA Ed25519 PS256 RS256""#;
        let expected: &[&str] = match code {
            "sign_in_required" => &[r#"Bearer realm="keyfob""#, dpop],
            "invalid_token" => &[r#"Bearer realm="keyfob", error="invalid_token""#, dpop],
            "insufficient_scope" => {
                &[r#"Bearer realm="keyfob", error="insufficient_scope", scope="keyfob:admin""#]
            }
            _ => &[],
        };
        assert_eq!(challenges, expected, "{what}");
    }
}

#[test]
fn a_write_that_does_not_come_from_the_admin_page_is_refused() {
    let console = Console::start();
    let host = console.server.url.trim_start_matches("http://").to_owned();
    let here = format!("http://{host}");
    let rows: [(Headers, u16); 7] = [
        (&[("content-type", "application/json")], 403),
        (
            &[
                ("content-type", "application/json"),
                ("sec-fetch-site", "cross-site"),
            ],
            403,
        ),
        (
            &[
                ("content-type", "application/json"),
                ("sec-fetch-site", "same-site"),
            ],
            403,
        ),
        (
            &[
                ("content-type", "application/json"),
                ("origin", "https://evil.example"),
            ],
            403,
        ),
        (
            &[("content-type", "application/json"), ("origin", "null")],
            403,
        ),
        (
            &[
                ("content-type", "text/plain"),
                ("sec-fetch-site", "same-origin"),
            ],
            415,
        ),
        (
            &[("content-type", "application/json"), ("origin", &here)],
            201,
        ),
    ];
    for (headers, status) in rows {
        let headers: Vec<_> = [("cookie", console.cookie.as_str())]
            .iter()
            .chain(headers)
            .copied()
            .collect();
        let body = json!({"grant_types": ["client_credentials"]}).to_string();
        let answer = console.server.send(
            "POST",
            &format!("{BASE}/clients"),
            &headers,
            Some(body.as_bytes()),
        );
        assert_eq!(answer.status, status, "{headers:?}: {}", answer.text);
    }
}

#[test]
fn a_wrong_password_and_somebody_who_is_no_administrator_get_one_answer() {
    let console = Console::start();
    console.server.person("ola");
    let rows = [
        ("root", "wrong"),
        ("nobody", "wrong"),
        ("ola", "correct horse"),
    ];
    let mut seen = Vec::new();
    for (username, password) in rows {
        let body = json!({"username": username, "password": password});
        let answer = console.post("/session", &body);
        assert_eq!(answer.problem().0, 401);
        assert!(answer.header("set-cookie").is_none());
        seen.push(answer.text);
    }
    assert!(seen.iter().all(|text| text == &seen[0]), "{seen:?}");
}

#[test]
fn a_session_ends_with_time_with_signing_out_and_with_the_office() {
    let is_in = |console: &Console| console.get("/clients").status == 200;

    let console = Console::start();
    console.server.clock.advance(Lifetime::minutes(59));
    assert!(is_in(&console), "used within the hour");
    console.server.clock.advance(Lifetime::minutes(61));
    assert!(!is_in(&console), "unused for an hour");

    // A page that looks by itself is not somebody who is there.
    let console = Console::start();
    console.server.clock.advance(Lifetime::minutes(59));
    let looks = console.send("GET", "/traces", &[("keyfob-watching", "1")], None);
    assert_eq!(looks.status, 200);
    console.server.clock.advance(Lifetime::minutes(2));
    assert!(!is_in(&console), "only looked at for an hour");

    let console = Console::start();
    assert_eq!(console.delete("/session").status, 204);
    assert!(!is_in(&console), "signed out");

    let console = Console::start();
    console.server.user("root", |user| user.admin = false);
    assert!(!is_in(&console), "no administrator any more");
    console.server.user("root", |user| {
        user.admin = true;
        user.disabled = true;
    });
    assert!(!is_in(&console), "disabled");
}

#[test]
fn a_session_that_an_operator_has_ended_does_not_come_back_with_the_office() {
    type Deed = fn(&Tx, &By) -> Result<(), AdminError>;
    fn change(tx: &Tx, by: &By, input: UserInput) -> Result<(), AdminError> {
        keyfob::admin::object::update::<keyfob::domain::user::User>(
            tx,
            by,
            "root",
            input.check(None)?,
        )
        .map(drop)
    }
    let deeds: [(&str, Deed); 4] = [
        ("demoted", |tx, by| {
            for admin in [Some(false), Some(true)] {
                let input = UserInput {
                    admin,
                    ..UserInput::default()
                };
                change(tx, by, input)?;
            }
            Ok(())
        }),
        ("disabled", |tx, by| {
            for disabled in [Some(true), Some(false)] {
                let input = UserInput {
                    disabled,
                    ..UserInput::default()
                };
                change(tx, by, input)?;
            }
            Ok(())
        }),
        ("another password", |tx, by| {
            let input = UserInput {
                password: Some(Secret::new("another horse")),
                ..UserInput::default()
            };
            change(tx, by, input)
        }),
        ("signed out everywhere", |tx, by| {
            sessions::revoke_all(tx, by, "root").map(drop)
        }),
    ];
    for (what, deed) in deeds {
        let console = Console::start();
        let done = console
            .server
            .app
            .store
            .write_blocking(move |tx| deed(tx, &By::command_line()));
        done.unwrap();
        assert_eq!(console.get("/clients").status, 401, "{what}");
    }
}

#[test]
fn a_dangerous_act_wants_the_password_given_not_long_ago() {
    let console = Console::start();
    let made = console.post(
        "/clients",
        &json!({"client_id": "job", "grant_types": ["client_credentials"]}),
    );
    assert_eq!(made.status, 201, "{}", made.text);
    console.server.clock.advance(Lifetime::minutes(11));
    let rotate = || console.post("/clients/job/secrets", &json!({}));
    assert_eq!(rotate().problem(), (403, "password_required".into(), None));
    let prove = |password: &str| {
        let body = json!({"username": "root", "password": password});
        console.send("PUT", "/session", &[], Some(&body)).status
    };
    assert_eq!(prove("wrong"), 401);
    assert_eq!(rotate().status, 403);
    assert_eq!(prove("correct horse"), 204);
    assert_eq!(rotate().status, 201);
}

#[test]
fn the_shell_says_which_scripts_run_and_leads_away_while_there_is_no_administrator() {
    let fresh = Server::start();
    let answer = fresh.get("/admin/clients", &[]);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")));

    let console = Console::start();
    let shell = console.server.get("/admin/clients/any", &[]);
    assert_eq!(shell.status, 200);
    let policy = shell.header("content-security-policy").unwrap();
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "trusted-types 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"));
    assert_eq!(shell.header("cache-control"), Some("no-cache"));
    let tag = shell.header("etag").unwrap();
    let again = console.server.get("/admin", &[("if-none-match", tag)]);
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    // RFC 9110 §15.4.5: nothing follows the headers, or the next answer begins with it.
    let request = format!(
        "GET /admin HTTP/1.1\r\nhost: x\r\nif-none-match: {tag}\r\nconnection: close\r\n\r\n"
    );
    let raw = console.server.raw(request.as_bytes());
    assert!(
        raw.starts_with("HTTP/1.1 304") && raw.ends_with("\r\n\r\n"),
        "{raw}"
    );
    let script = shell
        .text
        .split("src=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let path = script;
    let script = console.server.get(path, &[]);
    assert_eq!(script.status, 200);
    assert!(
        script
            .header("cache-control")
            .unwrap()
            .contains("immutable")
    );
    let tag = script.header("etag").unwrap();
    let again = console.server.get(path, &[("if-none-match", tag)]);
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    // Under another hash it may be another file, and is kept by nobody.
    let (_, name) = path.strip_prefix("/_a/").unwrap().split_once('/').unwrap();
    let other = console.server.get(&format!("/_a/00000000/{name}"), &[]);
    assert_eq!((other.status, other.header("cache-control")), (404, None));
    let icon = shell
        .text
        .split("href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let prefix = icon.strip_suffix("/logo.svg").unwrap();
    for hidden in [
        "admin/index.html",
        "pages/login.html",
        "contract.json",
        "vendor/update.sh",
        "vendor/VENDOR.toml",
    ] {
        let answer = console.server.get(&format!("{prefix}/{hidden}"), &[]);
        assert_eq!(answer.status, 404, "{hidden}");
    }
}

// The libraries are what npm has, save for the edits that VENDOR.toml names.
#[test]
fn the_vendored_files_are_the_ones_that_are_named() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/vendor");
    let list: toml::Table = std::fs::read_to_string(format!("{folder}/VENDOR.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let vendored = list["vendored"].as_array().unwrap();
    assert_eq!(vendored.len(), 4);
    for file in vendored {
        let name = file["file"].as_str().unwrap();
        let bytes = std::fs::read(format!("{folder}/{name}")).unwrap();
        let hash: String = keyfob::crypto::hash::sha256(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(file["sha256"].as_str(), Some(hash.as_str()), "{name}");
    }
}

#[test]
fn the_session_says_who_is_there_and_nothing_more() {
    let console = Console::start();
    let answer = console.get("/session").json();
    assert_eq!(answer["admin"]["username"], "root");
    assert_eq!(answer["issuer_matches"], true);
    let stranger = console.server.get(&format!("{BASE}/session"), &[]).json();
    assert_eq!(stranger["admin"], Value::Null);
    assert_eq!(stranger["personas"], json!([]));
}

// RFC 8693 §4.1
#[test]
fn nobody_administers_on_behalf_of_somebody_else() {
    let console = Console::start();
    let server = &console.server;
    server.user("second", |user| user.admin = true);
    let secret = server.client(
        "pages",
        json!({"grant_types": ["authorization_code"], "redirect_uris": ["https://app.example/cb"],
               "scope": "keyfob:admin keyfob:delegate",
               "token_endpoint_auth_method": "client_secret_basic"}),
    );
    let code = server.code("pages", "second", "keyfob:admin keyfob:delegate");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("code_verifier", VERIFIER),
    ];
    let bearer = |answer: crate::support::Answer| {
        assert_eq!(answer.status, 200, "{}", answer.text);
        format!("Bearer {}", answer.json()["access_token"].as_str().unwrap())
    };
    let own = bearer(server.form("/api/v1/oauth/token", Some(("pages", &secret)), &fields));
    let acting = |token: &str, sub: &str| {
        bearer(server.json(
            "/api/v1/oauth/delegated-token",
            &[("authorization", token)],
            &json!({"sub": sub, "scopes": ["keyfob:admin", "keyfob:delegate"]}),
        ))
    };
    let for_root = acting(&own, "root");
    let rows = [
        ("the own token", own.clone(), None),
        ("an attenuated one", acting(&own, "second"), None),
        ("one for another", for_root.clone(), Some("delegated")),
        (
            "one for oneself, got by another",
            acting(&for_root, "root"),
            Some("delegated"),
        ),
    ];
    for (what, token, refused) in rows {
        let headers = [("authorization", token.as_str())];
        let body = json!({"name": format!("x:{}", what.len()), "description": what});
        let answer = server.json(&format!("{BASE}/scopes"), &headers, &body);
        match refused {
            None => assert_eq!(answer.status, 201, "{what}: {}", answer.text),
            Some(code) => assert_eq!(answer.problem(), (403, code.into(), None), "{what}"),
        }
    }
    let events = console.get("/events?event=scope.created").json();
    for event in events["items"].as_array().unwrap() {
        assert_eq!(event["actor"], "second");
    }
}

// A page of another name that points here is of the same origin, for a browser.
#[test]
fn in_dev_mode_one_click_signs_in_under_the_names_of_this_machine_alone() {
    let server = Server::start_with(|told| told.config.mode = Mode::Dev);
    server.user("alice", |user| {
        user.admin = true;
        user.persona = true;
    });
    server.app.refresh_directory().unwrap();
    let port = server.url.rsplit(':').next().unwrap();
    let rows = [
        (format!("127.0.0.1:{port}"), true),
        (format!("localhost:{port}"), true),
        (format!("[::1]:{port}"), true),
        (format!("evil.example:{port}"), false),
        ("evil.example".to_owned(), false),
        (format!("127.0.0.1.evil.example:{port}"), false),
        (format!("localhost.:{port}"), false),
    ];
    for (host, is_here) in &rows {
        let origin = format!("http://{host}");
        let named = [
            ("host", host.as_str()),
            ("origin", &origin),
            ("sec-fetch-site", "same-origin"),
        ];
        let shown = server.get(&format!("{BASE}/session"), &named);
        let click = json!({"username": "alice", "persona": true});
        let answer = server.json(&format!("{BASE}/session"), &named, &click);
        assert_eq!(answer.status, if *is_here { 201 } else { 403 }, "{host}");
        assert_eq!(answer.header("set-cookie").is_some(), *is_here, "{host}");
        let page = server.get("/login", &named);
        if !is_here {
            assert_eq!((shown.status, page.status), (403, 403), "{host}");
            continue;
        }
        let expected = json!([{"username": "alice", "name": "Ola Nordmann"}]);
        assert_eq!(shown.json()["personas"], expected, "{host}");
        assert!(page.text.contains("value=\"alice\""), "{host}");
        let cookie = page
            .header("set-cookie")
            .unwrap()
            .split(';')
            .next()
            .unwrap();
        let form: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("csrf", &page.field("csrf"))
            .append_pair("persona", "alice")
            .finish();
        let kind = "application/x-www-form-urlencoded";
        let headers = [&named[..], &[("cookie", cookie), ("content-type", kind)]].concat();
        let answer = server.send("POST", "/login", &headers, Some(form.as_bytes()));
        let signed_in = answer
            .header("set-cookie")
            .is_some_and(|set| set.contains("keyfob_session"));
        assert!(answer.status == 303 && signed_in, "{host}: {}", answer.text);
    }
}
