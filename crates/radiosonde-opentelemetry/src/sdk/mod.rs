//! Our sampler and pipeline as parts of a provider of the OpenTelemetry SDK.

mod from_sdk;
pub(crate) mod processor;
pub(crate) mod sampler;
