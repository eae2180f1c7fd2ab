//! Writer thread with group commit.
//!
//! It takes the queued jobs, up to a limit, runs each in its own savepoint inside one transaction, commits once, then
//! sends all results. The jobs share the flush, which is most of the cost.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use super::{
    checkpoint::{Checkpoints, LogLimit, Turn},
    connection,
    effects::{Effects, Notice},
    error::{OpenError, StoreError},
    guard::{Guard, LockSlot},
    health::{Health, Trouble},
    job::{Answer, Call, Job},
    newest_id,
    observer::ObserverSlot,
    served_file::ServedFile,
    server_lock::HeldLock,
    tx::Tx,
};
use crate::{
    clock::{OncePerSecond, SharedClock},
    crypto::random::IdGenerator,
};

/// Maximum number of waiting jobs; above it, the response is 503 immediately.
const QUEUE: usize = 4096;
/// Jobs in one transaction.
const BATCH: usize = 256;
/// Time that a transaction waits for another process that has already held the file for the whole time before.
const STILL_LOCKED: Duration = Duration::from_millis(100);
/// Interval of checking the file for changes by other processes.
const POLL: Duration = Duration::from_millis(250);

pub(super) struct Writer {
    queue: Option<SyncSender<Box<dyn Job>>>,
    queued: Arc<AtomicUsize>,
    pub(super) observer: ObserverSlot,
    lock: LockSlot,
    stop_checkpoints: Option<SyncSender<()>>,
    /// Whether one of the threads has ended unexpectedly.
    has_ended: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(
        file: ServedFile,
        health: Arc<Health>,
        clock: SharedClock,
        ids: Arc<IdGenerator>,
    ) -> Result<Self, OpenError> {
        let path = file.path.clone();
        let path = path.as_path();
        let sqlite = |error: rusqlite::Error| OpenError::from_sqlite(path, &error);
        let (queue, jobs) = sync_channel(QUEUE);
        let (stop_checkpoints, stopped) = sync_channel(1);
        let queued = Arc::new(AtomicUsize::new(0));
        let observer = ObserverSlot::new(health.clone());
        let lock = LockSlot::default();
        let turn = Turn::default();
        let mut worker = Worker {
            path: path.to_owned(),
            connection: Some(connection::open_writable(path).map_err(sqlite)?),
            guard: Guard::new(file.clone(), lock.clone()),
            log: LogLimit::new(stop_checkpoints.clone(), turn.clone()),
            health: health.clone(),
            failures: OncePerSecond::new(),
            clock: clock.clone(),
            ids,
            queued: queued.clone(),
            observer: observer.clone(),
            is_stale: false,
            data_version: None,
            is_behind: false,
            was_locked: false,
        };
        worker.count_log().map_err(sqlite)?;
        // Changes by other processes from here on are noticed, also before the first poll.
        worker.look_for_foreign_change();
        worker.guard.watch(clock);
        let checkpoints = Checkpoints::of(file, turn).map_err(sqlite)?;
        let has_ended = watch::Sender::new(false);
        let spawn = |name: &str, work: Box<dyn FnOnce() -> Leave + Send>| {
            let has_ended = has_ended.clone();
            std::thread::Builder::new()
                .name(name.into())
                .spawn(move || match catch_unwind(AssertUnwindSafe(work)) {
                    Ok(Leave::Asked) => {}
                    Ok(Leave::Early) | Err(_) => {
                        has_ended.send_replace(true);
                    }
                })
                .map_err(|error| OpenError::Unusable {
                    path: path.to_owned(),
                    reason: format!("could not start thread: {error}"),
                })
        };
        let threads = vec![
            spawn("keyfob-writer", Box::new(move || worker.run(&jobs)))?,
            spawn(
                "keyfob-checkpoint",
                Box::new(move || {
                    checkpoints.run(&stopped);
                    Leave::Asked
                }),
            )?,
        ];
        Ok(Self {
            queue: Some(queue),
            queued,
            observer,
            lock,
            stop_checkpoints: Some(stop_checkpoints),
            has_ended,
            threads,
        })
    }

