//! Checks of client secrets that are not known to be right: each costs Argon2id, whatever kind of secret the client has
//! and whether there is such a client. Equal ones are joined. Whose turn it is, [`super::hashing`] says.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{
    concurrency::joined::Joined,
    crypto::password,
    domain::{secret::Secret, time::Lifetime},
};

/// What a check came to, for all who asked for it at once.
#[derive(Clone, Copy, Debug)]
pub enum Checked {
    /// It is this one of the client's hashes, by the reading of this number.
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
    /// By a keyed hash of the client's name and the secret.
    pub under_way: Joined<[u8; 32], Checked>,
    done: AtomicU64,
}

impl SecretChecks {
    /// Which of the readings of a secret is that of which hash. Takes the time of Argon2id for each pair, and where there
    /// are no hashes that of one for each reading. Blocks.
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

    /// Checks that were made, joined ones once.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}
