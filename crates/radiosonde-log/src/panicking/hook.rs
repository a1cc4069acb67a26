use std::fmt;
use std::panic::{self, PanicHookInfo};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use radiosonde_appender::ReentrancyGuard;
use radiosonde_core::{Clock as _, SystemClock};
use radiosonde_metrics::{Counter, RegisterError, Registry};

use crate::panicking::backtrace::PanicBacktrace;
use crate::panicking::report::Report;
use crate::writing::handle::LogHandle;
use crate::writing::watched;

/// Panics that are reported at the same time; of more, the hook that was there before tells.
const MOST_AT_ONCE: usize = 64;

/// Makes each panic of the process a line.
///
/// # Shape
/// An event of level ERROR, or FATAL where panics abort, with the target `panic`, the message `panicked: …` and the fields
/// `panic.location` (`src/main.rs:10:5`), `panic.thread` and `panic.backtrace`. It belongs to the span in which the thread
/// panicked, and has its fields and its trace id. Every panic counts in `panics_total`, also one that is caught later.
///
/// The hook that was there before, which by default prints to standard error, does not run if the line is known to be out: a
/// [`Writer`](crate::Writer) has written it, also through its queue, or the journal has taken it. So a panic is reported once and as
/// every other line; [`and_previous`](Self::and_previous) has the previous hook run always. It runs in all other cases: without a
/// subscriber or with one that has no [`JsonLayer`](crate::JsonLayer), for a line that a filter leaves out (limits and samples leave none out),
/// where sinks alone take it, for a panic in a writer or sink, if every writer fails, if standard output or standard error is closed or
/// the null device, if the queue loses lines at the same time, and if the deadline passes.
///
/// # At the end of the process
/// A panic ends the process where panics abort, on the main thread, and where it cannot unwind. Then the thread that panics
/// also waits for what [`flush`](Self::flush) names; a panic that only ends a task is not held up by a store that is down.
///
/// # How
/// The event is emitted by a thread of its own, for which the one that panics waits: that one may hold any lock, of a writer or
/// of its span, and a second panic on it, in any layer, would abort the process. Here it waits until the deadline at most, and
/// a panic in a layer is one more panic. A line that is late because of such a lock comes when the lock is free. On the thread that
/// panics no code of a subscriber runs: the span is the one that the `JsonLayer` knows.
///
/// ```standalone_crate
/// use radiosonde_core::Resource;
/// use radiosonde_log::{JsonLayer, PanicHook, Writer};
/// use radiosonde_metrics::Registry;
/// use radiosonde_testkit::SharedBuffer;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let (registry, buffer) = (Registry::new(), SharedBuffer::new());
/// let writer = Writer::new("buffer", buffer.clone());
/// let layer = JsonLayer::builder(&Resource::new("orders")).writer(writer).build()?;
/// tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))?;
/// PanicHook::new().registry(&registry).install()?;
///
/// let _ = std::thread::spawn(|| {
///     let _span = tracing::info_span!("request", request_id = "r-7").entered();
///     panic!("no such order");
/// })
/// .join();
/// let line = buffer.text();
/// assert!(line.contains(r#""message":"panicked: no such order","request_id":"r-7""#), "{line}");
/// assert!(registry.text().contains("panics_total 1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "it does nothing until it is installed"]
pub struct PanicHook {
    /// `None` for the global one. Only `install` makes it, since a program may still want to give it labels.
    registry: Option<Registry>,
    backtrace: PanicBacktrace,
    backtrace_bytes: usize,
    deadline: Duration,
    and_previous: bool,
    logs: Option<LogHandle>,
}

impl PanicHook {
    /// Backtraces as the environment says, and one second for a line to be written.
    pub fn new() -> Self {
        Self {
            registry: None,
            backtrace: PanicBacktrace::default(),
            backtrace_bytes: 16 * 1024,
            deadline: Duration::from_secs(1),
            and_previous: false,
            logs: None,
        }
    }

    /// Where `panics_total` is registered. Default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Whether lines have a backtrace; by default as `RUST_BACKTRACE` says. Frames of the panic itself and of the start of the
    /// thread are left out.
    pub const fn backtrace(mut self, backtrace: PanicBacktrace) -> Self {
        self.backtrace = backtrace;
        self
    }

