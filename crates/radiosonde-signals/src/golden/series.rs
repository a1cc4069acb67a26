use radiosonde_metrics::model::Kind;
use radiosonde_metrics::snapshot::{SeriesSnapshot, Snapshot};
use radiosonde_metrics::{Descriptor, Registry};

/// Series of one metric: its name, and what their labels are.
///
/// # Shape
/// The name is the exposed one, with the namespace of the registry. For each of the [matchers](Self::matchers) the value of the label
/// is one of those listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    metric: String,
    kind: Kind,
    matchers: Vec<(String, Vec<String>)>,
}

impl Series {
    /// All series of a metric of `registry`, declared as `metric`.
    #[must_use]
    pub fn of(registry: &Registry, metric: &str, kind: Kind) -> Self {
        Self { metric: registry.exposed_name(metric).into_owned(), kind, matchers: Vec::new() }
    }

    /// Only series whose label has this value.
    #[must_use]
    pub fn with(self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.with_any(label, [value])
    }

    /// Only series whose label has one of these values.
    #[must_use]
    pub fn with_any<V: Into<String>>(
        mut self,
        label: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.matchers.push((label.into(), values.into_iter().map(Into::into).collect()));
        self
    }

    /// The name of the metric.
    #[must_use]
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// The kind of the metric. A histogram stands for its count as traffic and errors, and for its buckets as latency.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The labels whose values are known, with those values.
    pub fn matchers(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.matchers.iter().map(|(label, values)| (label.as_str(), values.as_slice()))
    }

    /// What was declared of the metric.
    #[must_use]
    pub fn descriptor(&self, registry: &Registry) -> Option<Descriptor> {
        registry.descriptors().into_iter().find(|descriptor| descriptor.name() == self.metric)
    }

    /// The series in a snapshot.
    pub fn select<'s>(&self, snapshot: &'s Snapshot) -> impl Iterator<Item = &'s SeriesSnapshot> {
        let family = snapshot.family(&self.metric);
        family.into_iter().flat_map(|family| family.series()).filter(|series| {
            self.matchers.iter().all(|(label, values)| {
                series.label(label).is_some_and(|own| values.iter().any(|value| *value == own))
            })
        })
    }

    /// The sum of the series in a snapshot: their values, or the observations counted by a histogram.
    #[must_use]
    pub fn sum(&self, snapshot: &Snapshot) -> f64 {
        // Not `sum()`, whose zero is negative.
        self.select(snapshot).fold(0.0, |sum, series| sum + series.number())
    }
}
