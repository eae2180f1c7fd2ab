//! What can go wrong with the file, in words that an operator can act on.

use std::path::PathBuf;

use super::health::Trouble;
use crate::concurrency::descriptors::{self, NONE_FREE};

/// A read or write did not happen.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The queue of writes is full, or another process held the file for longer than we wait. The same
    /// request may succeed in a moment.
    #[error("the database is busy")]
    Overloaded,
    /// The server is stopping, or the writing thread has died.
    #[error("the database is closed")]
    Stopped,
    /// The file is not at its path any more: nothing is written until it is.
    #[error("{0}")]
    Displaced(Trouble),
    /// The file holds what SQLite has not written.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// A constraint of the schema refused the row.
    #[error("{0}")]
    Conflict(String),
    /// The disk has no room. Nothing of this write was kept.
    #[error("the disk of the database is full")]
    DiskFull,
    /// The disk is failing. Nothing of this write was kept.
    #[error("the database failed: {0}")]
    Failed(String),
    /// The file could not be opened once more.
    #[error("{NONE_FREE}")]
    NoDescriptor,
    /// A fault of this program, not of the file: work that ended before its answer, data that no code could have made.
    #[error("internal error: {0}")]
    Internal(String),
}

impl StoreError {
    /// What a failed commit says about the file; `None` where it says nothing.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        match self {
            StoreError::DiskFull => Some(Trouble::DiskFull),
            StoreError::Damaged(_) => Some(Trouble::Damaged),
            StoreError::Failed(_) => Some(Trouble::Write),
            _ => None,
        }
    }

    /// Whether nothing can be written until an operator has seen to the file or its disk.
    pub fn is_lack_of_storage(&self) -> bool {
        matches!(
            self,
            StoreError::Displaced(_)
                | StoreError::Damaged(_)
                | StoreError::DiskFull
                | StoreError::Failed(_)
        )
    }

    /// What a person is told who can do nothing about it.
    pub fn public_text(&self) -> &'static str {
        match self {
            StoreError::Internal(_) => "Something went wrong on this server.",
            error if error.is_lack_of_storage() => {
                "The server cannot store anything at the moment. Try again later."
            }
            _ => "The server is busy. Try again in a moment.",
        }
    }

    /// Whether the same request may succeed in a moment.
    pub fn is_temporary(&self) -> bool {
        !matches!(self, StoreError::Conflict(_) | StoreError::Internal(_))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match &error {
            rusqlite::Error::SqliteFailure(code, message) => match code.code {
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Overloaded,
                ErrorCode::ConstraintViolation => {
                    let message = message.clone().unwrap_or_else(|| error.to_string());
                    StoreError::Conflict(message.trim_start_matches("keyfob: ").to_owned())
                }
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                    StoreError::Damaged(error.to_string())
                }
                ErrorCode::DiskFull => StoreError::DiskFull,
                _ => StoreError::Failed(error.to_string()),
            },
            _ => StoreError::Failed(error.to_string()),
        }
    }
}

