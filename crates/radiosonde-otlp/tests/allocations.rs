//! What a log record costs the thread that logs, counted by an allocator of this binary's own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::Resource;
use radiosonde_delivery::{Delivery, SinkOptions};
use radiosonde_log::{JsonLayer, Writer};
use radiosonde_metrics::Registry;
use radiosonde_otlp::OtlpOptions;
use radiosonde_testkit::{CountingAllocator, HttpFake};
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
