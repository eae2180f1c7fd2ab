//! Lock that allows one server per file.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::sleep,
    time::{Duration, Instant},
};

use super::{error::OpenError, file_identity::FileIdentity, location, schema::SERVED};

/// Time for a server to create its missing lock file again, which it tries several times per second.
const RENEWAL: Duration = Duration::from_secs(5);
/// Time for a server that has lost its index to exit.
const END: Duration = Duration::from_secs(3);
/// Time that another process can inspect the lock.
const GLANCE: Duration = Duration::from_millis(100);
const STEP: Duration = Duration::from_millis(20);

/// Advisory lock on `<database>-lock`, a separate file because closing any handle of the database itself would drop
/// SQLite's own locks. The operating system releases it when the process exits for any reason.
pub struct ServerLock(Arc<HeldLock>);

/// Held lock file of a [`ServerLock`]. It has two lines: the process, and device and inode of the database's `-shm`.
pub(super) struct HeldLock {
    database: PathBuf,
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    /// `None` once the lock is released.
    file: Option<File>,
    index: Option<FileIdentity>,
}

/// Result of inspecting a lock.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kept {
    InPlace,
    /// Its file was gone.
    Renewed,
    /// Its file was gone, and another server was faster.
    TakenByOther,
}

/// A server that serves a database.
pub struct RunningServer {
    pub pid: Option<u32>,
    index: Option<FileIdentity>,
}

impl ServerLock {
    /// The server that serves this database, if one does. Changes nothing: the file of the lock is only read.
    pub(super) fn holder(database: &Path) -> Option<RunningServer> {
        let path = location::beside(&location::resolve(database), "-lock");
        let mut file = File::open(path).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(RunningServer::read(&mut file)),
            _ => None,
        }
    }

    pub(super) fn acquire(database: &Path) -> Result<Self, OpenError> {
        let database = location::resolve(database);
        let path = location::beside(&database, "-lock");
        let unusable = |path: &Path, error: io::Error| OpenError::Unusable {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        // A database in use without a lock can belong to a server whose lock file was deleted.
        if location::beside(&database, "-shm").exists() {
            wait_for(RENEWAL, || path.exists());
        }
        let mut taken = take(&path);
        wait_for(GLANCE, || {
            if let Ok(Err(_)) = taken {
                taken = take(&path);
            }
            !matches!(taken, Ok(Err(_)))
        });
        let file = match taken.map_err(|error| unusable(&path, error))? {
            Ok(file) => file,
            Err(server) => {
                return Err(OpenError::AlreadyServed {
                    path: database,
                    pid: server.pid,
                });
            }
        };
        let state = State {
            file: Some(file),
            index: None,
        };
        let lock = Self(Arc::new(HeldLock {
            database: database.clone(),
            path,
            state: Mutex::new(state),
        }));
        // SQLite has a write-ahead log for each name, and there would be a lock for each.
        let other_names = location::remove_passing_names(&database)
            .and_then(|()| location::has_other_names(&database));
        match other_names {
            Ok(false) => Ok(lock),
            Ok(true) => Err(OpenError::SeveralNames(database)),
            Err(error) => Err(unusable(&database, error)),
        }
    }

    /// Records the index of the open store.
    pub(super) fn held(&self, index: Option<FileIdentity>) -> Arc<HeldLock> {
        self.0.set_index(index);
        self.0.clone()
    }

    /// The path of the database's file itself.
    pub fn database(&self) -> &Path {
        &self.0.database
    }

    /// Leaves a mark that the database was here: if it is missing at a later start, no new one is created.
    pub fn mark_served(&self) -> io::Result<()> {
        let text = "Keyfob has served the database that this file is named after. If the database is missing, this \
        file prevents a new, empty one from being created.\n";
        let mark = location::beside(self.database(), SERVED);
        match mark.exists() {
            true => Ok(()),
            false => std::fs::write(mark, text),
        }
    }
}

impl Drop for ServerLock {
    fn drop(&mut self) {
        let mut state = self.0.state();
        // A file that another server has created in the meantime is not touched.
        if let Some(file) = state.file.take()
            && is_still_at(&file, &self.0.path)
            // Deleted while the lock is still held; a waiting process checks again.
            && let Err(error) = std::fs::remove_file(&self.0.path)
        {
            tracing::debug!(%error, "could not remove lock file");
        }
    }
}

