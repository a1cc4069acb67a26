use crate::sampling::input::{SampledValue, SamplingInput};
use crate::sampling::pattern::Pattern;
use crate::spans::attribute::AttributeValue;
use crate::spans::finished_span::SpanKind;

/// Selects the spans that a rule of [`Sampler::rules`](crate::Sampler::rules) decides on.
///
/// # Shape
/// All conditions must hold; without any, every span matches. In texts, each `*` stands for any text. Attributes are those
/// that the span starts with; ones recorded later come too late for the decision.
///
/// ```
/// use radiosonde_trace::{SpanKind, SpanMatch};
///
/// let probes = SpanMatch::new().kind(SpanKind::Server).route("/health/*");
/// let tenant = SpanMatch::new().name("GET *").attribute("tenant.id", "acme");
/// assert_ne!(probes, tenant);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[must_use]
pub struct SpanMatch {
    name: Option<Pattern>,
    kind: Option<SpanKind>,
    attributes: Vec<(Box<str>, Expected)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Expected {
    Text(Pattern),
    Value(AttributeValue),
}

/// The attribute with the template of a request's path.
const ROUTE: &str = "http.route";

impl SpanMatch {
    /// Matches every span.
    pub fn new() -> Self {
        Self::default()
    }

    /// Matches spans with this name.
    pub fn name(mut self, pattern: &str) -> Self {
        self.name = Some(Pattern::new(pattern));
        self
    }

    /// Matches spans with this attribute `http.route`.
    pub fn route(self, pattern: &str) -> Self {
        self.with(ROUTE, Expected::Text(Pattern::new(pattern)))
    }

    /// Matches spans of this kind.
    pub fn kind(mut self, kind: SpanKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Matches spans with this value of an attribute. An array matches nothing.
    pub fn attribute(self, key: impl Into<String>, value: impl Into<AttributeValue>) -> Self {
        let expected = match value.into() {
            AttributeValue::String(text) => Expected::Text(Pattern::new(&text)),
            other => Expected::Value(other),
        };
        self.with(key, expected)
    }

    fn with(mut self, key: impl Into<String>, expected: Expected) -> Self {
        self.attributes.push((key.into().into(), expected));
        self
    }

    pub(crate) const fn reads_attributes(&self) -> bool {
        !self.attributes.is_empty()
    }

    pub(crate) fn matches(&self, input: &SamplingInput<'_>) -> bool {
        self.kind.is_none_or(|kind| kind == input.kind)
            && self.name.as_ref().is_none_or(|name| name.matches(input.name))
            && self
                .attributes
                .iter()
                .all(|(key, expected)| input.attributes.matches(key, &|value| expected.matches(value)))
    }
}

impl Expected {
    fn matches(&self, value: SampledValue<'_>) -> bool {
        match (self, value) {
            (Self::Text(pattern), SampledValue::Text(text)) => pattern.matches(text),
            (Self::Value(AttributeValue::I64(expected)), SampledValue::I64(number)) => *expected == number,
            (Self::Value(AttributeValue::F64(expected)), SampledValue::F64(number)) => *expected == number,
            (Self::Value(AttributeValue::Bool(expected)), SampledValue::Bool(truth)) => *expected == truth,
            _ => false,
        }
    }
}
