//! What a log record costs the thread that logs, counted by an allocator of this binary's own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::Resource;
use radiosonde_delivery::{Delivery, SinkOptions};
use radiosonde_log::{JsonLayer, Writer};
use radiosonde_metrics::Registry;
use radiosonde_otlp::OtlpLogs;
use radiosonde_testkit::HttpFake;
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

#[allow(unsafe_code, reason = "an allocator can only be written this way")]
// SAFETY: hands everything to the system's allocator; the counter is a thread-local without a destructor, which does not
// allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_line_costs_one_allocation() {
    const LINES: u64 = 1000;
    let collector = HttpFake::start([]);
    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let options =
        SinkOptions::new("otlp_logs").max_items(5000).batch_items(5000).batch_age(Duration::from_secs(3600));
    let resource = Resource::new("orders");
    let logs =
        OtlpLogs::builder(&resource).endpoint(&collector.url()).options(options).build(&delivery).unwrap();
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
        let before = ALLOCATIONS.get();
        (0..LINES).for_each(|_| log());
        assert_eq!(ALLOCATIONS.get() - before, LINES);
    });
    assert_eq!(delivery.shutdown_blocking(Duration::from_secs(20)).delivered(), 3100);
}
