//! Owns everything cryptographic: randomness, hashes, passwords, sealed boxes, signing keys, tokens.
//!
//! The only module that uses `ring`, `jsonwebtoken`, `argon2` and `crypto-primes`; none of their types leaves the
//! folder. It does not know the clock, the store, OAuth or claims: callers check times, issuer and audience themselves.

#![expect(
    clippy::expect_used,
    reason = "without randomness, or with a constant that is wrong, nothing can go on"
)]

mod algorithm;
pub mod hash;
pub mod jwt;
pub mod keys;
pub mod password;
pub mod random;
pub mod seal;

mod jwk;
mod key_pair;
mod provider;
mod rsa_key;
