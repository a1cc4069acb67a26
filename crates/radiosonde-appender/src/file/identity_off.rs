use std::fs::Metadata;

/// Which file it is: unknown here, so that a file of the same name counts as the same file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity;

impl Identity {
    pub(crate) fn of(_: &Metadata) -> Self {
        Self
    }
}

/// Whether the file has a name still: an open file cannot lose it here.
pub(crate) fn has_a_name(_: &Metadata) -> bool {
    true
}
