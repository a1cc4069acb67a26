//! The families of a scrape's collectors, checked against the registry's own.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use radiosonde_core::diagnostics;

use crate::collect::collection::{CollectedFamily, PROCESS_FAMILIES};
use crate::collect::faults::CollectorFault;
use crate::families::any_family::AnyFamily;
use crate::gathering::self_metrics;
use crate::instruments::refusal::Refusal;
use crate::model::kind::Kind;
use crate::model::label_set::LabelSet;
use crate::model::name::{check_label_name, check_metric_name};
use crate::model::sample_names::{Named, mark_unknown};
use crate::model::samples::{HistogramSample, NumberSample, SummarySample};
use crate::model::visitor::{FamilyInfo, Visitor};
use crate::registry::{Registry, Reserver};

/// Collected families that passed, by name.
pub(crate) struct Merged<'a> {
    registry: &'a Registry,
    pub(crate) families: BTreeMap<Box<str>, CollectedFamily>,
    /// Sorted by name.
    own: &'a [Arc<dyn AnyFamily>],
    /// The collected families that OpenMetrics reserves the name for; the registry knows it of its own.
    ///
    /// More than one where all but one are of unknown type there: the next family of such a name is compared with each.
    reserved: HashMap<String, Vec<Reserver>>,
    /// The families that OpenMetrics has as of unknown type.
    pub(crate) unknown: HashSet<Box<str>>,
}

/// The prefix of the names of a registry's self metrics.
const SELF_METRICS: &str = "radiosonde_metrics_";

/// Whether it is a self metric of another registry, which was absorbed: its series stand among this one's.
pub(crate) fn is_of_another_registry(family: &CollectedFamily) -> bool {
    family.absorbed && family.name.starts_with(SELF_METRICS)
}

impl<'a> Merged<'a> {
    pub(crate) fn new(registry: &'a Registry, own: &'a [Arc<dyn AnyFamily>]) -> Self {
        let (reserved, unknown) = (HashMap::new(), HashSet::new());
        Self { registry, families: BTreeMap::new(), own, reserved, unknown }
    }

