use std::fs::Metadata;

/// The identity of a file. Unknown on this system: files of the same name count as the same file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity;

impl Identity {
    pub(crate) fn of(_: &Metadata) -> Self {
        Self
    }
}

/// Whether the file still has a name. On this system an open file cannot lose it.
pub(crate) fn has_a_name(_: &Metadata) -> bool {
    true
}
