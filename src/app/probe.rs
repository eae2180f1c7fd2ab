//! Whether the database takes writes.

use crate::{
    app::App,
    store::{StoreError, settings},
};

/// Bytes for which there must be room after a write that failed.
const ROOM: usize = 128 << 10;

/// One read and one write, which waits, gets the lock and needs disk space like any other. Only one per second reaches
/// the disk in the normal case, since anyone can call it.
pub async fn write(app: &App) -> Result<(), StoreError> {
    app.store
        .read(|tx| settings::get(tx, settings::PROBED_AT))?;
    let healthy = app.store.trouble().is_none();
    let write = app.store.write(move |tx| {
        let now = tx.now.0.to_string();
        match settings::get(tx, settings::PROBED_AT)? {
            Some(last) if last == now && healthy => Ok(()),
            _ if healthy => settings::set(tx, settings::PROBED_AT, &now),
            // A disk with space for only a few bytes is full.
            _ => settings::set(tx, settings::PROBED_AT, &(now + &" ".repeat(ROOM))),
        }
    });
    write.await
}
