use crate::number::Value;

/// The contents of a text exposition.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposition {
    /// The families, in the order of the text.
    pub families: Vec<Family>,
}

/// A metric family with its samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// As in the `TYPE` line.
    pub name: String,
    /// The type of the family.
    pub kind: FamilyKind,
    /// The help text, unescaped.
    pub help: Option<String>,
    /// The unit.
    pub unit: Option<String>,
    /// The samples, in the order of the text.
    pub samples: Vec<Sample>,
}

/// The type of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyKind {
    /// `counter`
    Counter,
    /// `gauge`
    Gauge,
    /// `gaugehistogram`, in OpenMetrics
    GaugeHistogram,
    /// `histogram`
    Histogram,
    /// `info`, in OpenMetrics
    Info,
    /// `stateset`, in OpenMetrics
    StateSet,
    /// `summary`
    Summary,
    /// `unknown` in OpenMetrics, `untyped` in 0.0.4, or no `TYPE` line.
    Unknown,
}

/// Names and values, unescaped, in the order of the text.
pub type LabelPairs = Vec<(String, String)>;

/// One line with a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The line number, counted from 1.
    pub line: usize,
    /// The name, with its suffix.
    pub name: String,
    /// The labels, including `le` and `quantile`.
    pub labels: LabelPairs,
    /// The value as written.
    pub value: Value,
    /// The exemplar, in OpenMetrics.
    pub exemplar: Option<Exemplar>,
}

/// An exemplar of a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    /// The labels, at most 128 code points in all.
    pub labels: LabelPairs,
    /// The observed value.
    pub value: Value,
    /// The time of the observation, in seconds since the epoch.
    pub timestamp: Option<Value>,
}

impl Exposition {
    /// The family with this name.
    #[must_use]
    pub fn family(&self, name: &str) -> Option<&Family> {
        self.families.iter().find(|family| family.name == name)
    }

    /// All samples of all families.
    pub fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.families.iter().flat_map(|family| &family.samples)
    }

    /// The sample with this name and these labels, in any order.
    #[must_use]
    pub fn sample(&self, name: &str, labels: &[(&str, &str)]) -> Option<&Sample> {
        self.samples().find(|sample| {
            sample.name == name
                && sample.labels.len() == labels.len()
                && labels.iter().all(|(name, value)| sample.label(name) == Some(value))
        })
    }
}

impl Sample {
    /// The value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        value_of(&self.labels, name)
    }

    /// The labels that identify this sample's metric in its family: sorted, without `without`, and without empty ones, which
    /// count as absent.
    #[must_use]
    pub fn identity(&self, without: &str) -> LabelPairs {
        let kept = self.labels.iter().filter(|(name, value)| name != without && !value.is_empty());
        let mut kept: LabelPairs = kept.cloned().collect();
        kept.sort();
        kept
    }
}

impl Exemplar {
    /// The value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        value_of(&self.labels, name)
    }
}

fn value_of<'a>(labels: &'a LabelPairs, name: &str) -> Option<&'a str> {
    labels.iter().find(|(label, _)| label == name).map(|(_, value)| &**value)
}
