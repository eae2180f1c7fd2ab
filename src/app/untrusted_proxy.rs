//! A proxy that `trusted_proxies` does not name, as far as requests show.

use std::{
    fmt::Display,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::domain::{
    client_address::ClientAddress,
    time::{Lifetime, UnixSeconds},
};

/// How long after such a request it is reported.
const REPORTED_FOR: Lifetime = Lifetime::hours(1);

/// The sender for `/readyz`, which anyone can read.
pub const UNNAMED: &str =
    "an address that trusted_proxies does not name (the log and the overview show it)";

/// What it may mean that a request with such a header came from this peer: anyone can send one.
pub fn advice(peer: impl Display) -> String {
    format!(
        "a request with X-Forwarded-For or Forwarded came from {peer}. If that is your proxy, add it to \
         trusted_proxies: until then all its clients share one address, in the log and in the limits on wrong passwords. \
         If it is not, ignore this: the header was not believed"
    )
}

/// How the line of `/readyz` with the advice begins.
pub const UNTRUSTED_PROXY: &str = "warning: trusted_proxies: ";

#[derive(Default)]
pub struct UntrustedProxy(Mutex<Option<Seen>>);

#[derive(Clone, Copy)]
struct Seen {
    peer: ClientAddress,
    at: UnixSeconds,
}

impl UntrustedProxy {
    /// A request came from this peer with a forwarding header that is not believed. Logged once.
    pub fn note(&self, now: UnixSeconds, peer: ClientAddress) {
        let before = self.lock().replace(Seen { peer, at: now });
        if before.is_none() {
            tracing::warn!(%peer, "{}", advice(peer));
        }
    }

    /// The latest such peer, if that is not long ago.
    pub fn seen(&self, now: UnixSeconds) -> Option<ClientAddress> {
        let seen = (*self.lock())?;
        (now < seen.at + REPORTED_FOR).then_some(seen.peer)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
