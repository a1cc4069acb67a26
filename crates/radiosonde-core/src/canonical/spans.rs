//! Records that spans keep, for tasks and threads outside the unit of work that entered one of its spans.

use std::sync::OnceLock;

use crate::bounded_format::Formatted;
use crate::canonical::annotation_value::AnnotationValue;
use crate::canonical::annotations::Refused;
use crate::canonical::record::CanonicalRecord;

static SPANS: OnceLock<SpanRecords> = OnceLock::new();

/// Finds the records of spans. Set by the layer that keeps spans; neither function may emit events.
#[derive(Debug, Clone, Copy)]
pub struct SpanRecords {
    /// The record that was current when the innermost entered span of this thread was made.
    pub find: fn() -> Option<CanonicalRecord>,
    /// Sets an attribute of the innermost entered span of this thread; false if it has none that is recorded.
    pub annotate: fn(&'static str, AnnotationValue<'_>) -> bool,
}

/// Sets the functions that find records through spans, in the whole process. The first call wins.
pub fn set_spans(spans: SpanRecords) {
    let _ = SPANS.set(spans);
}

pub(crate) fn find() -> Option<CanonicalRecord> {
    (SPANS.get()?.find)()
}

/// Annotates the innermost span, instead of a record that is missing or has ended.
pub(crate) fn annotate(
    key: &'static str,
    value: AnnotationValue<'_>,
    otherwise: Refused,
) -> Result<Formatted, Refused> {
    let has_span = SPANS.get().is_some_and(|spans| (spans.annotate)(key, value));
    if has_span { Ok(Formatted::Whole) } else { Err(otherwise) }
}
