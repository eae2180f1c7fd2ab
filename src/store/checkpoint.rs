//! Thread that copies the write-ahead log into the file, outside of any request.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError},
    },
    time::{Duration, Instant, SystemTime},
};

use rusqlite::{Connection, hooks::Wal};

use super::{
    connection, error::StoreError, health::Trouble, location::beside, served_file::ServedFile,
    wal_checkpoint::checkpoint,
};

/// Interval of checking the log.
const EVERY: Duration = Duration::from_secs(1);
/// Size in bytes above which the log is restarted, and truncated when there are no writes.
const MAX_LOG: u64 = 24 << 20;
/// Bytes of a page, SQLite's own default; a frame of the log holds one.
const PAGE_SIZE: u64 = 4096;
/// Size in bytes at which the thread is woken early.
const WAKE: u64 = MAX_LOG + (1 << 20);
/// Size in bytes at which the writer thread copies the log itself: 64 MB are only reached during a long read.
const WRITER_LIMIT: u64 = 44 << 20;
/// Time until either is tried again.
const STEP: u64 = 4 << 20;
/// Time that a checkpoint waits for readers while writes are blocked.
const PATIENCE: Duration = Duration::from_millis(100);

/// Held during a checkpoint: SQLite rejects a second one at the same time.
pub(super) type Turn = Arc<Mutex<()>>;

pub(super) struct Checkpoints {
    connection: Connection,
    log: PathBuf,
    turn: Turn,
    file: ServedFile,
    /// Since when a long read keeps the log from starting over, as far as was tried.
    held_up_at: Option<Instant>,
}

impl Checkpoints {
    pub(super) fn of(file: ServedFile, turn: Turn) -> rusqlite::Result<Self> {
        let connection = connection::open_writable(&file.path)?;
        connection.busy_timeout(PATIENCE)?;
        Ok(Self {
            connection,
            log: beside(&file.path, "-wal"),
            turn,
            file,
            held_up_at: None,
        })
    }

    /// Runs at intervals and when woken, until the senders of `woken` are dropped.
    pub(super) fn run(mut self, woken: &Receiver<()>) {
        let mut seen = None;
        while woken.recv_timeout(EVERY) != Err(RecvTimeoutError::Disconnected) {
            if self.file.lost_companion().is_some() {
                continue;
            }
            let now = self.state();
            let turn = self.turn.clone();
            let turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
            let looked = self.look(now != seen);
            drop(turn);
            match looked {
                Ok(()) => {
                    self.file.health().set_checkpoint(None);
                    seen = now;
                }
                // Another process that uses the file is not a disk error.
                Err(StoreError::Overloaded) => {}
                Err(error) => {
                    let health = self.file.health();
                    if health.set_checkpoint(Some(Trouble::Checkpoint)) {
                        tracing::error!(%error, "checkpoint failed; will retry");
                    }
                }
            }
        }
        self.file.close_without_index(&self.connection);
    }

    /// Size of the log and time of its last write; `None` without a log.
    fn state(&self) -> Option<(u64, SystemTime)> {
        let metadata = std::fs::metadata(&self.log).ok()?;
        Some((metadata.len(), metadata.modified().ok()?))
    }

    /// While writes continue without a pause, a PASSIVE checkpoint never finishes, and the log grows. RESTART then
    /// blocks the writer for the few new frames, and lets it start at the front. TRUNCATE frees the log's space while
    /// the writer waits, which takes tens of milliseconds, so it is only used if nothing was written since the last
    /// check. During a long read (a backup, an integrity check) neither can finish, so the writer is not blocked for it
    /// again immediately.
    fn look(&mut self, written: bool) -> Result<(), StoreError> {
        if written {
            let frames = checkpoint(&self.connection, "PASSIVE")?.frames;
            let is_held_up = self.held_up_at.is_some_and(|at| at.elapsed() < EVERY);
            if frames.saturating_mul(PAGE_SIZE) > MAX_LOG && !is_held_up {
                // Copying the frames written during the first checkpoint takes a fraction of its time, and leaves a
                // fraction of that to the RESTART that blocks the writer.
                checkpoint(&self.connection, "PASSIVE")?;
                let restarted = checkpoint(&self.connection, "RESTART")?;
                self.held_up_at = restarted.is_held_up.then(Instant::now);
            }
        } else if self.state().is_some_and(|(bytes, _)| bytes > MAX_LOG) {
            checkpoint(&self.connection, "TRUNCATE")?;
        }
        Ok(())
    }
}

