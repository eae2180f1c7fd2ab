//! What the server counts, who may read it, and what is left of it after a restart.

use keyfob::{
    app::upkeep,
    config::Metrics,
    domain::{
        counted::{REQUESTS_FAILED, TOKENS_ISSUED},
        time::Lifetime,
    },
    store::counters::{FIVE_MINUTES, HOUR, sums},
};
use serde_json::json;

use crate::support::{
    Server,
    binary::{Folder, Running},
};

const TOKEN: &str = "/api/v1/oauth/token";
const JOB: &str = "[[client]]\nclient_id = \"job\"\nclient_secret = \"the secret of a job\"\n\
     grant_types = [\"client_credentials\"]\nscope = \"email\"\n";

fn with_metrics(metrics: Metrics) -> Server {
    let server = Server::start_with(|told| told.live.metrics = metrics);
    server.client(
        "job",
        json!({"grant_types": ["client_credentials"], "scope": "email keyfob:admin",
               "token_endpoint_auth_method": "client_secret_basic"}),
    );
    server
}

fn issue(server: &Server, scope: &str) -> String {
    let fields = [("grant_type", "client_credentials"), ("scope", scope)];
    let secret = server.secret_of("job");
    let answer = server.form(TOKEN, Some(("job", &secret)), &fields);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

fn fail(server: &Server) {
    let fields = [("grant_type", "client_credentials")];
    let answer = server.form(TOKEN, Some(("job", "wrong")), &fields);
    assert_eq!(answer.refusal(), (401, "invalid_client".into()));
}

fn write(server: &Server) {
    actix_web::rt::System::new()
        .block_on(server.app.counters.write(&server.app.store))
        .unwrap();
}

const ISSUED: &str = r#"keyfob_tokens_issued_total{grant="client_credentials"} "#;
const REFUSED: &str = r#"keyfob_requests_failed_total{endpoint="token",error="invalid_client",grant="client_credentials"} "#;

fn value(text: &str, sample: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(sample))?;
    Some(line.parse().unwrap())
}

// OpenMetrics 1.0: the content type, "# TYPE" before the samples, counters that end in _total, "# EOF" at the end.
#[test]
fn the_counters_are_told_in_openmetrics_form() {
    let server = with_metrics(Metrics::Loopback);
    issue(&server, "email");
    issue(&server, "email");
    fail(&server);
    let answer = server.get("/metrics", &[]);
    assert_eq!(
        answer.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.text.ends_with("\n# EOF\n"), "{}", answer.text);
    assert_eq!(value(&answer.text, ISSUED), Some(2));
    assert_eq!(value(&answer.text, REFUSED), Some(1));
    assert_eq!(value(&answer.text, "keyfob_clients "), Some(1));
    let mut known = Vec::new();
    for line in answer.text.lines().filter(|line| *line != "# EOF") {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            known.push(family.split_once(' ').unwrap());
        } else if !line.starts_with("# HELP ") {
            let name = line.split(['{', ' ']).next().unwrap();
            let (family, kind) = known.last().unwrap();
            let suffix = match *kind {
                "counter" => "_total",
                "info" => "_info",
                _ => "",
            };
            assert_eq!(name, format!("{family}{suffix}"));
            assert!(name.starts_with("keyfob_"));
        }
    }
    let names: std::collections::BTreeSet<_> = known.iter().collect();
    assert_eq!(names.len(), known.len(), "each family stands once");
    // Nothing of who asked is told.
    assert!(!answer.text.contains("job"));
}

#[test]
fn who_may_read_them_is_a_setting() {
    type Headers<'a> = &'a [(&'a str, &'a str)];
    let proxied: Headers = &[("x-forwarded-for", "192.0.2.1")];
    let rebound: Headers = &[("host", "attacker.example")];
    let rows: [(Metrics, Headers, u16); 6] = [
        (Metrics::Off, &[], 404),
        (Metrics::Loopback, &[], 200),
        (Metrics::Loopback, proxied, 401),
        (Metrics::Loopback, rebound, 401),
        (Metrics::Admin, &[], 401),
        (Metrics::Admin, proxied, 401),
    ];
    for (metrics, headers, status) in rows {
        let server = with_metrics(metrics);
        let answer = server.get("/metrics", headers);
        assert_eq!(answer.status, status, "{metrics:?} {headers:?}");
        let described = server.get("/openapi.json", &[]).json()["paths"]
            .get("/metrics")
            .is_some();
        assert_eq!(described, metrics != Metrics::Off, "{metrics:?}");
        for (scope, allowed) in [("email", status), ("keyfob:admin", 200)] {
            let bearer = format!("Bearer {}", issue(&server, scope));
            let mut with_token = headers.to_vec();
            with_token.push(("authorization", &bearer));
            let expected = match (metrics, allowed) {
                (Metrics::Off, _) => 404,
                (_, 401) => 403,
                (_, allowed) => allowed,
            };
            let answer = server.get("/metrics", &with_token);
            assert_eq!(answer.status, expected, "{metrics:?} {headers:?} {scope}");
        }
    }
}

