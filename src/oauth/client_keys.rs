//! The keys with which a client or a trusted issuer signs: registered, or fetched from a `jwks_uri`.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    app::App,
    crypto::{
        jwt::{self, Foreign, Refused},
        keys::VerifyingKey,
    },
    domain::{client::Client, time::Lifetime},
    oauth::error::OAuthError,
    outbound::{Document, FetchError, Kind, Trust},
    throttle::{Counted, Network},
};

/// Minimum interval of fetching a `jwks_uri` again for a key that its set does not have.
const REFETCH_EVERY: Lifetime = Lifetime(15);

/// Source of a party's public keys: one or the other.
#[derive(Clone, Copy)]
pub struct KeySource<'a> {
    pub jwks: Option<&'a Value>,
    pub jwks_uri: Option<&'a str>,
    pub trust: Trust,
}

/// Reason why a token is not verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("Could not fetch jwks_uri: {0}")]
    NoKeys(#[from] FetchError),
    /// Too many fetches for unverified clients were caused by requests from the network.
    #[error("jwks_uri could not be fetched; next attempt in {0}")]
    Wait(Lifetime),
}

impl NotVerified {
    /// Response to a request that this server cannot decide now, whether or not the token is valid.
    pub fn undecided(self) -> Option<OAuthError> {
        match self {
            NotVerified::NoKeys(error) if error.is_own() => Some(OAuthError::busy()),
            NotVerified::Wait(wait) => Some(OAuthError::too_many_requests(wait.0)),
            _ => None,
        }
    }
}

/// The claims of a token that the client has signed: an assertion, a request object. `from` is the network that
/// sent it.
pub async fn verify<T: DeserializeOwned>(
    app: &App,
    client: &Client,
    token: &str,
    expected: &Foreign<'_>,
    from: Network,
) -> Result<T, NotVerified> {
    // FAPI 2.0 Security Profile §5.4.1: PS256, ES256 or EdDSA.
    let is_fapi = client.metadata.is_fapi2();
    if is_fapi && jwt::header(token).is_some_and(|header| header.alg == "RS256") {
        return Err(Refused::Algorithm.into());
    }
    let is_unverified = app.directory.snapshot().is_unverified(&client.client_id);
    let source = KeySource {
        jwks: client.metadata.jwks.as_ref(),
        jwks_uri: client.metadata.jwks_uri.as_deref(),
        trust: match is_unverified {
            true => Trust::Unverified,
            false => Trust::Registered,
        },
    };
    verify_by(app, source, token, expected, from).await
}

/// Claims of a token signed with one of these keys. If the fetched set does not have the key, it may be new, so the set
/// is fetched again (OIDC Core §10.1.1).
pub async fn verify_by<T: DeserializeOwned>(
    app: &App,
    source: KeySource<'_>,
    token: &str,
    expected: &Foreign<'_>,
    from: Network,
) -> Result<T, NotVerified> {
    let Some(jwks_uri) = source.jwks_uri else {
        let keys = source.jwks.map(VerifyingKey::of_key_set);
        return Ok(jwt::verify_foreign(
            token,
            expected,
            &keys.unwrap_or_default(),
        )?);
    };
    let kept = key_set(app, jwks_uri, source.trust, from).await?;
    let refused = match jwt::verify_foreign(token, expected, &keys(&kept)) {
        Ok(claims) => return Ok(claims),
        Err(refused) => refused,
    };
    let names_no_key = || jwt::header(token).is_some_and(|header| header.kid.is_none());
    let may_be_new = refused == Refused::Key || (refused == Refused::Signature && names_no_key());
    let outbound = &app.outbound;
    if !may_be_new || !outbound.may_get_anew(Kind::KeySet, jwks_uri, source.trust, REFETCH_EVERY) {
        return Err(refused.into());
    }
    if let Err(wait) = start_fetch(app, source.trust, from) {
        return Err(NotVerified::Wait(wait));
    }
    let anew = outbound.get_anew(Kind::KeySet, jwks_uri, source.trust, REFETCH_EVERY);
    let anew = anew.await?;
    Ok(jwt::verify_foreign(token, expected, &keys(&anew))?)
}

/// Key set, fetched if necessary and allowed.
async fn key_set(
    app: &App,
    jwks_uri: &str,
    trust: Trust,
    from: Network,
) -> Result<Arc<Document>, NotVerified> {
    let outbound = &app.outbound;
    let costs_a_fetch = outbound.fresh(Kind::KeySet, jwks_uri, trust).is_none()
        && outbound
            .recent_failure(Kind::KeySet, jwks_uri, trust)
            .is_none();
    if costs_a_fetch && let Err(wait) = start_fetch(app, trust, from) {
        let kept = outbound.kept(Kind::KeySet, jwks_uri, trust);
        return kept.ok_or(NotVerified::Wait(wait));
    }
    Ok(outbound.get(Kind::KeySet, jwks_uri, trust).await?)
}

/// Counts a fetch for the network and site that cause it, before it starts, so that strangers cannot make this server
/// flood others. The number of simultaneous fetches is limited, in total and per host.
pub fn start_fetch(app: &App, trust: Trust, from: Network) -> Result<(), Lifetime> {
    match trust {
        Trust::Registered => Ok(()),
        Trust::Unverified => {
            let counted = [Counted::Fetch(from), Counted::FetchOfSite(from.site())];
            app.throttle.spend(app.now(), &counted)
        }
    }
}

fn keys(document: &Document) -> Vec<VerifyingKey> {
    let jwks = serde_json::from_slice::<Value>(&document.body).unwrap_or_default();
    VerifyingKey::of_key_set(&jwks)
}
