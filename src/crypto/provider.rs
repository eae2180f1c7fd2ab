//! The `CryptoProvider` of jsonwebtoken, done by ring.
//!
//! jsonwebtoken asks its provider for a signer at each call and hands it an `EncodingKey`, which is
//! bytes. Parsing a private key again costs more than the signature, so the bytes here are not the
//! key but its number in a table of the keys that live.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Once, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use jsonwebtoken::{
    Algorithm, DecodingKey, DecodingKeyKind, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{ErrorKind, Result},
    signature::{self, Signer, Verifier},
};
use ring::signature as algorithms;

use crate::crypto::key_pair::KeyPair;

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    // These are for jsonwebtoken's JWKs of private keys, which are not used here.
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes ring the provider of the process. Call this before jsonwebtoken.
pub(super) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        PROVIDER
            .install_default()
            .expect("no other module installs a provider");
    });
}

static LIVING: RwLock<BTreeMap<u64, Arc<KeyPair>>> = RwLock::new(BTreeMap::new());
static NEXT_NUMBER: AtomicU64 = AtomicU64::new(0);

/// A key pair in the table of loaded keys, removed when dropped.
pub(super) struct Registration {
    number: u64,
    pair: Arc<KeyPair>,
    encoding_key: EncodingKey,
}

impl Registration {
    pub(super) fn of(pair: KeyPair) -> Self {
        let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
        let bytes = number.to_be_bytes();
        let encoding_key = match pair {
            KeyPair::P256(_) => EncodingKey::from_ec_der(&bytes),
            KeyPair::Ed25519(_) => EncodingKey::from_ed_der(&bytes),
            KeyPair::Rsa(_) => EncodingKey::from_rsa_der(&bytes),
        };
        let pair = Arc::new(pair);
        LIVING
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(number, Arc::clone(&pair));
        Self {
            number,
            pair,
            encoding_key,
        }
    }

    pub(super) fn key_pair(&self) -> &KeyPair {
        &self.pair
    }

    /// The key's number, in the shape that `jsonwebtoken::encode` takes.
    pub(super) fn encoding_key(&self) -> &EncodingKey {
        &self.encoding_key
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        LIVING
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.number);
    }
}

struct RingSigner(Arc<KeyPair>);

fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    let number = key.as_bytes().try_into().map(u64::from_be_bytes);
    let number = number.map_err(|_| ErrorKind::InvalidKeyFormat)?;
    let living = LIVING.read().unwrap_or_else(PoisonError::into_inner);
    let pair = living.get(&number).ok_or(ErrorKind::InvalidKeyFormat)?;
    if pair.algorithm().of_jsonwebtoken() != *algorithm {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    Ok(Box::new(RingSigner(Arc::clone(pair))))
}

impl Signer<Vec<u8>> for RingSigner {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, signature::Error> {
        self.0.sign(message).map_err(signature::Error::from_source)
    }
}

impl JwtSigner for RingSigner {
    fn algorithm(&self) -> Algorithm {
        self.0.algorithm().of_jsonwebtoken()
    }
}

struct RingVerifier {
    algorithm: Algorithm,
    scheme: Scheme,
    key: DecodingKey,
}

/// Key for verifying a signature: bytes, or an RSA modulus and exponent.
enum Scheme {
    Bytes(&'static dyn algorithms::VerificationAlgorithm),
    Rsa(&'static algorithms::RsaParameters),
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let scheme = match algorithm {
        Algorithm::ES256 => Scheme::Bytes(&algorithms::ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => Scheme::Bytes(&algorithms::ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => Scheme::Bytes(&algorithms::ED25519),
        Algorithm::RS256 => Scheme::Rsa(&algorithms::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Scheme::Rsa(&algorithms::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Scheme::Rsa(&algorithms::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Scheme::Rsa(&algorithms::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Scheme::Rsa(&algorithms::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Scheme::Rsa(&algorithms::RSA_PSS_2048_8192_SHA512),
        // RFC 8725 §3.1: shared secrets sign nothing here, so a public key cannot pass for one.
        _ => return Err(ErrorKind::UnsupportedAlgorithm.into()),
    };
    if key.family() != algorithm.family() {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    Ok(Box::new(RingVerifier {
        algorithm: *algorithm,
        scheme,
        key: key.clone(),
    }))
}

impl Verifier<Vec<u8>> for RingVerifier {
    fn verify(
        &self,
        message: &[u8],
        signature: &Vec<u8>,
    ) -> std::result::Result<(), signature::Error> {
        match (&self.scheme, self.key.kind()) {
            (Scheme::Bytes(scheme), DecodingKeyKind::SecretOrDer(key)) => {
                algorithms::UnparsedPublicKey::new(*scheme, key).verify(message, signature)
            }
            (Scheme::Rsa(scheme), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                algorithms::RsaPublicKeyComponents { n, e }.verify(scheme, message, signature)
            }
            _ => Err(ring::error::Unspecified),
        }
        .map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for RingVerifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

#[cfg(test)]
mod tests;
