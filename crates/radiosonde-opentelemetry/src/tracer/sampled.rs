use opentelemetry::{KeyValue, Value};
use radiosonde_trace::bridging::{SampledValue, SamplingAttributes};

/// The attributes of OpenTelemetry with which a span starts.
pub(crate) struct Sampled<'a>(pub(crate) &'a [KeyValue]);

impl SamplingAttributes for Sampled<'_> {
    fn matches(&self, key: &str, test: &dyn Fn(SampledValue<'_>) -> bool) -> bool {
        // The last value of a key wins.
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
