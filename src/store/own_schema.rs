//! Check that a file has exactly Keyfob's schema, without anything else that SQLite would run: triggers, views, other
//! tables or columns.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, limits::Limit};

use super::{
    error::{BackupError, OpenError},
    schema,
};

/// Time limit for checking an uploaded file, in addition to the time for its size.
const TIME: Duration = Duration::from_secs(10);
/// Bytes that are read in a second at least.
const BYTES_A_SECOND: u64 = 10 << 20;
/// Bytes of a value or a statement that is read.
const LONGEST_VALUE: i32 = 1 << 20;
/// Steps of SQLite between two looks at the time.
const STEPS: i32 = 10_000;

/// Limits time and memory of statements on this connection, since an unknown file can make them expensive.
pub(super) fn limit(connection: &mut Connection, bytes: u64) -> rusqlite::Result<()> {
    let until = Instant::now() + TIME + Duration::from_secs(bytes / BYTES_A_SECOND);
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE)?;
    connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, LONGEST_VALUE)?;
    connection.progress_handler(STEPS, Some(move || Instant::now() >= until))
}

/// Error if the schema is not exactly that of the file's version.
pub(super) fn require(path: &Path, connection: &Connection) -> Result<(), BackupError> {
    let version = schema::identify(path, connection)?;
    let foreign = |reason: String| BackupError::Foreign {
        path: path.to_owned(),
        reason,
    };
    let sqlite = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => foreign("it takes too long to read".to_owned()),
        Some(ErrorCode::TooBig | ErrorCode::OutOfMemory) => foreign("it is too large".to_owned()),
        _ => OpenError::from_sqlite(path, &error).into(),
    };
    let expected = schema::expected(version).map_err(sqlite)?;
    let mut missing = expected.clone();
    let mut statement = connection
        .prepare("SELECT type, name, sql FROM sqlite_schema")
        .map_err(sqlite)?;
    let mut rows = statement.query([]).map_err(sqlite)?;
    while let Some(row) = rows.next().map_err(sqlite)? {
        let read = || Ok(((row.get(0)?, row.get(1)?), row.get(2)?));
        let (object, sql): ((String, String), Option<String>) = read().map_err(sqlite)?;
        // Stops at the first foreign object, however many there are.
        if expected.get(&object) != Some(&sql) && !is_sqlites_own(&object) {
            let (kind, name) = object;
            return Err(foreign(format!(
                "its {kind} {name:?} is not part of a Keyfob database"
            )));
        }
        missing.remove(&object);
    }
    match missing.into_keys().next() {
        Some((kind, name)) => Err(foreign(format!("its {kind} {name:?} is missing"))),
        None => Ok(()),
    }
}

/// Tables of ANALYZE.
fn is_sqlites_own((kind, name): &(String, String)) -> bool {
    kind == "table" && matches!(name.as_str(), "sqlite_stat1" | "sqlite_stat4")
}
