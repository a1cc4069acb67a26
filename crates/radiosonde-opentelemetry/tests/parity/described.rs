//! Spans as parts in text, without ids and times.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use radiosonde_core::SpanId;
use radiosonde_trace::{
    Attribute, AttributeValue, FinishedSpan, SpanEvent, SpanKind, SpanLink, SpanStatus, TraceState,
};

/// The parts of one span: what they are, and their values.
pub(crate) type Parts = BTreeMap<String, String>;

/// Names of spans by their ids; foreign ids are themselves.
struct Names(HashMap<SpanId, String>);

impl Names {
    fn of(&self, id: SpanId) -> String {
        self.0.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }
}

/// The span's attribute `case`, or else its name.
fn label(span: &FinishedSpan) -> String {
    match span.attribute("case") {
        Some(AttributeValue::String(case)) => case.to_string(),
        _ => span.name.to_string(),
    }
}

/// The parts of each span, by the span's label.
pub(crate) fn parts(spans: &[FinishedSpan]) -> BTreeMap<String, Parts> {
    let names = Names(spans.iter().map(|span| (span.context.span_id(), label(span))).collect());
    assert_eq!(names.0.len(), spans.len(), "ids are unique");
    let mut all = BTreeMap::new();
    for span in spans {
        let mut parts = Parts::new();
        for (part, value) in of_span(span, spans, &names) {
            assert_eq!(parts.insert(part.clone(), value), None, "parts are unique: {part}");
        }
        assert_eq!(all.insert(label(span), parts), None, "labels are unique: {}", label(span));
    }
    all
}

fn of_span(span: &FinishedSpan, spans: &[FinishedSpan], names: &Names) -> Vec<(String, String)> {
    let part = |part: &str, value: String| (part.to_owned(), value);
    let mut parts = vec![
        part("name", span.name.to_string()),
        part("parent", parent(span, spans, names)),
        part("flags", format!("{:02x}", span.context.flags().to_byte())),
        part("scope", span.scope.to_string()),
    ];
    parts.extend(state(&span.trace_state));
    if span.kind != SpanKind::Internal {
        parts.push(part("kind", format!("{:?}", span.kind)));
    }
    match &span.status {
        SpanStatus::Unset => {}
        SpanStatus::Ok => parts.push(part("status", "ok".to_owned())),
        SpanStatus::Error { description } => parts.push(part("status", format!("error {description:?}"))),
    }
    parts.extend(attributes(&span.attributes));
    let mut within = |what: &str, at: usize, of: Vec<(String, String)>| {
        parts.extend(of.into_iter().map(|(part, value)| (format!("{what} {at} {part}"), value)));
    };
    for (at, event) in span.events.iter().enumerate() {
        within("event", at, of_event(event, span));
    }
    for (at, link) in span.links.iter().enumerate() {
        within("link", at, of_link(link, names));
    }
    let dropped = [
        ("dropped attributes", span.dropped_attributes),
        ("dropped events", span.dropped_events),
        ("dropped links", span.dropped_links),
    ];
    parts.extend(
        dropped.iter().filter(|(_, count)| *count > 0).map(|(what, count)| part(what, count.to_string())),
    );
    parts
}

fn parent(span: &FinishedSpan, spans: &[FinishedSpan], names: &Names) -> String {
    let Some(id) = span.parent else { return "none".to_owned() };
    let parent = spans.iter().find(|parent| parent.context.span_id() == id);
    let trace = match parent {
        Some(parent) if parent.context.trace_id() != span.context.trace_id() => ", in another trace",
        _ => "",
    };
    let remote = if span.parent_is_remote { ", remote" } else { "" };
    format!("{}{remote}{trace}", names.of(id))
}

fn state(state: &TraceState) -> Option<(String, String)> {
    (!state.is_empty()).then(|| ("state".to_owned(), state.as_str().to_owned()))
}

fn attributes(attributes: &[Attribute]) -> Vec<(String, String)> {
    let keys: BTreeSet<_> = attributes.iter().map(|attribute| &attribute.key).collect();
    assert_eq!(keys.len(), attributes.len(), "keys are unique: {attributes:?}");
    attributes
        .iter()
        .map(|attribute| (format!("attribute {}", attribute.key), format!("{:?}", attribute.value)))
        .collect()
}

fn of_event(event: &SpanEvent, span: &FinishedSpan) -> Vec<(String, String)> {
    // Without a message, an event is named after its place.
    let name = if event.name.starts_with("event crates/") { "event <place>" } else { &event.name };
    let mut parts = vec![("name".to_owned(), name.to_owned())];
    parts.extend(attributes(&event.attributes));
    if !(span.start..=span.end).contains(&event.timestamp) {
        parts.push(("time".to_owned(), "outside of its span".to_owned()));
    }
    parts
}

fn of_link(link: &SpanLink, names: &Names) -> Vec<(String, String)> {
    let mut parts = vec![
        ("to".to_owned(), names.of(link.context.span_id())),
        ("flags".to_owned(), format!("{:02x}", link.context.flags().to_byte())),
    ];
    parts.extend(state(&link.trace_state));
    parts.extend(attributes(&link.attributes));
    parts
}
