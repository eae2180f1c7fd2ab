//! Who is calling with an access token of this server (RFC 6750), and whether the token still counts.

use std::sync::Arc;

use crate::{
    app::{App, VerifiedToken},
    crypto::{hash, jwt},
    domain::token::AccessTokenClaims,
    oauth::{
        error::{ErrorCode, OAuthError},
        issue::ACCESS_TOKEN_TYPE,
    },
};

/// The tokens of a request, in the order in which they count.
#[derive(Default)]
pub struct Presented {
    /// The `refreshed-token` header: a gateway or browser that was handed a renewed token.
    pub refreshed: Option<String>,
    /// The whole `Authorization` header.
    pub authorization: Option<String>,
    /// The `token` cookie of the server's own pages.
    pub cookie: Option<String>,
}

/// How the token that counts was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presentation {
    Header,
    Cookie,
}

/// An authenticated caller.
#[derive(Clone, Debug)]
pub struct Caller {
    pub claims: Arc<AccessTokenClaims>,
    pub presentation: Presentation,
}

/// Why a caller is not let in.
#[derive(Debug)]
pub enum Refused {
    /// RFC 6750 §3.1: without any credentials the challenge carries no error code.
    NoCredentials,
    Error(OAuthError),
}

impl From<OAuthError> for Refused {
    fn from(error: OAuthError) -> Self {
        Refused::Error(error)
    }
}

/// Authenticates the caller: `refreshed-token`, then `Authorization: Bearer`, then the cookie. Two that
/// name different subjects are refused.
pub fn authenticate(app: &App, presented: &Presented) -> Result<Caller, Refused> {
    let bearer = presented
        .authorization
        .as_deref()
        .map(bearer_token)
        .transpose()?;
    let ordered = [
        (presented.refreshed.as_deref(), Presentation::Header),
        (bearer, Presentation::Header),
        (presented.cookie.as_deref(), Presentation::Cookie),
    ];
    let mut callers = ordered
        .into_iter()
        .filter_map(|(token, presentation)| Some((token?, presentation)));
    let (first, presentation) = callers.next().ok_or(Refused::NoCredentials)?;
    let claims = verify(app, first)?;
    for (other, _) in callers {
        // A stale token beside its renewal is what the header is for: only its subject matters.
        if signed_by_us(app, other).is_some_and(|other| other.sub != claims.sub) {
            return Err(OAuthError::invalid_request(
                "the request carries tokens of different subjects",
            )
            .into());
        }
    }
    Ok(Caller {
        claims,
        presentation,
    })
}

/// RFC 6750 §2.1: `Bearer`, in any case, one token of its alphabet.
fn bearer_token(authorization: &str) -> Result<&str, OAuthError> {
    let (scheme, token) = authorization.split_once(' ').unwrap_or((authorization, ""));
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(OAuthError::invalid_request(
            "the Authorization header must use the scheme Bearer",
        ));
    }
    let token = token.trim();
    let allowed = |c: u8| c.is_ascii_alphanumeric() || b"-._~+/=".contains(&c);
    if token.is_empty() || !token.bytes().all(allowed) {
        return Err(OAuthError::invalid_request(
            "the Authorization header must hold one token (RFC 6750 §2.1)",
        ));
    }
    Ok(token)
}

/// The claims of an access token that counts now and is for this server's own endpoints.
pub fn verify(app: &App, token: &str) -> Result<Arc<AccessTokenClaims>, OAuthError> {
    let claims = verify_for_any(app, token)?;
    // RFC 9068 §4: the audience must be the one that is called.
    if !claims.aud.contains(&app.config.issuer) {
        return Err(OAuthError::invalid_token(
            "the access token is for another audience",
        ));
    }
    Ok(claims)
}

/// The claims of an access token that counts now, whatever resource it is for: signed by us, not
/// expired, not revoked.
pub fn verify_for_any(app: &App, token: &str) -> Result<Arc<AccessTokenClaims>, OAuthError> {
    let claims = signed_by_us(app, token).ok_or_else(|| {
        OAuthError::invalid_token("the access token is malformed or was not signed by this server")
    })?;
    if claims.iss != app.config.issuer {
        return Err(OAuthError::invalid_token(
            "the access token is of another issuer",
        ));
    }
    if app.now() >= claims.exp {
        return Err(OAuthError::invalid_token("the access token has expired"));
    }
    let snapshot = app.directory.snapshot();
    let client_gone = snapshot
        .client(claims.client_id.as_str())
        .is_none_or(|client| client.disabled);
    if client_gone || app.directory.is_revoked(&claims) {
        return Err(OAuthError::invalid_token(
            "the access token has been revoked",
        ));
    }
    Ok(claims)
}

/// The claims if the signature is good. A verified signature is remembered: it stays good for as long as
/// its key is published.
fn signed_by_us(app: &App, token: &str) -> Option<Arc<AccessTokenClaims>> {
    let digest = hash::sha256(token.as_bytes());
    let snapshot = app.directory.snapshot();
    let now = app.now();
    if let Some(known) = app.verified_tokens.get(&digest) {
        return snapshot
            .is_published(&known.kid, now)
            .then_some(known.claims);
    }
    let keys = snapshot.verifying_keys(now);
    let claims: AccessTokenClaims = jwt::verify(token, &[ACCESS_TOKEN_TYPE], &keys).ok()?;
    let known = VerifiedToken {
        kid: jwt::header(token)?.kid?.into(),
        claims: Arc::new(claims),
    };
    app.verified_tokens.insert(digest, known.clone());
    Some(known.claims)
}

/// RFC 6750 §3.1: `insufficient_scope`.
pub fn require_scope(claims: &AccessTokenClaims, scope: &str) -> Result<(), OAuthError> {
    if claims.scope.contains(scope) {
        return Ok(());
    }
    Err(OAuthError {
        scope: Some(scope.to_owned()),
        ..OAuthError::new(
            ErrorCode::InsufficientScope,
            format!("the access token lacks the scope {scope}"),
        )
    })
}
