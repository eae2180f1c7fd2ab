//! Scheduled backups.

use std::{fs, path::Path};

use crate::{
    app::{
        SharedApp,
        backups::{BackupFile, list, name_at},
    },
    domain::{
        audit::{AuditEvent, SCHEDULE},
        time::{Lifetime, UnixSeconds},
    },
    store::{BackupError, StoreError, audit_events, backup, settings},
};

/// Maximum time until a retry after a failure.
const RETRY: Lifetime = Lifetime::hours(1);

/// Creates the scheduled backup if it is due. A failure is reported in the log, the audit log and on the admin page,
/// and retried.
pub async fn when_due(app: &SharedApp) -> Result<bool, StoreError> {
    let Some(folder) = app.live().backup_folder.clone() else {
        return Ok(false);
    };
    let now = app.now();
    let every = app.live().backup_interval;
    // A time well ahead is from a clock that was put right since.
    let waits = |since: UnixSeconds, time: Lifetime| {
        (-i64::from(RETRY.0)..i64::from(time.0)).contains(&now.since(since))
    };
    let last = app
        .store
        .read(|tx| settings::get(tx, settings::LAST_BACKUP))?
        .and_then(|text| text.parse().ok())
        .map(UnixSeconds);
    let failed_at = app.backups.failed_at();
    if last.is_some_and(|at| waits(at, every))
        || failed_at.is_some_and(|at| waits(at, RETRY.min(every)))
    {
        return Ok(false);
    }
    match make(app, &folder, now).await {
        Ok(name) => {
            tracing::info!(name, "scheduled backup created");
            Ok(true)
        }
        Err(error) => {
            tracing::error!(%error, "scheduled backup failed");
            app.backups.backup_failed(error.to_string(), now);
            let event = AuditEvent::failed("backup.created", error.to_string());
            app.audit(event.actor(SCHEDULE)).await?;
            Ok(false)
        }
    }
}

/// Creates one in the folder, and deletes the oldest ones beyond the number to keep.
async fn make(app: &SharedApp, folder: &Path, now: UnixSeconds) -> Result<String, BackupError> {
    let name = name_at(now);
    let (database, target) = (app.store.path().to_owned(), folder.join(&name));
    let made = name.clone();
    let keep = app.live().backup_retention;
    let folder = folder.to_owned();
    let made = tokio::task::spawn_blocking(move || {
        fs::create_dir_all(&folder).map_err(|error| BackupError::file(&folder, &error))?;
        backup::copy(&database, &target)?;
        let all = list(&folder).map_err(|error| BackupError::file(&folder, &error))?;
        for old in superfluous(all, &made, keep) {
            let path = folder.join(&old.name);
            fs::remove_file(&path).map_err(|error| BackupError::file(&path, &error))?;
        }
        Ok::<_, BackupError>(())
    });
    made.await
        .map_err(|error| StoreError::Internal(error.to_string()))??;
    let event = AuditEvent::ok("backup.created").actor(SCHEDULE);
    app.store
        .write(move |tx| {
            settings::set(tx, settings::LAST_BACKUP, &now.0.to_string())?;
            audit_events::insert(tx, &event)
        })
        .await?;
    app.backups.backup_made();
    Ok(name)
}

/// Backups beyond the number to keep: first those from a clock that was ahead, then the oldest. `all` has the newest
/// first; `made` is the new one.
fn superfluous(all: Vec<BackupFile>, made: &str, keep: usize) -> Vec<BackupFile> {
    let (ahead, kept): (Vec<_>, Vec<_>) = all.into_iter().partition(|file| *file.name > *made);
    kept.into_iter().chain(ahead).skip(keep).collect()
}
