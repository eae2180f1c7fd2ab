//! Slows down guessing: whoever was wrong too often waits. What costs the server something is counted in the same way.
//!
//! Kept in memory and bounded. Each kind of [`Counted`] has room of its own, so that no flood of one kind makes another
//! forget: what is cheap to cause (a pushed request, a wrong code) never takes the room of what is not (a wrong
//! password). Within a kind those go first that owe the least, so a key at its limit is the last to be forgotten:
//! to push it out takes as many others at their limit.

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

/// What is counted. One wrong guess usually counts for its account and for its network.
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
    /// The same, from one site, whose owner has many networks.
    UserCodesOfSite(Network),
    /// The code of the set-up link, from one network.
    Setup(Network),
    /// The code of a link on which a password is chosen, from one network.
    PasswordLink(Network),
    /// Clients that register themselves, and change that, from one network.
    Registration(Network),
    /// The same, from one site.
    RegistrationOfSite(Network),
    /// Fetches for clients that nobody vouches for, started by requests from one network.
    Fetch(Network),
    /// The same, from one site.
    FetchOfSite(Network),
    /// Pushed requests and device codes of clients that prove nothing, from one network.
    Unproven(Network),
    /// The same, from one site.
    UnprovenOfSite(Network),
    /// What strangers cause that is written to the audit log, from one network.
    Event(Network),
    /// The same, from one site.
    EventOfSite(Network),
    /// The same, from everywhere.
    Events,
    /// Anything, from one network.
    Anything(Network),
}

/// Account that a sign-in names. A username and an e-mail address of one account are the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Account<'a> {
    /// The `sub` of a user.
    Known(&'a str),
    /// A name of no user, in its comparison form.
    Unknown(&'a str),
}

impl Counted<'_> {
    /// How many failures are free at once, and after how long one more is.
    fn allowance(&self) -> (u32, Lifetime) {
        match self {
            Counted::AccountFrom(..) => (8, Lifetime(30)),
            // Only who had the password before can come to have such an id.
            Counted::KnownBrowser(_) => (8, Lifetime(60)),
            // Wider, so that a stranger cannot lock somebody out of an account for good.
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

/// The part of an address that one party holds: an IPv4 address, or the /64 of an IPv6 address, of which
/// a household has all (RFC 6177 §2).
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

    /// The part that one owner may divide into many networks: an IPv4 address, or the /48 of an IPv6 address, of which a
    /// site has 65,536 networks (RFC 6177 §2).
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

/// Above this many keys of a kind those nearest to their end are forgotten: those that owe the least.
const MOST_KEYS: usize = 50_000;
/// How long a network from which somebody has signed in is their home network.
pub const HOME_FOR: Lifetime = Lifetime::days(30);
/// How old the memory of a home network may become before a sign-in there renews it.
const RENEWED_AFTER: Lifetime = Lifetime::days(1);

#[derive(Default)]
pub struct Throttle {
    hasher: RandomState,
    state: Mutex<State>,
}

/// Keys are kept as hashes, so that a long name costs no more memory than a short one.
#[derive(Default)]
struct State {
    /// By kind, for every key the time at which its failures will all be forgiven.
    forgiven: HashMap<u64, Keys>,
    homes: Homes,
}

type Keys = HashMap<u64, UnixSeconds>;

impl Throttle {
    /// How long the caller must wait before it may try, `None` if it may now.
    pub fn wait(&self, now: UnixSeconds, keys: &[Counted]) -> Option<Lifetime> {
        self.wait_in(&mut self.state(), now, keys)
    }

    /// Counts what somebody asks for, if all of these have something left. Otherwise how long to wait, and nothing is
    /// counted.
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
        // A person who signs in from where they did before is not held up by strangers, elsewhere or behind
        // the same address.
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

    /// Whether somebody has signed in to the account of this `sub` from the network lately.
    pub fn is_at_home(&self, now: UnixSeconds, sub: &str, network: Network) -> bool {
        let until = self.home_until(&self.state(), sub, network);
        until.is_some_and(|until| until > now)
    }

    /// Whether it is new that the account of this `sub` is at home in the network, or was about to be forgotten: then it
    /// is to be stored, and then remembered.
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

    /// How many keys have something counted against them.
    pub fn counted(&self) -> usize {
        self.state().forgiven.values().map(HashMap::len).sum()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// For one key more.
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
