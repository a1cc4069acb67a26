use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

/// Which file it is, whatever it is called.
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

/// Whether the file has a name still.
pub(crate) fn has_a_name(metadata: &Metadata) -> bool {
    metadata.nlink() > 0
}
