//! Commands on the database of a server that runs: it sees within a second what they have changed.

use std::time::{Duration, Instant};

use keyfob::domain::time::Lifetime;
use serde_json::{Value, json};

use super::{Said, run};
use crate::support::{Server, claims};

/// A server, and the commands on its file.
struct Beside {
    server: Server,
}

impl Beside {
    fn start() -> Self {
        Self {
            server: Server::start_now(),
        }
    }

    fn run(&self, args: &[&str], stdin: &str) -> Said {
        run(&self.server.app.config.database, args, stdin)
    }

    fn ok(&self, args: &[&str]) -> String {
        self.run(args, "").ok(args)
    }

    /// Waits until the server does so. It looks at the file every quarter of a second; the rest is for a
    /// machine that has other things to do.
    fn sees(&self, what: &str, seen: impl Fn(&Server) -> bool) {
        let began = Instant::now();
        while !seen(&self.server) {
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "the server does not see: {what}"
            );
            std::thread::yield_now();
        }
    }
}

fn client_token(server: &Server, secret: &str) -> Option<String> {
    let fields = [("grant_type", "client_credentials")];
    let answer = server.form("/api/v1/oauth/token", Some(("backend", secret)), &fields);
    answer.json()["access_token"].as_str().map(str::to_owned)
}

fn userinfo(server: &Server, token: &str) -> u16 {
    let token = format!("Bearer {token}");
    server
        .get("/api/v1/oauth/userinfo", &[("authorization", &token)])
        .status
}

fn supported_scopes(server: &Server) -> Value {
    server.get("/.well-known/openid-configuration", &[]).json()["scopes_supported"].clone()
}

