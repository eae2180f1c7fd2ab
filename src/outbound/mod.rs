//! All outbound requests to URLs of other parties. Fetches and caches clients' key sets and metadata documents, and
//! posts logout tokens.
//!
//! The sender of a URL can be an attacker. So it must be https (http only to this machine), its name is resolved once,
//! and only public addresses and those in `outbound_allow` are allowed; redirects are not followed, proxies of the
//! environment are not used, and time and size are limited. It does not know the meaning of the documents.

mod address;
mod client;
mod document;
mod failure;
mod freshness;
mod pool;

use std::{path::Path, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use tokio::time::timeout;
use url::Url;

use self::{
    client::Client,
    document::TOTAL,
    pool::{Pool, Pools},
};
pub use self::{
    document::{Document, FetchError, Kind},
    freshness::CEILING,
    pool::Trust,
};
use crate::{
    clock::SharedClock,
    concurrency::descriptors,
    config::{InvalidConfig, settings::Settings},
    domain::time::Lifetime,
};

/// Time that a fetch waits for its turn.
const QUEUE: Duration = Duration::from_secs(2);

/// Fetches and posts. Cheap to clone.
#[derive(Clone)]
pub struct Outbound(Arc<Shared>);

struct Shared {
    client: ArcSwap<Client>,
    total: Duration,
    queue: Duration,
    clock: SharedClock,
    pools: Pools,
}

/// HTTP status of a GET request. The URL comes from the operator, so internal addresses are allowed. The certificate
/// must chain to a bundled root or one in `ca_file`.
pub fn status_of(url: &str, ca_file: Option<&Path>) -> Result<u16, String> {
    unguarded(ca_file)?.status(url)
}

/// JSON document of the operator's own server, under the same conditions.
pub fn document_of(url: &str, ca_file: Option<&Path>) -> Result<serde_json::Value, String> {
    let text = unguarded(ca_file)?.text(url)?;
    serde_json::from_str(&text).map_err(|_| "the response is not JSON".to_owned())
}

/// Text of the operator's own server, under the same conditions.
pub fn text_of(url: &str, ca_file: Option<&Path>) -> Result<String, String> {
    unguarded(ca_file)?.text(url)
}

/// Status and text of any response, under the same conditions.
pub fn answer_of(url: &str, ca_file: Option<&Path>) -> Result<(u16, String), String> {
    unguarded(ca_file)?.answer(url)
}

fn unguarded(ca_file: Option<&Path>) -> Result<Client, String> {
    let everywhere = vec![IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())];
    Client::new(everywhere, ca_file, TOTAL)
}

impl Outbound {
    pub fn new(told: &Settings, clock: SharedClock) -> Result<Self, InvalidConfig> {
        Self::with_times(told, clock, TOTAL, QUEUE)
    }

    /// Uses these networks and roots from now on; requests in progress finish with the old ones.
    pub fn tell(&self, told: &Settings) -> Result<(), InvalidConfig> {
        let client = client(told, self.0.total)?;
        let before = self.0.client.swap(Arc::new(client));
        // Documents from a network that may no longer be allowed.
        if !self.0.client.load().reaches_what(&before) {
            self.0.pools.all().for_each(|pool| pool.kept.clear());
        }
        // Failed URLs may be reachable now.
        self.0.pools.all().for_each(|pool| pool.failures.clear());
        Ok(())
    }

    fn with_times(
        told: &Settings,
        clock: SharedClock,
        total: Duration,
        queue: Duration,
    ) -> Result<Self, InvalidConfig> {
        Ok(Self(Arc::new(Shared {
            client: ArcSwap::from_pointee(client(told, total)?),
            total,
            queue,
            clock,
            pools: Pools::new(),
        })))
    }

    /// Checks whether `url` is allowed, without resolving its name.
    pub fn check(&self, url: &str) -> Result<(), FetchError> {
        self.0.client.load().check(url)
    }

    /// JSON document at `url`: the cached one while it is fresh. If it cannot be fetched again, the cached one is used
    /// for a day; without one, returns the error.
    pub async fn get(
        &self,
        kind: Kind,
        url: &str,
        trust: Trust,
    ) -> Result<Arc<Document>, FetchError> {
        match self.fresh(kind, url, trust) {
            Some(document) => Ok(document),
            None => self.fetch(kind, url, trust).await,
        }
    }

