//! Metrics over HTTP.

pub(crate) mod self_metrics;
pub(crate) mod service;
