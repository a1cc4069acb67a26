use std::io;

use crate::drop_reason::DropReason;

/// Why lines of a batch were not written.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The disk is full and no rotated file can be removed.
    DiskFull(io::Error),
    /// The system refused for another reason.
    Io(io::Error),
    /// The file could not be opened, and it is too early to retry.
    Waiting,
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        if DropReason::of(&error) == DropReason::DiskFull { Self::DiskFull(error) } else { Self::Io(error) }
    }
}
