//! The one SQLite file. Owns rusqlite, r2d2 and every line of SQL; knows nothing of the protocol's rules.
//!
//! Reads run where they are called, on a pooled read-only connection: a point read by primary key takes microseconds, a
//! thread hop costs more. Writes go to one writer thread (`writer`), which commits all queued jobs in one transaction,
//! so that they share the flush. No rusqlite type leaves this folder: the rest of the crate uses [`Store`], [`Tx`] and
//! the functions of the tables.

pub mod access_tokens;
pub mod admin_sessions;
pub mod audit_events;
pub mod authorization_codes;
pub mod backup;
mod beyond;
mod checkpoint;
pub mod client_registrations;
pub mod clients;
mod connection;
pub mod consents;
pub mod counters;
pub mod deleted_objects;
pub mod device_codes;
mod effects;
mod error;
mod file_identity;
pub mod granted_scopes;
pub mod grants;
mod guard;
mod health;
pub mod home_networks;
pub mod issued;
mod job;
pub mod location;
pub mod logout_notices;
mod newest_id;
pub mod objects;
mod observer;
mod own_schema;
pub mod password_links;
mod pool;
pub mod private_file;
pub mod purge;
pub mod pushed_requests;
pub mod refresh_tokens;
pub mod revocations;
mod schema;
mod served_file;
mod server_lock;
pub mod server_secrets;
pub mod sessions;
pub mod settings;
pub mod setup_tokens;
pub mod sign_in_names;
pub mod signing_keys;
mod sql_types;
mod subjects;
pub mod teams;
pub mod trial;
mod tx;
pub mod unused_clients;
pub mod used_jtis;
pub mod users;
mod wal_checkpoint;
mod writer;

use std::{path::Path, sync::Arc, time::Duration};

use tokio::sync::oneshot::error::RecvError;

pub use self::{
    beyond::Beyond,
    effects::{Effects, Notice, Stale},
    error::{BackupError, OpenError, StoreError},
    health::Trouble,
    schema::IfMissing,
    server_lock::{RunningServer, ServerLock},
    tx::Tx,
};
use self::{health::Health, job::Answer, pool::ReadPool, served_file::ServedFile, writer::Writer};
use crate::{
    clock::SharedClock,
    crypto::random::IdGenerator,
    domain::{id::Id, time::UnixSeconds},
};

/// The database. Cheap to clone; the last clone to go closes the file.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    file: ServedFile,
    health: Arc<Health>,
    clock: SharedClock,
    ids: Arc<IdGenerator>,
    pool: ReadPool,
    writer: Writer,
    /// The newest id in the file when it was opened.
    newest_before: Option<Id>,
}

/// Time that a stopping server waits for readers.
const SETTLE_PATIENCE: Duration = Duration::from_secs(1);

