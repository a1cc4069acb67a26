use opentelemetry::trace::{Link, SpanKind, TraceContextExt as _, TraceId as OtelTraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};
use radiosonde_core::TraceId;
use radiosonde_trace::TracePipeline;
use radiosonde_trace::bridging::SamplingInput;

use crate::bridge::OpenTelemetryBridge;
use crate::contexts::conversion;
use crate::tracer::sampled::Sampled;
use crate::values;

/// Decides for an SDK's provider as our pipeline decides. Created by
/// [`OpenTelemetryBridge::sampler`](crate::OpenTelemetryBridge::sampler).
#[derive(Debug, Clone)]
pub struct BridgeSampler {
    pipeline: TracePipeline,
}

impl OpenTelemetryBridge {
    /// The pipeline's sampler, for an application's own provider of the OpenTelemetry SDK.
    #[must_use]
    pub fn sampler(&self) -> BridgeSampler {
        BridgeSampler { pipeline: self.pipeline.clone() }
    }
}

impl ShouldSample for BridgeSampler {
    fn should_sample(
        &self,
        parent_context: Option<&Context>,
        trace_id: OtelTraceId,
        name: &str,
        span_kind: &SpanKind,
        attributes: &[KeyValue],
        _links: &[Link],
    ) -> SamplingResult {
        let parent = parent_context
            .and_then(|cx| Some((conversion::span_context(cx)?, cx.span().span_context().is_remote())));
        let is_sampled = TraceId::from_bytes(trace_id.to_bytes()).is_some_and(|trace_id| {
            let kind = values::kind(span_kind.clone());
            let attributes = &Sampled(attributes);
            self.pipeline.sample(&SamplingInput { parent, trace_id, name, kind, attributes })
        });
        let trace_state = parent_context.map(|cx| cx.span().span_context().trace_state().clone());
        SamplingResult {
            decision: if is_sampled { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop },
            attributes: Vec::new(),
            trace_state: trace_state.unwrap_or_default(),
        }
    }
}
