use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use radiosonde_core::{diagnostics, survive};

use crate::processing::probe_state;
use crate::processing::self_metrics::{Lost, SelfMetrics};
use crate::spans::encoded_span::EncodedSpan;
use crate::spans::span_sink::SpanSink;

/// Passes each finished span to the sinks, on the thread on which it ended.
///
/// It holds no spans, so it needs no bound and no flush: the sinks' queues are bounded and flushed by their owner.
#[derive(Clone)]
pub(crate) struct Processor(Arc<Shared>);

struct Shared {
    sinks: Box<[Box<dyn SpanSink>]>,
    closed: AtomicBool,
    metrics: SelfMetrics,
}

thread_local! {
    // Without a destructor, so that it can be read while the thread exits.
    static IN_SINK: Cell<bool> = const { Cell::new(false) };
}

impl Processor {
    pub(crate) fn new(sinks: Vec<Box<dyn SpanSink>>, metrics: SelfMetrics) -> Self {
        Self(Arc::new(Shared { sinks: sinks.into(), closed: AtomicBool::new(false), metrics }))
    }

    pub(crate) fn metrics(&self) -> &SelfMetrics {
        &self.0.metrics
    }

    pub(crate) fn has_sinks(&self) -> bool {
        !self.0.sinks.is_empty()
    }

    /// Drops and counts spans from now on.
    pub(crate) fn close(&self) {
        // Relaxed: the flag guards no other data; a span that ends at the same time may go either way.
        self.0.closed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_closed(&self) -> bool {
        // Relaxed: see `close`.
        self.0.closed.load(Ordering::Relaxed)
    }

    /// Counts a span that is not sampled because the pipeline was shut down before it started.
    pub(crate) fn started_too_late(&self) {
        if !probe_state::is_running() {
            self.0.metrics.dropped(Lost::AfterShutdown);
        }
    }

    /// Counts a sampled span of a pipeline that is shut down or has no sink.
    pub(crate) fn without_sink(&self) {
        if !probe_state::is_running() {
            let is_late = self.is_closed();
            self.0.metrics.dropped(if is_late { Lost::AfterShutdown } else { Lost::NoSink });
        }
    }

    /// Counts spans without room in the local tail.
    pub(crate) fn tail_full(&self, spans: usize) {
        if spans > 0 {
            self.0.metrics.dropped_many(Lost::TailFull, spans);
        }
    }

    /// Passes a span to the sinks. The user's code may run.
    pub(crate) fn pass(&self, span: EncodedSpan) {
        if probe_state::is_running() {
            return;
        }
        match self.pass_to_sinks(span) {
            Ok(()) => self.0.metrics.handed_over(),
            Err(reason) => self.0.metrics.dropped(reason),
        }
    }

    fn pass_to_sinks(&self, span: EncodedSpan) -> Result<(), Lost> {
        if self.is_closed() {
            return Err(Lost::AfterShutdown);
        }
        let Some((last, others)) = self.0.sinks.split_last() else { return Err(Lost::NoSink) };
        let _in_sink = InSink::enter().ok_or(Lost::WithinSink)?;
        let mut result = Ok(());
        for sink in others {
            result = accept(sink, span.clone()).and(result);
        }
        accept(last, span).and(result)
    }
}

fn accept(sink: &dyn SpanSink, span: EncodedSpan) -> Result<(), Lost> {
    // A panic here would end the application's own work: spans end in destructors.
    survive(|| sink.accept(span)).ok_or_else(|| {
        diagnostics::report("trace", "sink_panicked", format_args!("a span sink panicked; the span is lost"));
        Lost::SinkPanicked
    })
}

impl fmt::Debug for Processor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processor")
            .field("sinks", &self.0.sinks.len())
            .field("closed", &self.0.closed)
            .finish_non_exhaustive()
    }
}

/// Marks this thread as within a sink.
struct InSink;

impl InSink {
    fn enter() -> Option<Self> {
        if IN_SINK.replace(true) { None } else { Some(Self) }
    }
}

impl Drop for InSink {
    fn drop(&mut self) {
        IN_SINK.set(false);
    }
}
