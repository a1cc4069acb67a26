//! Annotations that reach a unit of work through its spans, or that become attributes of the current span.

use radiosonde_core::canonical::{self, AnnotationValue, CanonicalRecord, SpanRecords};
use tracing::Span;

use crate::active::doors::describe;
use crate::entering::stack;

/// Lets `annotate!` find the records and the current spans of this crate.
pub(crate) fn install() {
    find_canonical_records(stack::canonical);
}

/// Lets `annotate!` reach a unit of work through the spans of a bridge: `find` returns the record that was current when the
/// innermost span of the thread was made. Annotations without a unit become attributes of the current span.
///
/// The first layer of the process wins.
pub fn find_canonical_records(find: fn() -> Option<CanonicalRecord>) {
    canonical::set_spans(SpanRecords { find, annotate });
}

fn annotate(key: &'static str, value: AnnotationValue<'_>) -> bool {
    let mut is_recorded = false;
    describe(&Span::current(), |attributes| {
        is_recorded = true;
        match value {
            AnnotationValue::Bool(value) => attributes.set(key, value),
            AnnotationValue::I64(value) => attributes.set(key, value),
            // OpenTelemetry has no unsigned integers.
            AnnotationValue::U64(value) => match i64::try_from(value) {
                Ok(value) => attributes.set(key, value),
                Err(_) => attributes.set(key, &value.to_string()),
            },
            AnnotationValue::F64(value) => attributes.set(key, value),
            AnnotationValue::Text(value) => attributes.set(key, value),
            other => attributes.set(key, &other.to_string()),
        }
    });
    is_recorded
}
