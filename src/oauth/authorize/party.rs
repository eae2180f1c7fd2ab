//! Who asks, and where the answer goes.

use std::sync::Arc;

use super::{Refusal, ReplyTo, ResponseMode};
use crate::{
    app::App,
    domain::{
        client::{Client, RedirectUriRefusal},
        scope,
    },
    oauth::{client_metadata_document, error::OAuthError, params::Params},
    trace::Reason,
};

/// The client that asks.
pub fn client(app: &App, params: &Params) -> Result<Arc<Client>, Refusal> {
    let refusal = |reason: Reason| Refusal::page(reason.into());
    let client_id = params.optional("client_id");
    let client_id = client_id.ok_or_else(|| refusal(Reason::ClientMissing))?;
    let client = client_metadata_document::known(app, client_id);
    let client = client.ok_or_else(|| refusal(Reason::ClientUnknown))?;
    Ok(app.trials.with_callback(
        app.now(),
        &app.config.issuer,
        client,
        params.optional("redirect_uri"),
        params.optional("state"),
    ))
}

/// Where the answer goes: an address that is registered for the client.
pub fn reply_to(client: &Client, params: &Params) -> Result<ReplyTo, Refusal> {
    let redirect_uri = params.optional("redirect_uri");
    let scope = params.optional("scope").unwrap_or_default();
    let is_openid = scope.split_whitespace().any(|name| name == scope::OPENID);
    if is_openid && redirect_uri.is_none() {
        let error = OAuthError::from(Reason::RedirectUriMissing)
            .saying("redirect_uri is required with the scope openid (OIDC Core §3.1.2.1).");
        return Err(Refusal::page(error));
    }
    Ok(ReplyTo {
        client_id: client.client_id.clone(),
        redirect_uri: client
            .verify_redirect_uri(redirect_uri)
            .map_err(|refusal| bad_address(client, redirect_uri, refusal))?,
        response_mode: match params.optional("response_mode") {
            Some("fragment") => ResponseMode::Fragment,
            Some("form_post") => ResponseMode::FormPost,
            _ => ResponseMode::Query,
        },
        state: params.optional("state").map(str::to_owned),
    })
}

fn bad_address(client: &Client, sent: Option<&str>, refusal: RedirectUriRefusal) -> Refusal {
    let reason = match refusal {
        RedirectUriRefusal::NotRegistered => Reason::RedirectUriNotRegistered,
        RedirectUriRefusal::Missing => Reason::RedirectUriMissing,
    };
    let registered = client.redirect_uris_beside(sent.unwrap_or_default());
    let error = OAuthError::from(reason).comparing(sent, registered.clone());
    Refusal::Page {
        error,
        sent: sent.map(str::to_owned),
        registered,
    }
}
