//! Writes spans as messages of OTLP.
//!
//! Source: <https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto>

use radiosonde_core::{SpanContext, SpanId};

use crate::propagation::trace_state::TraceState;
use crate::spans::attribute::{Attribute, AttributeValue};
use crate::spans::finished_span::{SpanEvent, SpanKind, SpanLink, SpanStatus, nanoseconds};
use crate::spans::wire::{
    bytes_field_len, bytes_tag, fixed64_tag, put_bytes, put_count, put_fixed64, put_length, put_varint,
    varint_len, varint_tag,
};

/// The number of the attributes' field in each message that has them.
pub(crate) const SPAN_ATTRIBUTES: u8 = 9;
pub(crate) const EVENT_ATTRIBUTES: u8 = 3;
pub(crate) const LINK_ATTRIBUTES: u8 = 4;

pub(crate) const SPAN_NAME: u8 = 5;
const SPAN_EVENTS: u8 = 11;
const SPAN_LINKS: u8 = 13;

pub(crate) const HAS_IS_REMOTE: u32 = 0x100;
pub(crate) const IS_REMOTE: u32 = 0x200;

/// A value as it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Written<'a> {
    Text(&'a str),
    Bool(bool),
    I64(i64),
    F64(f64),
    /// A message `ArrayValue`.
    Array(&'a [u8]),
}

impl Written<'_> {
    /// The length of the message `AnyValue`.
    #[inline]
    fn any_len(&self) -> usize {
        match self {
            Self::Text(text) => bytes_field_len(text.len()),
            Self::Bool(_) => 2,
            Self::I64(number) => 1 + varint_len(number.cast_unsigned()),
            Self::F64(_) => 9,
            Self::Array(values) => bytes_field_len(values.len()),
        }
    }

    /// Appends the message `AnyValue`.
    #[inline]
    fn put_any(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => put_bytes(out, 1, text.as_bytes()),
            Self::Bool(truth) => out.extend_from_slice(&[varint_tag(2), u8::from(*truth)]),
            Self::I64(number) => {
                out.push(varint_tag(3));
                put_varint(out, number.cast_unsigned());
            }
            Self::F64(number) => {
                out.push(fixed64_tag(4));
                out.extend_from_slice(&number.to_le_bytes());
            }
            Self::Array(values) => put_bytes(out, 5, values),
        }
    }
}

/// NaN and the infinities as text: JSON, which trace stores answer in, does not have them.
pub(crate) const fn finite(number: f64) -> Written<'static> {
    if number.is_finite() {
        Written::F64(number)
    } else if number.is_nan() {
        Written::Text("NaN")
    } else if number > 0.0 {
        Written::Text("Infinity")
    } else {
        Written::Text("-Infinity")
    }
}

/// Appends an attribute whose key is written as a field already, with its tag and length.
#[inline]
pub(crate) fn put_attribute_of(out: &mut Vec<u8>, field: u8, key_field: &[u8], value: &Written<'_>) {
    let any = value.any_len();
    put_length(out, field, key_field.len() + bytes_field_len(any));
    out.extend_from_slice(key_field);
    put_length(out, 2, any);
    value.put_any(out);
}

/// The field of an attribute's key.
pub(crate) fn key_field(key: &str) -> Box<[u8]> {
    let mut field = Vec::with_capacity(bytes_field_len(key.len()));
    put_bytes(&mut field, 1, key.as_bytes());
    field.into()
}

#[inline]
pub(crate) fn put_attribute(out: &mut Vec<u8>, field: u8, key: &str, value: &Written<'_>) {
    let any = value.any_len();
    put_length(out, field, bytes_field_len(key.len()) + bytes_field_len(any));
    put_bytes(out, 1, key.as_bytes());
    put_length(out, 2, any);
    value.put_any(out);
}