fn kids(server: &Server) -> Vec<Value> {
    let jwks = server.get("/.well-known/jwks.json", &[]).json();
    let keys = jwks["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].clone()).collect()
}

#[test]
fn the_server_sees_clients_scopes_users_and_keys_that_commands_have_changed() {
    let beside = Beside::start();
    let create = [
        "client",
        "create",
        "backend",
        "--grant-type",
        "client_credentials",
        "--output",
        "json",
    ];
    let made: Value = serde_json::from_str(&beside.ok(&create)).unwrap();
    let secret = made["client_secret"].as_str().unwrap();
    beside.sees("a new client", |server| {
        client_token(server, secret).is_some()
    });
    // What a command takes from a client, its tokens lose.
    beside.ok(&[
        "client",
        "update",
        "backend",
        "--scope",
        "email keyfob:delegate",
    ]);
    beside.sees("more scopes", |server| {
        let token = client_token(server, secret);
        token.is_some_and(|token| claims(&json!(token))["scope"] == "email keyfob:delegate")
    });
    let token = client_token(&beside.server, secret).unwrap();
    let inspected = |server: &Server| {
        let fields = [("token", token.as_str())];
        let basic = Some(("backend", secret));
        let answer = server.form("/api/v1/oauth/introspect", basic, &fields);
        answer.json()["active"] == true
    };
    assert!(inspected(&beside.server));
    beside.ok(&["client", "update", "backend", "--scope", "email"]);
    beside.sees("a reserved scope less", |server| !inspected(server));
    beside.ok(&["client", "update", "backend", "--disable"]);
    beside.sees("a disabled client", |server| {
        client_token(server, secret).is_none()
    });
    beside.ok(&["client", "update", "backend", "--enable"]);
    let other = beside.ok(&["client", "rotate-secret", "backend", "--overlap", "0"]);
    beside.sees("a new secret", |server| {
        client_token(server, other.trim()).is_some()
    });
    assert_eq!(client_token(&beside.server, secret), None);

    beside.ok(&["scope", "create", "notes:read"]);
    let has = |server: &Server| {
        supported_scopes(server)
            .as_array()
            .unwrap()
            .contains(&json!("notes:read"))
    };
    beside.sees("a new scope", has);
    beside.ok(&["scope", "delete", "notes:read"]);
    beside.sees("a deleted scope", |server| !has(server));

    beside
        .run(
            &["user", "create", "ola", "--admin", "--password-stdin"],
            "correct horse",
        )
        .ok(&[]);
    beside.sees("an administrator", |server| {
        server.app.directory.snapshot().has_admin
    });

    let before = kids(&beside.server);
    beside.ok(&["key", "rotate", "--now"]);
    beside.sees("new keys", |server| kids(server).len() == 2 * before.len());
    // The command's clock has gone on.
    beside.server.clock.advance(Lifetime::minutes(5));
    let token = client_token(&beside.server, other.trim()).unwrap();
    let kid = keyfob::crypto::jwt::header(&token).unwrap().kid.unwrap();
    assert!(!before.contains(&json!(kid)), "the old key still signs");
}

#[test]
fn a_token_that_a_command_mints_counts_at_the_server_until_a_command_ends_it() {
    let beside = Beside::start();
    let issuer = beside.server.app.config.issuer.clone();
    let mint = |args: &[&str]| {
        let args: Vec<_> = ["token", "mint", "--issuer", &issuer]
            .iter()
            .chain(args)
            .copied()
            .collect();
        beside.ok(&args).trim_end().to_owned()
    };
    beside.ok(&["user", "create", "ola", "--sub", "u-ola"]);
    type End = fn(&Beside, &str);
    let ends: [(&str, End); 4] = [
        ("token revoke", |beside, token| {
            beside.run(&["token", "revoke"], token).ok(&[]);
        }),
        ("token revoke --jti", |beside, token| {
            let inspected = beside
                .run(&["token", "inspect", "-", "--output", "json"], token)
                .ok(&[]);
            let inspected: Value = serde_json::from_str(&inspected).unwrap();
            let jti = inspected["claims"]["jti"].as_str().unwrap();
            beside.ok(&["token", "revoke", "--jti", jti]);
        }),
        ("session revoke --user", |beside, _| {
            beside.ok(&["session", "revoke", "--user", "ola"]);
        }),
        ("user update --disable", |beside, _| {
            beside.ok(&["user", "update", "ola", "--disable"]);
        }),
    ];
    for (what, end) in ends {
        let token = mint(&["--user", "ola", "--scope", "openid"]);
        assert_eq!(userinfo(&beside.server, &token), 200, "{what}");
        end(&beside, &token);
        beside.sees(what, |server| userinfo(server, &token) == 401);
    }
}

#[test]
fn a_browser_that_a_command_signs_out_is_signed_out_at_the_server() {
    let beside = Beside::start();
    beside
        .run(
            &[
                "user",
                "create",
                "ola",
                "--sub",
                "u-ola",
                "--password-stdin",
            ],
            "correct horse",
        )
        .ok(&[]);
    // A session as the sign-in page makes it.
    beside.server.code("web", "u-ola", "openid");
    let sessions: Value =
        serde_json::from_str(&beside.ok(&["session", "list", "--output", "json"])).unwrap();
    let expected = [
        "id",
        "sub",
        "username",
        "amr",
        "auth_time",
        "created_at",
        "last_used_at",
        "expires_at",
        "ended_at",
        "address",
        "user_agent",
    ];
    assert_eq!(super::members(&sessions[0]), expected);
    assert_eq!(
        (&sessions[0]["username"], &sessions[0]["amr"]),
        (&json!("ola"), &json!(["pwd"]))
    );
    let id = sessions[0]["id"].as_str().unwrap();
    assert_eq!(
        beside
            .ok(&["session", "list", "--user", "ola"])
            .lines()
            .count(),
        2
    );
    beside.ok(&["session", "revoke", id]);
    assert_eq!(
        beside.ok(&["session", "list", "--output", "json"]).trim(),
        "[]"
    );
    let shown: Value =
        serde_json::from_str(&beside.ok(&["session", "show", id, "--output", "json"])).unwrap();
    assert!(shown["ended_at"].is_string());
    assert_eq!(
        beside.run(&["session", "list", "--user", "kari"], "").code,
        4
    );
    assert_eq!(
        beside
            .run(
                &["session", "show", "01900000-0000-7000-8000-000000000000"],
                ""
            )
            .code,
        4
    );
}

#[test]
fn a_server_that_is_ready_passes_the_health_check_and_one_that_is_not_there_does_not() {
    let beside = Beside::start();
    let url = beside.server.url.clone();
    let database = beside.server.app.config.database.clone();
    beside.ok(&["healthcheck", "--url", &url]);
    let listen = url.trim_start_matches("http://");
    let config = database.parent().unwrap().join("health.toml");
    std::fs::write(config, format!("listen = \"{listen}\"\n")).unwrap();
    beside.ok(&["healthcheck", "--config", "health.toml"]);
    assert_eq!(
        run(
            &database,
            &["healthcheck", "--url", &format!("{url}/other")],
            ""
        )
        .code,
        5
    );
    drop(beside);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let folder = super::Folder::new();
    let said = folder.run(&["healthcheck", "--url", &format!("http://{nobody}")]);
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (5, ""),
        "{}",
        said.stderr
    );
}