    pub(super) fn submit<T, E>(
        &self,
        job: impl FnOnce(&Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<oneshot::Receiver<Answer<T, E>>, StoreError>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(StoreError::Stopped)?;
        self.queued.fetch_add(1, Ordering::Relaxed);
        queue
            .try_send(Box::new(Call::new(job, caller)))
            .map_err(|error| {
                self.queued.fetch_sub(1, Ordering::Relaxed);
                match error {
                    TrySendError::Full(_) => StoreError::Overloaded,
                    TrySendError::Disconnected(_) => StoreError::Stopped,
                }
            })?;
        Ok(answer)
    }

    pub(super) fn queued(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }

    /// Waits until one of the threads has ended unexpectedly.
    pub(super) async fn ended(&self) {
        if self
            .has_ended
            .subscribe()
            .wait_for(|has_ended| *has_ended)
            .await
            .is_err()
        {
            tracing::error!("the database threads no longer report");
        }
    }

    /// Watches the lock from now on, and creates its file again if it is gone.
    pub(super) fn keep_lock(&self, lock: Arc<HeldLock>) {
        self.lock.get_or_init(|| lock);
    }
}

impl Drop for Writer {
    /// Finishes what is queued, then closes the file.
    fn drop(&mut self) {
        self.queue.take();
        self.stop_checkpoints.take();
        // The observer can hold the store, which must not keep it open.
        self.observer.set(None);
        for thread in self.threads.drain(..) {
            if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
                tracing::error!("database thread panicked");
            }
        }
    }
}

/// Reason why a thread of the store ends.
enum Leave {
    /// The store is closed.
    Asked,
    /// This process cannot store anything any more.
    Early,
}

struct Worker {
    path: PathBuf,
    /// `None` after a failure with unknown effects, until it is opened again.
    connection: Option<Connection>,
    guard: Guard,
    log: LogLimit,
    health: Arc<Health>,
    failures: OncePerSecond,
    clock: SharedClock,
    ids: Arc<IdGenerator>,
    queued: Arc<AtomicUsize>,
    observer: ObserverSlot,
    /// Whether committed changes may not have been read again.
    is_stale: bool,
    data_version: Option<i64>,
    /// Whether another process has made changes that the observer has not read.
    is_behind: bool,
    /// The last transaction waited in vain for another process.
    was_locked: bool,
}

impl Worker {
    fn run(mut self, jobs: &Receiver<Box<dyn Job>>) -> Leave {
        let leave = self.work(jobs);
        if let Some(connection) = &self.connection {
            self.guard.before_close(connection);
        }
        leave
    }

