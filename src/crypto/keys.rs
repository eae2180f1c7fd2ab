//! The keys that sign tokens, and their public halves.

use std::{fmt, sync::Arc};

use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::Value;
use zeroize::Zeroizing;

pub use super::algorithm::{Algorithm, KeyError};
use crate::crypto::{
    jwk::PublicKey,
    key_pair::{self, KeyPair},
    provider::Registration,
};

/// Keys of a set that are looked at: a set of real use has a handful.
const MOST_OF_A_SET: usize = 32;

/// A private key that signs tokens. It is parsed and checked once; a clone is a reference.
#[derive(Clone)]
pub struct SigningKey(Arc<Inner>);

struct Inner {
    pkcs8: Zeroizing<Vec<u8>>,
    pair: Registration,
    public_jwk: Value,
    verifying_key: VerifyingKey,
}

impl SigningKey {
    /// A new key, which has signed once and proved it. An RS256 key takes some tens to hundreds of
    /// milliseconds: not for a thread that serves requests.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let key = Self::from_pkcs8(algorithm, &key_pair::generate_pkcs8(algorithm)?)?;
        key.sign(b"self-test").map_err(|_| KeyError::Generation)?;
        Ok(key)
    }

    /// The key of a PKCS#8 document in DER, which must be one for `algorithm`. An RSA key has 2048
    /// to 4096 bits.
    pub fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        let pair = KeyPair::from_pkcs8(algorithm, der)?;
        let public_key = pair.public_key()?;
        let verifying_key = VerifyingKey::new(&public_key, None);
        Ok(Self(Arc::new(Inner {
            pkcs8: Zeroizing::new(der.to_vec()),
            public_jwk: public_key.to_jwk(&verifying_key.kid),
            pair: Registration::of(pair),
            verifying_key,
        })))
    }

    /// The PKCS#8 document in DER: seal it before it is stored.
    pub fn pkcs8(&self) -> &[u8] {
        &self.0.pkcs8
    }

    pub fn algorithm(&self) -> Algorithm {
        self.0.verifying_key.algorithm
    }

    /// The thumbprint of the public key (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.0.verifying_key.kid
    }

    /// The public key with `use`, `alg` and `kid`, as the key set publishes it (RFC 7517 §4).
    pub fn public_jwk(&self) -> &Value {
        &self.0.public_jwk
    }

    pub fn verifying_key(&self) -> VerifyingKey {
        self.0.verifying_key.clone()
    }

    /// The bytes of a JWS signature of `message`; 64 of them for ES256 and EdDSA.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.0.pair.key_pair().sign(message)
    }

    pub(super) fn encoding_key(&self) -> &EncodingKey {
        self.0.pair.encoding_key()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm())
            .field("kid", &self.kid())
            .finish_non_exhaustive()
    }
}

/// A public key that checks signatures.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    algorithm: Algorithm,
    kid: String,
    decoding_key: DecodingKey,
}

impl VerifyingKey {
    /// Key of a public JWK for one of the algorithms of [`Algorithm`]. Without a `kid` it gets its thumbprint. A JWK
    /// with a private member is an error: its owner must replace the key.
    pub fn from_jwk(jwk: &Value) -> Result<Self, KeyError> {
        let (public_key, kid, algorithm) = PublicKey::from_jwk(jwk)?;
        let algorithm = algorithm.unwrap_or(public_key.algorithm());
        Ok(Self::with_algorithm(&public_key, kid, algorithm))
    }

    /// Keys of a JWK Set, one for each algorithm that a key can be used with. Keys for unsupported algorithms and
    /// private ones are left out (RFC 7517 §5).
    pub fn of_key_set(jwks: &Value) -> Vec<Self> {
        let jwks = jwks.get("keys").and_then(Value::as_array);
        let jwks = jwks.into_iter().flatten().take(MOST_OF_A_SET);
        let parsed = jwks.map(PublicKey::from_jwk);
        let mut keys = Vec::new();
        for (public_key, kid, algorithm) in parsed.flatten() {
            let algorithms = match algorithm {
                Some(algorithm) => vec![algorithm],
                None => public_key.algorithms().to_vec(),
            };
            let key = |algorithm| Self::with_algorithm(&public_key, kid.clone(), algorithm);
            keys.extend(algorithms.into_iter().map(key));
        }
        keys
    }

    /// The key of a public JWK for the algorithm of this name, and its thumbprint (RFC 7638).
    pub(super) fn of_jwk(jwk: &Value, alg: &str) -> Result<(Self, String), KeyError> {
        let (public_key, kid, only) = PublicKey::from_jwk(jwk)?;
        let mut algorithms = public_key.algorithms().iter().copied();
        let algorithm = algorithms
            .find(|algorithm| algorithm.is_named(alg) && only.is_none_or(|only| only == *algorithm))
            .ok_or(KeyError::Unsupported)?;
        let key = Self::with_algorithm(&public_key, kid, algorithm);
        Ok((key, public_key.thumbprint()))
    }

    fn new(public_key: &PublicKey, kid: Option<String>) -> Self {
        Self::with_algorithm(public_key, kid, public_key.algorithm())
    }

    fn with_algorithm(public_key: &PublicKey, kid: Option<String>, algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            kid: kid.unwrap_or_else(|| public_key.thumbprint()),
            decoding_key: public_key.decoding_key(),
        }
    }

    pub fn kid(&self) -> &str {
        &self.kid
    }

    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn decoding_key(&self) -> &DecodingKey {
        &self.decoding_key
    }
}

#[cfg(test)]
mod tests;
