//! The parts of a span's context that OpenTelemetry's own types cannot hold.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry::trace as otel;
use radiosonde_core::{SpanId, TraceFlags};
use radiosonde_trace::{Baggage, RemoteContext, TraceState};

/// By span. Holds only spans that exist, and only those of whose context OpenTelemetry's types would lose parts.
static KEPT: Mutex<Option<HashMap<SpanId, Kept>>> = Mutex::new(None);

/// Number of entries in `KEPT`, so that a process without any takes no lock.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// What is kept of a span's context.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// OpenTelemetry's type accepts fewer members than the specification.
    pub(crate) trace_state: TraceState,
    /// OpenTelemetry's context of a span does not have what a span of `tracing` around it has.
    pub(crate) baggage: Baggage,
    /// OpenTelemetry's type holds the byte of the W3C format alone.
    pub(crate) flags: TraceFlags,
}

/// Keeps the parts of one span's context until it is dropped.
#[derive(Debug)]
pub(crate) struct Keeping(SpanId);

impl Keeping {
    /// `None` if OpenTelemetry's types hold everything.
    pub(crate) fn new(own: &RemoteContext, in_otel: &otel::TraceState) -> Option<Self> {
        let state = own.trace_state();
        let is_held = state.is_empty() || in_otel.header() == state.as_str();
        let (span, flags) = (own.context().span_id(), own.context().flags());
        if is_held && own.baggage().is_empty() && is_a_byte(flags) {
            return None;
        }
        let kept = Kept { trace_state: state.clone(), baggage: own.baggage().clone(), flags };
        lock().get_or_insert_default().insert(span, kept);
        // Relaxed: the lock publishes the entry; a thread that has the span's id got it after this call.
        COUNT.fetch_add(1, Ordering::Relaxed);
        Some(Self(span))
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        let kept = lock().as_mut().and_then(|kept| kept.remove(&self.0));
        // Relaxed: as in `new`.
        COUNT.fetch_sub(usize::from(kept.is_some()), Ordering::Relaxed);
    }
}

/// Whether the byte of the W3C format holds these flags.
pub(crate) fn is_a_byte(flags: TraceFlags) -> bool {
    TraceFlags::from_byte(flags.to_byte()) == flags
}

/// What is kept for this span.
pub(crate) fn kept(span: SpanId) -> Option<Kept> {
    // Relaxed: as in `Keeping::new`.
    if COUNT.load(Ordering::Relaxed) == 0 {
        return None;
    }
    lock().as_ref()?.get(&span).cloned()
}

fn lock() -> MutexGuard<'static, Option<HashMap<SpanId, Kept>>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}
