use crate::number::Value;

/// What a text exposes.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposition {
    /// In the order of the text.
    pub families: Vec<Family>,
}

/// A metric family with its samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// As in the `TYPE` line.
    pub name: String,
    /// What it measures.
    pub kind: FamilyKind,
    /// The help text, without its escapes.
    pub help: Option<String>,
    /// The unit.
    pub unit: Option<String>,
    /// In the order of the text.
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
    /// `unknown` in OpenMetrics, `untyped` in 0.0.4, or none at all
    Unknown,
}

/// Names and values, in the order of the text, without their escapes.
pub type LabelPairs = Vec<(String, String)>;

/// One line with a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Counted from 1.
    pub line: usize,
    /// With the suffix.
    pub name: String,
    /// With `le` and `quantile`.
    pub labels: LabelPairs,
    /// As it was written.
    pub value: Value,
    /// In OpenMetrics.
    pub exemplar: Option<Exemplar>,
}

/// An example of what a sample counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    /// At most 128 code points in all.
    pub labels: LabelPairs,
    /// What was observed.
    pub value: Value,
    /// When, in seconds since the epoch.
    pub timestamp: Option<Value>,
}

impl Exposition {
    /// The family of that name.
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

    /// The labels that tell this sample's metric from others of its family: sorted, without `without`, and without empty ones,
    /// which mean the same as none.
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
