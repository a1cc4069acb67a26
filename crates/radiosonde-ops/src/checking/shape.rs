use crate::checking::interval::Interval;
use crate::checking::label_set::LabelSet;

/// What is known of the result of an expression before it is evaluated.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    pub(crate) labels: LabelSet,
    pub(crate) values: Interval,
    pub(crate) measure: Measure,
    /// A number in place of series.
    pub(crate) scalar: bool,
    /// The bounds of the buckets that its series count.
    pub(crate) buckets: Option<Vec<f64>>,
}

/// What a value is the measure of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Events per second.
    PerSecond,
    Unknown,
}

impl Shape {
    pub(crate) fn unknown() -> Self {
        Self {
            labels: LabelSet::open(),
            values: Interval::ANY,
            measure: Measure::Unknown,
            scalar: false,
            buckets: None,
        }
    }

    pub(crate) fn scalar(values: Interval) -> Self {
        Self { labels: LabelSet::none(), values, scalar: true, ..Self::unknown() }
    }

    /// Other values of the same series.
    pub(crate) fn with_values(self, values: Interval) -> Self {
        Self { values, measure: Measure::Unknown, buckets: None, ..self }
    }
}
