//! Clients without a registration: their `client_id` is the URL of a document that describes them
//! (draft-ietf-oauth-client-id-metadata-document).
//!
//! The document is fetched through the guard of [`crate::outbound`] and cached as its headers allow. When a user gives
//! consent to such a client, the client is stored next to the registered ones, marked as unverified: its tokens work
//! after a restart, and an administrator can disable it.

mod document;

use std::sync::Arc;

use url::Url;

use crate::{
    app::{App, SharedApp},
    domain::{
        client::Client,
        name::ClientId,
        time::{Lifetime, UnixSeconds},
    },
    oauth::{
        client_keys,
        delegation::review,
        error::{ErrorCode, OAuthError},
    },
    outbound::{CEILING, FetchError, Kind, Trust},
    store::{StoreError, Tx, client_registrations, clients},
    throttle::Network,
};

/// Age difference between the document and its row after which an unchanged row is updated.
const RENEWED_EVERY: Lifetime = Lifetime::hours(1);

/// Such a client is unverified.
const TRUST: Trust = Trust::Unverified;

/// Reason why a document does not define a client.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("{0}")]
    Fetch(#[from] FetchError),
    /// The document is invalid: the cached one is no longer used.
    #[error("{0}")]
    Document(String),
}

/// Client with this ID that can be used now, registered or described by a cached document, without fetching.
pub fn known(app: &App, client_id: &str) -> Option<Arc<Client>> {
    let snapshot = app.directory.snapshot();
    let stored = snapshot.client(client_id);
    if stored.is_some_and(|client| client.disabled) {
        return None;
    }
    if !ClientId::is_url(client_id) {
        return stored.cloned();
    }
    if !app.live().client_metadata_documents {
        return None;
    }
    let fetched = app.client_documents.get(client_id);
    let newest = stored
        .cloned()
        .into_iter()
        .chain(fetched)
        .max_by_key(|client| client.updated_at);
    newest.filter(|client| app.now() < client.updated_at + CEILING)
}

/// The same, after fetching its document if it is due. `from` is the sender, whose fetches are limited.
pub async fn find(
    app: &SharedApp,
    client_id: &str,
    from: Network,
) -> Result<Option<Arc<Client>>, OAuthError> {
    let stored = app.directory.snapshot().client(client_id).cloned();
    let is_disabled = stored.as_ref().is_some_and(|client| client.disabled);
    if !ClientId::is_url(client_id) || !app.live().client_metadata_documents || is_disabled {
        return Ok(known(app, client_id));
    }
    let outbound = &app.outbound;
    let costs_a_fetch = outbound
        .fresh(Kind::ClientMetadata, client_id, TRUST)
        .is_none();
    if costs_a_fetch
        && let Some(failure) = outbound.recent_failure(Kind::ClientMetadata, client_id, TRUST)
    {
        return known(app, client_id)
            .map(Some)
            .ok_or_else(|| unusable(failure.into()));
    }
    if costs_a_fetch && let Err(wait) = client_keys::start_fetch(app, TRUST, from) {
        let known = known(app, client_id);
        return known
            .map(Some)
            .ok_or_else(|| OAuthError::too_many_requests(wait.0));
    }
    let client = match fetch(app, client_id).await {
        Ok(client) => client,
        Err(why) => {
            if let (Unusable::Fetch(_), Some(client)) = (&why, known(app, client_id)) {
                return Ok(Some(client));
            }
            app.client_documents.remove(client_id);
            return Err(unusable(why));
        }
    };
    if let Some(stored) = stored {
        renew(app, &stored, &client).await?;
    }
    Ok(Some(client))
}

fn unusable(why: Unusable) -> OAuthError {
    match why {
        Unusable::Fetch(error) if error.is_own() => OAuthError::busy(),
        why => OAuthError::new(
            ErrorCode::InvalidClient,
            format!("The client metadata document is not usable: {why}."),
        ),
    }
}

