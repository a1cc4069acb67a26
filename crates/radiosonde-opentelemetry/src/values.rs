//! Converts attributes between our types and OpenTelemetry's.

use std::borrow::Cow;

use opentelemetry::trace::{Link, SpanKind as OtelKind};
use opentelemetry::{Array, Key, KeyValue, StringValue, Value};
use radiosonde_trace::{Attribute, AttributeValue, SpanKind, SpanLink};

use crate::contexts::conversion;
use crate::contexts::trace_states::from_otel;

pub(crate) fn attribute(attribute: KeyValue) -> Attribute {
    Attribute { key: key(attribute.key), value: value(attribute.value) }
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
            // Kinds that a later version may add: their text is better than nothing.
            other => vec![other.to_string().into()],
        }),
        other => other.to_string().into(),
    }
}

fn string(text: StringValue) -> AttributeValue {
    AttributeValue::String(Cow::Owned(String::from(text)))
}

pub(crate) const fn kind(kind: OtelKind) -> SpanKind {
    match kind {
        OtelKind::Client => SpanKind::Client,
        OtelKind::Server => SpanKind::Server,
        OtelKind::Producer => SpanKind::Producer,
        OtelKind::Consumer => SpanKind::Consumer,
        OtelKind::Internal => SpanKind::Internal,
    }
}

/// A link without its attributes; `None` for one to a span without ids.
pub(crate) fn link(link: &Link) -> Option<SpanLink> {
    let mut ours = SpanLink::new(conversion::ids(&link.span_context)?);
    ours.trace_state = from_otel(link.span_context.trace_state());
    Some(ours)
}
