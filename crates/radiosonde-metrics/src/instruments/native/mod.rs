//! Histograms with exponential buckets.

pub(crate) mod bounds;
pub(crate) mod buckets;
pub(crate) mod index;
#[cfg(all(test, loom))]
mod models;
pub(crate) mod policy;
pub(crate) mod restarted_sum;
pub(crate) mod settings;
pub(crate) mod slots;
#[cfg(all(test, not(loom)))]
mod tests;
#[cfg(all(test, not(loom)))]
mod vectors;
