//! The one way out: every request that this server makes because of somebody else's words. Clients'
//! key sets and metadata documents are fetched here and kept for a while; logout tokens are posted.
//!
//! Whoever names an address here may be an attacker. So it is https (http only to this machine), its
//! name is resolved once and only addresses of the public Internet are connected to, or those in
//! `outbound_allow`; no redirect is followed, no proxy of the environment is used, and time and size are
//! limited. It knows nothing of what the documents mean.

mod address;
mod client;
mod freshness;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use quick_cache::sync::Cache;
use tokio::sync::{Semaphore, watch};

use self::client::{Client, Fetched};
/// No document counts longer than this after it was fetched.
pub use self::freshness::CEILING;
use crate::{
    clock::SharedClock,
    config::{InvalidConfig, settings::Settings},
    domain::time::{Lifetime, UnixSeconds},
};

/// For a whole request, from the name to the last byte.
const TOTAL: Duration = Duration::from_secs(5);
/// How many requests of one kind are under way at a time.
const AT_ONCE: usize = 32;
const KEPT_DOCUMENTS: usize = 1_000;

/// What is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A client's `jwks_uri` (RFC 7591 §2).
    KeySet,
    /// A client ID metadata document.
    ClientMetadata,
}

/// A document as it was fetched.
#[derive(Debug)]
pub struct Document {
    pub body: Vec<u8>,
    pub fetched_at: UnixSeconds,
    pub fresh_until: UnixSeconds,
    /// When it was last asked for, in vain or not.
    tried_at: UnixSeconds,
}

/// Why there is no document. The texts hold nothing that the one who named the address may not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("its address is not an https URL")]
    NotAllowed,
    #[error("its host is unknown")]
    Unresolvable,
    #[error("its host is an internal address of this server's network")]
    Internal,
    #[error("it did not come within {} seconds", TOTAL.as_secs())]
    TimedOut,
    #[error("its server answered with status {0}")]
    Status(u16),
    #[error("it is not application/json")]
    NotJson,
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
    #[error("its server could not be reached")]
    Failed,
    #[error("too many documents are being fetched")]
    Busy,
}

impl Kind {
    const fn most_bytes(self) -> u64 {
        match self {
            Kind::KeySet => 64 * 1024,
            // draft-ietf-oauth-client-id-metadata-document §6.6
            Kind::ClientMetadata => 5 * 1024,
        }
    }
}

/// Fetches and posts. Cheap to clone.
#[derive(Clone)]
pub struct Outbound(Arc<Shared>);

struct Shared {
    client: ArcSwap<Client>,
    total: Duration,
    clock: SharedClock,
    kept: Cache<String, Arc<Document>>,
    /// When a document was last asked for in vain.
    failed_at: Cache<String, UnixSeconds>,
    /// What every waiting caller of a URL waits for.
    under_way: Mutex<HashMap<String, Awaited>>,
    /// Anybody can name a metadata document: those must not keep the keys of registered clients waiting.
    key_sets: Semaphore,
    client_metadata: Semaphore,
    posts: Semaphore,
}

type Awaited = watch::Receiver<Option<Result<Arc<Document>, FetchError>>>;

/// The status with which an address answers a GET. The operator named it, so it is not checked; the
/// server's own certificate must be one that the bundled roots or those in `ca_file` vouch for.
pub fn status_of(url: &str, ca_file: Option<&Path>) -> Result<u16, String> {
    unguarded(ca_file)?.status(url)
}

/// The JSON document that the operator's own server answers a GET with, on the same terms.
pub fn document_of(url: &str, ca_file: Option<&Path>) -> Result<serde_json::Value, String> {
    let text = unguarded(ca_file)?.text(url)?;
    serde_json::from_str(&text).map_err(|_| "the answer is no JSON".to_owned())
}

/// The text that the operator's own server answers a GET with, on the same terms.
pub fn text_of(url: &str, ca_file: Option<&Path>) -> Result<String, String> {
    unguarded(ca_file)?.text(url)
}

fn unguarded(ca_file: Option<&Path>) -> Result<Client, String> {
    let everywhere = vec![IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())];
    Client::new(everywhere, ca_file, TOTAL)
}

impl Outbound {
    pub fn new(told: &Settings, clock: SharedClock) -> Result<Self, InvalidConfig> {
        Self::with_total(told, clock, TOTAL)
    }

    /// Goes by these networks and roots from now on; what is under way ends by the old ones.
    pub fn tell(&self, told: &Settings) -> Result<(), InvalidConfig> {
        let client = client(told, self.0.total)?;
        let before = self.0.client.swap(Arc::new(client));
        // What came from a network that may be closed by now.
        if !self.0.client.load().reaches_what(&before) {
            self.0.kept.clear();
        }
        Ok(())
    }

    fn with_total(
        told: &Settings,
        clock: SharedClock,
        total: Duration,
    ) -> Result<Self, InvalidConfig> {
        Ok(Self(Arc::new(Shared {
            client: ArcSwap::from_pointee(client(told, total)?),
            total,
            clock,
            kept: Cache::new(KEPT_DOCUMENTS),
            failed_at: Cache::new(KEPT_DOCUMENTS),
            under_way: Mutex::default(),
            key_sets: Semaphore::new(AT_ONCE),
            client_metadata: Semaphore::new(AT_ONCE),
            posts: Semaphore::new(AT_ONCE),
        })))
    }

    /// Whether `url` may be asked for, as far as that shows without looking its name up.
    pub fn check(&self, url: &str) -> Result<(), FetchError> {
        self.0.client.load().check(url)
    }

