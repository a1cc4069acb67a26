use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One span of a trace, with the data that OTLP shares among spans repeated in each.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Span {
    /// The resource's `service.name`; empty when it has none.
    pub service: String,
    /// The span's name.
    pub name: String,
    /// 32 hex digits.
    pub trace_id: String,
    /// 16 hex digits.
    pub span_id: String,
    /// 16 hex digits; `None` for the root.
    pub parent_id: Option<String>,
    /// Its role.
    pub kind: SpanKind,
    /// Its attributes by key. Whole numbers are JSON numbers here, though OTLP writes them as strings.
    pub attributes: BTreeMap<String, Value>,
    /// The attributes of its resource, `service.name` among them.
    pub resource: BTreeMap<String, Value>,
    /// The names of its events, in order.
    pub events: Vec<String>,
    /// The trace id and the span id of each span that it links to, in order.
    pub links: Vec<(String, String)>,
    /// The status of the span.
    pub status: SpanStatus,
    /// The description of the error.
    pub status_message: String,
    /// Since 1970.
    pub start: Duration,
    /// Since 1970.
    pub end: Duration,
}

impl Span {
    /// Whether `parent` is this span's parent, in the same trace.
    #[must_use]
    pub fn is_child_of(&self, parent: &Self) -> bool {
        self.trace_id == parent.trace_id && self.parent_id.as_ref() == Some(&parent.span_id)
    }
}

/// OTLP's `SpanKind`. Exhaustive: the protocol has these six.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "u8")]
pub enum SpanKind {
    /// 0, which no sender should use.
    #[default]
    Unspecified,
    /// 1
    Internal,
    /// 2
    Server,
    /// 3
    Client,
    /// 4
    Producer,
    /// 5
    Consumer,
}

impl TryFrom<u8> for SpanKind {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        Ok(match number {
            0 => Self::Unspecified,
            1 => Self::Internal,
            2 => Self::Server,
            3 => Self::Client,
            4 => Self::Producer,
            5 => Self::Consumer,
            _ => return Err(format!("{number} is no span kind: 0 to 5 are")),
        })
    }
}

/// OTLP's status code. Exhaustive: the protocol has these three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "u8")]
pub enum SpanStatus {
    /// 0: no status was set, so the span did not fail as far as is known.
    #[default]
    Unset,
    /// 1
    Ok,
    /// 2
    Error,
}

impl TryFrom<u8> for SpanStatus {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        Ok(match number {
            0 => Self::Unset,
            1 => Self::Ok,
            2 => Self::Error,
            _ => return Err(format!("{number} is no status code: 0 to 2 are")),
        })
    }
}

