//! Backups of a running server: those it makes by itself, and the one that is to take its place.

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

/// Names of the files: `keyfob-20261124T101500Z.db`. Nothing else in the folder is ever touched.
const PREFIX: &str = "keyfob-";
const SUFFIX: &str = ".db";
/// What is in the name, after the database's, of a file that is there only while somebody is at it.
const UPLOADING: &str = "-uploading-";
const DOWNLOAD: &str = "-download-";

#[derive(Default)]
pub struct Backups {
    wanted: Mutex<Option<Wanted>>,
    /// Woken when the server is to stop for a restore.
    pub asked: Notify,
    last: Mutex<Last>,
    /// What was found in the file at [`upload_path`], or why it is no backup.
    uploaded: Mutex<Option<Result<Contents, String>>>,
}

/// A restore that an administrator has asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub source: PathBuf,
    /// End all sessions.
    pub sign_out_all: bool,
    /// The `sub` of the administrator, and the address they asked from.
    pub actor: String,
    pub address: Option<ClientAddress>,
}

/// What became of the last attempts since the server was started.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "AdminBackupFailures")]
pub struct Last {
    /// Why the last restore did not happen.
    pub restore_failed: Option<String>,
    /// Why the last scheduled backup was not made; and when it was tried.
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
    /// RFC 3339, UTC: as its name has it.
    #[schemars(extend("format" = "date-time"))]
    pub made_at: String,
}

impl Backups {
    /// Has the server stop, put the file in the database's place and go on with it.
    pub fn restore(&self, wanted: Wanted) {
        *lock(&self.wanted) = Some(wanted);
        self.asked.notify_one();
    }

    /// The restore that was asked for, once.
    pub fn take_wanted(&self) -> Option<Wanted> {
        lock(&self.wanted).take()
    }

    pub fn last(&self) -> Last {
        lock(&self.last).clone()
    }

    pub fn restore_failed(&self, reason: impl ToString) {
        lock(&self.last).restore_failed = Some(reason.to_string());
    }

    /// When the last scheduled backup failed, if it did.
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

    /// What is in the backup that was taken in, or why it is none; `None` if there is no such file. It is
    /// looked through once, which takes long: not for a worker thread.
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

    /// Looks through a file that has come whole, and keeps it in the place of what was taken in before.
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

/// The backups in the folder, the newest first.
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

/// Why no backup can be written to the folder; one that does not exist yet is created with the first backup.
pub fn check_folder(folder: &Path) -> Result<(), String> {
    let exists = |path: &&Path| fs::symlink_metadata(path).is_ok();
    let there = folder.ancestors().find(exists);
    // A relative path begins where the program runs.
    let there = there.unwrap_or(Path::new("."));
    if !there.is_dir() {
        return Err(format!("{} is not a folder", there.display()));
    }
    private_file::probe_room(&there.join("keyfob"), 1)
        .map_err(|error| format!("cannot write to {}: {error}", there.display()))
}

/// Where a backup is kept that was uploaded, until it is restored or forgotten.
pub fn upload_path(database: &Path) -> PathBuf {
    beside(database, "-uploaded")
}

/// Where an upload is written until it is whole.
pub fn uploading_path(database: &Path, id: Id) -> PathBuf {
    beside(database, &format!("{UPLOADING}{id}"))
}

/// Where a copy is made that is taken away at once.
pub fn download_path(database: &Path, id: Id) -> PathBuf {
    beside(database, &format!("{DOWNLOAD}{id}"))
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Takes away what a server left half done that did not come to its end. Whoever holds the lock knows that
/// nobody is at it.
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

/// When the newest backup in the folder was made; `None` if there is none.
pub fn newest(folder: &Path) -> io::Result<Option<UnixSeconds>> {
    let newest = list(folder)?.into_iter().next();
    Ok(newest.and_then(|file| UnixSeconds::parse_rfc3339(&file.made_at)))
}

/// The time in a backup's name; `None` for what is no backup's name.
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

/// A backup's name at this moment.
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
