use crate::sampling::input::SamplingInput;
use crate::sampling::span_match::SpanMatch;

/// Samplers by the first condition that matches.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rules<S> {
    pub(crate) rules: Box<[(SpanMatch, S)]>,
    pub(crate) otherwise: S,
}

impl<S> Rules<S> {
    pub(crate) fn of(&self, input: &SamplingInput<'_>) -> &S {
        let first = self.rules.iter().find(|(condition, _)| condition.matches(input));
        first.map_or(&self.otherwise, |(_, sampler)| sampler)
    }

    pub(crate) fn reads_attributes(&self) -> bool {
        self.rules.iter().any(|(condition, _)| condition.reads_attributes())
    }

    pub(crate) fn samplers(&self) -> impl Iterator<Item = &S> {
        self.rules.iter().map(|(_, sampler)| sampler).chain([&self.otherwise])
    }
}
