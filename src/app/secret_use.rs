//! Time of the last use of each client secret: in memory, and once per minute in the database.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{
    domain::{id::Id, time::UnixSeconds},
    store::{Store, StoreError, Tx, clients},
};

/// Secrets that are written at a time: a few milliseconds of work.
const ROWS: usize = 200;

/// Uses that are not in the database yet, by the ID of the secret.
#[derive(Default)]
pub struct SecretUse(Mutex<HashMap<Id, UnixSeconds>>);

impl SecretUse {
    /// A client has proved itself with the secret.
    pub fn used(&self, id: Id, now: UnixSeconds) {
        self.lock().insert(id, now);
    }

    /// Time of the secret's last use, if it is not in the database yet.
    pub fn unwritten(&self, id: Id) -> Option<UnixSeconds> {
        self.lock().get(&id).copied()
    }

    /// Writes down what was used since the last time.
    pub async fn write(&self, store: &Store) -> Result<(), StoreError> {
        loop {
            let some = self.some();
            let written = some.clone();
            if some.is_empty() {
                return Ok(());
            }
            let mark = move |tx: &Tx| clients::secrets_used(tx, &some);
            store.write(mark).await?;
            self.forget(&written);
            if written.len() < ROWS {
                return Ok(());
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Id, UnixSeconds>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn some(&self) -> Vec<(Id, UnixSeconds)> {
        let used = self.lock();
        used.iter().take(ROWS).map(|(id, at)| (*id, *at)).collect()
    }

    /// A secret used again in the meantime stays for the next write.
    fn forget(&self, written: &[(Id, UnixSeconds)]) {
        let mut used = self.lock();
        for (id, at) in written {
            if used.get(id) == Some(at) {
                used.remove(id);
            }
        }
    }
}
