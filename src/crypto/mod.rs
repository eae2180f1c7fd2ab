//! Owns everything cryptographic: randomness, hashes, passwords, sealed boxes, signing keys, tokens.
//!
//! The only home of `ring`, `jsonwebtoken`, `argon2` and `crypto-primes`; none of their types leaves the folder. It
//! does not know the clock, the store, OAuth or any claim: who asks for a signature to be checked
//! checks the times, the issuer and the audience by itself.

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
