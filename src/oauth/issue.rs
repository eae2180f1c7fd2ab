//! The one mint: every token of every endpoint, page and command is made here.

mod id_token;
mod refresh_token;
mod user_grant;

use serde::Serialize;
use serde_json::json;

pub use self::{
    id_token::{ID_TOKEN_TYPE, IdTokenClaims, IdTokenFor, ensure_id_token_key},
    refresh_token::{extend_refresh_token, record_successor, successor, yields_refresh_token},
    user_grant::{UserGrant, describe_for_grant, for_user_grant},
};
use crate::{
    app::App,
    crypto::{jwt, keys::Algorithm},
    directory::id_token_algorithm,
    domain::{
        client::Client,
        id::Id,
        name::{ClientId, Subject, TeamId},
        resource::Target,
        scope::ScopeSet,
        secret::Secret,
        time::{Lifetime, UnixSeconds},
        token::{AccessTokenClaims, AccessTokenRecord, Actor, Audience, Confirmation, Origin},
    },
    oauth::{
        error::{ErrorCode, OAuthError},
        target,
    },
    store::{StoreError, Tx, access_tokens},
};

/// RFC 9068 §2.1
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";
/// OIDC Back-Channel Logout §2.4
pub const LOGOUT_TOKEN_TYPE: &str = "logout+jwt";

/// What an access token is to say.
pub struct AccessToken {
    pub client_id: ClientId,
    pub sub: Subject,
    pub scope: ScopeSet,
    /// The resources it is for (RFC 8707 §2); empty: this server's own endpoints.
    pub resources: Vec<String>,
    /// The key it is bound to (RFC 9449 §6.1).
    pub dpop_jkt: Option<String>,
    pub act: Option<Actor>,
    pub team_id: Option<TeamId>,
    pub zoneinfo: Option<String>,
    pub auth_time: Option<UnixSeconds>,
    pub grant_id: Option<Id>,
    /// The access token whose power it hands on, and with which it ends.
    pub parent_id: Option<Id>,
    /// The access token of the party that acts, if it is another one: it ends with that, too.
    pub actor_token_id: Option<Id>,
    pub session_id: Option<Id>,
    pub origin: Origin,
    pub expires_at: UnixSeconds,
}

impl AccessToken {
    /// Base of every access token: what it is for and until when. It is bound to no key, depends on no other
    /// token, grant or session, and nobody acts in it.
    pub fn new(
        client_id: &ClientId,
        sub: &Subject,
        target: Target,
        origin: Origin,
        expires_at: UnixSeconds,
    ) -> Self {
        Self {
            client_id: client_id.clone(),
            sub: sub.clone(),
            scope: target.scope,
            resources: target.resources,
            dpop_jkt: None,
            act: None,
            team_id: None,
            zoneinfo: None,
            auth_time: None,
            grant_id: None,
            parent_id: None,
            actor_token_id: None,
            session_id: None,
            origin,
            expires_at,
        }
    }
}

/// What a token request is answered with, before it is signed.
#[derive(Debug)]
pub struct Issue {
    pub access: AccessTokenClaims,
    pub refresh_token: Option<Secret>,
    pub id_token_for: Option<IdTokenFor>,
}

impl Issue {
    /// An access token alone.
    pub fn access_only(access: AccessTokenClaims) -> Self {
        Self {
            access,
            refresh_token: None,
            id_token_for: None,
        }
    }
}

/// What a token request is answered with.
pub struct Issued {
    pub access_token: Secret,
    /// Whether it is bound to a key (RFC 9449 §5): then its `token_type` is DPoP.
    pub is_bound: bool,
    pub expires_in: i64,
    pub refresh_token: Option<Secret>,
    pub scope: ScopeSet,
    pub id_token: Option<Secret>,
    /// RFC 8693 §2.2.1: what a token exchange calls the access token.
    pub issued_token_type: Option<&'static str>,
}

