use std::io::{self, IsTerminal as _};

use crate::null_device::is_null;

/// The process-wide stream a writer writes to, if any.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
    /// None: no other code can lock the output.
    Own,
}

/// The lock of a stream. The same thread may lock it again.
#[derive(Debug)]
pub(crate) enum HeldStream {
    Stdout { _lock: io::StdoutLock<'static> },
    Stderr { _lock: io::StderrLock<'static> },
    Own,
}

impl Stream {
    pub(crate) fn hold(self) -> HeldStream {
        match self {
            Self::Stdout => HeldStream::Stdout { _lock: io::stdout().lock() },
            Self::Stderr => HeldStream::Stderr { _lock: io::stderr().lock() },
            Self::Own => HeldStream::Own,
        }
    }

    pub(crate) fn is_terminal(self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Stderr => io::stderr().is_terminal(),
            Self::Own => false,
        }
    }

    /// Whether writes to the stream are known to be lost.
    pub(crate) fn is_null(self) -> bool {
        match self {
            Self::Stdout => is_null(io::stdout()),
            Self::Stderr => is_null(io::stderr()),
            Self::Own => false,
        }
    }
}
