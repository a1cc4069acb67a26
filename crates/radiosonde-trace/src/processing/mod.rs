//! Passes finished spans on.

pub(crate) mod installed;
pub(crate) mod probe_state;
pub(crate) mod self_metrics;
pub(crate) mod settings;
pub(crate) mod span_fate;
pub(crate) mod span_processor;
