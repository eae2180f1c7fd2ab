//! Open connections: their maximum number, and which one is closed for a new one.
//!
//! A new connection is always accepted. If there are too many, from its network or in total, the one that has been idle
//! the longest is closed: idle ones and those that read nothing are first.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    task::Waker,
    time::Instant,
};

use ipnet::IpNet;
use tokio::sync::Notify;

use crate::{domain::client_address::ClientAddress, throttle::Network};

/// Maximum number of connections, if there are descriptors for them.
const MOST: usize = 4_096;
/// Most connections at a time from one network.
const MOST_OF_NETWORK: usize = 512;
/// Descriptors that are open as long as the server runs: log, listening sockets, the database, the runtime.
const OWN_DESCRIPTORS: u64 = 24;
/// Additional ones per worker.
const WORKER_DESCRIPTORS: u64 = 4;
/// Descriptors reserved for everything else, if there are enough: database reads, outbound sockets, backups.
const RESERVED_DESCRIPTORS: u64 = 104;
/// Minimum number of descriptors with which a server can respond.
const LEAST_FREE: u64 = 8;
/// Most connections of a worker that have been accepted while those that make room for them are still open.
const MOST_ARRIVING: usize = 64;

/// Log target of actix for connections that cannot be accepted, twice per second for each listening socket.
pub const ACCEPTING: &str = "actix_server::accept";

/// Raises this process's limit on open files and sockets to the hard limit, and returns it.
pub fn raise_descriptor_limit() -> u64 {
    rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1024)
}

/// Raises the limit; an error if it is below what this many workers need: actix and tokio panic without them.
pub fn require_descriptors(workers: usize) -> io::Result<()> {
    let limit = raise_descriptor_limit();
    let needed = own_descriptors(workers) + LEAST_FREE;
    if limit < needed {
        return Err(io::Error::other(format!(
            "The limit on open files is {limit}, but {workers} workers require at least {needed}. Raise it \
             (LimitNOFILE, ulimit -n)"
        )));
    }
    Ok(())
}

/// Descriptors that are always open.
fn own_descriptors(workers: usize) -> u64 {
    let of_workers = u64::try_from(workers).unwrap_or(u64::MAX / 8) * WORKER_DESCRIPTORS;
    OWN_DESCRIPTORS + of_workers
}

pub struct Connections {
    most: usize,
    workers: usize,
    most_of_network: usize,
    /// Proxies that speak for many: their connections are limited only in all.
    trusted_proxies: Vec<IpNet>,
    began: Instant,
    open: Mutex<HashMap<Network, Vec<Arc<Activity>>>>,
}

impl Connections {
    /// Limits for a process with this many `descriptors`.
    pub fn new(descriptors: u64, workers: usize, trusted_proxies: Vec<IpNet>) -> Arc<Self> {
        let free = descriptors.saturating_sub(own_descriptors(workers));
        let free = free.saturating_sub(RESERVED_DESCRIPTORS).max(free / 2);
        let most = usize::try_from(free).unwrap_or(MOST).clamp(2, MOST);
        Arc::new(Self {
            most,
            workers: workers.max(1),
            most_of_network: MOST_OF_NETWORK.min(most / 2),
            trusted_proxies,
            began: Instant::now(),
            open: Mutex::default(),
        })
    }

    /// Maximum connections of a worker before it accepts no more. Together they are slightly more than `most`, so that
    /// a new one is accepted and another is closed for it. Without this limit, simultaneous connections could take
    /// every descriptor before any is closed.
    pub fn most_of_worker(&self) -> usize {
        self.most.div_ceil(self.workers) + (self.most / 16).clamp(1, MOST_ARRIVING)
    }

    /// Adds a new connection, and closes another one if there are too many.
    pub fn admit(self: &Arc<Self>, peer: Option<SocketAddr>) -> Admission {
        let address = peer.map(|peer| ClientAddress::new(peer.ip()));
        let network = Network::of(address);
        let activity = Arc::new(Activity {
            began: self.began,
            moved_at: AtomicU64::new(millis_since(self.began)),
            requests_begun: AtomicU32::new(0),
            requests_ended: AtomicU32::new(0),
            is_last: AtomicBool::new(false),
            wants_body: AtomicBool::new(false),
            reader: Mutex::default(),
            evicted: Notify::new(),
        });
        let mut open = self.open();
        let of_network = open.get(&network).map_or(0, Vec::len);
        if of_network >= self.most_of_network && !self.is_shared(address) {
            evict(&mut open, network);
        } else if open.values().map(Vec::len).sum::<usize>() >= self.most {
            let largest = open.iter().max_by_key(|(_, of_network)| of_network.len());
            if let Some(largest) = largest.map(|(network, _)| *network) {
                evict(&mut open, largest);
            }
        }
        open.entry(network).or_default().push(activity.clone());
        Admission {
            connections: self.clone(),
            network,
            peer,
            activity,
        }
    }

