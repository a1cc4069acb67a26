//! Reads the spans that [`encoding`](crate::spans::encoding) wrote.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};

use crate::propagation::trace_state::TraceState;
use crate::spans::attribute::{Attribute, AttributeValue};
use crate::spans::finished_span::{FinishedSpan, SCOPE, SpanEvent, SpanKind, SpanLink, SpanStatus};
use crate::spans::wire::{Field, Fields};

pub(crate) fn span(
    context: SpanContext,
    parent_is_remote: bool,
    scope: &str,
    message: &[u8],
) -> FinishedSpan {
    let mut span = FinishedSpan::new(context, "");
    span.parent_is_remote = parent_is_remote;
    span.scope = if scope == SCOPE { Cow::Borrowed(SCOPE) } else { Cow::Owned(scope.to_owned()) };
    for (number, field) in Fields::new(message) {
        match (number, field) {
            (3, Field::Bytes(state)) => span.trace_state = trace_state(state),
            (4, Field::Bytes(id)) => span.parent = id.try_into().ok().and_then(SpanId::from_bytes),
            (5, Field::Bytes(name)) => span.name = text(name).into(),
            (6, Field::Varint(kind)) => span.kind = self::kind(kind),
            (7, Field::Fixed64(start)) => span.start = time(start),
            (8, Field::Fixed64(end)) => span.end = time(end),
            (9, Field::Bytes(attribute)) => span.attributes.extend(self::attribute(attribute)),
            (10, Field::Varint(dropped)) => span.dropped_attributes = count(dropped),
            (11, Field::Bytes(event)) => span.events.push(self::event(event)),
            (12, Field::Varint(dropped)) => span.dropped_events = count(dropped),
            (13, Field::Bytes(link)) => span.links.extend(self::link(link)),
            (14, Field::Varint(dropped)) => span.dropped_links = count(dropped),
            (15, Field::Bytes(status)) => span.status = self::status(status),
            _ => {}
        }
    }
    span
}

fn event(message: &[u8]) -> SpanEvent {
    let mut event = SpanEvent::new("", SystemTime::UNIX_EPOCH);
    for (number, field) in Fields::new(message) {
        match (number, field) {
            (1, Field::Fixed64(at)) => event.timestamp = time(at),
            (2, Field::Bytes(name)) => event.name = text(name).into(),
            (3, Field::Bytes(attribute)) => event.attributes.extend(self::attribute(attribute)),
            (4, Field::Varint(dropped)) => event.dropped_attributes = count(dropped),
            _ => {}
        }
    }
    event
}

fn link(message: &[u8]) -> Option<SpanLink> {
    let (mut trace_id, mut span_id, mut flags) = (None, None, 0);
    let (mut state, mut attributes, mut dropped_attributes) = (TraceState::default(), Vec::new(), 0);
    for (number, field) in Fields::new(message) {
        match (number, field) {
            (1, Field::Bytes(id)) => trace_id = id.try_into().ok().and_then(TraceId::from_bytes),
            (2, Field::Bytes(id)) => span_id = id.try_into().ok().and_then(SpanId::from_bytes),
            (3, Field::Bytes(text)) => state = trace_state(text),
            (4, Field::Bytes(attribute)) => attributes.extend(self::attribute(attribute)),
            (5, Field::Varint(dropped)) => dropped_attributes = count(dropped),
            (6, Field::Fixed32(byte)) => flags = byte as u8,
            _ => {}
        }
    }
    let mut link = SpanLink::new(SpanContext::new(trace_id?, span_id?, TraceFlags::from_byte(flags)));
    (link.trace_state, link.attributes, link.dropped_attributes) = (state, attributes, dropped_attributes);
    Some(link)
}

fn status(message: &[u8]) -> SpanStatus {
    let (mut code, mut description) = (0, String::new());
    for (number, field) in Fields::new(message) {
        match (number, field) {
            (2, Field::Bytes(message)) => description = text(message),
            (3, Field::Varint(number)) => code = number,
            _ => {}
        }
    }
    match code {
        1 => SpanStatus::Ok,
        2 => SpanStatus::Error { description: description.into() },
        _ => SpanStatus::Unset,
    }
}

pub(crate) fn attribute(message: &[u8]) -> Option<Attribute> {
    let (mut key, mut value) = (None, None);
    for (number, field) in Fields::new(message) {
        match (number, field) {
            (1, Field::Bytes(bytes)) => key = Some(text(bytes)),
            (2, Field::Bytes(any)) => value = self::value(any),
            _ => {}
        }
    }
    Some(Attribute::new(key?, value?))
}

fn value(message: &[u8]) -> Option<AttributeValue> {
    let (number, field) = Fields::new(message).next()?;
    Some(match (number, field) {
        (1, Field::Bytes(bytes)) => text(bytes).into(),
        (2, Field::Varint(truth)) => (truth != 0).into(),
        (3, Field::Varint(number)) => AttributeValue::I64(number.cast_signed()),
        (4, Field::Fixed64(bits)) => AttributeValue::F64(f64::from_bits(bits)),
        (5, Field::Bytes(array)) => AttributeValue::Array(values(array)),
        _ => return None,
    })
}

fn values(message: &[u8]) -> Vec<AttributeValue> {
    let one = |(number, field)| match (number, field) {
        (1, Field::Bytes(any)) => value(any),
        _ => None,
    };
    Fields::new(message).filter_map(one).collect()
}

const fn kind(number: u64) -> SpanKind {
    match number {
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

fn trace_state(bytes: &[u8]) -> TraceState {
    TraceState::from_values(std::iter::once(bytes)).unwrap_or_default()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn count(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn time(nanoseconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanoseconds)
}
