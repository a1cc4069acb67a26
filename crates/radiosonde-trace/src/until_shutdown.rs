use opentelemetry::trace::{Link, SpanKind, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};
use radiosonde_core::silence::is_silenced;

use crate::sampling::sampler::Sampler;
use crate::span_processor::Processor;

/// Samples nothing once the pipeline is shut down: a propagated context then means that the trace continues, not that this
/// process records it. The same holds on [silenced](radiosonde_core::silence) threads: a span about sending a span would
/// produce another one.
#[derive(Debug, Clone)]
pub(crate) struct UntilShutdown {
    sampler: Sampler,
    processor: Processor,
}

impl UntilShutdown {
    pub(crate) fn new(sampler: Sampler, processor: Processor) -> Self {
        Self { sampler, processor }
    }
}

impl ShouldSample for UntilShutdown {
    fn should_sample(
        &self,
        parent_context: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        span_kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let mut result =
            self.sampler.should_sample(parent_context, trace_id, name, span_kind, attributes, links);
        if is_silenced() {
            result.decision = SamplingDecision::Drop;
        } else if result.decision == SamplingDecision::RecordAndSample && self.processor.is_closed() {
            self.processor.started_too_late();
            result.decision = SamplingDecision::Drop;
        }
        result
    }
}
