use opentelemetry::Context;
use radiosonde_core::SpanContext;
use tracing::{Span, dispatcher};

use crate::carrier::{Carrier, CarrierMut};
use crate::current::{Innermost, innermost};
use crate::installed::is_shut_down;
use crate::remote_context::RemoteContext;
use crate::trace_state::TraceState;
use crate::traceparent::{InvalidTraceparent, InvalidTraceparentKind, Traceparent};
use crate::{active_span, bridge, propagation_switch};

pub(crate) const TRACEPARENT: &str = "traceparent";
pub(crate) const TRACESTATE: &str = "tracestate";

impl RemoteContext {
    /// The context to propagate from here: the span that this thread is in.
    ///
    /// A span of the OpenTelemetry API that is active within a `tracing` span counts too, and takes precedence. So does a
    /// context that was [entered](SpanContext::enter) by hand. `None` outside of any span.
    ///
    /// Not sampled once the pipeline is [shut down](crate::TracePipeline::shutdown): the span is no longer exported.
    #[must_use]
    pub fn current() -> Option<Self> {
        let current = match innermost() {
            Innermost::Otel => Context::map_current(bridge::remote_context),
            Innermost::ByHand(context) => Some(Self::local(context)),
            Innermost::Unattached(_, _, span) => bridge::remote_context(&span.cx),
            Innermost::Gone => SpanContext::current().map(Self::local),
        }?;
        Some(current.unsampled_if(|| dispatcher::get_default(is_shut_down)))
    }

    /// The context to propagate from this span. Starts the span: its parent can no longer be [set](crate::set_parent).
    ///
    /// Not sampled once the pipeline is [shut down](crate::TracePipeline::shutdown).
    #[must_use]
    pub fn of(span: &Span) -> Option<Self> {
        let context = active_span::started(span, bridge::remote_context)?;
        let is_shut_down =
            || span.with_subscriber(|(_, dispatch)| is_shut_down(dispatch)).unwrap_or_default();
        Some(context.unsampled_if(is_shut_down))
    }

    /// Writes the context to a carrier, replacing any `tracestate`. Does nothing in a process that [does not
    /// propagate](crate::TraceOptions::propagate).
    ///
    /// # Cost
    /// For [`HeaderMap`](http::HeaderMap), one allocation for `traceparent` and one for a `tracestate` that is not empty.
    pub fn inject<C: CarrierMut + ?Sized>(&self, carrier: &mut C) {
        if !propagation_switch::is_on() {
            return;
        }
        let traceparent = Traceparent::new(self.context()).to_bytes();
        carrier.set(TRACEPARENT, std::str::from_utf8(&traceparent).unwrap_or_default());
        if self.trace_state().is_empty() {
            carrier.remove(TRACESTATE);
        } else {
            carrier.set(TRACESTATE, self.trace_state().as_str());
        }
    }
}

/// Reads the context of a request or a message; `None` without a valid one.
///
/// An invalid `traceparent` counts as absent: a new trace starts, and `tracestate` is ignored. An invalid `tracestate` alone
/// is dropped. [`try_extract`] returns the reason. Always `None` in a process that [does not
/// propagate](crate::TraceOptions::propagate).
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

/// Like [`extract`], but an invalid context is an error.
///
/// # Errors
/// [`InvalidTraceparent`] if there is a `traceparent` that must be ignored. Start a new trace then, as for `Ok(None)`.
pub fn try_extract<C: Carrier + ?Sized>(carrier: &C) -> Result<Option<RemoteContext>, InvalidTraceparent> {
    if !propagation_switch::is_on() {
        return Ok(None);
    }
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

/// Writes the [current](RemoteContext::current) context; true if it did. Without a context, and in a process that [does not
/// propagate](crate::TraceOptions::propagate), the carrier is unchanged.
pub fn inject<C: CarrierMut + ?Sized>(carrier: &mut C) -> bool {
    match RemoteContext::current().filter(|_| propagation_switch::is_on()) {
        Some(context) => {
            context.inject(carrier);
            true
        }
        None => false,
    }
}
