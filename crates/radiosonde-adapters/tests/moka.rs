//! Real caches of moka, measured.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use radiosonde_adapters::moka::{evictions, future, sync};
use radiosonde_metrics::Registry;
use radiosonde_signals::Cache;

const CACHE: [(&str, &str); 1] = [("cache", "prices")];

fn signals(registry: &Registry) -> Cache {
    Cache::builder("prices").capacity(10).registry(registry).build().unwrap()
}

/// Hits, misses, loads.
fn lookups(registry: &Registry) -> [f64; 3] {
    let snapshot = registry.snapshot();
    let of = |name| snapshot.value(name, &CACHE).unwrap();
    let loads = snapshot.series("cache_load_duration_seconds", &CACHE).unwrap().number();
    [of("cache_hits_total"), of("cache_misses_total"), loads]
}

fn evicted(registry: &Registry) -> [f64; 2] {
    ["size", "expired"].map(|cause| {
        registry.snapshot().value("cache_evictions_total", &[("cache", "prices"), ("cause", cause)]).unwrap()
    })
}

fn errors(registry: &Registry) -> f64 {
    registry.snapshot().sum("cache_load_errors_total", &[])
}

#[test]
fn lookups_and_loads_of_a_cache_for_threads_are_measured() {
    let registry = Registry::new();
    let prices = moka::sync::Cache::new(10);
    let prices = sync::MeasuredCache::new(prices, &signals(&registry));
    assert_eq!(prices.get("tea"), None);
    prices.insert("tea", 3);
    assert_eq!(prices.get("tea"), Some(3));
    assert_eq!(lookups(&registry), [1.0, 1.0, 0.0]);
    assert_eq!(prices.get_with("tea", || unreachable!()), 3);
    assert_eq!(prices.get_with("milk", || 1), 1);
    assert_eq!(lookups(&registry), [2.0, 2.0, 1.0]);
    assert_eq!(
        prices.try_get_with("rum", || "many".parse::<u32>()).unwrap_err().to_string(),
        "invalid digit found in string"
    );
    assert_eq!(prices.try_get_with("rum", || "9".parse::<u32>()), Ok(9));
    assert_eq!(prices.try_get_with("rum", || "many".parse::<u32>()), Ok(9));
    assert_eq!((lookups(&registry), errors(&registry)), ([3.0, 4.0, 3.0], 1.0));
    prices.run_pending_tasks();
    assert_eq!(registry.snapshot().value("cache_size", &CACHE), Some(3.0));
    assert_eq!(registry.snapshot().value("cache_size_bytes", &CACHE), None);
}

#[test]
fn lookups_and_loads_of_an_asynchronous_cache_are_measured() {
    let registry = Registry::new();
    let prices = moka::future::Cache::new(10);
    let prices = future::MeasuredCache::new(prices, &signals(&registry));
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        assert_eq!(prices.get("tea").await, None);
        prices.insert("tea", 3).await;
        assert_eq!(prices.get("tea").await, Some(3));
        assert_eq!(lookups(&registry), [1.0, 1.0, 0.0]);
        assert_eq!(prices.get_with("tea", async { unreachable!() }).await, 3);
        assert_eq!(prices.get_with("milk", async { 1 }).await, 1);
        assert_eq!(lookups(&registry), [2.0, 2.0, 1.0]);
        assert!(prices.try_get_with("rum", async { "many".parse::<u32>() }).await.is_err());
        assert_eq!(prices.try_get_with("rum", async { "9".parse::<u32>() }).await, Ok(9));
        assert_eq!(prices.try_get_with("rum", async { "many".parse::<u32>() }).await, Ok(9));
        prices.run_pending_tasks().await;
    });
    assert_eq!((lookups(&registry), errors(&registry)), ([3.0, 4.0, 3.0], 1.0));
    assert_eq!(registry.snapshot().value("cache_size", &CACHE), Some(3.0));
}

