//! Recording through other crates' APIs allocates nothing either.

use metrics::{counter, gauge, histogram, with_local_recorder};
use radiosonde_metrics::Registry;
use radiosonde_metrics_facade::FacadeRecorder;
use radiosonde_prometheus::compat::{HistogramOpts, HistogramVec, IntCounterVec, Opts};
use radiosonde_testkit::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Allocations of `work` once it is warm, in a hundred thousand repetitions.
fn allocations(work: impl Fn()) -> u64 {
    work();
    let before = CountingAllocator::allocations();
    (0..100_000).for_each(|_| work());
    CountingAllocator::allocations() - before
}

#[test]
fn a_vector_of_compat_allocates_nothing_on_a_hit() {
    let hits = IntCounterVec::new(Opts::new("hits_total", "Hits."), &["method", "status"]).unwrap();
    let wait = HistogramVec::new(HistogramOpts::new("wait_seconds", "Wait."), &["to"]).unwrap();
    assert_eq!(allocations(|| hits.with_label_values(&["GET", "200"]).inc()), 0);
    assert_eq!(allocations(|| wait.with_label_values(&["db"]).observe(0.5)), 0);
    assert_eq!(hits.with_label_values(&["GET", "200"]).get(), 100_001);
}

#[test]
fn a_macro_of_the_metrics_crate_allocates_nothing_on_a_hit() {
    let registry = Registry::new();
    with_local_recorder(&FacadeRecorder::builder().registry(&registry).build(), || {
        assert_eq!(allocations(|| counter!("hits", "method" => "GET", "status" => "200").increment(1)), 0);
        assert_eq!(allocations(|| gauge!("queue").set(4)), 0);
        assert_eq!(allocations(|| histogram!("wait", "to" => "db").record(0.5)), 0);
    });
    assert!(registry.text().contains("hits_total{method=\"GET\",status=\"200\"} 100001\n"));
}
