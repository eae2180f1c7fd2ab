//! The UserInfo endpoint (OIDC Core §5.3) in the shape of the contract.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::{
    app::App,
    domain::{scope, token::AccessTokenClaims, user::User},
    oauth::{
        bearer,
        claims::{self, CLAIMS},
        error::{ErrorCode, OAuthError},
    },
    store::{StoreError, Tx, grants, users},
    trace::Trace,
};

/// User claims released by the token's scopes: the required members of `UserInfoResponse`, and the standard claims with
/// a value (OIDC Core §5.3.2).
pub fn userinfo(
    app: &App,
    trace: &Trace,
    claims: &AccessTokenClaims,
) -> Result<Map<String, Value>, OAuthError> {
    trace.check("scope", check(claims))?;
    let (user, requested) = app
        .store
        .read(|tx| {
            let user = users::get(tx, claims.sub.as_str())?;
            Ok((user, requested(tx, claims)?))
        })
        .map_err(|error: StoreError| OAuthError::from(error))?;
    let user = user.filter(|user| !user.disabled).ok_or_else(|| {
        OAuthError::invalid_token("The user of this access token is disabled or deleted.")
    });
    let user = trace.check("user", user)?;
    Ok(answer(&user, claims, &requested, app.live().userinfo_nulls))
}

/// Whether UserInfo accepts such a token.
pub fn check(claims: &AccessTokenClaims) -> Result<(), OAuthError> {
    if claims.is_client() {
        return Err(OAuthError {
            scope: Some(scope::OPENID.to_owned()),
            ..OAuthError::new(
                ErrorCode::InsufficientScope,
                "The access token has no user (machine-to-machine).",
            )
        });
    }
    bearer::require_scope(claims, scope::OPENID)
}

/// Claims that the client requested by name (OIDC Core §5.5) and the user allowed. They are only for that client:
/// actors for the user do not get them.
fn requested(tx: &Tx, claims: &AccessTokenClaims) -> Result<BTreeSet<String>, StoreError> {
    let Some(grant_id) = claims.grant_id.filter(|_| claims.act.is_none()) else {
        return Ok(BTreeSet::new());
    };
    let grant = grants::get(tx, grant_id)?;
    let own = grant.filter(|grant| grant.client_id == claims.client_id);
    Ok(own.map(|grant| grant.claims.userinfo).unwrap_or_default())
}

/// Optional members of `UserInfoResponse`: null without a value if the server is configured so.
pub const NULLABLE: &[&str] = &["given_name", "family_name", "email"];

/// Response. `requested` are the claims requested by name. Claims without a value are absent (OIDC Core §5.3.2);
/// `nulls` keeps the [`NULLABLE`] members.
pub fn answer(
    user: &User,
    token: &AccessTokenClaims,
    requested: &BTreeSet<String>,
    nulls: bool,
) -> Map<String, Value> {
    let mut answer = Map::new();
    answer.insert("sub".to_owned(), json!(user.sub));
    for name in NULLABLE.iter().filter(|_| nulls) {
        answer.insert((*name).to_owned(), Value::Null);
    }
    let registered_at = user.registered_at.rfc3339();
    answer.insert("registered_at".to_owned(), json!(registered_at));
    answer.insert("name".to_owned(), json!(user.sub));
    for claim in CLAIMS {
        let released = claim.released(&token.scope, requested).is_some();
        let value = claims::value(user, token.zoneinfo.as_deref(), claim.name);
        if let Some(value) = value.filter(|_| released) {
            answer.insert(claim.name.to_owned(), value);
        }
    }
    if let Some(team_id) = &token.team_id {
        answer.insert("team_id".to_owned(), json!(team_id));
    }
    answer
}
