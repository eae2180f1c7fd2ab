//! ID tokens (OIDC Core §2).

use serde::Serialize;
use serde_json::{Map, Value};

use super::signing::sign_jwt;
use crate::{
    app::App,
    crypto::{hash, keys::Algorithm},
    domain::{
        acr,
        client::Client,
        grant::Grant,
        name::{ClientId, Subject},
        secret::Secret,
        time::UnixSeconds,
        user::User,
    },
    oauth::{claims, error::OAuthError},
};

pub const ID_TOKEN_TYPE: &str = "JWT";

/// What an ID token is made from.
#[derive(Debug)]
pub struct IdTokenFor {
    grant: Grant,
    /// The claims that were asked for by name (OIDC Core §5.5).
    claims: Map<String, Value>,
}

impl IdTokenFor {
    pub fn new(grant: Grant, user: &User) -> Self {
        let zoneinfo = grant.zoneinfo.as_deref();
        let names = grant.claims.id_token.iter();
        let claims = names
            // It stands there by itself where the client has named one.
            .filter(|name| name.as_str() != "zoneinfo" || zoneinfo.is_none())
            .filter_map(|name| Some((name.clone(), claims::value(user, zoneinfo, name)?)))
            .collect();
        Self { grant, claims }
    }

    /// The claims of the ID token that is made at `iat` beside the access token of this `at_hash`.
    pub fn claims<'a>(
        &'a self,
        app: &'a App,
        client: &Client,
        at_hash: String,
        iat: UnixSeconds,
    ) -> IdTokenClaims<'a> {
        let grant = &self.grant;
        let lifetime = client
            .metadata
            .id_token_lifetime
            .unwrap_or(app.live().id_token_lifetime);
        IdTokenClaims {
            iss: &app.config.issuer,
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
            asked_for: &self.claims,
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
    asked_for: &'a Map<String, Value>,
}

/// Signs one beside its access token.
pub(super) fn sign(
    app: &App,
    client: &Client,
    id_token: &IdTokenFor,
    access_token: &Secret,
    iat: UnixSeconds,
) -> Result<Secret, OAuthError> {
    let algorithm = app.directory.snapshot().id_token_algorithm(client);
    let at_hash = at_hash(algorithm, access_token);
    let claims = id_token.claims(app, client, at_hash, iat);
    sign_jwt(app, algorithm, ID_TOKEN_TYPE, &claims)
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
