//! SHA-256, HMAC, HKDF, base64url, and comparison in constant time.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{digest, hkdf, hmac};
use subtle::ConstantTimeEq;

use crate::domain::secret::SecretHash;

/// The SHA-256 of `data`.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, data).as_ref());
    hash
}

/// SHA-512, the hash of Ed25519.
pub fn sha512(data: &[u8]) -> [u8; 64] {
    let mut out = [0; 64];
    out.copy_from_slice(digest::digest(&digest::SHA512, data).as_ref());
    out
}

/// Stored hash of a secret with at least 128 bits of randomness: its SHA-256.
pub fn secret_hash(secret: &str) -> SecretHash {
    SecretHash(sha256(secret.as_bytes()))
}

/// SHA-256 of `parts` with `label`, which names their purpose. Each is preceded by its length, so no two lists of parts
/// give the same digest.
pub fn digest_of(label: &'static str, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in std::iter::once(label.as_bytes()).chain(parts.iter().copied()) {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

/// A key that creates and checks HMAC-SHA-256 tags.
#[derive(Clone, Debug)]
pub struct MacKey(hmac::Key);

impl MacKey {
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// Tag of `parts` with `label`, which names its purpose. Each is preceded by its length, so no two lists of parts
    /// give the same tag. Compare tags with [`constant_time_eq`].
    pub fn mac(&self, label: &'static str, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in std::iter::once(label.as_bytes()).chain(parts.iter().copied()) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut tag = [0; 32];
        tag.copy_from_slice(context.sign().as_ref());
        tag
    }
}

/// A key derived from the master key for the one purpose that `label` names.
pub fn derive(master: &[u8; 32], label: &'static str) -> [u8; 32] {
    let mut key = [0; 32];
    // RFC 5869 §2: no salt, as the master key is uniformly random; the label is the info.
    hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
        .extract(master)
        .expand(&[label.as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|output| output.fill(&mut key))
        .expect("32 bytes are within what HKDF-SHA256 gives");
    key
}

/// base64url without padding (RFC 7515 §2).
pub fn base64url(data: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(data)
}

/// Bytes of a base64url text; `None` if it has padding, a character outside the alphabet, or nonzero bits left at its
/// end.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Standard base64 with padding (RFC 4648 §4), as HTTP Basic has it.
pub fn base64(data: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(data)
}

/// The reverse of [`base64()`]; `None` for anything else.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

/// Whether both are the same bytes. The duration depends only on their lengths.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_of_rfc_7636_appendix_b_is_reproduced() {
        let challenge = sha256(b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(
            base64url(&challenge),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn parts_cannot_run_together() {
        let key = MacKey::new(&[7; 32]);
        let tags = [
            key.mac("label", &[b"ab", b"c"]),
            key.mac("label", &[b"a", b"bc"]),
            key.mac("label", &[b"abc"]),
            key.mac("label", &[b"abc", b""]),
            key.mac("labela", &[b"bc"]),
            key.mac("label", &[]),
            key.mac("label", &[b""]),
            MacKey::new(&[8; 32]).mac("label", &[]),
        ];
        for (index, tag) in tags.iter().enumerate() {
            assert!(
                !tags[index + 1..].contains(tag),
                "tag {index} appears twice"
            );
        }
        assert_eq!(tags[0], key.mac("label", &[b"ab", b"c"]));
    }

    #[test]
    fn a_derived_key_is_hkdf_extract_and_expand() {
        let mac = |key: &[u8], data: &[u8]| {
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data)
                .as_ref()
                .to_vec()
        };
        // RFC 5869 §2.2: without a salt, extract uses as many zeros as the hash is long.
        let pseudorandom_key = mac(&[0; 32], &[9; 32]);
        // RFC 5869 §2.3: T(1) = HMAC-Hash(PRK, info | 0x01).
        assert_eq!(
            derive(&[9; 32], "seal").to_vec(),
            mac(&pseudorandom_key, b"seal\x01")
        );
        assert_ne!(derive(&[9; 32], "seal"), derive(&[9; 32], "mac"));
    }

    #[test]
    fn base64url_is_read_strictly() {
        assert_eq!(from_base64url("-_8").as_deref(), Some(&[0xfb, 0xff][..]));
        for text in ["-_8=", "+/8", "-_9", "-_8\n", " -_8", "A"] {
            assert_eq!(from_base64url(text), None, "{text:?}");
        }
    }

    #[test]
    fn equality_in_constant_time_is_equality() {
        assert!(constant_time_eq(b"same", b"same"));
        assert!(!constant_time_eq(b"same", b"some"));
        assert!(!constant_time_eq(b"same", b"sam"));
    }
}
