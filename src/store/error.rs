//! Errors of the database file, with texts that tell an operator what to do.

use std::path::PathBuf;

use super::health::Trouble;
use crate::concurrency::descriptors::{self, NONE_FREE};

/// A read or write did not happen.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The queue of writes is full, or another process held the file for too long. The same request may succeed soon.
    #[error("The database is busy")]
    Overloaded,
    /// The server is stopping, or the writer thread has ended.
    #[error("The database is closed")]
    Stopped,
    /// The file is no longer at its path: nothing is written until it is back.
    #[error("{0}")]
    Displaced(Trouble),
    /// The file holds what SQLite has not written.
    #[error("The database is damaged: {0}")]
    Damaged(String),
    /// The row violates a constraint of the schema.
    #[error("{0}")]
    Conflict(String),
    /// The disk is full. The write was rolled back.
    #[error("the disk of the database is full")]
    DiskFull,
    /// The disk is failing. The write was rolled back.
    #[error("Database error: {0}")]
    Failed(String),
    /// The file could not be opened once more.
    #[error("{NONE_FREE}")]
    NoDescriptor,
    /// An error of this program, not of the file: work that ended without a result, or data that no code can have
    /// written.
    #[error("Internal error: {0}")]
    Internal(String),
}

impl StoreError {
    /// Trouble of the file that a failed commit shows, if any.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        match self {
            StoreError::DiskFull => Some(Trouble::DiskFull),
            StoreError::Damaged(_) => Some(Trouble::Damaged),
            StoreError::Failed(_) => Some(Trouble::Write),
            _ => None,
        }
    }

    /// Whether writes fail until an operator fixes the file or its disk.
    pub fn is_lack_of_storage(&self) -> bool {
        matches!(
            self,
            StoreError::Displaced(_)
                | StoreError::Damaged(_)
                | StoreError::DiskFull
                | StoreError::Failed(_)
        )
    }

    /// Text for users, who cannot fix it.
    pub fn public_text(&self) -> &'static str {
        match self {
            StoreError::Internal(_) => "Internal error.",
            error if error.is_lack_of_storage() => {
                "The server cannot save changes at the moment. Try again later."
            }
            _ => "The server is busy. Try again in a moment.",
        }
    }

    /// Whether the same request may succeed soon.
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
        /// Copies of the database that a server had open when the file disappeared.
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

/// A copy was not created or not put in place. The existing files are unchanged.
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
    /// It contains schema objects that SQLite would run and that no backup has.
    #[error("{} is not a Keyfob backup: {reason}", .path.display())]
    Foreign { path: PathBuf, reason: String },
    #[error("{}: {reason}", .path.display())]
    File { path: PathBuf, reason: String },
    /// The file is valid, but the server cannot start with it.
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

/// Copies that can replace a missing file; `keyfob restore` accepts each.
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

/// Owner of a file that this user cannot open.
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
