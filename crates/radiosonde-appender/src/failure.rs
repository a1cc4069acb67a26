use std::io;
use std::time::Duration;

/// Why lines were not written.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The system refused the line at which it stopped, which is lost; the next one may be tried at once.
    Refused(io::Error),
    /// Everything was handed over, but may not have arrived.
    Unflushed(io::Error),
    /// An output that does not block has no room. What is missing can be written from exactly there later.
    Busy(io::Error),
    /// Nothing can be written for this long, from the line at which it stopped on; the error is told once.
    Later { after: Duration, error: Option<io::Error> },
    /// The writer panicked within the line at which it stopped.
    Panicked,
}

impl Failure {
    pub(crate) fn from_write(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::WouldBlock { Self::Busy(error) } else { Self::Refused(error) }
    }
}
