#![doc = include_str!("../README.md")]

mod bridge;
mod contexts;
#[cfg(feature = "layer")]
mod layer;
mod probe;
mod propagator;
#[cfg(feature = "sdk")]
mod sdk;
mod tracer;
mod values;

pub use bridge::OpenTelemetryBridge;
pub use contexts::current::{context_of, current_context, remote_context};
#[cfg(feature = "layer")]
pub use layer::bridged::BridgedLayer;
#[cfg(feature = "layer")]
pub use layer::mirror::MirrorLayer;
/// The OpenTelemetry API in the bridge's version. Using it from here rules out a second version.
pub use opentelemetry as api;
pub use probe::VersionSkew;
pub use propagator::BridgePropagator;
#[cfg(feature = "sdk")]
pub use sdk::processor::BridgeProcessor;
#[cfg(feature = "sdk")]
pub use sdk::sampler::BridgeSampler;
pub use tracer::provider::BridgeTracerProvider;
pub use tracer::span::BridgeSpan;
pub use tracer::tracer::BridgeTracer;
