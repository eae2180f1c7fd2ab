//! Backups of a running server: scheduled ones, and the one to be restored.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::Notify;

use crate::{
    domain::{client_address::ClientAddress, id::Id, time::UnixSeconds},
    store::{
        BackupError, ServerLock,
        backup::{self, Contents},
        private_file,
    },
};

/// File names have the form `keyfob-20261124T101500Z.db`. Other files in the folder are not touched.
const PREFIX: &str = "keyfob-";
const SUFFIX: &str = ".db";
/// Suffixes, after the database's name, of files that exist only while they are in use.
const UPLOADING: &str = "-uploading-";
const DOWNLOAD: &str = "-download-";

#[derive(Default)]
pub struct Backups {
    wanted: Mutex<Option<Wanted>>,
    /// Notified when the server must stop for a restore.
    pub asked: Notify,
    last: Mutex<Last>,
    /// Contents of the file at [`upload_path`], or the reason why it is not a backup.
    uploaded: Mutex<Option<Result<Contents, String>>>,
}

/// Restore requested by an administrator.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub source: PathBuf,
    /// Sign everyone out.
    pub sign_out_all: bool,
    /// `sub` and address of the administrator.
    pub actor: String,
    pub address: Option<ClientAddress>,
}

/// Errors of the last attempts since the server started.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "AdminBackupFailures")]
pub struct Last {
    /// Error of the last restore.
    pub restore_failed: Option<String>,
    /// Error of the last scheduled backup, with its time.
    pub backup_failed: Option<String>,
    #[serde(skip)]
    failed_at: Option<UnixSeconds>,
}

/// A backup in the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "AdminBackupFile")]
pub struct BackupFile {
    pub name: String,
    pub bytes: u64,
    /// Creation time from the file name (RFC 3339, UTC).
    #[schemars(extend("format" = "date-time"))]
    pub made_at: String,
}

impl Backups {
    /// Stops the server, replaces the database with the file, and restarts.
    pub fn restore(&self, wanted: Wanted) {
        *lock(&self.wanted) = Some(wanted);
        self.asked.notify_one();
    }

    /// Takes the requested restore.
    pub fn take_wanted(&self) -> Option<Wanted> {
        lock(&self.wanted).take()
    }

    pub fn last(&self) -> Last {
        lock(&self.last).clone()
    }

    pub fn restore_failed(&self, reason: impl ToString) {
        lock(&self.last).restore_failed = Some(reason.to_string());
    }

    /// Time at which the last scheduled backup failed, if it did.
    pub(super) fn failed_at(&self) -> Option<UnixSeconds> {
        lock(&self.last).failed_at
    }

    pub(super) fn backup_failed(&self, reason: String, now: UnixSeconds) {
        let mut last = lock(&self.last);
        (last.backup_failed, last.failed_at) = (Some(reason), Some(now));
    }

    pub(super) fn backup_made(&self) {
        let mut last = lock(&self.last);
        (last.backup_failed, last.failed_at) = (None, None);
    }

    /// Contents of the uploaded backup, or the reason why it is not one; `None` without an upload. The file is checked
    /// once, which is slow: do not call this on a worker thread.
    pub fn uploaded(&self, database: &Path) -> Option<Result<Contents, String>> {
        let path = upload_path(database);
        let mut found = lock(&self.uploaded);
        if !path.exists() {
            *found = None;
            return None;
        }
        let look = || backup::inspect(&path).map_err(|error| error.to_string());
        Some(found.get_or_insert_with(look).clone())
    }

    /// Checks a complete upload, and replaces the previous one with it.
    pub fn take_in(&self, file: &Path, database: &Path) -> Result<Contents, BackupError> {
        let contents = backup::inspect(file)?;
        let path = upload_path(database);
        let mut found = lock(&self.uploaded);
        backup::remove(&path);
        fs::rename(file, &path).map_err(|error| BackupError::file(&path, &error))?;
        *found = Some(Ok(contents.clone()));
        Ok(contents)
    }

