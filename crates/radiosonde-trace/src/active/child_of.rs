use tracing::Span;

use crate::active::span_control::SpanControl;
use crate::entering::stack;
use crate::propagation::remote_context::RemoteContext;

/// Makes a span that is the child of this context.
///
/// Unlike with [`set_parent`](crate::set_parent), the sampler decides once. It also reaches layers of other tracing APIs, whose
/// bridge offers a [`SpanControl`](crate::bridging::SpanControl).
///
/// ```
/// # use http::HeaderMap;
/// # let headers = HeaderMap::new();
/// let make = || tracing::info_span!("GET /orders", otel.kind = "server");
/// let span = match radiosonde_trace::extract(&headers) {
///     Some(parent) => radiosonde_trace::child_of(&parent, make),
///     None => make(),
/// };
/// # drop(span);
/// ```
pub fn child_of(parent: &RemoteContext, make: impl FnOnce() -> Span) -> Span {
    let span = {
        let _entered = parent.clone().enter();
        make()
    };
    SpanControl::of(&span, |control| {
        if !control.reads_entered_context() {
            // The layer reports what it could not do; the span is then a local child.
            let _ = control.set_parent(&span, parent);
        }
    });
    span
}

/// Makes a span that starts a trace, whatever is current on this thread: the first span behind a trust boundary.
pub fn root_of(make: impl FnOnce() -> Span) -> Span {
    let _outside = stack::leave_all();
    make()
}
