//! Slows down guessing: whoever was wrong too often waits. Kept in memory and bounded.

use std::{collections::HashMap, hash::Hash, sync::Mutex};

use crate::domain::time::{Lifetime, UnixSeconds};

/// What is counted. One wrong guess usually counts for its account and for its address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Counted {
    /// A username in its comparison form, from one address.
    AccountFrom(String, String),
    Account(String),
    Client(String, String),
    Address(String),
}

impl Counted {
    /// How many failures are free at once, and after how long one more is.
    fn allowance(&self) -> (u32, Lifetime) {
        match self {
            Counted::AccountFrom(..) => (8, Lifetime(30)),
            // Wider, so that a stranger cannot lock somebody out of an account for good.
            Counted::Account(_) => (40, Lifetime(10)),
            Counted::Client(..) => (15, Lifetime(5)),
            Counted::Address(_) => (100, Lifetime(2)),
        }
    }
}

/// Above this many keys the oldest half is forgotten.
const MOST_KEYS: usize = 100_000;

/// For every key the time at which its failures will all be forgiven.
#[derive(Default)]
pub struct Throttle(Mutex<HashMap<Counted, UnixSeconds>>);

impl Throttle {
    /// How long the caller must wait before it may try, `None` if it may now.
    pub fn wait(&self, now: UnixSeconds, keys: &[Counted]) -> Option<Lifetime> {
        let forgiven = self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        keys.iter()
            .filter_map(|key| {
                let (burst, every) = key.allowance();
                let debt = forgiven.get(key)?.since(now);
                let wait = debt - i64::from(every.0) * i64::from(burst - 1);
                u32::try_from(wait)
                    .ok()
                    .filter(|wait| *wait > 0)
                    .map(Lifetime)
            })
            .max()
    }

    pub fn failed(&self, now: UnixSeconds, keys: &[Counted]) {
        let mut forgiven = self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if forgiven.len() + keys.len() > MOST_KEYS {
            forgiven.retain(|_, at| *at > now);
            if forgiven.len() + keys.len() > MOST_KEYS {
                let mut ends: Vec<_> = forgiven.values().copied().collect();
                ends.sort_unstable();
                let middle = ends[ends.len() / 2];
                forgiven.retain(|_, at| *at > middle);
            }
        }
        for key in keys {
            let (_, every) = key.allowance();
            let at = forgiven.entry(key.clone()).or_insert(now);
            *at = (*at).max(now) + every;
        }
    }

    /// A success clears what was counted against the account, not against the address.
    pub fn succeeded(&self, keys: &[Counted]) {
        let mut forgiven = self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        for key in keys
            .iter()
            .filter(|key| !matches!(key, Counted::Address(_)))
        {
            forgiven.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_burst_one_waits_and_then_may_try_again() {
        let throttle = Throttle::default();
        let keys = [Counted::AccountFrom("ola".into(), "127.0.0.1".into())];
        let start = UnixSeconds(1_000_000);
        for _ in 0..8 {
            assert_eq!(throttle.wait(start, &keys), None);
            throttle.failed(start, &keys);
        }
        assert_eq!(throttle.wait(start, &keys), Some(Lifetime(30)));
        assert_eq!(throttle.wait(start + Lifetime(30), &keys), None);
        throttle.succeeded(&keys);
        assert_eq!(throttle.wait(start, &keys), None);
    }
}
