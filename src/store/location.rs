//! Where a database file is, whatever name leads to it.

use std::{
    fs, io,
    path::{Path, PathBuf, absolute},
};

/// What follows the database's name in that of a copy of what was open when another file took its place.
pub(super) const DISPLACED: &str = ".displaced-";
/// What follows the database's name in that of a file that is not yet one.
pub const CREATING: &str = "-creating-";
/// What follows the database's name in that of the file that a restore has replaced.
pub(super) const ASIDE: &str = ".before-restore-";
/// Links that may lead to one another.
const MOST_LINKS: usize = 40;

/// The file's own path: absolute, without symbolic links. The lock, the write-ahead log and copies are beside the
/// file, not beside a link to it. A file that is missing is placed where SQLite would create it.
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

/// [`beside`], under a name that nothing has yet: what is kept there must not take the place of what was kept before in
/// the same second.
pub(super) fn unused_beside(path: &Path, suffix: &str) -> PathBuf {
    let first = beside(path, suffix);
    let further = (2..).map(|n: u32| beside(path, &format!("{suffix}-{n}")));
    let mut names = std::iter::once(first.clone()).chain(further);
    names.find(|name| !name.exists()).unwrap_or(first)
}

/// Paths for a copy of what an open database holds, the best first. Its own folder may be what is gone.
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

/// A path beside a database's: `keyfob.db-wal`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Copies that a restore, or a file that was replaced, has left beside the database, each with its bytes.
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

/// Copies beside a database of what a server had open when the file was moved or deleted, oldest first.
pub(super) fn displaced_copies(database: &Path) -> Vec<PathBuf> {
    let prefix = beside(database, DISPLACED);
    let prefix = prefix.as_os_str().as_encoded_bytes();
    let is_copy = |path: &PathBuf| {
        let name = path.as_os_str().as_encoded_bytes();
        // A log that was moved aside is no copy by itself.
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

/// Whether the file has names other than its own path and those that this program gives it for a moment. SQLite has a
/// write-ahead log for each name: what is written under one is lost under the other.
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

/// Names that a creation or a restore gave the file and, because it did not come to its end, never removed. For the
/// holder of the server's lock: nobody is at it.
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
