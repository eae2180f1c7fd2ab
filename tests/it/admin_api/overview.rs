//! The first page of the admin page: counts, chart, failures, warnings.

use keyfob::{
    admin::overview::warnings,
    config::{Config, Registration, settings::Settings},
    domain::time::Lifetime,
    store::{StoreError, sessions},
};
use serde_json::{Value, json};

use super::Console;

const TOKEN: &str = "/api/v1/oauth/token";
const GRANT: [(&str, &str); 1] = [("grant_type", "client_credentials")];

fn overview(console: &Console) -> Value {
    let answer = console.get("/overview");
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn job(console: &Console) -> String {
    let metadata = json!({"grant_types": ["client_credentials"], "scope": "email",
                          "token_endpoint_auth_method": "client_secret_basic"});
    console.server.client("job", metadata)
}

fn bars(overview: &Value) -> Vec<(u64, u64)> {
    let chart = overview["chart"].as_array().unwrap().iter();
    let of = |bar: &Value| {
        (
            bar["issued"].as_u64().unwrap(),
            bar["failed"].as_u64().unwrap(),
        )
    };
    chart.map(of).collect()
}

#[test]
fn it_says_what_there_is_and_what_comes_first() {
    let console = Console::start();
    let before = overview(&console);
    assert_eq!(
        before["clients"],
        json!({"count": 0, "public": 0, "first": null})
    );
    assert_eq!(before["users"], json!({"count": 1, "or_more": false}));
    assert_eq!(before["sessions"], json!({"count": 0, "or_more": false}));
    assert_eq!(before["ever_issued"], false);
    let secret = job(&console);
    console.server.client(
        "spa",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": ["https://app.example/cb"], "scope": "openid"}),
    );
    console.server.user("u-ola", |_| {});
    console.server.signed_in("u-ola");
    let answer = console.server.form(TOKEN, Some(("job", &secret)), &GRANT);
    assert_eq!(answer.status, 200);
    let after = overview(&console);
    assert_eq!(after["clients"]["count"], 2);
    assert_eq!(after["clients"]["public"], 1);
    assert_eq!(after["users"]["count"], 2);
    assert_eq!(after["sessions"]["count"], 1);
    assert_eq!(after["ever_issued"], true);
    let idle = console.server.app.live().session_idle_lifetime;
    console
        .server
        .app
        .store
        .write_blocking(move |tx| {
            // A browser that nobody has used for so long is signed in no more.
            assert_eq!(sessions::count_alive(tx, idle, 10)?, 1);
            assert_eq!(sessions::count_alive(tx, Lifetime(0), 10)?, 0);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn the_chart_is_of_a_day_and_knows_what_is_not_written_yet() {
    let console = Console::start();
    let secret = job(&console);
    let ask = |secret: &str| {
        console
            .server
            .form(TOKEN, Some(("job", secret)), &GRANT)
            .status
    };
    assert_eq!((ask(&secret), ask("wrong")), (200, 401));
    let chart = bars(&overview(&console));
    assert_eq!((chart.len(), chart[47]), (48, (1, 1)));
    let write = || {
        actix_web::rt::System::new()
            .block_on(console.server.app.counters.write(&console.server.app.store))
            .unwrap();
    };
    write();
    assert_eq!(bars(&overview(&console))[47], (1, 1));
    console.server.clock.advance(Lifetime::minutes(30));
    assert_eq!((ask(&secret), ask(&secret)), (200, 200));
    let now = overview(&console);
    assert_eq!(bars(&now)[46..], [(1, 1), (2, 0)]);
    assert_eq!((&now["issued"], &now["failed"]), (&json!(3), &json!(1)));
    let first = now["chart"][0]["at"].as_i64().unwrap();
    assert_eq!(now["chart"][47]["at"].as_i64().unwrap(), first + 47 * 1800);
}

#[test]
fn what_was_refused_is_named_with_its_reason() {
    let console = Console::start();
    job(&console);
    for _ in 0..8 {
        console.server.form(TOKEN, Some(("job", "wrong")), &GRANT);
    }
    let failures = overview(&console)["failures"].clone();
    assert_eq!(failures.as_array().unwrap().len(), 6);
    assert_eq!(failures[0]["event"], "token.request_failed");
    let reason = failures[0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("invalid_client"), "{reason}");
}

#[test]
fn what_is_allowed_and_seldom_meant_is_warned_of() {
    let base = || Settings {
        config: Config {
            issuer: "https://id.example".into(),
            listen: "0.0.0.0:8080".into(),
            trusted_proxies: vec!["10.0.0.1/32".parse().unwrap()],
            ..Config::default()
        },
        ..Settings::default()
    };
    type Change = fn(&mut Settings);
    let rows: [(Change, &[&str]); 6] = [
        (|_| {}, &[]),
        (
            |told| told.config.trusted_proxies.clear(),
            &["trusted_proxies"],
        ),
        (
            |told| {
                told.config.issuer = "http://id.example".into();
                told.config.insecure_http = true;
            },
            &["insecure_http"],
        ),
        (
            |told| told.live.registration = Registration::Open,
            &["registration"],
        ),
        (
            |told| {
                told.live.registration = Registration::Open;
                told.config.listen = "localhost:8080".into();
            },
            &[],
        ),
        (|told| *told = Settings::default(), &[]),
    ];
    for (at, (change, expected)) in rows.into_iter().enumerate() {
        let mut told = base();
        change(&mut told);
        let found = warnings(&told.config, &told.live);
        let found: Vec<_> = found.iter().map(|warning| warning.setting).collect();
        assert_eq!(found, expected, "row {at}");
    }
}
