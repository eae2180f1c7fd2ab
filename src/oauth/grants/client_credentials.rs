//! The client credentials grant (RFC 6749 §4.4).

use crate::{
    app::App,
    domain::{
        client::Client,
        name::Subject,
        resource::Target,
        scope::{self, ScopeSet},
        time::UnixSeconds,
        token::Origin,
    },
    oauth::{
        error::{ErrorCode, OAuthError},
        grants::{Commit, Exchange, Outcome},
        issue::{self, AccessToken, Issue},
        params::Params,
        requested_access, target,
    },
    trace::{Reason, Trace},
};

pub(super) fn prepare(exchange: &Exchange) -> Result<Commit, OAuthError> {
    let client = exchange.client.clone();
    let target = asked(exchange.app, exchange.trace, &client, exchange.params)?;
    Ok(Box::new(move |app, tx, _| {
        let access = issue::record(&app.directory, tx, token(app, tx.now, &client, target))?;
        // RFC 6749 §4.4.3: a refresh token should not be included.
        Ok(Outcome::issued(Issue::access_only(access), None))
    }))
}

/// Target of the client's own token with these parameters.
pub fn asked(
    app: &App,
    trace: &Trace,
    client: &Client,
    params: &Params,
) -> Result<Target, OAuthError> {
    // Only for confidential clients (RFC 6749 §4.4).
    if client.is_public() {
        let error = OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "Public clients cannot use client_credentials.",
        );
        return Err(trace.fail("client's grant types", error));
    }
    let scope = trace.check("scope", scope(client, params))?;
    let target = target::requested(&app.directory, client, params)
        .and_then(|resources| target::exactly(&app.directory, client, &scope, resources));
    trace.check("resource and scope", target)
}

fn scope(client: &Client, params: &Params) -> Result<ScopeSet, OAuthError> {
    let allowed = client
        .metadata
        .scope
        .filter(|scope| scope.as_str() != scope::OFFLINE_ACCESS);
    let scope = requested_access::named_scope(params)?.unwrap_or_else(|| allowed.clone());
    if let Some(refused) = scope.first_not_in(&allowed) {
        return Err(OAuthError::from(Reason::ScopeNotAllowed)
            .saying(format!(
                "The scope {refused} is not allowed for this client."
            ))
            .comparing(params.optional("scope"), [allowed.to_string()]));
    }
    Ok(scope)
}

/// Content of that token.
pub fn token(app: &App, now: UnixSeconds, client: &Client, target: Target) -> AccessToken {
    // RFC 9068 §2.2: without a user, `sub` is the client itself.
    let sub = Subject::trusted(client.client_id.as_str());
    let expires_at = now + issue::access_token_lifetime(&app.directory, client);
    AccessToken::new(
        &client.client_id,
        &sub,
        target,
        Origin::ClientCredentials,
        expires_at,
    )
}
