use crate::model::kind::Kind;
use crate::model::label_set::LabelSet;
use crate::model::samples::{HistogramSample, NumberSample, SummarySample};

/// The name, kind, help and unit of a family.
#[derive(Debug, Clone, Copy)]
pub struct FamilyInfo<'a> {
    /// The name, for a counter with its `_total`, for an info with its `_info`.
    pub name: &'a str,
    /// The help text, unescaped.
    pub help: &'a str,
    /// The kind.
    pub kind: Kind,
    /// The unit, if one was declared.
    pub unit: Option<&'a str>,
    /// Whether OpenMetrics, which leaves suffixes away from a family's name, would take it for another of the registry: its text has the samples
    /// of this one as of unknown type, under their full names. In all other formats it is what it is.
    pub unknown_in_open_metrics: bool,
}

/// Receives a registry's families in the order of their names, and after each family its series in the order of their labels: declared
/// ones first, then collected ones.
///
/// Every output of a registry is a visitor: the text formats, the `prometheus` adapter, a test's assertions.
pub trait Visitor {
    /// A family begins.
    fn family(&mut self, family: &FamilyInfo<'_>);

    /// A series of a counter, a gauge, an info or a metric of unknown kind, or one state of a state set.
    fn number(&mut self, labels: &LabelSet, sample: &NumberSample<'_>);

    /// A series of a histogram.
    fn histogram(&mut self, labels: &LabelSet, sample: &HistogramSample<'_>);

    /// A series of a summary.
    fn summary(&mut self, labels: &LabelSet, sample: &SummarySample<'_>);
}
