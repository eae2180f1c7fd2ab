//! Proofs of possession (RFC 9449): what the `DPoP` header of a request proves, and what is bound to its
//! key.

use serde::Deserialize;
use url::Url;

use crate::{
    app::{App, SharedApp},
    crypto::{
        hash,
        jwt::{self, Refused},
    },
    domain::{
        client::Client,
        grant::Grant,
        time::{Lifetime, NumericDate, UnixSeconds},
        token::{AccessTokenClaims, Confirmation},
    },
    oauth::{
        error::{ErrorCode, OAuthError},
        params::Params,
        refusal::Refusal,
    },
    store::{StoreError, Tx, grants, used_jtis},
};

/// RFC 9449 §4.2
const PROOF_TYPE: &str = "dpop+jwt";
/// Maximum age of a proof, and the time that it is stored.
const LONGEST: Lifetime = Lifetime::minutes(5);
/// Maximum time that the client's clock can be ahead of this server's.
const AHEAD: Lifetime = Lifetime(30);
/// Time for which one nonce is sent. It is accepted for as long again.
const NONCE_WINDOW: Lifetime = Lifetime::minutes(5);

/// Proof of a request, and the request that it is for.
#[derive(Clone, Debug)]
pub struct Presented {
    /// The `DPoP` headers: one, if all is well.
    pub headers: Vec<String>,
    pub method: String,
    /// The path of the request's URL.
    pub path: String,
}

/// A proof that keeps every rule but one: whether it was used before is seen when it is [spent].
///
/// [spent]: Proof::spend
#[derive(Clone, Debug)]
#[must_use = "a proof can be used once: spend it"]
pub struct Proof {
    jkt: String,
    /// Algorithm in its header, regardless of other algorithms of the key.
    algorithm: String,
    digest: [u8; 32],
    expires_at: UnixSeconds,
}

/// RFC 9449 §4.2
#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: NumericDate,
    nonce: Option<String>,
    ath: Option<String>,
}

impl Proof {
    /// The RFC 7638 thumbprint of its key.
    pub fn jkt(&self) -> &str {
        &self.jkt
    }

    /// Marks the proof as used, in the transaction of the request. One statement decides, so that only one of two
    /// simultaneous requests succeeds (RFC 9449 §11.1).
    pub fn spend(&self, tx: &Tx) -> Result<(), Refusal> {
        if used_jtis::first_use(tx, &self.digest, self.expires_at)? {
            return Ok(());
        }
        Err(invalid("The DPoP proof was already used. Use a new jti for each request.").into())
    }
}

/// Uses up the proof of a request that writes nothing else.
pub async fn spend(app: &SharedApp, proof: Proof) -> Result<(), OAuthError> {
    app.store
        .write(move |tx| proof.spend(tx))
        .await
        .map_err(OAuthError::from)
}

/// Checks the proof of a request (RFC 9449 §4.3): to the token endpoint, or with an access token.
pub fn check(
    app: &App,
    presented: &Presented,
    access_token: Option<&str>,
) -> Result<Proof, OAuthError> {
    // (1) to (3): one header, a well-formed JWT, all claims there.
    let [token] = presented.headers.as_slice() else {
        return Err(invalid("Send only one DPoP header."));
    };
    // (4) to (7): its type, an asymmetric algorithm, its own public key, the signature.
    let (claims, jkt) =
        jwt::verify_with_own_key::<Claims>(token, PROOF_TYPE).map_err(|refused| {
            invalid(match refused {
                Refused::Malformed => "The DPoP header is not a valid JWT.",
                Refused::Type => "typ of the DPoP proof must be dpop+jwt.",
                Refused::Algorithm => "alg of the DPoP proof is not supported for this key.",
                Refused::Key => "jwk of the DPoP proof must be a public key only.",
                Refused::Signature => "The signature of the DPoP proof is invalid.",
                Refused::Claims => {
                    "jti, htm, htu and iat of the DPoP proof are required, each with the right type (RFC 9449 §4.2)."
                }
            })
        })?;
    if claims.jti.is_empty() {
        return Err(invalid("jti of the DPoP proof must not be empty."));
    }
    // (8), (9)
    if claims.htm != presented.method {
        return Err(invalid(format!(
            "htm of the DPoP proof must be {}.",
            presented.method
        )));
    }
    let url = format!("{}{}", app.config.issuer, presented.path);
    if !is_same_endpoint(&claims.htu, &url) {
        return Err(invalid(format!("htu of the DPoP proof must be {url}.")));
    }
    // (10)
    check_nonce(app, claims.nonce.as_deref())?;
    // (11)
    let issued_at = claims.iat.seconds();
    let now = app.now();
    if issued_at > now + AHEAD {
        return Err(invalid(
            "iat of the DPoP proof is in the future. Check the clock.",
        ));
    }
    if issued_at + LONGEST < now {
        return Err(invalid(
            "iat of the DPoP proof is too old. Create a new proof for each request.",
        ));
    }
    // (12)
    if let Some(access_token) = access_token {
        let expected = hash::base64url(&hash::sha256(access_token.as_bytes()));
        let sent = claims.ath.as_deref().unwrap_or_default();
        if !hash::constant_time_eq(sent.as_bytes(), expected.as_bytes()) {
            return Err(invalid(
                "ath of the DPoP proof must be the hash of the access token.",
            ));
        }
    }
    let digest = hash::digest_of("DPoP proof", &[jkt.as_bytes(), claims.jti.as_bytes()]);
    let algorithm = jwt::header(token).map(|header| header.alg);
    Ok(Proof {
        jkt,
        algorithm: algorithm.unwrap_or_default(),
        digest,
        expires_at: issued_at + LONGEST,
    })
}