/// Records an access token and answers with its claims (RFC 9068 §2.2), to be signed once this
/// transaction is committed.
pub fn record(app: &App, tx: &Tx, token: AccessToken) -> Result<AccessTokenClaims, StoreError> {
    let id = tx.new_id();
    access_tokens::insert(
        tx,
        &AccessTokenRecord {
            id,
            client_id: token.client_id.clone(),
            sub: token.sub.clone(),
            act: token.act.clone(),
            grant_id: token.grant_id,
            parent_id: token.parent_id,
            actor_token_id: token.actor_token_id,
            session_id: token.session_id,
            team_id: token.team_id.clone(),
            scope: token.scope.clone(),
            origin: token.origin,
            expires_at: token.expires_at,
        },
    )?;
    Ok(describe(app, tx.now, id, token))
}

/// The claims of an access token (RFC 9068 §2.2). What is not [`record`]ed beside is never to be signed.
pub fn describe(app: &App, now: UnixSeconds, id: Id, token: AccessToken) -> AccessTokenClaims {
    let aud = Audience::of(target::audience(app, &token.resources, &token.scope));
    AccessTokenClaims {
        iss: app.config.issuer.clone(),
        sub: token.sub,
        aud,
        client_id: token.client_id,
        scope: token.scope,
        jti: id,
        iat: now,
        exp: token.expires_at,
        auth_time: token.auth_time,
        act: token.act,
        may_act: None,
        cnf: token.dpop_jkt.map(|jkt| Confirmation { jkt }),
        team_id: token.team_id,
        zoneinfo: token.zoneinfo,
        grant_id: token.grant_id,
        session_id: token.session_id,
    }
}

pub fn access_token_lifetime(app: &App, client: &Client) -> Lifetime {
    client
        .metadata
        .access_token_lifetime
        .unwrap_or(app.live().access_token_lifetime)
}

/// Signs what a transaction has recorded.
pub fn sign(app: &App, client: &Client, issue: Issue) -> Result<Issued, OAuthError> {
    let access_token = sign_access_token(app, &issue.access)?;
    let id_token = issue
        .id_token_for
        .map(|id_token| id_token::sign(app, client, &id_token, &access_token, issue.access.iat))
        .transpose()?;
    Ok(Issued {
        access_token,
        is_bound: issue.access.cnf.is_some(),
        expires_in: issue.access.exp.since(issue.access.iat),
        refresh_token: issue.refresh_token,
        scope: issue.access.scope,
        id_token,
        issued_token_type: None,
    })
}

pub fn sign_access_token(app: &App, claims: &AccessTokenClaims) -> Result<Secret, OAuthError> {
    sign_jwt(app, Algorithm::Es256, ACCESS_TOKEN_TYPE, claims)
}

/// Tells a client that a browser login has ended (OIDC Back-Channel Logout §2.4).
pub fn logout_token(
    app: &App,
    client: &Client,
    sub: &Subject,
    session: Id,
) -> Result<Secret, OAuthError> {
    let now = app.now();
    let claims = json!({
        "iss": app.config.issuer,
        "aud": client.client_id,
        "iat": now,
        // §4: at most two minutes.
        "exp": now + Lifetime::minutes(2),
        "jti": app.new_id(),
        "sub": sub,
        "sid": session.simple(),
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    sign_jwt(app, id_token_algorithm(client), LOGOUT_TOKEN_TYPE, &claims)
}

fn sign_jwt<T: Serialize>(
    app: &App,
    algorithm: Algorithm,
    typ: &str,
    claims: &T,
) -> Result<Secret, OAuthError> {
    let failed = |detail: String| OAuthError {
        detail: Some(detail),
        ..OAuthError::new(ErrorCode::ServerError, "the token could not be signed")
    };
    let snapshot = app.directory.snapshot();
    let key = snapshot
        .signing_key(algorithm, app.now())
        .ok_or_else(|| failed(format!("there is no active {algorithm:?} key")))?;
    jwt::sign(key, typ, claims)
        .map(Secret::new)
        .map_err(|error| failed(error.to_string()))
}
