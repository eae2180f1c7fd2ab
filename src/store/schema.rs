//! Creates, recognizes and migrates the database file.

use std::{
    collections::BTreeMap,
    fs,
    io::ErrorKind,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use super::{
    connection,
    error::OpenError,
    location::{self, CREATING, beside, sync_folder},
    private_file,
};
use crate::domain::{scope, time::UnixSeconds};

/// `PRAGMA application_id`: "KFOB". Distinguishes a Keyfob file from any other SQLite database.
const APPLICATION_ID: i64 = 0x4B46_4F42;

/// Suffix of the file that records that a database was served.
pub(super) const SERVED: &str = "-served";

/// Type and name of a schema object, and its statement; `None` for those that SQLite creates itself.
pub(super) type Objects = BTreeMap<(String, String), Option<String>>;

/// Behavior if there is no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMissing {
    Create,
    Refuse,
}

/// Version 1 is `schema.sql`; the n-th entry here brings version n to n + 1. The list only grows.
const MIGRATIONS: &[&str] = &[];

/// The version of the schema this program writes.
#[expect(clippy::cast_possible_wrap, reason = "a short list")]
const VERSION: i64 = 1 + MIGRATIONS.len() as i64;

/// Makes sure that `path` is a Keyfob database of this version. Everything that makes the file unusable is detected
/// before anything is written.
pub(super) fn prepare(
    path: &Path,
    if_missing: IfMissing,
    now: UnixSeconds,
) -> Result<(), OpenError> {
    let sqlite = |error: rusqlite::Error| OpenError::from_sqlite(path, &error);
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => match if_missing {
            IfMissing::Create => {
                require_no_trace(path)?;
                return create(path, now);
            }
            IfMissing::Refuse => {
                require_no_trace(path)?;
                return Err(OpenError::Missing(path.to_owned()));
            }
        },
        Err(error) => return Err(unusable(path, &error)),
        Ok(metadata) if !metadata.is_file() => {
            return Err(OpenError::Unusable {
                path: path.to_owned(),
                reason: "not a regular file".into(),
            });
        }
        Ok(metadata) if metadata.permissions().readonly() => {
            return Err(OpenError::ReadOnly(path.to_owned()));
        }
        Ok(metadata) if metadata.len() == 0 => return Err(empty(path)),
        Ok(_) => {}
    }
    match version_of(path)? {
        VERSION => Ok(()),
        found if found > VERSION => Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known: VERSION,
        }),
        0 => set_up(path, now),
        _ => migrate(&mut connection::open_writable(path).map_err(sqlite)?, now).map_err(sqlite),
    }
}

fn empty(path: &Path) -> OpenError {
    OpenError::Empty {
        path: path.to_owned(),
        was_served: beside(path, SERVED).exists(),
    }
}

/// Remains of a served database.
pub(super) fn require_no_trace(path: &Path) -> Result<(), OpenError> {
    let holds_something = |path: &Path| fs::metadata(path).is_ok_and(|file| file.len() > 0);
    if holds_something(&beside(path, "-wal")) {
        return Err(OpenError::LogAlone(path.to_owned()));
    }
    match beside(path, SERVED).exists() {
        true => Err(OpenError::Vanished {
            path: path.to_owned(),
            copies: location::displaced_copies(path),
        }),
        false => Ok(()),
    }
}

/// Creates the file under another name, so that a file in place is always complete.
fn create(path: &Path, now: UnixSeconds) -> Result<(), OpenError> {
    static CREATED: AtomicU64 = AtomicU64::new(0);
    let number = CREATED.fetch_add(1, Ordering::Relaxed);
    let new = beside(path, &format!("{CREATING}{}-{number}", std::process::id()));
    let created = create_empty(&new)
        .and_then(|()| set_up(&new, now))
        .and_then(|()| put_in_place(&new, path).map_err(|error| unusable(path, &error)));
    private_file::remove(&new);
    created
}

