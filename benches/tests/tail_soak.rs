//! A flood of unsampled traces through the local tail: memory stays where it was, whether they end or stay open.
//!
//! Bytes are counted for the whole process, so this is the only test here.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use radiosonde_core::Resource;
use radiosonde_metrics::Registry;
use radiosonde_testkit::CountingAllocator;
use radiosonde_trace::{EncodedSpan, Sampler, SpanSink, TailOptions, TracePipeline};
use tracing::{Span, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const TRACES: u64 = 20_000;
/// Traces that are open at once, more than the tail has room for.
const OPEN: usize = 4000;
const GROWTH: i64 = 256 * 1024;

/// Counts the spans that get here: none is sampled or failed. A panic would not fail the test, as the pipeline survives it.
#[derive(Default)]
struct Unwanted(AtomicU64);

impl SpanSink for Unwanted {
    fn accept(&self, _: EncodedSpan) {
        // Relaxed: a count, read on the same thread.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A trace whose root is still open: half a kilobyte of a child, and an event.
fn trace(n: u64) -> Span {
    let root = info_span!("request", n);
    root.in_scope(|| info_span!("query", text = "x".repeat(500)).in_scope(|| info!("asked")));
    root
}

/// How much memory grows in a second flood, after a first one.
fn growth(mut flood: impl FnMut()) -> i64 {
    flood();
    let before = CountingAllocator::live_bytes();
    flood();
    CountingAllocator::live_bytes() - before
}

#[test]
fn a_flood_of_unsampled_traces_leaves_memory_flat() {
    let registry = Registry::new();
    let unwanted = Arc::new(Unwanted::default());
    let pipeline = TracePipeline::builder(&Resource::new("flood"))
        .registry(&registry)
        .sampler(Sampler::parent_based_always_off())
        .tail(TailOptions::new().max_bytes(1 << 20).max_traces(2000))
        .sink(Arc::clone(&unwanted))
        .build()
        .unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(pipeline.layer()), || {
        let ended = growth(|| (0..TRACES).for_each(|n| drop(trace(n))));
        assert!(ended < GROWTH, "{ended} bytes for traces that ended");

        let mut open = VecDeque::new();
        let held = growth(|| {
            for n in 0..TRACES {
                open.push_back(trace(n));
                if open.len() > OPEN {
                    open.pop_front();
                }
            }
        });
        assert!(held < GROWTH, "{held} bytes for traces that stay open");
    });
    // Relaxed: as in `accept`.
    assert_eq!(unwanted.0.load(Ordering::Relaxed), 0, "spans of traces that do not matter were passed on");
    let text = registry.text();
    let dropped = text.lines().find_map(|line| {
        line.strip_prefix("radiosonde_trace_dropped_total{reason=\"tail_full\"} ")?.parse::<u64>().ok()
    });
    assert!(dropped > Some(TRACES), "{text}");
}
