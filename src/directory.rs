//! Snapshot in memory for hot paths: clients, scopes, keys, current settings, and revocations.
//!
//! The snapshot is immutable behind an atomic pointer and replaced after an administrative write has been committed,
//! here or by another process. Revocations are separate and stay until they have expired.

mod snapshot;

use std::{
    collections::HashMap,
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use arc_swap::{ArcSwap, Guard};
use tokio::sync::Notify;

pub use self::snapshot::{FIRST_PARTY, Snapshot, first_party};
use crate::{
    config::{Live, settings::Settings},
    domain::{
        id::Id,
        revocation::{Revocation, Revoked},
        time::UnixSeconds,
        token::AccessTokenClaims,
    },
    store::{Effects, Stale, Store, StoreError, Tx, client_registrations, clients, revocations},
};

pub struct Directory {
    /// The server's identity (RFC 8414 §2), which is fixed at start.
    issuer: String,
    snapshot: ArcSwap<Snapshot>,
    /// Settings of flags, variables and the file, which have precedence over the settings page.
    told: ArcSwap<Settings>,
    revoked: RwLock<HashMap<Revoked, (Id, UnixSeconds)>>,
    /// Committed changes that were not read again yet, and the number of the latest commit of that kind.
    stale: Mutex<(Stale, u64)>,
    /// The latest such commit that the snapshot shows.
    shown: AtomicU64,
    /// Held from reading to publishing, so that what was read earlier never replaces what was read later.
    reloading: Mutex<()>,
    /// Notified when sessions may have been revoked, here or by another process.
    pub logins_ended: Notify,
}
/// The settings that count now.
pub struct Current(Guard<Arc<Snapshot>>);

impl Deref for Current {
    type Target = Live;

    fn deref(&self) -> &Live {
        &self.0.settings.live
    }
}

impl Directory {
    /// `told` was checked by itself. If it conflicts with the settings page, the page is ignored.
    pub fn load(store: &Store, told: Settings) -> Result<Self, StoreError> {
        let (snapshot, revoked) = store.read(|tx| {
            let snapshot = Snapshot::read(tx, &told, &told)?;
            Ok::<_, StoreError>((snapshot, revocations::alive(tx)?))
        })?;
        let directory = Self {
            issuer: told.config.issuer.clone(),
            snapshot: ArcSwap::from_pointee(snapshot),
            told: ArcSwap::from_pointee(told),
            revoked: RwLock::default(),
            stale: Mutex::default(),
            shown: AtomicU64::new(0),
            reloading: Mutex::default(),
            logins_ended: Notify::new(),
        };
        directory.revoke(&revoked);
        Ok(directory)
    }

    /// Replaces the settings of flags, variables and the file. They apply after everything is reloaded.
    pub fn tell(&self, told: Settings) {
        self.told.store(Arc::new(told));
    }

    pub fn told(&self) -> Arc<Settings> {
        self.told.load_full()
    }

    /// Reloads everything.
    pub fn reload(&self, store: &Store) -> Result<(), StoreError> {
        self.read_everything(store, &lock(&self.reloading))
    }

    fn read_everything(
        &self,
        store: &Store,
        _one_at_a_time: &MutexGuard<'_, ()>,
    ) -> Result<(), StoreError> {
        let (told, before) = (self.told(), self.snapshot.load_full());
        let snapshot = store.read(|tx| {
            // Revocations apply even if something else cannot be read.
            self.revoke(&revocations::alive(tx)?);
            Snapshot::read(tx, &told, &before.settings)
        })?;
        self.snapshot.store(Arc::new(snapshot));
        Ok(())
    }

    /// Records a commit: its revocations apply from now on, and its changes must be read again.
    pub fn apply(&self, effects: Effects) {
        self.revoke(&effects.revoked);
        if !effects.stale.is_empty() {
            let mut stale = lock(&self.stale);
            stale.0.add(effects.stale);
            stale.1 += 1;
        }
    }

    /// Reads again what was changed by the commits so far; whether there was anything. Where another thread is reading
    /// it, this waits until that is published.
    pub fn refresh(&self, store: &Store) -> Result<bool, StoreError> {
        let wanted = lock(&self.stale).1;
        if self.shown.load(Ordering::Acquire) >= wanted {
            return Ok(false);
        }
        let reloading = lock(&self.reloading);
        if self.shown.load(Ordering::Acquire) >= wanted {
            return Ok(false);
        }
        let (stale, number) = {
            let mut stale = lock(&self.stale);
            (std::mem::take(&mut stale.0), stale.1)
        };
        let mut unread = Unread {
            stale,
            of: &self.stale,
        };
        self.read_again(store, &unread.stale, &reloading)?;
        unread.stale = Stale::default();
        self.shown.store(number, Ordering::Release);
        Ok(true)
    }

    /// Strangers register clients, and the rest of the snapshot is not read for each.
    fn read_again(
        &self,
        store: &Store,
        stale: &Stale,
        reloading: &MutexGuard<'_, ()>,
    ) -> Result<(), StoreError> {
        if stale.everything {
            return self.read_everything(store, reloading);
        }
        let mut snapshot = Snapshot::clone(&self.snapshot.load());
        store.read(|tx: &Tx| {
            for client_id in &stale.clients {
                let client = clients::get(tx, client_id.as_str())?;
                let is_unverified = client_registrations::is_unverified(tx, client_id)?;
                snapshot.replace_client(client_id, client, is_unverified);
            }
            Ok::<_, StoreError>(())
        })?;
        self.snapshot.store(Arc::new(snapshot));
        Ok(())
    }

    /// Deletes revocations that had expired before this time.
    pub fn forget_expired(&self, before: UnixSeconds) {
        let mut alive = self
            .revoked
            .write()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        alive.retain(|_, (_, expires_at)| *expires_at >= before);
    }

    /// Number of revocations.
    pub fn revocations(&self) -> usize {
        let alive = self
            .revoked
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        alive.len()
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    pub fn snapshot(&self) -> Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }

    /// Current settings. Do not keep them: they can change at any time.
    pub fn live(&self) -> Current {
        Current(self.snapshot.load())
    }

    fn revoke(&self, revocations: &[Revocation]) {
        let mut revoked = self
            .revoked
            .write()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let ends_login = |one: &Revocation| matches!(one.what, Revoked::Session(_) | Revoked::All);
        if revocations.iter().any(ends_login) {
            self.logins_ended.notify_one();
        }
        for revocation in revocations {
            let entry = revoked
                .entry(revocation.what.clone())
                .or_insert((revocation.up_to, revocation.expires_at));
            *entry = (
                entry.0.max(revocation.up_to),
                entry.1.max(revocation.expires_at),
            );
        }
    }

    /// Whether an API with this URI was deleted after the token was issued: the token is not for a new API with the
    /// same URI.
    pub fn is_revoked_at(&self, uri: &str, jti: Id) -> bool {
        let revoked = self
            .revoked
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let up_to = revoked.get(&Revoked::Resource(uri.to_owned()));
        up_to.is_some_and(|(up_to, _)| jti <= *up_to)
    }

    /// Whether the token or anything it depends on was revoked: its grant, session, client, subject, or a party in its
    /// `act` chain.
    pub fn is_revoked(&self, claims: &AccessTokenClaims) -> bool {
        let revoked = self
            .revoked
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if revoked.is_empty() {
            return false;
        }
        let covers = |what: Revoked| {
            revoked
                .get(&what)
                .is_some_and(|(up_to, _)| claims.jti <= *up_to)
        };
        covers(Revoked::All)
            || covers(Revoked::Token(claims.jti))
            || claims.grant_id.is_some_and(|id| covers(Revoked::Grant(id)))
            || claims
                .session_id
                .is_some_and(|id| covers(Revoked::Session(id)))
            || covers(Revoked::Client(claims.client_id.clone()))
            || covers(Revoked::User(claims.sub.clone()))
            || claims
                .act
                .iter()
                .flat_map(|act| act.chain())
                .any(|sub| covers(Revoked::User(sub.clone())))
    }
}

/// Changes are kept until they have been read.
struct Unread<'a> {
    stale: Stale,
    of: &'a Mutex<(Stale, u64)>,
}

impl Drop for Unread<'_> {
    fn drop(&mut self) {
        lock(self.of).0.add(std::mem::take(&mut self.stale));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
