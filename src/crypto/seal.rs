//! Sealed boxes: AES-256-GCM, for what the server must keep or send out unread and unchanged.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::crypto::{hash, random};

/// The first byte of each box, so that another cipher can follow this one some day.
const VERSION: u8 = 1;
const HEADER_LEN: usize = 1 + NONCE_LEN;

/// A key that seals and opens. Nonces are random, so one key is safe for 2^32 boxes (NIST SP 800-38D §8.3); derive one
/// for each purpose with [`hash::derive`].
#[derive(Clone, Debug)]
pub struct SealKey(LessSafeKey);

impl SealKey {
    pub fn new(key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("AES-256 takes a key of 32 bytes");
        Self(LessSafeKey::new(key))
    }

    /// The base64url text of the version, the nonce and the ciphertext of `plain`. It opens only
    /// with the same `associated` bytes: name there what the box belongs to.
    pub fn seal(&self, associated: &[u8], plain: &[u8]) -> String {
        let nonce: [u8; NONCE_LEN] = random::bytes();
        let mut sealed = Vec::with_capacity(HEADER_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .0
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(associated),
                &mut sealed[HEADER_LEN..],
            )
            .expect("AES-GCM seals anything below 64 GiB");
        sealed.extend_from_slice(tag.as_ref());
        hash::base64url(&sealed)
    }

    /// Opens a box sealed with this key and these `associated` bytes; `None` for anything else.
    pub fn open(&self, associated: &[u8], sealed: &str) -> Option<Vec<u8>> {
        let mut sealed = hash::from_base64url(sealed)?;
        let (version, rest) = sealed.split_first_mut()?;
        let (nonce, ciphertext) = rest.split_first_chunk_mut::<NONCE_LEN>()?;
        if *version != VERSION {
            return None;
        }
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self
            .0
            .open_in_place(nonce, Aad::from(associated), ciphertext)
            .ok()?;
        Some(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits = text.as_bytes().chunks(2);
        digits
            .map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap())
            .collect()
    }

    /// Test case 16 of McGrew and Viega, 'The Galois/Counter Mode of Operation'.
    #[test]
    fn a_published_ciphertext_opens() {
        let key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
        let box_ = hex(concat!(
            "01",
            "cafebabefacedbaddecaf888",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            "76fc6ece0f4e1768cddf8853bb2d551b",
        ));
        let plain = hex(concat!(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        ));
        let associated = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let key = SealKey::new(&key.try_into().unwrap());
        assert_eq!(key.open(&associated, &hash::base64url(&box_)), Some(plain));
    }

    #[test]
    fn what_is_sealed_opens_and_no_two_boxes_are_the_same() {
        let key = SealKey::new(&[1; 32]);
        for plain in [&b""[..], b"a", &[0; 1000]] {
            let sealed = key.seal(b"row 1", plain);
            assert_eq!(key.open(b"row 1", &sealed).as_deref(), Some(plain));
            assert_ne!(key.seal(b"row 1", plain), sealed);
        }
    }

    #[test]
    fn a_box_does_not_open_with_anything_changed() {
        let key = SealKey::new(&[1; 32]);
        let sealed = key.seal(b"row 1", b"plain");
        assert_eq!(key.open(b"row 2", &sealed), None);
        assert_eq!(SealKey::new(&[2; 32]).open(b"row 1", &sealed), None);
        let bytes = hash::from_base64url(&sealed).unwrap();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            assert_eq!(
                key.open(b"row 1", &hash::base64url(&changed)),
                None,
                "byte {index}"
            );
            assert_eq!(
                key.open(b"row 1", &hash::base64url(&bytes[..index])),
                None,
                "cut {index}"
            );
        }
    }
}
