//! Token revocation (RFC 7009).

use crate::{
    app::SharedApp,
    crypto::hash,
    domain::{
        audit::AuditEvent, client::Client, client_address::ClientAddress, token::OpaqueToken,
    },
    oauth::{
        bearer,
        error::{ErrorCode, OAuthError},
    },
    store::{StoreError, audit_events, refresh_tokens, revocations},
};

/// Revokes a token of the caller. An unknown token is not an error (RFC 7009 §2.2). A refresh token is revoked with its
/// whole grant, including access tokens; an access token with the tokens delegated from it.
pub async fn revoke(
    app: &SharedApp,
    caller: &Client,
    token: &str,
    address: Option<ClientAddress>,
) -> Result<(), OAuthError> {
    let event = AuditEvent::ok("token.revoked")
        .actor(&caller.client_id)
        .client(&caller.client_id)
        .address(address);
    let result = try_revoke(app, caller, token, event).await;
    if let Err(error) = &result
        && error.code.status() < 500
    {
        let refused = AuditEvent::failed("token.revocation_failed", error.to_string())
            .client(&caller.client_id)
            .address(address);
        if app.is_unproven(caller) {
            app.audit_unproven(refused, address).await?;
        } else {
            app.audit(refused.actor(&caller.client_id)).await?;
        }
    }
    result
}

async fn try_revoke(
    app: &SharedApp,
    caller: &Client,
    token: &str,
    event: AuditEvent,
) -> Result<(), OAuthError> {
    let revoked = match token.parse::<OpaqueToken>() {
        Ok(token) => {
            let client_id = caller.client_id.clone();
            let hash = hash::secret_hash(token.secret.expose());
            app.store
                .write(move |tx| {
                    let record = refresh_tokens::get(tx, token.id)?
                        .filter(|record| record.secret_hash.matches(&hash));
                    let Some(record) = record else {
                        return Ok(());
                    };
                    if record.client_id != client_id {
                        return Err(StoreError::Conflict("foreign".into()));
                    }
                    audit_events::insert(tx, &event)?;
                    revocations::revoke_grant(tx, record.grant_id)
                })
                .await
        }
        Err(_) => {
            let Ok(claims) = bearer::verify_for_any(app, token) else {
                return Ok(());
            };
            if claims.client_id != caller.client_id {
                return foreign(caller);
            }
            app.store
                .write(move |tx| {
                    audit_events::insert(tx, &event.subject(&claims.sub))?;
                    revocations::revoke_token(tx, claims.jti, claims.exp)
                })
                .await
        }
    };
    match revoked {
        Ok(()) => Ok(()),
        Err(StoreError::Conflict(_)) => foreign(caller),
        Err(error) => Err(error.into()),
    }
}

/// A token of another client is an error (RFC 7009 §2.1). A public client is not authenticated, so it does not even
/// learn that the token exists.
fn foreign(caller: &Client) -> Result<(), OAuthError> {
    if caller.is_public() {
        return Ok(());
    }
    Err(OAuthError::new(
        ErrorCode::InvalidGrant,
        "The token was issued to another client.",
    ))
}
