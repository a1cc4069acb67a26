use std::collections::BTreeMap;

use promql_parser::label::METRIC_NAME;

use crate::checking::label_values::LabelValues;

/// The labels of the series of a result.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LabelSet {
    labels: BTreeMap<String, LabelValues>,
    /// There may be others.
    open: bool,
}

impl LabelSet {
    /// No label at all.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Nothing is known.
    pub(crate) fn open() -> Self {
        Self { labels: BTreeMap::new(), open: true }
    }

    pub(crate) fn insert(&mut self, label: impl Into<String>, values: LabelValues) {
        self.labels.insert(label.into(), values);
    }

    pub(crate) const fn is_open(&self) -> bool {
        self.open
    }

    pub(crate) fn get(&self, label: &str) -> LabelValues {
        let unknown = || if self.open { LabelValues::anything() } else { LabelValues::absent() };
        self.labels.get(label).cloned().unwrap_or_else(unknown)
    }

    /// Whether a series can have this label.
    pub(crate) fn can_have(&self, label: &str) -> bool {
        // The name is there until an operator drops it, and none of what is checked depends on that.
        label == METRIC_NAME || !self.get(label).is_absent()
    }

    /// The labels that are known to be possible.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().filter(|(_, values)| !values.is_absent()).map(|(name, _)| name.as_str())
    }

    /// `by (…)`.
    pub(crate) fn only(&self, labels: &[String]) -> Self {
        let kept = labels.iter().map(|label| (label.clone(), self.get(label)));
        Self { labels: kept.collect(), open: false }
    }

    /// `without (…)`.
    pub(crate) fn without(mut self, labels: &[String]) -> Self {
        for label in labels {
            self.remove(label);
        }
        self
    }

    pub(crate) fn remove(&mut self, label: &str) {
        // A label that may be there, in an open set, has to be known as missing.
        self.labels.insert(label.to_owned(), LabelValues::absent());
    }

    /// The series of both.
    pub(crate) fn union(&self, other: &Self) -> Self {
        let names = self.labels.keys().chain(other.labels.keys());
        let labels = names.map(|name| (name.clone(), self.get(name).union(other.get(name))));
        Self { labels: labels.collect(), open: self.open || other.open }
    }

    /// The labels for people.
    pub(crate) fn shown(&self) -> String {
        let names: Vec<_> = self.names().map(|name| format!("`{name}`")).collect();
        if names.is_empty() { "no labels".to_owned() } else { names.join(", ") }
    }
}
