//! The newest id in the file, so that ids go on growing after a clock that was ahead.

use super::{StoreError, Tx};
use crate::domain::id::Id;

/// Newest ID of all tables whose key is an ID. One index step per table.
pub(super) fn newest(tx: &Tx) -> Result<Option<Id>, StoreError> {
    let tables: Vec<String> = tx.query_all(
        "SELECT entry.name FROM sqlite_schema entry, pragma_table_info(entry.name) col
         WHERE entry.type = 'table' AND col.name = 'id' AND col.type = 'BLOB' AND col.pk = 1",
        [],
        |row| row.get(0),
    )?;
    let mut newest = None;
    for table in tables {
        let sql = format!("SELECT max(id) FROM \"{table}\"");
        let id: Option<Id> = tx.query_one(&sql, [], |row| row.get(0))?;
        newest = newest.max(id);
    }
    Ok(newest)
}
