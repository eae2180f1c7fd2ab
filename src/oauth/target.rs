//! Target of a token: scopes and their resources (RFC 8707 §2, RFC 9068 §3).
//!
//! The issuer is a resource like any other, with the `keyfob:` scopes: a token with access to this server is not also
//! for another API unless both were requested by name.

use crate::{
    directory::{Directory, Snapshot},
    domain::{
        client::Client,
        name::ClientId,
        resource::{Target, is_same_uri},
        scope::{self, ScopeSet},
        token::{AccessTokenClaims, Audience},
    },
    oauth::{
        error::{ErrorCode, OAuthError},
        params::Params,
    },
    trace::Reason,
};

/// The `resource` parameters, as the resources are registered, each once.
pub fn requested(
    directory: &Directory,
    client: &Client,
    params: &Params,
) -> Result<Vec<String>, OAuthError> {
    let mut resources = Vec::new();
    for sent in params.all("resource") {
        let uri = find(directory, client, sent)?;
        if !resources.contains(&uri) {
            resources.push(uri);
        }
    }
    Ok(resources)
}

/// One resource that the client can request, as registered (RFC 8707 §2).
pub fn find(directory: &Directory, client: &Client, sent: &str) -> Result<String, OAuthError> {
    if is_same_uri(directory.issuer(), sent) {
        return Ok(directory.issuer().to_owned());
    }
    let snapshot = directory.snapshot();
    let found = snapshot
        .resource(sent)
        .filter(|resource| may_ask_for(client, resource.uri.as_str()));
    found
        .map(|resource| resource.uri.as_str().to_owned())
        .ok_or_else(|| Reason::ResourceUnknown.into())
}

/// [`find`] by `audience`, which can also be the `client_id` of the resource (a logical name, RFC 8693 §2.1).
pub fn find_named(
    directory: &Directory,
    client: &Client,
    name: &str,
) -> Result<String, OAuthError> {
    let snapshot = directory.snapshot();
    let is_it = |id: &ClientId| id.as_str() == name;
    let mut of_client = snapshot
        .resources
        .iter()
        .filter(|resource| resource.client_id.as_ref().is_some_and(is_it));
    match (of_client.next(), of_client.next()) {
        (Some(only), None) => find(directory, client, only.uri.as_str()),
        _ => find(directory, client, name),
    }
}

/// Whether the resource is allowed for the client.
pub fn may_ask_for(client: &Client, uri: &str) -> bool {
    client
        .metadata
        .allowed_resources
        .as_ref()
        .is_none_or(|allowed| allowed.iter().any(|one| is_same_uri(one, uri)))
}

/// Target of an authorization request, without the scopes that do not belong to its resources (RFC 6749 §3.3).
pub fn fitting(
    directory: &Directory,
    client: &Client,
    scope: &ScopeSet,
    requested: Vec<String>,
) -> Result<Target, OAuthError> {
    let snapshot = directory.snapshot();
    let resources = if requested.is_empty() {
        inferred(directory, &snapshot, client, scope)?
    } else {
        requested
    };
    let issuer = directory.issuer();
    // A scope of other resources than the requested ones cannot be in the token.
    let has_place = |name: &str| {
        let homes = homes(issuer, &snapshot, name);
        homes.is_empty()
            || homes
                .iter()
                .any(|home| resources.iter().any(|uri| uri == home))
            || (resources.is_empty() && homes == [issuer])
    };
    Ok(Target {
        scope: scope.filter(|name| has_place(name.as_str())),
        resources: canonical(issuer, resources),
    })
}

/// Target of a request that fails if a scope does not belong to its resources.
pub fn exactly(
    directory: &Directory,
    client: &Client,
    scope: &ScopeSet,
    requested: Vec<String>,
) -> Result<Target, OAuthError> {
    let target = fitting(directory, client, scope, requested)?;
    match scope.first_not_in(&target.scope) {
        None => Ok(target),
        Some(refused) => Err(invalid_scope(format!(
            "The scope {refused} belongs to another resource. Request it with the resource parameter."
        ))),
    }
}

/// RFC 8707 §2.2: a part of what was granted, never more. What the registration of the client or of a
/// resource has lost since is left out.
pub fn within(
    directory: &Directory,
    client: &Client,
    granted: &Target,
    scope: Option<&ScopeSet>,
    requested: Vec<String>,
) -> Result<Target, OAuthError> {
    let audience = audience(directory, &granted.resources, &granted.scope);
    if let Some(refused) = requested.iter().find(|uri| !audience.contains(uri)) {
        let text = format!("The resource {refused} was not granted (RFC 8707 §2.2).");
        return Err(OAuthError {
            code: ErrorCode::InvalidTarget,
            ..OAuthError::from(Reason::ScopeExceeds).saying(text)
        });
    }
    let resources: Vec<String> = if requested.is_empty() {
        still_there(
            directory,
            client,
            granted.resources.iter().map(String::as_str),
        )?
    } else {
        requested
    };
    let possible = granted
        .scope
        .filter(|name| client.metadata.scope.contains(name.as_str()));
    // RFC 6749 §6: within what was granted.
    if let Some(refused) = scope.and_then(|scope| scope.first_not_in(&possible)) {
        let text = format!("The scope {refused} was not granted.");
        return Err(OAuthError::from(Reason::ScopeExceeds).saying(text));
    }
    placed(
        directory,
        client,
        scope.unwrap_or(&possible),
        scope.is_some(),
        resources,
    )
}

