//! Read-only connections, pooled by r2d2, and the pragmas every connection has.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, functions::FunctionFlags};

use super::{
    error::{OpenError, StoreError},
    served_file::ServedFile,
};
use crate::{concurrency::descriptors, domain::name::comparison_key};

/// How long SQLite waits for another process before it gives up.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_millis(4_500);

/// More than the worker and blocking threads that read at the same time.
const MAX_READERS: u32 = 24;

pub(super) struct ReadPool(r2d2::Pool<ReadOnly>);

impl ReadPool {
    pub(super) fn open(file: ServedFile) -> Result<Self, OpenError> {
        let path = file.path.clone();
        let manager = ReadOnly { file };
        // The first connection is made here, so that a file that cannot be read is reported as such.
        manager
            .connect_once()
            .map_err(|error| OpenError::from_sqlite(&path, &error))?;
        let pool = r2d2::Pool::builder()
            .max_size(MAX_READERS)
            // None is opened by itself: one that is still being opened while the store is closed keeps SQLite from settling
            // the file.
            .min_idle(Some(0))
            .test_on_check_out(false)
            .connection_timeout(BUSY_TIMEOUT)
            .build_unchecked(manager);
        Ok(Self(pool))
    }

    pub(super) fn get(&self) -> Result<r2d2::PooledConnection<ReadOnly>, StoreError> {
        self.0.get().map_err(|_| match descriptors::is_one_free() {
            true => StoreError::Overloaded,
            false => StoreError::NoDescriptor,
        })
    }
}

pub(super) struct ReadOnly {
    file: ServedFile,
}

impl ReadOnly {
    fn connect_once(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(
            &self.file.path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        common_pragmas(&connection)?;
        connection.execute_batch("PRAGMA query_only = ON;")?;
        Ok(connection)
    }
}

impl r2d2::ManageConnection for ReadOnly {
    type Connection = Connection;
    type Error = StoreError;

    /// Another file at the path would be read with the old one's write-ahead log.
    fn connect(&self) -> Result<Connection, StoreError> {
        self.file.require_in_place()?;
        let connection = self.connect_once()?;
        self.file.require_in_place()?;
        Ok(connection)
    }

    fn is_valid(&self, connection: &mut Connection) -> Result<(), StoreError> {
        Ok(connection.execute_batch("SELECT 1")?)
    }

    /// A connection given back inside a transaction is thrown away.
    fn has_broken(&self, connection: &mut Connection) -> bool {
        !connection.is_autocommit()
    }
}

/// Opens the file for writing, with the pragmas of a connection that writes.
pub(super) fn open_writable(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    common_pragmas(&connection)?;
    connection.execute_batch(
        // FULL: in WAL mode NORMAL may lose the last commits at a power failure, and a used code would
        // come back to life. Checkpoints are made by their own thread, off the path of an answer.
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 0;",
    )?;
    Ok(connection)
}

fn common_pragmas(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.execute_batch(
        // With mmap a reader unmaps the whole file at every foreign commit: 41 % of all samples were TLB
        // shoot-downs. cache_size is in KiB when negative.
        "PRAGMA mmap_size = 0;
         PRAGMA cache_size = -2048;
         PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF;",
    )?;
    // What is searched for is compared in the form that names are compared in. SQLite's own `lower` knows the
    // letters of ASCII alone.
    connection.create_scalar_function(
        "comparison_key",
        1,
        FunctionFlags::SQLITE_UTF8
            | FunctionFlags::SQLITE_DETERMINISTIC
            | FunctionFlags::SQLITE_DIRECTONLY,
        |arguments| Ok(comparison_key(arguments.get_raw(0).as_str()?)),
    )
}
