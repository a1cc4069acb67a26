//! Caches for asynchronous code.

use std::collections::hash_map::RandomState;
use std::fmt::{self, Display};
use std::hash::{BuildHasher, Hash};
use std::ops::Deref;
use std::sync::Arc;

use moka::Equivalent;
use moka::future::Cache;
use radiosonde_signals::Cache as CacheSignals;

use crate::moka::size;

/// A cache whose lookups and loads are measured.
///
/// Everything else is moka's, by reference; what is read there is not measured.
#[derive(Clone)]
pub struct MeasuredCache<K, V, S = RandomState> {
    cache: Cache<K, V, S>,
    signals: CacheSignals,
}

impl<K, V, S> MeasuredCache<K, V, S>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    S: BuildHasher + Clone + Send + Sync + 'static,
{
    /// Measures a cache, whose size is watched from now on. If the capacity of `signals` is in bytes, so are the cache's weights.
    #[must_use]
    pub fn new(cache: Cache<K, V, S>, signals: &CacheSignals) -> Self {
        let (watched, are_bytes) = (cache.clone(), signals.has_capacity_in_bytes());
        signals.watch(move || size(watched.entry_count(), watched.weighted_size(), are_bytes));
        Self { cache, signals: signals.clone() }
    }

    /// Looks up a value.
    pub async fn get<Q: Equivalent<K> + Hash + ?Sized>(&self, key: &Q) -> Option<V> {
        let found = self.cache.get(key).await;
        if found.is_some() {
            self.signals.hit()
        } else {
            self.signals.miss()
        }
        found
    }

    /// Looks up a value and, if it is missing, loads it. Of lookups of one key at the same time, one loads; the others are hits.
    ///
    /// A load that is dropped before its end was a miss; if others wait for it, the next one loads.
    pub async fn get_with(&self, key: K, load: impl Future<Output = V>) -> V {
        let entry = self.cache.entry(key).or_insert_with(async {
            self.signals.miss();
            self.signals.load().run_infallible_async(load).await
        });
        let entry = entry.await;
        if !entry.is_fresh() {
            self.signals.hit();
        }
        entry.into_value()
    }

    /// Like [`get_with`](Self::get_with), if the load can fail. Lookups that waited for a load that failed are misses.
    ///
    /// # Errors
    /// What the load returned.
    pub async fn try_get_with<E: Display + Send + Sync + 'static>(
        &self,
        key: K,
        load: impl Future<Output = Result<V, E>>,
    ) -> Result<V, Arc<E>> {
        let mut is_counted = false;
        let entry = self.cache.entry(key).or_try_insert_with(async {
            is_counted = true;
            self.signals.miss();
            self.signals.load().run_async(load).await
        });
        let entry = entry.await;
        match &entry {
            _ if is_counted => {}
            Ok(_) => self.signals.hit(),
            Err(_) => self.signals.miss(),
        }
        entry.map(moka::Entry::into_value)
    }
}

impl<K, V, S> Deref for MeasuredCache<K, V, S> {
    type Target = Cache<K, V, S>;

    fn deref(&self) -> &Cache<K, V, S> {
        &self.cache
    }
}

impl<K, V, S> fmt::Debug for MeasuredCache<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeasuredCache").field("signals", &self.signals).finish_non_exhaustive()
    }
}
