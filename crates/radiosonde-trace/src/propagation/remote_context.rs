use std::hash::{Hash, Hasher};

use radiosonde_core::{SpanContext, WorkIds};

use crate::propagation::baggage::Baggage;
use crate::propagation::trace_state::TraceState;

/// A span's context as propagated between processes with a request or a message.
///
/// Two contexts are equal if the same bytes are sent for both, wherever they come from.
///
/// Within the process it also holds the request id and the correlation id of the work. They are not part of trace context:
/// the middleware of `radiosonde-tower` reads and writes their headers.
///
/// # Cost
/// Cloning copies the ids of trace and span, and counts a reference each for a trace state, baggage and work ids that are not
/// empty.
#[derive(Debug, Clone)]
pub struct RemoteContext {
    context: SpanContext,
    trace_state: TraceState,
    baggage: Baggage,
    work_ids: WorkIds,
    is_remote: bool,
    /// Whether no span around has the work ids as fields, which lines would inherit.
    lines_lack_ids: bool,
}

impl RemoteContext {
    /// Creates the context of another process's span from its parts, without baggage and work ids.
    #[must_use]
    pub const fn new(context: SpanContext, trace_state: TraceState) -> Self {
        Self {
            context,
            trace_state,
            baggage: Baggage::EMPTY,
            work_ids: WorkIds::NONE,
            is_remote: true,
            lines_lack_ids: false,
        }
    }

    /// Replaces the baggage.
    #[must_use]
    pub fn with_baggage(self, baggage: Baggage) -> Self {
        Self { baggage, ..self }
    }

    /// Replaces the ids of the work that is done in this context. Spans within it inherit them.
    #[must_use]
    pub fn with_work_ids(self, work_ids: WorkIds) -> Self {
        Self { work_ids, ..self }
    }

    /// The same context, entered where no span has the work ids as fields: lines take them from it.
    #[inline]
    pub(crate) fn showing_ids(self, is_shown: bool) -> Self {
        let lines_lack_ids = is_shown && !self.work_ids.is_empty();
        Self { lines_lack_ids, ..self }
    }

    /// The context of another API's span within this one: the work is the same.
    pub(crate) fn within(self, around: &Self) -> Self {
        match self.work_ids.is_empty() {
            true => Self { work_ids: around.work_ids.clone(), lines_lack_ids: around.lines_lack_ids, ..self },
            false => self,
        }
    }

    /// Sets the ids of this span's work. `is_declared` if the span has them as fields.
    pub(crate) fn set_work_ids(&mut self, work_ids: WorkIds, is_declared: bool) {
        self.lines_lack_ids = !is_declared && !work_ids.is_empty();
        self.work_ids = work_ids;
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

    /// The ids of the work that is done in this context.
    #[must_use]
    pub const fn work_ids(&self) -> &WorkIds {
        &self.work_ids
    }

    /// The ids that lines and spans have to take from this context.
    #[inline]
    pub(crate) const fn shown_ids(&self) -> Option<&WorkIds> {
        if self.lines_lack_ids { Some(&self.work_ids) } else { None }
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
        (self.context, &self.trace_state, &self.baggage, &self.work_ids)
            == (other.context, &other.trace_state, &other.baggage, &other.work_ids)
    }
}

impl Eq for RemoteContext {}

impl Hash for RemoteContext {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.context, &self.trace_state, &self.baggage).hash(state);
    }
}
