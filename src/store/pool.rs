//! Read-only connections, pooled by r2d2.

use rusqlite::{Connection, OpenFlags};

use super::{
    connection::{BUSY_TIMEOUT, common_pragmas},
    error::{OpenError, StoreError},
    served_file::ServedFile,
};
use crate::concurrency::descriptors;

/// More than the worker and blocking threads that read at the same time.
const MAX_READERS: u32 = 24;

pub(super) struct ReadPool(r2d2::Pool<ReadOnly>);

impl ReadPool {
    pub(super) fn open(file: ServedFile) -> Result<Self, OpenError> {
        let path = file.path.clone();
        let manager = ReadOnly { file };
        // The first connection is opened here, so that an unreadable file is reported as such.
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
