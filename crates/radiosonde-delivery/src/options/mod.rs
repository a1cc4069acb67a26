//! Bounds, batches and retries of a sink.

pub(crate) mod invalid_option;
pub(crate) mod poll_options;
pub(crate) mod retry;
pub(crate) mod sink_options;