/// RFC 9449 §4.3: without query and fragment, and scheme, host and port in one form (RFC 3986 §6.2.2,
/// §6.2.3).
fn is_same_endpoint(sent: &str, expected: &str) -> bool {
    let (Ok(mut sent), Ok(expected)) = (Url::parse(sent), Url::parse(expected)) else {
        return false;
    };
    sent.set_query(None);
    sent.set_fragment(None);
    sent == expected
}

/// Current nonce (RFC 9449 §8). It is not stored: it is a keyed hash of the time.
pub fn nonce(app: &App) -> String {
    nonce_of(app, window(app.now()))
}

fn window(now: UnixSeconds) -> i64 {
    now.0.div_euclid(i64::from(NONCE_WINDOW.0))
}

fn nonce_of(app: &App, window: i64) -> String {
    let tag = app.mac.mac("DPoP nonce", &[&window.to_be_bytes()]);
    hash::base64url(&tag[..16])
}

/// A nonce that is sent must be from this server, of this period or the previous one. Whether one is required is a
/// setting.
fn check_nonce(app: &App, sent: Option<&str>) -> Result<(), OAuthError> {
    let is_ours = |sent: &str| {
        let now = window(app.now());
        [now, now - 1].iter().any(|window| {
            hash::constant_time_eq(nonce_of(app, *window).as_bytes(), sent.as_bytes())
        })
    };
    match sent {
        None if !app.live().dpop_nonce => Ok(()),
        Some(sent) if is_ours(sent) => Ok(()),
        _ => Err(OAuthError::new(
            ErrorCode::UseDpopNonce,
            "The DPoP proof must contain the nonce from the DPoP-Nonce header.",
        )),
    }
}

/// A client can be registered for bound tokens only (RFC 9449 §5.2). A proof that is sent must be allowed for the
/// client.
pub fn check_required(client: &Client, proof: Option<&Proof>) -> Result<(), OAuthError> {
    if client.metadata.must_bind_tokens() && proof.is_none() {
        return Err(invalid(
            "This client must use DPoP. Send a proof in the DPoP header.",
        ));
    }
    proof.map_or(Ok(()), |proof| check_algorithm(client, proof))
}

/// FAPI 2.0 Security Profile §5.4.1: PS256, ES256 or EdDSA.
pub fn check_algorithm(client: &Client, proof: &Proof) -> Result<(), OAuthError> {
    if client.metadata.is_fapi2() && proof.algorithm == "RS256" {
        return Err(invalid(
            "alg of the DPoP proof must be PS256, ES256 or EdDSA with the profile fapi2 (FAPI 2.0 §5.4.1).",
        ));
    }
    Ok(())
}

/// A value bound to a key is only for the holder of the key (RFC 9449 §5, §10).
pub fn check_binding(grant: &Grant, jkt: Option<&str>) -> Result<(), OAuthError> {
    match (&grant.dpop_jkt, jkt) {
        (None, _) => Ok(()),
        (Some(bound), Some(jkt)) if bound == jkt => Ok(()),
        (Some(_), Some(_)) => Err(OAuthError::invalid_grant(
            "The authorization code or refresh token is bound to another DPoP key.",
        )),
        (Some(_), None) => Err(invalid(
            "The authorization code or refresh token is bound to a DPoP key. Send a proof in the DPoP header.",
        )),
    }
}

/// Refresh tokens of a public client are bound to the key of the proof that they were requested with (RFC 9449 §5). A
/// confidential client authenticates itself, and can change its key.
pub fn bind_refresh_tokens(
    tx: &Tx,
    client: &Client,
    grant: &mut Grant,
    jkt: Option<&str>,
) -> Result<(), StoreError> {
    if let (Some(jkt), None) = (jkt, &grant.dpop_jkt)
        && client.is_public()
    {
        grants::set_dpop_jkt(tx, grant.id, jkt)?;
        grant.dpop_jkt = Some(jkt.to_owned());
    }
    Ok(())
}

/// An access token requested with a proof is bound to its key (RFC 9449 §5). One derived from a bound token keeps that
/// key.
pub fn bind_access_token(access: &mut AccessTokenClaims, proof: &Proof) -> Result<(), OAuthError> {
    let cnf = access.cnf.get_or_insert_with(|| Confirmation {
        jkt: proof.jkt.clone(),
    });
    if cnf.jkt == proof.jkt {
        Ok(())
    } else {
        Err(invalid("The token is bound to another DPoP key."))
    }
}

/// RFC 9449 §10: the thumbprint of the key to which an authorization code is to be bound.
pub fn requested_jkt(params: &Params) -> Result<Option<String>, OAuthError> {
    let Some(jkt) = params.optional("dpop_jkt") else {
        return Ok(None);
    };
    let is_thumbprint = hash::from_base64url(jkt).is_some_and(|hash| hash.len() == 32);
    if !is_thumbprint {
        return Err(OAuthError::invalid_request(
            "dpop_jkt must be a SHA-256 key thumbprint of 43 base64url characters (RFC 9449 §10).",
        ));
    }
    Ok(Some(jkt.to_owned()))
}

/// A proof with a pushed request is equivalent to `dpop_jkt`, which must match (RFC 9449 §10.1). Returns the parameter
/// to add to the request.
pub fn pushed_jkt(asked: Option<&str>, proof: &Proof) -> Result<Option<String>, OAuthError> {
    match asked {
        None => Ok(Some(proof.jkt.clone())),
        Some(jkt) if jkt == proof.jkt => Ok(None),
        Some(_) => Err(invalid(
            "dpop_jkt does not match the key of the DPoP proof.",
        )),
    }
}

fn invalid(description: impl Into<std::borrow::Cow<'static, str>>) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidDpopProof, description)
}
