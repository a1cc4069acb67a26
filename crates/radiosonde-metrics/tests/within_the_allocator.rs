//! A program's allocator may record what it allocates.

#![allow(unsafe_code, reason = "an allocator is unsafe")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::{Buckets, Counter, Histogram, Native, Registry, RemovableVector, Summary, Vector};

/// Records the size of everything in each kind of metric.
struct Recording;

struct Metrics {
    few: Histogram,
    many: Histogram,
    native: Histogram,
    striped: Histogram,
    summary: Summary,
    by_size: Vector<Counter>,
    removable: RemovableVector<Counter>,
}

static METRICS: OnceLock<Metrics> = OnceLock::new();
/// How often the allocator recorded.
static RECORDED: AtomicU64 = AtomicU64::new(0);
static RECORDS: AtomicBool = AtomicBool::new(true);

const SIZES: [&str; 8] = ["1", "2", "3", "4", "5", "6", "7", "8"];

fn record(size: usize) {
    let Some(metrics) = METRICS.get() else { return };
    if !RECORDS.load(Ordering::SeqCst) {
        return;
    }
    // Relaxed: a total.
    RECORDED.fetch_add(1, Ordering::Relaxed);
    let value = f64::from(u32::try_from(size).unwrap_or(u32::MAX));
    for histogram in [&metrics.few, &metrics.many, &metrics.native, &metrics.striped] {
        histogram.observe(value);
    }
    metrics.few.observe_with_exemplar(value, &[("kind", "allocation")]);
    metrics.summary.observe(value);
    let size = &SIZES[size % SIZES.len()..][..1];
    metrics.by_size.with(size).inc();
    metrics.removable.with(size).inc();
}

// SAFETY: the system's allocator does it.
unsafe impl GlobalAlloc for Recording {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        record(layout.size());
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        record(layout.size());
        // SAFETY: as the caller says.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Recording = Recording;

fn declare(registry: &Registry) -> Metrics {
    let many: Vec<_> = (1..40).map(f64::from).collect();
    let histogram = |name: &'static str| registry.histogram(name, "Sizes of allocations.");
    let many = histogram("many_bytes").buckets(Buckets::new(many).unwrap()).build().unwrap();
    let by_size = registry.counter("allocations_total", "Allocations.").labels(&["size"]).unwrap();
    let removable = registry.counter("recent_allocations_total", "Allocations.").removable();
    Metrics {
        few: histogram("few_bytes").build().unwrap(),
        many,
        native: histogram("native_bytes").native(Native::new()).build().unwrap(),
        striped: histogram("striped_bytes").striped().build().unwrap(),
        summary: registry.summary("summary_bytes", "Sizes of allocations.").build().unwrap(),
        by_size,
        removable: removable.labels(&["size"]).unwrap(),
    }
}

#[test]
fn what_the_allocator_records_is_counted_or_refused_and_nothing_hangs() {
    let (done, waits) = mpsc::channel();
    let registry = Registry::new();
    let metrics = declare(&registry);
    assert!(METRICS.set(metrics).is_ok());
    let threads = move || {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
                    let _current = context.enter();
                    (0..200_u16).for_each(|size| drop(vec![0_u8; usize::from(size) * 97]));
                });
            }
        });
        done.send(()).unwrap();
    };
    let thread = std::thread::spawn(threads);
    assert_eq!(waits.recv_timeout(Duration::from_secs(60)), Ok(()));
    thread.join().unwrap();
    RECORDS.store(false, Ordering::SeqCst);

    // Relaxed: nothing records any more.
    let recorded = RECORDED.load(Ordering::Relaxed);
    let metrics = METRICS.get().unwrap();
    let snapshot = registry.snapshot();
    let refused = |name: &str| {
        let labels = [("family", name), ("reason", "nested")];
        snapshot.value("radiosonde_metrics_refused_total", &labels).unwrap_or(0.0)
    };
    // Once with an exemplar, and once without.
    assert_eq!(snapshot.sum("few_bytes", &[]) + refused("few_bytes"), 2.0 * total(recorded));
    for name in [
        "many_bytes",
        "native_bytes",
        "striped_bytes",
        "summary_bytes",
        "allocations_total",
        "recent_allocations_total",
    ] {
        assert_eq!(snapshot.sum(name, &[]) + refused(name), total(recorded), "{name}");
    }
    assert!(recorded > 1600 && refused("many_bytes") > 0.0, "a second thread allocates its part");
    assert_eq!(total(metrics.summary.count()), snapshot.sum("summary_bytes", &[]));
}

#[allow(clippy::cast_precision_loss, reason = "a small count")]
fn total(count: u64) -> f64 {
    count as f64
}