#[test]
fn a_revocation_by_a_command_covers_what_was_issued_before_it_and_nothing_after_it() {
    let end = |beside: &Beside| beside.ok(&["session", "revoke", "--user", "ola"]);
    // The clocks of two processes never stand on the same moment: ids must not depend on it.
    for (server_is_ahead, span) in [
        (true, Lifetime::minutes(10)),
        (false, Lifetime::minutes(10)),
    ] {
        let beside = Beside::start();
        beside.ok(&["user", "create", "ola", "--sub", "u-ola"]);
        beside.server.client(
            "web",
            json!({
                "redirect_uris": ["https://app.example/cb"], "grant_types": ["authorization_code"],
                "scope": "openid", "token_endpoint_auth_method": "none"
            }),
        );
        let sign_in = || {
            let code = beside.server.code("web", "u-ola", "openid");
            let fields = [
                ("grant_type", "authorization_code"),
                ("client_id", "web"),
                ("code", code.as_str()),
                ("code_verifier", crate::support::VERIFIER),
            ];
            let answer = beside.server.form("/api/v1/oauth/token", None, &fields);
            assert_eq!(answer.status, 200, "{}", answer.text);
            answer.json()["access_token"].as_str().unwrap().to_owned()
        };
        if server_is_ahead {
            beside.server.clock.advance(span);
        }
        let before = sign_in();
        end(&beside);
        beside.sees("a revoked user", |server| userinfo(server, &before) == 401);
        if !server_is_ahead {
            // The command's revocation lies in the server's future.
            beside.server.clock.turn_back(span);
            end(&beside);
            beside.ok(&["scope", "create", "seen"]);
            let seen = |server: &Server| {
                supported_scopes(server)
                    .as_array()
                    .unwrap()
                    .contains(&json!("seen"))
            };
            beside.sees("the change after it", seen);
        }
        let after = sign_in();
        assert_eq!(
            userinfo(&beside.server, &after),
            200,
            "ahead: {server_is_ahead}"
        );
    }
}

#[test]
fn a_change_by_another_process_is_seen_however_soon_it_comes_and_again_until_it_is_understood() {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use keyfob::{
        clock::SystemClock,
        store::{IfMissing, Store, StoreError, settings},
    };
    let folder = super::Folder::new();
    let open = || {
        let clock = Arc::new(SystemClock);
        Store::open(&folder.path("keyfob.db"), IfMissing::Refuse, clock).unwrap()
    };
    let (ours, theirs) = (open(), open());
    theirs
        .write_blocking(|tx| settings::set(tx, "a", "1"))
        .unwrap();
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    ours.on_change(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
        0 => Err(StoreError::Overloaded),
        _ => Ok(()),
    });
    let began = Instant::now();
    while calls.load(Ordering::SeqCst) < 2 {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "the change was not seen twice"
        );
        std::thread::yield_now();
    }
}