    pub fn forget_uploaded(&self, database: &Path) {
        let mut found = lock(&self.uploaded);
        backup::remove(&upload_path(database));
        *found = None;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Backups in the folder, newest first.
pub fn list(folder: &Path) -> io::Result<Vec<BackupFile>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(made_at) = made_at(&name) {
            let bytes = entry.metadata()?.len();
            found.push(BackupFile {
                name,
                bytes,
                made_at,
            });
        }
    }
    found.sort_by(|a, b| b.name.cmp(&a.name));
    Ok(found)
}

/// Reason why no backup can be written to the folder. A missing folder is created with the first backup.
pub fn check_folder(folder: &Path) -> Result<(), String> {
    let exists = |path: &&Path| fs::symlink_metadata(path).is_ok();
    let there = folder.ancestors().find(exists);
    // A relative path starts in the current folder.
    let there = there.unwrap_or(Path::new("."));
    if !there.is_dir() {
        return Err(format!("{} is not a folder", there.display()));
    }
    private_file::probe_room(&there.join("keyfob"), 1)
        .map_err(|error| format!("cannot write to {}: {error}", there.display()))
}

/// Path of an uploaded backup, until it is restored or deleted.
pub fn upload_path(database: &Path) -> PathBuf {
    beside(database, "-uploaded")
}

/// Path of an upload until it is complete.
pub fn uploading_path(database: &Path, id: Id) -> PathBuf {
    beside(database, &format!("{UPLOADING}{id}"))
}

/// Path of a copy that is downloaded and deleted.
pub fn download_path(database: &Path, id: Id) -> PathBuf {
    beside(database, &format!("{DOWNLOAD}{id}"))
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Deletes unfinished files of a server that was killed. The holder of the lock knows that they are not in use.
pub fn remove_half_done(_lock: &ServerLock, database: &Path) -> io::Result<()> {
    let folder = match database.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let database = database.file_name().unwrap_or_default().to_string_lossy();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let suffix = name.to_string_lossy();
        let suffix = suffix.strip_prefix(&*database).unwrap_or_default();
        if [UPLOADING, DOWNLOAD, backup::RESTORING, backup::CREATING]
            .iter()
            .any(|begin| suffix.starts_with(begin))
        {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Creation time of the newest backup in the folder; `None` if there is none.
pub fn newest(folder: &Path) -> io::Result<Option<UnixSeconds>> {
    let newest = list(folder)?.into_iter().next();
    Ok(newest.and_then(|file| UnixSeconds::parse_rfc3339(&file.made_at)))
}

/// Time in the name of a backup; `None` if it is not such a name.
pub fn made_at(name: &str) -> Option<String> {
    let stamp = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    let is_digits =
        |text: Option<&str>| text.is_some_and(|t| t.bytes().all(|b| b.is_ascii_digit()));
    let is_stamp = stamp.len() == 16
        && is_digits(stamp.get(..8))
        && is_digits(stamp.get(9..15))
        && stamp.get(8..9) == Some("T")
        && stamp.ends_with('Z');
    is_stamp.then(|| {
        let part = |from: usize, to: usize| stamp.get(from..to).unwrap_or_default();
        format!(
            "{}-{}-{}T{}:{}:{}Z",
            part(0, 4),
            part(4, 6),
            part(6, 8),
            part(9, 11),
            part(11, 13),
            part(13, 15)
        )
    })
}

/// Name of a backup created now.
pub fn name_at(now: UnixSeconds) -> String {
    let text = now.rfc3339();
    let seconds = text.split('.').next().unwrap_or_default();
    let stamp: String = seconds
        .chars()
        .filter(|c| !matches!(c, '-' | ':' | 'Z'))
        .collect();
    format!("{PREFIX}{stamp}Z{SUFFIX}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_that_are_given_are_backups() {
        let name = name_at(UnixSeconds(1_795_515_300));
        assert_eq!(name, "keyfob-20261124T101500Z.db");
        assert_eq!(made_at(&name).as_deref(), Some("2026-11-24T10:15:00Z"));
        for other in [
            "keyfob.db",
            "keyfob-20261124T101500Z.db-wal",
            "keyfob-20261124T101500Z",
            "keyfob-2026112æT101500Z.db",
            "keyfob-2026112XT101500Z.db",
            "../keyfob-20261124T101500Z.db",
        ] {
            assert_eq!(made_at(other), None, "{other}");
        }
    }
}
