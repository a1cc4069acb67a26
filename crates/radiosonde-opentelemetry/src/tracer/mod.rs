//! The tracer for users of the OpenTelemetry API, whose spans go to the sinks of our pipeline.

pub(crate) mod attributes;
#[cfg_attr(not(feature = "layer"), path = "ending_off.rs")]
pub(crate) mod ending;
pub(crate) mod provider;
mod recording;
pub(crate) mod sampled;
pub(crate) mod span;
#[allow(clippy::module_inception, reason = "the room is about its tracer")]
pub(crate) mod tracer;
