//! `private_key_jwt`: an assertion that the client has signed with its own key (RFC 7523, OIDC Core §9).

use serde::Deserialize;
use serde_json::Value;

use super::{Credentials, Presented, Proof};
use crate::{
    app::SharedApp,
    crypto::{
        hash,
        jwt::{self, Foreign},
    },
    domain::{
        client::{AssertionAudience, Client},
        secret::Secret,
        time::{Lifetime, NumericDate},
    },
    oauth::{
        client_keys,
        error::{ErrorCode, OAuthError},
        metadata::BASE,
    },
    store::{StoreError, used_jtis},
};

/// RFC 7523 §2.2
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Older clients say `JWT` or nothing, newer ones what it is (draft-ietf-oauth-rfc7523bis §4).
const TYPES: &[Option<&str>] = &[None, Some("JWT"), Some("client-authentication+jwt")];
/// How far the client's clock may be from ours.
const SKEW: Lifetime = Lifetime(30);
/// How long an assertion may be good: its jti is remembered as long.
const LONGEST: Lifetime = Lifetime::hours(1);

/// RFC 7523 §3, OIDC Core §9: all but `nbf` and `iat` must be there.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Value,
    exp: NumericDate,
    nbf: Option<NumericDate>,
    iat: Option<NumericDate>,
    jti: String,
}

/// The assertion of a request, and the client that it names.
pub(super) fn read(presented: &Presented<'_>) -> Result<Option<Credentials>, OAuthError> {
    #[derive(Deserialize)]
    struct Named {
        sub: Option<String>,
    }
    let params = presented.params;
    let assertion = params.optional("client_assertion");
    let assertion_type = params.optional("client_assertion_type");
    let assertion = match (assertion, assertion_type) {
        (None, None) => return Ok(None),
        (Some(assertion), Some(ASSERTION_TYPE)) => assertion,
        (None, Some(_)) => {
            return Err(OAuthError::invalid_request("client_assertion is missing"));
        }
        (Some(_), _) => {
            return Err(OAuthError::invalid_request(format!(
                "client_assertion_type must be {ASSERTION_TYPE} (RFC 7523 §2.2)"
            )));
        }
    };
    // RFC 7521 §4.2: client_id is optional, the subject names the client.
    let named = jwt::unverified_claims::<Named>(assertion).and_then(|claims| claims.sub);
    let in_body = params.optional("client_id");
    if let (Some(named), Some(in_body)) = (&named, in_body)
        && named != in_body
    {
        return Err(OAuthError::invalid_request(
            "client_id is not the subject of client_assertion (RFC 7521 §4.2)",
        ));
    }
    // One that names nobody belongs to no client, which is found where clients are looked up.
    let client_id = named.or_else(|| in_body.map(str::to_owned));
    Ok(Some(Credentials {
        client_id: client_id.unwrap_or_default(),
        proof: Proof::Assertion(Secret::new(assertion)),
        basic: false,
    }))
}

/// Whether the assertion is the client's, meant for us now, and new. What is wrong with an assertion is
/// said only once its signature has shown that the client made it.
pub(super) async fn prove(
    app: &SharedApp,
    client: &Client,
    assertion: &Secret,
) -> Result<bool, OAuthError> {
    let expected = Foreign {
        typ: TYPES,
        algorithm: client.metadata.token_endpoint_auth_signing_alg.as_deref(),
    };
    let verified = client_keys::verify(app, client, assertion.expose(), &expected).await;
    let claims: Claims = match verified {
        Ok(claims) => claims,
        Err(error) => {
            tracing::debug!(client_id = %client.client_id, %error, "a client assertion was refused");
            return Ok(false);
        }
    };
    check(app, client, &claims).map_err(|why| OAuthError::new(ErrorCode::InvalidClient, why))?;
    let id = [client.client_id.as_str(), &claims.jti].map(str::as_bytes);
    let digest = hash::digest_of("client assertion", &id);
    let remembered_until = claims.exp.seconds() + SKEW;
    // RFC 7523 §3 (7): the statement decides, so that of two at once one is refused.
    let is_new = app
        .store
        .write(move |tx| used_jtis::first_use(tx, &digest, remembered_until))
        .await
        .map_err(|error: StoreError| OAuthError::from(error))?;
    if is_new {
        return Ok(true);
    }
    Err(OAuthError::new(
        ErrorCode::InvalidClient,
        "the client assertion was used before: each needs a jti of its own (RFC 7523 §3)",
    ))
}

fn check(app: &SharedApp, client: &Client, claims: &Claims) -> Result<(), &'static str> {
    let now = app.now();
    let client_id = client.client_id.as_str();
    if claims.iss != client_id || claims.sub != client_id {
        return Err("iss and sub of the client assertion must both be the client_id (RFC 7523 §3)");
    }
    if claims.jti.is_empty() {
        return Err("the client assertion needs a jti (OIDC Core §9)");
    }
    if !is_meant_for_us(app, client, &claims.aud) {
        return Err(match client.metadata.assertion_audience {
            AssertionAudience::Issuer => {
                "aud of the client assertion must be the issuer, as one string (FAPI 2.0 §5.3.2.1)"
            }
            AssertionAudience::TokenEndpoint => {
                "aud of the client assertion must be the issuer or the token endpoint (OIDC Core §9)"
            }
        });
    }
    let exp = claims.exp.seconds();
    if now >= exp + SKEW {
        return Err("the client assertion has expired");
    }
    if exp > now + LONGEST + SKEW {
        return Err("the client assertion is good for longer than an hour");
    }
    let begins = [claims.nbf, claims.iat].into_iter().flatten();
    for begin in begins.map(NumericDate::seconds) {
        if begin > now + SKEW {
            return Err("the client assertion is from the future");
        }
    }
    Ok(())
}

/// The issuer exactly, one string, so that an assertion for another server does not pass for one for us;
/// the token endpoint only for a client registered so, then also as the one member of a list.
fn is_meant_for_us(app: &SharedApp, client: &Client, aud: &Value) -> bool {
    let issuer = app.config.issuer.as_str();
    match (client.metadata.assertion_audience, aud) {
        (AssertionAudience::Issuer, Value::String(aud)) => aud == issuer,
        (AssertionAudience::Issuer, _) => false,
        (AssertionAudience::TokenEndpoint, aud) => {
            let only = match aud.as_array().map(Vec::as_slice) {
                Some([only]) => only.as_str(),
                Some(_) => None,
                None => aud.as_str(),
            };
            only.is_some_and(|aud| aud == issuer || aud == format!("{issuer}{BASE}/token"))
        }
    }
}
