use radiosonde_core::{SpanContext, TraceId};

use crate::spans::finished_span::SpanKind;

/// A span that starts, as far as samplers look at it.
pub(crate) struct SamplingInput<'a> {
    /// The parent, and whether it belongs to another process.
    pub(crate) parent: Option<(SpanContext, bool)>,
    pub(crate) trace_id: TraceId,
    pub(crate) name: &'a str,
    pub(crate) kind: SpanKind,
    pub(crate) attributes: &'a dyn SamplingAttributes,
}

/// The attributes that a span starts with. Not asked unless [`Sampler::reads_attributes`] is true.
///
/// [`Sampler::reads_attributes`]: crate::sampling::sampler::Sampler::reads_attributes
pub(crate) trait SamplingAttributes {
    /// Whether there is an attribute with this key whose value passes the test. A callback, so that a value that has to be
    /// rendered first needs to live no longer than the call.
    fn matches(&self, key: &str, test: &dyn Fn(SampledValue<'_>) -> bool) -> bool;
}

/// The value of an attribute. Unsigned numbers that fit are [`I64`](Self::I64).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum SampledValue<'a> {
    Text(&'a str),
    I64(i64),
    F64(f64),
    Bool(bool),
}
