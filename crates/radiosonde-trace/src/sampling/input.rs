use std::fmt;

use radiosonde_core::{SpanContext, TraceId};

use crate::spans::finished_span::SpanKind;

/// A span that starts, as far as samplers look at it.
pub struct SamplingInput<'a> {
    /// The parent, and whether it belongs to another process.
    pub parent: Option<(SpanContext, bool)>,
    /// The id of the span's trace.
    pub trace_id: TraceId,
    /// Its name.
    pub name: &'a str,
    /// Its kind.
    pub kind: SpanKind,
    /// The attributes that it starts with.
    pub attributes: &'a dyn SamplingAttributes,
}

/// The attributes that a span starts with. Not asked unless [`Sampler::reads_attributes`] is true.
///
/// [`Sampler::reads_attributes`]: crate::sampling::sampler::Sampler::reads_attributes
pub trait SamplingAttributes {
    /// Whether there is an attribute with this key whose value passes the test. A callback, so that a value that has to be
    /// rendered first needs to live no longer than the call.
    fn matches(&self, key: &str, test: &dyn Fn(SampledValue<'_>) -> bool) -> bool;
}

/// The value of an attribute. Unsigned numbers that fit are [`I64`](Self::I64).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SampledValue<'a> {
    /// A text.
    Text(&'a str),
    /// A whole number.
    I64(i64),
    /// A floating-point number.
    F64(f64),
    /// A boolean.
    Bool(bool),
}

impl fmt::Debug for SamplingInput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SamplingInput")
            .field("parent", &self.parent)
            .field("trace_id", &self.trace_id)
            .field("name", &self.name)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
