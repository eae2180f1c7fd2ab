//! Limit on simultaneous work: in total, and for each party that causes it.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A party first waits for its own work, so that a slow one does not delay others until the whole gate is full, and
/// uses no more than its share of that queue.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    total: Arc<Semaphore>,
    /// Permits of the parties, in the given order.
    shares: &'static [usize],
    hasher: RandomState,
    /// Parties with work in progress or waiting.
    parties: Mutex<HashMap<u64, Arc<Semaphore>>>,
}

/// Right to do one piece of work, until it is dropped.
pub struct Permit {
    gate: Arc<Inner>,
    /// Permits of the parties, then the total one.
    held: Vec<OwnedSemaphorePermit>,
    parties: Vec<u64>,
}

impl Gate {
    /// `total` simultaneous jobs, of which each party can have its `shares`.
    pub fn new(total: usize, shares: &'static [usize]) -> Self {
        Self(Arc::new(Inner {
            total: Arc::new(Semaphore::new(total)),
            shares,
            hasher: RandomState::new(),
            parties: Mutex::default(),
        }))
    }

    /// Waits for a place of each of the parties, then for one of the whole.
    pub async fn enter<P: Hash>(&self, parties: &[P]) -> Permit {
        let mut permit = self.permit(parties);
        for place in permit.places() {
            // The semaphores are never closed.
            permit.held.extend(place.acquire_owned().await);
        }
        permit
    }

    /// The same, without waiting: `None` if a party or the whole gate is full.
    pub fn try_enter(&self, parties: &[impl Hash]) -> Option<Permit> {
        let mut permit = self.permit(parties);
        for place in permit.places() {
            permit.held.push(place.try_acquire_owned().ok()?);
        }
        Some(permit)
    }

    fn permit(&self, parties: &[impl Hash]) -> Permit {
        let key = |party| self.0.hasher.hash_one(party);
        Permit {
            gate: self.0.clone(),
            held: Vec::new(),
            parties: parties.iter().enumerate().map(key).collect(),
        }
    }

    /// Parties with work in progress or waiting.
    pub fn parties(&self) -> usize {
        self.0.parties().len()
    }
}

impl Inner {
    fn parties(&self) -> MutexGuard<'_, HashMap<u64, Arc<Semaphore>>> {
        self.parties.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    fn places(&self) -> Vec<Arc<Semaphore>> {
        let mut known = self.gate.parties();
        let shared_out = self.parties.iter().zip(self.gate.shares);
        let mut places: Vec<_> = shared_out
            .map(|(party, share)| {
                let new = || Arc::new(Semaphore::new(*share));
                known.entry(*party).or_insert_with(new).clone()
            })
            .collect();
        places.push(self.gate.total.clone());
        places
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.held.clear();
        let mut known = self.gate.parties();
        for party in &self.parties {
            // A permit and a waiting one have the semaphore, too.
            if known
                .get(party)
                .is_some_and(|place| Arc::strong_count(place) == 1)
            {
                known.remove(party);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_has_its_share_and_the_whole_its_bound() {
        let gate = Gate::new(3, &[2, 1]);
        let first = gate.try_enter(&["a"]).unwrap();
        let second = gate.try_enter(&["a"]).unwrap();
        assert!(gate.try_enter(&["a"]).is_none());
        assert!(gate.try_enter(&["a", "b"]).is_none());
        let third = gate.try_enter(&["b"]).unwrap();
        assert!(gate.try_enter(&["c"]).is_none());
        drop(third);
        assert_eq!(gate.parties(), 1);
        drop((first, second));
        assert_eq!(gate.parties(), 0);
        let _with_host = gate.try_enter(&["b", "host"]).unwrap();
        assert!(gate.try_enter(&["c", "host"]).is_none());
        assert!(gate.try_enter(&["host", "c"]).is_some());
    }

    #[tokio::test]
    async fn who_waits_behind_a_slow_party_holds_up_nobody_else() {
        let gate = Gate::new(2, &[1]);
        let slow = gate.enter(&["slow"]).await;
        let behind = tokio::spawn({
            let gate = gate.clone();
            async move { drop(gate.enter(&["slow"]).await) }
        });
        tokio::task::yield_now().await;
        drop(gate.enter(&["honest"]).await);
        assert!(!behind.is_finished());
        drop(slow);
        behind.await.unwrap();
        assert_eq!(gate.parties(), 0);
    }
}
