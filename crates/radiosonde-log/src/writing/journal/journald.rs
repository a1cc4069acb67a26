use std::cell::Cell;
use std::fmt;
use std::io;
use std::path::{self, Path, PathBuf};

use radiosonde_core::{Level, diagnostics};
use radiosonde_metrics::{Counter, RegisterError, Registry};

use crate::writing::journal::entry::push_entry;
use crate::writing::journal::socket::Socket;
use crate::writing::line::{Line, LineSink};
use crate::writing::watched;

/// Where systemd's journal listens.
const SOCKET: &str = "/run/systemd/journal/socket";
/// A buffer that has grown beyond this is given back rather than kept by each thread.
const KEEP_BYTES: usize = 64 * 1024;

/// Sends each line to systemd's journal, with its fields. Linux, feature `journald`.
///
/// For a service whose standard output is not the journal already: systemd's units have that, and would show each line twice.
///
/// # Shape
/// | Field | |
/// |---|---|
/// | `MESSAGE` | the message; the whole line if there is none |
/// | `PRIORITY` | 2 for FATAL, 3 ERROR, 4 WARN, 6 INFO, 7 DEBUG and TRACE |
/// | `SYSLOG_IDENTIFIER` | as given to the builder, or else the service |
/// | `SERVICE`, `MODULE`, `TRACE_ID`, `SPAN_ID` | as in the line |
/// | all others | by their names, in upper case, with `_` for what is no letter or digit, at most 64 bytes |
///
/// A field gets `F_` before its name if that begins with another character than a letter, means something to the journal
/// (`MESSAGE_ID`, `UNIT`, `SYSLOG_...`, `CODE_...`, `OBJECT_...`, `COREDUMP_...`) or is one of those above. Text is sent as it
/// is, also of several lines; an error as the JSON that the line has.
///
/// # Cost
/// One system call on the thread that logs, and no allocation once its buffer has grown. An entry that is too long for a
/// datagram, about 200 kB, costs a file in memory. The call does not block, but for lines at ERROR and FATAL and audit lines, for
/// up to 5 ms.
///
/// # What is dropped
/// Lines for which the journal has no room, and all while it does not run: counted in
/// `radiosonde_log_journald_dropped_total{reason}`, as `full` and `write`, and reported. A journal that was started again gets
/// the next line.
///
/// # Source
/// "Native Journal Protocol": <https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>
///
/// ```no_run
/// use std::sync::Arc;
/// use radiosonde_core::Resource;
/// use radiosonde_log::{JsonLayer, Journald};
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
    identifier: Option<Box<str>>,
    full: Counter,
    failed: Counter,
}

impl Journald {
    /// The journal of this machine, unless told otherwise.
    pub fn builder() -> JournaldBuilder {
        JournaldBuilder { path: SOCKET.into(), identifier: None, registry: Registry::new() }
    }
}

thread_local! {
    // `const` and never borrowed: a sink within a sink, or a thread that ends, finds none and makes one.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl LineSink for Journald {
    fn accept(&self, line: &Line<'_>) {
        let mut entry = BUFFER.try_with(Cell::take).unwrap_or_default();
        entry.clear();
        push_entry(&mut entry, line, self.identifier.as_deref().unwrap_or(line.service()));
        let may_wait = line.level() >= Level::Error || line.is_audit();
        if let Err(error) = self.socket.send(&entry, may_wait).inspect(|()| watched::written()) {
            let counter = if error.kind() == io::ErrorKind::WouldBlock { &self.full } else { &self.failed };
            counter.inc();
            let message = format_args!("cannot send to the journal at {:?}: {error}", self.path);
            diagnostics::report("log", "journald", message);
        }
        if entry.capacity() <= KEEP_BYTES {
            // Fails while the thread ends.
            let _ = BUFFER.try_with(|buffer| buffer.set(entry));
        }
    }
}

/// Collects what a [`Journald`] needs.
#[must_use]
#[derive(Debug)]
pub struct JournaldBuilder {
    path: PathBuf,
    identifier: Option<Box<str>>,
    registry: Registry,
}

impl JournaldBuilder {
    /// Another socket than `/run/systemd/journal/socket`: that of a namespace, `/run/systemd/journal.NAME/socket`, or a test's.
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = path.into();
        self
    }

    /// `SYSLOG_IDENTIFIER`, by which `journalctl -t` finds the lines; by default the service's name.
    pub fn identifier(mut self, identifier: &str) -> Self {
        self.identifier = Some(identifier.into());
        self
    }

    /// Where the sink's own metrics are registered; by default in a registry that nobody sees.
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = registry.clone();
        self
    }

    /// The sink, ready to be added to a layer.
    ///
    /// # Errors
    /// [`JournaldError`] if nobody listens at the socket, and for a metric that clashes with the registry's.
    pub fn build(self) -> Result<Journald, JournaldError> {
        // Where the process changes its folder later, the socket stays where it is.
        let opened = path::absolute(&self.path).and_then(|path| Ok((Socket::open(&path)?, path)));
        let (socket, path) = match opened {
            Ok(opened) => opened,
            Err(source) => return Err(JournaldError::Socket { path: self.path, source }),
        };
        let dropped = self
            .registry
            .counter(
                "radiosonde_log_journald_dropped_total",
                "Log lines that the journal did not take, by reason.",
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

/// A journal that cannot be sent to.
#[derive(Debug)]
#[non_exhaustive]
pub enum JournaldError {
    /// Nobody listens at the socket.
    Socket {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The metric of the sink clashes with another of that name.
    Metrics(RegisterError),
}

impl JournaldError {
    /// The socket at which nobody listens.
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
