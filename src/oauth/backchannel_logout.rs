//! Notifying clients of the end of a session (OIDC Back-Channel Logout 1.0). The transaction that revokes a session
//! stores a notice for each client that it visited, and the server sends them.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use url::Url;

use crate::{
    app::{App, SharedApp},
    concurrency::gate::{Gate, Permit},
    domain::{secret::Secret, time::Lifetime},
    oauth::issue,
    store::{
        StoreError,
        logout_notices::{self, LogoutNotice},
    },
};

/// Delays of the retries after a failure; then it is given up.
const AGAIN: &[Lifetime] = &[
    Lifetime(1),
    Lifetime(10),
    Lifetime::minutes(1),
    Lifetime::minutes(10),
    Lifetime::hours(1),
];
/// Longer than sending one takes.
const LEASE: Lifetime = Lifetime(30);
/// Maximum number of simultaneous notices to one client.
const OF_ONE_CLIENT: u32 = 4;
/// Maximum number of simultaneous notices, in total, per client and per host. Clients that do not respond delay neither
/// the user nor others, and unverified clients do not delay registered ones.
const REGISTERED: (usize, &[usize]) = (128, &[OF_ONE_CLIENT as usize, 96]);
const UNVERIFIED: (usize, &[usize]) = (64, &[1, 24]);
/// Interval after which later notices are checked again.
const LOOK: Duration = Duration::from_secs(1);

/// Sends due notices until the runtime stops. The next server of this database sends the rest.
pub async fn run(app: SharedApp) {
    let gates = Gates::default();
    loop {
        match send_due(&app, &gates).await {
            // No notices are left, so there is nothing to do until a session is revoked.
            Ok(false) => app.directory.logins_ended.notified().await,
            // Either way it is looked at again: woken, or after a while.
            Ok(true) => drop(timeout(LOOK, app.directory.logins_ended.notified()).await),
            Err(error) => {
                tracing::warn!(%error, "could not send logout notifications");
                sleep(LOOK).await;
            }
        }
    }
}

struct Gates {
    registered: Gate,
    unverified: Gate,
}

impl Default for Gates {
    fn default() -> Self {
        Self {
            registered: Gate::new(REGISTERED.0, REGISTERED.1),
            unverified: Gate::new(UNVERIFIED.0, UNVERIFIED.1),
        }
    }
}

impl Gates {
    /// A place for the notice, if its client, its host and the whole have one.
    fn try_enter(&self, app: &App, notice: &LogoutNotice) -> Option<Permit> {
        let snapshot = app.directory.snapshot();
        let client_id = notice.client_id.as_str();
        let address = snapshot
            .client(client_id)
            .and_then(|client| client.metadata.backchannel_logout_uri.as_deref())
            .and_then(|address| Url::parse(address).ok());
        let host = address.as_ref().and_then(Url::host_str);
        let gate = match snapshot.is_unverified(&notice.client_id) {
            true => &self.unverified,
            false => &self.registered,
        };
        gate.try_enter(&[client_id, host.unwrap_or_default()])
    }
}

/// Sends as many due notices as allowed at once; returns whether any are left, due now or later.
async fn send_due(app: &SharedApp, gates: &Gates) -> Result<bool, StoreError> {
    let Some(next) = app.store.read(logout_notices::next)? else {
        return Ok(false);
    };
    if next > app.now() {
        return Ok(true);
    }
    let due = app
        .store
        .read(|tx| logout_notices::due(tx, OF_ONE_CLIENT))?;
    let placed: Vec<_> = due
        .into_iter()
        .filter_map(|notice| Some((gates.try_enter(app, &notice)?, notice)))
        .collect();
    let ids: Vec<_> = placed.iter().map(|(_, notice)| notice.id).collect();
    if ids.is_empty() {
        return Ok(true);
    }
    app.store
        .write(move |tx| logout_notices::lease(tx, &ids, LEASE))
        .await?;
    for (permit, notice) in placed {
        let app = app.clone();
        tokio::spawn(async move {
            if let Err(error) = tell(&app, &notice).await {
                tracing::warn!(%error, "could not save the result of a logout notification");
            }
            drop(permit);
            app.directory.logins_ended.notify_one();
        });
    }
    Ok(true)
}

/// Sends one notice and records the result.
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
                        "logout notification failed; will retry"
                    );
                }
                None => tracing::warn!(client_id, reason, "logout notification failed; giving up"),
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

/// Sends only `logout_token`, as a form (§2.5). A client that was deleted or no longer has a logout URI gets nothing.
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
    let token: Secret = issue::logout_token(
        &app.directory,
        app.now(),
        app.new_id(),
        &client,
        &notice.sub,
        notice.session_id,
    )
    .map_err(|error| error.to_string())?;
    let fields = vec![("logout_token".to_owned(), token.expose().to_owned())];
    app.outbound
        .post_form(address, fields)
        .await
        .map_err(|error| error.to_string())
}
