use std::fmt;

use crate::gathering::collector::{CollectedFamily, Collection};
use crate::gathering::gather::show;
use crate::{FamilyInfo, HistogramSample, Kind, LabelSet, NumberSample, Registry, SummarySample, Visitor};

/// A metric with all its series as of one moment, to be encoded.
pub struct MetricFamily(CollectedFamily);

impl MetricFamily {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The help text.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.0.help
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.0.kind
    }

    pub(super) fn show(&self, out: &mut dyn Visitor) {
        show(&self.0, out);
    }

    /// All of a registry, but families without series, as theirs leaves them out.
    pub(super) fn all_of(registry: &Registry) -> Vec<Self> {
        let mut all = Collection::default();
        registry.visit(&mut Gathered::adding(&mut all, &[]));
        let families = all.families.into_iter().filter(|family| !family.series.is_empty());
        families.map(Self).collect()
    }
}

impl fmt::Debug for MetricFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let series = self.0.series.len();
        f.debug_struct("MetricFamily")
            .field("name", &self.name())
            .field("series", &series)
            .finish_non_exhaustive()
    }
}

/// Adds what it is shown to a collection, with some labels more.
pub(super) struct Gathered<'a> {
    into: &'a mut Collection,
    labels: &'a [(String, String)],
}

impl<'a> Gathered<'a> {
    pub(super) const fn adding(into: &'a mut Collection, labels: &'a [(String, String)]) -> Self {
        Self { into, labels }
    }

    fn add(&mut self, labels: &LabelSet, add: impl FnOnce(&mut CollectedFamily, LabelSet)) {
        let labels = if self.labels.is_empty() {
            labels.clone()
        } else {
            let own: Vec<_> = labels.iter().collect();
            let own = own.iter().map(|(name, value)| (*name, &**value));
            LabelSet::new(own.chain(self.labels.iter().map(|(name, value)| (&**name, &**value))))
        };
        if let Some(family) = self.into.families.last_mut() {
            add(family, labels);
        }
    }
}

impl Visitor for Gathered<'_> {
    fn family(&mut self, info: &FamilyInfo<'_>) {
        let family = self.into.family(info.name, info.help, info.kind);
        if let Some(unit) = info.unit {
            family.unit(unit);
        }
    }

    fn number(&mut self, labels: &LabelSet, sample: &NumberSample<'_>) {
        self.add(labels, |family, labels| family.number(labels, *sample));
    }

    fn histogram(&mut self, labels: &LabelSet, sample: &HistogramSample<'_>) {
        self.add(labels, |family, labels| family.histogram(labels, sample));
    }

    fn summary(&mut self, labels: &LabelSet, sample: &SummarySample<'_>) {
        self.add(labels, |family, labels| family.summary(labels, sample));
    }
}
