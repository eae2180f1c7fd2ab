//! `/metrics`: what the server has counted, in the text form of OpenMetrics 1.0.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    admin_api::{
        guard::Admin,
        problem::{Problem, ProblemDetails},
    },
    endpoint::{Endpoint, at},
    openapi::operation::{OPERATION, operation},
};
use crate::{
    app::{App, log_queue},
    config::Metrics,
    directory::FIRST_PARTY,
    domain::{client::Client, counted::NAMES},
    http::{host, respond},
};

pub fn endpoint() -> Endpoint {
    let operation = operation("metrics_get", OPERATION, "Metrics")
        .about(
            "Server metrics in OpenMetrics 1.0 text format. The setting `metrics` controls access; while it is `off`, \
             the endpoint returns 404.",
        )
        .by_token_if_any()
        .text(
            200,
            "application/openmetrics-text",
            "Counters since the database was created, and current gauges.",
        )
        .typed::<ProblemDetails>(
            401,
            "application/problem+json",
            "The caller is not on this machine, or `metrics` is `admin`, and sent no access token with \
             `keyfob:admin`.",
        )
        .typed::<ProblemDetails>(
            403,
            "application/problem+json",
            "The access token does not have the scope `keyfob:admin`, or its user is not an administrator.",
        );
    let operation = operation.json::<respond::NotFound>(404, "The setting `metrics` is `off`.");
    at("/metrics").get(get, operation)
}

/// OpenMetrics 1.0, "Content Type"
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
async fn get(
    app: web::Data<App>,
    request: HttpRequest,
    admin: Result<Admin, Problem>,
) -> HttpResponse {
    let refused = match app.live().metrics {
        Metrics::Off => return respond::not_found().await,
        Metrics::Loopback if host::is_this_machine(&request) => None,
        Metrics::Loopback | Metrics::Admin => admin.err(),
    };
    match refused {
        Some(problem) => problem.into(),
        None => respond::no_store(200)
            .content_type(CONTENT_TYPE)
            .body(text(&app)),
    }
}

fn text(app: &App) -> String {
    let mut text = String::new();
    let totals = app.counters.totals();
    for (name, help) in NAMES {
        family(&mut text, "counter", name, help);
        for (series, count) in totals.iter().filter(|(series, _)| series.name == name) {
            line(
                &mut text,
                &format!("{name}_total{{{}}}", series.labels),
                count,
            );
        }
    }
    let name = "log_lines_lost";
    family(&mut text, "counter", name, "Log lines lost since the start");
    line(&mut text, &format!("{name}_total"), &log_queue::lost());
    let snapshot = app.directory.snapshot();
    let registered = |client: &&Arc<Client>| client.client_id.as_str() != FIRST_PARTY;
    let clients = snapshot.clients().filter(registered).count() as u64;
    let size = std::fs::metadata(app.store.path()).map_or(0, |file| file.len());
    let gauges = [
        ("clients", "Registered clients", clients),
        (
            "revocations",
            "Revocations in memory that access tokens are checked against",
            app.directory.revocations() as u64,
        ),
        (
            "queued_writes",
            "Queued database writes",
            app.store.queued_writes() as u64,
        ),
        ("database_bytes", "Size of the database file", size),
    ];
    for (name, help, value) in gauges {
        family(&mut text, "gauge", name, help);
        line(&mut text, name, &value);
    }
    family(&mut text, "info", "build", "Build information");
    let version = env!("CARGO_PKG_VERSION");
    line(
        &mut text,
        &format!(r#"build_info{{version="{version}"}}"#),
        &1,
    );
    text.push_str("# EOF\n");
    text
}

fn family(text: &mut String, kind: &str, name: &str, help: &str) {
    text.push_str(&format!(
        "# TYPE keyfob_{name} {kind}\n# HELP keyfob_{name} {help}.\n"
    ));
}

fn line(text: &mut String, sample: &str, value: &u64) {
    text.push_str(&format!("keyfob_{sample} {value}\n"));
}
