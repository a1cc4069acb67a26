//! The layer of tracing-opentelemetry and ours in one subscriber: neither disturbs the other, in any order.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use opentelemetry::trace::{SpanId, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use radiosonde::Registry;
use radiosonde_core::Resource;
use radiosonde_trace::{CaptureSpans, FinishedSpan, TracePipeline, extract, set_attribute, set_parent};
use tracing::field::Empty;
use tracing::{Dispatch, error, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

fn work(pipeline: &TracePipeline) {
    pipeline.probe().unwrap();
    let mut headers = http::HeaderMap::new();
    headers.insert("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap());
    let span = info_span!("request", otel.kind = "server", order.id = 7_u64, status = Empty);
    set_parent(&span, &extract(&headers).unwrap()).unwrap();
    span.in_scope(|| {
        pipeline.probe().unwrap();
        info_span!("query").in_scope(|| info!(rows = 3, "asked"));
        error!("too late");
    });
    span.record("status", 500_u16);
    set_attribute(&span, "late", true);
    let cause = info_span!("cause");
    span.follows_from(&cause);
    let other = span.clone();
    let dispatch = tracing::dispatcher::get_default(Clone::clone);
    let thread = std::thread::spawn(move || {
        tracing::dispatcher::with_default(&dispatch, move || other.in_scope(|| info!("elsewhere")));
    });
    thread.join().unwrap();
}

/// What both made of the same work.
fn run(is_ours_first: bool) -> (Vec<FinishedSpan>, Vec<SpanData>) {
    let (ours, theirs) = (CaptureSpans::new(), InMemorySpanExporter::default());
    let provider = SdkTracerProvider::builder().with_simple_exporter(theirs.clone()).build();
    let pipeline = TracePipeline::builder(&Resource::new("orders"))
        .registry(&Registry::new())
        .sink(ours.clone())
        .build()
        .unwrap();
    let dispatch = if is_ours_first {
        let stock = tracing_opentelemetry::layer().with_tracer(provider.tracer("orders"));
        Dispatch::new(tracing_subscriber::registry().with(pipeline.layer()).with(stock))
    } else {
        let stock = tracing_opentelemetry::layer().with_tracer(provider.tracer("orders"));
        Dispatch::new(tracing_subscriber::registry().with(stock).with(pipeline.layer()))
    };
    tracing::dispatcher::with_default(&dispatch, || work(&pipeline));
    let theirs = theirs.get_finished_spans().unwrap();
    (ours.take(), theirs.into_iter().filter(|span| span.name != "radiosonde.probe").collect())
}

#[test]
fn the_stock_layer_and_ours_work_beside_each_other() {
    for is_ours_first in [true, false] {
        let (ours, theirs) = run(is_ours_first);
        let names: Vec<_> = ours.iter().map(|span| span.name.as_ref()).collect();
        assert_eq!(names, ["query", "cause", "request"]);
        assert_eq!(names, theirs.iter().map(|span| span.name.as_ref()).collect::<Vec<_>>());
        let [query, _, request] = &ours[..] else { unreachable!("{ours:?}") };
        assert_eq!(request.parent.unwrap().to_string(), "00f067aa0ba902b7");
        assert_eq!(query.parent, Some(request.context.span_id()));
        assert_eq!((request.events.len(), request.links.len()), (2, 1));
        assert_eq!(request.attribute("late"), Some(&true.into()));
        // Theirs is a trace of its own, whole as well.
        let [query, _, request] = &theirs[..] else { unreachable!("{theirs:?}") };
        assert_eq!(query.parent_span_id, request.span_context.span_id());
        assert_eq!(request.parent_span_id, SpanId::INVALID);
        assert_eq!(request.events.len(), 2);
    }
}
