//! Generates missing signing keys for clients, APIs and settings.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use crate::{
    clock::SharedClock,
    crypto::keys::{Algorithm, SigningKey},
    directory::Directory,
    domain::{
        signing_key::{KeySchedule, StoredSigningKey},
        time::UnixSeconds,
    },
    store::{Store, StoreError, signing_keys},
};

#[derive(Default)]
pub struct MissingKeys {
    /// Locked while a key is generated. A key that could not be stored is kept for the next attempt, which is then
    /// cheap.
    unstored: Mutex<Option<StoredSigningKey>>,
    /// Whether they are generated as soon as they are needed: in a server, not in a command.
    kept: AtomicBool,
}

impl MissingKeys {
    pub fn keep(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }

    pub fn are_kept(&self) -> bool {
        self.kept.load(Ordering::Relaxed)
    }

    /// Generates the missing keys, and that of `also`. They sign immediately: there is no earlier key that could sign
    /// until they are published. Blocks until done, also if another thread is doing it.
    pub fn make(
        &self,
        directory: &Directory,
        store: &Store,
        clock: &SharedClock,
        also: Option<Algorithm>,
    ) -> Result<(), StoreError> {
        let unstored = self.unstored.lock();
        let mut unstored = unstored.unwrap_or_else(PoisonError::into_inner);
        while let Some(algorithm) = missing(directory, clock.now(), also) {
            let now = clock.now();
            let kept = unstored.take();
            let key = match kept.filter(|key| key.alg == algorithm.as_str()) {
                Some(key) => key,
                None => new_signing_key(algorithm, now, now)?,
            };
            *unstored = Some(key.clone());
            store.write_blocking(move |tx| {
                // Another process may have been faster.
                let is_there = |stored: &StoredSigningKey| {
                    stored.alg == key.alg && stored.schedule.is_published(tx.now)
                };
                if !signing_keys::all(tx)?.iter().any(is_there) {
                    signing_keys::insert(tx, &key)?;
                }
                Ok::<_, StoreError>(())
            })?;
            *unstored = None;
            directory.reload(store)?;
        }
        Ok(())
    }
}

fn missing(directory: &Directory, now: UnixSeconds, also: Option<Algorithm>) -> Option<Algorithm> {
    let snapshot = directory.snapshot();
    let is_missing = |algorithm: &Algorithm| snapshot.signing_key(*algorithm, now).is_none();
    snapshot.missing_key(now).or(also.filter(is_missing))
}

/// A key that is published from `now` and signs from `activates_at`.
pub fn new_signing_key(
    algorithm: Algorithm,
    now: UnixSeconds,
    activates_at: UnixSeconds,
) -> Result<StoredSigningKey, StoreError> {
    let key =
        SigningKey::generate(algorithm).map_err(|error| StoreError::Internal(error.to_string()))?;
    Ok(StoredSigningKey {
        kid: key.kid().to_owned(),
        alg: algorithm.as_str().to_owned(),
        pkcs8: key.pkcs8().to_vec(),
        schedule: KeySchedule {
            created_at: now,
            activates_at,
            expires_at: None,
        },
    })
}
