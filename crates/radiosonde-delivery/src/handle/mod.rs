//! The handle of the delivery thread.

pub(crate) mod builder;
pub(crate) mod delivery;
pub(crate) mod poll_error;
pub(crate) mod sink_error;