impl Store {
    /// Opens the file, migrates its schema and starts the writer thread. A file that is not a Keyfob database, or is
    /// newer than this program, is an error and is not changed.
    pub fn open(path: &Path, if_missing: IfMissing, clock: SharedClock) -> Result<Self, OpenError> {
        let path = location::resolve(path);
        let path = path.as_path();
        server_lock::require_index_of_server(path)?;
        match location::has_other_names(path) {
            Ok(false) => {}
            Ok(true) => return Err(OpenError::SeveralNames(path.to_owned())),
            Err(error) => {
                return Err(OpenError::Unusable {
                    path: path.to_owned(),
                    reason: error.to_string(),
                });
            }
        }
        schema::prepare(path, if_missing, clock.now())?;
        let health = Arc::new(Health::default());
        let file = ServedFile::at(path, health.clone()).map_err(|error| OpenError::Unusable {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        let ids = Arc::new(IdGenerator::default());
        let pool = ReadPool::open(file.clone())?;
        let writer = Writer::start(file.clone(), health.clone(), clock.clone(), ids.clone())?;
        // Its files may have been deleted since: this process would then write to other files than the server.
        server_lock::require_index_of_server(path)?;
        let newest_before = {
            let connection = pool.get()?;
            newest_id::newest(&Tx::new(&connection, &health, &ids, clock.now_ms()))?
        };
        if let Some(newest) = newest_before {
            ids.advance_past(newest);
        }
        Ok(Self {
            inner: Arc::new(Inner {
                file,
                health,
                clock,
                ids,
                pool,
                writer,
                newest_before,
            }),
        })
    }

    /// An error if the database is missing where it was before: no new one is to be created there.
    pub fn require_no_trace(path: &Path) -> Result<(), OpenError> {
        schema::require_no_trace(&location::resolve(path))
    }

    /// Acquires the server lock of this file. Held until dropped; a second server gets an error.
    pub fn lock_for_serving(path: &Path) -> Result<ServerLock, OpenError> {
        ServerLock::acquire(path)
    }

    /// The server that serves this database at the moment, if one does.
    pub fn server_of(path: &Path) -> Option<RunningServer> {
        ServerLock::holder(path)
    }

    /// Watches over the lock of the server that this store belongs to.
    pub fn keep_lock(&self, lock: &ServerLock) {
        self.inner
            .writer
            .keep_lock(lock.held(self.inner.file.index()));
    }

    pub fn path(&self) -> &Path {
        &self.inner.file.path
    }

    /// New ID, above every ID that this store has created.
    pub fn new_id(&self) -> Id {
        self.inner.ids.next(self.inner.clock.now_ms())
    }

    /// Runs a read on the calling thread. Meant for point reads; lists and reports belong into
    /// `web::block`.
    pub fn read<T, E: From<StoreError>>(
        &self,
        job: impl FnOnce(&Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let connection = self.inner.pool.get()?;
        job(&Tx::new(
            &connection,
            &self.inner.health,
            &self.inner.ids,
            self.inner.clock.now_ms(),
        ))
    }

    /// Runs a write on the writer thread and returns after it is on disk and the data in memory is updated. `Err` rolls
    /// back only this job. If the queue is full, returns [`StoreError::Overloaded`] immediately.
    pub async fn write<T, E>(
        &self,
        job: impl FnOnce(&Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.pass_on(self.inner.writer.submit(job)?.await)
    }

    /// [`Store::write`] for threads that can block: the command line, startup.
    pub fn write_blocking<T, E>(
        &self,
        job: impl FnOnce(&Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.pass_on(self.inner.writer.submit(job)?.blocking_recv())
    }

    /// Changes of the directory are read again before the success is reported.
    fn pass_on<T, E: From<StoreError>>(
        &self,
        answer: Result<Answer<T, E>, RecvError>,
    ) -> Result<T, E> {
        let answer = answer.map_err(|_| StoreError::Stopped)?;
        if answer.is_stale && answer.result.is_ok() {
            // It is on disk: a failure to read it now must not be reported as a failed write.
            self.inner.writer.observer.tell(Notice::Stale);
        }
        answer.result
    }

    /// Copies everything into the database file, so that a copy of only this file is complete. For a server that has
    /// stopped: waits for readers.
    pub fn settle(&self) -> Result<(), StoreError> {
        self.inner.file.require_in_place()?;
        if let Some(trouble) = self.inner.file.lost_companion() {
            return Err(StoreError::Displaced(trouble));
        }
        let connection = connection::open_writable(self.path())?;
        // If another process uses the file, this one does not wait for it: the log stays.
        connection.busy_timeout(SETTLE_PATIENCE)?;
        wal_checkpoint::checkpoint(&connection, "TRUNCATE").map(drop)
    }

    /// Checks the file for damaged pages, which is slow. The result is in [`Store::trouble`].
    pub fn quick_check(&self) -> Result<(), StoreError> {
        let connection = self.inner.pool.get()?;
        let sql = "PRAGMA quick_check(1)";
        let found = connection.query_row(sql, [], |row| row.get::<_, String>(0));
        let error = match found.map_err(StoreError::from) {
            Ok(found) if found == "ok" => return Ok(()),
            Ok(found) => StoreError::Damaged(found),
            Err(error) => error,
        };
        if let StoreError::Damaged(_) = error {
            self.inner.health.set_damaged();
        }
        Err(error)
    }

    /// Known trouble of the file; `None` if there is none.
    pub fn trouble(&self) -> Option<Trouble> {
        self.inner.health.trouble()
    }

    /// Time of the last write before the file was opened, according to its IDs.
    pub fn written_before(&self) -> Option<UnixSeconds> {
        Some(self.inner.newest_before?.made_at().seconds())
    }

    /// Number of waiting writes.
    pub fn queued_writes(&self) -> usize {
        self.inner.writer.queued()
    }

    /// Calls `observer` with everything that changes in the file and is held in memory, too. Replaces the one before.
    pub fn on_change(
        &self,
        observer: impl Fn(Notice) -> Result<(), StoreError> + Send + Sync + 'static,
    ) {
        self.inner.writer.observer.set(Some(Arc::new(observer)));
    }

    /// Waits until one of the store's threads has panicked, after which nothing can be written.
    pub async fn ended(&self) {
        self.inner.writer.ended().await;
    }

    /// The version of SQLite that is built in.
    pub fn sqlite_version() -> &'static str {
        rusqlite::version()
    }

    pub fn now(&self) -> UnixSeconds {
        self.inner.clock.now()
    }
}
