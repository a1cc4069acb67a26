//! What a log record or a span costs the thread that hands it over, counted by an allocator of this binary's own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::{Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_delivery::{Delivery, SinkOptions};
use radiosonde_log::{JsonLayer, Writer};
use radiosonde_metrics::Registry;
use radiosonde_otlp::OtlpOptions;
use radiosonde_testkit::{CountingAllocator, HttpFake};
use radiosonde_trace::{EncodedSpan, FinishedSpan, SpanSink as _};
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn a_line_costs_one_allocation() {
    const LINES: u64 = 1000;
    let collector = HttpFake::start([]);
    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let options =
        SinkOptions::new("otlp_logs").max_items(5000).batch_items(5000).batch_age(Duration::from_secs(3600));
    let resource = Resource::new("orders");
    let logs = OtlpOptions::new(collector.url()).sink(options).build_logs(&resource, &delivery).unwrap();
    let layer = JsonLayer::builder(&resource)
        .registry(&Registry::new())
        .writer(Writer::new("nowhere", std::io::sink()))
        .sink(Arc::new(logs))
        .build()
        .unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let _request = info_span!("request", request_id = "r-1", tenant = "acme").entered();
        let log = || info!(order = 17, amount = 9.5, paid = true, "order {} priced", 17);
        // The queue's ring grows by doubling: from here on it has room.
        (0..2100).for_each(|_| log());
        let before = CountingAllocator::allocations();
        (0..LINES).for_each(|_| log());
        assert_eq!(CountingAllocator::allocations() - before, LINES);
    });
    assert_eq!(delivery.shutdown_blocking(Duration::from_secs(20)).delivered(), 3100);
}

#[test]
fn a_span_is_handed_over_without_an_allocation() {
    const SPANS: usize = 1000;
    let collector = HttpFake::start([]);
    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let options =
        SinkOptions::new("otlp").max_items(5000).batch_items(5000).batch_age(Duration::from_secs(3600));
    let sink = OtlpOptions::new(collector.url()).sink(options);
    let sink = sink.build_spans(&Resource::new("orders"), &delivery).unwrap();
    let finished = |_| -> EncodedSpan {
        let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
        FinishedSpan::new(context, "GET /orders/{id}").encode()
    };
    // The queue's ring grows by doubling: from here on it has room.
    (0..2100).map(finished).for_each(|span| sink.accept(span));
    let ended: Vec<_> = (0..SPANS).map(finished).collect();
    let before = CountingAllocator::allocations();
    ended.into_iter().for_each(|span| sink.accept(span));
    assert_eq!(CountingAllocator::allocations() - before, 0);
    assert_eq!(delivery.shutdown_blocking(Duration::from_secs(20)).delivered(), 3100);
}
