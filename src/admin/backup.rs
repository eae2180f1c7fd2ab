//! Backups of the database, and bringing one back.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::By;
use crate::{
    clock::SharedClock,
    store::{BackupError, ServerLock, Store, Tx, audit_events, backup, revocations},
};

/// Copies the database to a new file while it is in use. Every copy is in the audit log.
pub fn back_up(store: &Store, by: &By, target: &Path) -> Result<(), BackupError> {
    backup::copy(store.path(), target)?;
    let event = by.event("backup.created");
    let noted = store.write_blocking(move |tx| audit_events::insert(tx, &event));
    if noted.is_err() {
        backup::remove(target);
    }
    Ok(noted?)
}

/// Handling of the sessions in a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sessions {
    /// Sessions, grants and refresh tokens are valid as of the backup, including any revoked or used since.
    Keep,
    /// Everyone must sign in again.
    End,
}

/// Replaces the database with a backup. The caller holds the lock, and no server uses the database. All access tokens
/// are revoked; clients get new ones with their refresh tokens or credentials. `try_out` is called last, with the path
/// of the new file, and can cancel. The previous database is kept under the returned name.
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
