//! Caches of `moka`.

use std::hash::{BuildHasher, Hash};

use moka::sync::Cache;

/// Reads the number of entries of a cache at each scrape.
pub fn entries<K, V, S>(cache: &Cache<K, V, S>) -> impl Fn() -> u64 + Send + Sync + use<K, V, S>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    S: BuildHasher + Clone + Send + Sync + 'static,
{
    let cache = cache.clone();
    move || cache.entry_count()
}
