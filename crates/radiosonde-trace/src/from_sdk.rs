//! Converts the SDK's finished span to ours.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{self as otel, Status};
use opentelemetry::{Array, InstrumentationScope, Key, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::SpanData;
use radiosonde_core::SpanId;

use crate::bridge;
use crate::spans::attribute::{Attribute, AttributeValue};
use crate::spans::finished_span::{FinishedSpan, SCOPE, SpanEvent, SpanKind, SpanLink, SpanStatus};
use crate::unsigned::UnsignedFields;

/// `None` for a span without ids, which the SDK does not create. `took` is the duration of the span's record, if it has one.
pub(crate) fn finished_span(
    span: SpanData,
    unsigned: &UnsignedFields,
    took: Option<Duration>,
) -> Option<FinishedSpan> {
    let context = bridge::ids(&span.span_context)?;
    let mut attributes = unique(span.attributes);
    unsigned.retype(&mut attributes);
    // The wall clock may have been set back in between.
    let ended = span.end_time.max(span.start_time);
    let end = took.and_then(|took| span.start_time.checked_add(took)).unwrap_or(ended);
    Some(FinishedSpan {
        context,
        parent: SpanId::from_bytes(span.parent_span_id.to_bytes()),
        parent_is_remote: span.parent_span_is_remote,
        trace_state: bridge::trace_state(span.span_context.trace_state()),
        name: span.name,
        kind: kind(span.span_kind),
        start: span.start_time,
        end,
        attributes,
        dropped_attributes: span.dropped_attributes_count,
        dropped_events: span.events.dropped_count,
        events: span.events.events.into_iter().map(|event| self::event(event, end)).collect(),
        dropped_links: span.links.dropped_count,
        links: span.links.links.into_iter().filter_map(link).collect(),
        status: status(span.status),
        scope: scope(&span.instrumentation_scope),
    })
}

/// The SDK keeps every value that was set. The last value of a key wins, at the position of the first.
fn unique(attributes: Vec<KeyValue>) -> Vec<Attribute> {
    let mut unique: Vec<Attribute> = Vec::with_capacity(attributes.len());
    for KeyValue { key, value, .. } in attributes {
        let value = self::value(value);
        match unique.iter_mut().find(|known| known.key == key.as_str()) {
            Some(known) => known.value = value,
            None => unique.push(Attribute { key: self::key(key), value }),
        }
    }
    unique
}

fn key(key: Key) -> Cow<'static, str> {
    Cow::Owned(String::from(key))
}

fn value(value: Value) -> AttributeValue {
    match value {
        Value::Bool(truth) => truth.into(),
        Value::I64(number) => number.into(),
        Value::F64(number) => number.into(),
        Value::String(text) => string(text),
        Value::Array(array) => AttributeValue::Array(match array {
            Array::Bool(values) => values.into_iter().map(AttributeValue::from).collect(),
            Array::I64(values) => values.into_iter().map(AttributeValue::from).collect(),
            Array::F64(values) => values.into_iter().map(AttributeValue::from).collect(),
            Array::String(values) => values.into_iter().map(string).collect(),
            // Kinds that a later SDK may add: their text is better than nothing.
            other => vec![other.to_string().into()],
        }),
        other => other.to_string().into(),
    }
}

fn string(text: StringValue) -> AttributeValue {
    AttributeValue::String(Cow::Owned(String::from(text)))
}

pub(crate) const fn kind(kind: otel::SpanKind) -> SpanKind {
    match kind {
        otel::SpanKind::Client => SpanKind::Client,
        otel::SpanKind::Server => SpanKind::Server,
        otel::SpanKind::Producer => SpanKind::Producer,
        otel::SpanKind::Consumer => SpanKind::Consumer,
        otel::SpanKind::Internal => SpanKind::Internal,
    }
}

fn status(status: Status) -> SpanStatus {
    match status {
        Status::Unset => SpanStatus::Unset,
        Status::Ok => SpanStatus::Ok,
        Status::Error { description } => SpanStatus::Error { description },
    }
}

/// Converts an event, at `end` at the latest: the line of a record is written after the end that it reports.
fn event(event: otel::Event, end: SystemTime) -> SpanEvent {
    SpanEvent {
        name: event.name,
        timestamp: event.timestamp.min(end),
        attributes: unique(event.attributes),
        dropped_attributes: event.dropped_attributes_count,
    }
}

fn link(link: otel::Link) -> Option<SpanLink> {
    let (context, trace_state) = bridge::link_context(&link)?;
    Some(SpanLink {
        context,
        trace_state,
        attributes: unique(link.attributes),
        dropped_attributes: link.dropped_attributes_count,
    })
}

fn scope(scope: &InstrumentationScope) -> Cow<'static, str> {
    if scope.name() == SCOPE { Cow::Borrowed(SCOPE) } else { Cow::Owned(scope.name().to_owned()) }
}
