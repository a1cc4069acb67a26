//! Lets the OpenTelemetry SDK decide by our samplers.

use opentelemetry::trace::{Link, SpanKind as SdkKind, TraceContextExt as _, TraceId as SdkTraceId};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};
use radiosonde_core::TraceId;

use crate::bridge;
use crate::from_sdk;
use crate::sampling::input::{SampledValue, SamplingAttributes, SamplingInput};
use crate::sampling::sampler::Sampler;

impl ShouldSample for Sampler {
    fn should_sample(
        &self,
        parent_context: Option<&Context>,
        trace_id: SdkTraceId,
        name: &str,
        span_kind: &SdkKind,
        attributes: &[KeyValue],
        _links: &[Link],
    ) -> SamplingResult {
        let parent = parent_context
            .and_then(|cx| Some((bridge::span_context(cx)?, cx.span().span_context().is_remote())));
        let is_sampled = TraceId::from_bytes(trace_id.to_bytes()).is_some_and(|trace_id| {
            let kind = from_sdk::kind(span_kind.clone());
            let attributes = if self.reads_attributes() { attributes } else { &[] };
            self.sample(&SamplingInput { parent, trace_id, name, kind, attributes: &Attributes(attributes) })
        });
        SamplingResult {
            decision: if is_sampled { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop },
            attributes: Vec::new(),
            trace_state: parent_context
                .map(|cx| cx.span().span_context().trace_state().clone())
                .unwrap_or_default(),
        }
    }
}

struct Attributes<'a>(&'a [KeyValue]);

impl SamplingAttributes for Attributes<'_> {
    fn matches(&self, key: &str, test: &dyn Fn(SampledValue<'_>) -> bool) -> bool {
        let found = self.0.iter().rev().find(|attribute| attribute.key.as_str() == key);
        found.is_some_and(|attribute| match &attribute.value {
            Value::String(text) => test(SampledValue::Text(text.as_str())),
            Value::I64(number) => test(SampledValue::I64(*number)),
            Value::F64(number) => test(SampledValue::F64(*number)),
            Value::Bool(truth) => test(SampledValue::Bool(*truth)),
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_sdk::trace::Sampler as SdkSampler;

    use super::*;

    fn decision(sampler: &dyn ShouldSample, trace_id: SdkTraceId) -> SamplingDecision {
        sampler.should_sample(None, trace_id, "a", &SdkKind::Internal, &[], &[]).decision
    }

    #[test]
    fn a_ratio_picks_the_traces_that_the_sdk_picks() {
        let mut picked = 0;
        for ratio in [0.0, 1e-9, 0.001, 0.1, 0.25, 0.5, 0.999, 1.0] {
            let (ours, theirs) = (Sampler::ratio(ratio).unwrap(), SdkSampler::TraceIdRatioBased(ratio));
            for _ in 0..10_000 {
                let trace_id = SdkTraceId::from_bytes(TraceId::random().to_bytes());
                let expected = decision(&theirs, trace_id);
                assert_eq!(decision(&ours, trace_id), expected, "{trace_id} {ratio}");
                picked += usize::from(expected == SamplingDecision::RecordAndSample);
            }
            // The ids at the border.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let bound = (ratio * (1_u64 << 63) as f64) as u128;
            for low in [bound.saturating_sub(1), bound, bound + 1].map(|low| (low << 1).min(u64::MAX.into()))
            {
                let trace_id = SdkTraceId::from_bytes((1 << 127 | low).to_be_bytes());
                assert_eq!(decision(&ours, trace_id), decision(&theirs, trace_id), "{trace_id} {ratio}");
            }
        }
        assert!((20_000..40_000).contains(&picked), "{picked}");
    }

    #[test]
    fn rules_read_the_attributes_of_the_sdk() {
        use crate::sampling::span_match::SpanMatch;

        let rules = [
            (SpanMatch::new().attribute("a", "b*").attribute("n", 1), Sampler::always_on()),
            (SpanMatch::new().attribute("t", true).attribute("f", 0.5), Sampler::always_on()),
        ];
        let sampler = Sampler::rules(rules, Sampler::always_off());
        let decide = |attributes: &[KeyValue]| {
            let trace_id = SdkTraceId::from_bytes([1; 16]);
            sampler.should_sample(None, trace_id, "a", &SdkKind::Internal, attributes, &[]).decision
        };
        let on = SamplingDecision::RecordAndSample;
        assert_eq!(decide(&[KeyValue::new("a", "bc"), KeyValue::new("n", 1)]), on);
        assert_eq!(decide(&[KeyValue::new("t", true), KeyValue::new("f", 0.5)]), on);
        assert_eq!(decide(&[KeyValue::new("a", "bc"), KeyValue::new("n", 2)]), SamplingDecision::Drop);
    }
}
