//! Access tokens (RFC 9068).

use super::signing::sign_jwt;
use crate::{
    directory::Directory,
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
    oauth::{error::OAuthError, target},
    store::{StoreError, Tx, access_tokens},
};

/// RFC 9068 §2.1
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// Content of an access token.
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
    /// Access token that it is derived from and revoked with.
    pub parent_id: Option<Id>,
    /// Access token of the actor, if it is another one; it is revoked with that, too.
    pub actor_token_id: Option<Id>,
    pub session_id: Option<Id>,
    pub origin: Origin,
    pub expires_at: UnixSeconds,
}

impl AccessToken {
    /// Base of every access token: target and expiry, without a key, an actor, or a token, grant or session that it
    /// depends on.
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

/// Records an access token and returns its claims (RFC 9068 §2.2), to be signed after this transaction is committed.
pub fn record(
    directory: &Directory,
    tx: &Tx,
    token: AccessToken,
) -> Result<AccessTokenClaims, StoreError> {
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
    Ok(describe(directory, tx.now, id, token))
}

/// Claims of an access token (RFC 9068 §2.2). Never sign them without [`record`].
pub fn describe(
    directory: &Directory,
    now: UnixSeconds,
    id: Id,
    token: AccessToken,
) -> AccessTokenClaims {
    let aud = Audience::of(target::audience(directory, &token.resources, &token.scope));
    AccessTokenClaims {
        iss: directory.issuer().to_owned(),
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

pub fn access_token_lifetime(directory: &Directory, client: &Client) -> Lifetime {
    client
        .metadata
        .access_token_lifetime
        .unwrap_or(directory.live().access_token_lifetime)
}

pub fn sign_access_token(
    directory: &Directory,
    now: UnixSeconds,
    claims: &AccessTokenClaims,
) -> Result<Secret, OAuthError> {
    let algorithm = directory.snapshot().access_token_algorithm(&claims.aud);
    sign_jwt(directory, now, algorithm, ACCESS_TOKEN_TYPE, claims)
}
