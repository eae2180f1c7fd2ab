//! Policy for clients that register themselves.

use crate::{
    app::App,
    domain::{
        client::ClientMetadata,
        client_registration::{ClientRegistration, InvalidMember},
        grant_type::GrantType,
        redirect_uri::RedirectUri,
        scope::{self, ScopeSet},
    },
};

/// Grant types of unverified clients: a user must allow every token.
pub const USER_GRANTS: &[GrantType] = &[
    GrantType::AuthorizationCode,
    GrantType::RefreshToken,
    GrantType::DeviceCode,
];

/// Resources that such clients can request.
pub fn resources(app: &App) -> Vec<String> {
    let snapshot = app.directory.snapshot();
    let listed = &snapshot.settings.live.registration_resources;
    let mut uris: Vec<_> = listed.iter().map(ToString::to_string).collect();
    if app.config.is_dev() {
        uris.extend(
            snapshot
                .resources
                .iter()
                .map(|resource| resource.uri.to_string()),
        );
    }
    uris
}

/// Scopes allowed for such clients: the configured ones that exist and those of their resources, but never one that
/// gives access to this server's administration.
pub fn scope(app: &App) -> ScopeSet {
    let snapshot = app.directory.snapshot();
    let mut scope = app.live().registration_scope.clone();
    for uri in resources(app) {
        if let Some(resource) = snapshot.resource(&uri) {
            scope = scope.union(&resource.scopes);
        }
    }
    scope.filter(|name| {
        snapshot.scope(name.as_str()).is_some() && !scope::is_reserved(name.as_str())
    })
}

/// The scopes, and the others of the same resources: an MCP client registers with the scopes that it needs first and
/// requests more later, and the user is asked for each. The server can register more than was requested (RFC 7591
/// §3.2.1).
fn with_siblings(app: &App, asked: &ScopeSet) -> ScopeSet {
    let (snapshot, policy) = (app.directory.snapshot(), scope(app));
    let mut all = asked.clone();
    for uri in resources(app) {
        if let Some(resource) = snapshot.resource(&uri)
            && resource
                .scopes
                .iter()
                .any(|name| asked.contains(name.as_str()))
        {
            all = all.union(
                &resource
                    .scopes
                    .filter(|name| policy.contains(name.as_str())),
            );
        }
    }
    all
}

/// Metadata of such a client. Members that only an operator can set stay as in `before`, whatever is requested (RFC
/// 7591 §2 allows this). Scopes beyond the policy and `before` are left out; those of a resource are added together.
pub fn curtail(
    app: &App,
    asked: ClientRegistration,
    before: Option<&ClientMetadata>,
) -> Result<ClientMetadata, InvalidMember> {
    let policy = scope(app);
    let allowed = match before {
        Some(before) => policy.union(&before.scope),
        None => policy.clone(),
    };
    let scope = match asked.scope.as_deref() {
        None => policy,
        Some(text) => {
            let asked = ScopeSet::parse(text)
                .map_err(|error| InvalidMember::new("scope", error.to_string()))?;
            let scope = asked.filter(|name| allowed.contains(name.as_str()));
            if scope.is_empty() && !asked.is_empty() {
                return Err(InvalidMember::new(
                    "scope",
                    "contains no scope allowed for dynamically registered clients (setting registration_scope)",
                ));
            }
            with_siblings(app, &scope)
        }
    };
    let operators = match before {
        Some(before) => as_registration(before)?,
        None => ClientRegistration {
            allowed_resources: Some(resources(app)),
            ..ClientRegistration::default()
        },
    };
    // The response has the default, which then stays (RFC 7591 §3.2.1). A profile set by the operator has its own.
    let has_default = scope.contains(scope::OPENID) && operators.profile.is_none();
    let default_alg = has_default.then(|| app.live().id_token_alg.as_str().to_owned());
    // Listed one by one: a new member of registrations can only be set by an operator until it is listed here.
    let registration = ClientRegistration {
        client_name: asked.client_name,
        client_uri: asked.client_uri,
        logo_uri: asked.logo_uri,
        policy_uri: asked.policy_uri,
        tos_uri: asked.tos_uri,
        contacts: asked.contacts,
        software_id: asked.software_id,
        software_version: asked.software_version,
        redirect_uris: usable_addresses(app, "redirect_uris", asked.redirect_uris)?,
        post_logout_redirect_uris: usable_addresses(
            app,
            "post_logout_redirect_uris",
            asked.post_logout_redirect_uris,
        )?,
        grant_types: asked.grant_types,
        response_types: asked.response_types.map(usable_response_types),
        token_endpoint_auth_method: asked.token_endpoint_auth_method,
        token_endpoint_auth_signing_alg: asked.token_endpoint_auth_signing_alg,
        jwks: asked.jwks,
        jwks_uri: asked.jwks_uri,
        request_object_signing_alg: asked.request_object_signing_alg,
        require_signed_request_object: asked.require_signed_request_object,
        require_pushed_authorization_requests: asked.require_pushed_authorization_requests,
        dpop_bound_access_tokens: asked.dpop_bound_access_tokens,
        default_max_age: asked.default_max_age,
        require_auth_time: asked.require_auth_time,
        backchannel_logout_uri: asked.backchannel_logout_uri,
        backchannel_logout_session_required: asked.backchannel_logout_session_required,
        id_token_signed_response_alg: asked.id_token_signed_response_alg.or(default_alg),
        assertion_audience: asked
            .assertion_audience
            .or(operators.assertion_audience.clone()),
        scope: Some(scope.to_string()),
        ..operators
    };
    let metadata = registration.check()?;
    for (member, url) in [
        ("jwks_uri", &metadata.jwks_uri),
        ("backchannel_logout_uri", &metadata.backchannel_logout_uri),
    ] {
        if let Some(url) = url {
            let allowed = app.outbound.check(url);
            allowed.map_err(|error| InvalidMember::new(member, error.to_string()))?;
        }
    }
    Ok(metadata)
}

