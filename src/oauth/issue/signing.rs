//! Signs a token with the key of its algorithm.

use serde::Serialize;

use crate::{
    app::App,
    crypto::{jwt, keys::Algorithm},
    domain::secret::Secret,
    oauth::error::{ErrorCode, OAuthError},
};

pub(super) fn sign_jwt<T: Serialize>(
    app: &App,
    algorithm: Algorithm,
    typ: &str,
    claims: &T,
) -> Result<Secret, OAuthError> {
    let failed = |detail: String| OAuthError {
        detail: Some(detail),
        ..OAuthError::new(ErrorCode::ServerError, "could not sign token")
    };
    let snapshot = app.directory.snapshot();
    let key = snapshot
        .signing_key(algorithm, app.now())
        .ok_or_else(|| failed(format!("no active {algorithm:?} signing key")))?;
    jwt::sign(key, typ, claims)
        .map(Secret::new)
        .map_err(|error| failed(error.to_string()))
}
