//! `/healthz`: the process responds. `/readyz`: the server and the database can handle requests.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use tokio::time::timeout;

use super::{
    endpoint::{Endpoint, at},
    openapi::operation::{OPERATION, operation},
};
use crate::{
    app::{
        App, probe,
        untrusted_proxy::{UNNAMED, UNTRUSTED_PROXY, advice},
    },
    concurrency::descriptors::{self, NONE_FREE},
    http::respond,
    store::StoreError,
};

const TEXT: &str = "text/plain";

pub fn alive() -> Endpoint {
    let operation = operation("healthz_get", OPERATION, "Liveness")
        .about("Whether the process responds. Checks nothing else.")
        .text(200, TEXT, "Alive.");
    at("/healthz").get(healthz, operation)
}

pub fn ready() -> Endpoint {
    let operation = operation("readyz_get", OPERATION, "Readiness")
        .about("Whether requests can be served: database open, signing key available.")
        .text(200, TEXT, "Ready.")
        .text(503, TEXT, "Not ready.");
    at("/readyz").get(readyz, operation)
}

/// Time limit for the database.
const PATIENCE: Duration = Duration::from_secs(1);

async fn healthz() -> HttpResponse {
    text(200, "ok\n")
}

async fn readyz(app: web::Data<App>) -> HttpResponse {
    if app.is_stopping() {
        return text(503, "stopping\n");
    }
    let checked = check(&app).await;
    match (app.store.trouble(), checked) {
        (None, Ok(())) if !descriptors::is_one_free() => text(503, format!("{NONE_FREE}\n")),
        (None, Ok(())) => text(200, detail(&app)),
        // Logged when it was found.
        (Some(trouble), _) => text(503, format!("{trouble}\n")),
        (None, Err(StoreError::NoDescriptor)) => text(503, format!("{NONE_FREE}\n")),
        (None, Err(error)) => {
            tracing::warn!(%error, "not ready");
            text(503, "database unavailable\n")
        }
    }
}

async fn check(app: &App) -> Result<(), StoreError> {
    timeout(PATIENCE, probe::write(app))
        .await
        .unwrap_or(Err(StoreError::Overloaded))
}

/// A server with a warning is ready all the same.
fn detail(app: &App) -> String {
    match app.untrusted_proxy.seen(app.now()) {
        Some(_) => format!("ready\n{UNTRUSTED_PROXY}{}\n", advice(UNNAMED)),
        None => "ready\n".to_owned(),
    }
}

fn text(status: u16, body: impl Into<String>) -> HttpResponse {
    respond::no_store(status)
        .content_type("text/plain; charset=utf-8")
        .body(body.into())
}
