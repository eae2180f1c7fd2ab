//! Clients that prove nothing: public ones, and those that nobody vouches for. Anybody can speak for them, so what
//! they have the server keep is counted by network and by site, and has a bound in all
//! ([`crate::app::unproven_rows`]) at which strangers make room for each other.

use crate::{
    app::App,
    domain::{client::Client, client_address::ClientAddress},
    oauth::error::OAuthError,
    throttle::{Counted, Network},
};

/// Whether a client that was authenticated under this name is one that shows who it is.
pub fn is_proven(app: &App, client_id: &str) -> bool {
    let snapshot = app.directory.snapshot();
    snapshot
        .client(client_id)
        .is_some_and(|client| !app.is_unproven(client))
}

/// Counts something that is about to be kept until it expires: a pushed request, a device code. The site from which it
/// comes, if nothing was proved by it.
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
