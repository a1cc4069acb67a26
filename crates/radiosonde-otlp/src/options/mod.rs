//! Settings, and the sinks that are built with them.

pub(crate) mod build_error;
pub(crate) mod otlp_options;
pub(crate) mod signal_options;
