//! A private key as ring holds it: parsed and checked once, then only used.

use ring::{
    rand::SystemRandom,
    rsa::PublicKeyComponents,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
        RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use zeroize::Zeroizing;

use crate::crypto::{
    jwk::PublicKey,
    keys::{Algorithm, KeyError},
    random, rsa_key,
};

pub(super) enum KeyPair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

/// A new private key as PKCS#8.
pub(super) fn generate_pkcs8(algorithm: Algorithm) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let random: &SystemRandom = random::system();
    let document = match algorithm {
        Algorithm::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, random),
        Algorithm::EdDsa => Ed25519KeyPair::generate_pkcs8(random),
        Algorithm::Rs256 => return rsa_key::generate_pkcs8(),
        // Taken from clients only.
        Algorithm::Ps256 => return Err(KeyError::Unsupported),
    };
    document
        .map(|der| Zeroizing::new(der.as_ref().to_vec()))
        .map_err(|_| KeyError::Generation)
}

impl KeyPair {
    /// ring checks that the private and the public half belong together, and that an RSA key has
    /// 2048 to 4096 bits.
    pub(super) fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        let pair = match algorithm {
            Algorithm::Es256 => {
                let curve = &ECDSA_P256_SHA256_FIXED_SIGNING;
                EcdsaKeyPair::from_pkcs8(curve, der, random::system()).map(Self::P256)
            }
            // The public half can be missing, as in keys of OpenSSL (RFC 8410 §7).
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map(Self::Ed25519),
            Algorithm::Rs256 => RsaKeyPair::from_pkcs8(der).map(Box::new).map(Self::Rsa),
            Algorithm::Ps256 => return Err(KeyError::Unsupported),
        };
        pair.map_err(|_| KeyError::Malformed)
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Self::P256(_) => Algorithm::Es256,
            Self::Ed25519(_) => Algorithm::EdDsa,
            Self::Rsa(_) => Algorithm::Rs256,
        }
    }

    pub(super) fn public_key(&self) -> Result<PublicKey, KeyError> {
        match self {
            Self::P256(pair) => PublicKey::from_p256_point(pair.public_key().as_ref()),
            Self::Ed25519(pair) => PublicKey::from_ed25519(pair.public_key().as_ref()),
            Self::Rsa(pair) => {
                let PublicKeyComponents::<Vec<u8>> { n, e } = pair.public().into();
                PublicKey::from_rsa(n, e)
            }
        }
    }

    /// The signature as JWS writes it (RFC 7518 §3.3 and §3.4, RFC 8037 §3.1).
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self {
            Self::P256(pair) => pair
                .sign(random::system(), message)
                .map(|s| s.as_ref().to_vec()),
            Self::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, random::system(), message, &mut signature)
                    .map(|()| signature)
            }
        }
        .map_err(|_| KeyError::Signing)
    }
}