/// Puts the file in place, or keeps the one of another process that was faster.
fn put_in_place(new: &Path, path: &Path) -> std::io::Result<()> {
    match fs::hard_link(new, path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(_) => fs::rename(new, path)?,
    }
    sync_folder(path)
}

fn set_up(path: &Path, now: UnixSeconds) -> Result<(), OpenError> {
    let sqlite = |error: rusqlite::Error| OpenError::from_sqlite(path, &error);
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(sqlite)?;
    // Both can only be set while the file is empty.
    connection
        .execute_batch("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;")
        .map_err(sqlite)?;
    drop(connection);
    migrate(&mut connection::open_writable(path).map_err(sqlite)?, now).map_err(sqlite)
}

/// Makes sure that `path` is a Keyfob database that this program can read or migrate, without writing anything. Returns
/// its version.
pub(super) fn identify(path: &Path, connection: &Connection) -> Result<i64, OpenError> {
    match version_in(path, connection)? {
        0 => Err(OpenError::NotOurs(path.to_owned())),
        found if found > VERSION => Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known: VERSION,
        }),
        found => Ok(found),
    }
}

/// Schema of a database of this version, from 1 to the current one.
pub(super) fn expected(version: i64) -> rusqlite::Result<Objects> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch(include_str!("../../schema.sql"))?;
    for migration in MIGRATIONS
        .iter()
        .take(usize::try_from(version - 1).unwrap_or(0))
    {
        connection.execute_batch(migration)?;
    }
    objects(&connection)
}

/// Version of a Keyfob file, 0 for an empty one.
fn version_of(path: &Path) -> Result<i64, OpenError> {
    let sqlite = |error: rusqlite::Error| OpenError::from_sqlite(path, &error);
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(sqlite)?;
    connection
        .busy_timeout(std::time::Duration::from_secs(5))
        .map_err(sqlite)?;
    version_in(path, &connection)
}

fn version_in(path: &Path, connection: &Connection) -> Result<i64, OpenError> {
    let sqlite = |error: rusqlite::Error| OpenError::from_sqlite(path, &error);
    let number = |sql: &str| {
        connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .map_err(sqlite)
    };
    let version = number("PRAGMA user_version")?;
    let objects = number("SELECT count(*) FROM sqlite_schema")?;
    match number("PRAGMA application_id")? {
        APPLICATION_ID if version > 0 => Ok(version),
        0 if version == 0 && objects == 0 => Ok(0),
        _ => Err(OpenError::NotOurs(path.to_owned())),
    }
}

/// Runs the missing migrations in one transaction. If two processes try at the same time, the second finds it done.
pub(super) fn migrate(connection: &mut Connection, now: UnixSeconds) -> rusqlite::Result<()> {
    let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found == 0 {
        tx.execute_batch(include_str!("../../schema.sql"))?;
        for (name, description) in scope::BUILT_IN {
            let object = json!({ "name": name, "description": description, "built_in": true });
            tx.execute(
                "INSERT INTO objects (kind, name, object) VALUES ('scope', ?1, ?2)",
                (name, object.to_string()),
            )?;
        }
        tx.execute(
            "INSERT INTO settings (name, value) VALUES ('created_at', ?1)",
            [now.0.to_string()],
        )?;
    }
    for migration in MIGRATIONS
        .iter()
        .skip(usize::try_from(found - 1).unwrap_or(0))
    {
        tx.execute_batch(migration)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()
}

/// Creates the file with mode 0600 before SQLite opens it; `-wal` and `-shm` get the same mode.
fn create_empty(path: &Path) -> Result<(), OpenError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unusable(path, &error)),
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> OpenError {
    OpenError::Unusable {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

/// Initial data of a new database.
pub(super) fn objects(connection: &Connection) -> rusqlite::Result<Objects> {
    let mut statement = connection.prepare("SELECT type, name, sql FROM sqlite_schema")?;
    let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
    rows.collect()
}
