use std::sync::OnceLock;

use radiosonde_core::SpanId;

use crate::propagation::remote_context::RemoteContext;

static READ: OnceLock<fn() -> Option<RemoteContext>> = OnceLock::new();

/// Sets how the layer reads the current context of another tracing API on this thread.
///
/// For bridges. `read` is called when a span is made or entered and when a context is sent: it has to be cheap, and must make
/// no spans. The first call in a process wins.
pub fn set_outer_context(read: fn() -> Option<RemoteContext>) {
    let _ = READ.set(read);
}

/// The other API's current context.
#[inline]
pub(crate) fn outer_context() -> Option<RemoteContext> {
    READ.get()?()
}

/// The id of the other API's current span.
#[inline]
pub(crate) fn outer_span() -> Option<SpanId> {
    Some(outer_context()?.context().span_id())
}
