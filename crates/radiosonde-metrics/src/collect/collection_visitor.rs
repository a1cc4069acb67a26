//! Collects from instruments of this crate.

use crate::collect::collection::{CollectedFamily, Collection};
use crate::instruments::refusal::Refusal;
use crate::instruments::shared::Shared;
use crate::model::label_set::LabelSet;
use crate::model::samples::{HistogramSample, NumberSample, SummarySample};
use crate::model::visitor::{FamilyInfo, Visitor};

impl Collection {
    /// Returns a visitor that adds what it is shown; samples are added to the last family.
    pub fn visitor(&mut self) -> impl Visitor {
        CollectionVisitor::new(self, &[])
    }
}

/// Adds what it is shown to a collection, with additional labels.
pub(crate) struct CollectionVisitor<'a> {
    into: &'a mut Collection,
    labels: &'a [(String, String)],
}

impl<'a> CollectionVisitor<'a> {
    pub(crate) const fn new(into: &'a mut Collection, labels: &'a [(String, String)]) -> Self {
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

impl Visitor for CollectionVisitor<'_> {
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

/// Adds the refusals of the family `name`, by reason, to the registry's self metrics.
pub(crate) fn refusals(shared: &Shared, name: &str, out: &mut Collection) {
    for (why, reason) in Refusal::ALL {
        let labels = LabelSet::new([("family", name), ("reason", reason)]);
        out.self_metric("radiosonde_metrics_refused_total", labels, shared.refused.get(why));
    }
}
