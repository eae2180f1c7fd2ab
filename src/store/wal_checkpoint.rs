//! One checkpoint of the write-ahead log into the database.

use rusqlite::{Connection, Row};

use super::error::StoreError;

/// Result of a checkpoint.
pub(super) struct Ended {
    /// Frames in the log.
    pub(super) frames: u64,
    /// Other users of the file prevented it from finishing.
    pub(super) is_held_up: bool,
}

pub(super) fn checkpoint(connection: &Connection, mode: &str) -> Result<Ended, StoreError> {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let (is_held_up, frames): (bool, i64) = connection.query_row(&sql, [], row)?;
    Ok(Ended {
        // -1: there is no log.
        frames: u64::try_from(frames).unwrap_or(0),
        is_held_up,
    })
}
