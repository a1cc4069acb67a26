//! Reading the environment: what any variable may hold.

#[cfg(feature = "otlp")]
pub(crate) mod batch_variables;
pub(crate) mod exporter;
#[cfg(any(feature = "loki", feature = "otlp"))]
mod sink_variables;
pub(crate) mod unread;
pub(crate) mod variables;