    /// The document, if no fetch is needed for it.
    pub fn fresh(&self, kind: Kind, url: &str, trust: Trust) -> Option<Arc<Document>> {
        let document = self.pool(kind, trust).kept.get(url)?;
        (self.0.clock.now() < document.fresh_until).then_some(document)
    }

    /// The document as it was fetched last, fresh or not.
    pub fn kept(&self, kind: Kind, url: &str, trust: Trust) -> Option<Arc<Document>> {
        self.pool(kind, trust).kept(url, self.0.clock.now())
    }

    /// Error of a recent failed fetch, during which it is not fetched again.
    pub fn recent_failure(&self, kind: Kind, url: &str, trust: Trust) -> Option<FetchError> {
        self.pool(kind, trust).failure(url, self.0.clock.now())
    }

    /// Keeps a document that is of no use no longer than a failure is remembered.
    pub fn keep_briefly(&self, kind: Kind, url: &str, document: &Document, trust: Trust) {
        let shortened = Document {
            body: document.body.clone(),
            fresh_until: document
                .fresh_until
                .min(document.fetched_at + trust.failure_kept()),
            ..*document
        };
        self.pool(kind, trust)
            .kept
            .insert(url.to_owned(), Arc::new(shortened));
    }

    /// Whether [`Outbound::get_anew`] would fetch the document.
    pub fn may_get_anew(&self, kind: Kind, url: &str, trust: Trust, every: Lifetime) -> bool {
        let kept = self.pool(kind, trust).kept.get(url);
        kept.is_none_or(|document| self.0.clock.now() >= document.tried_at + every)
    }

    /// The same, but fetched again even if the cached one is fresh, for a caller that needs newer data. At most once in
    /// `every`.
    pub async fn get_anew(
        &self,
        kind: Kind,
        url: &str,
        trust: Trust,
        every: Lifetime,
    ) -> Result<Arc<Document>, FetchError> {
        match self.pool(kind, trust).kept.get(url) {
            Some(document) if !self.may_get_anew(kind, url, trust, every) => Ok(document),
            _ => self.fetch(kind, url, trust).await,
        }
    }

    fn pool(&self, kind: Kind, trust: Trust) -> &Pool {
        self.0.pools.get(kind, trust)
    }

    /// Posts a form. The caller limits simultaneous ones. Only the success of the response is used.
    pub async fn post_form(
        &self,
        url: &str,
        fields: Vec<(String, String)>,
    ) -> Result<(), FetchError> {
        let (shared, url) = (self.0.clone(), url.to_owned());
        tokio::task::spawn_blocking(move || shared.client.load_full().post_form(&url, &fields))
            .await
            .unwrap_or(Err(FetchError::Failed))
    }

    /// Joins the current fetch of this URL, or starts one. It continues if the caller leaves.
    async fn fetch(
        &self,
        kind: Kind,
        url: &str,
        trust: Trust,
    ) -> Result<Arc<Document>, FetchError> {
        let now = self.0.clock.now();
        let pool = self.pool(kind, trust);
        if let Some(error) = pool.failure(url, now) {
            return pool.kept(url, now).ok_or(error);
        }
        let (shared, target) = (self.0.clone(), url.to_owned());
        let fetch = async move { shared.run(kind, target, trust).await };
        let found = pool.under_way.run(&url.to_owned(), fetch).await;
        found.unwrap_or(Err(FetchError::Failed))
    }
}

impl Shared {
    async fn run(
        self: Arc<Self>,
        kind: Kind,
        url: String,
        trust: Trust,
    ) -> Result<Arc<Document>, FetchError> {
        let (pool, now) = (self.pools.get(kind, trust), self.clock.now());
        let host = Url::parse(&url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        let (gate, kept) = (&pool.gate, pool.kept(&url, now));
        // While other fetches take all places, the cached document is better than waiting.
        let permit = match &kept {
            Some(_) => gate.try_enter(&[host]),
            None => timeout(self.queue, gate.enter(&[host])).await.ok(),
        };
        let Some(_permit) = permit else {
            return kept.ok_or(FetchError::Busy);
        };
        let (shared, target) = (self.clone(), url.clone());
        let fetched =
            tokio::task::spawn_blocking(move || shared.client.load_full().get(kind, &target, now));
        let mut fetched = fetched.await.unwrap_or(Err(FetchError::Failed));
        if let Err(error @ (FetchError::Failed | FetchError::Unresolvable)) = &mut fetched
            && !descriptors::is_one_free()
        {
            *error = FetchError::NoDescriptor;
        }
        pool.keep(url, fetched, now)
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

#[cfg(test)]
mod tests;
