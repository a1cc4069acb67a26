use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

/// The identity of a file, independent of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// Whether the file still has a name.
pub(crate) fn has_a_name(metadata: &Metadata) -> bool {
    metadata.nlink() > 0
}
