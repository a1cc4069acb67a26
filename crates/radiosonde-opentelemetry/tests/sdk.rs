//! An application's own provider of the OpenTelemetry SDK, whose spans go through our pipeline.

#![cfg(feature = "sdk")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use opentelemetry::trace::{
    Span as _, SpanContext as OtelSpanContext, SpanId, SpanKind as OtelKind, Status, TraceContextExt as _,
    TraceFlags, TraceId, TraceState, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracerProvider;
use radiosonde_core::Resource;
use radiosonde_metrics::Registry;
use radiosonde_opentelemetry::OpenTelemetryBridge;
use radiosonde_trace::{CaptureSpans, Sampler, SpanKind, SpanStatus, TraceOptions};

fn provider(options: TraceOptions) -> (SdkTracerProvider, CaptureSpans) {
    let spans = CaptureSpans::new();
    let options = options.resource(&Resource::new("test")).registry(&Registry::new()).sink(spans.clone());
    let bridge = OpenTelemetryBridge::new(&options.build().unwrap());
    let provider = SdkTracerProvider::builder()
        .with_sampler(bridge.sampler())
        .with_span_processor(bridge.span_processor())
        .build();
    (provider, spans)
}

fn below(flags: TraceFlags) -> Context {
    let state = TraceState::from_key_value([("a", "1")]).unwrap();
    let parent = OtelSpanContext::new(TraceId::from(7), SpanId::from(8), flags, true, state);
    Context::new().with_remote_span_context(parent)
}

#[test]
fn a_span_of_the_sdk_arrives_whole() {
    let (provider, spans) = provider(TraceOptions::new());
    let tracer = provider.tracer("database");
    let mut span = tracer
        .span_builder("query")
        .with_kind(OtelKind::Client)
        .with_attributes([KeyValue::new("twice", 1), KeyValue::new("twice", 2)])
        .start_with_context(&tracer, &below(TraceFlags::SAMPLED));
    span.add_event("retried", vec![KeyValue::new("attempt", 2)]);
    span.add_link(span.span_context().clone(), Vec::new());
    span.set_status(Status::error("why"));
    span.end();
    let span = spans.find("query").unwrap();
    assert_eq!((span.kind, span.scope.as_ref()), (SpanKind::Client, "database"));
    assert_eq!((span.attributes.len(), span.attribute("twice")), (1, Some(&2.into())));
    assert_eq!((span.events[0].name.as_ref(), span.events[0].attributes.len()), ("retried", 1));
    assert_eq!(span.links[0].context, span.context);
    assert_eq!(span.status, SpanStatus::Error { description: "why".into() });
    assert_eq!(span.parent.map(|parent| parent.to_string()), Some("0000000000000008".to_owned()));
    assert!(span.parent_is_remote);
    assert_eq!(span.trace_state.as_str(), "a=1");
}

#[test]
fn the_pipeline_decides_what_the_sdk_samples() {
    let (provider, spans) = provider(TraceOptions::new().sampler(Sampler::parent_based_always_off()));
    let tracer = provider.tracer("test");
    tracer.start("root").end();
    tracer.start_with_context("sampled", &below(TraceFlags::SAMPLED)).end();
    let span = tracer.start_with_context("not sampled", &below(TraceFlags::default()));
    assert!(!span.is_recording());
    drop(span);
    let names: Vec<_> = spans.spans().into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["sampled"]);
}
