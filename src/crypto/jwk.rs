//! A public key, and how it is written as a JWK (RFC 7517, RFC 7518 §6, RFC 8037 §2).

use jsonwebtoken::DecodingKey;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

use crate::crypto::{
    hash::{base64url, from_base64url, sha256},
    keys::{Algorithm, KeyError},
};

/// The public half of a key. Its parts have the right lengths; that a point lies on the curve is
/// left to the check of a signature.
pub(super) enum PublicKey {
    P256 { x: [u8; 32], y: [u8; 32] },
    Ed25519([u8; 32]),
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

/// The members that this server understands; others are ignored (RFC 7517 §4).
#[derive(Deserialize)]
struct Members {
    kty: String,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<IgnoredAny>,
    alg: Option<String>,
    kid: Option<String>,
    #[serde(rename = "use")]
    intended_use: Option<String>,
}

impl PublicKey {
    pub(super) fn from_p256_point(point: &[u8]) -> Result<Self, KeyError> {
        // 4 means that the point is not compressed (SEC 1 §2.3.3).
        let coordinates = point.strip_prefix(&[4]).ok_or(KeyError::Malformed)?;
        let (x, y) = coordinates
            .split_at_checked(32)
            .ok_or(KeyError::Malformed)?;
        Self::from_p256(x, y)
    }

    fn from_p256(x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        // RFC 7518 §6.2.1.2: a coordinate has the full size of the curve, 32 bytes for P-256.
        match (x.try_into(), y.try_into()) {
            (Ok(x), Ok(y)) => Ok(Self::P256 { x, y }),
            _ => Err(KeyError::Malformed),
        }
    }

    pub(super) fn from_ed25519(key: &[u8]) -> Result<Self, KeyError> {
        key.try_into()
            .map(Self::Ed25519)
            .map_err(|_| KeyError::Malformed)
    }

    pub(super) fn from_rsa(n: Vec<u8>, e: Vec<u8>) -> Result<Self, KeyError> {
        // RFC 7518 §6.3.1.1: no more bytes than are needed.
        let is_minimal = |number: &[u8]| number.first().is_some_and(|&byte| byte != 0);
        // RFC 7518 §3.3: 2048 bits or more. Above 4096 bits, or with a larger exponent than the usual 65537, a
        // signature costs milliseconds to check.
        let exponent = e.iter().try_fold(0_u32, |e, byte| {
            e.checked_mul(256).map(|e| e + u32::from(*byte))
        });
        let is_sized = (256..=512).contains(&n.len())
            && n.first().is_some_and(|&byte| n.len() > 256 || byte >= 0x80)
            && exponent.is_some_and(|e| (3..=65_537).contains(&e));
        if is_minimal(&n) && is_minimal(&e) && is_sized {
            Ok(Self::Rsa { n, e })
        } else {
            Err(KeyError::Malformed)
        }
    }

    /// The key of a JWK, with its `kid` and its `alg`, if it has them.
    pub(super) fn from_jwk(
        jwk: &Value,
    ) -> Result<(Self, Option<String>, Option<Algorithm>), KeyError> {
        if !jwk.is_object() {
            return Err(KeyError::Malformed);
        }
        let members = Members::deserialize(jwk).map_err(|_| KeyError::Malformed)?;
        if members.d.is_some() {
            return Err(KeyError::Private);
        }
        // RFC 7517 §4.2: a key for encryption checks no signature.
        if members
            .intended_use
            .is_some_and(|intended| intended != "sig")
        {
            return Err(KeyError::Use);
        }
        let bytes = |member: &Option<String>| {
            member
                .as_deref()
                .and_then(from_base64url)
                .ok_or(KeyError::Malformed)
        };
        let key = match (members.kty.as_str(), members.crv.as_deref()) {
            ("EC", Some("P-256")) => Self::from_p256(&bytes(&members.x)?, &bytes(&members.y)?)?,
            ("OKP", Some("Ed25519")) => Self::from_ed25519(&bytes(&members.x)?)?,
            ("RSA", _) => Self::from_rsa(bytes(&members.n)?, bytes(&members.e)?)?,
            _ => return Err(KeyError::Unsupported),
        };
        // `alg` names the algorithm of the key (RFC 7517 §4.4); without it, the algorithm follows from the type.
        let named = |name: String| {
            let mut known = key.algorithms().iter().copied();
            known
                .find(|known| known.is_named(&name))
                .ok_or(KeyError::Unsupported)
        };
        let algorithm = members.alg.map(named).transpose()?;
        Ok((key, members.kid, algorithm))
    }

    /// Algorithms that a key of this type can verify.
    pub(super) fn algorithms(&self) -> &'static [Algorithm] {
        match self {
            Self::P256 { .. } => &[Algorithm::Es256],
            Self::Ed25519(_) => &[Algorithm::EdDsa],
            Self::Rsa { .. } => &[Algorithm::Rs256, Algorithm::Ps256],
        }
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Self::P256 { .. } => Algorithm::Es256,
            Self::Ed25519(_) => Algorithm::EdDsa,
            Self::Rsa { .. } => Algorithm::Rs256,
        }
    }

    /// Only the required members, in lexicographic order (RFC 7638 §3.2).
    fn required_members(&self) -> Value {
        match self {
            Self::P256 { x, y } => {
                json!({"crv": "P-256", "kty": "EC", "x": base64url(x), "y": base64url(y)})
            }
            // Only `x` (RFC 8037 §2).
            Self::Ed25519(x) => json!({"crv": "Ed25519", "kty": "OKP", "x": base64url(x)}),
            Self::Rsa { n, e } => json!({"e": base64url(e), "kty": "RSA", "n": base64url(n)}),
        }
    }

    /// RFC 7638 §3: the base64url text of the SHA-256 of the required members.
    pub(super) fn thumbprint(&self) -> String {
        base64url(&sha256(self.required_members().to_string().as_bytes()))
    }

    /// The JWK as a key set publishes it.
    pub(super) fn to_jwk(&self, kid: &str) -> Value {
        let mut jwk = self.required_members();
        jwk["use"] = "sig".into();
        jwk["alg"] = self.algorithm().as_str().into();
        jwk["kid"] = kid.into();
        jwk
    }

    pub(super) fn decoding_key(&self) -> DecodingKey {
        match self {
            Self::P256 { x, y } => DecodingKey::from_ec_der(&[&[4], &x[..], &y[..]].concat()),
            Self::Ed25519(x) => DecodingKey::from_ed_der(x),
            Self::Rsa { n, e } => DecodingKey::from_rsa_raw_components(n, e),
        }
    }
}
