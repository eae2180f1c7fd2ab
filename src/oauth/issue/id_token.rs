//! ID tokens (OIDC Core §2).

use serde::Serialize;
use serde_json::{Map, Value};

use super::signing::sign_jwt;
use crate::{
    crypto::{hash, keys::Algorithm},
    directory::Directory,
    domain::{
        acr,
        client::Client,
        grant::Grant,
        name::{ClientId, Subject},
        scope::ScopeSet,
        secret::Secret,
        time::UnixSeconds,
        user::User,
    },
    oauth::{
        claims::{self, CLAIMS, Claim},
        error::OAuthError,
    },
};

pub const ID_TOKEN_TYPE: &str = "JWT";

/// Input of an ID token.
#[derive(Debug)]
pub struct IdTokenFor {
    grant: Grant,
    /// User claims released by scopes (OIDC Core §5.4), and those requested by name (§5.5).
    claims: Map<String, Value>,
}

impl IdTokenFor {
    /// `scope` is that of the access token issued with it, so that both have the same user claims.
    pub fn new(grant: Grant, client: &Client, user: &User, scope: &ScopeSet) -> Self {
        let zoneinfo = grant.zoneinfo.as_deref();
        let by_scope = client.metadata.id_token_user_claims;
        let is_released = |claim: &&Claim| match by_scope {
            true => claim.released(scope, &grant.claims.id_token).is_some(),
            false => grant.claims.id_token.contains(claim.name),
        };
        let claims = CLAIMS
            .iter()
            .filter(is_released)
            // Included by itself if the client has sent one.
            .filter(|claim| claim.name != "zoneinfo" || zoneinfo.is_none())
            .filter_map(|claim| {
                let value = claims::value(user, zoneinfo, claim.name)?;
                Some((claim.name.to_owned(), value))
            })
            .collect();
        Self { grant, claims }
    }

    /// Claims of an ID token issued at `iat` with the access token of this `at_hash`.
    pub fn claims<'a>(
        &'a self,
        directory: &'a Directory,
        client: &Client,
        at_hash: String,
        iat: UnixSeconds,
    ) -> IdTokenClaims<'a> {
        let grant = &self.grant;
        let lifetime = client
            .metadata
            .id_token_lifetime
            .unwrap_or(directory.live().id_token_lifetime);
        IdTokenClaims {
            iss: directory.issuer(),
            sub: &grant.sub,
            aud: &grant.client_id,
            exp: iat + lifetime,
            iat,
            auth_time: grant.auth_time,
            nonce: grant.nonce.as_deref(),
            amr: grant.amr.split_whitespace().collect(),
            acr: acr::of(&grant.amr),
            at_hash,
            sid: grant.session_id.map(|id| id.simple()),
            zoneinfo: grant.zoneinfo.as_deref(),
            of_user: &self.claims,
        }
    }
}

/// The claims of an ID token (OIDC Core §2).
#[derive(Serialize)]
pub struct IdTokenClaims<'a> {
    iss: &'a str,
    sub: &'a Subject,
    aud: &'a ClientId,
    exp: UnixSeconds,
    iat: UnixSeconds,
    auth_time: UnixSeconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    amr: Vec<&'a str>,
    acr: &'static str,
    at_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zoneinfo: Option<&'a str>,
    #[serde(flatten)]
    of_user: &'a Map<String, Value>,
}

/// Signs an ID token for its access token.
pub(super) fn sign(
    directory: &Directory,
    now: UnixSeconds,
    client: &Client,
    id_token: &IdTokenFor,
    access_token: &Secret,
    iat: UnixSeconds,
) -> Result<Secret, OAuthError> {
    let algorithm = directory.snapshot().id_token_algorithm(client);
    let at_hash = at_hash(algorithm, access_token);
    let claims = id_token.claims(directory, client, at_hash, iat);
    sign_jwt(directory, now, algorithm, ID_TOKEN_TYPE, &claims)
}

/// OIDC Core §3.1.3.6: the left half of the token's hash, by the hash function of the signature.
/// Ed25519 signs with SHA-512.
fn at_hash(algorithm: Algorithm, access_token: &Secret) -> String {
    match algorithm {
        Algorithm::EdDsa => hash::base64url(&hash::sha512(access_token.expose().as_bytes())[..32]),
        Algorithm::Es256 | Algorithm::Rs256 | Algorithm::Ps256 => {
            hash::base64url(&hash::sha256(access_token.expose().as_bytes())[..16])
        }
    }
}
