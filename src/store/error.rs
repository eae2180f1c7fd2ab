//! What can go wrong with the file, in words that an operator can act on.

use std::path::PathBuf;

use super::health::Trouble;
use crate::concurrency::descriptors::{self, NONE_FREE};

/// A read or write did not happen.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The queue of writes is full, or another process held the file for longer than we wait. The same
    /// request may succeed in a moment.
    #[error("The database is busy")]
    Overloaded,
    /// The server is stopping, or the writing thread has died.
    #[error("The database is closed")]
    Stopped,
    /// The file is not at its path any more: nothing is written until it is.
    #[error("{0}")]
    Displaced(Trouble),
    /// The file holds what SQLite has not written.
    #[error("The database is damaged: {0}")]
    Damaged(String),
    /// A constraint of the schema refused the row.
    #[error("{0}")]
    Conflict(String),
    /// The disk has no room. Nothing of this write was kept.
    #[error("the disk of the database is full")]
    DiskFull,
    /// The disk is failing. Nothing of this write was kept.
    #[error("Database error: {0}")]
    Failed(String),
    /// The file could not be opened once more.
    #[error("{NONE_FREE}")]
    NoDescriptor,
    /// A fault of this program, not of the file: work that ended before its answer, data that no code could have made.
    #[error("Internal error: {0}")]
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
            StoreError::Internal(_) => "Internal error.",
            error if error.is_lack_of_storage() => {
                "The server cannot save changes at the moment. Try again later."
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
                    StoreError::Conflict(message.clone().unwrap_or_else(|| error.to_string()))
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
    #[error("Database {} not found. Run keyfob serve once to create it, or pass --database", .0.display())]
    Missing(PathBuf),
    #[error(
        "{path} is missing, but its write-ahead log {path}-wal exists. Put the database back in the same folder, or \
         restore a backup with keyfob restore. To start with an empty database, move {path}-wal away",
        path = .0.display()
    )]
    LogAlone(PathBuf),
    #[error(
        "{path} is missing, but it was served here before. Put it back, or restore a backup with keyfob restore. \
         To start with an empty database, delete {path}-served{}", copies_shown(.copies), path = .path.display()
    )]
    Vanished {
        path: PathBuf,
        /// Copies of what a server had open when the file disappeared.
        copies: Vec<PathBuf>,
    },
    #[error(
        "{} is empty (0 bytes). Restore a backup with keyfob restore. To start with an empty database, delete the \
         file{}", .path.display(),
        .was_served.then(|| format!(" and {}-served", .path.display())).unwrap_or_default()
    )]
    Empty { path: PathBuf, was_served: bool },
    #[error(
        "{} has another name (a hard link), and changes made under one name are lost under the other. Remove the \
         other name, or copy this file and use the copy", .0.display()
    )]
    SeveralNames(PathBuf),
    #[error(
        "{path}-shm was moved or deleted while a server was using it{}. Restart the server, then run this command \
         again. Nothing was changed", .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(), path = .path.display()
    )]
    IndexLost { path: PathBuf, pid: Option<u32> },
    #[error("{} is not a SQLite database. Nothing was changed", .0.display())]
    NotADatabase(PathBuf),
    #[error("{} is a SQLite database of another program. Nothing was changed", .0.display())]
    NotOurs(PathBuf),
    #[error(
        "{} has schema version {found}, but this version of Keyfob supports only up to {known}. Use the newer version \
         that wrote it. Nothing was changed", .path.display()
    )]
    Newer {
        path: PathBuf,
        found: i64,
        known: i64,
    },
    #[error("{} is read-only. Make the file and its folder writable for the user that runs Keyfob", .0.display())]
    ReadOnly(PathBuf),
    #[error("{} has been locked by another process for more than 5 s. Stop that process and try again", .0.display())]
    Locked(PathBuf),
    #[error("Another Keyfob server is already using {}{}. Stop it, or pass another file with --database",
        .path.display(), .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    AlreadyServed { path: PathBuf, pid: Option<u32> },
    #[error("{} is damaged. Restore a backup with keyfob restore", .0.display())]
    Damaged(PathBuf),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("Cannot open {}: {reason}", .path.display())]
    Unusable { path: PathBuf, reason: String },
}

/// A copy was not made, or not put in place. What was there is as it was.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0}")]
    Open(#[from] OpenError),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("Cannot back up {} to {}: {reason}", .from.display(), .to.display())]
    Copy {
        from: PathBuf,
        to: PathBuf,
        reason: String,
    },
    #[error("The backup is damaged, and so is the database it was made from: {0}")]
    Damaged(String),
    #[error("The backup is damaged: {0}")]
    Unsound(String),
    /// It holds what SQLite would run, and no backup has.
    #[error("{} is not a Keyfob backup: {reason}", .path.display())]
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
        false => format!(". A copy of its contents is in {}", shown.join(", ")),
    }
}

/// Whose a file is, for one that this user cannot open.
#[cfg(unix)]
fn owner(path: &std::path::Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let file = std::fs::metadata(path).ok()?;
    let (user, group, mode) = (file.uid(), file.gid(), file.mode() & 0o777);
    Some(format!(
        "it is owned by user {user}, group {group}, with mode {mode:03o}"
    ))
}

#[cfg(not(unix))]
fn owner(_: &std::path::Path) -> Option<String> {
    None
}
