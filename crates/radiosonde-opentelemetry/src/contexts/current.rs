use opentelemetry::Context;
use radiosonde_trace::RemoteContext;
use tracing::Span;

use crate::contexts::{conversion, outer};

/// OpenTelemetry's current context, in which the innermost span is active even if `tracing` made it.
///
/// The spans of `tracing` are not in OpenTelemetry's own `Context::current()`. Use this in its place for a context that
/// another thread or task continues, or whose ids are read:
///
/// ```
/// use radiosonde_opentelemetry::current_context;
///
/// let cx = current_context();
/// std::thread::spawn(move || {
///     let _guard = cx.attach();
///     // Spans of both APIs continue the trace here.
/// });
/// ```
#[must_use]
pub fn current_context() -> Context {
    let innermost = RemoteContext::current();
    let current = outer::map_current(|cx| match innermost {
        // By ids: OpenTelemetry's flags may be fewer.
        Some(innermost)
            if conversion::span_context(cx).map(|active| (active.trace_id(), active.span_id()))
                != Some((innermost.context().trace_id(), innermost.context().span_id())) =>
        {
            conversion::with_parent(cx, &innermost)
        }
        _ => cx.clone(),
    });
    current.unwrap_or_default()
}

/// An OpenTelemetry context in which a span of `tracing` is active. Starts the span: its parent can no longer be
/// [set](radiosonde_trace::set_parent). For what `OpenTelemetrySpanExt::context` is used.
#[must_use]
pub fn context_of(span: &Span) -> Context {
    let around = outer::map_current(Context::clone).unwrap_or_default();
    match RemoteContext::of(span) {
        Some(context) => conversion::with_parent(&around, &context),
        None => around,
    }
}

/// The active span of an OpenTelemetry context, for [`set_parent`](radiosonde_trace::set_parent) and
/// [`inject`](RemoteContext::inject).
///
/// ```
/// use radiosonde_opentelemetry::api::Context;
/// use radiosonde_opentelemetry::remote_context;
///
/// let span = tracing::info_span!("charge");
/// if let Some(parent) = remote_context(&Context::current()) {
///     // A disabled span has no parent.
///     let _ = radiosonde_trace::set_parent(&span, &parent);
/// }
/// ```
#[must_use]
pub fn remote_context(cx: &Context) -> Option<RemoteContext> {
    conversion::remote_context(cx)
}
