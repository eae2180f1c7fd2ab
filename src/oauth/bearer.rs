//! Authentication with an access token of this server (RFC 6750), including whether it is still active.

use std::sync::Arc;

use crate::{
    app::{App, VerifiedToken},
    crypto::{hash, jwt},
    domain::{client::Client, scope, time::Lifetime, token::AccessTokenClaims},
    oauth::{
        dpop::{self, Proof},
        error::{ErrorCode, OAuthError},
        issue::ACCESS_TOKEN_TYPE,
    },
    trace::{Reason, Trace},
};

/// Tokens of a request, in order of precedence.
#[derive(Default)]
pub struct Presented {
    /// The `refreshed-token` header: a gateway or browser that was handed a renewed token.
    pub refreshed: Option<String>,
    /// The whole `Authorization` header.
    pub authorization: Option<String>,
    /// The `token` cookie of the server's own pages.
    pub cookie: Option<String>,
    /// The `DPoP` header, if there is one.
    pub dpop: Option<dpop::Presented>,
}

/// Source of the token that is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presentation {
    Header,
    Cookie,
}

/// The authentication scheme that a caller tried, in which it is challenged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// RFC 6750 §2.1; also where no `Authorization` header came.
    #[default]
    Bearer,
    /// RFC 9449 §7.1
    Dpop,
}

/// An authenticated caller.
#[derive(Clone, Debug)]
pub struct Caller {
    pub claims: Arc<AccessTokenClaims>,
    pub presentation: Presentation,
    pub scheme: Scheme,
}

/// Reason why a caller is rejected.
#[derive(Debug)]
pub enum Refused {
    /// RFC 6750 §3.1: without any credentials the challenge carries no error code.
    NoCredentials,
    Error(Scheme, OAuthError),
}

/// Authenticates the caller: `refreshed-token`, then `Authorization`, then the cookie. Two tokens with different
/// subjects are an error. For a token bound to a key, the result includes the proof, which is still to be marked as
/// used.
pub fn authenticate(
    app: &App,
    trace: &Trace,
    presented: &Presented,
) -> Result<(Caller, Option<Proof>), Refused> {
    let authorization = presented.authorization.as_deref();
    let scheme = authorization.map_or(Scheme::Bearer, Scheme::of);
    let refused = |error| Refused::Error(scheme, error);
    let authorization = authorization.map(authorization_token).transpose();
    let authorization = trace.part("access token", authorization).map_err(refused)?;
    let ordered = [
        (presented.refreshed.as_deref(), Presentation::Header, None),
        (authorization, Presentation::Header, Some(scheme)),
        (presented.cookie.as_deref(), Presentation::Cookie, None),
    ];
    let mut tokens = ordered
        .into_iter()
        .filter_map(|(token, presentation, scheme)| Some((token?, presentation, scheme)));
    let first = tokens.next().ok_or(Refused::NoCredentials);
    let (first, presentation, sent_as) = trace.part("access token", first)?;
    let claims = trace.check("access token", verify(app, first));
    let claims = claims.map_err(refused)?;
    let proof = possession(app, presented, first, &claims, sent_as);
    let is_bound = claims.cnf.is_some();
    let proof = trace.check_if(is_bound, "DPoP proof", proof);
    let proof = proof.map_err(refused)?;
    for (other, ..) in tokens {
        // The header exists for an expired token next to its renewal: only the subject must match.
        if signed_by_us(app, other).is_some_and(|other| other.sub != claims.sub) {
            let error = OAuthError::invalid_request(
                "The request contains access tokens of different subjects.",
            );
            return Err(trace.fail("access token", refused(error)));
        }
    }
    let caller = Caller {
        claims,
        presentation,
        scheme,
    };
    Ok((caller, proof))
}

impl Scheme {
    fn of(authorization: &str) -> Self {
        let name = authorization.split(' ').next().unwrap_or_default();
        match name.eq_ignore_ascii_case("DPoP") {
            true => Scheme::Dpop,
            false => Scheme::Bearer,
        }
    }
}

