//! Signs a token with the key of its algorithm; waits for a key that is being generated.

use serde::Serialize;

use crate::{
    app::SharedApp,
    crypto::{jwt, keys::Algorithm},
    directory::Directory,
    domain::{client::Client, scope, secret::Secret, time::UnixSeconds},
    oauth::error::{ErrorCode, OAuthError},
    store::StoreError,
};

/// Waits until the tokens for the client can be signed, before anything is consumed. After the first start, or after
/// the first client or API with an algorithm is registered, the key may still be generated.
pub async fn ensure_keys(app: &SharedApp, client: &Client) -> Result<(), OAuthError> {
    let missing = {
        let (snapshot, now) = (app.directory.snapshot(), app.now());
        // Without `openid` there is no ID token (OIDC Core §3.1.2.1).
        let has_id_tokens = client.metadata.scope.contains(scope::OPENID);
        let of_client = has_id_tokens.then(|| snapshot.id_token_algorithm(client));
        let of_client = of_client.filter(|alg| snapshot.signing_key(*alg, now).is_none());
        of_client.or(snapshot.missing_access_token_key(now))
    };
    match missing {
        Some(algorithm) => make_key(app, Some(algorithm)).await,
        None => Ok(()),
    }
}

/// Waits until access tokens for every API can be signed.
pub async fn ensure_access_token_keys(app: &SharedApp) -> Result<(), OAuthError> {
    let missing = app.directory.snapshot().missing_access_token_key(app.now());
    match missing {
        Some(algorithm) => make_key(app, Some(algorithm)).await,
        None => Ok(()),
    }
}

/// Waits until there is a key for every required algorithm, and for `also`.
pub async fn ensure_all_keys(app: &SharedApp, also: Option<Algorithm>) -> Result<(), OAuthError> {
    let is_complete = {
        let (snapshot, now) = (app.directory.snapshot(), app.now());
        let has_key = |algorithm| snapshot.signing_key(algorithm, now).is_some();
        snapshot.missing_key(now).is_none() && also.is_none_or(has_key)
    };
    match is_complete {
        true => Ok(()),
        false => make_key(app, also).await,
    }
}

async fn make_key(app: &SharedApp, algorithm: Option<Algorithm>) -> Result<(), OAuthError> {
    let maker = app.clone();
    let made = tokio::task::spawn_blocking(move || maker.make_missing_keys(algorithm)).await;
    made.map_err(|error| StoreError::Internal(error.to_string()))??;
    Ok(())
}

pub(super) fn sign_jwt<T: Serialize>(
    directory: &Directory,
    now: UnixSeconds,
    algorithm: Algorithm,
    typ: &str,
    claims: &T,
) -> Result<Secret, OAuthError> {
    let failed = |detail: String| OAuthError {
        detail: Some(detail),
        ..OAuthError::new(ErrorCode::ServerError, "could not sign token")
    };
    let snapshot = directory.snapshot();
    let key = snapshot
        .signing_key(algorithm, now)
        .ok_or_else(|| failed(format!("no active {algorithm:?} signing key")))?;
    jwt::sign(key, typ, claims)
        .map(Secret::new)
        .map_err(|error| failed(error.to_string()))
}
