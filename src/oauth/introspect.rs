//! Token introspection (RFC 7662).

use serde_json::{Map, Value, json};

use crate::{
    app::App,
    crypto::hash,
    domain::{client::Client, token::OpaqueToken},
    oauth::{
        bearer,
        error::{ErrorCode, OAuthError},
        target,
    },
    store::{StoreError, grants, refresh_tokens},
};

/// What is known of a token, or `{"active":false}` and nothing else: unknown, expired, revoked, of
/// another kind, or none of the caller's business (RFC 7662 §2.2, §4).
pub fn introspect(
    app: &App,
    caller: &Client,
    token: &str,
) -> Result<Map<String, Value>, OAuthError> {
    // RFC 7662 §2.1: whoever asks must prove who it is, which a public client cannot.
    if caller.is_public() {
        return Err(OAuthError::new(
            ErrorCode::InvalidClient,
            "Introspection requires client authentication.",
        ));
    }
    let answer = match token.parse::<OpaqueToken>() {
        Ok(token) => refresh_token(app, caller, &token)?,
        Err(_) => access_token(app, caller, token),
    };
    Ok(answer.unwrap_or_else(|| Map::from_iter([("active".to_owned(), json!(false))])))
}

fn access_token(app: &App, caller: &Client, token: &str) -> Option<Map<String, Value>> {
    let claims = bearer::verify_for_any(app, token).ok()?;
    if !target::is_for_somebody(app, &claims) {
        return None;
    }
    // RFC 7662 §4: the business of the client it was issued to, and of those it is for.
    if claims.client_id != caller.client_id && !target::is_audience(app, caller, &claims) {
        return None;
    }
    // RFC 9449 §6.2: `cnf` is among the claims.
    let token_type = if claims.cnf.is_some() {
        "DPoP"
    } else {
        "Bearer"
    };
    let Ok(Value::Object(claims)) = serde_json::to_value(&*claims) else {
        return None;
    };
    let mut answer = Map::from_iter([
        ("active".to_owned(), json!(true)),
        ("token_type".to_owned(), json!(token_type)),
    ]);
    let internal = |name: &str| matches!(name, "grant_id" | "session_id");
    answer.extend(claims.into_iter().filter(|(name, _)| !internal(name)));
    Some(answer)
}

fn refresh_token(
    app: &App,
    caller: &Client,
    token: &OpaqueToken,
) -> Result<Option<Map<String, Value>>, StoreError> {
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
        Ok(grant.map(|grant| {
            Map::from_iter([
                ("active".to_owned(), json!(true)),
                ("client_id".to_owned(), json!(grant.client_id)),
                ("sub".to_owned(), json!(grant.sub)),
                ("scope".to_owned(), json!(grant.scope)),
                ("iss".to_owned(), json!(app.config.issuer)),
                ("iat".to_owned(), json!(record.issued_at)),
                ("exp".to_owned(), json!(record.expires_at)),
            ])
        }))
    })
}
