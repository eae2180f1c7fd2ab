//! The keys with which a client or a trusted issuer signs: registered, or fetched from a `jwks_uri`.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    app::App,
    crypto::{
        jwt::{self, Foreign, Refused},
        keys::VerifyingKey,
    },
    domain::{client::Client, time::Lifetime},
    outbound::{Document, FetchError, Kind},
};

/// How often a `jwks_uri` is asked for again because of a key that its set does not have.
const REFETCH_EVERY: Lifetime = Lifetime(15);

/// Where somebody's public keys are: one or the other.
#[derive(Clone, Copy)]
pub struct KeySource<'a> {
    pub jwks: Option<&'a Value>,
    pub jwks_uri: Option<&'a str>,
}

/// Why a token is not verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the jwks_uri: {0}")]
    NoKeys(#[from] FetchError),
}

/// The claims of a token that the client has signed: an assertion, a request object.
pub async fn verify<T: DeserializeOwned>(
    app: &App,
    client: &Client,
    token: &str,
    expected: &Foreign<'_>,
) -> Result<T, NotVerified> {
    // FAPI 2.0 Security Profile §5.4.1: PS256, ES256 or EdDSA.
    let is_fapi = client.metadata.is_fapi2();
    if is_fapi && jwt::header(token).is_some_and(|header| header.alg == "RS256") {
        return Err(Refused::Algorithm.into());
    }
    let source = KeySource {
        jwks: client.metadata.jwks.as_ref(),
        jwks_uri: client.metadata.jwks_uri.as_deref(),
    };
    verify_by(app, source, token, expected).await
}

/// The claims of a token that one of these keys has signed. A key that the fetched set does not have may
/// be new, so it is fetched once more (OIDC Core §10.1.1).
pub async fn verify_by<T: DeserializeOwned>(
    app: &App,
    source: KeySource<'_>,
    token: &str,
    expected: &Foreign<'_>,
) -> Result<T, NotVerified> {
    let Some(jwks_uri) = source.jwks_uri else {
        let keys = source.jwks.map(VerifyingKey::of_key_set);
        return Ok(jwt::verify_foreign(
            token,
            expected,
            &keys.unwrap_or_default(),
        )?);
    };
    let kept = app.outbound.get(Kind::KeySet, jwks_uri).await?;
    let refused = match jwt::verify_foreign(token, expected, &keys(&kept)) {
        Ok(claims) => return Ok(claims),
        Err(refused) => refused,
    };
    let names_no_key = || jwt::header(token).is_some_and(|header| header.kid.is_none());
    let may_be_new = refused == Refused::Key || (refused == Refused::Signature && names_no_key());
    if !may_be_new {
        return Err(refused.into());
    }
    let anew = app
        .outbound
        .get_anew(Kind::KeySet, jwks_uri, REFETCH_EVERY)
        .await?;
    Ok(jwt::verify_foreign(token, expected, &keys(&anew))?)
}

fn keys(document: &Document) -> Vec<VerifyingKey> {
    let jwks = serde_json::from_slice::<Value>(&document.body).unwrap_or_default();
    VerifyingKey::of_key_set(&jwks)
}
