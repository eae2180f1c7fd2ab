//! Temporary folder for a temporary database.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::crypto::{hash, random};

const PREFIX: &str = "keyfob-";
/// Bytes of the random text that follows.
const LENGTH: usize = 6;
const DATABASE: &str = "keyfob.db";

/// A folder that only its owner can open. Removed with all that is in it when dropped.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn make() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("{PREFIX}{}", random::text(LENGTH)));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path)?;
        Ok(Self(path))
    }

    /// Folder that an earlier process created for this database, if any.
    pub(super) fn of(database: &Path) -> Option<Self> {
        let folder = database.parent()?;
        let name = folder.file_name()?.to_str()?.strip_prefix(PREFIX)?;
        let is_made = hash::from_base64url(name).is_some_and(|bytes| bytes.len() == LENGTH);
        let is_ours = is_made
            && folder.parent() == Some(&std::env::temp_dir())
            && database.file_name()? == DATABASE
            && fs::symlink_metadata(folder).is_ok_and(|folder| folder.is_dir());
        is_ours.then(|| Self(folder.to_owned()))
    }

    pub(super) fn database(&self) -> PathBuf {
        self.0.join(DATABASE)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "could not remove {}", self.0.display());
        }
    }
}
