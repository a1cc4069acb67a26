use std::sync::OnceLock;

use radiosonde_core::SpanId;

use crate::propagation::baggage::Baggage;
use crate::propagation::remote_context::RemoteContext;

static OUTER: OnceLock<&'static dyn OuterContext> = OnceLock::new();

/// The current context of another tracing API on this thread, as its bridge reads it.
///
/// Called when a span is made or entered and when a context is sent, and for each log line in a process that
/// [promotes baggage](crate::BaggageRules): it has to be cheap, and must make no spans and emit no events.
pub trait OuterContext: Sync {
    /// The id of the active span. Called most often.
    fn span_id(&self) -> Option<SpanId>;

    /// The context of the active span, with the baggage.
    fn context(&self) -> Option<RemoteContext>;

    /// The baggage, whether a span is active or not.
    fn baggage(&self) -> Baggage;
}

/// Reports another tracing API to the layers of this process. For bridges. The first call wins.
pub fn set_outer_context(outer: &'static dyn OuterContext) {
    let _ = OUTER.set(outer);
}

/// The other API's current context.
#[inline]
pub(crate) fn outer_context() -> Option<RemoteContext> {
    OUTER.get()?.context()
}

/// The id of the other API's current span.
#[inline]
pub(crate) fn outer_span() -> Option<SpanId> {
    OUTER.get()?.span_id()
}

/// This context with the other API's baggage, which wins over members of the same key.
#[inline]
pub(crate) fn with_outer_baggage(own: RemoteContext) -> RemoteContext {
    let Some(outer) = OUTER.get() else { return own };
    let baggage = outer.baggage();
    if baggage.is_empty() {
        return own;
    }
    let merged = own.baggage().merged(&baggage);
    own.with_baggage(merged)
}