/// Verifies that the caller has the key of its token. `sent_as` is the scheme in the `Authorization` header, if the
/// token is from there.
fn possession(
    app: &App,
    presented: &Presented,
    token: &str,
    claims: &AccessTokenClaims,
    sent_as: Option<Scheme>,
) -> Result<Option<Proof>, OAuthError> {
    let Some(cnf) = &claims.cnf else {
        // RFC 9449 §7.1: the scheme is for tokens that are bound to a key.
        return match sent_as {
            Some(Scheme::Dpop) => Err(OAuthError::invalid_token(
                "The access token is not bound to a key. Send it with the scheme Bearer.",
            )),
            _ => Ok(None),
        };
    };
    // RFC 9449 §7.2: otherwise the binding would be worth nothing.
    if sent_as == Some(Scheme::Bearer) {
        return Err(OAuthError::invalid_token(
            "The access token is bound to a key. Send it with the scheme DPoP and a proof.",
        ));
    }
    let Some(sent) = &presented.dpop else {
        return Err(OAuthError::new(
            ErrorCode::InvalidDpopProof,
            "The access token is bound to a key. Send a proof in the DPoP header.",
        ));
    };
    let proof = dpop::check(app, sent, Some(token))?;
    if let Some(client) = app.directory.snapshot().client(claims.client_id.as_str()) {
        dpop::check_algorithm(client, &proof)?;
    }
    if proof.jkt() == cnf.jkt {
        return Ok(Some(proof));
    }
    Err(OAuthError::invalid_token(
        "The DPoP proof does not use the key that the access token is bound to.",
    ))
}

/// RFC 6750 §2.1, RFC 9449 §7.1: `Bearer` or `DPoP`, in any case, and one token of their alphabet.
fn authorization_token(authorization: &str) -> Result<&str, OAuthError> {
    let (scheme, token) = authorization.split_once(' ').unwrap_or((authorization, ""));
    if !["Bearer", "DPoP"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
    {
        return Err(OAuthError::invalid_request(
            "The Authorization header must use the scheme Bearer or DPoP.",
        ));
    }
    let token = token.trim();
    let allowed = |c: u8| c.is_ascii_alphanumeric() || b"-._~+/=".contains(&c);
    if token.is_empty() || !token.bytes().all(allowed) {
        return Err(OAuthError::invalid_request(
            "The Authorization header must contain exactly one token (RFC 6750 §2.1).",
        ));
    }
    Ok(token)
}

/// Claims of an access token that is active and is for this server's own endpoints.
pub fn verify(app: &App, token: &str) -> Result<Arc<AccessTokenClaims>, OAuthError> {
    let claims = verify_for_any(app, token)?;
    // The audience must include this server (RFC 9068 §4).
    if !claims.aud.contains(&app.config.issuer) {
        return Err(OAuthError::invalid_token(
            "The access token is for another audience.",
        ));
    }
    Ok(claims)
}

/// Claims of an active access token for any resource: signed by this server, not expired, not revoked.
pub fn verify_for_any(app: &App, token: &str) -> Result<Arc<AccessTokenClaims>, OAuthError> {
    let claims = signed_by_us(app, token).ok_or(Reason::TokenUnreadable)?;
    if claims.iss != app.config.issuer {
        return Err(OAuthError::invalid_token(
            "The access token is from another issuer.",
        ));
    }
    if app.now() >= claims.exp {
        return Err(Reason::TokenExpired.into());
    }
    // `iat` shows the age (RFC 7519 §4.1.6). If it is too far in the future, this server's clock was wrong, and the
    // token would be valid for too long.
    if claims.iat > app.now() + CLOCK_CORRECTION {
        return Err(OAuthError::invalid_token(
            "iat of the access token is in the future.",
        ));
    }
    let snapshot = app.directory.snapshot();
    let client = snapshot.client(claims.client_id.as_str());
    let is_allowed = client.is_some_and(|client| !client.disabled && may_hold(client, &claims));
    if !is_allowed || app.directory.is_revoked(&claims) {
        return Err(Reason::TokenRevoked.into());
    }
    Ok(claims)
}

/// Maximum time that the clock can be set back without invalidating tokens issued just before.
const CLOCK_CORRECTION: Lifetime = Lifetime::minutes(10);

/// Whether every scope of the token is still allowed for the client. Only this check finds a token issued while its
/// client was being changed. `keyfob:principal` is for returning from a delegation, and any delegated token can have
/// it.
pub fn may_hold(client: &Client, claims: &AccessTokenClaims) -> bool {
    let allowed = &client.metadata.scope;
    claims.scope.iter().all(|name| {
        allowed.contains(name.as_str())
            || (name.as_str() == scope::PRINCIPAL && claims.act.is_some())
    })
}

/// Claims if the signature is valid. Verified signatures are cached: they stay valid as long as their key is published.
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
        ..OAuthError::from(Reason::ScopeLacking)
            .saying(format!("The access token does not have the scope {scope}."))
            .comparing(Some(&claims.scope.to_string()), [scope])
    })
}
