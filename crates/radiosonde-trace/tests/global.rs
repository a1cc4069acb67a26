//! Users of the OpenTelemetry API beside users of `tracing`. A separate binary, because the provider is global.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::HashMap;

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{Span as _, SpanKind as OtelKind, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue, global};
use radiosonde_core::Resource;
use radiosonde_core::silence::silence_thread;
use radiosonde_metrics::Registry;
use radiosonde_trace::{CaptureSpans, SpanKind, TracePipeline, W3cPropagator, extract, inject};
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

#[test]
fn opentelemetry_users_are_part_of_the_same_traces() {
    let spans = CaptureSpans::new();
    let pipeline = TracePipeline::builder(&Resource::new("test"))
        .registry(&Registry::new())
        .sink(spans.clone())
        .build()
        .unwrap();
    pipeline.install_global();
    let tracer = global::tracer("database");
    let mut sent = HashMap::new();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(pipeline.layer()), || {
        let _around = info_span!("around").entered();
        let query = tracer
            .span_builder("query")
            .with_kind(OtelKind::Client)
            .with_attributes([KeyValue::new("rows", 3)])
            .start(&tracer);
        let _active = Context::current_with_span(query).attach();
        // A message sent from within is sent by the innermost span.
        let (mut ours, mut theirs) = (HashMap::new(), HashMap::new());
        assert!(inject(&mut ours));
        global::get_text_map_propagator(|propagator| propagator.inject(&mut theirs));
        assert_eq!(ours, theirs);
        info_span!("below").in_scope(|| ());
        sent = ours;
    });
    // Spans of a silenced thread are not exported, whichever API created them.
    let subscriber = tracing::Dispatch::new(tracing_subscriber::registry().with(pipeline.layer()));
    std::thread::spawn(move || {
        silence_thread();
        tracing::dispatcher::with_default(&subscriber, || {
            info_span!("silenced").in_scope(|| info!("silenced"))
        });
        global::tracer("database").start("silenced").end();
    })
    .join()
    .unwrap();
    assert_eq!(spans.spans().len(), 3, "{:?}", spans.spans());
    pipeline.shutdown();
    let cx = W3cPropagator::new().extract(&sent);
    let mut after = HashMap::new();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&cx, &mut after));
    assert!(sent["traceparent"].ends_with("-01"));
    assert_eq!(after["traceparent"], sent["traceparent"].replace("-01", "-00"));
    let [around, query, below] = ["around", "query", "below"].map(|name| spans.find(name).unwrap());
    assert_eq!(query.parent, Some(around.context.span_id()));
    assert_eq!(below.parent, Some(query.context.span_id()));
    assert_eq!((query.kind, query.scope.as_ref()), (SpanKind::Client, "database"));
    assert_eq!(query.attribute("rows"), Some(&3.into()));
}

#[test]
fn the_propagator_is_as_strict_as_we_are_and_keeps_what_the_sdk_does_not_know() {
    let propagator = W3cPropagator::new();
    let carrier = |parent: &str, state: &str| {
        HashMap::from([
            ("traceparent".to_owned(), parent.to_owned()),
            ("tracestate".to_owned(), state.to_owned()),
        ])
    };
    // The SDK's own reader accepts all of these.
    for parent in ["00-1-1-1", "00-+f92f3577b34da6a3ce929d0e0e4736a-00f067aa0ba902b7-01"] {
        let cx = propagator.extract_with_context(&Context::new(), &carrier(parent, "a=1"));
        assert!(!cx.has_active_span(), "{parent}");
    }

    // With a flag that the SDK clears and a member that it rejects.
    let received =
        carrier("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02", "a=1,tenant@fourteen-chars=2");
    let cx = propagator.extract_with_context(&Context::new(), &received);
    assert!(cx.span().span_context().is_remote());
    let mut sent = HashMap::new();
    propagator.inject_context(&cx, &mut sent);
    assert_eq!(sent, received);
    assert_eq!(extract(&sent).unwrap().trace_state().as_str(), "a=1,tenant@fourteen-chars=2");
    assert_eq!(propagator.fields().collect::<Vec<_>>(), ["traceparent", "tracestate"]);

    let mut nothing = HashMap::new();
    propagator.inject_context(&Context::new(), &mut nothing);
    assert_eq!(nothing, HashMap::new());
}