    /// The JSON document at `url`: the kept one while it is fresh. One that cannot be had anew counts for
    /// a day after it came; without one the error is the answer, and it is not kept.
    pub async fn get(&self, kind: Kind, url: &str) -> Result<Arc<Document>, FetchError> {
        match self.0.kept.get(url) {
            Some(document) if self.0.clock.now() < document.fresh_until => Ok(document),
            _ => self.fetch(kind, url).await,
        }
    }

    /// Whether the document was asked for in vain a moment ago: who has a copy of his own uses that.
    pub fn has_just_failed(&self, url: &str) -> bool {
        let failed_at = self.0.failed_at.get(url);
        failed_at.is_some_and(|at| self.0.clock.now() < at + freshness::FLOOR)
    }

    /// Lets go of a document that is no use.
    pub fn forget(&self, url: &str) {
        self.0.kept.remove(url);
    }

    /// The same, fresh or not: for whoever misses something in the kept one. It is asked for again at
    /// most once in `every`.
    pub async fn get_anew(
        &self,
        kind: Kind,
        url: &str,
        every: Lifetime,
    ) -> Result<Arc<Document>, FetchError> {
        match self.0.kept.get(url) {
            Some(document) if self.0.clock.now() < document.tried_at + every => Ok(document),
            _ => self.fetch(kind, url).await,
        }
    }

    /// Posts a form. Nothing is read from the answer but whether it is a success.
    pub async fn post_form(
        &self,
        url: &str,
        fields: Vec<(String, String)>,
    ) -> Result<(), FetchError> {
        let _permit = self.0.posts.acquire().await.map_err(|_| FetchError::Busy)?;
        let (shared, url) = (self.0.clone(), url.to_owned());
        tokio::task::spawn_blocking(move || shared.client.load_full().post_form(&url, &fields))
            .await
            .unwrap_or(Err(FetchError::Failed))
    }

    /// Joins the fetch of this URL that is under way, or begins one. It goes on if the caller leaves.
    async fn fetch(&self, kind: Kind, url: &str) -> Result<Arc<Document>, FetchError> {
        let mut awaited = {
            let mut under_way = lock(&self.0.under_way);
            match under_way.get(url) {
                Some(awaited) => awaited.clone(),
                None => {
                    let (found, awaited) = watch::channel(None);
                    under_way.insert(url.to_owned(), awaited.clone());
                    let fetch = UnderWay {
                        shared: self.0.clone(),
                        url: url.to_owned(),
                    };
                    tokio::spawn(async move {
                        let document = fetch.run(kind).await;
                        drop(fetch);
                        found.send_replace(Some(document));
                    });
                    awaited
                }
            }
        };
        let found = awaited.wait_for(Option::is_some).await;
        found.map_or(Err(FetchError::Failed), |found| {
            found.clone().unwrap_or(Err(FetchError::Failed))
        })
    }
}

/// One fetch that others may join, until it is dropped.
struct UnderWay {
    shared: Arc<Shared>,
    url: String,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        lock(&self.shared.under_way).remove(&self.url);
    }
}

impl UnderWay {
    async fn run(&self, kind: Kind) -> Result<Arc<Document>, FetchError> {
        let gate = match kind {
            Kind::KeySet => &self.shared.key_sets,
            Kind::ClientMetadata => &self.shared.client_metadata,
        };
        let Ok(Ok(_permit)) = tokio::time::timeout(TOTAL, gate.acquire()).await else {
            return Err(FetchError::Busy);
        };
        let (shared, url) = (self.shared.clone(), self.url.clone());
        let now = shared.clock.now();
        let fetched =
            tokio::task::spawn_blocking(move || shared.client.load_full().get(kind, &url, now))
                .await
                .unwrap_or(Err(FetchError::Failed));
        self.keep(fetched, now)
    }

    fn keep(
        &self,
        fetched: Result<Fetched, FetchError>,
        now: UnixSeconds,
    ) -> Result<Arc<Document>, FetchError> {
        let document = match fetched {
            Ok(Fetched { body, fresh_until }) => {
                self.shared.failed_at.remove(&self.url);
                Document {
                    body,
                    fetched_at: now,
                    fresh_until,
                    tried_at: now,
                }
            }
            // RFC 9111 §4.2.4: a stale document is better than none, for a while. It is not asked for
            // again at once, so that a dead server does not slow down each request.
            Err(error) => {
                tracing::warn!(url = self.url, %error, "a document could not be fetched");
                self.shared.failed_at.insert(self.url.clone(), now);
                let kept = self.shared.kept.get(&self.url);
                let ceiling = |kept: &Document| kept.fetched_at + freshness::CEILING;
                let kept = kept.filter(|kept| now < ceiling(kept)).ok_or(error)?;
                Document {
                    body: kept.body.clone(),
                    fetched_at: kept.fetched_at,
                    fresh_until: (now + freshness::FLOOR).min(ceiling(&kept)),
                    tried_at: now,
                }
            }
        };
        let document = Arc::new(document);
        self.shared.kept.insert(self.url.clone(), document.clone());
        Ok(document)
    }
}

fn client(told: &Settings, total: Duration) -> Result<Client, InvalidConfig> {
    let ca_file = told.live.outbound_ca_file.as_deref();
    let client = Client::new(told.reachable_networks(), ca_file, total);
    client.map_err(|reason| InvalidConfig {
        key: "outbound_ca_file",
        reason,
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
