//! One scrape, from families and collectors to its reader.

pub(crate) mod gather;
pub(crate) mod merged;
pub(crate) mod reentrancy;
pub(crate) mod scrape;
pub(crate) mod self_metrics;
