//! Queues.

pub(crate) mod capacity;
pub(crate) mod depth;
pub(crate) mod queue;
pub(crate) mod queue_builder;
pub(crate) mod queue_metrics;
pub(crate) mod queue_refusal;
pub(crate) mod waiting;
