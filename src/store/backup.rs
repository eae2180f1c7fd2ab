//! A copy of the file, taken while it is used; and a copy put in the file's place.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension,
    backup::{Backup, StepResult},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    IfMissing, Store, Tx, connection,
    error::{BackupError, OpenError, StoreError},
    location::{ASIDE, beside, sync_folder, unused_beside},
    own_schema,
    private_file::make_private,
    schema,
    server_lock::ServerLock,
    settings,
};
pub use super::{location::CREATING, private_file::remove};
use crate::{
    clock::SharedClock,
    concurrency::descriptors::{self, NONE_FREE},
    config::input_file,
    domain::time::UnixSeconds,
};

/// Writes a consistent copy of `database` to `target`, which must not exist yet, with mode 0600, and
/// checks it.
pub fn copy(database: &Path, target: &Path) -> Result<(), BackupError> {
    identify(database)?;
    make_private(target).map_err(|error| BackupError::file(target, &error))?;
    let copied = copy_pages(database, target).and_then(|()| check_integrity(target));
    if copied.is_err() {
        remove(target);
    }
    copied
}

/// Tables of short-lived single-use values, and of admin sessions. A copy of the file can contain some that were used
/// or revoked since.
const USED_ONCE: &[&str] = &[
    "DELETE FROM authorization_codes",
    "DELETE FROM device_codes",
    "DELETE FROM pushed_requests",
    "DELETE FROM password_links",
    "DELETE FROM setup_tokens",
    "DELETE FROM admin_sessions",
];

/// Suffix of the copy before it is in place.
pub const RESTORING: &str = "-restoring";

/// Replaces `database` with a checked copy of `source`. The caller holds the lock, and no server uses the database.
/// `finish` runs on the copy first; then `try_out` gets its path, and must have closed it when it returns. The previous
/// database is kept under the returned name. A failure changes nothing, and after a crash either the old or the new one
/// is in place.
///
/// Values issued or revoked since the backup stay invalid: codes and one-time links of the copy are deleted, and all
/// access tokens are revoked, since the copy has neither later tokens nor later revocations. IDs are not reused: new
/// ones of the copy are above all revoked ones.
pub fn restore(
    _lock: &ServerLock,
    source: &Path,
    database: &Path,
    clock: SharedClock,
    finish: impl FnOnce(&Tx) -> Result<(), StoreError> + Send + 'static,
    try_out: impl FnOnce(&Path) -> Result<(), BackupError>,
) -> Result<Option<PathBuf>, BackupError> {
    examine(source)?;
    let copy = beside(database, RESTORING);
    remove(&copy);
    let now = clock.now();
    let prepared = make_private(&copy)
        .map_err(|error| BackupError::file(&copy, &error))
        .and_then(|()| copy_pages(source, &copy))
        .and_then(|()| check_integrity(&copy))
        .and_then(|()| {
            // Brings an older schema up to date, too.
            let store = Store::open(&copy, IfMissing::Refuse, clock)?;
            store.write_blocking(move |tx| {
                for sql in USED_ONCE {
                    tx.execute(sql, [])?;
                }
                finish(tx)
            })?;
            Ok(())
        })
        .and_then(|()| try_out(&copy))
        .and_then(|()| Ok(settle(&copy)?));
    if let Err(error) = prepared {
        remove(&copy);
        return Err(error);
    }
    let moment = now.rfc3339().replace([':', '-'], "");
    let aside = unused_beside(database, &format!("{ASIDE}{moment}"));
    put_in_place(&copy, database, &aside).map_err(|error| BackupError::file(database, &error))
}

/// Contents of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "AdminBackupContents")]
pub struct Contents {
    pub bytes: u64,
    pub users: i64,
    pub clients: i64,
    pub teams: i64,
    /// The issuer under which it was served.
    pub issuer: Option<String>,
    /// Time of the newest event in its audit log.
    pub latest_event_at: Option<UnixSeconds>,
}