/// The target of scopes that are settled, on resources that are settled. Unless all scopes must have a
/// place there, those that have none are left out.
pub fn placed(
    directory: &Directory,
    client: &Client,
    scope: &ScopeSet,
    all: bool,
    resources: Vec<String>,
) -> Result<Target, OAuthError> {
    // No resource means only this server here, so nothing is inferred.
    let named = match resources.is_empty() {
        true => vec![directory.issuer().to_owned()],
        false => resources,
    };
    match all {
        true => exactly(directory, client, scope, named),
        false => fitting(directory, client, scope, named),
    }
}

/// Resources of a token derived with these scopes: its own, without this server if it is one of several and no scope is
/// for this server.
pub fn handed_on(
    directory: &Directory,
    client: &Client,
    audience: &Audience,
    scope: &ScopeSet,
) -> Result<Vec<String>, OAuthError> {
    let issuer = directory.issuer();
    let is_of_use = |name: &str| name == scope::OPENID || scope::is_reserved(name);
    let mut resources = still_there(directory, client, audience.names())?;
    if resources.len() > 1 && !scope.iter().any(|name| is_of_use(name.as_str())) {
        resources.retain(|uri| uri != issuer);
    }
    Ok(canonical(issuer, resources))
}

/// Resources that are still registered and allowed for the client; an error if none remain, since none would mean this
/// server.
fn still_there<'a>(
    directory: &Directory,
    client: &Client,
    resources: impl Iterator<Item = &'a str>,
) -> Result<Vec<String>, OAuthError> {
    let snapshot = directory.snapshot();
    let is_there = |uri: &str| {
        uri == directory.issuer() || (snapshot.resource(uri).is_some() && may_ask_for(client, uri))
    };
    let (there, gone): (Vec<_>, Vec<_>) = resources.partition(|uri| is_there(uri));
    if there.is_empty() && !gone.is_empty() {
        return Err(OAuthError::new(
            ErrorCode::InvalidTarget,
            "The resource was deleted or is no longer allowed for this client.",
        ));
    }
    Ok(there.into_iter().map(str::to_owned).collect())
}

/// RFC 9068 §3: the audience of a token. UserInfo is this server's, so `openid` adds the issuer.
pub fn audience(directory: &Directory, resources: &[String], scope: &ScopeSet) -> Vec<String> {
    let mut names = resources.to_vec();
    let issuer = directory.issuer();
    if (names.is_empty() || scope.contains(scope::OPENID))
        && !names.iter().any(|name| name == issuer)
    {
        names.push(issuer.to_owned());
    }
    names
}

/// Whether any audience of the token still exists: this server or a registered resource.
pub fn is_for_somebody(directory: &Directory, claims: &AccessTokenClaims) -> bool {
    let snapshot = directory.snapshot();
    let is_there = |uri: &str| {
        uri == directory.issuer()
            || (snapshot.resource(uri).is_some() && !directory.is_revoked_at(uri, claims.jti))
    };
    claims.aud.names().any(is_there)
}

/// Whether the client is that of a resource that the token is for.
pub fn is_audience(directory: &Directory, client: &Client, claims: &AccessTokenClaims) -> bool {
    let snapshot = directory.snapshot();
    snapshot.resources.iter().any(|resource| {
        resource.client_id.as_ref() == Some(&client.client_id)
            && claims.aud.contains(resource.uri.as_str())
            && !directory.is_revoked_at(resource.uri.as_str(), claims.jti)
    })
}

/// RFC 9068 §3: without `resource`, the one resource to which the scopes belong.
fn inferred(
    directory: &Directory,
    snapshot: &Snapshot,
    client: &Client,
    scope: &ScopeSet,
) -> Result<Vec<String>, OAuthError> {
    let mut resources: Vec<String> = Vec::new();
    for name in scope.iter() {
        let homes = homes(directory.issuer(), snapshot, name.as_str());
        if let [only] = homes.as_slice()
            && (*only == directory.issuer() || may_ask_for(client, only))
            && !resources.iter().any(|uri| uri == only)
        {
            resources.push((*only).to_owned());
        }
    }
    if resources.len() > 1 {
        return Err(invalid_scope(
            "The scopes belong to several resources. Select them with the resource parameter (RFC 9068 §3).",
        ));
    }
    Ok(resources)
}

/// Resources that a scope belongs to; if none, it can be used with any.
fn homes<'a>(issuer: &'a str, snapshot: &'a Snapshot, scope: &str) -> Vec<&'a str> {
    if scope::is_reserved(scope) {
        return vec![issuer];
    }
    snapshot
        .owners(scope)
        .map(|resource| resource.uri.as_str())
        .collect()
}

/// Only this server is written as no resource.
fn canonical(issuer: &str, resources: Vec<String>) -> Vec<String> {
    match resources.as_slice() {
        [only] if only == issuer => Vec::new(),
        _ => resources,
    }
}

fn invalid_scope(description: impl Into<std::borrow::Cow<'static, str>>) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidScope, description)
}
