use tracing::Span;
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan as _;

/// Puts a value into a span, for [`inherited_value`] to find from the spans within it, on any thread. A later value of the same type
/// replaces it.
///
/// For middleware that has to hand something on from the request that is served to the calls that are made for it. Does nothing if
/// the span is filtered out, or of a subscriber that is not built on [`tracing_subscriber::Registry`].
///
/// # Cost
/// An allocation and a lock of the span's own.
///
/// ```
/// #[derive(Debug, Clone, PartialEq)]
/// struct Tenant(u32);
///
/// tracing::subscriber::with_default(tracing_subscriber::registry(), || {
///     let request = tracing::info_span!("request");
///     radiosonde_trace::put_value(&request, Tenant(7));
///     let call = request.in_scope(|| tracing::info_span!("call"));
///     assert_eq!(radiosonde_trace::inherited_value(&call), Some(Tenant(7)));
///     assert_eq!(radiosonde_trace::inherited_value::<Tenant>(&tracing::info_span!("other")), None);
/// });
/// ```
pub fn put_value<T: Clone + Send + Sync + 'static>(span: &Span, value: T) {
    span.with_subscriber(|(id, dispatch)| {
        if let Some(span) = dispatch.downcast_ref::<Registry>().and_then(|registry| registry.span(id)) {
            span.extensions_mut().replace(Inherited(value));
        }
    });
}

/// The value of this type that was put into this span, or else into the nearest one around it.
///
/// # Cost
/// A look-up and a lock for each span on the way.
#[must_use]
pub fn inherited_value<T: Clone + Send + Sync + 'static>(span: &Span) -> Option<T> {
    span.with_subscriber(|(id, dispatch)| {
        let span = dispatch.downcast_ref::<Registry>()?.span(id)?;
        span.scope()
            .find_map(|span| span.extensions().get::<Inherited<T>>().map(|Inherited(value)| value.clone()))
    })?
}

/// Of a type of its own, so that it is never confused with what layers keep.
#[derive(Debug)]
struct Inherited<T>(T);
