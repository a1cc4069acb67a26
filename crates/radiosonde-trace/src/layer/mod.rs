//! The layer of `tracing` that makes spans.

pub(crate) mod ending;
pub(crate) mod events;
pub(crate) mod late_parents;
pub(crate) mod sampled_fields;
pub(crate) mod span_doors;
pub(crate) mod spans;
pub(crate) mod trace_layer;
