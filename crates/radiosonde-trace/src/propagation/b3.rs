//! B3, in one header or several.

use std::fmt;

use radiosonde_core::{SpanContext, TraceFlags};

use crate::propagation::carrier::{Carrier, CarrierMut};
use crate::propagation::carrier_field::CarrierField;
use crate::propagation::field_value::{shown, trim};
use crate::propagation::hex;

/// Reads `b3`, or else the headers that start with `x-b3-`.
///
/// A sampling state without ids is not a context.
///
/// # Source
/// <https://github.com/openzipkin/b3-propagation>
pub(crate) fn extract<C: Carrier + ?Sized>(carrier: &C) -> Result<Option<SpanContext>, InvalidB3> {
    // "The single-header variant takes precedence over the multiple header one when extracting fields."
    let from_single =
        match value_of(carrier, CarrierField::B3).and_then(|value| value.map_or(Ok(None), single)) {
            Ok(Some(context)) => return Ok(Some(context)),
            other => other,
        };
    match (from_single, multiple(carrier)) {
        (_, Ok(Some(context))) => Ok(Some(context)),
        (Err(invalid), _) | (_, Err(invalid)) => Err(invalid),
        (Ok(_), Ok(None)) => Ok(None),
    }
}

/// Writes the headers of one or both forms, and removes those of the other.
pub(crate) fn inject<C: CarrierMut + ?Sized>(
    context: SpanContext,
    carrier: &mut C,
    single: bool,
    multiple: bool,
) {
    let [mut sampled, mut flags] = [None; 2];
    match State::of(context.flags()) {
        State::Deferred => {}
        State::Debug => flags = Some("1"),
        State::Accept => sampled = Some("1"),
        State::Deny => sampled = Some("0"),
    }
    carrier.remove(CarrierField::B3ParentSpanId);
    let (trace_id, span_id) = (context.trace_id().to_hex(), context.span_id().to_hex());
    let fields = [
        (CarrierField::B3TraceId, std::str::from_utf8(&trace_id).ok()),
        (CarrierField::B3SpanId, std::str::from_utf8(&span_id).ok()),
        (CarrierField::B3Sampled, sampled),
        (CarrierField::B3Flags, flags),
    ];
    for (field, value) in fields {
        match value.filter(|_| multiple) {
            Some(value) => carrier.set(field, value),
            None => carrier.remove(field),
        }
    }
    if single {
        let (bytes, length) = single_value(context);
        carrier.set(CarrierField::B3, std::str::from_utf8(&bytes[..length]).unwrap_or_default());
    } else {
        carrier.remove(CarrierField::B3);
    }
}

/// What a sender decided.
enum State {
    Deferred,
    Deny,
    Accept,
    Debug,
}

impl State {
    const fn of(flags: TraceFlags) -> Self {
        match flags {
            flags if flags.is_debug() => Self::Debug,
            flags if flags.is_sampled() => Self::Accept,
            flags if flags.is_deferred() => Self::Deferred,
            _ => Self::Deny,
        }
    }
}

/// The length of the value with a sampling state.
const LENGTH: usize = 51;

fn single_value(context: SpanContext) -> ([u8; LENGTH], usize) {
    let mut out = [b'-'; LENGTH];
    out[..32].copy_from_slice(&context.trace_id().to_hex());
    out[33..49].copy_from_slice(&context.span_id().to_hex());
    out[50] = match State::of(context.flags()) {
        State::Deferred => return (out, 49),
        State::Deny => b'0',
        State::Accept => b'1',
        State::Debug => b'd',
    };
    (out, LENGTH)
}

fn single(value: &[u8]) -> Result<Option<SpanContext>, InvalidB3> {
    let refuse = |kind| InvalidB3::new(CarrierField::B3, value, kind);
    if let b"0" | b"1" | b"d" = value {
        return Ok(None);
    }
    let mut parts = value.split(|&byte| byte == b'-');
    let mut part = || parts.next();
    let trace_id = part().and_then(hex::trace_id).ok_or_else(|| refuse(InvalidB3Kind::TraceId))?;
    let span_id = part().and_then(hex::span_id).ok_or_else(|| refuse(InvalidB3Kind::SpanId))?;
    let flags = match part() {
        None => TraceFlags::DEFERRED,
        Some(b"0") => TraceFlags::NONE,
        Some(b"1") => TraceFlags::SAMPLED,
        Some(b"d") => TraceFlags::DEBUG,
        Some(_) => return Err(refuse(InvalidB3Kind::SamplingState)),
    };
    if part().is_some_and(|parent| hex::span_id(parent).is_none()) {
        return Err(refuse(InvalidB3Kind::ParentSpanId));
    }
    match part() {
        Some(_) => Err(refuse(InvalidB3Kind::ParentSpanId)),
        None => Ok(Some(SpanContext::new(trace_id, span_id, flags))),
    }
}

