use crate::propagation::carrier::Carrier;
use crate::propagation::headers::{TRACEPARENT, TRACESTATE};
use crate::propagation::remote_context::RemoteContext;
use crate::propagation::switch;
use crate::propagation::trace_state::TraceState;
use crate::propagation::traceparent::{InvalidTraceparent, InvalidTraceparentKind, Traceparent};

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
    if !switch::is_on() {
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
