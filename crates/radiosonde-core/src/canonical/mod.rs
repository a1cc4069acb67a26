//! The canonical record: what code anywhere under a request adds to the request's one log line, its span and its metrics.
//!
//! A unit of work has a [`CanonicalRecord`] in a [`CanonicalSlot`], which makes it current while a part of the unit runs.
//! [`annotate()`] finds it there, or through the innermost span, by functions that the layer that keeps spans has
//! [set](set_spans). Values are redacted once, when they are added, by what the layer that writes lines has
//! [set](set_redaction). Annotations of a unit that has ended, or without a unit, become attributes of the current span.
//!
//! The macro `annotate!` of `radiosonde-signals` calls this module.

mod annotate;
mod annotation_value;
mod annotations;
mod count_repeated;
mod current;
mod line;
mod pool;
mod record;
mod redaction;
mod repeats;
mod spans;
#[cfg(test)]
mod tests;
mod unit;

pub use annotate::{annotate, annotate_formatted};
pub use annotation_value::AnnotationValue;
pub use annotations::{
    Annotations, MAX_ANNOTATIONS, MAX_KEY_BYTES, MAX_RECORD_BYTES, MAX_TEXT_BYTES, Refused,
};
pub use count_repeated::count_repeated;
pub use current::CanonicalSlot;
pub use line::{LINE_FIELD, read_line, with_line};
pub use record::CanonicalRecord;
pub use redaction::{Redact, set_redaction};
pub use repeats::Repeated;
pub use spans::{SpanRecords, set_spans};
