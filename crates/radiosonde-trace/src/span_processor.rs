use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use radiosonde_core::{diagnostics, survive};

use crate::self_metrics::{Lost, SelfMetrics};
use crate::spans::encoded_span::EncodedSpan;
use crate::spans::span_sink::SpanSink;
use crate::unsigned::UnsignedFields;
use crate::{from_sdk, probe_state, span_end};

/// The SDK's span processor: passes each finished span to the sinks, on the thread on which it ended.
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
    static IN_SINK: Cell<bool> = const { Cell::new(false) };
}

impl Processor {
    pub(crate) fn new(sinks: Vec<Box<dyn SpanSink>>, metrics: SelfMetrics) -> Self {
        Self(Arc::new(Shared { sinks: sinks.into(), closed: AtomicBool::new(false), metrics }))
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

    fn pass_to_sinks(&self, span: SpanData) -> Result<(), Lost> {
        if self.is_closed() {
            return Err(Lost::AfterShutdown);
        }
        let Some((last, others)) = self.0.sinks.split_last() else { return Err(Lost::NoSink) };
        let _in_sink = InSink::enter().ok_or(Lost::WithinSink)?;
        let span = from_sdk::finished_span(span, &UnsignedFields::of_closing(), span_end::took())
            .ok_or(Lost::NoIds)?
            .encode();
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

impl SpanProcessor for Processor {
    fn on_start(&self, _span: &mut Span, _cx: &Context) {}

    fn on_end(&self, span: SpanData) {
        // A span may be recorded without being sampled; the SDK passes those as well.
        if !span.span_context.is_sampled() || probe_state::is_running() {
            return;
        }
        match self.pass_to_sinks(span) {
            Ok(()) => self.0.metrics.handed_over(),
            Err(reason) => self.0.metrics.dropped(reason),
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        self.close();
        Ok(())
    }
}

impl fmt::Debug for Processor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processor")
            .field("sinks", &self.0.sinks.len())
            .field("closed", &self.0.closed)
            .finish_non_exhaustive()
    }
}

/// Whether this thread is within a sink, and so holds the lock of the span that ends.
///
/// # Cost
/// One thread-local load.
pub(crate) fn is_in_sink() -> bool {
    // Without a destructor, so that it can be read while the thread exits.
    IN_SINK.get()
}

/// Marks this thread as within a sink.
struct InSink;

impl InSink {
    fn enter() -> Option<Self> {
        match IN_SINK.try_with(|within| within.replace(true)) {
            Ok(true) => None,
            // An error means that the thread exits, so this call cannot be nested in another sink.
            Ok(false) | Err(_) => Some(Self),
        }
    }
}

impl Drop for InSink {
    fn drop(&mut self) {
        let _ = IN_SINK.try_with(|within| within.set(false));
    }
}
