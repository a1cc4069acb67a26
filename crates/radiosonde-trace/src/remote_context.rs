use radiosonde_core::SpanContext;
use tracing::Span;

use crate::{
    Carrier, CarrierMut, InvalidTraceparent, InvalidTraceparentKind, TraceState, Traceparent, active_span,
    bridge, current,
};

pub(crate) const TRACEPARENT: &str = "traceparent";
pub(crate) const TRACESTATE: &str = "tracestate";

/// A span as another process knows it: what travels with a request or a message.
///
/// # Cost
/// Cloning is a copy and one reference count.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RemoteContext {
    context: SpanContext,
    trace_state: TraceState,
}

impl RemoteContext {
    /// A remote context from its parts.
    #[must_use]
    pub const fn new(context: SpanContext, trace_state: TraceState) -> Self {
        Self { context, trace_state }
    }

    /// The ids and flags.
    #[must_use]
    pub const fn context(&self) -> SpanContext {
        self.context
    }

    /// What other tracing systems sent along.
    #[must_use]
    pub const fn trace_state(&self) -> &TraceState {
        &self.trace_state
    }

    /// What to send along from here: the span that this thread is in.
    ///
    /// A span of the OpenTelemetry API that is active within a `tracing` span counts too, and goes first. `None` outside of any
    /// span, and where no [`TraceLayer`](crate::TraceLayer) is installed.
    #[must_use]
    pub fn current() -> Option<Self> {
        current::in_otel(bridge::remote_context)
            .or_else(|| SpanContext::current().map(|context| Self::new(context, TraceState::default())))
    }

    /// What to send along from within that span. Starts the span: its parent cannot be [set](crate::set_parent) any more.
    #[must_use]
    pub fn of(span: &Span) -> Option<Self> {
        active_span::started(span, bridge::remote_context)
    }

    /// Writes the context. Takes away the `tracestate` that the carrier may have from elsewhere.
    ///
    /// # Cost
    /// For [`HeaderMap`](http::HeaderMap) one allocation for `traceparent`, one more for a `tracestate` that is not empty.
    pub fn inject<C: CarrierMut + ?Sized>(&self, carrier: &mut C) {
        let traceparent = Traceparent::new(self.context).to_bytes();
        carrier.set(TRACEPARENT, std::str::from_utf8(&traceparent).unwrap_or_default());
        if self.trace_state.is_empty() {
            carrier.remove(TRACESTATE);
        } else {
            carrier.set(TRACESTATE, self.trace_state.as_str());
        }
    }
}

/// The context that came with a request or a message, if a valid one did.
///
/// An invalid `traceparent` is as good as none: the trace starts anew, and `tracestate` is not looked at. An invalid
/// `tracestate` alone is dropped. [`try_extract`] tells why.
///
/// ```
/// use http::HeaderMap;
///
/// let mut headers = HeaderMap::new();
/// headers.insert("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse()?);
/// headers.insert("tracestate", "congo=t61rcWkgMzE".parse()?);
///
/// let parent = radiosonde_trace::extract(&headers).expect("the headers are valid");
/// assert_eq!(parent.context().span_id().to_string(), "00f067aa0ba902b7");
/// assert_eq!(parent.trace_state().get("congo"), Some("t61rcWkgMzE"));
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[must_use]
pub fn extract<C: Carrier + ?Sized>(carrier: &C) -> Option<RemoteContext> {
    try_extract(carrier).ok().flatten()
}

/// Like [`extract`], and tells an invalid context from none.
///
/// # Errors
/// [`InvalidTraceparent`] if there is a `traceparent` that must be ignored. The trace is to be started anew then: a caller that
/// goes on with `Ok(None)` does the right thing.
pub fn try_extract<C: Carrier + ?Sized>(carrier: &C) -> Result<Option<RemoteContext>, InvalidTraceparent> {
    let mut traceparents = carrier.values(TRACEPARENT);
    let Some(value) = traceparents.next() else { return Ok(None) };
    if traceparents.next().is_some() {
        return Err(InvalidTraceparent::new(value, InvalidTraceparentKind::Repeated));
    }
    let context = Traceparent::from_bytes(value)?.context();
    // "Failure to parse tracestate MUST NOT affect the parsing of traceparent."
    let trace_state = TraceState::from_values(carrier.values(TRACESTATE)).unwrap_or_default();
    Ok(Some(RemoteContext::new(context, trace_state)))
}

/// Writes the [current](RemoteContext::current) context, and says whether there was one. Without one the carrier stays as it is.
pub fn inject<C: CarrierMut + ?Sized>(carrier: &mut C) -> bool {
    match RemoteContext::current() {
        Some(context) => {
            context.inject(carrier);
            true
        }
        None => false,
    }
}