/// Checks that a file is a Keyfob database, undamaged, and not newer than this program.
pub fn inspect(path: &Path) -> Result<Contents, BackupError> {
    let (connection, bytes) = examine(path)?;
    let read = || -> rusqlite::Result<Contents> {
        let count = |sql: &str| connection.query_row(sql, [], |row| row.get(0));
        Ok(Contents {
            bytes,
            users: count("SELECT count(*) FROM users WHERE deleted_at IS NULL")?,
            clients: count("SELECT count(*) FROM clients")?,
            teams: count("SELECT count(*) FROM teams")?,
            issuer: connection
                .query_row(
                    "SELECT value FROM settings WHERE name = ?1",
                    [settings::ISSUER],
                    |row| row.get(0),
                )
                .optional()?,
            latest_event_at: connection
                .query_row(
                    "SELECT at FROM audit_events ORDER BY id DESC LIMIT 1",
                    [],
                    |row| row.get(0),
                )
                .optional()?,
        })
    };
    read().map_err(|error| BackupError::Unsound(error.to_string()))
}

/// Error if the schema of a file has anything that is not Keyfob's.
pub fn check_schema(path: &Path) -> Result<(), BackupError> {
    // SQLite deletes the write-ahead log of an empty file, and with it the last data of a database.
    require_file(path)?;
    let connection = open_source(path).map_err(|error| OpenError::from_sqlite(path, &error))?;
    own_schema::require(path, &connection)
}

/// Checks a file that may be malicious: its schema first, before running anything in it, with limits on time and
/// memory. Returns a connection with these limits, and the size in bytes.
fn examine(path: &Path) -> Result<(Connection, u64), BackupError> {
    require_file(path)?;
    let unsound = |error: rusqlite::Error| match OpenError::from_sqlite(path, &error) {
        OpenError::Damaged(_) => BackupError::Unsound(error.to_string()),
        other => other.into(),
    };
    let bytes = fs::metadata(path)
        .map_err(|error| BackupError::file(path, &error))?
        .len();
    let mut connection = open_source(path).map_err(unsound)?;
    own_schema::limit(&mut connection, bytes).map_err(unsound)?;
    own_schema::require(path, &connection).map_err(|error| match error {
        BackupError::Open(OpenError::Damaged(_)) => {
            BackupError::Unsound("could not read its schema".to_owned())
        }
        other => other,
    })?;
    let sql = "PRAGMA integrity_check(1)";
    let found = connection.query_row(sql, [], |row| row.get::<_, String>(0));
    match found {
        Ok(found) if found == "ok" => Ok((connection, bytes)),
        Ok(found) => Err(BackupError::Unsound(found)),
        Err(error) => Err(BackupError::Unsound(error.to_string())),
    }
}

/// Rejects anything but a regular file: SQLite would wait at a pipe until something is written to it.
pub fn require_file(path: &Path) -> Result<(), BackupError> {
    input_file::require_regular(path).map_err(|reason| BackupError::File {
        path: path.to_owned(),
        reason,
    })
}

/// Creates a private file into which a backup is written.
pub fn create_private(path: &Path) -> Result<fs::File, BackupError> {
    remove(path);
    make_private(path)
        .and_then(|()| fs::OpenOptions::new().append(true).open(path))
        .map_err(|error| BackupError::file(path, &error))
}

fn identify(path: &Path) -> Result<(), OpenError> {
    if !path.exists() {
        return Err(OpenError::Missing(path.to_owned()));
    }
    let connection = open_source(path).map_err(|error| OpenError::from_sqlite(path, &error))?;
    schema::identify(path, &connection).map(drop)
}

/// Copies in one step, in one read transaction: in several steps, it would start again after every write in between.
fn copy_pages(from: &Path, to: &Path) -> Result<(), BackupError> {
    let copied = || -> Result<StepResult, String> {
        let source = open_source(from).map_err(reason)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let mut target = Connection::open_with_flags(to, flags).map_err(reason)?;
        let backup = Backup::new(&source, &mut target).map_err(reason)?;
        backup.step(-1).map_err(reason)
    };
    let reason = match copied() {
        Ok(StepResult::Done) => return Ok(()),
        Ok(_) => "locked by another process".to_owned(),
        Err(reason) => reason,
    };
    Err(BackupError::Copy {
        from: from.to_owned(),
        to: to.to_owned(),
        reason,
    })
}