#[test]
fn lookups_that_wait_for_one_load_are_hits_and_misses_if_it_fails() {
    for fails in [false, true] {
        let registry = Registry::new();
        let prices = sync::MeasuredCache::new(moka::sync::Cache::new(10), &signals(&registry));
        let (loads, start) = (AtomicU32::new(0), Barrier::new(4));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    start.wait();
                    let loaded = prices.try_get_with("tea", || {
                        // Relaxed: read after the threads are joined.
                        loads.fetch_add(1, Ordering::Relaxed);
                        thread::yield_now();
                        if fails { Err("unreachable") } else { Ok(3) }
                    });
                    assert_eq!(loaded.is_err(), fails);
                });
            }
        });
        // Relaxed: the threads are joined.
        let loads = f64::from(loads.load(Ordering::Relaxed));
        let misses = if fails { 4.0 } else { 1.0 };
        assert_eq!(lookups(&registry), [4.0 - misses, misses, loads]);
        assert_eq!(errors(&registry), if fails { loads } else { 0.0 });
    }
}

#[test]
fn a_listener_counts_what_the_cache_removes_by_itself() {
    let registry = Registry::new();
    let signals = signals(&registry);
    let full = moka::sync::Cache::builder().max_capacity(2).eviction_listener(evictions(&signals)).build();
    for key in 0..5 {
        full.insert(key, ());
        full.run_pending_tasks();
    }
    assert_eq!(evicted(&registry), [3.0, 0.0]);
    let kept = full.iter().next().map(|(key, ())| *key).unwrap();
    full.insert(kept, ());
    full.invalidate(&kept);
    full.run_pending_tasks();
    assert_eq!(evicted(&registry), [3.0, 0.0], "what the program replaces and removes is not evicted");
}

#[test]
fn an_asynchronous_cache_takes_the_same_listener() {
    let registry = Registry::new();
    let signals = signals(&registry);
    let old =
        moka::future::Cache::builder().time_to_live(Duration::ZERO).eviction_listener(evictions(&signals));
    let old = old.build();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        old.insert(1, ()).await;
        old.run_pending_tasks().await;
        assert_eq!(old.get(&1).await, None);
        old.run_pending_tasks().await;
    });
    assert_eq!(evicted(&registry), [0.0, 1.0]);
}

#[test]
fn weights_are_bytes_if_the_capacity_is() {
    let registry = Registry::new();
    let signals = Cache::builder("prices").capacity_bytes(1000).registry(&registry).build().unwrap();
    let pages =
        moka::sync::Cache::builder().max_capacity(1000).weigher(|_: &u32, page: &String| page.len() as u32);
    let pages = sync::MeasuredCache::new(pages.build(), &signals);
    pages.insert(1, "x".repeat(200));
    pages.insert(2, "x".repeat(50));
    pages.run_pending_tasks();
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.value("cache_size", &CACHE), Some(2.0));
    assert_eq!(signals.signals().saturation().unwrap().share(&snapshot), Some(0.25));
}

#[test]
fn a_measured_cache_does_not_keep_its_registry() {
    let registry = Registry::new();
    let signals = signals(&registry);
    let cache = moka::sync::Cache::builder().max_capacity(2).eviction_listener(evictions(&signals)).build();
    let cache = sync::MeasuredCache::new(cache, &signals);
    let value = Arc::new(());
    cache.insert(1, Arc::clone(&value));
    cache.run_pending_tasks();
    drop((cache, signals, registry));
    // moka frees entries later than it drops them.
    for _ in 0..1000 {
        if Arc::strong_count(&value) == 1 {
            return;
        }
        thread::yield_now();
    }
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn a_registry_does_not_keep_a_measured_cache() {
    let registry = Registry::new();
    let signals = signals(&registry);
    let cache = moka::sync::Cache::builder().max_capacity(2).build();
    let key = Arc::new(());
    let cache = sync::MeasuredCache::new(cache, &signals);
    cache.insert(Arc::clone(&key), ());
    cache.run_pending_tasks();
    assert_eq!(registry.snapshot().value("cache_size", &CACHE), Some(1.0));
    drop((cache, signals));
    assert_eq!(registry.snapshot().value("cache_size", &CACHE), None);
    // moka frees entries later than it drops them.
    for _ in 0..1000 {
        if Arc::strong_count(&key) == 1 {
            return;
        }
        thread::yield_now();
    }
    assert_eq!(Arc::strong_count(&key), 1);
}
