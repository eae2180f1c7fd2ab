//! A file that has our schema, and nothing else that SQLite would run: triggers, views, other tables or columns.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, limits::Limit};

use super::{
    error::{BackupError, OpenError},
    schema,
};

/// How long a look at a file may take that somebody has sent, beside what its size takes.
const TIME: Duration = Duration::from_secs(10);
/// Bytes that are read in a second at least.
const BYTES_A_SECOND: u64 = 10 << 20;
/// Bytes of a value or a statement that is read.
const LONGEST_VALUE: i32 = 1 << 20;
/// Steps of SQLite between two looks at the time.
const STEPS: i32 = 10_000;

/// Lets statements on this connection end with an error where they take too long or too much memory: what the
/// file makes of them is not known.
pub(super) fn limit(connection: &mut Connection, bytes: u64) -> rusqlite::Result<()> {
    let until = Instant::now() + TIME + Duration::from_secs(bytes / BYTES_A_SECOND);
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE)?;
    connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, LONGEST_VALUE)?;
    connection.progress_handler(STEPS, Some(move || Instant::now() >= until))
}

/// Refuses a file whose schema is not, to the letter, that of its version.
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
        // The first that is not ours ends it, however many there are.
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

/// What ANALYZE keeps.
fn is_sqlites_own((kind, name): &(String, String)) -> bool {
    kind == "table" && matches!(name.as_str(), "sqlite_stat1" | "sqlite_stat4")
}
