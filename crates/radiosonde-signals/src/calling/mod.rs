//! Calls of an operation: sync, async and streams.

pub(crate) mod call;
pub(crate) mod observed;
mod run;
pub(crate) mod running;
pub(crate) mod streaming;