/// Part of the writer thread: if checkpoints are too slow, the thread that extends the log does one itself.
pub(super) struct LogLimit {
    /// Frames in the log after the last commit.
    frames: Arc<AtomicU64>,
    wake: SyncSender<()>,
    turn: Turn,
    /// Bytes at which the thread is woken.
    wake_at: u64,
    /// Bytes at which the writer sees to it itself.
    limit: u64,
}

impl LogLimit {
    pub(super) fn new(wake: SyncSender<()>, turn: Turn) -> Self {
        Self {
            frames: Arc::default(),
            wake,
            turn,
            wake_at: WAKE,
            limit: WRITER_LIMIT,
        }
    }

    /// Counts what this connection commits.
    pub(super) fn count(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        let frames = self.frames.clone();
        connection.wal_hook(Some(move |_: &mut Wal, pages| {
            frames.store(u64::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))
    }

    /// After a commit. While the other thread keeps up it costs a comparison.
    pub(super) fn keep(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let bytes = self.frames.load(Ordering::Relaxed) * PAGE_SIZE;
        if bytes < WAKE {
            self.wake_at = WAKE;
            self.limit = WRITER_LIMIT;
            return Ok(());
        }
        if bytes >= self.limit {
            let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
            connection.busy_timeout(PATIENCE)?;
            let restarted = checkpoint(connection, "RESTART");
            connection.busy_timeout(connection::BUSY_TIMEOUT)?;
            // A long read keeps the log from starting over: it is tried again some megabytes later.
            self.limit = bytes + STEP;
            return restarted.map(drop);
        }
        if bytes >= self.wake_at {
            self.wake_at = bytes + STEP;
            match self.wake.try_send(()) {
                // The thread is already awake, or stopping.
                Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &std::path::Path) -> ServedFile {
        ServedFile::at(path, Arc::default()).unwrap()
    }

    #[test]
    fn a_long_log_is_begun_anew_under_load_and_given_back_in_peace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyfob.db");
        Connection::open(&path)
            .unwrap()
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE blobs (bytes BLOB)")
            .unwrap();
        let writer = connection::open_writable(&path).unwrap();
        let write = |bytes: i64| {
            writer
                .execute("INSERT INTO blobs VALUES (zeroblob(?1))", [bytes])
                .unwrap();
        };
        let mut checkpoints = Checkpoints::of(file(&path), Turn::default()).unwrap();
        let log = path.with_extension("db-wal");
        let bytes = || std::fs::metadata(&log).unwrap().len();

        write(i64::try_from(MAX_LOG + PAGE_SIZE).unwrap());
        let long = bytes();
        assert!(long > MAX_LOG);
        checkpoints.look(true).unwrap();
        write(1);
        assert_eq!(bytes(), long, "its space is kept while it is written to");
        let frames = checkpoint(&checkpoints.connection, "PASSIVE")
            .unwrap()
            .frames;
        assert!(frames < 10, "{frames} frames: it did not begin anew");

        checkpoints.look(false).unwrap();
        assert_eq!(bytes(), 0);
    }

    #[test]
    fn a_short_log_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyfob.db");
        Connection::open(&path)
            .unwrap()
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE blobs (bytes BLOB)")
            .unwrap();
        let mut checkpoints = Checkpoints::of(file(&path), Turn::default()).unwrap();
        let writer = connection::open_writable(&path).unwrap();
        writer
            .execute_batch("INSERT INTO blobs VALUES (zeroblob(100000))")
            .unwrap();
        let before = checkpoints.state();
        checkpoints.look(true).unwrap();
        checkpoints.look(false).unwrap();
        assert_eq!(checkpoints.state(), before);
    }
}
