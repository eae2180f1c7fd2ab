//! Identity of the file at a path, beyond its name.

use std::{fs, io, path::Path};

/// Device and inode. On other systems than Unix an open file cannot be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileIdentity(pub(super) u64, pub(super) u64);

impl FileIdentity {
    #[cfg(unix)]
    pub(super) fn from_metadata(file: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self(file.dev(), file.ino())
    }

    #[cfg(not(unix))]
    pub(super) fn from_metadata(_: &fs::Metadata) -> Self {
        Self(0, 0)
    }

    pub(super) fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|file| Self::from_metadata(&file))
    }
}