    fn work(&mut self, jobs: &Receiver<Box<dyn Job>>) -> Leave {
        let mut batch = Vec::with_capacity(BATCH);
        let mut next_poll = Instant::now();
        loop {
            match jobs.recv_timeout(POLL) {
                Ok(job) => {
                    batch.push(job);
                    batch.extend(std::iter::from_fn(|| jobs.try_recv().ok()).take(BATCH - 1));
                    self.queued.fetch_sub(batch.len(), Ordering::Relaxed);
                    self.commit(&mut batch);
                    if !self.guard.is_over() {
                        self.keep_log_short();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Leave::Asked,
            }
            let now = Instant::now();
            if now >= next_poll {
                next_poll = now + POLL;
                if self.guard.look(self.connection.as_ref()).is_ok()
                    && self.guard.look_around(self.connection.as_ref())
                {
                    self.look_for_foreign_change();
                    // The caller that waited for the change has read it, unless that failed or the caller gave up.
                    self.is_stale = self.is_stale && !self.observer.tell(Notice::Stale);
                }
            }
            if self.guard.is_over() {
                return Leave::Early;
            }
        }
    }

    /// Runs the batch in one transaction and sends the result of every job.
    fn commit(&mut self, batch: &mut Vec<Box<dyn Job>>) {
        let was_locked = self.was_locked;
        let outcome = self
            .guard
            .look(self.connection.as_ref())
            .and_then(|()| self.try_commit(batch));
        self.was_locked = matches!(outcome, Err(StoreError::Overloaded));
        if self.was_locked != was_locked {
            self.wait_for_others();
        }
        if let Err(error) = &outcome {
            if let Some(unlogged) = self.failures.admit() {
                tracing::error!(%error, jobs = batch.len(), unlogged, "transaction not committed");
            }
            match error.trouble() {
                Some(Trouble::Damaged) => self.health.set_damaged(),
                Some(trouble) => self.health.set_commit(Some(trouble)),
                None => {}
            }
            if let StoreError::Failed(_) | StoreError::DiskFull | StoreError::Damaged(_) = error {
                // After a failed write or flush, the pages in memory can differ from the file.
                self.connection = None;
            } else if let Some(connection) = &self.connection
                && !connection.is_autocommit()
                && connection.execute_batch("ROLLBACK").is_err()
            {
                self.connection = None;
            }
        }
        for job in batch.drain(..) {
            job.answer(match &outcome {
                Ok(()) => Ok(()),
                Err(StoreError::Conflict(_)) => Err(StoreError::Overloaded),
                Err(error) => Err(error.clone()),
            });
        }
    }

    fn try_commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        if self.connection.is_none() {
            self.connection = Some(connection::open_writable(&self.path)?);
            self.count_log()?;
            // A version that no connection has, so that the next poll sees changes made in between.
            self.data_version = Some(i64::MIN);
        }
        let Some(connection) = &self.connection else {
            return Err(StoreError::Stopped);
        };
        let run = |sql: &str| {
            connection
                .prepare_cached(sql)
                .and_then(|mut statement| statement.execute([]))
        };
        let changes = connection.total_changes();
        run("BEGIN IMMEDIATE")?;
        let mut effects = Effects::default();
        let tx = Tx::new(connection, &self.health, &self.ids, self.clock.now_ms());
        for job in batch.iter_mut() {
            run("SAVEPOINT job")?;
            let keep = catch_unwind(AssertUnwindSafe(|| job.run(&tx))).unwrap_or(false);
            let changed = tx.take_effects();
            match keep {
                true => effects.add(changed),
                false => drop(run("ROLLBACK TO job")?),
            }
            run("RELEASE job")?;
        }
        run("COMMIT")?;
        if connection.total_changes() > changes {
            self.health.set_commit(None);
        }
        if !effects.is_empty() {
            self.is_stale |= !effects.stale.is_empty();
            self.observer.tell(Notice::Committed(effects));
        }
        Ok(())
    }

    /// Jobs queued during a failed wait have waited long enough, and must not wait as long again.
    fn wait_for_others(&self) {
        let wait = if self.was_locked {
            STILL_LOCKED
        } else {
            connection::BUSY_TIMEOUT
        };
        if let Some(connection) = &self.connection
            && let Err(error) = connection.busy_timeout(wait)
        {
            tracing::error!(%error, "could not set the busy timeout");
        }
    }

    fn count_log(&mut self) -> rusqlite::Result<()> {
        let connection = self.connection.as_mut();
        connection.map_or(Ok(()), |connection| self.log.count(connection))
    }

    fn keep_log_short(&mut self) {
        if let Some(connection) = &self.connection
            && let Err(error) = self.log.keep(connection)
            && !matches!(error, StoreError::Overloaded)
            && self.health.set_checkpoint(Some(Trouble::Checkpoint))
        {
            tracing::error!(%error, "checkpoint failed; will retry");
        }
    }

    /// `PRAGMA data_version` of this connection changes when, and only when, another connection has
    /// committed. In this process only this connection writes, so it was another process.
    fn look_for_foreign_change(&mut self) {
        let Some(connection) = &self.connection else {
            return;
        };
        let read = connection
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut statement| statement.query_row([], |row| row.get::<_, i64>(0)));
        let Ok(version) = read else { return };
        if self.data_version.is_some_and(|before| before != version) {
            let tx = Tx::new(connection, &self.health, &self.ids, self.clock.now_ms());
            match newest_id::newest(&tx) {
                Ok(newest) => newest.into_iter().for_each(|id| self.ids.advance_past(id)),
                Err(error) => tracing::error!(%error, "could not read the latest id"),
            }
            self.is_behind = true;
        }
        self.data_version = Some(version);
        // There may be no observer yet: the server is starting.
        self.is_behind = self.is_behind && !self.observer.tell(Notice::ChangedElsewhere);
    }
}
