//! Unauthenticated clients: public and unverified ones. Anyone can impersonate them, so the data that the server stores
//! for them is counted by network and by site, with a total limit ([`crate::app::unproven_rows`]) at which their oldest
//! data is deleted.

use crate::{
    app::App,
    domain::{client::Client, client_address::ClientAddress},
    oauth::error::OAuthError,
    throttle::{Counted, Network},
};

/// Whether an authenticated client with this ID has proved its identity.
pub fn is_proven(app: &App, client_id: &str) -> bool {
    let snapshot = app.directory.snapshot();
    snapshot
        .client(client_id)
        .is_some_and(|client| !app.is_unproven(client))
}

/// Counts data that is stored until it expires: a pushed request, a device code. Returns the site of the sender if the
/// client is unauthenticated.
pub fn count(
    app: &App,
    client: &Client,
    address: Option<ClientAddress>,
) -> Result<Option<Network>, OAuthError> {
    if !app.is_unproven(client) {
        return Ok(None);
    }
    let from = Network::of(address);
    let counted = [
        Counted::Unproven(from),
        Counted::UnprovenOfSite(from.site()),
    ];
    let spent = app.throttle.spend(app.now(), &counted);
    spent.map_err(|wait| OAuthError::too_many_requests(wait.0))?;
    Ok(Some(from.site()))
}
