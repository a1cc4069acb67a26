//! `#[metrics] mod metrics { ... }`: a signature is a metric.

mod expand;
mod instrument;
mod labels_struct;
mod metric;
mod module;
mod options;

pub(crate) use expand::metrics;
