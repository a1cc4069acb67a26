use std::fmt;
use std::iter::once;

use radiosonde_core::SpanContext;

use crate::propagation::b3::{self, InvalidB3};
use crate::propagation::baggage::Baggage;
use crate::propagation::carrier::Carrier;
use crate::propagation::carrier_field::CarrierField;
use crate::propagation::installed_propagators;
use crate::propagation::propagators::{Propagator, Propagators};
use crate::propagation::remote_context::RemoteContext;
use crate::propagation::trace_state::TraceState;
use crate::propagation::traceparent::{InvalidTraceparent, InvalidTraceparentKind, Traceparent};
use crate::propagation::uber_trace_id::{self, InvalidUberTraceId};

/// Reads the context of a request or a message; `None` without a valid one.
///
/// The formats are those of the [installed pipeline](crate::TraceOptions::propagators); default: W3C trace context and
/// baggage. An invalid context counts as absent: a new trace starts. An invalid `tracestate` alone is dropped, and so is an
/// invalid member of `baggage`. [`try_extract`] returns the reason.
///
/// # Cost
/// No allocation for a `traceparent` without `tracestate` and `baggage`.
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
#[inline]
#[must_use]
pub fn extract<C: Carrier + ?Sized>(carrier: &C) -> Option<RemoteContext> {
    try_extract(carrier).ok().flatten()
}

/// Like [`extract`], but an invalid context is an error.
///
/// # Errors
/// [`InvalidContext`] if there is no valid context, but one that must be ignored. Start a new trace then, as for `Ok(None)`.
#[inline]
pub fn try_extract<C: Carrier + ?Sized>(carrier: &C) -> Result<Option<RemoteContext>, InvalidContext> {
    installed_propagators::get().try_extract(carrier)
}

/// Reads the baggage of a request or a message that has no trace context. [`extract`] reads both.
///
/// Empty in a process that does not [propagate](crate::TraceOptions::propagators) baggage.
#[must_use]
pub fn extract_baggage<C: Carrier + ?Sized>(carrier: &C) -> Baggage {
    installed_propagators::get().extract_baggage(carrier)
}

impl Propagators {
    /// Reads a context in these formats, as [`extract`] does in those of the installed pipeline.
    #[inline]
    #[must_use]
    pub fn extract<C: Carrier + ?Sized>(self, carrier: &C) -> Option<RemoteContext> {
        self.try_extract(carrier).ok().flatten()
    }

    /// Like [`extract`](Self::extract), but an invalid context is an error.
    ///
    /// # Errors
    /// [`InvalidContext`] if no format has a valid context, with the first invalid one.
    #[inline]
    pub fn try_extract<C: Carrier + ?Sized>(
        self,
        carrier: &C,
    ) -> Result<Option<RemoteContext>, InvalidContext> {
        let mut nothing = Ok(None);
        for format in self.iter() {
            let read = match format {
                Propagator::TraceContext => traceparent(carrier).map_err(InvalidContext::Traceparent),
                Propagator::B3 | Propagator::B3Multi => b3::extract(carrier).map_err(InvalidContext::B3),
                Propagator::Jaeger => uber_trace_id::extract(carrier).map_err(InvalidContext::UberTraceId),
                Propagator::Baggage => continue,
            };
            match read {
                Ok(Some(context)) => {
                    let trace_state = match format {
                        Propagator::TraceContext => trace_state(carrier),
                        _ => TraceState::default(),
                    };
                    let baggage = self.extract_baggage(carrier);
                    return Ok(Some(RemoteContext::new(context, trace_state).with_baggage(baggage)));
                }
                Err(invalid) if nothing.is_ok() => nothing = Err(invalid),
                _ => {}
            }
        }
        nothing
    }

    /// The baggage alone; empty without [`Propagator::Baggage`].
    #[inline]
    #[must_use]
    pub fn extract_baggage<C: Carrier + ?Sized>(self, carrier: &C) -> Baggage {
        if !self.contains(Propagator::Baggage) {
            return Baggage::default();
        }
        let mut values = carrier.values(CarrierField::Baggage);
        // The reader stays out of the way of requests without baggage.
        values.next().map_or_else(Baggage::default, |first| Baggage::from_values(once(first).chain(values)))
    }
}

#[inline]
fn trace_state<C: Carrier + ?Sized>(carrier: &C) -> TraceState {
    let mut values = carrier.values(CarrierField::Tracestate);
    let Some(first) = values.next() else { return TraceState::default() };
    // "Failure to parse tracestate MUST NOT affect the parsing of traceparent."
    TraceState::from_values(once(first).chain(values)).unwrap_or_default()
}

#[inline]
fn traceparent<C: Carrier + ?Sized>(carrier: &C) -> Result<Option<SpanContext>, InvalidTraceparent> {
    let mut values = carrier.values(CarrierField::Traceparent);
    let Some(value) = values.next() else { return Ok(None) };
    match values.next() {
        None => Ok(Some(Traceparent::from_bytes(value)?.context())),
        Some(_) => Err(InvalidTraceparent::new(value, InvalidTraceparentKind::Repeated)),
    }
}

/// A received context that must be ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidContext {
    /// In the format of W3C trace context.
    Traceparent(InvalidTraceparent),
    /// In B3.
    B3(InvalidB3),
    /// In the format of Jaeger's own clients.
    UberTraceId(InvalidUberTraceId),
}

impl fmt::Display for InvalidContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Traceparent(invalid) => invalid.fmt(f),
            Self::B3(invalid) => invalid.fmt(f),
            Self::UberTraceId(invalid) => invalid.fmt(f),
        }
    }
}

impl std::error::Error for InvalidContext {}
