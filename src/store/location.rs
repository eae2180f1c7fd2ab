//! Location of a database file, by any of its names.

use std::{
    fs, io,
    path::{Path, PathBuf, absolute},
};

/// Suffix, after the database's name, of a copy of the open database when another file replaced it.
pub(super) const DISPLACED: &str = ".displaced-";
/// Suffix of a database file that is still being created.
pub const CREATING: &str = "-creating-";
/// Suffix of the file that a restore has replaced.
pub(super) const ASIDE: &str = ".before-restore-";
/// Maximum number of symbolic links to follow.
const MOST_LINKS: usize = 40;

/// Real path of the file: absolute, without symbolic links. The lock, the write-ahead log and copies are next to the
/// file, not next to a link to it. The path of a missing file is where SQLite would create it.
pub fn resolve(path: &Path) -> PathBuf {
    let mut place = path.to_owned();
    for _ in 0..MOST_LINKS {
        if let Ok(found) = fs::canonicalize(&place) {
            return plain(found);
        }
        match fs::read_link(&place) {
            Ok(target) => place = place.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => break,
        }
    }
    match (fs::canonicalize(folder(&place)), place.file_name()) {
        (Ok(folder), Some(name)) => plain(folder).join(name),
        _ => absolute(&place).unwrap_or(place),
    }
}

/// Windows names what is found in a form of its own, which SQLite does not read in a URI.
fn plain(path: PathBuf) -> PathBuf {
    match path.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        Some(text) if cfg!(windows) => text.into(),
        _ => path,
    }
}

/// [`beside`], with an unused name, so that it does not replace a file of the same second.
pub(super) fn unused_beside(path: &Path, suffix: &str) -> PathBuf {
    let first = beside(path, suffix);
    let further = (2..).map(|n: u32| beside(path, &format!("{suffix}-{n}")));
    let mut names = std::iter::once(first.clone()).chain(further);
    names.find(|name| !name.exists()).unwrap_or(first)
}

/// Paths for a copy of an open database, best first. Its own folder may be gone.
pub(super) fn refuges(path: &Path, suffix: &str) -> Vec<PathBuf> {
    let name = path.file_name().unwrap_or_default();
    let ancestor = path.ancestors().skip(2).find(|folder| folder.is_dir());
    let elsewhere = [ancestor.map(Path::to_owned), Some(std::env::temp_dir())];
    let elsewhere = elsewhere
        .into_iter()
        .flatten()
        .map(|folder| folder.join(name));
    std::iter::once(path.to_owned())
        .chain(elsewhere)
        .map(|path| unused_beside(&path, suffix))
        .collect()
}

/// Path next to a database's: `keyfob.db-wal`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Copies next to the database that were left by a restore or a replaced file, with their sizes.
pub fn kept_copies(database: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let kept = [ASIDE, DISPLACED].map(|suffix| beside(database, suffix));
    let mut copies = Vec::new();
    for entry in fs::read_dir(folder(database))? {
        let entry = entry?;
        let path = folder(database).join(entry.file_name());
        let begins = |prefix: &PathBuf| {
            let prefix = prefix.as_os_str().as_encoded_bytes();
            path.as_os_str().as_encoded_bytes().starts_with(prefix)
        };
        if kept.iter().any(begins) {
            copies.push((path, entry.metadata()?.len()));
        }
    }
    copies.sort();
    Ok(copies)
}

/// Copies next to a database of what a server had open when the file was moved or deleted, oldest first.
pub(super) fn displaced_copies(database: &Path) -> Vec<PathBuf> {
    let prefix = beside(database, DISPLACED);
    let prefix = prefix.as_os_str().as_encoded_bytes();
    let is_copy = |path: &PathBuf| {
        let name = path.as_os_str().as_encoded_bytes();
        // A log that was moved is not a copy by itself.
        name.starts_with(prefix) && !name.ends_with(b"-wal") && !name.ends_with(b"-shm")
    };
    // A folder that cannot be read has none to name.
    let copies = kept_copies(database).unwrap_or_default();
    copies
        .into_iter()
        .map(|(path, _)| path)
        .filter(is_copy)
        .collect()
}

/// A rename is durable once the folder is.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    fs::File::open(folder(path))?.sync_all()
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Whether the file has names other than its own path and the temporary ones of this program. SQLite has a write-ahead
/// log for each name: writes under one are lost under the other.
#[cfg(unix)]
pub(super) fn has_other_names(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let file = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        file => file?,
    };
    // A folder has a name for each folder in it.
    if !file.is_file() || file.nlink() < 2 {
        return Ok(false);
    }
    let own = 1 + passing_names(path, &file)?.len() as u64;
    Ok(file.nlink() > own)
}

/// Names that an interrupted creation or restore left on the file. For the holder of the server's lock, since they are
/// not in use then.
#[cfg(unix)]
pub(super) fn remove_passing_names(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    match fs::metadata(path) {
        Ok(file) if file.is_file() && file.nlink() > 1 => passing_names(path, &file)?
            .iter()
            .try_for_each(fs::remove_file),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn passing_names(path: &Path, file: &fs::Metadata) -> io::Result<Vec<PathBuf>> {
    use std::os::unix::fs::MetadataExt as _;
    let prefixes = [ASIDE, CREATING].map(|name| beside(path, name));
    let mut names = Vec::new();
    for entry in fs::read_dir(folder(path))? {
        let name = entry?.path();
        let bytes = name.as_os_str().as_encoded_bytes();
        let is_passing = prefixes
            .iter()
            .any(|prefix| bytes.starts_with(prefix.as_os_str().as_encoded_bytes()));
        let is_same = |other: fs::Metadata| (other.dev(), other.ino()) == (file.dev(), file.ino());
        if is_passing && fs::symlink_metadata(&name).is_ok_and(is_same) {
            names.push(name);
        }
    }
    Ok(names)
}

#[cfg(not(unix))]
pub(super) fn has_other_names(_: &Path) -> io::Result<bool> {
    Ok(false)
}

#[cfg(not(unix))]
pub(super) fn remove_passing_names(_: &Path) -> io::Result<()> {
    Ok(())
}
