#![doc = include_str!("../README.md")]

mod active;
pub mod bridging;
mod carrying;
mod entering;
mod inherited_value;
mod layer;
mod outgoing;
mod pipeline;
mod planning;
mod probe;
mod processing;
mod propagation;
mod records;
mod sampling;
mod seeing;
mod spans;
mod tail;
mod trace_options;

pub use active::child_of::{child_of, continue_from, link_from, root_of};
pub use active::doors::{
    add_link, context_of, describe, keep, set_attribute, set_error, set_name, set_ok, set_parent,
    set_work_ids,
};
pub use active::set_parent_error::SetParentError;
pub use active::span_attributes::SpanAttributes;
pub use carrying::carried_context::{CarriedContext, EnteredContext};
pub use carrying::carry::{Carried, carry, carry_fn};
pub use carrying::traced::Traced;
pub use entering::stack::ContextGuard;
pub use inherited_value::{inherited_value, put_value};
pub use layer::trace_layer::TraceLayer;
pub use outgoing::inject;
pub use pipeline::TracePipeline;
pub use probe::ProbeError;
pub use propagation::b3::{InvalidB3, InvalidB3Kind};
pub use propagation::baggage::{Baggage, InvalidBaggage, InvalidBaggageKind};
pub use propagation::baggage_rules::BaggageRules;
pub use propagation::carrier::{Carrier, CarrierMut};
pub use propagation::carrier_field::CarrierField;
pub use propagation::environment_carrier::EnvironmentCarrier;
pub use propagation::extract::{InvalidContext, extract, extract_baggage, try_extract};
pub use propagation::propagators::{InvalidPropagators, InvalidPropagatorsKind, Propagator, Propagators};
pub use propagation::remote_context::RemoteContext;
pub use propagation::trace_state::{InvalidTraceState, InvalidTraceStateKind, TraceState};
pub use propagation::traceparent::{InvalidTraceparent, InvalidTraceparentKind, Traceparent};
pub use propagation::uber_trace_id::{InvalidUberTraceId, InvalidUberTraceIdKind};
pub use records::limits::SpanLimits;
pub use sampling::invalid_sampler::{InvalidSampler, InvalidSamplerKind};
pub use sampling::per_operation::PerOperation;
pub use sampling::sampler::Sampler;
pub use sampling::sampler_handle::SamplerHandle;
pub use sampling::span_match::SpanMatch;
pub use seeing::capture_spans::CaptureSpans;
pub use seeing::console_traces::ConsoleTraces;
#[doc(hidden)]
pub use seeing::expected_span::ExpectedSpan;
pub use seeing::live_span::LiveSpan;
pub use spans::attribute::{Attribute, AttributeValue};
pub use spans::attribute_ref::AttributeRef;
pub use spans::encoded_span::EncodedSpan;
pub use spans::finished_span::{FinishedSpan, SpanEvent, SpanKind, SpanLink, SpanStatus};
pub use spans::span_sink::SpanSink;
pub use tail::TailOptions;
pub use trace_options::TraceOptions;
