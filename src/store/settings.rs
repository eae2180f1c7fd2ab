//! What the server remembers about itself.

use super::{StoreError, Tx};

/// The issuer under which the file was last served: what the command line mints tokens for.
pub const ISSUER: &str = "issuer";

/// When the last scheduled backup was made, in Unix seconds.
pub const LAST_BACKUP: &str = "last_backup";

pub fn get(tx: &Tx, name: &str) -> Result<Option<String>, StoreError> {
    tx.query_opt(
        "SELECT value FROM settings WHERE name = ?1",
        [name],
        |row| row.get(0),
    )
}

pub fn set(tx: &Tx, name: &str, value: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)",
        [name, value],
    )?;
    Ok(())
}
