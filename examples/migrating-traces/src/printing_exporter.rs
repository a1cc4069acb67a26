use opentelemetry::trace::{SpanId, Status};
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use serde_json::{Map, json};

use crate::printed_span::PrintedSpan;

/// Prints the spans of OpenTelemetry's SDK. Stands for the exporter of `opentelemetry-otlp`.
#[derive(Debug)]
pub struct PrintingExporter;

impl SpanExporter for PrintingExporter {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        batch.into_iter().map(printed).for_each(PrintedSpan::print);
        std::future::ready(Ok(()))
    }
}

fn printed(span: SpanData) -> PrintedSpan {
    let (status, description) = match span.status {
        Status::Unset => ("Unset", String::new()),
        Status::Ok => ("Ok", String::new()),
        Status::Error { description } => ("Error", description.into_owned()),
    };
    PrintedSpan {
        trace_id: span.span_context.trace_id().to_string(),
        span_id: span.span_context.span_id().to_string(),
        parent_id: (span.parent_span_id != SpanId::INVALID).then(|| span.parent_span_id.to_string()),
        name: span.name.into_owned(),
        kind: format!("{:?}", span.span_kind),
        status,
        description,
        attributes: map(span.attributes),
        events: span
            .events
            .iter()
            .map(|event| (event.name.to_string(), map(event.attributes.clone())))
            .collect(),
        links: span.links.iter().map(|link| link.span_context.span_id().to_string()).collect(),
    }
}

fn map(attributes: Vec<KeyValue>) -> Map<String, serde_json::Value> {
    attributes.into_iter().map(|attribute| (attribute.key.to_string(), value(attribute.value))).collect()
}

fn value(value: Value) -> serde_json::Value {
    match value {
        Value::Bool(value) => json!(value),
        Value::I64(value) => json!(value),
        Value::F64(value) => json!(value),
        Value::Array(Array::String(values)) => {
            json!(values.iter().map(|text| text.as_str()).collect::<Vec<_>>())
        }
        value => json!(value.as_str()),
    }
}
