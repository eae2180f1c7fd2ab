//! Access that a client requests: the grant type, and the scopes and resources of an authorization or device request
//! (RFC 6749 §3.3, RFC 8707 §2.1).

use crate::{
    directory::Directory,
    domain::{client::Client, grant_type::GrantType, resource::Target, scope::ScopeSet},
    oauth::{
        error::{ErrorCode, OAuthError},
        params::Params,
        target,
    },
    trace::Reason,
};

/// Whether the client is registered for the grant (RFC 6749 §5.2, `unauthorized_client`).
pub fn grant(client: &Client, grant_type: GrantType) -> Result<(), OAuthError> {
    if client.may_use(grant_type) {
        return Ok(());
    }
    let name = grant_type.as_str();
    let registered = client.metadata.grant_types.iter();
    Err(OAuthError::from(Reason::GrantNotRegistered)
        .saying(format!(
            "The client is not allowed to use the grant type {name}."
        ))
        .comparing(Some(name), registered.map(|grant| grant.as_str())))
}

/// The request's `scope`, if it has one.
pub fn named_scope(params: &Params) -> Result<Option<ScopeSet>, OAuthError> {
    let scope = params.optional("scope").map(ScopeSet::parse).transpose();
    scope.map_err(|error| OAuthError::from(Reason::ScopeMalformed).saying(error.to_string()))
}

/// Scopes that are not registered or not allowed for the client are left out (RFC 6749 §3.3); the token response lists
/// the granted ones.
pub fn scope(
    directory: &Directory,
    params: &Params,
    client: &Client,
) -> Result<ScopeSet, OAuthError> {
    let registered = &client.metadata.scope;
    let asked = named_scope(params)?.unwrap_or_else(|| registered.clone());
    let snapshot = directory.snapshot();
    let may_have = |name: &str| snapshot.scope(name).is_some() && registered.contains(name);
    let scope = asked.filter(|name| may_have(name.as_str()));
    if scope.is_empty() && !asked.is_empty() {
        return Err(OAuthError::from(Reason::ScopeNotAllowed)
            .comparing(params.optional("scope"), [registered.to_string()]));
    }
    Ok(scope)
}

/// RFC 8707 §2.1: the resources it is for. Scopes that do not go with them are left out, too.
pub fn target(
    directory: &Directory,
    params: &Params,
    client: &Client,
    scope: &ScopeSet,
) -> Result<Target, OAuthError> {
    let resources = target::requested(directory, client, params)?;
    let is_named = !resources.is_empty();
    let target = target::fitting(directory, client, scope, resources)?;
    if target.scope.is_empty() && !scope.is_empty() {
        let reason = match is_named {
            true => "None of the requested scopes belongs to the requested resources.",
            false => {
                "The requested scopes belong to several resources. Name one with resource (RFC 8707 §2)."
            }
        };
        return Err(OAuthError::new(ErrorCode::InvalidScope, reason));
    }
    Ok(target)
}