    fn own(&self, name: &str) -> Option<&'a Arc<dyn AnyFamily>> {
        let at = self.own.binary_search_by(|family| (*family.shared().name).cmp(name)).ok()?;
        self.own.get(at)
    }

    pub(crate) fn fault(&self, fault: CollectorFault, message: &str) {
        self.registry.collector_errors().count(fault);
        diagnostics::report("metrics", "collector", format_args!("{message}"));
    }

    pub(crate) fn add(&mut self, mut family: CollectedFamily) {
        let name = family.name.clone();
        let is_ours = || self.families.get(&name).is_some_and(|there| !there.absorbed);
        if family.absorbed && PROCESS_FAMILIES.contains(&&*name) && is_ours() {
            return;
        }
        // A counter or an info called after the suffix alone would have no name in OpenMetrics.
        if check_metric_name(&name).is_err() || &*name == family.kind.suffix() {
            return self
                .fault(CollectorFault::Name, &format!("a collected family has the bad name {name:?}"));
        }
        let there = self.own(&name).map(|family| family.shared().kind);
        let there = there.or_else(|| self.families.get(&name).map(|family| family.kind));
        if there.is_some_and(|kind| kind != family.kind) {
            return self
                .fault(CollectorFault::Kind, &format!("collected family {name:?} has another kind here"));
        }
        if !self.reserve(family.named()) {
            return self.fault(
                CollectorFault::Name,
                &format!("collected family {name:?} clashes with another's samples"),
            );
        }
        let mut seen: HashSet<LabelSet> = self.seen(&name);
        let kind = family.kind;
        self.label_everywhere(&mut family);
        for (labels, _) in &mut family.series {
            let Some(bounded) = labels.bounded() else { continue };
            *labels = bounded;
            self.registry.refused().count(Refusal::LabelLength);
            let message = format_args!("a label value of collected family {name:?} is too long");
            diagnostics::report("metrics", "label length", message);
        }
        let gives_way = is_of_another_registry(&family);
        family.series.retain_mut(|(labels, sample)| {
            for _ in 0..sample.drop_stray_exemplars(kind) {
                let message = format!("an exemplar of collected family {name:?} has no place");
                self.fault(CollectorFault::Exemplar, &message);
            }
            // Each state of a state set has a label of the family's name.
            let is_state = || labels.iter().any(|(label, state)| *label == *name && !state.is_empty());
            let fault = if !sample.fits(kind) || (kind == Kind::StateSet && !is_state()) {
                CollectorFault::Sample
            } else if labels.iter().any(|(name, _)| check_label_name(kind, name).is_err()) {
                CollectorFault::Name
            } else if !seen.insert(labels.identity()) {
                if gives_way {
                    return false;
                }
                CollectorFault::DuplicateSeries
            } else {
                return true;
            };
            self.fault(fault, &format!("a series of collected family {name:?} is left out"));
            false
        });
        let kept = self
            .families
            .entry(name)
            .or_insert_with(|| CollectedFamily { series: Vec::new(), ..family.shell() });
        kept.series.append(&mut family.series);
        kept.series.sort_by(|a, b| a.0.cmp(&b.0));
    }

    /// Keeps the names of the family's samples for it; `false` if another writes samples of such a name in every format.
    ///
    /// Where OpenMetrics alone would keep a name for two, one of them is of unknown type there.
    fn reserve(&mut self, family: Named<'_>) -> bool {
        let names: Vec<_> = family.reserved().collect();
        let of_own = names.iter().filter_map(|name| self.registry.reserver(name));
        let of_collected = names.iter().filter_map(|name| self.reserved.get(name)).flatten().cloned();
        let others: Vec<Reserver> =
            of_own.chain(of_collected).filter(|(by, _)| **by != *family.name).collect();
        let others: Vec<_> = others.iter().map(|(name, kind)| Named { name, kind: *kind }).collect();
        if others.iter().any(|other| family.written().any(|name| other.writes(&name))) {
            return false;
        }
        others.iter().for_each(|other| mark_unknown([family, *other], &mut self.unknown));
        for name in names {
            self.reserved.entry(name).or_default().push((family.name.into(), family.kind));
        }
        true
    }

    /// The label sets that a family has already.
    fn seen(&self, name: &str) -> HashSet<LabelSet> {
        let mut seen = Seen(HashSet::new());
        if let Some(family) = self.own(name) {
            family.visit(&mut seen);
        }
        if let Some(family) = self.families.get(name) {
            seen.0.extend(family.series.iter().map(|(labels, _)| labels.identity()));
        }
        seen.0
    }

    /// Adds the registry's self metrics; they are `alone` if no other registry's are here.
    pub(crate) fn add_own(&mut self, alone: bool) {
        // With nothing else of their names there is nothing to be checked, and most of what a small scrape would allocate.
        let starts = |name: &str| name.starts_with(SELF_METRICS);
        let alone = alone
            && !self.own.iter().any(|family| starts(&family.shared().name))
            && !self.families.keys().any(|name| starts(name));
        for mut family in self_metrics::collect(self.registry, self.own) {
            if alone {
                self.label_everywhere(&mut family);
                family.series.sort_unstable_by(|a, b| a.0.cmp(&b.0));
                self.families.insert(family.name.clone(), family);
            } else {
                self.add(family);
            }
        }
    }

    /// Adds the labels that all series of the registry have.
    fn label_everywhere(&self, family: &mut CollectedFamily) {
        let everywhere = &self.registry.scope().rendered;
        if !everywhere.is_empty() {
            family.series.iter_mut().for_each(|(labels, _)| *labels = labels.and(everywhere));
        }
    }
}

/// Takes down the label sets that it is shown.
struct Seen(HashSet<LabelSet>);

impl Visitor for Seen {
    fn family(&mut self, _: &FamilyInfo<'_>) {}

    fn number(&mut self, labels: &LabelSet, _: &NumberSample<'_>) {
        self.0.insert(labels.identity());
    }

    fn histogram(&mut self, labels: &LabelSet, _: &HistogramSample<'_>) {
        self.0.insert(labels.identity());
    }

    fn summary(&mut self, labels: &LabelSet, _: &SummarySample<'_>) {
        self.0.insert(labels.identity());
    }
}