/// Calls `put` with the value as it is written.
pub(crate) fn with_written(value: &AttributeValue, put: &mut dyn FnMut(&Written<'_>)) {
    match value {
        AttributeValue::String(text) => put(&Written::Text(text)),
        AttributeValue::I64(number) => put(&Written::I64(*number)),
        AttributeValue::F64(number) => put(&finite(*number)),
        AttributeValue::Bool(truth) => put(&Written::Bool(*truth)),
        AttributeValue::Array(values) => {
            let mut array = Vec::new();
            for value in values {
                with_written(value, &mut |value| {
                    put_length(&mut array, 1, value.any_len());
                    value.put_any(&mut array);
                });
            }
            put(&Written::Array(&array))
        }
    }
}

pub(crate) fn put_attributes(out: &mut Vec<u8>, field: u8, attributes: &[Attribute]) {
    for attribute in attributes {
        with_written(&attribute.value, &mut |value| put_attribute(out, field, &attribute.key, value));
    }
}

/// Appends an event, whose attributes are written already; returns the place of its time.
#[inline]
pub(crate) fn put_event(out: &mut Vec<u8>, at: u64, name: &str, attributes: &[u8], dropped: u32) -> usize {
    let dropped_len = if dropped > 0 { 1 + varint_len(dropped.into()) } else { 0 };
    put_length(out, SPAN_EVENTS, 9 + bytes_field_len(name.len()) + attributes.len() + dropped_len);
    put_fixed64(out, 1, at);
    let time = out.len() - 8;
    put_bytes(out, 2, name.as_bytes());
    out.extend_from_slice(attributes);
    put_count(out, 4, dropped);
    time
}

pub(crate) fn put_whole_event(out: &mut Vec<u8>, event: &SpanEvent) {
    let mut attributes = Vec::new();
    put_attributes(&mut attributes, EVENT_ATTRIBUTES, &event.attributes);
    let _ = put_event(out, nanoseconds(event.timestamp), &event.name, &attributes, event.dropped_attributes);
}

/// Appends a link.
pub(crate) fn put_link(out: &mut Vec<u8>, link: &SpanLink) {
    let mut message = Vec::new();
    put_bytes(&mut message, 1, &link.context.trace_id().to_bytes());
    put_bytes(&mut message, 2, &link.context.span_id().to_bytes());
    if !link.trace_state.is_empty() {
        put_bytes(&mut message, 3, link.trace_state.as_str().as_bytes());
    }
    put_attributes(&mut message, LINK_ATTRIBUTES, &link.attributes);
    put_count(&mut message, 5, link.dropped_attributes);
    // It is unknown whether the linked span is remote, so both bits stay clear.
    put_fixed32(&mut message, 6, link.context.flags().to_byte().into());
    put_bytes(out, SPAN_LINKS, &message);
}

/// The parts of a span that are known when it ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End<'a> {
    pub(crate) context: SpanContext,
    pub(crate) parent: Option<SpanId>,
    pub(crate) parent_is_remote: bool,
    pub(crate) trace_state: &'a TraceState,
    pub(crate) kind: SpanKind,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) dropped_attributes: u32,
    pub(crate) dropped_events: u32,
    pub(crate) dropped_links: u32,
    pub(crate) status: Status<'a>,
}

/// A status, borrowed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Status<'a> {
    Unset,
    Ok,
    Error(&'a str),
}

impl<'a> From<&'a SpanStatus> for Status<'a> {
    fn from(status: &'a SpanStatus) -> Self {
        match status {
            SpanStatus::Unset => Self::Unset,
            SpanStatus::Ok => Self::Ok,
            SpanStatus::Error { description } => Self::Error(description),
        }
    }
}

/// Appends everything of a span but its name, attributes, events and links, which may be written before.
pub(crate) fn put_end(out: &mut Vec<u8>, end: &End<'_>) {
    let fixed = SpanEnd::of(end);
    out.extend_from_slice(&fixed);
    if let Some(parent) = end.parent {
        put_bytes(out, 4, &parent.to_bytes());
    }
    if !end.trace_state.is_empty() {
        put_bytes(out, 3, end.trace_state.as_str().as_bytes());
    }
    put_count(out, 10, end.dropped_attributes);
    put_count(out, 12, end.dropped_events);
    put_count(out, 14, end.dropped_links);
    match end.status {
        Status::Unset => {}
        Status::Ok => out.extend_from_slice(&[bytes_tag(15), 2, varint_tag(3), 1]),
        Status::Error("") => out.extend_from_slice(&[bytes_tag(15), 2, varint_tag(3), 2]),
        Status::Error(description) => {
            put_length(out, 15, bytes_field_len(description.len()) + 2);
            put_bytes(out, 2, description.as_bytes());
            out.extend_from_slice(&[varint_tag(3), 2]);
        }
    }
}

/// The fields that every span has, of fixed length: they are appended at once.
struct SpanEnd;

impl SpanEnd {
    const LEN: usize = 18 + 10 + 2 + 9 + 9 + 6;

    #[inline]
    fn of(end: &End<'_>) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        let kind = match end.kind {
            SpanKind::Internal => 1,
            SpanKind::Server => 2,
            SpanKind::Client => 3,
            SpanKind::Producer => 4,
            SpanKind::Consumer => 5,
        };
        let remote = if end.parent_is_remote { IS_REMOTE } else { 0 };
        let flags = u32::from(end.context.flags().to_byte()) | HAS_IS_REMOTE | remote;
        out[..2].copy_from_slice(&[bytes_tag(1), 16]);
        out[2..18].copy_from_slice(&end.context.trace_id().to_bytes());
        out[18..20].copy_from_slice(&[bytes_tag(2), 8]);
        out[20..28].copy_from_slice(&end.context.span_id().to_bytes());
        out[28..30].copy_from_slice(&[varint_tag(6), kind]);
        out[30] = fixed64_tag(7);
        out[31..39].copy_from_slice(&end.start.to_le_bytes());
        out[39] = fixed64_tag(8);
        out[40..48].copy_from_slice(&end.end.to_le_bytes());
        // Field 16 does not fit into a tag of one byte.
        out[48..50].copy_from_slice(&[0x85, 0x01]);
        out[50..].copy_from_slice(&flags.to_le_bytes());
        out
    }
}

fn put_fixed32(out: &mut Vec<u8>, field: u8, number: u32) {
    out.push((field << 3) | 5);
    out.extend_from_slice(&number.to_le_bytes());
}