    /// Whether many clients share this address: a trusted proxy, or this machine.
    fn is_shared(&self, address: Option<ClientAddress>) -> bool {
        address.is_none_or(|address| {
            address.is_loopback()
                || self
                    .trusted_proxies
                    .iter()
                    .any(|proxy| proxy.contains(&address.ip()))
        })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Network, Vec<Arc<Activity>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the connection of this network on which nothing has moved for the longest time.
fn evict(open: &mut HashMap<Network, Vec<Arc<Activity>>>, network: Network) {
    let Some(of_network) = open.get_mut(&network) else {
        return;
    };
    let stalest = of_network
        .iter()
        .enumerate()
        .min_by_key(|(_, activity)| activity.moved_at.load(Ordering::Relaxed));
    if let Some((at, _)) = stalest {
        of_network.swap_remove(at).evicted.notify_one();
    }
}

/// A connection's place among the open ones, until it is dropped.
pub struct Admission {
    connections: Arc<Connections>,
    network: Network,
    pub peer: Option<SocketAddr>,
    pub activity: Arc<Activity>,
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        let Some(of_network) = open.get_mut(&self.network) else {
            return;
        };
        of_network.retain(|other| !Arc::ptr_eq(other, &self.activity));
        if of_network.is_empty() {
            open.remove(&self.network);
        }
    }
}

/// Activity of one connection, shared by its socket and its requests.
pub struct Activity {
    began: Instant,
    /// Time of the last byte read or written, in milliseconds since `began`.
    moved_at: AtomicU64,
    requests_begun: AtomicU32,
    requests_ended: AtomicU32,
    is_last: AtomicBool,
    /// Whether the current request still reads its body.
    wants_body: AtomicBool,
    /// Task that wanted to read during a request that needs no more input.
    reader: Mutex<Option<Waker>>,
    evicted: Notify,
}

impl Activity {
    pub fn moved(&self) {
        self.moved_at
            .store(millis_since(self.began), Ordering::Relaxed);
    }

    /// A request, in progress until this guard is dropped.
    pub fn begin_request(self: &Arc<Self>, has_body: bool) -> RequestGuard {
        self.requests_begun.fetch_add(1, Ordering::Relaxed);
        self.wants_body.store(has_body, Ordering::Relaxed);
        RequestGuard(self.clone())
    }

    /// The body of the current request was read or is not needed.
    pub fn end_body(&self) {
        self.wants_body.store(false, Ordering::Relaxed);
    }

    /// Whether further input belongs to a later request than the current one.
    pub fn is_ahead(&self) -> bool {
        self.is_in_request() && !self.wants_body.load(Ordering::Relaxed)
    }

    /// `reader` is woken after the response to the current request.
    pub fn wake_after_request(&self, reader: &Waker) {
        *self.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader.clone());
    }

    pub fn requests_begun(&self) -> u32 {
        self.requests_begun.load(Ordering::Relaxed)
    }

    pub fn is_in_request(&self) -> bool {
        self.requests_begun() != self.requests_ended.load(Ordering::Relaxed)
    }

    /// Stops reading: the current response is the last one.
    pub fn read_no_more(&self) {
        self.is_last.store(true, Ordering::Relaxed);
    }

    pub fn reads_no_more(&self) -> bool {
        self.is_last.load(Ordering::Relaxed)
    }

    /// Completes when the connection must be closed for another.
    pub async fn evicted(&self) {
        self.evicted.notified().await;
    }
}

pub struct RequestGuard(Arc<Activity>);

impl RequestGuard {
    pub fn activity(&self) -> &Activity {
        &self.0
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.0.requests_ended.fetch_add(1, Ordering::Relaxed);
        let reader = &self.0.reader;
        if let Some(reader) = reader.lock().unwrap_or_else(PoisonError::into_inner).take() {
            reader.wake();
        }
    }
}

fn millis_since(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
