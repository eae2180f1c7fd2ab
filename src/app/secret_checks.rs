//! Checks of client secrets that are not known to be correct: each costs Argon2id, whatever kind of secret the client
//! has and whether the client exists. Equal ones are joined. [`super::hashing`] decides the order.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{
    concurrency::joined::Joined,
    crypto::password,
    domain::{secret::Secret, time::Lifetime},
};

/// Result of a check, for all simultaneous callers.
#[derive(Clone, Copy, Debug)]
pub enum Checked {
    /// Index of the matching hash of the client, and of the reading.
    Right {
        hash: usize,
        reading: usize,
    },
    Wrong,
    /// Too many wrong guesses came before it.
    Wait(Lifetime),
    /// Too many others are being checked.
    Busy,
    Failed,
}

#[derive(Default)]
pub struct SecretChecks {
    /// By a keyed hash of the client's ID and the secret.
    pub under_way: Joined<[u8; 32], Checked>,
    done: AtomicU64,
}

impl SecretChecks {
    /// Finds the reading of a secret that matches a hash. Takes the time of Argon2id for each pair, or, without hashes,
    /// once for each reading. Blocks.
    pub fn verify(&self, readings: &[Secret], hashes: &[String]) -> Checked {
        self.done.fetch_add(1, Ordering::Relaxed);
        for (reading, secret) in readings.iter().enumerate() {
            if hashes.is_empty() {
                password::verify_unknown(secret);
            }
            let found = hashes.iter().position(|phc| password::verify(secret, phc));
            if let Some(hash) = found {
                return Checked::Right { hash, reading };
            }
        }
        Checked::Wrong
    }

    /// Number of checks, counting joined ones once.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}
