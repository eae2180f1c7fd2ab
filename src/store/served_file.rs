//! The opened file, distinguished from another one that replaced it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use rusqlite::{Connection, OpenFlags, backup::Backup, config::DbConfig};

use super::{
    error::StoreError,
    file_identity::FileIdentity,
    health::{Health, Trouble},
    location::{DISPLACED, beside, has_other_names, refuges, unused_beside},
    private_file::{make_private, remove},
    server_lock::{HeldLock, Kept},
    wal_checkpoint::checkpoint,
};
use crate::clock::SharedClock;

/// The file that a store has open, whatever is at its path by now.
#[derive(Clone)]
pub(super) struct ServedFile {
    pub(super) path: PathBuf,
    identity: FileIdentity,
    companions: Arc<OnceLock<Companions>>,
    health: Arc<Health>,
}

/// Files of SQLite next to an open database: the write-ahead log and the shared memory, its index.
struct Companions {
    log: Option<FileIdentity>,
    index: Option<FileIdentity>,
}

impl ServedFile {
    /// Before opening the file at this path.
    pub(super) fn at(path: &Path, health: Arc<Health>) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            identity: FileIdentity::of(path)?,
            companions: Arc::default(),
            health,
        })
    }

    /// After opening: the files next to it now belong to it.
    pub(super) fn note_companions(&self) {
        let of = |suffix: &str| FileIdentity::of(&beside(&self.path, suffix)).ok();
        self.companions.get_or_init(|| Companions {
            log: of("-wal"),
            index: of("-shm"),
        });
    }

    pub(super) fn health(&self) -> &Health {
        &self.health
    }

    /// The shared memory that this process has in common with others at the database.
    pub(super) fn index(&self) -> Option<FileIdentity> {
        self.companions.get()?.index
    }

    /// File that is no longer at its path. Commits without the log go into a file without a name, which is lost with
    /// the process; without the index, other processes do not see writes of this one, and overwrite them.
    pub(super) fn lost_companion(&self) -> Option<Trouble> {
        let known = self.companions.get()?;
        let is_lost = |suffix: &str, known: Option<FileIdentity>| {
            known.is_some_and(
                |known| match FileIdentity::of(&beside(&self.path, suffix)) {
                    Ok(there) => there != known,
                    Err(error) => error.kind() == io::ErrorKind::NotFound,
                },
            )
        };
        if is_lost("-wal", known.log) {
            return Some(Trouble::LogLost);
        }
        is_lost("-shm", known.index).then_some(Trouble::IndexLost)
    }

    /// Closing the last connection would copy the log by an index that is out of date, and delete it.
    pub(super) fn close_without_index(&self, connection: &Connection) {
        if self.lost_companion() != Some(Trouble::IndexLost) {
            return;
        }
        let off = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        if let Err(error) = off {
            tracing::error!(%error, "the write-ahead log may be deleted");
        }
    }

    /// Error if the file is no longer at the path: nothing must be opened or written there.
    pub(super) fn require_in_place(&self) -> Result<(), StoreError> {
        self.displaced()
            .map_or(Ok(()), |trouble| Err(StoreError::Displaced(trouble)))
    }

    fn displaced(&self) -> Option<Trouble> {
        match FileIdentity::of(&self.path) {
            Ok(there) if there == self.identity => None,
            Ok(_) => Some(Trouble::Replaced),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Trouble::Missing),
            // A folder that is temporarily unreadable says nothing about its file.
            Err(_) => None,
        }
    }
}

/// Checks of the writer thread that the file is still in place, and its reaction if another one replaces it.
pub(super) struct Watch {
    file: ServedFile,
    clock: SharedClock,
    /// Copy of a file that is not at its path.
    copied: bool,
}

impl Watch {
    /// Checks that the write-ahead log of the open file is in place.
    pub(super) fn over(file: ServedFile, clock: SharedClock) -> Self {
        file.note_companions();
        Self {
            file,
            clock,
            copied: false,
        }
    }

    /// Error for writes to a file that is not at its path. The first time, its contents are copied, since the open file
    /// may be the only one left.
    pub(super) fn look(&mut self, connection: Option<&Connection>) -> Result<(), StoreError> {
        let health = &self.file.health;
        let known = health.file_trouble();
        // Another file has caused the old one's log to be moved: only a restart can fix this.
        let found = match known {
            Some(Trouble::Replaced) => known,
            _ => self.file.displaced(),
        };
        if found != known {
            health.set_file(found);
            match found {
                None => tracing::info!("database file is back in place"),
                Some(trouble) => self.secure(trouble, connection),
            }
        }
        found.map_or(Ok(()), |trouble| Err(StoreError::Displaced(trouble)))
    }