/// The file cannot be used. Whatever it is, it was left untouched.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("there is no database {}: run `keyfob serve` once, or name the file with --database", .0.display())]
    Missing(PathBuf),
    #[error(
        "{path} is missing, but its write-ahead log {path}-wal is there: put the database back beside it, or restore \
         a backup with `keyfob restore`. To begin with an empty database, move {path}-wal away",
        path = .0.display()
    )]
    LogAlone(PathBuf),
    #[error(
        "{path} is missing, and it was served here before: put it back, or restore a backup with `keyfob restore`. \
         To begin with an empty database, delete {path}-served{}", copies_shown(.copies), path = .path.display()
    )]
    Vanished {
        path: PathBuf,
        /// Copies of what a server had open when the file disappeared.
        copies: Vec<PathBuf>,
    },
    #[error(
        "{} is empty, of 0 bytes: restore a backup with `keyfob restore`. To begin with an empty database, delete \
         the file{}", .path.display(),
        .was_served.then(|| format!(" and {}-served", .path.display())).unwrap_or_default()
    )]
    Empty { path: PathBuf, was_served: bool },
    #[error(
        "{} has another name, a hard link, and what is written under one name is lost under the other: remove that \
         name, or make this one a file of its own by copying it", .0.display()
    )]
    SeveralNames(PathBuf),
    #[error(
        "{path}-shm was moved or deleted while a server uses it{}: restart the server, then run this command again. \
         Nothing was changed", .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(), path = .path.display()
    )]
    IndexLost { path: PathBuf, pid: Option<u32> },
    #[error("{} is not a SQLite database: nothing was changed", .0.display())]
    NotADatabase(PathBuf),
    #[error("{} is a SQLite database, but not one of Keyfob: nothing was changed", .0.display())]
    NotOurs(PathBuf),
    #[error(
        "{} has schema version {found}, and this keyfob knows versions up to {known}: use the newer \
         keyfob that wrote it; nothing was changed", .path.display()
    )]
    Newer {
        path: PathBuf,
        found: i64,
        known: i64,
    },
    #[error("{} is read-only: make it and its folder writable for the user who runs keyfob", .0.display())]
    ReadOnly(PathBuf),
    #[error("{} is locked by another process for longer than 5 s: stop what holds it and try again", .0.display())]
    Locked(PathBuf),
    #[error("another keyfob already serves {}{}: stop it, or name another file with --database",
        .path.display(), .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    AlreadyServed { path: PathBuf, pid: Option<u32> },
    #[error("{} is damaged: bring back a backup with `keyfob restore`", .0.display())]
    Damaged(PathBuf),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{} cannot be opened: {reason}", .path.display())]
    Unusable { path: PathBuf, reason: String },
}

/// A copy was not made, or not put in place. What was there is as it was.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0}")]
    Open(#[from] OpenError),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{} could not be copied to {}: {reason}", .from.display(), .to.display())]
    Copy {
        from: PathBuf,
        to: PathBuf,
        reason: String,
    },
    #[error("the copy is damaged, and so is the file it was made from: {0}")]
    Damaged(String),
    #[error("the backup is damaged: {0}")]
    Unsound(String),
    /// It holds what SQLite would run, and no backup has.
    #[error("{} is not a backup of Keyfob: {reason}", .path.display())]
    Foreign { path: PathBuf, reason: String },
    #[error("{}: {reason}", .path.display())]
    File { path: PathBuf, reason: String },
    /// The file is good, and whoever was to serve it cannot.
    #[error("{0}")]
    NotServed(String),
}

impl BackupError {
    pub fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        BackupError::File {
            path: path.to_owned(),
            reason: error.to_string(),
        }
    }
}

impl OpenError {
    pub(super) fn from_sqlite(path: &std::path::Path, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => OpenError::NotADatabase(path),
            Some(ErrorCode::ReadOnly) => OpenError::ReadOnly(path),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::Locked(path),
            Some(ErrorCode::DatabaseCorrupt) => OpenError::Damaged(path),
            Some(ErrorCode::CannotOpen) if !descriptors::is_one_free() => OpenError::Unusable {
                path,
                reason: NONE_FREE.to_owned(),
            },
            Some(ErrorCode::CannotOpen) => OpenError::Unusable {
                reason: match owner(&path) {
                    Some(owner) => format!("{error}; {owner}"),
                    None => error.to_string(),
                },
                path,
            },
            _ => OpenError::Unusable {
                path,
                reason: error.to_string(),
            },
        }
    }
}

/// The copies that can be put in place of a file that is missing, each of which `keyfob restore` takes.
fn copies_shown(copies: &[PathBuf]) -> String {
    let shown: Vec<_> = copies
        .iter()
        .map(|copy| copy.display().to_string())
        .collect();
    match shown.is_empty() {
        true => String::new(),
        false => format!(
            ". What it held when it disappeared was copied to {}",
            shown.join(", ")
        ),
    }
}

/// Whose a file is, for one that this user cannot open.
#[cfg(unix)]
fn owner(path: &std::path::Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let file = std::fs::metadata(path).ok()?;
    let (user, group, mode) = (file.uid(), file.gid(), file.mode() & 0o777);
    Some(format!(
        "it belongs to user {user}, group {group}, with mode {mode:03o}"
    ))
}

#[cfg(not(unix))]
fn owner(_: &std::path::Path) -> Option<String> {
    None
}
