//! Scopes and resources that a request asks a user for (RFC 6749 §3.3, RFC 8707 §2.1): those of an
//! authorization request and those of a device.

use crate::{
    app::App,
    domain::{client::Client, resource::Target, scope::ScopeSet},
    oauth::{
        error::{ErrorCode, OAuthError},
        params::Params,
        target,
    },
    trace::Reason,
};

/// Scopes that are not registered, or not the client's, are left out (RFC 6749 §3.3); the token answer
/// says which are in.
pub fn scope(app: &App, params: &Params, client: &Client) -> Result<ScopeSet, OAuthError> {
    let registered = &client.metadata.scope;
    let asked = match params.optional("scope") {
        Some(text) => ScopeSet::parse(text)
            .map_err(|error| OAuthError::new(ErrorCode::InvalidScope, error.to_string()))
            .map_err(|error| error.because(Reason::ScopeMalformed))?,
        None => registered.clone(),
    };
    let snapshot = app.directory.snapshot();
    let may_have = |name: &str| snapshot.scope(name).is_some() && registered.contains(name);
    let scope = asked.filter(|name| may_have(name.as_str()));
    if scope.is_empty() && !asked.is_empty() {
        let error = OAuthError::new(
            ErrorCode::InvalidScope,
            "the client may have none of these scopes",
        );
        return Err(error
            .because(Reason::ScopeNotAllowed)
            .comparing(params.optional("scope"), [registered.to_string()]));
    }
    Ok(scope)
}

/// RFC 8707 §2.1: the resources it is for. Scopes that do not go with them are left out, too.
pub fn target(
    app: &App,
    params: &Params,
    client: &Client,
    scope: &ScopeSet,
) -> Result<Target, OAuthError> {
    let resources = target::requested(app, client, params)?;
    let target = target::fitting(app, client, scope, resources)?;
    if target.scope.is_empty() && !scope.is_empty() {
        return Err(OAuthError::new(
            ErrorCode::InvalidScope,
            "none of the scopes goes with the resources that were asked for",
        ));
    }
    Ok(target)
}
