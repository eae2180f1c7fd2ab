//! Stored state of the server itself.

use serde_json::{Map, Value};

use super::{StoreError, Tx};

/// The issuer under which the file was last served: what the command line mints tokens for.
pub const ISSUER: &str = "issuer";

/// Time of the last scheduled backup, in Unix seconds.
pub const LAST_BACKUP: &str = "last_backup";

/// Time of the last write of `/readyz`, in Unix seconds.
pub const PROBED_AT: &str = "probed_at";

/// State of the clock for the next start: JSON of `app::jumps::ClockMemory`.
pub const CLOCK: &str = "clock";

pub fn get(tx: &Tx, name: &str) -> Result<Option<String>, StoreError> {
    tx.query_opt(
        "SELECT value FROM settings WHERE name = ?1",
        [name],
        |row| row.get(0),
    )
}

pub fn set(tx: &Tx, name: &str, value: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO settings (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [name, value],
    )?;
    Ok(())
}

/// Before the keys of what the settings page keeps; the values are JSON.
const PAGE: &str = "page.";

/// Values of the settings page, by key. Invalid JSON is read as `null`, which no setting can have.
pub fn on_page(tx: &Tx) -> Result<Map<String, Value>, StoreError> {
    let kept = tx.query_all(
        "SELECT substr(name, 6), value FROM settings WHERE name >= 'page.' AND name < 'page/' ORDER BY name",
        [],
        |row| Ok((row.get(0)?, row.get::<_, String>(1)?)),
    )?;
    let read =
        |(key, text): (String, String)| (key, serde_json::from_str(&text).unwrap_or(Value::Null));
    Ok(kept.into_iter().map(read).collect())
}

/// Keeps a value of the settings page, or lets it go.
pub fn put_on_page(tx: &Tx, key: &str, value: Option<&str>) -> Result<(), StoreError> {
    tx.note_directory();
    let name = format!("{PAGE}{key}");
    match value {
        Some(value) => set(tx, &name, value),
        None => tx
            .execute("DELETE FROM settings WHERE name = ?1", [name])
            .map(|_| ()),
    }
}
