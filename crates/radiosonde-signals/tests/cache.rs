//! The golden signals of a cache.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use futures_util::future::{FutureExt as _, pending};
use radiosonde_metrics::Registry;
use radiosonde_signals::{Cache, CacheBuilder, CacheSize, ErrorKind, EvictionCause, GoldenSignals, Limit};
use radiosonde_testkit::ManualClock;

const PRICES: [(&str, &str); 1] = [("cache", "prices")];

fn prices(registry: &Registry) -> CacheBuilder {
    Cache::builder("prices").registry(registry)
}

fn value(registry: &Registry, name: &str) -> Option<f64> {
    registry.snapshot().value(name, &PRICES)
}

/// Hits, misses, and both by their result.
fn lookups(registry: &Registry) -> [f64; 4] {
    let by_result = |result| {
        let labels = [("cache", "prices"), ("result", result)];
        registry.snapshot().value("cache_requests_total", &labels).unwrap()
    };
    let of = |name| value(registry, name).unwrap();
    [of("cache_hits_total"), of("cache_misses_total"), by_result("hit"), by_result("miss")]
}

#[derive(Debug)]
struct Unreachable;

impl std::fmt::Display for Unreachable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("unreachable")
    }
}

impl ErrorKind for Unreachable {
    const KINDS: &'static [&'static str] = &["unreachable"];

    fn kind(&self) -> &'static str {
        "unreachable"
    }
}

#[test]
fn a_lookup_is_a_miss_if_the_loader_runs_and_else_a_hit() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let cache = prices(&registry).clock(Arc::new(clock.clone())).errors::<Unreachable>().build().unwrap();
    assert_eq!(lookups(&registry), [0.0; 4], "all exist from the start");
    let load = || {
        clock.advance(Duration::from_millis(20));
        Ok::<_, Unreachable>(2)
    };
    assert_eq!(cache.get_or_load(|| Some(1), load).unwrap(), 1);
    assert_eq!(lookups(&registry), [1.0, 0.0, 1.0, 0.0]);
    assert_eq!(cache.get_or_load(|| None, load).unwrap(), 2);
    assert!(cache.get_or_load(|| None::<u32>, || Err(Unreachable)).is_err());
    assert_eq!(lookups(&registry), [1.0, 2.0, 1.0, 2.0]);

    let snapshot = registry.snapshot();
    let loads = snapshot.series("cache_load_duration_seconds", &PRICES).unwrap();
    assert_eq!((loads.number(), loads.value().sum()), (2.0, 0.02), "a hit loads nothing");
    for (kind, errors) in [("unreachable", 1.0), ("other", 0.0), ("panic", 0.0)] {
        let labels = [("cache", "prices"), ("kind", kind)];
        assert_eq!(snapshot.value("cache_load_errors_total", &labels), Some(errors), "{kind}");
    }
    cache.hit();
    cache.miss();
    cache.miss();
    assert_eq!(lookups(&registry), [2.0, 4.0, 2.0, 4.0]);
}

