use std::io::{self, IsTerminal as _};

use crate::null_device::is_null;

/// What a writer writes to, by who else may hold it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
    /// Nobody else.
    Own,
}

/// A stream that belongs to this thread until it is dropped. The thread may take it again within.
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

    /// Whether it leads nowhere, so far as that is known.
    pub(crate) fn is_null(self) -> bool {
        match self {
            Self::Stdout => is_null(io::stdout()),
            Self::Stderr => is_null(io::stderr()),
            Self::Own => false,
        }
    }
}
