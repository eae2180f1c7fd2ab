//! Private files next to the database.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use super::location::beside;

pub(super) fn make_private(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Deletes a failed copy, with the files that SQLite has created for it.
pub fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let path = beside(path, suffix);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, path = %path.display(), "could not remove incomplete backup");
            }
            _ => {}
        }
    }
}

/// Writes this many bytes to a file next to the database and deletes it again, which also finds quotas and read-only
/// file systems.
pub fn probe_room(database: &Path, bytes: usize) -> io::Result<()> {
    let path = beside(database, &format!("-probe-{}", std::process::id()));
    let written = make_private(&path)
        .and_then(|()| fs::OpenOptions::new().write(true).open(&path))
        .and_then(|mut file| {
            file.write_all(&vec![0; bytes])?;
            file.sync_all()
        });
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => written.and(Err(error)),
        _ => written,
    }
}
