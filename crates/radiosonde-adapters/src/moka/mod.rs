//! Caches of `moka`, with the golden signals of `Cache`.
//!
//! A cache of moka is wrapped: by [`sync::MeasuredCache`] or [`future::MeasuredCache`], which count lookups and measure loads.
//! [`evictions`] is the listener that counts evictions. The size is read at each scrape; as moka's own, it is that of its last
//! maintenance.
//!
//! ```
//! use radiosonde_adapters::moka::{evictions, sync::MeasuredCache};
//! use radiosonde_metrics::Registry;
//! use radiosonde_signals::Cache;
//!
//! let registry = Registry::new();
//! let signals = Cache::builder("prices").capacity(1000).registry(&registry).build()?;
//! let prices = moka::sync::Cache::builder().max_capacity(1000).eviction_listener(evictions(&signals)).build();
//! let prices = MeasuredCache::new(prices, &signals);
//! for _ in 0..3 {
//!     assert_eq!(prices.try_get_with("tea", || "3".parse::<u32>()), Ok(3));
//! }
//! let text = registry.text();
//! assert!(text.contains("cache_hits_total{cache=\"prices\"} 2\n"));
//! assert!(text.contains("cache_load_duration_seconds_count{cache=\"prices\"} 1\n"));
//! # Ok::<(), radiosonde_metrics::RegisterError>(())
//! ```

use std::sync::Arc;

use moka::notification::RemovalCause;
use radiosonde_signals::{Cache, CacheSize, EvictionCause};

pub mod future;
pub mod sync;

/// Counts the entries that a cache removes by itself: the eviction listener for moka's builders.
///
/// What the program invalidates or replaces is not counted.
pub fn evictions<K, V>(signals: &Cache) -> impl Fn(Arc<K>, V, RemovalCause) + Send + Sync + use<K, V> {
    let count = signals.on_eviction();
    move |_, _, cause| match cause {
        RemovalCause::Size => count(EvictionCause::Size),
        RemovalCause::Expired => count(EvictionCause::Expired),
        RemovalCause::Explicit | RemovalCause::Replaced => {}
    }
}

/// The size, from the number of entries and the sum of their weights, which are bytes if the capacity is.
fn size(entries: u64, weight: u64, are_bytes: bool) -> CacheSize {
    CacheSize { entries, bytes: are_bytes.then_some(weight) }
}