#[test]
fn an_asynchronous_load_is_polled_after_a_miss_only() {
    let registry = Registry::new();
    let cache = prices(&registry).build().unwrap();
    let found = cache.get_or_load_async(ready(Some(1)), async { Err(Unreachable) });
    assert_eq!(found.now_or_never().unwrap().unwrap(), 1);
    let loaded = cache.get_or_load_async(ready(None), async { Ok::<_, Unreachable>(2) });
    assert_eq!(loaded.now_or_never().unwrap().unwrap(), 2);
    assert_eq!(lookups(&registry), [1.0, 1.0, 1.0, 1.0]);
    {
        let waits = cache.get_or_load_async(ready(None), pending::<Result<u32, Unreachable>>());
        let mut waits = pin!(waits);
        assert!(waits.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert_eq!(lookups(&registry), [1.0, 2.0, 1.0, 2.0], "a load that was given up was a miss");
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.series("cache_load_duration_seconds", &PRICES).unwrap().number(), 2.0);
    assert_eq!(snapshot.sum("cache_load_errors_total", &[]), 0.0, "an abort is no error");
}

#[test]
fn evictions_count_by_their_cause() {
    let registry = Registry::new();
    let cache = prices(&registry).build().unwrap();
    let listener = cache.on_eviction();
    cache.evicted(EvictionCause::Size);
    listener(EvictionCause::Expired);
    listener(EvictionCause::Expired);
    let snapshot = registry.snapshot();
    for (cause, evictions) in [("size", 1.0), ("expired", 2.0), ("other", 0.0)] {
        let labels = [("cache", "prices"), ("cause", cause)];
        assert_eq!(snapshot.value("cache_evictions_total", &labels), Some(evictions), "{cause}");
    }
}

#[test]
fn the_size_is_that_of_the_cache_that_is_watched_last() {
    let registry = Registry::new();
    let cache = prices(&registry).build().unwrap();
    assert_eq!(value(&registry, "cache_size"), None, "nothing is known");
    let former = Arc::new(());
    let kept = Arc::clone(&former);
    cache.watch(move || CacheSize { entries: Arc::strong_count(&kept) as u64, bytes: None });
    assert_eq!(value(&registry, "cache_size"), Some(2.0));
    assert_eq!(value(&registry, "cache_size_bytes"), None);
    cache.watch(|| CacheSize { entries: 7, bytes: Some(700) });
    assert_eq!(Arc::strong_count(&former), 1, "the former one is dropped");
    assert_eq!(value(&registry, "cache_size"), Some(7.0));
    assert_eq!(value(&registry, "cache_size_bytes"), Some(700.0));
    cache.watch(|| CacheSize { entries: 8, bytes: None });
    assert_eq!(value(&registry, "cache_size"), Some(8.0));
    assert_eq!(value(&registry, "cache_size_bytes"), None, "not that of before");
}

#[test]
fn a_size_that_is_not_known_any_more_has_no_series() {
    let registry = Registry::new();
    let cache = prices(&registry).build().unwrap();
    let is_known = Arc::new(AtomicBool::new(true));
    let knows = Arc::clone(&is_known);
    // Relaxed: one thread.
    cache.watch(move || CacheSize { entries: 1, bytes: knows.load(Ordering::Relaxed).then_some(10) });
    assert_eq!(value(&registry, "cache_size_bytes"), Some(10.0));
    // Relaxed: one thread.
    is_known.store(false, Ordering::Relaxed);
    assert_eq!((value(&registry, "cache_size"), value(&registry, "cache_size_bytes")), (Some(1.0), None));
}

#[test]
fn a_cache_is_read_until_the_last_clone_of_its_signals_is_dropped() {
    let registry = Registry::new();
    let cache = prices(&registry).build().unwrap();
    let read = Arc::new(());
    let kept = Arc::clone(&read);
    cache.watch(move || CacheSize { entries: Arc::strong_count(&kept) as u64, bytes: Some(1) });
    let clone = cache.clone();
    drop(cache);
    assert_eq!(value(&registry, "cache_size"), Some(2.0));
    drop(clone);
    assert_eq!(Arc::strong_count(&read), 1);
    assert_eq!((value(&registry, "cache_size"), value(&registry, "cache_size_bytes")), (None, None));
}

#[test]
fn saturation_is_the_size_divided_by_a_capacity_in_its_unit() {
    let share = |builder: fn(CacheBuilder) -> CacheBuilder| {
        let registry = Registry::new();
        let cache = builder(prices(&registry)).build().unwrap();
        cache.watch(|| CacheSize { entries: 20, bytes: Some(500) });
        let snapshot = registry.snapshot();
        let saturation = cache.signals().saturation().unwrap().clone();
        let capacities = ["cache_capacity", "cache_capacity_bytes"].map(|name| snapshot.value(name, &PRICES));
        (saturation.in_use().metric().to_owned(), saturation.share(&snapshot), capacities)
    };
    let (size, bytes) = ("cache_size".to_owned(), "cache_size_bytes".to_owned());
    assert_eq!(share(|cache| cache.capacity(80)), (size.clone(), Some(0.25), [Some(80.0), None]));
    assert_eq!(share(|cache| cache.capacity_bytes(1000)), (bytes, Some(0.5), [None, Some(1000.0)]));
    assert_eq!(share(|cache| cache), (size, None, [None, None]), "unknown");
}

#[test]
fn each_cache_has_its_golden_signals_under_its_name() {
    let registry = Registry::new();
    let prices = prices(&registry).namespace("shop").build().unwrap();
    let stock = Cache::builder("stock").registry(&registry).namespace("shop").build().unwrap();
    prices.hit();
    prices.miss();
    stock.hit();
    prices.load().run(|| Err::<(), _>("gone")).unwrap_err();
    let [first, second] = <[GoldenSignals; 2]>::try_from(GoldenSignals::of(&registry)).unwrap();
    assert_eq!((first.kind(), first.name(), second.name()), ("cache", "prices", "stock"));
    assert_eq!(&first, prices.signals());
    let now = registry.snapshot();
    assert_eq!(first.traffic().unwrap().metric(), "shop_cache_requests_total");
    assert_eq!([&first, &second].map(|of| of.traffic().unwrap().sum(&now)), [2.0, 1.0]);
    assert_eq!([&first, &second].map(|of| of.errors().unwrap().sum(&now)), [1.0, 0.0]);
    assert_eq!(first.latency().unwrap().metric(), "shop_cache_load_duration_seconds");
    assert_eq!(first.saturation().unwrap().limit(), &Limit::Unknown);
    let causes = first.traffic().unwrap().descriptor(&registry).unwrap();
    assert_eq!(causes.label_values("result").collect::<Vec<_>>(), ["hit", "miss"]);
}
