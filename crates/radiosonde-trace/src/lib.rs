#![doc = include_str!("../README.md")]

mod active_span;
mod attribute;
mod bridge;
mod carrier;
mod carrying;
mod current;
mod finished_span;
mod from_sdk;
mod inherited_value;
mod installed;
mod layer;
#[cfg(feature = "serde")]
mod named_sampler;
mod pipeline;
mod probe;
mod probe_state;
mod propagation;
mod propagation_switch;
mod propagator;
mod remote_context;
mod sampler;
mod seeing;
mod self_metrics;
mod span_end;
mod span_processor;
mod span_sink;
mod started;
mod to_sdk;
mod trace_options;
mod trace_state;
mod traceparent;
mod tracer;
mod unsigned;
mod until_shutdown;

pub use active_span::{SetParentError, context_of, set_attribute, set_error, set_name, set_parent};
pub use attribute::{Attribute, AttributeValue};
pub use carrier::{Carrier, CarrierMut};
pub use carrying::Traced;
pub use finished_span::{FinishedSpan, SpanEvent, SpanKind, SpanLink, SpanStatus};
pub use inherited_value::{inherited_value, put_value};
pub use layer::TraceLayer;
/// The OpenTelemetry API in the pipeline's version. Using it from here rules out a second version.
pub use opentelemetry;
pub use pipeline::TracePipeline;
pub use probe::ProbeError;
pub use propagation::{extract, inject, try_extract};
pub use propagator::W3cPropagator;
pub use remote_context::RemoteContext;
pub use sampler::{InvalidSampler, InvalidSamplerKind, Sampler};
pub use seeing::CaptureSpans;
pub use span_sink::SpanSink;
pub use trace_options::TraceOptions;
pub use trace_state::{InvalidTraceState, InvalidTraceStateKind, TraceState};
pub use traceparent::{InvalidTraceparent, InvalidTraceparentKind, Traceparent};