/// Redirect URIs allowed for such a client. Others are left out, as long as one remains (RFC 7591 §2).
fn usable_addresses(
    app: &App,
    member: &str,
    uris: Option<Vec<String>>,
) -> Result<Option<Vec<String>>, InvalidMember> {
    let Some(uris) = uris else {
        return Ok(None);
    };
    let (mut usable, mut refused) = (Vec::new(), None);
    for (i, uri) in uris.into_iter().enumerate() {
        match check_address(app, &uri) {
            Ok(()) => usable.push(uri),
            Err(reason) => {
                let invalid = || InvalidMember::new(format!("{member}[{i}]"), reason);
                refused.get_or_insert_with(invalid);
            }
        }
    }
    match refused {
        Some(invalid) if usable.is_empty() => Err(invalid),
        _ => Ok(Some(usable)),
    }
}

/// A scheme that is not a reversed domain name could belong to any app, so only known ones are allowed (RFC 8252 §7.1).
fn check_address(app: &App, uri: &str) -> Result<(), &'static str> {
    let uri = RedirectUri::parse(uri)?;
    let snapshot = app.directory.snapshot();
    if uri.is_insecure() && !snapshot.settings.allows_insecure_redirects() {
        return Err("must use https except for localhost (RFC 9700 §2.6)");
    }
    let known = &snapshot.settings.live.registration_redirect_schemes;
    match uri.undotted_scheme() {
        Some(scheme) if !known.iter().any(|known| known.eq_ignore_ascii_case(scheme)) => Err(
            "must use https, http on localhost, a reverse domain name as scheme (RFC 8252 §7.1), or a scheme of the \
             setting registration_redirect_schemes",
        ),
        _ => Ok(()),
    }
}

/// Selects a supported one of several.
fn usable_response_types(types: Vec<String>) -> Vec<String> {
    match types.iter().any(|name| name == "code") {
        true => vec!["code".to_owned()],
        false => types,
    }
}

/// Leaves out the grant types that such a client cannot have, as long as one remains. `allowed` are additional ones.
pub fn usable_grants(
    asked: ClientRegistration,
    allowed: impl Fn(GrantType) -> bool,
) -> ClientRegistration {
    let is_usable = |name: &String| {
        let grant = GrantType::parse(name);
        grant.is_some_and(|grant| USER_GRANTS.contains(&grant) || allowed(grant))
    };
    let usable = |names: Vec<String>| match names.iter().any(is_usable) {
        true => names.into_iter().filter(is_usable).collect(),
        false => names,
    };
    ClientRegistration {
        grant_types: asked.grant_types.map(usable),
        ..asked
    }
}

/// Metadata is a registration, too.
fn as_registration(metadata: &ClientMetadata) -> Result<ClientRegistration, InvalidMember> {
    serde_json::to_value(metadata)
        .and_then(serde_json::from_value)
        .map_err(|_| InvalidMember::new("client_id", "stored client metadata cannot be read"))
}
