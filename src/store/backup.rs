//! A copy of the file, taken while it is used.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, backup::Backup};

use super::error::StoreError;

/// Pages copied at a time; between two steps others may write.
const PAGES: i32 = 1024;

/// Writes a consistent copy of `database` to `target`, which must not exist yet, with mode 0600.
pub fn copy(database: &Path, target: &Path) -> Result<(), StoreError> {
    let failed =
        |error: std::io::Error| StoreError::Failed(format!("{}: {error}", target.display()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(target).map_err(failed)?);
    let from = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    from.busy_timeout(Duration::from_secs(5))?;
    let mut to = Connection::open_with_flags(target, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    Backup::new(&from, &mut to)?.run_to_completion(PAGES, Duration::from_millis(2), None)?;
    Ok(())
}
