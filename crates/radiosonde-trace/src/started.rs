use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, ContextGuard};
use radiosonde_core::SpanContext;

use crate::bridge;

/// A span that has its ids. Shared by the registry, in the span's extensions, and by every thread that has entered it.
#[derive(Debug)]
pub(crate) struct StartedSpan {
    /// The OpenTelemetry context in which the span is active.
    pub(crate) cx: Context,
    /// `None` for a span without ids.
    pub(crate) context: Option<SpanContext>,
    is_closed: AtomicBool,
}

/// The entry in a span's extensions.
#[derive(Debug)]
pub(crate) struct Started(pub(crate) Arc<StartedSpan>);

impl StartedSpan {
    pub(crate) fn new(cx: Context) -> Self {
        Self { context: bridge::span_context(&cx), cx, is_closed: AtomicBool::new(false) }
    }

    /// Makes the span OpenTelemetry's current one; returns whether it is, since a full stack refuses silently.
    pub(crate) fn attach(&self) -> (ContextGuard, bool) {
        let guard = self.cx.clone().attach();
        let span_id = |cx: &Context| cx.span().span_context().span_id();
        let is_attached = Context::map_current(span_id) == span_id(&self.cx);
        (guard, is_attached)
    }

    pub(crate) fn close(&self) {
        // Relaxed: `EnteredSpans::one_closed` publishes it.
        self.is_closed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_open(&self) -> bool {
        // Relaxed: `EnteredSpans::leave_closed` has synchronised with the thread that closed it.
        !self.is_closed.load(Ordering::Relaxed)
    }
}
