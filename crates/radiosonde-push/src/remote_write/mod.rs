//! By Prometheus remote write.

mod canonical_number;
pub(crate) mod options;
mod proto;
mod protocol;
mod reentrant_lock;
mod series;
pub(crate) mod writer;
