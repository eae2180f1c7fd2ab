//! Token introspection (RFC 7662).

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    app::App,
    crypto::hash,
    domain::{
        client::Client,
        id::Id,
        name::{ClientId, Subject, TeamId},
        scope::{self, ScopeSet},
        time::UnixSeconds,
        token::{Actor, Audience, Confirmation, OpaqueToken},
    },
    oauth::{
        bearer,
        error::{ErrorCode, OAuthError},
        target,
    },
    store::{StoreError, Tx, grants, refresh_tokens, users},
};

/// A token's content (RFC 7662 §2.2). For an inactive token only `active` is returned.
#[derive(Default, Serialize, JsonSchema)]
#[schemars(rename = "IntrospectionResponse")]
pub struct Introspected {
    /// Whether the token is active and visible to the caller.
    active: bool,
    /// `Bearer` or `DPoP`; absent for a refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    /// The issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(url)]
    iss: Option<String>,
    /// The subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<Subject>,
    /// The audience.
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<Audience>,
    /// The client the token was issued to.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<ClientId>,
    /// Name of that client.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_name: Option<String>,
    /// The user's name, with the scope `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// The user's email address, with the scope `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Space-separated scopes.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<ScopeSet>,
    /// The token's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<Id>,
    /// Issue, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<UnixSeconds>,
    /// Expiry, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<UnixSeconds>,
    /// Time of the user's sign-in, Unix seconds (RFC 9068 §2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<UnixSeconds>,
    /// Actor for the subject (RFC 8693 §4.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Actor>,
    /// Party that can act with this token (RFC 8693 §4.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    may_act: Option<Actor>,
    /// The key the token is bound to (RFC 7800).
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
    /// The team that the subject acts in.
    #[serde(skip_serializing_if = "Option::is_none")]
    team_id: Option<TeamId>,
    /// The user's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    zoneinfo: Option<String>,
}

/// Information about a token, or only `{"active":false}` if it is unknown, expired, revoked, of another kind, or not
/// for the caller (RFC 7662 §2.2, §4).
pub fn introspect(app: &App, caller: &Client, token: &str) -> Result<Introspected, OAuthError> {
    // The caller must authenticate, which a public client cannot (RFC 7662 §2.1).
    if caller.is_public() {
        return Err(OAuthError::new(
            ErrorCode::InvalidClient,
            "Introspection requires client authentication.",
        ));
    }
    let answer = match token.parse::<OpaqueToken>() {
        Ok(token) => refresh_token(app, caller, &token)?,
        Err(_) => access_token(app, caller, token)?,
    };
    Ok(answer.unwrap_or_default())
}

fn access_token(
    app: &App,
    caller: &Client,
    token: &str,
) -> Result<Option<Introspected>, StoreError> {
    let Ok(claims) = bearer::verify_for_any(app, token) else {
        return Ok(None);
    };
    // RFC 7662 §4: the business of the client it was issued to, and of those it is for.
    let is_visible = claims.client_id == caller.client_id
        || target::is_audience(&app.directory, caller, &claims);
    if !target::is_for_somebody(&app.directory, &claims) || !is_visible {
        return Ok(None);
    }
    let user = match claims.is_client() {
        true => Named::default(),
        false => app.store.read(|tx| named(tx, &claims.sub, &claims.scope))?,
    };
    // RFC 9449 §6.2: `cnf` is among the claims.
    let token_type = if claims.cnf.is_some() {
        "DPoP"
    } else {
        "Bearer"
    };
    let claims = (*claims).clone();
    Ok(Some(Introspected {
        active: true,
        token_type: Some(token_type),
        iss: Some(claims.iss),
        sub: Some(claims.sub),
        aud: Some(claims.aud),
        client_name: client_name(app, &claims.client_id),
        client_id: Some(claims.client_id),
        username: user.username,
        email: user.email,
        scope: Some(claims.scope),
        jti: Some(claims.jti),
        iat: Some(claims.iat),
        exp: Some(claims.exp),
        auth_time: claims.auth_time,
        act: claims.act,
        may_act: claims.may_act,
        cnf: claims.cnf,
        team_id: claims.team_id,
        zoneinfo: claims.zoneinfo,
    }))
}

/// Names of the user that the scopes of the token release (OIDC Core §5.4).
#[derive(Default)]
struct Named {
    username: Option<String>,
    email: Option<String>,
}

fn named(tx: &Tx, sub: &Subject, scope: &ScopeSet) -> Result<Named, StoreError> {
    let (has_profile, has_email) = (scope.contains(scope::PROFILE), scope.contains(scope::EMAIL));
    if !has_profile && !has_email {
        return Ok(Named::default());
    }
    let Some((username, email)) = users::names(tx, sub.as_str())? else {
        return Ok(Named::default());
    };
    Ok(Named {
        username: has_profile.then_some(username),
        email: email.filter(|_| has_email),
    })
}

fn client_name(app: &App, client_id: &ClientId) -> Option<String> {
    let snapshot = app.directory.snapshot();
    snapshot
        .client(client_id.as_str())?
        .metadata
        .client_name
        .clone()
}

fn refresh_token(
    app: &App,
    caller: &Client,
    token: &OpaqueToken,
) -> Result<Option<Introspected>, StoreError> {
    app.store.read(|tx| {
        let Some(record) = refresh_tokens::get(tx, token.id)? else {
            return Ok(None);
        };
        let hash = hash::secret_hash(token.secret.expose());
        let known = record.secret_hash.matches(&hash) && record.client_id == caller.client_id;
        if !known || record.used_at.is_some() || tx.now >= record.expires_at {
            return Ok(None);
        }
        let grant = grants::get(tx, record.grant_id)?.filter(|grant| grant.is_alive(tx.now));
        let Some(grant) = grant else {
            return Ok(None);
        };
        let user = named(tx, &grant.sub, &grant.scope)?;
        Ok(Some(Introspected {
            active: true,
            client_name: client_name(app, &grant.client_id),
            username: user.username,
            email: user.email,
            client_id: Some(grant.client_id),
            sub: Some(grant.sub),
            scope: Some(grant.scope),
            iss: Some(app.config.issuer.clone()),
            iat: Some(record.issued_at),
            exp: Some(record.expires_at),
            ..Introspected::default()
        }))
    })
}