/// The spans of Jaeger's response, earliest first.
///
/// # Panics
/// If the response is not OTLP as JSON.
#[expect(clippy::panic, reason = "an answer that is not OTLP fails the test")]
pub(crate) fn spans_of(answer: Value) -> Vec<Span> {
    let traces: Answer = match serde_json::from_value(answer.clone()) {
        Ok(traces) => traces,
        Err(error) => panic!("this is not OTLP: {error}: {answer:#}"),
    };
    let mut spans: Vec<Span> =
        traces.result.resource_spans.into_iter().flat_map(ResourceSpans::into_spans).collect();
    spans.sort_by_key(|span| span.start);
    spans
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    result: Traces,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Traces {
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct ResourceSpans {
    resource: Resource,
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Resource {
    attributes: Vec<Attribute>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ScopeSpans {
    spans: Vec<RawSpan>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawSpan {
    trace_id: String,
    span_id: String,
    parent_span_id: String,
    name: String,
    kind: SpanKind,
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    attributes: Vec<Attribute>,
    events: Vec<Event>,
    links: Vec<Link>,
    status: Status,
}

#[derive(Deserialize)]
struct Attribute {
    key: String,
    #[serde(default)]
    value: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Event {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Link {
    trace_id: String,
    span_id: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    code: SpanStatus,
    message: String,
}

impl ResourceSpans {
    fn into_spans(self) -> impl Iterator<Item = Span> {
        let resource = by_key(self.resource.attributes);
        let service = resource.get("service.name").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.scope_spans.into_iter().flat_map(|scope| scope.spans).map(move |raw| Span {
            service: service.clone(),
            name: raw.name,
            trace_id: raw.trace_id,
            span_id: raw.span_id,
            parent_id: Some(raw.parent_span_id).filter(|id| !id.is_empty()),
            kind: raw.kind,
            attributes: by_key(raw.attributes),
            resource: resource.clone(),
            events: raw.events.into_iter().map(|event| event.name).collect(),
            links: raw.links.into_iter().map(|link| (link.trace_id, link.span_id)).collect(),
            status: raw.status.code,
            status_message: raw.status.message,
            start: nanoseconds(&raw.start_time_unix_nano),
            end: nanoseconds(&raw.end_time_unix_nano),
        })
    }
}

fn nanoseconds(text: &str) -> Duration {
    Duration::from_nanos(text.parse().unwrap_or_default())
}

fn by_key(attributes: Vec<Attribute>) -> BTreeMap<String, Value> {
    attributes.into_iter().map(|attribute| (attribute.key, plain(attribute.value))).collect()
}

/// Converts OTLP's `{"intValue":"500"}` to `500`, recursively.
fn plain(value: Value) -> Value {
    let Value::Object(wrapped) = value else { return value };
    let Some((kind, inner)) = wrapped.into_iter().next() else { return Value::Null };
    match (kind.as_str(), inner) {
        ("intValue", Value::String(digits)) => {
            digits.parse::<i64>().map_or(Value::String(digits), Value::from)
        }
        ("arrayValue", mut array) => match array.get_mut("values").map(Value::take) {
            Some(Value::Array(values)) => Value::Array(values.into_iter().map(plain).collect()),
            _ => Value::Array(Vec::new()),
        },
        ("kvlistValue", mut list) => {
            let pairs = list.get_mut("values").map(Value::take).unwrap_or_default();
            let pairs: Vec<Attribute> = serde_json::from_value(pairs).unwrap_or_default();
            Value::Object(by_key(pairs).into_iter().collect::<Map<_, _>>())
        }
        (_, inner) => inner,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_lose_their_wrapping() {
        for (otlp, expected) in [
            (json!({"stringValue": "a"}), json!("a")),
            (json!({"intValue": "-9007199254740993"}), json!(-9_007_199_254_740_993_i64)),
            (json!({"boolValue": true}), json!(true)),
            (json!({"doubleValue": 1.5}), json!(1.5)),
            (json!({"arrayValue": {"values": [{"stringValue": "a"}, {"intValue": "2"}]}}), json!(["a", 2])),
            (json!({"arrayValue": {}}), json!([])),
            (json!({"kvlistValue": {"values": [{"key": "k", "value": {"intValue": "1"}}]}}), json!({"k": 1})),
            (json!({}), Value::Null),
        ] {
            assert_eq!(plain(otlp.clone()), expected, "{otlp}");
        }
    }

    #[test]
    fn spans_are_flattened_with_their_service_earliest_first() {
        let span = |id: &str, parent: &str, start: &str| {
            json!({"traceId": "t", "spanId": id, "parentSpanId": parent, "name": id, "kind": 2,
                   "startTimeUnixNano": start, "endTimeUnixNano": start, "status": {"code": 2, "message": "no"}})
        };
        let spans = spans_of(json!({"result": {"resourceSpans": [
            {"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "orders"}}]},
             "scopeSpans": [{"spans": [span("b", "a", "2")]}]},
            {"resource": {}, "scopeSpans": [{"spans": [span("a", "", "1")]}]},
        ]}}));
        assert_eq!([spans[0].name.as_str(), spans[1].name.as_str()], ["a", "b"]);
        assert!(spans[1].is_child_of(&spans[0]) && !spans[0].is_child_of(&spans[1]));
        assert_eq!((spans[0].parent_id.as_deref(), spans[0].service.as_str()), (None, ""));
        assert_eq!((spans[1].kind, spans[1].status), (SpanKind::Server, SpanStatus::Error));
        assert_eq!((spans[1].service.as_str(), spans[1].start), ("orders", Duration::from_nanos(2)));
    }
}
