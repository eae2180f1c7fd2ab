//! The one mint: every token of every endpoint, page and command is made here.

mod id_token;

use serde::Serialize;
use serde_json::json;

pub use self::id_token::{ID_TOKEN_TYPE, IdTokenClaims, IdTokenFor, ensure_id_token_key};
use crate::{
    app::App,
    crypto::{hash, jwt, keys::Algorithm, random},
    directory::id_token_algorithm,
    domain::{
        client::Client,
        grant::Grant,
        id::Id,
        name::{ClientId, Subject, TeamId},
        resource::Target,
        scope::{self, ScopeSet},
        secret::Secret,
        time::{Lifetime, UnixSeconds},
        token::{
            AccessTokenClaims, AccessTokenRecord, Actor, Audience, Confirmation, OpaqueToken,
            Origin, RefreshTokenRecord,
        },
    },
    oauth::{
        error::{ErrorCode, OAuthError},
        target,
    },
    store::{StoreError, Tx, access_tokens, refresh_tokens},
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

/// What a token request is answered with, before it is signed.
#[derive(Debug)]
pub struct Issue {
    pub access: AccessTokenClaims,
    pub refresh_token: Option<Secret>,
    pub id_token_for: Option<IdTokenFor>,
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

/// An access token under a user's grant.
pub fn record_for_grant(
    app: &App,
    tx: &Tx,
    client: &Client,
    grant: &Grant,
    target: Target,
    origin: Origin,
) -> Result<AccessTokenClaims, StoreError> {
    let token = for_grant(app, tx.now, client, grant, target, origin);
    Ok(with_may_act(client, record(app, tx, token)?))
}

/// The claims with which [`record_for_grant`] answers.
pub fn describe_for_grant(
    app: &App,
    now: UnixSeconds,
    client: &Client,
    grant: &Grant,
    target: Target,
) -> AccessTokenClaims {
    let token = for_grant(app, now, client, grant, target, grant.origin);
    with_may_act(client, describe(app, now, grant.id, token))
}

fn for_grant(
    app: &App,
    now: UnixSeconds,
    client: &Client,
    grant: &Grant,
    target: Target,
    origin: Origin,
) -> AccessToken {
    AccessToken {
        client_id: grant.client_id.clone(),
        sub: grant.sub.clone(),
        scope: target.scope,
        resources: target.resources,
        dpop_jkt: None,
        act: None,
        team_id: grant.team_id.clone(),
        zoneinfo: grant.zoneinfo.clone(),
        auth_time: Some(grant.auth_time),
        grant_id: Some(grant.id),
        parent_id: None,
        actor_token_id: None,
        session_id: None,
        origin,
        expires_at: (now + access_token_lifetime(app, client)).min(grant.expires_at),
    }
}

/// RFC 8693 §4.4
fn with_may_act(client: &Client, claims: AccessTokenClaims) -> AccessTokenClaims {
    let may_act = client.metadata.may_act.clone();
    AccessTokenClaims {
        may_act: may_act.map(|sub| Actor { sub, act: None }),
        ..claims
    }
}

pub fn access_token_lifetime(app: &App, client: &Client) -> Lifetime {
    client
        .metadata
        .access_token_lifetime
        .unwrap_or(app.live().access_token_lifetime)
}

/// A refresh token is what `offline_access` and the `refresh_token` grant of the registration yield.
pub fn yields_refresh_token(client: &Client, scope: &ScopeSet) -> bool {
    scope.contains(scope::OFFLINE_ACCESS)
        && client.may_use(crate::domain::grant_type::GrantType::RefreshToken)
}

/// Records the first refresh token of a grant.
pub fn record_refresh_token(
    app: &App,
    tx: &Tx,
    client: &Client,
    grant: &Grant,
) -> Result<Secret, StoreError> {
    let token = OpaqueToken {
        id: tx.new_id(),
        secret: random::secret(),
    };
    insert_refresh_token(app, tx, client, grant, &token)?;
    Ok(token.to_secret())
}

/// Records the successor of a refresh token. Its secret is derived from its predecessor's and not
/// stored, so that a retry of the very last refresh can be answered with the same successor.
pub fn record_successor(
    app: &App,
    tx: &Tx,
    client: &Client,
    grant: &Grant,
    id: Id,
    predecessor: &OpaqueToken,
) -> Result<Secret, StoreError> {
    let token = successor(app, id, predecessor);
    insert_refresh_token(app, tx, client, grant, &token)?;
    Ok(token.to_secret())
}

/// The successor of a refresh token, whose id is known.
pub fn successor(app: &App, id: Id, predecessor: &OpaqueToken) -> OpaqueToken {
    let parts: [&[u8]; 2] = [id.as_bytes(), predecessor.secret.expose().as_bytes()];
    let secret = hash::base64url(&app.mac.mac("refresh token successor", &parts));
    OpaqueToken {
        id,
        secret: Secret::new(secret),
    }
}

/// How long a refresh token that is issued or used now may lie unused: the idle limit, within the
/// absolute one, which no use moves.
pub fn idle_until(app: &App, tx: &Tx, client: &Client, grant: &Grant) -> UnixSeconds {
    let idle = client
        .metadata
        .refresh_token_idle_lifetime
        .unwrap_or(app.live().refresh_token_idle_lifetime);
    (tx.now + idle).min(grant.expires_at)
}

fn insert_refresh_token(
    app: &App,
    tx: &Tx,
    client: &Client,
    grant: &Grant,
    token: &OpaqueToken,
) -> Result<(), StoreError> {
    refresh_tokens::insert(
        tx,
        &RefreshTokenRecord {
            id: token.id,
            secret_hash: hash::secret_hash(token.secret.expose()),
            grant_id: grant.id,
            client_id: grant.client_id.clone(),
            issued_at: tx.now,
            expires_at: idle_until(app, tx, client, grant),
            used_at: None,
            successor_id: None,
        },
    )
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
