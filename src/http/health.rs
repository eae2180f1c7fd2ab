//! `/healthz`: the process answers. `/readyz`: it takes requests, and the database does too.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use tokio::time::timeout;

use crate::{
    app::{
        App,
        untrusted_proxy::{UNNAMED, UNTRUSTED_PROXY, advice},
    },
    concurrency::descriptors::{self, NONE_FREE},
    http::respond,
    store::{StoreError, settings},
};

/// Bytes for which there must be room after a write that failed.
const ROOM: usize = 128 << 10;
/// How long the database may take.
const PATIENCE: Duration = Duration::from_secs(1);

pub async fn healthz() -> HttpResponse {
    text(200, "ok\n")
}

pub async fn readyz(app: web::Data<App>) -> HttpResponse {
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

/// One read and one write: it waits its turn, gets the lock and needs room on the disk like any. Only one a
/// second reaches the disk while all is well, since anyone may ask.
async fn check(app: &App) -> Result<(), StoreError> {
    app.store
        .read(|tx| settings::get(tx, settings::PROBED_AT))?;
    let healthy = app.store.trouble().is_none();
    let write = app.store.write(move |tx| {
        let now = tx.now.0.to_string();
        match settings::get(tx, settings::PROBED_AT)? {
            Some(last) if last == now && healthy => Ok(()),
            _ if healthy => settings::set(tx, settings::PROBED_AT, &now),
            // A disk that has room for a few bytes alone is full.
            _ => settings::set(tx, settings::PROBED_AT, &(now + &" ".repeat(ROOM))),
        }
    });
    timeout(PATIENCE, write)
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
