//! Clients that prove nothing: public ones, and those that nobody vouches for. Anybody can speak for them, so what
//! they have the server keep is bounded, for each network, each client and in all. A small share of each network is its
//! own, so that strangers elsewhere do not hold it up.

use crate::{
    app::App,
    domain::{client::Client, client_address::ClientAddress},
    oauth::error::OAuthError,
    throttle::{Counted, Network},
};

/// Whether a request in the name of this client may come from a stranger, whatever it has shown.
pub fn is_unproven(app: &App, client: &Client) -> bool {
    client.is_public() || app.directory.snapshot().is_unverified(&client.client_id)
}

/// Whether a client that was authenticated under this name is one that shows who it is.
pub fn is_proven(app: &App, client_id: &str) -> bool {
    let snapshot = app.directory.snapshot();
    snapshot
        .client(client_id)
        .is_some_and(|client| !is_unproven(app, client))
}

/// Counts something that is kept until it expires: a pushed request, a device code.
pub fn count(app: &App, client: &Client, address: Option<ClientAddress>) -> Result<(), OAuthError> {
    if !is_unproven(app, client) {
        return Ok(());
    }
    let from = Network::of(address);
    let client = Counted::UnprovenClient(client.client_id.as_str());
    let spent = app.throttle.spend(
        app.now(),
        &[Counted::Unproven(from)],
        Counted::UnprovenShare(from.site()),
        &[client, Counted::UnprovenInAll],
    );
    spent.map_err(|wait| OAuthError::too_many_requests(wait.0))
}
