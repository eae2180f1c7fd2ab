//! Where a database file is, whatever name leads to it.

use std::{
    fs, io,
    path::{Path, PathBuf, absolute},
};

/// What follows the database's name in that of a copy of what was open when another file took its place.
pub(super) const DISPLACED: &str = ".displaced-";
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

/// Names of the file other than its own path. Those that a restore left which did not come to its end are the
/// same file, and are removed.
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
    let prefix = beside(path, ASIDE);
    for entry in fs::read_dir(folder(path))? {
        let other = entry?.path();
        let begins = other.as_os_str().as_encoded_bytes();
        if begins.starts_with(prefix.as_os_str().as_encoded_bytes())
            && fs::symlink_metadata(&other)
                .is_ok_and(|other| (other.dev(), other.ino()) == (file.dev(), file.ino()))
        {
            fs::remove_file(other)?;
        }
    }
    Ok(fs::metadata(path)?.nlink() > 1)
}

#[cfg(not(unix))]
pub(super) fn has_other_names(_: &Path) -> io::Result<bool> {
    Ok(false)
}
