//! Spans: a root with four attributes, a child with two, and an event in it, as in `compare`; and trace context in headers.

use std::hint::black_box;

use http::{HeaderMap, HeaderValue};
use radiosonde_core::Resource;
use radiosonde_metrics::Registry;
use radiosonde_trace::{EncodedSpan, Sampler, SpanSink, TracePipeline, extract};
use tracing::field::Empty;
use tracing::{info, info_span};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::operation::counted_by_callgrind;

/// Drops spans where they ended.
pub(crate) struct Null;

impl SpanSink for Null {
    fn accept(&self, span: EncodedSpan) {
        black_box(&span);
    }
}

/// Runs `work` with a trace layer of its own.
fn with_layer(sampler: Sampler, work: impl FnOnce()) {
    let pipeline = TracePipeline::builder(&Resource::new("benches"))
        .registry(&Registry::new())
        .sampler(sampler)
        .sink(Null)
        .build()
        .expect("a pipeline of the benches is refused");
    let subscriber = tracing_subscriber::registry().with(pipeline.layer()).with(LevelFilter::INFO);
    tracing::subscriber::with_default(subscriber, work);
}

/// Warms up: grows the thread's buffers and registers the callsites.
fn warm(mut work: impl FnMut()) {
    (0..10).for_each(|_| work());
}

/// Two spans and an event.
fn trace() {
    let root = info_span!(
        "GET /orders/{id}",
        http.request.method = black_box("GET"),
        url.path = black_box("/orders/1234567"),
        user_agent.original = black_box("Mozilla/5.0 (X11; Linux x86_64; rv:133.0)"),
        http.response.status_code = black_box(200_i64)
    );
    let _root = root.entered();
    let child =
        info_span!("price_order", order.id = black_box(1_234_567_i64), cloud.region = black_box("eu-west-1"));
    let _child = child.entered();
    info!("order priced");
}

pub(crate) fn sampled(times: u64) {
    spans(times, Sampler::always_on());
}

pub(crate) fn unsampled(times: u64) {
    spans(times, Sampler::always_off());
}

fn spans(times: u64, sampler: Sampler) {
    with_layer(sampler, || {
        warm(trace);
        counted_by_callgrind(times, trace);
    });
}

pub(crate) fn record(times: u64) {
    with_layer(Sampler::always_on(), || {
        let span = info_span!("request", status = Empty);
        span.in_scope(|| ());
        let record = || {
            span.record("status", black_box(200_u64));
        };
        warm(record);
        counted_by_callgrind(times, record);
    });
}

pub(crate) fn extract_inject(times: u64) {
    let received = headers();
    let mut sent = headers();
    let mut hop =
        || extract(black_box(&received)).expect("the headers are valid").inject(black_box(&mut sent));
    warm(&mut hop);
    counted_by_callgrind(times, hop);
}

/// The headers of a request, with the context of its caller.
fn headers() -> HeaderMap {
    let pairs = [
        ("host", "orders.example.com"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:133.0)"),
        ("accept", "application/json"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("x-request-id", "0192d3a4-5b6c-7d8e-9f00-112233445566"),
    ];
    pairs
        .map(|(name, value)| (name.parse().expect("a header name"), HeaderValue::from_static(value)))
        .into_iter()
        .collect()
}
