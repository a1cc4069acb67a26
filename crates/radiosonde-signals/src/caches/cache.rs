use std::fmt::{self, Display};
use std::sync::{Arc, Mutex, PoisonError};

use radiosonde_metrics::collect::CollectorGuard;
use radiosonde_metrics::{Counter, Registry};

use crate::caches::eviction_cause::EvictionCause;
use crate::caches::watched::{CacheSize, SizeCollector, SizeGauges};
use crate::golden::GoldenSignals;
use crate::operations::operation::Operation;

/// The golden signals of a cache.
///
/// # Metrics
/// - `cache_hits_total{cache}` and `cache_misses_total{cache}`, and both as `cache_requests_total{cache,result}`: traffic.
/// - `cache_load_duration_seconds{cache}`: latency, that of loads after a miss, with an exemplar.
/// - `cache_load_errors_total{cache,kind}`: errors, those of loads, by a [kind](crate::ErrorKind) from a fixed set.
/// - `cache_evictions_total{cache,cause}`: entries that the cache removed by itself, by [`EvictionCause`].
/// - `cache_size{cache}`, `cache_size_bytes{cache}`, `cache_capacity{cache}` and `cache_capacity_bytes{cache}`: saturation is the
///   size divided by the capacity, which is unknown unless it is [set](crate::CacheBuilder::capacity). The sizes are read at each scrape, once
///   the cache is [watched](Self::watch).
///
/// A load is an [`Operation`], with a span named after the cache, such as `load prices`.
///
/// # Cost
/// Two atomic additions for a hit; for a miss, those of the operation as well. Cloning copies a pointer.
///
/// ```
/// use std::collections::HashMap;
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{Cache, CacheSize};
///
/// let registry = Registry::new();
/// let signals = Cache::builder("prices").capacity(100).registry(&registry).build()?;
/// let mut prices = HashMap::new();
/// for _ in 0..3 {
///     let price = signals.get_or_load(|| prices.get("tea").copied(), || "3".parse::<u32>()).unwrap();
///     prices.insert("tea", price);
/// }
/// signals.watch(move || CacheSize { entries: prices.len() as u64, bytes: None });
///
/// let text = registry.text();
/// assert!(text.contains("cache_hits_total{cache=\"prices\"} 2\n"));
/// assert!(text.contains("cache_misses_total{cache=\"prices\"} 1\n"));
/// assert!(text.contains("cache_load_duration_seconds_count{cache=\"prices\"} 1\n"));
/// assert_eq!(signals.signals().saturation().unwrap().share(&registry.snapshot()), Some(0.01));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct Cache(Arc<Parts>);

/// The metrics of a cache.
pub(crate) struct Parts {
    pub(crate) hits: [Counter; 2],
    pub(crate) misses: [Counter; 2],
    /// Indexed by the cause. Apart, so that a listener in the cache does not keep what watches the cache.
    pub(crate) evictions: Arc<[Counter; EvictionCause::ALL.len()]>,
    pub(crate) load: Operation,
    pub(crate) sizes: SizeGauges,
    pub(crate) registry: Registry,
    /// The name of what watches it, in the registry.
    pub(crate) watch: String,
    pub(crate) watched: Mutex<Option<CollectorGuard>>,
    pub(crate) has_capacity_in_bytes: bool,
    pub(crate) signals: GoldenSignals,
}

impl Cache {
    pub(crate) fn from_parts(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Looks up a value and, if it is missing, loads it. It is a hit if `load` does not run.
    ///
    /// Storing the value is up to `load` or the caller.
    ///
    /// # Errors
    /// What `load` returned.
    pub fn get_or_load<V, E: Display + 'static>(
        &self,
        lookup: impl FnOnce() -> Option<V>,
        load: impl FnOnce() -> Result<V, E>,
    ) -> Result<V, E> {
        match lookup() {
            Some(value) => {
                self.hit();
                Ok(value)
            }
            None => {
                self.miss();
                self.load().run(load)
            }
        }
    }

    /// Like [`get_or_load`](Self::get_or_load), for an asynchronous cache or an asynchronous load. `load` is polled after a miss only; a load whose
    /// future is dropped before its end is aborted, and was a miss.
    ///
    /// # Errors
    /// What `load` returned.
    pub async fn get_or_load_async<V, E: Display + 'static>(
        &self,
        lookup: impl Future<Output = Option<V>>,
        load: impl Future<Output = Result<V, E>>,
    ) -> Result<V, E> {
        match lookup.await {
            Some(value) => {
                self.hit();
                Ok(value)
            }
            None => {
                self.miss();
                self.load().run_async(load).await
            }
        }
    }

    /// Counts a lookup that found a value.
    pub fn hit(&self) {
        self.0.hits.iter().for_each(Counter::inc);
    }

    /// Counts a lookup that found no value.
    pub fn miss(&self) {
        self.0.misses.iter().for_each(Counter::inc);
    }

    /// The operation of loads, for caches that run the loader themselves. It counts no miss.
    #[must_use]
    pub fn load(&self) -> &Operation {
        &self.0.load
    }

    /// Counts an entry that the cache removed by itself.
    pub fn evicted(&self, cause: EvictionCause) {
        self.0.evictions[cause as usize].inc();
    }

    /// A function that does the same, for a listener that the cache keeps.
    pub fn on_eviction(&self) -> impl Fn(EvictionCause) + Clone + Send + Sync + use<> {
        let evictions = Arc::clone(&self.0.evictions);
        move |cause| evictions[cause as usize].inc()
    }

    /// Reads the size at each scrape, in place of what was read before, for as long as these signals or a clone of them live. `read` must
    /// not block.
    pub fn watch(&self, read: impl Fn() -> CacheSize + Send + Sync + 'static) {
        let collector = SizeCollector { gauges: self.0.sizes.clone(), read };
        let watched = self.0.registry.collect_as_while(&self.0.watch, collector);
        let former = self.0.watched.lock().unwrap_or_else(PoisonError::into_inner).replace(watched);
        drop(former);
    }

    /// Whether its capacity was set in [bytes](crate::CacheBuilder::capacity_bytes).
    #[must_use]
    pub fn has_capacity_in_bytes(&self) -> bool {
        self.0.has_capacity_in_bytes
    }

    /// Where the golden signals are.
    #[must_use]
    pub fn signals(&self) -> &GoldenSignals {
        &self.0.signals
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("name", &self.0.sizes.cache).finish_non_exhaustive()
    }
}
