//! One server per file.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use super::{error::OpenError, location, schema::SERVED};

/// An advisory lock on `<database>-lock`, beside the database because closing any handle of the database
/// itself would drop SQLite's own locks. The operating system releases it when the process ends, however
/// it ends.
pub struct ServerLock {
    database: PathBuf,
    path: PathBuf,
    _file: File,
}

/// A server that serves a database.
pub struct RunningServer {
    pub pid: Option<u32>,
}

impl ServerLock {
    /// The server that serves this database, if one does. Changes nothing: the file of the lock is only read.
    pub(super) fn holder(database: &Path) -> Option<RunningServer> {
        let path = location::beside(&location::resolve(database), "-lock");
        let mut file = File::open(path).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(RunningServer {
                pid: pid_in(&mut file),
            }),
            _ => None,
        }
    }

    pub(super) fn acquire(database: &Path) -> Result<Self, OpenError> {
        let database = location::resolve(database);
        let path = location::beside(&database, "-lock");
        let unusable = |error: std::io::Error| OpenError::Unusable {
            path: path.clone(),
            reason: error.to_string(),
        };
        loop {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(unusable)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(OpenError::AlreadyServed {
                        path: database,
                        pid: pid_in(&mut file),
                    });
                }
                Err(TryLockError::Error(error)) => return Err(unusable(error)),
            }
            // The file may have been removed by a server that stopped between our open and our lock.
            if !is_still_at(&file, &path) {
                continue;
            }
            let write_pid = file
                .set_len(0)
                .and_then(|()| file.rewind())
                .and_then(|()| writeln!(file, "{}", std::process::id()));
            write_pid.map_err(unusable)?;
            let lock = Self {
                database,
                path,
                _file: file,
            };
            // SQLite has a write-ahead log for each name, and there would be a lock for each.
            return match location::has_other_names(&lock.database) {
                Ok(false) => Ok(lock),
                Ok(true) => Err(OpenError::SeveralNames(lock.database.clone())),
                Err(error) => Err(OpenError::Unusable {
                    path: lock.database.clone(),
                    reason: error.to_string(),
                }),
            };
        }
    }
}

impl ServerLock {
    /// The path of the database's file itself.
    pub fn database(&self) -> &Path {
        &self.database
    }

    /// Leaves a mark that the database was here: if it is missing at a later start, no new one is created.
    pub fn mark_served(&self) -> io::Result<()> {
        let text = "keyfob has served the database that this file is named after. If it is missing, this file \
                    keeps a new and empty one from being made in its place.\n";
        let mark = location::beside(&self.database, SERVED);
        match mark.exists() {
            true => Ok(()),
            false => std::fs::write(mark, text),
        }
    }
}

impl Drop for ServerLock {
    fn drop(&mut self) {
        // Removed while the lock is still held; whoever waits for it looks again.
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "the lock file could not be removed");
        }
    }
}

fn pid_in(lock: &mut File) -> Option<u32> {
    let mut pid = String::new();
    lock.read_to_string(&mut pid).ok()?;
    pid.trim().parse().ok()
}

#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(there)) => ours.ino() == there.ino() && ours.dev() == there.dev(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_still_at(_file: &File, path: &Path) -> bool {
    path.exists()
}
