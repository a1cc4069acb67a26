use tracing::Span;
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan as _;

/// Stores a value in a span, for [`inherited_value`] to find from spans within it, on any thread. A later value of the same
/// type replaces it.
///
/// For middleware that passes data from the served request to the calls made for it. Does nothing if the span is filtered
/// out, or belongs to a subscriber that is not built on [`tracing_subscriber::Registry`].
///
/// # Cost
/// One allocation and the span's lock.
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

/// The value of this type in this span or the nearest enclosing one.
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

/// A private wrapper type, so that it never collides with the data of other layers.
#[derive(Debug)]
struct Inherited<T>(T);