#[test]
fn what_was_counted_survives_a_restart_and_is_never_counted_twice() {
    let server = with_metrics(Metrics::Loopback);
    let count = |server: &Server| value(&server.get("/metrics", &[]).text, ISSUED);
    issue(&server, "email");
    write(&server);
    write(&server);
    issue(&server, "email");
    assert_eq!(count(&server), Some(2), "whether it is written or not");
    write(&server);
    let server = server.restart();
    assert_eq!(count(&server), Some(2));
    issue(&server, "email");
    write(&server);
    // What is counted and not written is all that a crash takes.
    issue(&server, "email");
    let server = server.restart();
    assert_eq!(count(&server), Some(3));
}

#[test]
fn a_stop_loses_nothing() {
    let folder = Folder::new();
    folder.write("keyfob.toml", JOB);
    let client = ("job", "the secret of a job");
    let serve = || folder.serve(&["--metrics", "loopback"]);
    let count = |server: &Running| value(&server.get("/metrics").1, ISSUED);
    let server = serve();
    let answer = server.form(TOKEN, client, &[("grant_type", "client_credentials")]);
    assert_eq!(answer.0, 200, "{}", answer.1);
    server.stop();
    assert_eq!(count(&serve()), Some(1));
}

#[test]
fn the_buckets_are_of_five_minutes_and_of_hours_and_go_when_they_are_old() {
    let server = with_metrics(Metrics::Off);
    let start = server.app.now();
    let read = |name: &'static str, step| {
        let found = server
            .app
            .store
            .read(move |tx| sums(tx, name, step, start - HOUR))
            .unwrap();
        found.into_values().collect::<Vec<_>>()
    };
    let issued = |step| read(TOKENS_ISSUED, step);
    issue(&server, "email");
    fail(&server);
    write(&server);
    server.clock.advance(Lifetime::minutes(5));
    issue(&server, "email");
    issue(&server, "email");
    write(&server);
    assert_eq!(issued(FIVE_MINUTES), [1, 2]);
    assert_eq!(issued(HOUR), [3]);
    assert_eq!(read(REQUESTS_FAILED, FIVE_MINUTES), [1]);
    let round = || {
        actix_web::rt::System::new()
            .block_on(upkeep::once(&server.app))
            .unwrap()
    };
    server.clock.advance(Lifetime::days(3));
    round();
    assert_eq!((issued(FIVE_MINUTES).len(), issued(HOUR).len()), (0, 1));
    server.clock.advance(Lifetime::days(90));
    round();
    assert_eq!(issued(HOUR).len(), 0);
    let totals = server.app.counters.totals();
    let of = |name: &str| {
        let found = totals.iter().filter(|(series, _)| series.name == name);
        found.map(|(_, count)| count).sum::<u64>()
    };
    assert_eq!((of(TOKENS_ISSUED), of(REQUESTS_FAILED)), (3, 1));
}

#[test]
fn an_answer_that_only_says_come_again_is_no_refusal() {
    let server = with_metrics(Metrics::Off);
    server.client(
        "tv",
        json!({"grant_types": ["urn:ietf:params:oauth:grant-type:device_code"], "scope": "openid",
               "token_endpoint_auth_method": "none"}),
    );
    let begun = server.form(
        "/api/v1/oauth/device_authorization",
        None,
        &[("client_id", "tv"), ("scope", "openid")],
    );
    let begun = begun.json();
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", "tv"),
        ("device_code", begun["device_code"].as_str().unwrap()),
    ];
    let answer = server.form(TOKEN, None, &fields);
    assert_eq!(answer.refusal(), (400, "authorization_pending".into()));
    assert!(server.app.counters.totals().is_empty());
}
