//! Known trouble of the database file, until it has been resolved.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// Reason why the database is not reliable. Shown to anyone: without paths or texts of SQLite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("the database file was moved or deleted")]
    Missing,
    #[error("the database file was replaced by another; restart the server")]
    Replaced,
    #[error(
        "the write-ahead log of the database was moved or deleted; stopping the server so that it can be restarted"
    )]
    LogLost,
    #[error(
        "the shared memory of the database (-shm) was moved or deleted; stopping the server so that it can be restarted"
    )]
    IndexLost,
    #[error(
        "the lock file was moved or deleted and another server uses the database; stopping this server"
    )]
    Taken,
    #[error("the lock file of the database was moved or deleted and cannot be created again")]
    LockLost,
    #[error("the database file has another name (a hard link); remove that name")]
    SeveralNames,
    #[error("the database is damaged; restore a backup with keyfob restore")]
    Damaged,
    #[error("the disk of the database is full; free disk space")]
    DiskFull,
    #[error("the last write to the database failed; see the server log")]
    Write,
    #[error("the write-ahead log cannot be checkpointed; see the server log")]
    Checkpoint,
    #[error("a change in the database cannot be read and was not applied")]
    Unread,
}

/// Shared by the threads of a store.
#[derive(Default)]
pub(super) struct Health {
    /// Avoids the lock in the normal case.
    in_trouble: AtomicBool,
    known: Mutex<Known>,
}

#[derive(Clone, Copy, Default)]
struct Known {
    file: Option<Trouble>,
    /// No requests fail because of it, but the next start would.
    surroundings: Option<Trouble>,
    damaged: bool,
    commit: Option<Trouble>,
    checkpoint: Option<Trouble>,
    /// A change of this process, and one of another.
    unread: [Option<Trouble>; 2],
}

impl Health {
    /// The worst of what is known.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        if !self.in_trouble.load(Ordering::Relaxed) {
            return None;
        }
        let known = *self.lock();
        let damaged = known.damaged.then_some(Trouble::Damaged);
        let severe = known.file.or(damaged).or(known.commit);
        let [own, foreign] = known.unread;
        let unread = own.or(foreign);
        severe
            .or(unread)
            .or(known.surroundings)
            .or(known.checkpoint)
    }

    pub(super) fn file_trouble(&self) -> Option<Trouble> {
        self.in_trouble
            .load(Ordering::Relaxed)
            .then(|| self.lock().file)
            .flatten()
    }

    pub(super) fn set_file(&self, trouble: Option<Trouble>) {
        self.change(trouble.is_some(), |known| known.file = trouble);
    }

    /// Whether this is news.
    pub(super) fn set_surroundings(&self, trouble: Option<Trouble>) -> bool {
        let mut before = None;
        self.change(trouble.is_some(), |known| {
            before = std::mem::replace(&mut known.surroundings, trouble);
        });
        before != trouble
    }

    /// Lasts until the file is opened again.
    pub(super) fn set_damaged(&self) {
        let mut known = self.lock();
        if !known.damaged {
            tracing::error!(
                "the database is damaged; stop the server and restore a backup with keyfob restore"
            );
        }
        known.damaged = true;
        self.in_trouble.store(true, Ordering::Relaxed);
    }

    /// Records the result of a commit that wrote something.
    pub(super) fn set_commit(&self, trouble: Option<Trouble>) {
        self.change(trouble.is_some(), |known| known.commit = trouble);
    }

    /// Whether this is news.
    pub(super) fn set_checkpoint(&self, trouble: Option<Trouble>) -> bool {
        let mut before = None;
        self.change(trouble.is_some(), |known| {
            before = std::mem::replace(&mut known.checkpoint, trouble);
        });
        before != trouble
    }

    /// Whether reading a change of this process (0) or of another (1) into memory failed.
    pub(super) fn set_unread(&self, whose: usize, is_unread: bool) {
        let trouble = is_unread.then_some(Trouble::Unread);
        self.change(is_unread, |known| known.unread[whose] = trouble);
    }

    fn change(&self, to_trouble: bool, change: impl FnOnce(&mut Known)) {
        if !to_trouble && !self.in_trouble.load(Ordering::Relaxed) {
            return;
        }
        let mut known = self.lock();
        change(&mut known);
        let left = known.damaged
            || [
                known.file,
                known.surroundings,
                known.commit,
                known.checkpoint,
                known.unread[0],
                known.unread[1],
            ]
            .iter()
            .any(Option::is_some);
        self.in_trouble.store(left, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
