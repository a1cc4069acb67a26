use std::hash::{Hash, Hasher};

use radiosonde_core::SpanContext;

use crate::propagation::baggage::Baggage;
use crate::propagation::trace_state::TraceState;

/// A span's context as propagated between processes with a request or a message.
///
/// Two contexts are equal if the same bytes are sent for both, wherever they come from.
///
/// # Cost
/// Cloning copies the ids, and counts a reference each for a trace state and baggage that are not empty.
#[derive(Debug, Clone)]
pub struct RemoteContext {
    context: SpanContext,
    trace_state: TraceState,
    baggage: Baggage,
    is_remote: bool,
}

impl RemoteContext {
    /// Creates the context of another process's span from its parts, without baggage.
    #[must_use]
    pub const fn new(context: SpanContext, trace_state: TraceState) -> Self {
        Self { context, trace_state, baggage: Baggage::EMPTY, is_remote: true }
    }

    /// Replaces the baggage.
    #[must_use]
    pub fn with_baggage(self, baggage: Baggage) -> Self {
        Self { baggage, ..self }
    }

    /// The context of a span of this process.
    pub(crate) fn local(context: SpanContext) -> Self {
        Self::new(context, TraceState::default()).of_this_process()
    }

    /// The context of a span of this process whose parent has this context.
    #[inline]
    pub(crate) fn child(&self, context: SpanContext) -> Self {
        Self { context, is_remote: false, ..self.clone() }
    }

    /// The same context, as that of a span of this process: for bridges to other tracing APIs.
    #[must_use]
    pub fn of_this_process(self) -> Self {
        Self { is_remote: false, ..self }
    }

    /// Whether the span belongs to another process. `false` for contexts from [`current`](Self::current) and
    /// [`of`](Self::of) of spans created here.
    #[must_use]
    pub const fn is_remote(&self) -> bool {
        self.is_remote
    }

    /// The ids and flags.
    #[must_use]
    pub const fn context(&self) -> SpanContext {
        self.context
    }

    /// The data of other tracing systems.
    #[must_use]
    pub const fn trace_state(&self) -> &TraceState {
        &self.trace_state
    }

    /// The data of the application.
    #[must_use]
    pub const fn baggage(&self) -> &Baggage {
        &self.baggage
    }

    /// Clears the sampled flag if `is_shut_down`.
    pub(crate) fn unsampled_if(self, is_shut_down: impl FnOnce() -> bool) -> Self {
        if !self.context.is_sampled() || !is_shut_down() {
            return self;
        }
        let flags = self.context.flags().with_sampled(false);
        let context = SpanContext::new(self.context.trace_id(), self.context.span_id(), flags);
        Self { context, ..self }
    }
}

impl PartialEq for RemoteContext {
    fn eq(&self, other: &Self) -> bool {
        (self.context, &self.trace_state, &self.baggage)
            == (other.context, &other.trace_state, &other.baggage)
    }
}

impl Eq for RemoteContext {}

impl Hash for RemoteContext {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.context, &self.trace_state, &self.baggage).hash(state);
    }
}
