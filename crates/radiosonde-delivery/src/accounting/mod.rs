//! Totals of every sink: in its report and as metrics.

pub(crate) mod dropped;
pub(crate) mod report;
pub(crate) mod self_metrics;
pub(crate) mod totals;
