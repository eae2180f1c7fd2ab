//! Checks of client secrets that are not known to be right: each costs Argon2id, whatever kind of secret the client has
//! and whether there is such a client. Equal ones are joined. All wait in one line by the model of
//! [`crate::concurrency::turns`]: a party by site, then by network, then by the client that is named.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::timeout;

use crate::{
    concurrency::{
        joined::Joined,
        turns::{Lane, Limits, Turn, Turns},
    },
    crypto::password,
    domain::{secret::Secret, time::Lifetime},
    throttle::Network,
};

/// Nobody here has proved anything yet: one lane.
const LIMITS: Limits = Limits {
    at_once: 3,
    of_lane: 3,
    of_widest: 2,
    // A place works off about 30 a second.
    waiting: 100,
};
/// How long a check waits for its turn, on a machine that is slower than we think.
const PATIENCE: Duration = Duration::from_secs(5);

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

/// Names of a party at one level.
#[derive(Hash)]
enum Name<'a> {
    Network(Network),
    Client(&'a str),
}

pub struct SecretChecks {
    /// By a keyed hash of the client's name and the secret.
    pub under_way: Joined<[u8; 32], Checked>,
    turns: Turns,
    done: AtomicU64,
}

impl Default for SecretChecks {
    fn default() -> Self {
        Self {
            under_way: Joined::default(),
            turns: Turns::new(LIMITS),
            done: AtomicU64::new(0),
        }
    }
}

impl SecretChecks {
    /// The right to check one secret that came in the name of this client, which need not be there; `None` if it does
    /// not come soon.
    pub async fn turn(&self, client_id: &str, from: Network) -> Option<Turn> {
        let party = [
            Name::Network(from.site()),
            Name::Network(from),
            Name::Client(client_id),
        ];
        let turn = timeout(PATIENCE, self.turns.wait(Lane::Strangers, &party)).await;
        turn.ok().flatten()
    }

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
