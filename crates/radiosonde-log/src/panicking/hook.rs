use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use std::{fmt, thread};

use radiosonde_appender::ReentrancyGuard;
use radiosonde_core::{Clock as _, SystemClock};
use radiosonde_metrics::{Counter, RegisterError, Registry};

use crate::panicking::backtrace::PanicBacktrace;
use crate::panicking::report::Report;
use crate::writing::handle::LogHandle;
use crate::writing::watched;

/// The most bytes of a backtrace in a line.
const BACKTRACE_BYTES: usize = 16 * 1024;
/// The most panics reported at the same time; further ones are left to the previous hook.
const MOST_AT_ONCE: usize = 64;

/// Turns each panic of the process into a line.
///
/// # Shape
/// An event at ERROR, or FATAL if panics abort, with the target `panic`, the message `panicked: …` and the fields
/// `panic.location` (`src/main.rs:10:5`), `panic.thread` and `panic.backtrace`. It belongs to the span in which the thread
/// panicked, and has its fields and its trace id. Every panic counts in `panics_total`, also one that is caught later.
///
/// The previous hook, which by default prints to standard error, does not run if the line is known to be written: by a
/// [`Writer`](crate::Writer), also through its queue, or by the journal. So a panic is reported once and like every other
/// line; with [`and_previous`](Self::and_previous) the previous hook always runs. It runs in all other cases: without a
/// subscriber or with one that has no [`JsonLayer`](crate::JsonLayer), for a line that a filter excludes (limits and
/// sampling exclude none), if only sinks receive it, for a panic in a writer or sink, if every writer fails, if standard
/// output or standard error is closed or the null device, if the queue loses lines at the same time, and if the deadline
/// passes.
/// the null device, if the queue loses lines at the same time, and if the deadline passes.
///
/// # Panics that end the process
/// A panic ends the process if panics abort, on the main thread, and if it cannot unwind. Then the panicking thread also
/// waits for the flush set by [`flush`](Self::flush); a panic that only ends a task does not wait for a store that is down.
///
/// # Threads
/// The event is emitted by a separate thread, for which the panicking one waits. The panicking thread may hold any lock, of
/// a writer or of its span, and a second panic on it, in any layer, would abort the process. Here it waits at most until the
/// deadline, and a panic in a layer is one more panic. A line delayed by such a lock is written when the lock is free. No
/// code of a subscriber runs on the panicking thread: the span is the one that the `JsonLayer` knows.
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
    /// `None` for the global one. Only `install` creates it, since the program may still want to set its labels.
    registry: Option<Registry>,
    backtrace: PanicBacktrace,
    deadline: Duration,
    and_previous: bool,
    logs: Option<LogHandle>,
}

impl PanicHook {
    /// Backtraces as the environment sets them, and one second for a line to be written.
    pub fn new() -> Self {
        Self {
            registry: None,
            backtrace: PanicBacktrace::default(),
            deadline: Duration::from_secs(1),
            and_previous: false,
            logs: None,
        }
    }

    /// Sets the registry for `panics_total`; default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Sets whether lines have a backtrace; default: as `RUST_BACKTRACE` sets it. Frames of the panic itself and of the
    /// start of the thread are left out.
    pub const fn backtrace(mut self, backtrace: PanicBacktrace) -> Self {
        self.backtrace = backtrace;
        self
    }

    /// Sets how long a panicking thread waits for its line, and for a flush; default: one second.
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Flushes the queues and sinks of a layer when a panic ends the process.
    pub fn flush(mut self, logs: &LogHandle) -> Self {
        self.logs = Some(logs.clone());
        self
    }

    /// Also runs the previous hook, such as that of an error reporter.
    pub const fn and_previous(mut self) -> Self {
        self.and_previous = true;
        self
    }

    /// Installs the hook for the process, wrapping the present one.
    ///
    /// # Errors
    /// [`PanicHookError`] if the metric conflicts with another, or on a panicking thread.
    pub fn install(self) -> Result<(), PanicHookError> {
        if thread::panicking() {
            return Err(PanicHookError::Panicking);
        }
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let panics = registry.counter("panics_total", "Panics, including caught ones.");
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
    /// Handles a panic. Must not panic: that would abort the process.
    fn on_panic(&self, info: &PanicHookInfo<'_>, previous: &dyn Fn(&PanicHookInfo<'_>)) {
        self.panics.inc();
        if !self.log(info) || self.options.and_previous {
            previous(info);
        }
    }

    /// Reports the panic as a line; true if the line is known to be written.
    fn log(&self, info: &PanicHookInfo<'_>) -> bool {
        // A panic of a reporting thread would be reported without end; one in a writer would wait for itself.
        if watched::is_on() || ReentrancyGuard::is_active() {
            return false;
        }
        let Some(place) = ReportPermit::take(&self.at_once) else { return false };
        let report = Report::of(info, self.options.backtrace);
        let (tell, told) = mpsc::sync_channel(2);
        let deadline = self.options.deadline;
        let logs = self.options.logs.clone().filter(|_| report.ends_process);
        let waits_for_flush = logs.is_some();
        let end = SystemClock.monotonic().saturating_add(deadline);
        let left = move || end.saturating_sub(SystemClock.monotonic());
        let work = move || {
            watched::begin();
            let _place = place;
            report.emit(BACKTRACE_BYTES);
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
            // An error means that no time is left, or that the thread panicked.
            let _ = told.recv_timeout(left());
        }
        is_out
    }
}

/// A slot among the panics that are reported at once.
struct ReportPermit(Arc<AtomicUsize>);

impl ReportPermit {
    fn take(at_once: &Arc<AtomicUsize>) -> Option<Self> {
        // Relaxed: only the count matters, and it publishes nothing.
        let place =
            (at_once.fetch_add(1, Ordering::Relaxed) < MOST_AT_ONCE).then(|| Self(Arc::clone(at_once)));
        if place.is_none() {
            // Relaxed: as above.
            at_once.fetch_sub(1, Ordering::Relaxed);
        }
        place
    }
}

impl Drop for ReportPermit {
    fn drop(&mut self) {
        // Relaxed: as above.
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The panic hook could not be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PanicHookError {
    /// `panics_total` conflicts with another metric of that name.
    Metrics(RegisterError),
    /// A panicking thread cannot change the hook.
    Panicking,
}

impl fmt::Display for PanicHookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metrics(_) => "cannot register the counter of panics",
            Self::Panicking => "cannot install the panic hook on a panicking thread",
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
