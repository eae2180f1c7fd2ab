//! Telling clients that a browser login has ended (OIDC Back-Channel Logout 1.0), however it ended: the
//! transaction that ends it leaves a notice for each client that it visited, and the server sends them.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};

use crate::{
    app::SharedApp,
    domain::{secret::Secret, time::Lifetime},
    oauth::issue,
    store::{
        StoreError,
        logout_notices::{self, LogoutNotice},
    },
};

/// How long after a failure it is tried again; then no more.
const AGAIN: &[Lifetime] = &[
    Lifetime(1),
    Lifetime(10),
    Lifetime::minutes(1),
    Lifetime::minutes(10),
    Lifetime::hours(1),
];
/// Longer than sending one takes.
const LEASE: Lifetime = Lifetime(30);
/// How many are sent at once: a client that does not answer holds up neither the person nor the others.
const AT_ONCE: usize = 32;
/// How soon what is due later is looked at again.
const LOOK: Duration = Duration::from_secs(1);

/// Sends what is due, again and again, until the runtime ends. What is not sent then is sent by the next
/// server of this file.
pub async fn run(app: SharedApp) {
    let gate = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        match send_due(&app, &gate).await {
            // Nothing is left, so there is nothing to do until a login ends.
            Ok(false) => app.directory.logins_ended.notified().await,
            // Either way it is looked at again: woken, or after a while.
            Ok(true) => drop(timeout(LOOK, app.directory.logins_ended.notified()).await),
            Err(error) => {
                tracing::warn!(%error, "clients could not be told of sign-outs");
                sleep(LOOK).await;
            }
        }
    }
}

/// Sends as much of what is due as may be sent at once; whether anything is left, due now or later.
async fn send_due(app: &SharedApp, gate: &Arc<Semaphore>) -> Result<bool, StoreError> {
    let Some(next) = app.store.read(logout_notices::next)? else {
        return Ok(false);
    };
    let mut free: Vec<OwnedSemaphorePermit> = Vec::new();
    while let Ok(permit) = gate.clone().try_acquire_owned() {
        free.push(permit);
    }
    if next > app.now() || free.is_empty() {
        return Ok(true);
    }
    let limit = u32::try_from(free.len()).unwrap_or(u32::MAX);
    let due = app
        .store
        .write(move |tx| logout_notices::take(tx, limit, LEASE));
    for (notice, permit) in due.await?.into_iter().zip(free) {
        let app = app.clone();
        tokio::spawn(async move {
            if let Err(error) = tell(&app, &notice).await {
                tracing::warn!(%error, "what came of telling a client could not be written down");
            }
            drop(permit);
            app.directory.logins_ended.notify_one();
        });
    }
    Ok(true)
}

/// Tells one client, and writes down what came of it.
async fn tell(app: &SharedApp, notice: &LogoutNotice) -> Result<(), StoreError> {
    let id = notice.id;
    let again = match post(app, notice).await {
        Ok(()) => None,
        Err(reason) => {
            let again = AGAIN.get(usize::try_from(notice.tries).unwrap_or(usize::MAX));
            let client_id = notice.client_id.as_str();
            match again {
                Some(wait) => {
                    let seconds = wait.0;
                    tracing::info!(
                        client_id,
                        reason,
                        seconds,
                        "a client could not be told of a sign-out; it is tried again"
                    );
                }
                None => tracing::warn!(
                    client_id,
                    reason,
                    "a client could not be told of a sign-out; it is not tried again"
                ),
            }
            again.copied()
        }
    };
    app.store
        .write(move |tx| match again {
            Some(wait) => logout_notices::postpone(tx, id, wait),
            None => logout_notices::delete(tx, id),
        })
        .await
}

/// §2.5: `logout_token` alone, as a form. A client that has gone, or wants to be told no more, is told
/// nothing.
async fn post(app: &SharedApp, notice: &LogoutNotice) -> Result<(), String> {
    let client = app
        .directory
        .snapshot()
        .client(notice.client_id.as_str())
        .cloned();
    let Some(client) = client else { return Ok(()) };
    let Some(address) = &client.metadata.backchannel_logout_uri else {
        return Ok(());
    };
    let token: Secret = issue::logout_token(app, &client, &notice.sub, notice.session_id)
        .map_err(|error| error.to_string())?;
    let fields = vec![("logout_token".to_owned(), token.expose().to_owned())];
    app.outbound
        .post_form(address, fields)
        .await
        .map_err(|error| error.to_string())
}
