//! Issuing of all tokens, for every endpoint, page and command.

mod access_token;
mod id_token;
mod refresh_token;
mod signing;
mod user_grant;

use serde_json::json;

use self::signing::sign_jwt;
pub use self::{
    access_token::{
        ACCESS_TOKEN_TYPE, AccessToken, access_token_lifetime, describe, record, sign_access_token,
    },
    id_token::{ID_TOKEN_TYPE, IdTokenClaims, IdTokenFor},
    refresh_token::{extend_refresh_token, record_successor, successor, yields_refresh_token},
    signing::{ensure_access_token_keys, ensure_all_keys, ensure_keys},
    user_grant::{UserGrant, describe_for_grant, for_user_grant},
};
use crate::{
    directory::Directory,
    domain::{
        client::Client,
        id::Id,
        name::Subject,
        scope::ScopeSet,
        secret::Secret,
        time::{Lifetime, UnixSeconds},
        token::AccessTokenClaims,
    },
    oauth::error::OAuthError,
};

/// OIDC Back-Channel Logout §2.4
pub const LOGOUT_TOKEN_TYPE: &str = "logout+jwt";

/// Token response before signing.
#[derive(Debug)]
pub struct Issue {
    pub access: AccessTokenClaims,
    pub refresh_token: Option<Secret>,
    pub id_token_for: Option<IdTokenFor>,
}

impl Issue {
    /// Only an access token.
    pub fn access_only(access: AccessTokenClaims) -> Self {
        Self {
            access,
            refresh_token: None,
            id_token_for: None,
        }
    }
}

/// Token response.
pub struct Issued {
    pub access_token: Secret,
    /// Whether it is bound to a key, which makes its `token_type` DPoP (RFC 9449 §5).
    pub is_bound: bool,
    pub expires_in: i64,
    pub refresh_token: Option<Secret>,
    pub scope: ScopeSet,
    pub id_token: Option<Secret>,
    /// RFC 8693 §2.2.1: what a token exchange calls the access token.
    pub issued_token_type: Option<&'static str>,
}

/// Signs what a transaction has recorded.
pub fn sign(
    directory: &Directory,
    now: UnixSeconds,
    client: &Client,
    issue: Issue,
) -> Result<Issued, OAuthError> {
    let access_token = sign_access_token(directory, now, &issue.access)?;
    let id_token = issue
        .id_token_for
        .map(|id_token| {
            id_token::sign(
                directory,
                now,
                client,
                &id_token,
                &access_token,
                issue.access.iat,
            )
        })
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

/// Logout token that notifies a client of the end of a session (OIDC Back-Channel Logout §2.4).
pub fn logout_token(
    directory: &Directory,
    now: UnixSeconds,
    id: Id,
    client: &Client,
    sub: &Subject,
    session: Id,
) -> Result<Secret, OAuthError> {
    let claims = json!({
        "iss": directory.issuer(),
        "aud": client.client_id,
        "iat": now,
        // §4: at most two minutes.
        "exp": now + Lifetime::minutes(2),
        "jti": id,
        "sub": sub,
        "sid": session.simple(),
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    let algorithm = directory.snapshot().id_token_algorithm(client);
    sign_jwt(directory, now, algorithm, LOGOUT_TOKEN_TYPE, &claims)
}
