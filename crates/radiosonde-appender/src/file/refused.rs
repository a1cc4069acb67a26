use std::io;

use crate::drop_reason::DropReason;

/// Why lines of a batch are in no file.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There is no room for them, and none that could be made.
    DiskFull(io::Error),
    /// The system refused for another reason.
    Io(io::Error),
    /// The file could not be opened before, and it is too early to try again.
    Waiting,
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        if DropReason::of(&error) == DropReason::DiskFull { Self::DiskFull(error) } else { Self::Io(error) }
    }
}
