//! What reaches the spans of tracing-opentelemetry's layer besides the macros of `tracing`.

#![cfg(feature = "layer")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::time::Duration;

use radiosonde_core::canonical::{self, AnnotationValue, CanonicalRecord, CanonicalSlot};
use radiosonde_core::{Formatted, Resource, SpanContext, SpanEnder};
use radiosonde_metrics::Registry;
use radiosonde_opentelemetry::OpenTelemetryBridge;
use radiosonde_trace::{CaptureSpans, EncodedSpan, SpanSink, TracePipeline, context_of, root_of};
use tracing::{Dispatch, Span, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

const TOOK: Duration = Duration::from_millis(30);

fn run(sink: impl SpanSink, work: impl FnOnce(&Dispatch)) {
    let options = TracePipeline::builder(&Resource::new("test")).registry(&Registry::new());
    let bridge = OpenTelemetryBridge::new(&options.sink(sink).build().unwrap());
    let subscriber = Dispatch::new(tracing_subscriber::registry().with(bridge.layer()));
    tracing::dispatcher::with_default(&subscriber, || work(&subscriber));
}

fn end(subscriber: &Dispatch, span: &Span) -> Option<SpanContext> {
    let ender: &SpanEnder = subscriber.downcast_ref().unwrap();
    ender.end(subscriber, span.id().unwrap().into_u64(), TOOK, |span| span.set_text("outcome", "completed"))
}

#[test]
fn a_record_ends_its_span_after_its_own_duration() {
    let spans = CaptureSpans::new();
    run(spans.clone(), |subscriber| {
        let span = info_span!("record");
        span.in_scope(|| ());
        assert_eq!(end(subscriber, &span), context_of(&span));
        drop(span);
        info_span!("next").in_scope(|| ());
    });
    let (record, next) = (spans.find("record").unwrap(), spans.find("next").unwrap());
    assert_eq!(record.end.duration_since(record.start).unwrap(), TOOK);
    assert_eq!(record.attribute("outcome"), Some(&"completed".into()));
    assert_ne!(next.end.duration_since(next.start).unwrap(), TOOK);
    assert_eq!(spans.spans().len(), 2, "the record's span ends once");
}

#[test]
fn a_span_reaches_the_canonical_record_in_which_it_was_made() {
    let spans = CaptureSpans::new();
    run(spans.clone(), |_| {
        let record = CanonicalRecord::new();
        let span = CanonicalSlot::new(record.clone()).in_scope(|| info_span!("work"));
        let child = span.in_scope(|| info_span!("child"));
        let annotate = |key| child.in_scope(|| canonical::annotate(key, AnnotationValue::U64(3)));
        assert_eq!(annotate("cart.items"), Ok(Formatted::Whole));
        record.end();
        assert_eq!(format!("{:?}", record.annotations().unwrap()), "{cart.items=3}");
        assert_eq!(annotate("late"), Ok(Formatted::Whole));
    });
    let child = spans.find("child").unwrap();
    assert_eq!((child.attribute("late"), child.attribute("cart.items")), (Some(&3_i64.into()), None));
}

/// Logs in the span that ends, whose lock is held.
struct Logs(CaptureSpans);

impl SpanSink for Logs {
    fn accept(&self, span: EncodedSpan) {
        info!("a span ended");
        Span::current().record("late", true);
        self.0.accept(span);
    }
}

#[test]
fn a_sink_may_log_within_the_span_that_ends() {
    let spans = CaptureSpans::new();
    run(Logs(spans.clone()), |subscriber| {
        let span = info_span!("record", late = tracing::field::Empty);
        span.in_scope(|| end(subscriber, &span).unwrap());
    });
    let span = spans.find("record").unwrap();
    assert_eq!((span.events.len(), span.attribute("late")), (0, None));
}

#[test]
fn a_root_within_a_span_is_a_child_to_this_layer() {
    let spans = CaptureSpans::new();
    run(spans.clone(), |_| {
        info_span!("around").in_scope(|| root_of(|| info_span!("detached")).in_scope(|| ()));
    });
    // As the README has it; the layer of `radiosonde-trace` makes a root.
    let (around, detached) = (spans.find("around").unwrap(), spans.find("detached").unwrap());
    assert_eq!(detached.parent, Some(around.context.span_id()));
}