/// Called while what was opened before is still open.
fn reason(error: rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen) if !descriptors::is_one_free() => NONE_FREE.to_owned(),
        _ => error.to_string(),
    }
}

/// A file without a write-ahead log is read without creating files next to it, so that a read-only folder is enough.
fn open_source(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = if beside(path, "-wal").exists() {
        Connection::open_with_flags(path, flags)?
    } else {
        let escaped: String = path
            .to_string_lossy()
            .chars()
            .map(|c| match c {
                '%' | '?' | '#' => format!("%{:02x}", u32::from(c)),
                c => c.to_string(),
            })
            .collect();
        let uri = format!("file:{escaped}?immutable=1");
        let opened = Connection::open_with_flags(&uri, flags | OpenFlags::SQLITE_OPEN_URI);
        opened.map_err(|error| without_uri(error, &uri, path))?
    };
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

/// SQLite's message names the file as it was given, which here is not as its owner knows it.
fn without_uri(error: rusqlite::Error, uri: &str, path: &Path) -> rusqlite::Error {
    match error {
        rusqlite::Error::SqliteFailure(code, Some(message)) => {
            let message = message.replace(uri, &path.display().to_string());
            rusqlite::Error::SqliteFailure(code, Some(message))
        }
        other => other,
    }
}

fn check_integrity(path: &Path) -> Result<(), BackupError> {
    let found = || -> rusqlite::Result<String> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
    };
    match found() {
        Ok(found) if found == "ok" => Ok(()),
        Ok(found) => Err(BackupError::Damaged(found)),
        Err(error) => Err(BackupError::Damaged(error.to_string())),
    }
}

/// Writes what is in the write-ahead log into the file itself.
fn settle(path: &Path) -> Result<(), StoreError> {
    let connection = connection::open_writable(path)?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// Replaces the database file with one rename. Its write-ahead log must not be read with the new file, so it is moved
/// with the old one if it could not be copied into it.
fn put_in_place(copy: &Path, database: &Path, aside: &Path) -> io::Result<Option<PathBuf>> {
    let was_there = database.exists() && !is_nothing(database);
    if was_there {
        if let Err(error) = settle(database) {
            tracing::warn!(%error, "kept the previous database's write-ahead log");
        }
        if fs::hard_link(database, aside).is_err() {
            fs::copy(database, aside)?;
        }
    }
    let mut kept = was_there.then(|| aside.to_owned());
    for suffix in ["-wal", "-shm"] {
        let target = beside(aside, suffix);
        match fs::rename(beside(database, suffix), &target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            moved => {
                moved?;
                // The remains of a missing database are evidence, too.
                kept.get_or_insert(target);
            }
        }
    }
    keep_owner(copy, database)?;
    fs::rename(copy, database)?;
    sync_folder(database)?;
    // Its write-ahead log is empty and the file itself is gone.
    remove(copy);
    Ok(kept)
}

/// A file of 0 bytes without a write-ahead log has no data to keep.
fn is_nothing(database: &Path) -> bool {
    let is_empty = |path: &Path| fs::metadata(path).is_ok_and(|file| file.len() == 0);
    let log = beside(database, "-wal");
    is_empty(database) && (is_empty(&log) || !log.exists())
}

/// Sets owner, group and mode of the copy to those of the file that it replaces, or owner and group to those of the
/// folder: after a restore by root, the server's user must be able to use it.
#[cfg(unix)]
fn keep_owner(copy: &Path, database: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let before = fs::metadata(database).ok();
    let folder = database
        .parent()
        .filter(|path| !path.as_os_str().is_empty());
    let like = match &before {
        Some(file) => file.clone(),
        None => fs::metadata(folder.unwrap_or(Path::new(".")))?,
    };
    let own = fs::metadata(copy)?;
    if (own.uid(), own.gid()) != (like.uid(), like.gid()) {
        match chown(copy, Some(like.uid()), Some(like.gid())) {
            // A group that its user is not in, or a folder of another user.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                tracing::warn!(%error, "restored file has a different owner than the previous one");
            }
            done => done?,
        }
    }
    before.map_or(Ok(()), |file| fs::set_permissions(copy, file.permissions()))
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}
