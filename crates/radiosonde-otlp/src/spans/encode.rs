use std::borrow::Cow;
use std::time::SystemTime;

use bytes::Bytes;
use radiosonde_core::SpanContext;
use radiosonde_trace::{Attribute, AttributeValue, FinishedSpan, SpanEvent, SpanKind, SpanLink, SpanStatus};

use crate::proto::{self, AnyValue, KeyValue, Value};

/// `SpanFlags`: marks the next bit as valid.
const HAS_IS_REMOTE: u32 = 0x100;
/// `SpanFlags`: the parent is in another process.
const IS_REMOTE: u32 = 0x200;

/// The spans grouped by the library that created them, in order.
pub(super) fn scopes(spans: &[FinishedSpan]) -> Vec<proto::ScopeSpans> {
    let mut scopes: Vec<proto::ScopeSpans> = Vec::new();
    for finished in spans {
        let name = finished.scope.as_bytes();
        let span = span(finished);
        match scopes.iter_mut().find(|scope| scope.scope.name == name) {
            Some(scope) => scope.spans.push(span),
            None => scopes.push(proto::ScopeSpans {
                scope: proto::Scope { name: text(&finished.scope), version: version_of(&finished.scope) },
                spans: vec![span],
            }),
        }
    }
    scopes
}

/// The version of a scope; only our own is known.
fn version_of(scope: &str) -> Bytes {
    let version = if scope == "radiosonde" { env!("CARGO_PKG_VERSION") } else { "" };
    Bytes::from_static(version.as_bytes())
}

fn span(span: &FinishedSpan) -> proto::Span {
    let remote = if span.parent_is_remote { IS_REMOTE } else { 0 };
    proto::Span {
        trace_id: trace_id(&span.context),
        span_id: span_id(&span.context),
        trace_state: Bytes::copy_from_slice(span.trace_state.as_str().as_bytes()),
        parent_span_id: span.parent.map_or_else(Bytes::new, |id| Bytes::copy_from_slice(&id.to_bytes())),
        name: text(&span.name),
        kind: match span.kind {
            SpanKind::Internal => 1,
            SpanKind::Server => 2,
            SpanKind::Client => 3,
            SpanKind::Producer => 4,
            SpanKind::Consumer => 5,
        },
        start_time_unix_nano: nanos(span.start),
        end_time_unix_nano: nanos(span.end),
        attributes: attributes(&span.attributes),
        dropped_attributes_count: span.dropped_attributes,
        events: span.events.iter().map(event).collect(),
        dropped_events_count: span.dropped_events,
        links: span.links.iter().map(link).collect(),
        dropped_links_count: span.dropped_links,
        status: status(&span.status),
        flags: u32::from(span.context.flags().to_byte()) | HAS_IS_REMOTE | remote,
    }
}

fn status(status: &SpanStatus) -> Option<proto::Status> {
    match status {
        SpanStatus::Unset => None,
        SpanStatus::Ok => Some(proto::Status { message: Bytes::new(), code: 1 }),
        SpanStatus::Error { description } => Some(proto::Status { message: text(description), code: 2 }),
    }
}

fn event(event: &SpanEvent) -> proto::Event {
    proto::Event {
        time_unix_nano: nanos(event.timestamp),
        name: text(&event.name),
        attributes: attributes(&event.attributes),
        dropped_attributes_count: event.dropped_attributes,
    }
}

fn link(link: &SpanLink) -> proto::Link {
    proto::Link {
        trace_id: trace_id(&link.context),
        span_id: span_id(&link.context),
        trace_state: Bytes::copy_from_slice(link.trace_state.as_str().as_bytes()),
        attributes: attributes(&link.attributes),
        dropped_attributes_count: link.dropped_attributes,
        // It is unknown whether the linked span is remote, so both bits stay clear.
        flags: u32::from(link.context.flags().to_byte()),
    }
}

fn attributes(attributes: &[Attribute]) -> Vec<KeyValue> {
    attributes
        .iter()
        .map(|attribute| KeyValue { key: text(&attribute.key), value: any(&attribute.value) })
        .collect()
}

fn any(value: &AttributeValue) -> AnyValue {
    let value = match value {
        AttributeValue::String(string) => Value::String(text(string)),
        AttributeValue::I64(number) => Value::Int(*number),
        AttributeValue::F64(number) => match non_finite_text(*number) {
            None => Value::Double(*number),
            Some(text) => Value::String(Bytes::from_static(text.as_bytes())),
        },
        AttributeValue::Bool(truth) => Value::Bool(*truth),
        AttributeValue::Array(values) => {
            Value::Array(proto::ArrayValue { values: values.iter().map(any).collect() })
        }
        // A kind of value that is newer than this crate.
        other => Value::String(Bytes::from(format!("{other:?}"))),
    };
    AnyValue { value: Some(value) }
}

/// The text that is sent for a float that JSON cannot hold, in the spelling of <https://protobuf.dev/programming-guides/json/>.
///
/// OTLP has such floats; one of them makes Jaeger 2.13 respond with 500 for its trace and for every search of its service.
const fn non_finite_text(number: f64) -> Option<&'static str> {
    if number.is_finite() {
        None
    } else if number.is_nan() {
        Some("NaN")
    } else if number > 0.0 {
        Some("Infinity")
    } else {
        Some("-Infinity")
    }
}

/// Shares static texts and copies others, because the batch is kept for a possible split.
#[allow(clippy::ptr_arg, reason = "a `&str` does not show whether it is static")]
fn text(text: &Cow<'static, str>) -> Bytes {
    match text {
        Cow::Borrowed(text) => Bytes::from_static(text.as_bytes()),
        Cow::Owned(text) => Bytes::copy_from_slice(text.as_bytes()),
    }
}

fn trace_id(context: &SpanContext) -> Bytes {
    Bytes::copy_from_slice(&context.trace_id().to_bytes())
}

fn span_id(context: &SpanContext) -> Bytes {
    Bytes::copy_from_slice(&context.span_id().to_bytes())
}

/// Nanoseconds since 1970; 0 for an earlier time, which the specification defines as unknown.
fn nanos(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// The approximate memory of a span, which is more than its encoded size.
pub(super) fn size(span: &FinishedSpan) -> usize {
    let events = span
        .events
        .iter()
        .map(|event| size_of::<SpanEvent>() + event.name.len() + attributes_size(&event.attributes));
    let links = span.links.iter().map(|link| {
        size_of::<SpanLink>() + link.trace_state.as_str().len() + attributes_size(&link.attributes)
    });
    let description = match &span.status {
        SpanStatus::Error { description } => description.len(),
        SpanStatus::Unset | SpanStatus::Ok => 0,
    };
    size_of::<FinishedSpan>()
        + span.name.len()
        + span.trace_state.as_str().len()
        + description
        + attributes_size(&span.attributes)
        + events.sum::<usize>()
        + links.sum::<usize>()
}

fn attributes_size(attributes: &[Attribute]) -> usize {
    attributes.iter().map(|attribute| attribute.key.len() + value_size(&attribute.value)).sum::<usize>()
        + size_of_val(attributes)
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::String(text) => text.len(),
        AttributeValue::Array(values) => {
            size_of_val(&**values) + values.iter().map(value_size).sum::<usize>()
        }
        _ => 0,
    }
}
