//! A program's allocator may record what it allocates.

#![allow(unsafe_code, reason = "an allocator is unsafe")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::env;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, mpsc};
use std::time::Duration;

use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::exposition::Format;
use radiosonde_metrics::removable::RemovableDynFamily;
use radiosonde_metrics::{Buckets, Counter, DynFamily, Histogram, Native, Registry, Summary};

/// Records the size of everything in each kind of metric.
struct Recording;

struct Metrics {
    few: Histogram,
    many: Histogram,
    native: Histogram,
    striped: Histogram,
    summary: Summary,
    by_size: DynFamily<Counter>,
    removable: RemovableDynFamily<Counter>,
    /// Needs a new bucket for almost every observation.
    scarce: Histogram,
    /// Each of the first 512 that are not within another one makes a series.
    numbered: DynFamily<Counter>,
    removable_numbered: RemovableDynFamily<Counter>,
}

static METRICS: OnceLock<Metrics> = OnceLock::new();
/// How often the allocator recorded.
static RECORDED: AtomicU64 = AtomicU64::new(0);
static RECORDS: AtomicBool = AtomicBool::new(true);
/// How many records are under way, also on the threads of the test's harness.
static UNDER_WAY: AtomicU64 = AtomicU64::new(0);
/// How often it did so with a number of its own.
static NUMBERED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Whether the thread records with such a number.
    static NUMBERS: Cell<bool> = const { Cell::new(false) };
}

/// Held by a test, so that none counts what another allocates.
static ALONE: Mutex<()> = Mutex::new(());

const SIZES: [&str; 8] = ["1", "2", "3", "4", "5", "6", "7", "8"];

fn record(size: usize) {
    let Some(metrics) = METRICS.get() else { return };
    UNDER_WAY.fetch_add(1, Ordering::SeqCst);
    if RECORDS.load(Ordering::SeqCst) {
        record_in(metrics, size);
    }
    UNDER_WAY.fetch_sub(1, Ordering::SeqCst);
}

fn record_in(metrics: &Metrics, size: usize) {
    // Relaxed: a total.
    let number = RECORDED.fetch_add(1, Ordering::Relaxed);
    let value = f64::from(u32::try_from(size).unwrap_or(u32::MAX));
    for histogram in [&metrics.few, &metrics.many, &metrics.native, &metrics.striped] {
        histogram.observe(value);
    }
    metrics.few.observe_with_exemplar(value, &[("kind", "allocation")]);
    metrics.summary.observe(value);
    let size = &SIZES[size % SIZES.len()..][..1];
    metrics.by_size.with(size).inc();
    metrics.removable.with(size).inc();
    metrics.scarce.observe(f64::from_bits((1000 + number % 100) << 52));
    // A new series deallocates as well, and would make another one without end.
    if !NUMBERS.replace(true) {
        // Relaxed: a total.
        let number = NUMBERED.fetch_add(1, Ordering::Relaxed);
        let digit = |at: u32| SIZES[usize::try_from(number >> (3 * at)).unwrap_or(0) % SIZES.len()];
        let digits = [digit(0), digit(1), digit(2)];
        metrics.numbered.with(&digits).inc();
        metrics.removable_numbered.with(&digits).inc();
        NUMBERS.set(false);
    }
}

// SAFETY: the system's allocator does it.
unsafe impl GlobalAlloc for Recording {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        record(layout.size());
        // SAFETY: guaranteed by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        record(layout.size());
        // SAFETY: guaranteed by the caller.
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
    let scarce = Native::new().max_buckets(2).reset_after(Some(Duration::ZERO));
    let digits = &["a", "b", "c"];
    let numbered = registry.counter("numbered_total", "Allocations by number.");
    let removable_numbered = registry.counter("recent_numbered_total", "Allocations by number.");
    Metrics {
        few: histogram("few_bytes").build().unwrap(),
        many,
        native: histogram("native_bytes").native(Native::new()).build().unwrap(),
        striped: histogram("striped_bytes").striped().build().unwrap(),
        summary: registry.summary("summary_bytes", "Sizes of allocations.").build().unwrap(),
        by_size,
        removable: removable.labels(&["size"]).unwrap(),
        scarce: histogram("scarce_bytes").native(scarce).build().unwrap(),
        numbered: numbered.labels(digits).unwrap(),
        removable_numbered: removable_numbered.removable().labels(digits).unwrap(),
    }
}

#[test]
fn what_the_allocator_records_is_counted_or_refused_and_nothing_hangs() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
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
    while UNDER_WAY.load(Ordering::SeqCst) > 0 {
        std::thread::yield_now();
    }

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

/// Whether this process is the one that may hang.
const SCRAPES: &str = "RADIOSONDE_TEST_SCRAPES";

#[test]
fn a_scrape_ends_while_the_allocator_records() {
    if env::var_os(SCRAPES).is_some() {
        return scrape();
    }
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut scrapes = Command::new(env::current_exe().unwrap())
        .args(["--exact", "a_scrape_ends_while_the_allocator_records"])
        .env(SCRAPES, "1")
        .spawn()
        .unwrap();
    assert!(succeeds(&mut scrapes, Duration::from_secs(120)));
}

/// `false` as well if it takes longer.
fn succeeds(child: &mut Child, patience: Duration) -> bool {
    const PAUSE: Duration = Duration::from_millis(10);
    for _ in 0..patience.as_millis() / PAUSE.as_millis() {
        if let Some(status) = child.try_wait().unwrap() {
            return status.success();
        }
        std::thread::sleep(PAUSE);
    }
    child.kill().unwrap();
    let _ = child.wait();
    false
}

/// Scrapes and removes series while each allocation of it may need a bucket or a series.
fn scrape() {
    let registry = Registry::new();
    assert!(METRICS.set(declare(&registry)).is_ok());
    let metrics = METRICS.get().unwrap();
    std::thread::scope(|scope| {
        let allocates = scope.spawn(|| (0..200_u16).for_each(|size| drop(vec![0_u8; usize::from(size)])));
        for _ in 0..5 {
            assert!(!registry.encode_bytes(Format::Protobuf).is_empty());
            let _ = metrics.scarce.count();
            metrics.removable_numbered.remove(&["1", "1", "1"]);
            metrics.removable_numbered.retain(|labels| labels.iter().all(|(_, value)| value != "2"));
        }
        allocates.join().unwrap();
    });
    RECORDS.store(false, Ordering::SeqCst);
    let recorded = total(NUMBERED.load(Ordering::SeqCst));
    let snapshot = registry.snapshot();
    let labels = [("family", "numbered_total"), ("reason", "nested")];
    let refused = snapshot.value("radiosonde_metrics_refused_total", &labels).unwrap_or(0.0);
    assert_eq!(snapshot.sum("numbered_total", &[]) + refused, recorded);
}
