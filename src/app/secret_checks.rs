//! Checks of client secrets that people chose: each costs Argon2id, so equal ones are joined, and no client holds
//! up another.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::timeout;

use crate::{
    concurrency::{
        gate::{Gate, Permit},
        joined::Joined,
    },
    crypto::password,
    domain::{secret::Secret, time::Lifetime},
    throttle::Network,
};

/// Checks at a time, and of them for one client from one network, and for one client: guesses from one network are one
/// place ahead of the client itself.
const AT_ONCE: usize = 2;
const SHARES: &[usize] = &[1, 1];
/// Checks of what is no secret of a client, at a time, and of them from one network.
const OF_STRANGERS: usize = 1;
const OF_ONE_NETWORK: &[usize] = &[1];
/// How long a check waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a check came to, for all who asked for it at once.
#[derive(Clone, Copy, Debug)]
pub enum Checked {
    Right,
    Wrong,
    /// Too many wrong guesses came before it.
    Wait(Lifetime),
    /// Too many others are being checked.
    Busy,
    Failed,
}

pub struct SecretChecks {
    /// By a keyed hash of the stored hash and the secret.
    pub under_way: Joined<[u8; 32], Checked>,
    gate: Gate,
    /// No client with a secret that a person chose waits behind those.
    strangers: Gate,
    done: AtomicU64,
}

impl Default for SecretChecks {
    fn default() -> Self {
        Self {
            under_way: Joined::default(),
            gate: Gate::new(AT_ONCE, SHARES),
            strangers: Gate::new(OF_STRANGERS, OF_ONE_NETWORK),
            done: AtomicU64::new(0),
        }
    }
}

impl SecretChecks {
    /// The right to check a secret of the client; `None` if its turn does not come soon.
    pub async fn permit(&self, client_id: &str, from: Network) -> Option<Permit> {
        let parties = [(client_id, Some(from)), (client_id, None)];
        timeout(PATIENCE, self.gate.enter(&parties)).await.ok()
    }

    /// The right to spend the time of a check on what is no secret of a client; `None` if its turn does not come soon.
    pub async fn permit_stranger(&self, from: Network) -> Option<Permit> {
        timeout(PATIENCE, self.strangers.enter(&[from])).await.ok()
    }

    /// Takes the time of Argon2id. Blocks.
    pub fn verify(&self, secret: &Secret, phc: &str) -> bool {
        self.done.fetch_add(1, Ordering::Relaxed);
        password::verify(secret, phc)
    }

    /// Takes the same time, for a client that is not there or has no such secret. Blocks.
    pub fn verify_nobodys(&self, secret: &Secret) {
        self.done.fetch_add(1, Ordering::Relaxed);
        password::verify_unknown(secret);
    }

    /// Checks that were made, joined ones once.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}
