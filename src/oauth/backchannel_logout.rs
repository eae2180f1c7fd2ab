//! Telling clients that a browser login has ended (OIDC Back-Channel Logout 1.0).

use std::{sync::Arc, time::Duration};

use crate::{
    app::SharedApp,
    domain::{client::Client, id::Id, name::Subject, secret::Secret},
    oauth::{error::OAuthError, issue},
    store::{StoreError, grants},
};

/// How long after a failure it is tried again.
const AGAIN: &[Duration] = &[
    Duration::from_secs(1),
    Duration::from_secs(10),
    Duration::from_secs(60),
];

/// Tells every client that got a grant in this browser login, all at once and in the background: a client
/// that does not answer holds up neither the person nor the others.
pub fn notify(app: &SharedApp, session: Id, sub: &Subject) -> Result<(), OAuthError> {
    let visited = app
        .store
        .read(|tx| grants::clients_of_session(tx, session).map_err(|error: StoreError| error))?;
    let snapshot = app.directory.snapshot();
    for client_id in visited {
        let Some(client) = snapshot.client(client_id.as_str()).cloned() else {
            continue;
        };
        let Some(address) = client.metadata.backchannel_logout_uri.clone() else {
            continue;
        };
        let (app, sub) = (app.clone(), sub.clone());
        tokio::spawn(async move { tell(&app, &client, &address, session, &sub).await });
    }
    Ok(())
}

async fn tell(app: &SharedApp, client: &Arc<Client>, address: &str, session: Id, sub: &Subject) {
    let mut waits = AGAIN.iter();
    loop {
        let sent = match issue::logout_token(app, client, sub, session) {
            Ok(token) => post(app, address, &token).await,
            Err(error) => Err(error.to_string()),
        };
        let Err(reason) = sent else { return };
        let client_id = client.client_id.as_str();
        let Some(wait) = waits.next() else {
            tracing::warn!(
                client_id,
                reason,
                "a client could not be told of a sign-out; it is not tried again"
            );
            return;
        };
        tracing::info!(
            client_id,
            reason,
            "a client could not be told of a sign-out; it is tried again"
        );
        tokio::time::sleep(*wait).await;
    }
}

/// §2.5: `logout_token` alone, as a form.
async fn post(app: &SharedApp, address: &str, token: &Secret) -> Result<(), String> {
    let fields = vec![("logout_token".to_owned(), token.expose().to_owned())];
    app.outbound
        .post_form(address, fields)
        .await
        .map_err(|error| error.to_string())
}
