//! The bounded queue of a sink, and the batches that are taken off it.

pub(crate) mod batch;
pub(crate) mod buffer;
pub(crate) mod queue;
mod ranked_queue;
