//! Counts the allocations of keeping and counting a line, with this binary's own allocator.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use radiosonde_core::{Resource, SystemClock};
use radiosonde_log::JsonLayer;
use radiosonde_recent::{LogAggregator, RecentLines};
use radiosonde_testkit::CountingAllocator;
use tracing::{error, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn a_line_that_is_kept_and_counted_allocates_nothing() {
    let logs = LogAggregator::over(RecentLines::bounded(5, 1 << 20).unwrap(), Arc::new(SystemClock));
    let layer = JsonLayer::builder(&Resource::new("orders")).sink(Arc::new(logs)).build().unwrap();
    let found = tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let _span = info_span!("request", request_id = "r-1").entered();
        CountingAllocator::per_call(|| {
            info!(sku = "b-2", quantity = 3_u64, price = 9.99, "order {} priced", 7);
            error!("Database gone");
        })
    });
    assert!(found < 0.02, "{found} allocations per two lines");
}
