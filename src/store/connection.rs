//! Settings of every connection.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, functions::FunctionFlags};

use crate::domain::name::comparison_key;

/// Time that SQLite waits for another process.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_millis(4_500);

/// Opens the file for writing, with the pragmas of a connection that writes.
pub(super) fn open_writable(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    writable_pragmas(&connection)?;
    Ok(connection)
}

/// A database in memory, deleted with the connection.
pub(super) fn open_in_memory() -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    writable_pragmas(&connection)?;
    Ok(connection)
}

fn writable_pragmas(connection: &Connection) -> rusqlite::Result<()> {
    common_pragmas(connection)?;
    connection.execute_batch(
        // FULL: in WAL mode, NORMAL can lose the last commits at a power failure, and a used code would be valid again.
        // Checkpoints run in their own thread, outside of requests.
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 0;",
    )
}

pub(super) fn common_pragmas(connection: &Connection) -> rusqlite::Result<()> {
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
    // Search compares text in the normalized form of names. SQLite's own `lower` only handles ASCII letters.
    connection.create_scalar_function(
        "comparison_key",
        1,
        FunctionFlags::SQLITE_UTF8
            | FunctionFlags::SQLITE_DETERMINISTIC
            | FunctionFlags::SQLITE_DIRECTONLY,
        |arguments| Ok(comparison_key(arguments.get_raw(0).as_str()?)),
    )
}
