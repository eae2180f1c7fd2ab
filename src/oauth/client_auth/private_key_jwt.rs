//! `private_key_jwt`: an assertion that the client has signed with its own key (RFC 7523, OIDC Core §9).

use serde::Deserialize;
use serde_json::Value;

use super::credentials::{Credentials, Presented, Proof};
use crate::{
    app::SharedApp,
    crypto::jwt::{self, Foreign},
    domain::{
        client::{AssertionAudience, Client},
        secret::Secret,
    },
    oauth::{
        BASE,
        assertion::{Once, Times},
        client_keys,
        error::{ErrorCode, OAuthError},
    },
    store::StoreError,
    throttle::Network,
};

/// RFC 7523 §2.2
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Older clients say `JWT` or nothing, newer ones what it is (draft-ietf-oauth-rfc7523bis §4).
const TYPES: &[Option<&str>] = &[None, Some("JWT"), Some("client-authentication+jwt")];

/// RFC 7523 §3, OIDC Core §9: all but `nbf` and `iat` must be there.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Value,
    #[serde(flatten)]
    times: Times,
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
            return Err(OAuthError::invalid_request("client_assertion is required."));
        }
        (Some(_), _) => {
            return Err(OAuthError::invalid_request(format!(
                "client_assertion_type must be {ASSERTION_TYPE} (RFC 7523 §2.2)."
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
            "client_id must match sub of the client_assertion (RFC 7521 §4.2).",
        ));
    }
    // An assertion without a client fails when the client is looked up.
    let client_id = named.or_else(|| in_body.map(str::to_owned));
    Ok(Some(Credentials {
        client_id: client_id.unwrap_or_default(),
        proof: Proof::Assertion(Secret::new(assertion)),
        basic: false,
    }))
}

/// Checks that the assertion is from the client, for this server, valid now and not used before. Details of an error
/// are only returned after the signature has shown that the client created it.
pub(super) async fn prove(
    app: &SharedApp,
    client: &Client,
    assertion: &Secret,
    from: Network,
) -> Result<bool, OAuthError> {
    let expected = Foreign {
        typ: TYPES,
        algorithm: client.metadata.token_endpoint_auth_signing_alg.as_deref(),
    };
    let verified = client_keys::verify(app, client, assertion.expose(), &expected, from).await;
    let claims: Claims = match verified {
        Ok(claims) => claims,
        Err(error) => {
            if let Some(undecided) = error.undecided() {
                return Err(undecided);
            }
            tracing::debug!(client_id = %client.client_id, %error, "client assertion rejected");
            return Ok(false);
        }
    };
    check(app, client, &claims).map_err(|why| OAuthError::new(ErrorCode::InvalidClient, why))?;
    let client_id = client.client_id.as_str();
    let once = Once::new("client assertion", client_id, &claims.jti, &claims.times);
    let is_new = app
        .store
        .write(move |tx| once.is_first_use(tx))
        .await
        .map_err(|error: StoreError| OAuthError::from(error))?;
    if is_new {
        return Ok(true);
    }
    Err(OAuthError::new(
        ErrorCode::InvalidClient,
        "The client assertion was already used. Use a new jti for each one (RFC 7523 §3).",
    ))
}

fn check(app: &SharedApp, client: &Client, claims: &Claims) -> Result<(), &'static str> {
    let client_id = client.client_id.as_str();
    if claims.iss != client_id || claims.sub != client_id {
        return Err(
            "iss and sub of the client assertion must both be the client_id (RFC 7523 §3).",
        );
    }
    if claims.jti.is_empty() {
        return Err("jti of the client assertion is required (OIDC Core §9).");
    }
    if !is_meant_for_us(app, client, &claims.aud) {
        return Err(match client.metadata.assertion_audience {
            AssertionAudience::Issuer => {
                "aud of the client assertion must be the issuer, as a single string (FAPI 2.0 §5.3.2.1)."
            }
            AssertionAudience::TokenEndpoint => {
                "aud of the client assertion must be the issuer or the token endpoint URL (OIDC Core §9)."
            }
        });
    }
    claims.times.check(app.now())
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
