//! A proxy that `trusted_proxies` does not name, as far as requests show.

use std::{
    fmt::Display,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::domain::{
    client_address::ClientAddress,
    time::{Lifetime, UnixSeconds},
};

/// Time for which such a request is reported.
const REPORTED_FOR: Lifetime = Lifetime::hours(1);

/// The sender for `/readyz`, which anyone can read.
pub const UNNAMED: &str = "an address that is not in trusted_proxies (see the log or the overview)";

/// Advice for a request with such a header from this peer; anyone can send one.
pub fn advice(peer: impl Display) -> String {
    format!(
        "a request with X-Forwarded-For or Forwarded came from {peer}. If that is your proxy, add it to \
         trusted_proxies: until then all its clients share one address in the log and in rate limits. If it is not \
         your proxy, no action is needed: the header was ignored"
    )
}

/// Start of the line of `/readyz` with the advice.
pub const UNTRUSTED_PROXY: &str = "warning: trusted_proxies: ";

/// Maximum number of logged peers: with more, strangers send the header, and further lines are not useful.
const MOST_PEERS: usize = 16;

#[derive(Default)]
pub struct UntrustedProxy(Mutex<Peers>);

#[derive(Default)]
struct Peers {
    logged: Vec<ClientAddress>,
    latest: Option<Seen>,
}

#[derive(Clone, Copy)]
struct Seen {
    peer: ClientAddress,
    at: UnixSeconds,
}

impl UntrustedProxy {
    /// A request came from this peer with a forwarding header that is not believed. Logged once for each of
    /// the first peers.
    pub fn note(&self, now: UnixSeconds, peer: ClientAddress) {
        let mut peers = self.lock();
        peers.latest = Some(Seen { peer, at: now });
        if peers.logged.len() < MOST_PEERS && !peers.logged.contains(&peer) {
            peers.logged.push(peer);
            tracing::warn!(%peer, "{}", advice(peer));
        }
    }

    /// The latest such peer, if that is not long ago.
    pub fn seen(&self, now: UnixSeconds) -> Option<ClientAddress> {
        let seen = self.lock().latest?;
        (now < seen.at + REPORTED_FOR).then_some(seen.peer)
    }

    fn lock(&self) -> MutexGuard<'_, Peers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    // A stranger who sends the header first does not keep the proxy out of the log, and many do not fill it.
    #[test]
    fn each_of_the_first_peers_is_logged_once_and_the_latest_is_shown() {
        let proxies = UntrustedProxy::default();
        let peer = |n: u8| ClientAddress::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, n)));
        let now = UnixSeconds(1_000_000);
        for n in [1, 2, 1, 2] {
            proxies.note(now, peer(n));
        }
        assert_eq!(proxies.lock().logged, [peer(1), peer(2)]);
        assert_eq!(proxies.seen(now), Some(peer(2)));
        for n in 3..100 {
            proxies.note(now, peer(n));
        }
        assert_eq!(proxies.lock().logged.len(), MOST_PEERS);
        assert_eq!(proxies.seen(now), Some(peer(99)));
    }
}
