//! A temporary folder for a database that is not kept.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::crypto::random;

/// A folder that only its owner can open. Removed with all that is in it when dropped.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn make() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("keyfob-{}", random::text(6)));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "{} could not be removed", self.0.display());
        }
    }
}