async fn fetch(app: &App, client_id: &str) -> Result<Arc<Client>, Unusable> {
    check_address(client_id).map_err(|why| Unusable::Document(why.to_owned()))?;
    let fetched = app
        .outbound
        .get(Kind::ClientMetadata, client_id, TRUST)
        .await?;
    let metadata = document::read(app, client_id, &fetched.body).map_err(|why| {
        // An invalid document is not cached, but it is not fetched again for a minute (§6.4).
        app.outbound
            .keep_briefly(Kind::ClientMetadata, client_id, &fetched, TRUST);
        Unusable::Document(why)
    })?;
    let client = Arc::new(Client {
        client_id: ClientId::trusted(client_id),
        metadata,
        disabled: false,
        managed_by: None,
        created_at: fetched.fetched_at,
        updated_at: fetched.fetched_at,
        secrets: Vec::new(),
    });
    app.client_documents
        .insert(client.client_id.clone(), client.clone());
    Ok(client)
}

/// §3: https, a path, no dots in it, no fragment, no user; and no other spelling of the same.
fn check_address(client_id: &str) -> Result<(), &'static str> {
    if ClientId::parse(client_id).is_err() {
        return Err("the URL is too long or not valid");
    }
    let url = Url::parse(client_id).map_err(|_| "client_id is not a valid URL")?;
    if url.path() == "/" {
        return Err("the URL must have a path");
    }
    let is_plain = url.username().is_empty() && url.password().is_none();
    if !is_plain || client_id.contains(['#', '@']) {
        return Err("the URL must not contain user information or a fragment");
    }
    // The parser takes out dot segments and the port of the scheme, and writes the host in lower case.
    if url.as_str() != client_id {
        return Err("the URL must be in normalized form, without dot segments");
    }
    Ok(())
}

/// Brings the row of a client that is in use up to date with its document.
async fn renew(app: &SharedApp, stored: &Client, client: &Arc<Client>) -> Result<(), StoreError> {
    let is_due = client.updated_at.since(stored.updated_at) >= i64::from(RENEWED_EVERY.0);
    if stored.metadata == client.metadata && !is_due {
        return Ok(());
    }
    if client.updated_at < stored.updated_at {
        return Ok(());
    }
    let renewed = client.clone();
    app.store
        .write(move |tx| {
            let before = clients::get(tx, renewed.client_id.as_str())?;
            clients::renew(tx, &renewed)?;
            match before {
                Some(before) => review::client_changed(tx, &before, &renewed),
                None => Ok(()),
            }
        })
        .await
}

/// Stores the client of a document, in the transaction of a user's grant. A registered client is already stored.
pub fn remember(tx: &Tx, client: &Client, unused_until: UnixSeconds) -> Result<(), StoreError> {
    if !ClientId::is_url(client.client_id.as_str())
        || clients::get(tx, client.client_id.as_str())?.is_some()
    {
        return Ok(());
    }
    clients::put(tx, client)?;
    client_registrations::insert(tx, &client.client_id, None, Some(unused_until), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    // §3; rule B88.
    #[test]
    fn an_address_has_a_path_and_one_spelling() {
        for good in [
            "https://app.example/client.json",
            "https://app.example:8443/a/b",
            "https://app.example/a?v=1",
            "https://app.example/%C3%B8",
            "https://192.0.2.1/client",
        ] {
            assert_eq!(check_address(good), Ok(()), "{good}");
        }
        for bad in [
            "https://app.example",
            "https://app.example/",
            "https://app.example/?v=1",
            "https://app.example/a/../client",
            "https://app.example/./client",
            "https://app.example/%2e%2e/client",
            "https://app.example/a/.%2E/client",
            "https://app.example/client#x",
            "https://app.example/client#",
            "https://good@app.example/client",
            "https://good:x@app.example/client",
            "https://@app.example/client",
            "https://APP.example/client",
            "HTTPS://app.example/client",
            "https://app.example:443/client",
            "https:\\\\app.example\\client",
            "https:/app.example/client",
            "https:app.example/client",
            "https://app.example/a b",
            "https://app.example/\u{f8}",
            "https://2130706433/client",
            "https:///client",
        ] {
            assert!(check_address(bad).is_err(), "{bad}");
        }
        let long = format!("https://app.example/{}", "x".repeat(250));
        assert!(check_address(&long).is_err());
    }
}
