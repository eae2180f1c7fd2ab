//! Background maintenance of a running server: stores counters, deletes expired data, returns its space, and creates
//! the scheduled backup.

use std::{sync::PoisonError, time::Duration};

use tokio::time::sleep;

use crate::{
    app::{SharedApp, scheduled_backup},
    domain::{
        audit::{AuditEvent, UPKEEP},
        time::UnixSeconds,
    },
    store::{StoreError, Tx, audit_events, purge, settings, signing_keys, unused_clients},
};

/// Interval of the rounds.
const EVERY: Duration = Duration::from_mins(1);
/// Interval of checking the file for damaged pages.
const CHECK_EVERY: Duration = Duration::from_hours(24);
/// Rows a table in one write: a few milliseconds of work.
const ROWS: u32 = 200;
/// Pages given back in one write.
const PAGES: u32 = 200;
/// Minimum time that the writer thread is left to others after each write.
const PAUSE: Duration = Duration::from_millis(5);
/// Maximum number of times to yield to waiting writes.
const COURTESIES: u32 = 100;

/// Rows deleted in one round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    pub rows: usize,
    pub clients: usize,
    pub signing_keys: usize,
    pub pages: usize,
}

/// Runs rounds until the runtime stops. A failed round is retried with the next.
pub async fn run(app: SharedApp) {
    loop {
        sleep(EVERY).await;
        match once(&app).await {
            Ok(done) if done != Done::default() => {
                tracing::debug!(
                    rows = done.rows,
                    clients = done.clients,
                    signing_keys = done.signing_keys,
                    pages = done.pages,
                    "expired rows deleted"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "could not delete expired rows"),
        }
    }
}

/// One round.
pub async fn once(app: &SharedApp) -> Result<Done, StoreError> {
    app.counters.write(&app.store).await?;
    app.secret_use.write(&app.store).await?;
    app.traces.forget_old(app.now());
    app.trials.forget_old(app.now());
    let mut done = Done::default();
    let trusted = app.jumps.trusted_now(&app.clock);
    if let Some(memory) = app.jumps.to_store(trusted) {
        let text = memory.to_text()?;
        let write = move |tx: &Tx| settings::set(tx, settings::CLOCK, &text);
        app.store.write(write).await?;
        app.jumps.stored(memory);
    }
    delete_expired(app, trusted, &mut done).await?;
    settle_unproven(app).await?;
    loop {
        let pages = app.store.write(|tx| purge::give_back(tx, PAGES)).await?;
        if pages == 0 {
            break;
        }
        done.pages += pages;
        give_way(app).await;
    }
    scheduled_backup::when_due(app).await?;
    check_daily(app).await?;
    Ok(done)
}

/// Reads up to tens of thousands of rows.
async fn settle_unproven(app: &SharedApp) -> Result<(), StoreError> {
    let settling = app.clone();
    let settled =
        tokio::task::spawn_blocking(move || settling.unproven_rows.settle(&settling.store));
    settled
        .await
        .map_err(|error| StoreError::Internal(error.to_string()))?
}

/// A page that is never read can be damaged for months, and in every backup.
async fn check_daily(app: &SharedApp) -> Result<(), StoreError> {
    let now = app.clock.monotonic();
    {
        let mut last = app.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(*last) < CHECK_EVERY {
            return Ok(());
        }
        *last = now;
    }
    let store = app.store.clone();
    let check = tokio::task::spawn_blocking(move || store.quick_check());
    check
        .await
        .map_err(|error| StoreError::Internal(error.to_string()))?
}

/// `now` is a time that is trusted.
async fn delete_expired(
    app: &SharedApp,
    now: UnixSeconds,
    done: &mut Done,
) -> Result<(), StoreError> {
    loop {
        let batch = app.store.write(move |tx| purge::batch(tx, now, ROWS));
        let rows = batch.await?;
        if rows == 0 {
            break;
        }
        done.rows += rows;
        give_way(app).await;
    }
    while let Some(kept) = app.live().event_retention {
        let old = app
            .store
            .write(move |tx| purge::events(tx, now - kept, ROWS));
        let rows = old.await?;
        if rows == 0 {
            break;
        }
        done.rows += rows;
        give_way(app).await;
    }
    loop {
        let unused = app.store.write(move |tx| delete_unused_clients(tx, now));
        let unused = unused.await?;
        if unused == 0 {
            break;
        }
        done.clients += unused;
        give_way(app).await;
    }
    // A key that signs nothing and verifies nothing is of use only to a thief.
    let expired = app
        .store
        .write(move |tx| signing_keys::delete_expired(tx, now));
    done.signing_keys = expired.await?;
    app.throttle.forget_expired(now);
    app.directory.forget_expired(now - purge::KEPT);
    Ok(())
}

fn delete_unused_clients(tx: &Tx, now: UnixSeconds) -> Result<usize, StoreError> {
    let unused = unused_clients::delete(tx, now, ROWS)?;
    for client_id in &unused {
        let event = AuditEvent::ok("client.expired")
            .client(client_id)
            .actor(UPKEEP);
        audit_events::insert(tx, &event)?;
    }
    Ok(unused.len())
}

async fn give_way(app: &SharedApp) {
    sleep(PAUSE).await;
    for _ in 0..COURTESIES {
        if app.store.queued_writes() == 0 {
            return;
        }
        sleep(PAUSE).await;
    }
}