    /// Before a server exits that has lost its log or index.
    pub(super) fn give_up(&mut self, trouble: Trouble, connection: Option<&Connection>) {
        self.file.health.set_file(Some(trouble));
        match trouble {
            Trouble::LogLost => self.secure_log(connection),
            // The data is in the database and its log, where the next start finds it.
            _ => tracing::error!(
                database = %self.file.path.display(),
                "{trouble}; earlier changes are kept and new ones are refused"
            ),
        }
    }

    /// Trouble that would prevent the next start or allow a second server. An error if there is a second server.
    pub(super) fn look_around(&self, lock: Option<&HeldLock>) -> Result<(), Trouble> {
        let mut found = None;
        match lock.map_or(Ok(Kept::InPlace), |lock| lock.keep(self.file.index())) {
            Ok(Kept::InPlace) => {}
            Ok(Kept::Renewed) => tracing::warn!(
                database = %self.file.path.display(),
                "lock file was moved or deleted while the server runs; created it again"
            ),
            Ok(Kept::TakenByOther) => return Err(Trouble::Taken),
            Err(error) => {
                found = Some(Trouble::LockLost);
                tracing::debug!(%error, "could not create lock file again");
            }
        }
        if found.is_none() && has_other_names(&self.file.path).unwrap_or(false) {
            found = Some(Trouble::SeveralNames);
        }
        if self.file.health.set_surroundings(found) {
            let database = self.file.path.display();
            match found {
                None => tracing::info!(%database, "files of the database are in order again"),
                Some(trouble) => tracing::error!(%database, "{trouble}"),
            }
        }
        Ok(())
    }

    /// Brings what is in the lost log into the database or, where a long read keeps it out, into a copy.
    fn secure_log(&self, connection: Option<&Connection>) {
        let secured = connection
            .ok_or(StoreError::Stopped)
            .and_then(|connection| {
                if checkpoint(connection, "TRUNCATE").is_ok_and(|ended| !ended.is_held_up) {
                    return Ok(None);
                }
                self.keep_copy(connection).map(Some)
            });
        let database = self.file.path.display();
        match secured {
            Ok(None) => tracing::error!(
                %database,
                "write-ahead log was moved or deleted; its changes are in the database; stopping the server so that \
                 it can be restarted"
            ),
            Ok(Some(kept)) => tracing::error!(
                %database, kept = %kept.display(),
                "write-ahead log was moved or deleted; its changes are kept in a copy; stopping the server so that it \
                 can be restarted"
            ),
            Err(error) => tracing::error!(
                %database, %error,
                "write-ahead log was moved or deleted and its changes could not be copied; stopping the server so \
                 that it can be restarted"
            ),
        }
    }

    /// Suffix of a copy.
    fn suffix(&self) -> String {
        let moment = self.clock.now().rfc3339().replace([':', '-'], "");
        format!("{DISPLACED}{moment}")
    }

    /// Copies the open file to a location with enough space.
    fn keep_copy(&self, connection: &Connection) -> Result<PathBuf, StoreError> {
        let mut failed = StoreError::Stopped;
        for target in refuges(&self.file.path, &self.suffix()) {
            match copy_open_file(connection, &target) {
                Ok(()) => return Ok(target),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    fn secure(&mut self, trouble: Trouble, connection: Option<&Connection>) {
        let path = &self.file.path;
        let mut kept = None;
        if let Some(connection) = connection
            && !self.copied
        {
            match self.keep_copy(connection) {
                Ok(copy) => {
                    self.copied = true;
                    kept = Some(copy);
                }
                Err(error) => {
                    tracing::error!(%error, "could not copy the contents of the database");
                }
            }
        }
        let aside = kept
            .clone()
            .unwrap_or_else(|| unused_beside(path, &self.suffix()));
        let kept = kept.map(|copy| copy.display().to_string());
        // SQLite would read the old log into the new file at its next opening.
        if trouble == Trouble::Replaced {
            self.move_log_aside(&aside);
        }
        tracing::error!(
            database = %path.display(), kept,
            "{trouble}; changes are refused and the file there now is not written"
        );
    }

    fn move_log_aside(&self, aside: &Path) {
        let log = beside(&self.file.path, "-wal");
        let known = self.file.companions.get().and_then(|known| known.log);
        if known.is_none() || FileIdentity::of(&log).ok() != known {
            return;
        }
        for suffix in ["-wal", "-shm"] {
            let (from, to) = (beside(&self.file.path, suffix), beside(aside, suffix));
            match fs::rename(&from, &to) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::error!(%error, path = %from.display(), "could not be moved aside");
                }
                _ => {}
            }
        }
    }
}

fn copy_open_file(connection: &Connection, target: &Path) -> Result<(), StoreError> {
    make_private(target).map_err(|error| StoreError::Failed(error.to_string()))?;
    let copied = || -> rusqlite::Result<()> {
        let mut copy = Connection::open_with_flags(target, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        Backup::new(connection, &mut copy)?.step(-1).map(drop)
    };
    copied().inspect_err(|_| remove(target))?;
    Ok(())
}
