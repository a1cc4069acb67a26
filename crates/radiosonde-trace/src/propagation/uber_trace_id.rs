//! The format of Jaeger's own clients.

use std::fmt;

use radiosonde_core::{SpanContext, TraceFlags};

use crate::propagation::carrier::{Carrier, CarrierMut};
use crate::propagation::carrier_field::CarrierField;
use crate::propagation::field_value::{shown, trim};
use crate::propagation::hex;

/// The bits of the flags.
const SAMPLED: u8 = 1;
const DEBUG: u8 = 2;

/// Reads `uber-trace-id`: `{trace id}:{span id}:{parent span id}:{flags}`, with each `:` as it is or percent-encoded.
///
/// Ids may lack leading zeros. The parent span id is deprecated, and checked only.
///
/// # Source
/// <https://www.jaegertracing.io/sdk-migration/#propagation-format>
pub(crate) fn extract<C: Carrier + ?Sized>(carrier: &C) -> Result<Option<SpanContext>, InvalidUberTraceId> {
    let mut values = carrier.values(CarrierField::UberTraceId);
    let Some(value) = values.next() else { return Ok(None) };
    let value = trim(value);
    if values.next().is_some() {
        return Err(InvalidUberTraceId::new(value, InvalidUberTraceIdKind::Repeated));
    }
    parse(value).map(Some).map_err(|kind| InvalidUberTraceId::new(value, kind))
}

pub(crate) fn inject<C: CarrierMut + ?Sized>(context: SpanContext, carrier: &mut C) {
    let mut out = *b"00000000000000000000000000000000:0000000000000000:0:0";
    out[..32].copy_from_slice(&context.trace_id().to_hex());
    out[33..49].copy_from_slice(&context.span_id().to_hex());
    out[52] = match context.flags() {
        flags if flags.is_debug() => b'3',
        flags if flags.is_sampled() => b'1',
        _ => b'0',
    };
    carrier.set(CarrierField::UberTraceId, std::str::from_utf8(&out).unwrap_or_default());
}

fn parse(value: &[u8]) -> Result<SpanContext, InvalidUberTraceIdKind> {
    use InvalidUberTraceIdKind as Kind;

    let mut parts = Some(value);
    let mut part = || {
        let left = parts?;
        match left.iter().enumerate().find_map(|(at, _)| Some((at, separator(left.get(at..)?)?))) {
            Some((at, length)) => {
                parts = left.get(at + length..);
                left.get(..at)
            }
            None => parts.take(),
        }
    };
    let trace_id = part().and_then(hex::short_trace_id).ok_or(Kind::TraceId)?;
    let span_id = part().and_then(hex::short_span_id).ok_or(Kind::SpanId)?;
    let parent = part().filter(|parent| parent.len() <= 16).and_then(hex::number);
    parent.ok_or(Kind::ParentSpanId)?;
    let flags = part().filter(|flags| flags.len() <= 2).and_then(hex::number).ok_or(Kind::Flags)?;
    if part().is_some() {
        return Err(Kind::Flags);
    }
    let flags = u8::try_from(flags).map_err(|_| Kind::Flags)?;
    let flags = match (flags & DEBUG != 0, flags & SAMPLED != 0) {
        (true, _) => TraceFlags::DEBUG,
        (false, true) => TraceFlags::SAMPLED,
        (false, false) => TraceFlags::NONE,
    };
    Ok(SpanContext::new(trace_id, span_id, flags))
}

/// The length of the separator at the start.
fn separator(text: &[u8]) -> Option<usize> {
    match text {
        [b':', ..] => Some(1),
        [b'%', b'3', b'A' | b'a', ..] => Some(3),
        _ => None,
    }
}

/// An `uber-trace-id` that must be ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidUberTraceId {
    value: Box<str>,
    kind: InvalidUberTraceIdKind,
}

/// Why an `uber-trace-id` must be ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidUberTraceIdKind {
    /// A trace id other than 1 to 32 lower-case hexadecimal digits, or zero.
    TraceId,
    /// A span id other than 1 to 16 lower-case hexadecimal digits, or zero.
    SpanId,
    /// A parent span id other than 1 to 16 lower-case hexadecimal digits.
    ParentSpanId,
    /// Flags other than one or two lower-case hexadecimal digits, or more after them.
    Flags,
    /// There is more than one `uber-trace-id` header.
    Repeated,
}

impl InvalidUberTraceId {
    #[cold]
    fn new(value: &[u8], kind: InvalidUberTraceIdKind) -> Self {
        Self { value: shown(value), kind }
    }

    /// Why the value was rejected.
    #[must_use]
    pub const fn kind(&self) -> InvalidUberTraceIdKind {
        self.kind
    }
}

impl fmt::Display for InvalidUberTraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "uber-trace-id {:?} ", self.value)?;
        f.write_str(match self.kind {
            InvalidUberTraceIdKind::TraceId => {
                "has an invalid trace id: expected up to 32 lower-case hexadecimal digits"
            }
            InvalidUberTraceIdKind::SpanId => {
                "has an invalid span id: expected up to 16 lower-case hexadecimal digits"
            }
            InvalidUberTraceIdKind::ParentSpanId => {
                "has an invalid parent span id: expected up to 16 lower-case hexadecimal digits"
            }
            InvalidUberTraceIdKind::Flags => {
                "has invalid flags: expected 1 or 2 hexadecimal digits at the end"
            }
            InvalidUberTraceIdKind::Repeated => "appears more than once: expected one",
        })
    }
}

impl std::error::Error for InvalidUberTraceId {}
