//! Slows down guessing: after too many failures, the sender must wait. Other expensive requests are counted in the same
//! way.
//!
//! In memory, with a limit on its size. Each kind of [`Counted`] has space of its own, so that a flood of one kind does
//! not displace another: cheap requests (a pushed request, a wrong code) never displace expensive ones (a wrong
//! password). Within a kind, keys with the lowest counts are deleted first, so a key at its limit is deleted last:
//! displacing it takes as many others at their limit.

pub mod homes;

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    net::IpAddr,
    sync::{Mutex, MutexGuard},
};

use self::homes::Homes;
pub use self::homes::MOST as MOST_HOMES;
use crate::domain::{
    client_address::ClientAddress,
    time::{Lifetime, UnixSeconds},
};

/// Keys for counting. A wrong guess is usually counted for its account and for its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counted<'a> {
    /// An account, from one network.
    AccountFrom(Account<'a>, Network),
    /// An account in a browser in which it has signed in before, by the random id that they share.
    KnownBrowser([u8; 16]),
    /// An account, from anywhere.
    Account(Account<'a>),
    /// The secret of a client, from one network.
    Client(&'a str, Network),
    /// A code or refresh token of a client that proves nothing of itself, from one network.
    Code(&'a str, Network),
    /// The code that a device shows its user, in its one form.
    UserCode(&'a str),
    /// Codes that devices show, typed by one person who has signed in: their `sub`.
    UserCodesOf(&'a str),
    /// Codes that devices show, from one network: they are short, so few guesses are free.
    UserCodes(Network),
    /// The same per site, whose owner has many networks.
    UserCodesOfSite(Network),
    /// The code of the setup link, from one network.
    Setup(Network),
    /// The code of a link on which a password is chosen, from one network.
    PasswordLink(Network),
    /// Clients that register themselves, and change that, from one network.
    Registration(Network),
    /// The same, from one site.
    RegistrationOfSite(Network),
    /// Fetches for unverified clients, caused by requests from one network.
    Fetch(Network),
    /// The same, from one site.
    FetchOfSite(Network),
    /// Pushed requests and device codes of clients that prove nothing, from one network.
    Unproven(Network),
    /// The same, from one site.
    UnprovenOfSite(Network),
    /// Audit events caused by strangers in one network.
    Event(Network),
    /// The same, from one site.
    EventOfSite(Network),
    /// The same in total.
    Events,
    /// Anything, from one network.
    Anything(Network),
}

/// Account of a sign-in. A username and an email address of one account are the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Account<'a> {
    /// The `sub` of a user.
    Known(&'a str),
    /// A name of no user, in its comparison form.
    Unknown(&'a str),
}

impl Counted<'_> {
    /// Number of failures allowed at once, and time after which another one is.
    fn allowance(&self) -> (u32, Lifetime) {
        match self {
            Counted::AccountFrom(..) => (8, Lifetime(30)),
            // Only a user who knew the password can have such an ID.
            Counted::KnownBrowser(_) => (8, Lifetime(60)),
            // Higher, so that a stranger cannot lock a user out permanently.
            Counted::Account(_) => (40, Lifetime(10)),
            Counted::Client(..) | Counted::Code(..) => (15, Lifetime(5)),
            Counted::UserCode(_) | Counted::UserCodes(_) | Counted::UserCodesOf(_) => {
                (5, Lifetime(30))
            }
            // Wider, so that one customer of a carrier does not hold up the others.
            Counted::UserCodesOfSite(_) => (30, Lifetime(5)),
            Counted::Setup(_) | Counted::PasswordLink(_) => (8, Lifetime(30)),
            Counted::Fetch(_) => (30, Lifetime(10)),
            Counted::FetchOfSite(_) => (90, Lifetime(4)),
            Counted::Registration(_) => (30, Lifetime(60)),
            Counted::RegistrationOfSite(_) => (90, Lifetime(20)),
            Counted::Unproven(_) => (100, Lifetime(5)),
            Counted::UnprovenOfSite(_) => (300, Lifetime(2)),
            Counted::Event(_) => (100, Lifetime(2)),
            Counted::EventOfSite(_) => (300, Lifetime(1)),
            // Nobody waits for it: what is beyond is not written.
            Counted::Events => (5_000, Lifetime(1)),
            Counted::Anything(_) => (100, Lifetime(2)),
        }
    }
}

/// Part of an address that belongs to one party: an IPv4 address, or the /64 of an IPv6 address, which a household has
/// as a whole (RFC 6177 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Network {
    V4([u8; 4]),
    V6([u8; 8]),
    Unknown,
}

impl Network {
    /// Bytes to store it as: 4, 8 or none.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Network::V4(bytes) => bytes,
            Network::V6(bytes) => bytes,
            Network::Unknown => &[],
        }
    }

    pub fn from_bytes(bytes: &[u8]) -> Self {
        match (bytes.try_into(), bytes.try_into()) {
            (Ok(v4), _) => Network::V4(v4),
            (_, Ok(v6)) => Network::V6(v6),
            _ => Network::Unknown,
        }
    }

    /// Part that one owner can divide into many networks: an IPv4 address, or the /48 of an IPv6 address, with 65,536
    /// networks (RFC 6177 §2).
    pub fn site(self) -> Self {
        match self {
            Network::V6([a, b, c, d, e, f, ..]) => Network::V6([a, b, c, d, e, f, 0, 0]),
            other => other,
        }
    }

    pub fn of(address: Option<ClientAddress>) -> Self {
        match address.map(ClientAddress::ip) {
            Some(IpAddr::V4(address)) => Network::V4(address.octets()),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Network::V6([a, b, c, d, e, f, g, h])
            }
            None => Network::Unknown,
        }
    }
}

/// Maximum number of keys of a kind; above it, those with the lowest counts are deleted.
const MOST_KEYS: usize = 50_000;
/// Time for which a network is a home network after a sign-in.
pub const HOME_FOR: Lifetime = Lifetime::days(30);
/// Age at which a sign-in renews a home network.
const RENEWED_AFTER: Lifetime = Lifetime::days(1);

#[derive(Default)]
pub struct Throttle {
    hasher: RandomState,
    state: Mutex<State>,
}

/// Keys are stored as hashes, so that a long name needs no more memory than a short one.
#[derive(Default)]
struct State {
    /// By kind, the time at which the failures of each key have expired.
    forgiven: HashMap<u64, Keys>,
    homes: Homes,
}

type Keys = HashMap<u64, UnixSeconds>;

impl Throttle {
    /// Time until the caller can try again; `None` if it can now.
    pub fn wait(&self, now: UnixSeconds, keys: &[Counted]) -> Option<Lifetime> {
        self.wait_in(&mut self.state(), now, keys)
    }

    /// Counts a request if none of these keys is at its limit. Otherwise returns the time to wait, and counts nothing.
    pub fn spend(&self, now: UnixSeconds, keys: &[Counted]) -> Result<(), Lifetime> {
        let mut state = self.state();
        match self.wait_in(&mut state, now, keys) {
            Some(wait) => Err(wait),
            None => {
                self.add(&mut state, now, keys);
                Ok(())
            }
        }
    }

    /// The kind of what is counted, and the key within it.
    fn place(&self, key: &Counted) -> (u64, u64) {
        let kind = std::mem::discriminant(key);
        (self.hasher.hash_one(kind), self.hasher.hash_one(key))
    }

    fn wait_in(&self, state: &mut State, now: UnixSeconds, keys: &[Counted]) -> Option<Lifetime> {
        // A user in a home network is not delayed by strangers, elsewhere or at the same address.
        let at_home = keys.iter().any(|key| match key {
            Counted::AccountFrom(Account::Known(sub), network) => self
                .home_until(state, sub, *network)
                .is_some_and(|until| until > now),
            _ => false,
        });
        let is_others = |key: &&Counted| matches!(key, Counted::Account(_) | Counted::Anything(_));
        keys.iter()
            .filter(|key| !(at_home && is_others(key)))
            .filter_map(|key| {
                let (burst, every) = key.allowance();
                let (kind, place) = self.place(key);
                let at = state.forgiven.get_mut(&kind)?.get_mut(&place)?;
                let most = i64::from(every.0) * i64::from(burst);
                // Only a clock that was turned back owes more than twice the allowance.
                if at.since(now) > 2 * most {
                    *at = UnixSeconds(now.0 + most);
                }
                let wait = at.since(now) - (most - i64::from(every.0));
                u32::try_from(wait)
                    .ok()
                    .filter(|wait| *wait > 0)
                    .map(Lifetime)
            })
            .max()
    }

    pub fn failed(&self, now: UnixSeconds, keys: &[Counted]) {
        self.add(&mut self.state(), now, keys);
    }

    fn add(&self, state: &mut State, now: UnixSeconds, keys: &[Counted]) {
        for key in keys {
            let (_, every) = key.allowance();
            let (kind, place) = self.place(key);
            let of_kind = state.forgiven.entry(kind).or_default();
            if !of_kind.contains_key(&place) {
                make_room(of_kind, now);
            }
            let at = of_kind.entry(place).or_insert(now);
            *at = (*at).max(now) + every;
        }
    }

    /// A success clears what was counted against the account, not against the network.
    pub fn succeeded(&self, keys: &[Counted]) {
        let mut state = self.state();
        for key in keys {
            if !matches!(key, Counted::Anything(_)) {
                let (kind, place) = self.place(key);
                state
                    .forgiven
                    .get_mut(&kind)
                    .map(|keys| keys.remove(&place));
            }
        }
    }

    /// Whether the network is a home network of this `sub`.
    pub fn is_at_home(&self, now: UnixSeconds, sub: &str, network: Network) -> bool {
        let until = self.home_until(&self.state(), sub, network);
        until.is_some_and(|until| until > now)
    }

    /// Whether the network is a new home network of this `sub`, or one about to expire: then the caller must store it.
    pub fn is_new_home(&self, now: UnixSeconds, sub: &str, network: Network) -> bool {
        let until = now + HOME_FOR;
        let known = self.home_until(&self.state(), sub, network);
        known.is_none_or(|known| until.since(known) >= i64::from(RENEWED_AFTER.0))
    }

    /// Remembers what is stored, now or by an earlier server.
    pub fn remember_home(&self, sub: &str, network: Network, until: UnixSeconds) {
        let (account, network) = self.home_keys(sub, network);
        self.state().homes.put(account, network, until);
    }

    fn home_until(&self, state: &State, sub: &str, network: Network) -> Option<UnixSeconds> {
        let (account, network) = self.home_keys(sub, network);
        state.homes.until(account, network)
    }

    fn home_keys(&self, sub: &str, network: Network) -> (u64, u64) {
        (self.hasher.hash_one(sub), self.hasher.hash_one(network))
    }

    /// Drops what has been forgiven.
    pub fn forget_expired(&self, now: UnixSeconds) {
        let mut state = self.state();
        for keys in state.forgiven.values_mut() {
            keys.retain(|_, at| *at > now);
        }
        state.homes.forget_expired(now);
    }

    /// Number of keys with a count.
    pub fn counted(&self) -> usize {
        self.state().forgiven.values().map(HashMap::len).sum()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Makes space for one more key.
fn make_room(keys: &mut Keys, now: UnixSeconds) {
    if keys.len() < MOST_KEYS {
        return;
    }
    keys.retain(|_, at| *at > now);
    if keys.len() >= MOST_KEYS {
        let mut ends: Vec<_> = keys.values().copied().collect();
        let (_, middle, _) = ends.select_nth_unstable(keys.len() / 2);
        keys.retain(|_, at| at > middle);
    }
}

#[cfg(test)]
mod tests;
