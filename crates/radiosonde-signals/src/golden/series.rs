use radiosonde_metrics::model::Kind;
use radiosonde_metrics::snapshot::{SeriesSnapshot, Snapshot};
use radiosonde_metrics::{Descriptor, Registry};

/// Series of one metric: its name, and what their labels are.
///
/// # Shape
/// The name is the exposed one, with the namespace of the registry. For each of the [matchers](Self::matchers) the value of the label
/// matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    metric: String,
    kind: Kind,
    matchers: Vec<(String, Match)>,
}

/// What the value of a label has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// One of these.
    OneOf(Vec<String>),
    /// A text that starts with one of these, such as `5` for the class of a status.
    StartsWith(Vec<String>),
    /// None of these. The empty text is the value of an absent label.
    NoneOf(Vec<String>),
}

impl Match {
    fn accepts(&self, value: Option<&str>) -> bool {
        match self {
            Self::OneOf(values) => value.is_some_and(|value| values.iter().any(|one| one == value)),
            Self::StartsWith(starts) => {
                value.is_some_and(|value| starts.iter().any(|start| value.starts_with(start.as_str())))
            }
            Self::NoneOf(values) => {
                let value = value.unwrap_or_default();
                values.iter().all(|one| one != value)
            }
        }
    }
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
        self,
        label: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.with_match(label, Match::OneOf(values.into_iter().map(Into::into).collect()))
    }

    /// Only series whose label matches.
    #[must_use]
    pub fn with_match(mut self, label: impl Into<String>, value: Match) -> Self {
        self.matchers.push((label.into(), value));
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

    /// The labels that set the series apart from others of the metric, and what their values are.
    pub fn matchers(&self) -> impl Iterator<Item = (&str, &Match)> {
        self.matchers.iter().map(|(label, value)| (label.as_str(), value))
    }

    /// What was declared of the metric.
    #[must_use]
    pub fn descriptor(&self, registry: &Registry) -> Option<Descriptor> {
        registry.descriptors().into_iter().find(|descriptor| descriptor.name() == self.metric)
    }

    /// The series in a snapshot.
    pub fn select<'s>(&self, snapshot: &'s Snapshot) -> impl Iterator<Item = &'s SeriesSnapshot> {
        let family = snapshot.family(&self.metric);
        family.into_iter().flat_map(|family| family.series()).filter(|series| self.matches(series))
    }

    /// Whether the labels of a series of the metric match.
    pub(crate) fn matches(&self, series: &SeriesSnapshot) -> bool {
        self.matchers.iter().all(|(label, value)| value.accepts(series.label(label).as_deref()))
    }

    /// The sum of the series in a snapshot; `None` if there are none.
    pub(crate) fn known_sum(&self, snapshot: &Snapshot) -> Option<f64> {
        self.select(snapshot).next().map(|_| self.sum(snapshot))
    }

    /// The sum of the series in a snapshot: their values, or the observations counted by a histogram.
    #[must_use]
    pub fn sum(&self, snapshot: &Snapshot) -> f64 {
        // Not `sum()`, whose zero is negative.
        self.select(snapshot).fold(0.0, |sum, series| sum + series.number())
    }
}
