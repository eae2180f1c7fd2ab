//! Pool of documents of one kind and one level of trust: cached documents, recent failures, fetches in progress, and
//! their limits.

use std::sync::Arc;

use quick_cache::sync::Cache;

use super::{Document, FetchError, Kind, client::Fetched, freshness};
use crate::{
    concurrency::{gate::Gate, joined::Joined},
    domain::time::{Lifetime, UnixSeconds},
};

/// Maximum number of cached documents, and of cached failures.
const KEPT: usize = 1_000;

/// Trust in the party that caused a fetch. Each level has documents, failures and limits of its own, so that strangers
/// take nothing from registered clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trust {
    /// A client registered by an operator or with the initial access token, or a trusted issuer.
    Registered,
    /// An unverified client.
    Unverified,
}

impl Trust {
    /// Maximum number of simultaneous fetches of one kind, in total and per host.
    const fn limits(self) -> (usize, &'static [usize]) {
        match self {
            Trust::Registered => (32, &[8]),
            Trust::Unverified => (32, &[4]),
        }
    }

    /// Time for which a failure is cached.
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
    pub gate: Gate,
}

/// All pools: documents of different kinds at the same URL are separate, with limits of their own.
pub(super) struct Pools {
    registered: OfTrust,
    unverified: OfTrust,
}

struct OfTrust {
    key_sets: Pool,
    client_metadata: Pool,
}

impl Pools {
    pub(super) fn new() -> Self {
        let of = |trust| OfTrust {
            key_sets: Pool::new(trust),
            client_metadata: Pool::new(trust),
        };
        Self {
            registered: of(Trust::Registered),
            unverified: of(Trust::Unverified),
        }
    }

    pub(super) fn get(&self, kind: Kind, trust: Trust) -> &Pool {
        let of_trust = match trust {
            Trust::Registered => &self.registered,
            Trust::Unverified => &self.unverified,
        };
        match kind {
            Kind::KeySet => &of_trust.key_sets,
            Kind::ClientMetadata => &of_trust.client_metadata,
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Pool> {
        let of_trusts = [&self.registered, &self.unverified].into_iter();
        of_trusts.flat_map(|of| [&of.key_sets, &of.client_metadata])
    }
}

impl Pool {
    fn new(trust: Trust) -> Self {
        let (total, of_one_host) = trust.limits();
        Self {
            trust,
            kept: Cache::new(KEPT),
            failures: Cache::new(KEPT),
            under_way: Joined::default(),
            gate: Gate::new(total, of_one_host),
        }
    }

    /// Cached copy that can be used, fresh or not (RFC 9111 §4.2.4).
    pub(super) fn kept(&self, url: &str, now: UnixSeconds) -> Option<Arc<Document>> {
        let kept = self.kept.get(url)?;
        (now < kept.fetched_at + freshness::CEILING).then_some(kept)
    }

    /// Error of the last fetch, if it was recent.
    pub(super) fn failure(&self, url: &str, now: UnixSeconds) -> Option<FetchError> {
        let (at, error) = self.failures.get(url)?;
        (now < at + self.trust.failure_kept()).then_some(error)
    }

    /// Records the result of a fetch, for this caller and later ones.
    pub(super) fn keep(
        &self,
        url: String,
        fetched: Result<Fetched, FetchError>,
        now: UnixSeconds,
    ) -> Result<Arc<Document>, FetchError> {
        let document = match fetched {
            Ok(Fetched { body, fresh_until }) => {
                self.failures.remove(&url);
                Document {
                    body,
                    fetched_at: now,
                    fresh_until,
                    tried_at: now,
                }
            }
            // A stale document is better than none, for a while (RFC 9111 §4.2.4). It is not fetched again immediately,
            // so that an unreachable server does not slow down each request.
            Err(error) => {
                tracing::warn!(url, %error, "could not fetch document");
                if error.is_own() {
                    return self.kept(&url, now).ok_or(error);
                }
                self.failures.insert(url.clone(), (now, error));
                let kept = self.kept(&url, now).ok_or(error)?;
                Document {
                    body: kept.body.clone(),
                    fetched_at: kept.fetched_at,
                    fresh_until: (now + freshness::FLOOR).min(kept.fetched_at + freshness::CEILING),
                    tried_at: now,
                }
            }
        };
        let document = Arc::new(document);
        self.kept.insert(url, document.clone());
        Ok(document)
    }
}
