//! The file that was opened, told from another one that was put in its place.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::{Connection, OpenFlags, backup::Backup};

use super::{
    checkpoint::checkpoint,
    error::StoreError,
    health::{Health, Trouble},
    location::{DISPLACED, beside, unused_beside},
    private_file::{make_private, remove},
};
use crate::clock::SharedClock;

/// Device and inode. On other systems than Unix an open file cannot be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileIdentity(u64, u64);

impl FileIdentity {
    #[cfg(unix)]
    pub(super) fn from_metadata(file: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self(file.dev(), file.ino())
    }

    #[cfg(not(unix))]
    pub(super) fn from_metadata(_: &fs::Metadata) -> Self {
        Self(0, 0)
    }

    pub(super) fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|file| Self::from_metadata(&file))
    }
}

/// The file that a store has open, whatever is at its path by now.
#[derive(Clone)]
pub(super) struct ServedFile {
    pub(super) path: PathBuf,
    identity: FileIdentity,
    health: Arc<Health>,
}

impl ServedFile {
    /// For a file that is about to be opened at this path.
    pub(super) fn at(path: &Path, health: Arc<Health>) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            identity: FileIdentity::of(path)?,
            health,
        })
    }

    /// An error if the path does not lead to the file any more: nothing may be opened or written there.
    pub(super) fn require_in_place(&self) -> Result<(), StoreError> {
        self.displaced()
            .map_or(Ok(()), |trouble| Err(StoreError::Displaced(trouble)))
    }

    fn displaced(&self) -> Option<Trouble> {
        match FileIdentity::of(&self.path) {
            Ok(there) if there == self.identity => None,
            Ok(_) => Some(Trouble::Replaced),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Trouble::Missing),
            // A folder that cannot be read for a moment says nothing about the file in it.
            Err(_) => None,
        }
    }
}

/// The writing thread's watch over the file: what it does when another one takes its place.
pub(super) struct Watch {
    file: ServedFile,
    /// The write-ahead log that belongs to the file.
    log: Option<FileIdentity>,
    clock: SharedClock,
    /// The copy that was made of a file that is not at its path.
    copied: bool,
}

impl Watch {
    /// For a file that is open: its write-ahead log is there.
    pub(super) fn over(file: ServedFile, clock: SharedClock) -> Self {
        let log = FileIdentity::of(&beside(&file.path, "-wal")).ok();
        Self {
            file,
            log,
            clock,
            copied: false,
        }
    }

    /// Refuses what would be written to a file that is not in its place. What the file held is kept in a copy
    /// the first time, since the open file may be all that is left of it.
    pub(super) fn look(&mut self, connection: Option<&Connection>) -> Result<(), StoreError> {
        let health = &self.file.health;
        let known = health.file_trouble();
        // Another file has the old one's log moved aside: there is no way back but a restart.
        let found = match known {
            Some(Trouble::Replaced) => known,
            _ => self.file.displaced(),
        };
        if found != known {
            health.set_file(found);
            match found {
                None => tracing::info!("the database file is in its place again"),
                Some(trouble) => self.secure(trouble, connection),
            }
        }
        found.map_or(Ok(()), |trouble| Err(StoreError::Displaced(trouble)))
    }

    /// Whether the write-ahead log is no longer at its path. What is committed then goes into a file without a name,
    /// which is gone with the process.
    pub(super) fn has_lost_log(&self) -> bool {
        let Some(log) = self.log else { return false };
        match FileIdentity::of(&beside(&self.file.path, "-wal")) {
            Ok(there) => there != log,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }

    /// Brings what is in the lost log into the database or, where a long read keeps it out, into a copy.
    pub(super) fn secure_log(&mut self, connection: Option<&Connection>) {
        self.file.health.set_file(Some(Trouble::LogLost));
        let secured = connection
            .ok_or(StoreError::Stopped)
            .and_then(|connection| {
                if checkpoint(connection, "TRUNCATE").is_ok_and(|ended| !ended.is_held_up) {
                    return Ok(None);
                }
                let aside = self.aside();
                copy_open_file(connection, &aside).inspect_err(|_| remove(&aside))?;
                Ok(Some(aside))
            });
        let database = self.file.path.display();
        match secured {
            Ok(None) => tracing::error!(
                %database,
                "the write-ahead log was moved or deleted; what it held is in the database, and the server ends to be \
                 started again"
            ),
            Ok(Some(kept)) => tracing::error!(
                %database, kept = %kept.display(),
                "the write-ahead log was moved or deleted; what it held is kept in a copy, and the server ends to be \
                 started again"
            ),
            Err(error) => tracing::error!(
                %database, %error,
                "the write-ahead log was moved or deleted, and what it held could not be copied; the server ends to be \
                 started again"
            ),
        }
    }

    /// A name for a copy of what the open file holds.
    fn aside(&self) -> PathBuf {
        let moment = self.clock.now().rfc3339().replace([':', '-'], "");
        unused_beside(&self.file.path, &format!("{DISPLACED}{moment}"))
    }

    fn secure(&mut self, trouble: Trouble, connection: Option<&Connection>) {
        let path = &self.file.path;
        let aside = self.aside();
        let mut kept = None;
        if let Some(connection) = connection
            && !self.copied
        {
            match copy_open_file(connection, &aside) {
                Ok(()) => {
                    self.copied = true;
                    kept = Some(aside.display().to_string());
                }
                Err(error) => {
                    remove(&aside);
                    tracing::error!(%error, "what the database held could not be copied");
                }
            }
        }
        // SQLite would read the old log into the new file at its next opening.
        if trouble == Trouble::Replaced {
            self.move_log_aside(&aside);
        }
        tracing::error!(
            database = %path.display(), kept,
            "{trouble}; writes are refused, and nothing is written to what is there now"
        );
    }

    fn move_log_aside(&self, aside: &Path) {
        let log = beside(&self.file.path, "-wal");
        if self.log.is_none() || FileIdentity::of(&log).ok() != self.log {
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
    let mut copy = Connection::open_with_flags(target, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    Backup::new(connection, &mut copy)?.step(-1)?;
    Ok(())
}
