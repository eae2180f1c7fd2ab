//! Tokens in a request, each verified by its type (RFC 8693 §3).

use std::sync::Arc;

use serde::Deserialize;

use crate::{
    crypto::jwt,
    domain::{
        id::Id,
        name::Subject,
        time::UnixSeconds,
        token::{AccessTokenClaims, Audience},
    },
    oauth::{bearer, error::OAuthError, grants::Exchange, issue::ID_TOKEN_TYPE, target},
};

/// Token types (RFC 8693 §3), also for `issued_token_type` in the response.
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
pub(super) const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
/// Our access tokens are JWTs (RFC 9068), so this is another name for them.
pub(super) const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// Checks of an ID token that identifies the subject (OIDC Core §2).
#[derive(Deserialize)]
pub(super) struct IdToken {
    iss: String,
    pub(super) sub: Subject,
    aud: Audience,
    pub(super) exp: UnixSeconds,
    pub(super) sid: Option<Id>,
}

/// RFC 8693 §2.1: `actor_token` and its type come together.
pub(super) fn actor_token(
    exchange: &Exchange,
) -> Result<Option<Arc<AccessTokenClaims>>, OAuthError> {
    let params = exchange.params;
    let Some(token) = params.optional("actor_token") else {
        return match params.optional("actor_token_type") {
            None => Ok(None),
            Some(_) => Err(OAuthError::invalid_request(
                "actor_token_type requires actor_token.",
            )),
        };
    };
    if !matches!(params.required("actor_token_type")?, ACCESS_TOKEN | JWT) {
        return Err(OAuthError::invalid_request(
            "actor_token_type must be an access token type (RFC 8693 §3).",
        ));
    }
    let actor = access_token(exchange, "actor_token", token)?;
    if actor.client_id != exchange.client.client_id {
        return Err(OAuthError::invalid_request(
            "The actor_token was issued to another client.",
        ));
    }
    Ok(Some(actor))
}

pub(super) fn access_token(
    exchange: &Exchange,
    name: &str,
    token: &str,
) -> Result<Arc<AccessTokenClaims>, OAuthError> {
    let claims = bearer::verify_for_any(exchange.app, token)
        .map_err(|error| OAuthError::invalid_request(format!("{name}: {}", error.description)))?;
    if !target::is_for_somebody(&exchange.app.directory, &claims) {
        return Err(OAuthError::invalid_request(format!(
            "{name}: the API that the token is for has been deleted."
        )));
    }
    Ok(claims)
}

pub(super) fn id_token(exchange: &Exchange, token: &str) -> Result<IdToken, OAuthError> {
    let app = exchange.app;
    let keys = app.directory.snapshot().verifying_keys(app.now());
    jwt::verify::<IdToken>(token, &[ID_TOKEN_TYPE], &keys)
        .ok()
        .filter(|token| {
            token.iss == app.config.issuer
                && token.aud.contains(exchange.client.client_id.as_str())
                && app.now() < token.exp
        })
        .ok_or_else(|| {
            OAuthError::invalid_request(
                "The subject_token must be an unexpired ID token issued by this server to this client.",
            )
        })
}
