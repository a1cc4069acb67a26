//! A stock layer of tracing-opentelemetry beside the pipeline's own layer, in either order.

#![cfg(feature = "layer")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::SdkTracerProvider;
use radiosonde_core::{Resource, SpanContext};
use radiosonde_metrics::Registry;
use radiosonde_opentelemetry::OpenTelemetryBridge;
use radiosonde_trace::{CaptureSpans, TracePipeline, context_of};
use tracing::{Subscriber, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

fn pipeline(spans: &CaptureSpans) -> TracePipeline {
    let options = TracePipeline::builder(&Resource::new("test")).registry(&Registry::new());
    options.sink(spans.clone()).build().unwrap()
}

fn program(pipeline: &TracePipeline) {
    pipeline.probe().unwrap();
    let outer = info_span!("outer");
    outer.in_scope(|| {
        info!("within");
        let inner = info_span!("inner", count = 1);
        inner.follows_from(&outer);
        inner.in_scope(|| inner.record("count", 2));
        assert_eq!(SpanContext::current(), context_of(&outer), "lines have the ids of the pipeline's spans");
    });
    info_span!(parent: None, "root").in_scope(|| ());
    pipeline.probe().unwrap();
}

fn check(subscriber: impl Subscriber + Send + Sync, spans: &CaptureSpans, pipeline: &TracePipeline) {
    tracing::subscriber::with_default(subscriber, || program(pipeline));
    let [outer, inner, root] = ["outer", "inner", "root"].map(|name| spans.find(name).unwrap());
    assert_eq!(spans.spans().len(), 3);
    assert_eq!(outer.events.len(), 1);
    assert_eq!(inner.context.trace_id(), outer.context.trace_id());
    assert_eq!((outer.parent, inner.parent, root.parent), (None, Some(outer.context.span_id()), None));
}

#[test]
fn a_stock_layer_before_ours_takes_no_part_and_does_no_harm() {
    let (spans, provider) = (CaptureSpans::new(), SdkTracerProvider::builder().build());
    let pipeline = pipeline(&spans);
    let stock = tracing_opentelemetry::layer().with_tracer(provider.tracer("stock"));
    check(tracing_subscriber::registry().with(stock).with(pipeline.layer()), &spans, &pipeline);
}

#[test]
fn a_stock_layer_before_ours_is_not_taken_for_a_user_of_the_api() {
    let (spans, provider) = (CaptureSpans::new(), SdkTracerProvider::builder().build());
    let pipeline = pipeline(&spans);
    let bridge = OpenTelemetryBridge::new(&pipeline);
    let stock = tracing_opentelemetry::layer().with_tracer(provider.tracer("stock"));
    check(tracing_subscriber::registry().with(stock).with(pipeline.layer()), &spans, &pipeline);
    drop(bridge);
}

#[test]
fn a_stock_layer_after_ours_does_no_harm() {
    let (spans, provider) = (CaptureSpans::new(), SdkTracerProvider::builder().build());
    let pipeline = pipeline(&spans);
    let stock = tracing_opentelemetry::layer().with_tracer(provider.tracer("stock"));
    let subscriber = tracing_subscriber::registry().with(pipeline.layer()).with(stock);
    tracing::subscriber::with_default(subscriber, || program(&pipeline));
    assert_eq!(spans.spans().len(), 3);
}

#[test]
fn a_stock_layer_that_stands_alone_sees_users_of_the_api() {
    let spans = CaptureSpans::new();
    let bridge = OpenTelemetryBridge::new(&pipeline(&spans));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(bridge.layer()), || {
        info_span!("outer").in_scope(|| {
            bridge.tracer_provider().tracer("database").in_span("query", |_| {
                info_span!("row").in_scope(|| ());
            });
        });
    });
    let [outer, query, row] = ["outer", "query", "row"].map(|name| spans.find(name).unwrap());
    assert_eq!(query.parent, Some(outer.context.span_id()));
    assert_eq!(row.parent, Some(query.context.span_id()));
}
