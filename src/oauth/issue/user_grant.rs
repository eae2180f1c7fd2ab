//! Tokens of a user's grant: an access token, and a refresh token and an ID token if the grant includes them.

use super::{
    AccessToken, IdTokenFor, Issue, access_token_lifetime, describe, record, refresh_token,
};
use crate::{
    directory::Directory,
    domain::{
        client::Client,
        grant::Grant,
        resource::Target,
        scope,
        secret::Secret,
        time::UnixSeconds,
        time_zone::TimeZone,
        token::{AccessTokenClaims, Actor, Origin},
        user::User,
    },
    oauth::dpop,
    store::{StoreError, Tx, grants},
};

/// A grant, with the request for its tokens.
pub struct UserGrant<'a> {
    pub client: &'a Client,
    pub grant: Grant,
    pub user: &'a User,
    /// Within what was granted.
    pub target: Target,
    /// The contract's `tz`, if the grant is to take it over.
    pub tz: Option<TimeZone>,
    /// The key of the request's DPoP proof (RFC 9449 §5).
    pub dpop_jkt: Option<&'a str>,
    /// The next refresh token; `None`: the first one, if the grant yields any.
    pub refresh_token: Option<Secret>,
    pub origin: Origin,
}

/// Records the tokens of a user's grant, to be signed once this transaction is committed.
pub fn for_user_grant(directory: &Directory, tx: &Tx, of: UserGrant) -> Result<Issue, StoreError> {
    let (client, mut grant) = (of.client, of.grant);
    if let Some(tz) = of.tz {
        grants::set_zoneinfo(tx, grant.id, tz.as_str())?;
        grant.zoneinfo = Some(tz.as_str().to_owned());
    }
    let token = token(directory, tx.now, client, &grant, of.target, of.origin);
    let access = with_may_act(client, record(directory, tx, token)?);
    let refresh_token = match of.refresh_token {
        None if refresh_token::yields_refresh_token(client, &grant.scope) => {
            dpop::bind_refresh_tokens(tx, client, &mut grant, of.dpop_jkt)?;
            Some(refresh_token::record(directory, tx, client, &grant)?)
        }
        next => next,
    };
    // OIDC Core §3.1.3.3, §12.2
    let id_token_for = access
        .scope
        .contains(scope::OPENID)
        .then(|| IdTokenFor::new(grant, client, of.user, &access.scope));
    Ok(Issue {
        access,
        refresh_token,
        id_token_for,
    })
}

/// The claims of the access token that [`for_user_grant`] would record.
pub fn describe_for_grant(
    directory: &Directory,
    now: UnixSeconds,
    client: &Client,
    grant: &Grant,
    target: Target,
) -> AccessTokenClaims {
    let token = token(directory, now, client, grant, target, grant.origin);
    with_may_act(client, describe(directory, now, grant.id, token))
}

fn token(
    directory: &Directory,
    now: UnixSeconds,
    client: &Client,
    grant: &Grant,
    target: Target,
    origin: Origin,
) -> AccessToken {
    let expires_at = (now + access_token_lifetime(directory, client)).min(grant.expires_at);
    AccessToken {
        team_id: grant.team_id.clone(),
        zoneinfo: grant.zoneinfo.clone(),
        auth_time: Some(grant.auth_time),
        grant_id: Some(grant.id),
        ..AccessToken::new(&grant.client_id, &grant.sub, target, origin, expires_at)
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