fn multiple<C: Carrier + ?Sized>(carrier: &C) -> Result<Option<SpanContext>, InvalidB3> {
    let trace_id = value_of(carrier, CarrierField::B3TraceId)?;
    let span_id = value_of(carrier, CarrierField::B3SpanId)?;
    let (trace_id, span_id) = match (trace_id, span_id) {
        (None, None) => return Ok(None),
        (Some(trace_id), Some(span_id)) => (trace_id, span_id),
        (Some(_), None) => return Err(InvalidB3::new(CarrierField::B3SpanId, b"", InvalidB3Kind::Missing)),
        (None, Some(_)) => return Err(InvalidB3::new(CarrierField::B3TraceId, b"", InvalidB3Kind::Missing)),
    };
    let refuse = |field, value, kind| InvalidB3::new(field, value, kind);
    let trace_id = hex::trace_id(trace_id)
        .ok_or_else(|| refuse(CarrierField::B3TraceId, trace_id, InvalidB3Kind::TraceId))?;
    let span_id = hex::span_id(span_id)
        .ok_or_else(|| refuse(CarrierField::B3SpanId, span_id, InvalidB3Kind::SpanId))?;
    // The parent of the caller's span is not needed: the caller's span is the parent here.
    let flags = match value_of(carrier, CarrierField::B3Flags)? {
        Some(b"1") => TraceFlags::DEBUG,
        None | Some(b"0") => sampled(carrier)?,
        Some(value) => return Err(refuse(CarrierField::B3Flags, value, InvalidB3Kind::SamplingState)),
    };
    Ok(Some(SpanContext::new(trace_id, span_id, flags)))
}

fn sampled<C: Carrier + ?Sized>(carrier: &C) -> Result<TraceFlags, InvalidB3> {
    Ok(match value_of(carrier, CarrierField::B3Sampled)? {
        None => TraceFlags::DEFERRED,
        // Tracers older than the specification send words.
        Some(b"1" | b"true") => TraceFlags::SAMPLED,
        Some(b"0" | b"false") => TraceFlags::NONE,
        Some(value) => {
            return Err(InvalidB3::new(CarrierField::B3Sampled, value, InvalidB3Kind::SamplingState));
        }
    })
}

/// The only value of a header, without white space.
fn value_of<C: Carrier + ?Sized>(carrier: &C, field: CarrierField) -> Result<Option<&[u8]>, InvalidB3> {
    let mut values = carrier.values(field);
    let Some(value) = values.next() else { return Ok(None) };
    match values.next() {
        None => Ok(Some(trim(value))),
        Some(_) => Err(InvalidB3::new(field, value, InvalidB3Kind::Repeated)),
    }
}

/// A B3 context that must be ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidB3 {
    field: CarrierField,
    value: Box<str>,
    kind: InvalidB3Kind,
}

/// Why a B3 context must be ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidB3Kind {
    /// A trace id other than 16 or 32 lower-case hexadecimal digits, or zero.
    TraceId,
    /// A span id other than 16 lower-case hexadecimal digits, or zero.
    SpanId,
    /// An unknown sampling state.
    SamplingState,
    /// A malformed parent span id, or more after it.
    ParentSpanId,
    /// There is a trace id without a span id, or the other way round.
    Missing,
    /// There is more than one header of the same name.
    Repeated,
}

impl InvalidB3 {
    #[cold]
    fn new(field: CarrierField, value: &[u8], kind: InvalidB3Kind) -> Self {
        Self { field, value: shown(value), kind }
    }

    /// Why the context was rejected.
    #[must_use]
    pub const fn kind(&self) -> InvalidB3Kind {
        self.kind
    }
}

impl fmt::Display for InvalidB3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.field.as_str();
        if self.kind == InvalidB3Kind::Missing {
            return write!(f, "{name} is missing beside the other B3 headers");
        }
        write!(f, "{name} {:?} ", self.value)?;
        f.write_str(match self.kind {
            InvalidB3Kind::TraceId => {
                "has an invalid trace id: expected 16 or 32 lower-case hexadecimal digits"
            }
            InvalidB3Kind::SpanId => "has an invalid span id: expected 16 lower-case hexadecimal digits",
            InvalidB3Kind::SamplingState if self.field == CarrierField::B3 => {
                "has an invalid sampling state: expected 0, 1 or d"
            }
            InvalidB3Kind::SamplingState => "is an invalid sampling state: expected 0 or 1",
            InvalidB3Kind::ParentSpanId => {
                "has an invalid parent span id: expected 16 lower-case hexadecimal digits at the end"
            }
            InvalidB3Kind::Missing | InvalidB3Kind::Repeated => "appears more than once: expected one",
        })
    }
}

impl std::error::Error for InvalidB3 {}
