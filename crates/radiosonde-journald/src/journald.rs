use std::cell::Cell;
use std::path::{self, Path, PathBuf};
use std::{fmt, io};

use radiosonde_core::{Level, diagnostics};
use radiosonde_log::{Line, LineSink};
use radiosonde_metrics::{Counter, RegisterError, Registry};

use crate::entry::push_entry;
use crate::socket::Socket;

/// The socket of systemd's journal.
const SOCKET: &str = "/run/systemd/journal/socket";
/// A buffer larger than this is freed instead of kept by its thread.
const KEEP_BYTES: usize = 64 * 1024;

/// Sends each line to systemd's journal, with its fields.
///
/// For a service whose standard output does not go to the journal already. In a systemd unit it does, and each line would
/// appear twice.
///
/// # Shape
/// | Field | |
/// |---|---|
/// | `MESSAGE` | the message, or the whole line without one |
/// | `PRIORITY` | 2 for FATAL, 3 ERROR, 4 WARN, 6 INFO, 7 DEBUG and TRACE |
/// | `SYSLOG_IDENTIFIER` | set on the builder; default: the service |
/// | `SERVICE`, `MODULE`, `TRACE_ID`, `SPAN_ID` | as in the line |
/// | other fields | the name in upper case, with `_` for characters other than letters and digits, at most 64 bytes |
///
/// A name gets the prefix `F_` if it does not start with a letter, has a meaning in the journal
/// (`MESSAGE_ID`, `UNIT`, `SYSLOG_...`, `CODE_...`, `OBJECT_...`, `COREDUMP_...`) or is one of those above. Text is sent
/// unescaped, also if it has several lines; an error is sent as JSON.
///
/// # Cost
/// One system call on the thread that logs, and no allocation once its buffer has grown. An entry too long for a datagram,
/// about 200 kB, is sent as a file in memory. The call does not block, except for up to 5 ms at ERROR and FATAL and for
/// audit lines.
///
/// # What is dropped
/// Lines for which the journal has no room, and all lines while it is down. They are counted in
/// `radiosonde_log_journald_dropped_total{reason}`, as `full` and `write`, and reported. A restarted journal receives the next
/// line.
///
/// # Source
/// "Native Journal Protocol": <https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>
///
/// ```no_run
/// use std::sync::Arc;
/// use radiosonde_core::Resource;
/// use radiosonde_journald::Journald;
/// use radiosonde_log::JsonLayer;
///
/// // Then: journalctl -t orders -p warning TRACE_ID=4bf92f3577b34da6a3ce929d0e0e4736
/// let journal = Journald::builder().build()?;
/// let layer = JsonLayer::builder(&Resource::new("orders")).sink(Arc::new(journal)).build()?;
/// # let _ = layer;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Journald {
    socket: Socket,
    path: PathBuf,
    identifier: Option<String>,
    full: Counter,
    failed: Counter,
}

impl Journald {
    /// A sink for the journal of this machine.
    pub fn builder() -> JournaldBuilder {
        JournaldBuilder { path: SOCKET.into(), identifier: None, registry: None }
    }
}

thread_local! {
    // `const` and never borrowed: a sink within a sink, or an exiting thread, finds no buffer and allocates one.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl LineSink for Journald {
    fn accept(&self, line: &Line<'_>) {
        let mut entry = BUFFER.try_with(Cell::take).unwrap_or_default();
        entry.clear();
        push_entry(&mut entry, line, self.identifier.as_deref().unwrap_or(line.service()));
        let may_wait = line.level() >= Level::Error || line.is_audit();
        if let Err(error) = self.socket.send(&entry, may_wait).inspect(|()| line.mark_written()) {
            let counter = if error.kind() == io::ErrorKind::WouldBlock { &self.full } else { &self.failed };
            counter.inc();
            let message = format_args!("cannot send to the journal at {:?}: {error}", self.path);
            diagnostics::report("log", "journald", message);
        }
        if entry.capacity() <= KEEP_BYTES {
            // Fails on an exiting thread.
            let _ = BUFFER.try_with(|buffer| buffer.set(entry));
        }
    }
}

/// Settings of a [`Journald`].
#[must_use]
#[derive(Debug)]
pub struct JournaldBuilder {
    path: PathBuf,
    identifier: Option<String>,
    /// `None` for the global one, which only `build` creates: the program may still want to set its labels.
    registry: Option<Registry>,
}

impl JournaldBuilder {
    /// The socket. Default: `/run/systemd/journal/socket`; a namespace has `/run/systemd/journal.NAME/socket`.
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = path.into();
        self
    }

    /// `SYSLOG_IDENTIFIER`, which `journalctl -t` filters by. Default: the service's name.
    pub fn identifier(mut self, identifier: impl Into<String>) -> Self {
        self.identifier = Some(identifier.into());
        self
    }

    /// Sets the registry for the sink's own metrics; default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Builds the sink, to be added to a layer.
    /// [`JournaldError`] if nothing listens at the socket, or if a metric conflicts with the registry's.
    /// # Errors
    /// [`JournaldError`] if nothing listens at the socket, and for a metric that clashes with the registry's.
    pub fn build(self) -> Result<Journald, JournaldError> {
        // Absolute, so that a later change of the working directory does not move it.
        let opened = path::absolute(&self.path).and_then(|path| Ok((Socket::open(&path)?, path)));
        let (socket, path) = match opened {
            Ok(opened) => opened,
            Err(source) => return Err(JournaldError::Socket { path: self.path, source }),
        };
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let dropped = registry
            .counter(
                "radiosonde_log_journald_dropped_total",
                "Log lines that the journal did not accept, by reason.",
            )
            .labels(&["reason"])
            .map_err(JournaldError::Metrics)?;
        Ok(Journald {
            socket,
            path,
            identifier: self.identifier,
            full: dropped.handle(&["full"]),
            failed: dropped.handle(&["write"]),
        })
    }
}

/// A journal sink that could not be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum JournaldError {
    /// Nothing listens at the socket.
    Socket {
        /// The socket.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The sink's metric conflicts with another of the same name.
    Metrics(RegisterError),
}

impl JournaldError {
    /// The socket at which nothing listens.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Socket { path, .. } => Some(path),
            Self::Metrics(_) => None,
        }
    }
}

impl fmt::Display for JournaldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket { path, .. } => write!(f, "no journal listens at {path:?}"),
            Self::Metrics(_) => f.write_str("cannot register the metrics of the journal's sink"),
        }
    }
}

impl std::error::Error for JournaldError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Socket { source, .. } => Some(source),
            Self::Metrics(error) => Some(error),
        }
    }
}
