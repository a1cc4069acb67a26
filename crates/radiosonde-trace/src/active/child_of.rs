use tracing::Span;

use crate::active::doors::add_link;
use crate::active::span_control::SpanControl;
use crate::entering::stack;
use crate::propagation::carrier::Carrier;
use crate::propagation::extract::extract;
use crate::propagation::remote_context::RemoteContext;
use crate::spans::finished_span::SpanLink;

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

/// Makes a span that continues the trace of a request or a message: [`child_of`] the context that [`extract`] reads, if there is a
/// valid one.
///
/// ```
/// use std::collections::HashMap;
///
/// let headers = HashMap::from([("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]);
/// let make = || tracing::info_span!("process orders", otel.kind = "consumer");
/// # use radiosonde_trace::{CaptureSpans, TracePipeline};
/// # use tracing_subscriber::layer::SubscriberExt as _;
/// # let pipeline = TracePipeline::builder(&radiosonde_core::Resource::new("shop")).sink(CaptureSpans::new()).build()?;
/// # let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(pipeline.layer()));
/// let span = radiosonde_trace::continue_from(&headers, make);
/// let context = radiosonde_trace::context_of(&span).unwrap();
/// assert_eq!(context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
pub fn continue_from<C: Carrier + ?Sized>(carrier: &C, make: impl FnOnce() -> Span) -> Span {
    match extract(carrier) {
        Some(parent) => child_of(&parent, make),
        None => make(),
    }
}

/// Links a span to the sender of a message, whose context [`extract`] reads: for a span that processes several messages, which have
/// a trace each. True if there is a valid context.
pub fn link_from<C: Carrier + ?Sized>(span: &Span, carrier: &C) -> bool {
    let sender = extract(carrier);
    let is_linked = sender.is_some();
    if let Some(sender) = sender {
        add_link(span, SpanLink::to(&sender));
    }
    is_linked
}

/// Makes a span that starts a trace, whatever is current on this thread: the first span behind a trust boundary.
pub fn root_of(make: impl FnOnce() -> Span) -> Span {
    let _outside = stack::leave_all();
    make()
}
