//! Backups of the database, and bringing one back.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::By;
use crate::{
    clock::SharedClock,
    store::{BackupError, ServerLock, Store, Tx, audit_events, backup, revocations},
};

/// Copies the database to a new file while it is used. There is no copy of which the audit log does not
/// know.
pub fn back_up(store: &Store, by: &By, target: &Path) -> Result<(), BackupError> {
    backup::copy(store.path(), target)?;
    let event = by.event("backup.created");
    let noted = store.write_blocking(move |tx| audit_events::insert(tx, &event));
    if noted.is_err() {
        backup::remove(target);
    }
    Ok(noted?)
}

/// What becomes of those who were signed in when the backup was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sessions {
    /// Sessions, grants and refresh tokens count as they did then, also those ended or used since.
    Keep,
    /// Everybody signs in anew.
    End,
}

/// Puts a backup in the place of the database, which whoever holds the lock does not serve now. Every
/// access token ends; clients get new ones by their refresh tokens or credentials. `try_out` has the last
/// word, with the path of what is to take the place. What was there is kept under the name in the answer.
pub fn restore(
    lock: &ServerLock,
    source: &Path,
    database: &Path,
    clock: SharedClock,
    by: &By,
    sessions: Sessions,
    try_out: impl FnOnce(&Path) -> Result<(), BackupError>,
) -> Result<Option<PathBuf>, BackupError> {
    let event = by
        .event("backup.restored")
        .detail(json!({ "sessions_ended": sessions == Sessions::End }));
    let finish = move |tx: &Tx| {
        match sessions {
            Sessions::Keep => revocations::revoke_all_access_tokens(tx)?,
            Sessions::End => revocations::revoke_everything(tx)?,
        }
        audit_events::insert(tx, &event)
    };
    backup::restore(lock, source, database, clock, finish, try_out)
}
