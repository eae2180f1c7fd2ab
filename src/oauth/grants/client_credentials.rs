//! The client credentials grant (RFC 6749 §4.4).

use crate::{
    app::App,
    domain::{
        client::Client, name::Subject, resource::Target, scope, time::UnixSeconds, token::Origin,
    },
    oauth::{
        error::{ErrorCode, OAuthError},
        grants::{Commit, Exchange, Outcome, requested_scope},
        issue::{self, AccessToken, Issue},
        params::Params,
        target,
    },
    trace::Reason,
};

pub(super) fn prepare(exchange: &Exchange) -> Result<Commit, OAuthError> {
    let client = exchange.client.clone();
    let target = asked(exchange.app, &client, exchange.params)?;
    Ok(Box::new(move |app, tx| {
        let access = issue::record(app, tx, token(app, tx.now, &client, target))?;
        // RFC 6749 §4.4.3: a refresh token should not be included.
        Ok(Outcome::issued(Issue::access_only(access), None))
    }))
}

/// What the client's own token is for when it asks with these parameters.
pub fn asked(app: &App, client: &Client, params: &Params) -> Result<Target, OAuthError> {
    // RFC 6749 §4.4: only a confidential client may.
    if client.is_public() {
        return Err(OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "a public client has no credentials of its own",
        ));
    }
    let allowed = client
        .metadata
        .scope
        .filter(|scope| scope.as_str() != scope::OFFLINE_ACCESS);
    let scope = requested_scope(params)?.unwrap_or_else(|| allowed.clone());
    if let Some(refused) = scope.first_not_in(&allowed) {
        return Err(OAuthError::new(
            ErrorCode::InvalidScope,
            format!("the client may not have the scope {refused}"),
        )
        .because(Reason::ScopeNotAllowed)
        .comparing(params.optional("scope"), [allowed.to_string()]));
    }
    let resources = target::requested(app, client, params)?;
    target::exactly(app, client, &scope, resources)
}

/// What that token says.
pub fn token(app: &App, now: UnixSeconds, client: &Client, target: Target) -> AccessToken {
    // RFC 9068 §2.2: without a user, `sub` is the client itself.
    let sub = Subject::trusted(client.client_id.as_str());
    let expires_at = now + issue::access_token_lifetime(app, client);
    AccessToken::new(
        &client.client_id,
        &sub,
        target,
        Origin::ClientCredentials,
        expires_at,
    )
}
