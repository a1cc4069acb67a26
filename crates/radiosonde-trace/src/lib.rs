#![doc = include_str!("../README.md")]

mod active_span;
mod attribute;
mod bridge;
mod capture;
mod carried;
mod carrier;
mod counts;
mod current;
mod finished_span;
mod from_sdk;
mod hand_over;
mod layer;
mod pipeline;
mod probe;
mod propagation;
mod propagator;
mod remote_context;
mod sampler;
mod sink;
mod span_end;
mod started;
mod to_sdk;
mod trace_state;
mod traced;
mod traceparent;
mod tracer;
mod unsigned;
mod until_shutdown;

pub use active_span::{SetParentError, context_of, set_attribute, set_error, set_name, set_parent};
pub use attribute::{Attribute, AttributeValue};
pub use capture::CaptureSpans;
pub use carried::{carried, carry};
pub use carrier::{Carrier, CarrierMut};
pub use finished_span::{FinishedSpan, SpanEvent, SpanKind, SpanLink, SpanStatus};
pub use layer::TraceLayer;
/// The OpenTelemetry API in the version that the pipeline speaks: using it from here rules out a second version.
pub use opentelemetry;
pub use pipeline::{TracePipeline, TracePipelineBuilder};
pub use probe::ProbeError;
pub use propagator::W3cPropagator;
pub use remote_context::{RemoteContext, extract, inject, try_extract};
pub use sampler::{InvalidSampler, InvalidSamplerKind, Sampler};
pub use sink::SpanSink;
pub use trace_state::{InvalidTraceState, InvalidTraceStateKind, TraceState};
pub use traced::Traced;
pub use traceparent::{InvalidTraceparent, InvalidTraceparentKind, Traceparent};

/// The instrumentation scope of spans that come from `tracing`.
const SCOPE: &str = "radiosonde";
