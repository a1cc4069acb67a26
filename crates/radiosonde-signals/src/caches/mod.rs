//! Caches.

pub(crate) mod cache;
pub(crate) mod cache_builder;
pub(crate) mod eviction_cause;
pub(crate) mod watched;
