use radiosonde_trace::{Attribute, AttributeValue, EncodedSpan, FinishedSpan, SpanSink, SpanStatus};
use serde_json::{Map, Value, json};

use crate::printed_span::PrintedSpan;

/// Prints the spans of our pipeline. In a service, `OTEL_EXPORTER_OTLP_ENDPOINT` names the collector instead.
#[derive(Debug)]
pub struct PrintingSink;

impl SpanSink for PrintingSink {
    fn accept(&self, span: EncodedSpan) {
        printed(span.decode()).print();
    }
}

fn printed(span: FinishedSpan) -> PrintedSpan {
    let (status, description) = match span.status {
        SpanStatus::Unset => ("Unset", String::new()),
        SpanStatus::Ok => ("Ok", String::new()),
        SpanStatus::Error { description } => ("Error", description.into_owned()),
    };
    PrintedSpan {
        trace_id: span.context.trace_id().to_string(),
        span_id: span.context.span_id().to_string(),
        parent_id: span.parent.map(|id| id.to_string()),
        name: span.name.into_owned(),
        kind: format!("{:?}", span.kind),
        status,
        description,
        attributes: map(span.attributes),
        events: span
            .events
            .into_iter()
            .map(|event| (event.name.into_owned(), map(event.attributes)))
            .collect(),
        links: span.links.iter().map(|link| link.context.span_id().to_string()).collect(),
    }
}

fn map(attributes: Vec<Attribute>) -> Map<String, Value> {
    attributes.into_iter().map(|attribute| (attribute.key.into_owned(), value(attribute.value))).collect()
}

fn value(attribute: AttributeValue) -> Value {
    match attribute {
        AttributeValue::String(text) => json!(text),
        AttributeValue::I64(number) => json!(number),
        AttributeValue::F64(number) => json!(number),
        AttributeValue::Bool(truth) => json!(truth),
        AttributeValue::Array(values) => values.into_iter().map(value).collect(),
        _ => Value::Null,
    }
}
