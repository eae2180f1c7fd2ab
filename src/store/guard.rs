//! Checks of the writer thread before it writes: the file and those that belong to it are still in place.

use std::sync::{Arc, OnceLock};

use rusqlite::Connection;

use super::{
    error::StoreError,
    health::Trouble,
    served_file::{ServedFile, Watch},
    server_lock::HeldLock,
};
use crate::clock::SharedClock;

/// The lock of a server, which its store keeps in place.
pub(super) type LockSlot = Arc<OnceLock<Arc<HeldLock>>>;

pub(super) struct Guard {
    watch: Option<Watch>,
    file: ServedFile,
    lock: LockSlot,
    is_over: bool,
}

impl Guard {
    pub(super) fn new(file: ServedFile, lock: LockSlot) -> Self {
        Self {
            watch: None,
            file,
            lock,
            is_over: false,
        }
    }

    /// Guard of an open file.
    pub(super) fn watch(&mut self, clock: SharedClock) {
        self.watch = Some(Watch::over(self.file.clone(), clock));
    }

    /// This process must not write any more: the write-ahead log or the index is lost, or another server has the file.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// An error where what is written would be lost, or would harm another file.
    pub(super) fn look(&mut self, connection: Option<&Connection>) -> Result<(), StoreError> {
        let Some(watch) = &mut self.watch else {
            return Ok(());
        };
        if let Err(error) = watch.look(connection) {
            // The file at the path now does not belong to this server: others may use it.
            if let StoreError::Displaced(Trouble::Replaced) = error
                && let Some(lock) = self.lock.get()
            {
                lock.set_index(None);
            }
            return Err(error);
        }
        match self.file.lost_companion() {
            None => Ok(()),
            Some(trouble) => {
                self.give_up(trouble, connection);
                Err(StoreError::Displaced(trouble))
            }
        }
    }

    /// Checks that no other server uses the file. Costs more than [`Guard::look`], and is not urgent.
    pub(super) fn look_around(&mut self, connection: Option<&Connection>) -> bool {
        let around = self.watch.as_ref().map_or(Ok(()), |watch| {
            watch.look_around(self.lock.get().map(|lock| &**lock))
        });
        if let Err(trouble) = around {
            self.give_up(trouble, connection);
        }
        around.is_ok()
    }

    /// Before closing a connection that may be the last one.
    pub(super) fn before_close(&self, connection: &Connection) {
        self.file.close_without_index(connection);
    }

    fn give_up(&mut self, trouble: Trouble, connection: Option<&Connection>) {
        if let Some(watch) = &mut self.watch
            && !self.is_over
        {
            watch.give_up(trouble, connection);
        }
        self.is_over = true;
    }
}
