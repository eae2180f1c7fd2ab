//! One server per file.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

use super::error::OpenError;

/// An advisory lock on `<database>-lock`, beside the database because closing any handle of the database
/// itself would drop SQLite's own locks. The operating system releases it when the process ends, however
/// it ends.
pub struct ServerLock {
    path: PathBuf,
    _file: File,
}

impl ServerLock {
    pub(super) fn acquire(database: &Path) -> Result<Self, OpenError> {
        let mut path = database.as_os_str().to_owned();
        path.push("-lock");
        let path = PathBuf::from(path);
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
                    let mut pid = String::new();
                    let pid = file
                        .read_to_string(&mut pid)
                        .ok()
                        .and_then(|_| pid.trim().parse().ok());
                    return Err(OpenError::AlreadyServed {
                        path: database.to_owned(),
                        pid,
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
            return Ok(Self { path, _file: file });
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
