use std::fmt::{self, Write as _};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use radiosonde_core::{SharedClock, SystemClock, survive};

use crate::seeing::pending_traces::{Bounds, Pending, PendingTraces};
use crate::spans::encoded_span::EncodedSpan;
use crate::spans::span_sink::SpanSink;

/// Prints finished traces as indented waterfalls, for development.
///
/// # Shape
/// A trace is printed when its local root ends: the request, job or message that began it in this process. Each span is a
/// line: its start after the first one, its duration, a bar, its name, kind and status, and its first attributes. Control
/// characters are escaped.
///
/// A span that ends after its root, as in a task that was spawned, and a trace whose root stays open, are printed when they are
/// older than [`max_age`](Self::max_age), or by [`flush`](Self::flush).
///
/// # Limits
/// It keeps the spans of up to 64 traces, 256 of each; a span that does not fit is counted, and the number printed. So are
/// traces that could not be written, and those that did not fit into the 1 MiB that wait for the writer.
///
/// # Cost
/// The thread on which a root ends formats the trace and writes it. A thread that finds another one writing leaves its text to
/// that one. Not for production.
///
/// ```
/// use radiosonde_trace::{ConsoleTraces, TracePipeline};
/// use tracing::info_span;
/// # use tracing_subscriber::layer::SubscriberExt as _;
///
/// let pipeline = TracePipeline::builder(&radiosonde_core::Resource::new("shop")).sink(ConsoleTraces::stderr()).build()?;
/// # tracing::subscriber::with_default(tracing_subscriber::registry().with(pipeline.layer()), || {
/// info_span!("GET /orders/{id}").in_scope(|| {
///     info_span!("load_order").in_scope(|| ());
/// });
/// # });
/// // trace 4bf92f3577b34da6a3ce929d0e0e4736  1.2ms, 2 spans
/// //       0µs     1.2ms ████████████████████████ GET /orders/{id}
/// //     100µs     1.0ms  ███████████████████████   load_order
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
pub struct ConsoleTraces {
    bounds: Bounds,
    clock: SharedClock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    pending: PendingTraces,
    waiting: Waiting,
    /// `None` while a thread writes.
    writer: Option<Box<dyn io::Write + Send>>,
}

/// Text that waits for the writer.
#[derive(Default)]
struct Waiting {
    text: String,
    /// The number of traces in it.
    traces: u64,
    /// Traces that were not written.
    lost: u64,
}

/// The limit of text that waits for the writer.
const TEXT_BYTES: usize = 1 << 20;

/// How often a thread writes what others left, before it returns to its own work.
const ROUNDS: usize = 8;

impl ConsoleTraces {
    /// Prints to standard error.
    #[must_use]
    pub fn stderr() -> Self {
        Self::new(io::stderr())
    }

    /// Prints to a writer, each time with one call of `write_all`.
    pub fn new(writer: impl io::Write + Send + 'static) -> Self {
        Self {
            bounds: Bounds { traces: 64, spans_per_trace: 256, age: Duration::from_secs(30) },
            clock: Arc::new(SystemClock),
            state: Mutex::new(State { writer: Some(Box::new(writer)), ..State::default() }),
        }
    }

    /// Sets the number of traces whose root is still open; default: 64.
    #[must_use]
    pub const fn max_traces(mut self, traces: usize) -> Self {
        self.bounds.traces = traces;
        self
    }

    /// Sets the number of spans that are kept of each trace, besides its local root; default: 256.
    #[must_use]
    pub const fn max_spans(mut self, spans: usize) -> Self {
        self.bounds.spans_per_trace = spans;
        self
    }

    /// Sets the time after which spans are printed though their local root has not ended; default: 30 s.
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.bounds.age = age;
        self
    }

    /// Sets the clock that measures ages; default: the system's.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Prints all spans that wait for their local root.
    pub fn flush(&self) {
        let mut state = self.lock();
        let (traces, refused) = (state.pending.take_all(), state.pending.take_refused());
        drop(state);
        self.print(&traces, refused);
    }

    /// Draws traces without the lock, and writes them.
    fn print(&self, traces: &[Pending], refused: u64) {
        let mut text = String::new();
        for trace in traces {
            trace.draw(&mut text);
        }
        if refused > 0 {
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "… {refused} spans of other traces did not fit");
        }
        let mut state = self.lock();
        state.waiting.add(&text, traces.len() as u64);
        self.write(state);
    }

    /// Writes the text, unless another thread does.
    fn write<'s>(&'s self, mut state: MutexGuard<'s, State>) {
        for _ in 0..ROUNDS {
            if state.waiting.text.is_empty() {
                return;
            }
            let Some(mut writer) = state.writer.take() else { return };
            let Waiting { mut text, traces, lost } = std::mem::take(&mut state.waiting);
            // Not while the writer waits for a slow terminal: other threads only leave their spans.
            drop(state);
            if lost > 0 {
                let _ = writeln!(text, "… {lost} traces were not printed");
            }
            let written = survive(|| writer.write_all(text.as_bytes()).and_then(|()| writer.flush()));
            state = self.lock();
            state.writer = Some(writer);
            if !matches!(written, Some(Ok(()))) {
                state.waiting.lost += traces + lost;
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn add(&mut self, text: &str, traces: u64) {
        if self.text.len() + text.len() > TEXT_BYTES {
            self.lost += traces;
            return;
        }
        self.text.push_str(text);
        self.traces += traces;
    }
}

impl SpanSink for ConsoleTraces {
    fn accept(&self, span: EncodedSpan) {
        let now = self.clock.monotonic();
        let mut state = self.lock();
        let finished = state.pending.add(span, self.bounds, now);
        let mut traces = state.pending.take_due(self.bounds, now);
        traces.extend(finished);
        if traces.is_empty() {
            // Text that a busy writer has left.
            return self.write(state);
        }
        let refused = state.pending.take_refused();
        drop(state);
        self.print(&traces, refused);
    }
}

impl Drop for ConsoleTraces {
    fn drop(&mut self) {
        self.flush();
    }
}

impl fmt::Debug for ConsoleTraces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleTraces").field("bounds", &self.bounds).finish_non_exhaustive()
    }
}
