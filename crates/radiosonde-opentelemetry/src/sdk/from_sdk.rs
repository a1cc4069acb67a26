//! Converts the SDK's finished span to ours.

use opentelemetry::KeyValue;
use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;
use radiosonde_core::SpanId;
use radiosonde_trace::{Attribute, FinishedSpan, SpanEvent, SpanLink, SpanStatus};

use crate::contexts::{conversion, trace_states};
use crate::tracer::attributes::Attributes;
use crate::values;

/// `None` for a span without ids, which the SDK does not create.
pub(crate) fn finished_span(span: SpanData) -> Option<FinishedSpan> {
    let mut ours = FinishedSpan::new(conversion::ids(&span.span_context)?, span.name);
    ours.parent = SpanId::from_bytes(span.parent_span_id.to_bytes());
    ours.parent_is_remote = span.parent_span_is_remote;
    ours.trace_state = trace_states::from_otel(span.span_context.trace_state());
    ours.kind = values::kind(span.span_kind);
    ours.start = span.start_time;
    // The wall clock may have been set back in between.
    ours.end = span.end_time.max(span.start_time);
    ours.attributes = unique(span.attributes);
    ours.dropped_attributes = span.dropped_attributes_count;
    ours.events = span.events.events.into_iter().map(event).collect();
    ours.dropped_events = span.events.dropped_count;
    ours.links = span.links.links.into_iter().filter_map(link).collect();
    ours.dropped_links = span.links.dropped_count;
    ours.status = match span.status {
        Status::Unset => SpanStatus::Unset,
        Status::Ok => SpanStatus::Ok,
        Status::Error { description } => SpanStatus::Error { description },
    };
    ours.scope = span.instrumentation_scope.name().to_owned().into();
    Some(ours)
}

/// The SDK has applied its own limits.
fn unique(attributes: Vec<KeyValue>) -> Vec<Attribute> {
    let mut unique = Attributes::default();
    attributes.into_iter().for_each(|attribute| unique.set(values::attribute(attribute), usize::MAX));
    unique.take().0
}

fn event(event: opentelemetry::trace::Event) -> SpanEvent {
    let mut ours = SpanEvent::new(event.name, event.timestamp);
    ours.attributes = unique(event.attributes);
    ours.dropped_attributes = event.dropped_attributes_count;
    ours
}

fn link(link: opentelemetry::trace::Link) -> Option<SpanLink> {
    let mut ours = values::link(&link)?;
    ours.attributes = unique(link.attributes);
    ours.dropped_attributes = link.dropped_attributes_count;
    Some(ours)
}
