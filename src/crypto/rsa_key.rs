//! New RSA keys, which ring uses but does not make (RFC 8017 §3.2, FIPS 186-5 appendix A.1.3).

use std::convert::Infallible;

use crypto_bigint::{
    NonZero, U1024, U2048,
    rand_core::{TryCryptoRng, TryRng},
};
use crypto_primes::{
    Flavor,
    hazmat::{SetBits, SmallFactorsSieveFactory},
    is_prime, sieve_and_find,
};
use zeroize::Zeroizing;

use crate::crypto::{keys::KeyError, random};

/// The public exponent of every key.
const E: u32 = 65_537;
/// Two primes of this many bits make a modulus of 2048.
const PRIME_BITS: u32 = 1024;
/// `0x30 0x0d …`: the algorithm identifier of rsaEncryption with a NULL parameter (RFC 8017 A.1).
const RSA_ENCRYPTION: &[u8] = &[
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// A new key of 2048 bits as PKCS#8 (RFC 5208 §5) in DER. Takes some tens to hundreds of milliseconds:
/// not for a thread that serves requests.
pub(super) fn generate_pkcs8() -> Result<Zeroizing<Vec<u8>>, KeyError> {
    loop {
        let (p, q) = (prime()?, prime()?);
        // Primes that are too close can be found from their product (FIPS 186-5 A.1.3, step 5.4). A pair whose
        // exponents have no inverse is discarded, too; both practically never happen.
        if distance(&p, &q).bit_width() > PRIME_BITS - 100
            && let Some(der) = private_key(&p.max(q), &p.min(q))
        {
            return Ok(der);
        }
    }
}

fn prime() -> Result<U1024, KeyError> {
    // With two bits set in each, the product of two has all its 2048 bits.
    let sieve = SmallFactorsSieveFactory::<U1024>::new(Flavor::Any, PRIME_BITS, SetBits::TwoMsb)
        .map_err(|_| KeyError::Generation)?;
    let found = sieve_and_find(&mut System, sieve, |_, candidate| {
        is_prime(Flavor::Any, candidate)
    });
    found.ok().flatten().ok_or(KeyError::Generation)
}

fn distance(p: &U1024, q: &U1024) -> U1024 {
    p.max(q).wrapping_sub(p.min(q))
}

/// RFC 8017 A.1.2: version, n, e, d, p, q, d mod p-1, d mod q-1, q^-1 mod p, in PKCS#8.
fn private_key(p: &U1024, q: &U1024) -> Option<Zeroizing<Vec<u8>>> {
    let p_minus_1 = p.wrapping_sub(&U1024::ONE);
    let q_minus_1 = q.wrapping_sub(&U1024::ONE);
    let (p_order, q_order) = (nonzero(p_minus_1)?, nonzero(q_minus_1)?);
    // RFC 8017 §3.1: lambda(n) is the least common multiple of p-1 and q-1.
    let gcd = nonzero(p_minus_1.gcd(&q_minus_1))?;
    let lambda: U2048 = p_minus_1.wrapping_div(&gcd).concatenating_mul(&q_minus_1);
    let lambda = Option::from(NonZero::new(lambda))?;
    let d: Option<U2048> = U2048::from(E).invert_mod(&lambda).into();
    let d = d?;
    let q_inverse: Option<U1024> = q.invert_mod(&nonzero(*p)?).into();
    let n: U2048 = p.concatenating_mul(q);
    let numbers = [
        integer(&[0]),
        integer(n.to_be_bytes().as_ref()),
        integer(&E.to_be_bytes()),
        integer(d.to_be_bytes().as_ref()),
        integer(p.to_be_bytes().as_ref()),
        integer(q.to_be_bytes().as_ref()),
        integer(d.rem(&p_order).to_be_bytes().as_ref()),
        integer(d.rem(&q_order).to_be_bytes().as_ref()),
        integer(q_inverse?.to_be_bytes().as_ref()),
    ];
    let key = element(0x30, &numbers.concat());
    let info = [
        integer(&[0]).as_slice(),
        RSA_ENCRYPTION,
        &element(0x04, &key),
    ]
    .concat();
    Some(Zeroizing::new(element(0x30, &info)))
}

fn nonzero(number: U1024) -> Option<NonZero<U1024>> {
    NonZero::new(number).into()
}

/// A DER element (X.690 §8.1): tag, length, content.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let first = length
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(length.len() - 1);
    let length = &length[first..];
    let mut der = vec![tag];
    if content.len() > 0x7f {
        // The long form starts with the number of length bytes, at most eight (X.690 §8.1.3.5).
        der.push(0x80 + u8::try_from(length.len()).unwrap_or_default());
    }
    der.extend_from_slice(length);
    der.extend_from_slice(content);
    der
}

/// A DER INTEGER (X.690 §8.3) that is not negative: no more bytes than are needed.
fn integer(big_endian: &[u8]) -> Vec<u8> {
    let first = big_endian.iter().position(|byte| *byte != 0);
    let bytes = first.map_or(&[0][..], |first| &big_endian[first..]);
    let sign: &[u8] = if bytes[0] > 0x7f { &[0] } else { &[] };
    element(0x02, &[sign, bytes].concat())
}

/// The randomness of [`random`], for `crypto-primes`.
struct System;

impl TryRng for System {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_ne_bytes(random::bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_ne_bytes(random::bytes()))
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Infallible> {
        random::fill(buffer);
        Ok(())
    }
}

impl TryCryptoRng for System {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn der_has_one_form_for_each_number_and_length() {
        assert_eq!(integer(&[0]), [2, 1, 0]);
        assert_eq!(integer(&[0, 0, 1]), [2, 1, 1]);
        assert_eq!(integer(&[0x80]), [2, 2, 0, 0x80]);
        assert_eq!(element(4, &[]), [4, 0]);
        assert_eq!(element(4, &[7; 127])[..2], [4, 127]);
        assert_eq!(element(4, &[7; 128])[..3], [4, 0x81, 128]);
        assert_eq!(element(4, &[7; 256])[..4], [4, 0x82, 1, 0]);
    }
}
