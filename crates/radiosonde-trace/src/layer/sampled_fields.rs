use crate::records::attributes::{Key, hash};
use crate::records::fields::Fields;
use crate::sampling::input::{SampledValue, SamplingAttributes};
use crate::spans::attribute::AttributeValue;
use crate::spans::decoding;
use crate::spans::encoding::key_field;

/// The fields of a new span, for samplers.
pub(crate) struct SampledFields<'a>(pub(crate) &'a Fields);

impl SamplingAttributes for SampledFields<'_> {
    fn matches(&self, key: &str, test: &dyn Fn(SampledValue<'_>) -> bool) -> bool {
        let field = key_field(key);
        let key = Key { hash: hash(key), field: &field };
        let found = self.0.attributes.get(&self.0.bytes, key).and_then(decoding::attribute);
        found.is_some_and(|attribute| match &attribute.value {
            AttributeValue::String(text) => test(SampledValue::Text(text)),
            AttributeValue::I64(number) => test(SampledValue::I64(*number)),
            AttributeValue::F64(number) => test(SampledValue::F64(*number)),
            AttributeValue::Bool(truth) => test(SampledValue::Bool(*truth)),
            AttributeValue::Array(_) => false,
        })
    }
}
