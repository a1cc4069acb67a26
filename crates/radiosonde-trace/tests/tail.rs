//! The local tail, as a program with a pipeline sees it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::Resource;
use radiosonde_metrics::Registry;
use radiosonde_testkit::ManualClock;
use radiosonde_trace::{CaptureSpans, Sampler, TailOptions, TracePipeline};
use tracing::{error, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

struct Test {
    spans: CaptureSpans,
    registry: Registry,
    clock: ManualClock,
    pipeline: TracePipeline,
}

impl Test {
    fn new(options: TailOptions) -> Self {
        let (spans, registry, clock) = (CaptureSpans::new(), Registry::new(), ManualClock::new());
        let pipeline = TracePipeline::builder(&Resource::new("test"))
            .registry(&registry)
            .clock(Arc::new(clock.clone()))
            .sampler(Sampler::parent_based_always_off())
            .tail(options)
            .sink(spans.clone())
            .build()
            .unwrap();
        Self { spans, registry, clock, pipeline }
    }

    fn run(&self, work: impl FnOnce()) {
        tracing::subscriber::with_default(tracing_subscriber::registry().with(self.pipeline.layer()), work);
    }

    fn counts(&self, line: &str) -> bool {
        self.registry.text().lines().any(|has| has == line)
    }
}

/// A job of 10,001 spans, which fails in the end or not.
fn job(fails: bool) {
    info_span!("job").in_scope(|| {
        (0..10_000).for_each(|row| drop(info_span!("row", row, table = "orders").entered()));
        if fails {
            error!("no connection");
        }
    });
}

#[test]
fn a_job_of_ten_thousand_spans_that_fails_at_its_end_is_whole() {
    let test = Test::new(TailOptions::new());
    test.run(|| job(true));
    let spans = test.spans.take();
    assert_eq!(spans.len(), 10_001);
    assert!(test.counts("radiosonde_trace_spans_total 10001"));
    assert!(test.counts("radiosonde_trace_dropped_total{reason=\"tail_full\"} 0"));
    test.run(|| job(false));
    assert!(test.spans.take().is_empty());
    assert!(test.counts("radiosonde_trace_dropped_total{reason=\"tail_full\"} 0"));
}

#[test]
fn spans_of_a_failed_job_are_passed_on_or_counted_if_memory_is_short() {
    let test = Test::new(TailOptions::new().max_bytes(1 << 20));
    test.run(|| job(true));
    let passed = test.spans.take().len();
    assert!((100..10_000).contains(&passed), "{passed}");
    let dropped = 10_001 - passed;
    assert!(test.counts(&format!("radiosonde_trace_dropped_total{{reason=\"tail_full\"}} {dropped}")));
}

#[test]
fn a_request_slower_than_99_of_100_of_its_name_is_whole() {
    let test = Test::new(TailOptions::new().slower_than_p99());
    let request = |took: u64| {
        info_span!("request").in_scope(|| {
            info_span!("query").in_scope(|| test.clock.advance(Duration::from_millis(took)));
        });
    };
    test.run(|| {
        // Until a thousand requests are known, none is slow; nor is a query, which is no root.
        (0..1000).for_each(|n| request(if n == 500 { 1000 } else { 10 }));
        assert!(test.spans.take().is_empty());
        request(200);
        let names: Vec<_> = test.spans.take().into_iter().map(|span| span.name).collect();
        assert_eq!(names, ["query", "request"]);
        request(10);
        assert!(test.spans.take().is_empty());
    });
}
