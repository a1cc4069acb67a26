use std::io;
use std::time::Duration;

/// Why lines were not written.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The system refused the current line, which is lost. The next one may be tried at once.
    Refused(io::Error),
    /// Every byte was written, but flushing failed.
    Unflushed(io::Error),
    /// A non-blocking output is full. The rest can be written later, from exactly there.
    Busy(io::Error),
    /// Nothing can be written for this long, starting with the current line. The error is present only the first time.
    Later { after: Duration, error: Option<io::Error> },
    /// The writer panicked while it wrote the current line.
    Panicked,
}

impl Failure {
    pub(crate) fn from_write(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::WouldBlock { Self::Busy(error) } else { Self::Refused(error) }
    }
}
