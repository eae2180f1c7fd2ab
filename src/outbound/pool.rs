//! What is fetched on one kind of word: what was fetched lately, what failed lately, what is under way, and how
//! much of it may be.

use std::sync::Arc;

use quick_cache::sync::Cache;

use super::{Document, FetchError, Kind, freshness};
use crate::{
    concurrency::{gate::Gate, joined::Joined},
    domain::time::{Lifetime, UnixSeconds},
};

/// Documents that are kept, and failures that are remembered.
const KEPT: usize = 1_000;

/// On whose word something is fetched. Each has documents, failures and limits of its own, so that what strangers
/// name takes nothing from the clients that an operator registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trust {
    /// A client that an operator or the initial access token let in, or a trusted issuer.
    Registered,
    /// A client that nobody vouches for.
    Unverified,
}

impl Trust {
    /// Fetches of one kind under way at a time, and of them from one host.
    const fn limits(self) -> (usize, &'static [usize]) {
        match self {
            Trust::Registered => (32, &[8]),
            Trust::Unverified => (32, &[4]),
        }
    }

    /// How long a failure is the answer without another fetch.
    pub(super) const fn failure_kept(self) -> Lifetime {
        match self {
            Trust::Registered => Lifetime(5),
            Trust::Unverified => freshness::FLOOR,
        }
    }
}

pub(super) struct Pool {
    pub trust: Trust,
    pub kept: Cache<String, Arc<Document>>,
    pub failures: Cache<String, (UnixSeconds, FetchError)>,
    pub under_way: Joined<String, Result<Arc<Document>, FetchError>>,
    key_sets: Gate,
    client_metadata: Gate,
}

impl Pool {
    pub(super) fn new(trust: Trust) -> Self {
        let (total, of_one_host) = trust.limits();
        Self {
            trust,
            kept: Cache::new(KEPT),
            failures: Cache::new(KEPT),
            under_way: Joined::default(),
            key_sets: Gate::new(total, of_one_host),
            client_metadata: Gate::new(total, of_one_host),
        }
    }

    pub(super) fn gate(&self, kind: Kind) -> &Gate {
        match kind {
            Kind::KeySet => &self.key_sets,
            Kind::ClientMetadata => &self.client_metadata,
        }
    }

    /// The copy that still counts, fresh or not (RFC 9111 §4.2.4).
    pub(super) fn kept(&self, url: &str, now: UnixSeconds) -> Option<Arc<Document>> {
        let kept = self.kept.get(url)?;
        (now < kept.fetched_at + freshness::CEILING).then_some(kept)
    }

    /// Why the last fetch failed, if that was a moment ago.
    pub(super) fn failure(&self, url: &str, now: UnixSeconds) -> Option<FetchError> {
        let (at, error) = self.failures.get(url)?;
        (now < at + self.trust.failure_kept()).then_some(error)
    }
}