impl HeldLock {
    /// Creates the lock file again if it is gone.
    pub(super) fn keep(&self, index: Option<FileIdentity>) -> io::Result<Kept> {
        let mut state = self.state();
        if state
            .file
            .as_ref()
            .is_none_or(|file| is_still_at(file, &self.path))
        {
            return Ok(Kept::InPlace);
        }
        let mut file = match take(&self.path)? {
            Ok(file) => file,
            // Its own lock, which could not be looked at a moment ago.
            Err(holder) if holder.is_this_process() => return Ok(Kept::InPlace),
            Err(_) => return Ok(Kept::TakenByOther),
        };
        describe(&mut file, index)?;
        state.index = index;
        state.file = Some(file);
        Ok(Kept::Renewed)
    }

    /// Records for other processes the index that must be at its path; `None` if the server uses none there.
    pub(super) fn set_index(&self, index: Option<FileIdentity>) {
        let mut state = self.state();
        if state.index == index {
            return;
        }
        state.index = index;
        if let Some(file) = &mut state.file
            && let Err(error) = describe(file, index)
        {
            tracing::error!(%error, path = %self.path.display(), "could not be written");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Error if the server of a database has another `-shm` than the one at its path, which was moved or deleted: the
/// server would overwrite changes made with the new one. Such a server exits by itself, so this waits for it.
pub(super) fn require_index_of_server(database: &Path) -> Result<(), OpenError> {
    let lock = location::beside(database, "-lock");
    let index = location::beside(database, "-shm");
    let log = location::beside(database, "-wal");
    // A log without its index is what is left when index and lock of a running server were deleted.
    if !index.exists() && log.exists() {
        wait_for(RENEWAL, || lock.exists());
    }
    let mut other = None;
    let agrees = wait_for(END, || {
        other = ServerLock::holder(database).filter(|server| !server.is_this_process());
        other
            .as_ref()
            .and_then(|server| server.index)
            .is_none_or(|served| FileIdentity::of(&index).is_ok_and(|there| there == served))
    });
    match agrees {
        true => Ok(()),
        false => Err(OpenError::IndexLost {
            path: database.to_owned(),
            pid: other.and_then(|server| server.pid),
        }),
    }
}

impl RunningServer {
    fn read(lock: &mut File) -> Self {
        let mut text = String::new();
        let mut lines = match lock.read_to_string(&mut text) {
            Ok(_) => text.lines(),
            Err(_) => "".lines(),
        };
        let pid = lines.next().and_then(|line| line.trim().parse().ok());
        let index = lines.next().and_then(|line| {
            let (device, inode) = line.split_once(' ')?;
            Some(FileIdentity(device.parse().ok()?, inode.parse().ok()?))
        });
        Self { pid, index }
    }

    fn is_this_process(&self) -> bool {
        self.pid == Some(std::process::id())
    }
}

/// Acquires the lock on the file at the path, creating it if it is missing. If it stays locked, returns the server that
/// has it.
fn take(path: &Path) -> io::Result<Result<File, RunningServer>> {
    loop {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Err(RunningServer::read(&mut file))),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // A server that stopped may have deleted the file between opening and locking it.
        if is_still_at(&file, path) {
            describe(&mut file, None)?;
            return Ok(Ok(file));
        }
    }
}

/// In one write, so that no process reads a part of it.
fn describe(file: &mut File, index: Option<FileIdentity>) -> io::Result<()> {
    let index = index.map_or(String::new(), |FileIdentity(device, inode)| {
        format!("{device} {inode}\n")
    });
    let text = format!("{}\n{index}", std::process::id());
    file.rewind()?;
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)
}

/// Whether the condition became true in time.
fn wait_for(time: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    loop {
        if is_so() {
            return true;
        }
        if began.elapsed() >= time {
            return false;
        }
        sleep(STEP);
    }
}

#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> bool {
    let ours = file
        .metadata()
        .map(|file| FileIdentity::from_metadata(&file));
    matches!((ours, FileIdentity::of(path)), (Ok(ours), Ok(there)) if ours == there)
}

#[cfg(not(unix))]
fn is_still_at(_file: &File, path: &Path) -> bool {
    path.exists()
}