    /// The most bytes of a backtrace, by default 16 KiB; it is cut between frames.
    pub const fn max_backtrace_bytes(mut self, bytes: usize) -> Self {
        self.backtrace_bytes = bytes;
        self
    }

    /// How long a thread that panics waits for its line, and for a flush; by default one second.
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Flushes the queues and sinks of a layer when a panic ends the process.
    pub fn flush(mut self, logs: &LogHandle) -> Self {
        self.logs = Some(logs.clone());
        self
    }

    /// Runs the hook that was there before as well, such as that of an error reporter.
    pub const fn and_previous(mut self) -> Self {
        self.and_previous = true;
        self
    }

    /// Makes it the process' own, before the hook that is there.
    ///
    /// # Errors
    /// [`PanicHookError`] if the metric clashes with another, or on a thread that panics.
    pub fn install(self) -> Result<(), PanicHookError> {
        if thread::panicking() {
            return Err(PanicHookError::Panicking);
        }
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let panics = registry.counter("panics_total", "Panics, those that were caught included.");
        let panics = panics.build().map_err(PanicHookError::Metrics)?;
        let previous = panic::take_hook();
        let installed = Installed { options: self, panics, at_once: Arc::new(AtomicUsize::new(0)) };
        panic::set_hook(Box::new(move |info| installed.on_panic(info, &*previous)));
        Ok(())
    }
}

impl Default for PanicHook {
    fn default() -> Self {
        Self::new()
    }
}

struct Installed {
    options: PanicHook,
    panics: Counter,
    at_once: Arc<AtomicUsize>,
}

impl Installed {
    /// Must not panic: that would abort the process.
    fn on_panic(&self, info: &PanicHookInfo<'_>, previous: &dyn Fn(&PanicHookInfo<'_>)) {
        self.panics.inc();
        if !self.log(info) || self.options.and_previous {
            previous(info);
        }
    }

    /// Whether the panic is a line that is known to be out.
    fn log(&self, info: &PanicHookInfo<'_>) -> bool {
        // A panic of a thread that reports one would be reported without end; one in a writer would wait for itself.
        if watched::is_on() || ReentrancyGuard::is_active() {
            return false;
        }
        let Some(place) = Place::take(&self.at_once) else { return false };
        let report = Report::of(info, self.options.backtrace);
        let (tell, told) = mpsc::sync_channel(2);
        let (most, deadline) = (self.options.backtrace_bytes, self.options.deadline);
        let logs = self.options.logs.clone().filter(|_| report.ends_process());
        let waits_for_flush = logs.is_some();
        let end = SystemClock.monotonic().saturating_add(deadline);
        let left = move || end.saturating_sub(SystemClock.monotonic());
        let work = move || {
            watched::begin();
            let _place = place;
            report.emit(most);
            // The receiver is gone if the deadline has passed.
            let _ = tell.send(watched::is_out(left));
            if let Some(logs) = logs {
                logs.flush(left());
                let _ = tell.send(true);
            }
        };
        if thread::Builder::new().name("radiosonde-panic".to_owned()).spawn(work).is_err() {
            return false;
        }
        let is_out = told.recv_timeout(left()) == Ok(true);
        if waits_for_flush {
            // An error: there is no time left, or the thread has panicked.
            let _ = told.recv_timeout(left());
        }
        is_out
    }
}

/// One of the panics that are reported at once.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(at_once: &Arc<AtomicUsize>) -> Option<Self> {
        // Relaxed: only the count matters, and nothing is published by it.
        let place =
            (at_once.fetch_add(1, Ordering::Relaxed) < MOST_AT_ONCE).then(|| Self(Arc::clone(at_once)));
        if place.is_none() {
            // Relaxed: as above.
            at_once.fetch_sub(1, Ordering::Relaxed);
        }
        place
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Relaxed: as above.
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The panic hook cannot be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PanicHookError {
    /// `panics_total` clashes with another metric of that name.
    Metrics(RegisterError),
    /// A thread that panics cannot change the hook.
    Panicking,
}

impl fmt::Display for PanicHookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metrics(_) => "cannot register the counter of panics",
            Self::Panicking => "cannot install the panic hook on a thread that panics",
        })
    }
}

impl std::error::Error for PanicHookError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Metrics(error) => Some(error),
            Self::Panicking => None,
        }
    }
}
