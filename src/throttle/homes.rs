//! Home networks of accounts: those of recent sign-ins.
//!
//! Limited per account, so that an account with many networks does not displace others, and in total: then those that
//! expire first are deleted.

use std::collections::HashMap;

use crate::domain::time::UnixSeconds;

/// Networks of one account, the latest, and of all together.
pub const MOST_OF_ONE: usize = 16;
pub const MOST: u32 = 100_000;

/// A hash of an account or of a network.
type Key = u64;

#[derive(Default)]
pub(super) struct Homes {
    of: HashMap<Key, Vec<Home>>,
    count: usize,
}

struct Home {
    network: Key,
    until: UnixSeconds,
}

impl Homes {
    /// Expiry of the home network.
    pub(super) fn until(&self, account: Key, network: Key) -> Option<UnixSeconds> {
        let homes = self.of.get(&account)?;
        let home = homes.iter().find(|home| home.network == network)?;
        Some(home.until)
    }

    pub(super) fn put(&mut self, account: Key, network: Key, until: UnixSeconds) {
        let homes = self.of.entry(account).or_default();
        if let Some(known) = homes.iter_mut().find(|home| home.network == network) {
            known.until = until;
            return;
        }
        homes.push(Home { network, until });
        self.count += 1;
        if homes.len() > MOST_OF_ONE {
            let oldest = (0..homes.len()).min_by_key(|at| homes[*at].until);
            oldest.map(|at| homes.swap_remove(at));
            self.count -= 1;
        }
        if self.count > MOST as usize {
            self.drop_oldest();
        }
    }

    pub(super) fn forget_expired(&mut self, now: UnixSeconds) {
        self.retain(|until| until > now);
    }

    /// One percent at a time, so that this does not run for each new one.
    fn drop_oldest(&mut self) {
        let mut ends: Vec<_> = self.of.values().flatten().map(|home| home.until).collect();
        let (_, oldest, _) = ends.select_nth_unstable(MOST as usize / 100);
        let oldest = *oldest;
        self.retain(|until| until > oldest);
    }

    fn retain(&mut self, keep: impl Fn(UnixSeconds) -> bool) {
        self.of.retain(|_, homes| {
            homes.retain(|home| keep(home.until));
            !homes.is_empty()
        });
        self.count = self.of.values().map(Vec::len).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_with_many_networks_forgets_its_own_and_nobody_elses() {
        let mut homes = Homes::default();
        homes.put(1, 1, UnixSeconds(1));
        for network in 0..1_000 {
            homes.put(2, network, UnixSeconds(2 + i64::try_from(network).unwrap()));
        }
        assert_eq!(homes.until(1, 1), Some(UnixSeconds(1)));
        assert_eq!(homes.until(2, 999), Some(UnixSeconds(1_001)));
        assert_eq!(homes.until(2, 1_000 - 17), None);
        assert_eq!(homes.count, 1 + MOST_OF_ONE);
    }

    #[test]
    fn when_there_are_too_many_the_oldest_few_go() {
        let mut homes = Homes::default();
        let end = |account: u32| UnixSeconds(account.into());
        let until = |homes: &Homes, account: u32| homes.until(account.into(), 0);
        for account in 0..=MOST {
            homes.put(account.into(), 0, end(account));
        }
        assert_eq!(until(&homes, 0), None);
        assert_eq!(until(&homes, MOST / 100), None);
        let kept = MOST / 100 + 1;
        assert_eq!(until(&homes, kept), Some(end(kept)));
        assert_eq!(until(&homes, MOST), Some(end(MOST)));
        assert_eq!(homes.count, (MOST - MOST / 100) as usize);
    }
}
