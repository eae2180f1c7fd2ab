//! Client of a request, and destination of the response.

use std::sync::Arc;

use super::{Refusal, ReplyTo, ResponseMode};
use crate::{
    app::App,
    domain::{
        client::{Client, RedirectUriRefusal},
        redirect_uri::VerifiedRedirectUri,
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

/// Destination of the response: a redirect URI registered for the client.
pub fn reply_to(app: &App, client: &Client, params: &Params) -> Result<ReplyTo, Refusal> {
    let redirect_uri = params.optional("redirect_uri");
    let scope = params.optional("scope").unwrap_or_default();
    let is_openid = scope.split_whitespace().any(|name| name == scope::OPENID);
    if is_openid && redirect_uri.is_none() {
        let error = OAuthError::from(Reason::RedirectUriMissing)
            .saying("redirect_uri is required with the scope openid (OIDC Core §3.1.2.1).");
        return Err(Refusal::page(error));
    }
    let verified = client
        .verify_redirect_uri(redirect_uri)
        .map_err(|refusal| bad_address(client, redirect_uri, refusal))?;
    check_secure(app, &verified)?;
    Ok(ReplyTo {
        client_id: client.client_id.clone(),
        redirect_uri: verified,
        response_mode: match params.optional("response_mode") {
            Some("fragment") => ResponseMode::Fragment,
            Some("form_post") => ResponseMode::FormPost,
            _ => ResponseMode::Query,
        },
        state: params.optional("state").map(str::to_owned),
    })
}

/// A code is sent unencrypted to another machine only if the operator allows it (RFC 9700 §2.6). This server's own URLs
/// are as secure as its issuer.
fn check_secure(app: &App, uri: &VerifiedRedirectUri) -> Result<(), Refusal> {
    let own = uri.as_str().strip_prefix(&app.config.issuer);
    let is_own = own.is_some_and(|path| path.starts_with('/'));
    let allowed = app
        .directory
        .snapshot()
        .settings
        .allows_insecure_redirects();
    if is_own || allowed || !uri.is_insecure() {
        return Ok(());
    }
    Err(Refusal::page(OAuthError::invalid_request(
        "redirect_uri uses http beyond localhost, which the setting allow_insecure_redirects does not allow (RFC 9700 §2.6).",
    )))
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
