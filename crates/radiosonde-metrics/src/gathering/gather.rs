//! One scrape: our own families and what the collectors give, merged by name.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use radiosonde_core::{diagnostics, survive};

use crate::declaring::name::{check_label_name, check_metric_name};
use crate::families::family_data::AnyFamily;
use crate::families::removable::life::{Life, Removal};
use crate::gathering::collector::{CollectedFamily, Collection, CollectorFault};
use crate::gathering::nesting::Gathering;
use crate::gathering::sample_names::{Named, tell_apart};
use crate::instruments::instrument::Refusal;
use crate::instruments::native::policy::Policy;
use crate::{FamilyInfo, Kind, LabelSet, Number, Registry, Selection, Visitor};

/// Why a registry is gathered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Why<'a> {
    /// To expose these families. What nobody has used for long expires in them.
    Scrape(&'a Selection),
    /// For a look at everything that changes nothing.
    Look,
}

/// Shows the families that are wanted. All are gathered, so that what is left out does not depend on what is asked for.
pub(crate) fn gather(registry: &Registry, why: Why<'_>, out: &mut dyn Visitor) {
    let all = Selection::all();
    let (selection, scraped) = match why {
        Why::Scrape(selection) => (selection, true),
        Why::Look => (&all, false),
    };
    let gathering = Gathering::enter(registry.address());
    let own = registry.families();
    // A collector that looks at its own registry is a part of the scrape that asks it.
    if gathering.is_some() && scraped {
        let shown = own.iter().filter(|family| selection.has(&family.shared().name, family.shared().kind));
        shown.for_each(|family| family.scraped());
    }
    let mut merged = Merged::new(registry, &own);
    let mut families = Vec::new();
    // Asked by one of its own collectors, it does not ask them again.
    let collectors = if gathering.is_some() { registry.collectors().all() } else { Vec::new() };
    for collector in collectors {
        let mut collection = Collection::default();
        let collected = survive(|| collector.collect(&mut collection));
        // This may be the last owner, and the destructor is the user's code too. It is called after the unwinding from `collect`, during
        // which a second panic would abort the process.
        let dropped = survive(|| drop(collector));
        // A broken collector loses its own families only.
        match collected.and(dropped) {
            Some(()) => families.append(&mut collection.families),
            None => merged.fault(CollectorFault::Panic, "a collector panicked"),
        }
    }
    // Absorbed ones last, so that they find what they give way to, whoever was asked first.
    families.sort_by_key(|family| family.absorbed);
    let (of_others, families): (Vec<_>, Vec<_>) = families.into_iter().partition(is_of_another_registry);
    families.into_iter().for_each(|family| merged.add(family));
    merged.add_own(of_others.is_empty());
    of_others.into_iter().for_each(|family| merged.add(family));
    let Merged { families: collected, unknown, .. } = merged;
    let is_unknown = |name: &str| unknown.contains(name);
    let collected = collected.into_iter();
    let mut collected = collected.filter(|(name, family)| selection.has(name, family.kind)).peekable();
    // Both are sorted by name, so what is left of the collected ones comes before the next of ours.
    for family in &own {
        let shared = family.shared();
        if !selection.has(&shared.name, shared.kind) {
            continue;
        }
        while let Some((_, earlier)) = collected.next_if(|(name, _)| **name < *shared.name) {
            earlier.show(is_unknown(&earlier.name), out);
        }
        out.family(&FamilyInfo { unknown_in_open_metrics: is_unknown(&shared.name), ..shared.info() });
        family.visit(out);
        if let Some((_, more)) = collected.next_if(|(name, _)| **name == *shared.name) {
            more.series.iter().for_each(|(labels, sample)| sample.visit(labels, out));
        }
    }
    collected.for_each(|(name, family)| family.show(is_unknown(&name), out));
}

/// Collected families that passed, by name.
struct Merged<'a> {
    registry: &'a Registry,
    families: BTreeMap<Box<str>, CollectedFamily>,
    /// Sorted by name.
    own: &'a [Arc<dyn AnyFamily>],
    /// The collected families that OpenMetrics reserves the name for; the registry knows it of its own.
    ///
    /// More than one where all but one are of unknown type there: the next family of such a name is compared with each.
    reserved: HashMap<String, Vec<Reserver>>,
    /// The families that OpenMetrics has as of unknown type.
    unknown: HashSet<Box<str>>,
}

/// The name and the kind of a family that a name is kept for.
pub(crate) type Reserver = (Box<str>, Kind);

/// Families of the `prometheus` crate's process collector that [`Registry::expose_process`] exposes too.
pub const PROCESS_FAMILIES: [&str; 7] = [
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_threads",
    "process_virtual_memory_bytes",
];

/// What the names begin with of all that a registry says of itself.
const OF_ITSELF: &str = "radiosonde_metrics_";

/// What another registry of ours says of itself, by way of one that was absorbed: its series stand among this one's.
fn is_of_another_registry(family: &CollectedFamily) -> bool {
    family.absorbed && family.name.starts_with(OF_ITSELF)
}

impl<'a> Merged<'a> {
    fn new(registry: &'a Registry, own: &'a [Arc<dyn AnyFamily>]) -> Self {
        let (reserved, unknown) = (HashMap::new(), HashSet::new());
        Self { registry, families: BTreeMap::new(), own, reserved, unknown }
    }

    fn own(&self, name: &str) -> Option<&'a Arc<dyn AnyFamily>> {
        let at = self.own.binary_search_by(|family| (*family.shared().name).cmp(name)).ok()?;
        self.own.get(at)
    }

    fn fault(&self, fault: CollectorFault, message: &str) {
        self.registry.collector_errors().count(fault);
        diagnostics::report("metrics", "collector", format_args!("{message}"));
    }

    fn add(&mut self, mut family: CollectedFamily) {
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
        others.iter().for_each(|other| tell_apart([family, *other], &mut self.unknown));
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

    /// Adds what the registry says of itself; it is `alone` if no other says such of itself.
    fn add_own(&mut self, alone: bool) {
        // With nothing else of their names there is nothing to be checked, and most of what a small scrape would allocate.
        let starts = |name: &str| name.starts_with(OF_ITSELF);
        let alone = alone
            && !self.own.iter().any(|family| starts(&family.shared().name))
            && !self.families.keys().any(|name| starts(name));
        for mut family in self.of_itself() {
            if alone {
                self.label_everywhere(&mut family);
                family.series.sort_unstable_by(|a, b| a.0.cmp(&b.0));
                self.families.insert(family.name.clone(), family);
            } else {
                self.add(family);
            }
        }
    }

    /// Refusals, dropped series, faults of collectors.
    fn of_itself(&self) -> Vec<CollectedFamily> {
        let own = self.own;
        let mut collection = Collection::default();
        let errors = self.registry.collector_errors();
        let family = collection.family(
            "radiosonde_metrics_collector_errors_total",
            "Families and series that a collector gave and that were left out of a scrape, by reason.",
            Kind::Counter,
        );
        for (fault, reason) in CollectorFault::ALL {
            family.number(LabelSet::new([("reason", reason)]), Number::Unsigned(errors.get(fault)));
        }
        let refused = collection.family(
            "radiosonde_metrics_refused_total",
            "Samples and look-ups that a metric refused, by reason.",
            Kind::Counter,
        );
        for family in own {
            let shared = family.shared();
            for (why, reason) in Refusal::ALL {
                let times = shared.refused.get(why);
                if times > 0 {
                    let labels = LabelSet::new([("family", &*shared.name), ("reason", reason)]);
                    refused.number(labels, Number::Unsigned(times));
                }
            }
        }
        for (why, reason) in Refusal::ALL {
            let times = self.registry.refused().get(why);
            if times > 0 {
                let labels = LabelSet::new([("family", "_registry"), ("reason", reason)]);
                refused.number(labels, Number::Unsigned(times));
            }
        }
        for family in own.iter().filter(|family| family.shared().native.is_some()) {
            let shared = family.shared();
            let limited = collection.family(
                "radiosonde_metrics_native_limited_total",
                "What was done with native histograms that had too many buckets, by policy.",
                Kind::Counter,
            );
            for (policy, name) in Policy::ALL {
                let labels = LabelSet::new([("family", &*shared.name), ("policy", name)]);
                limited.number(labels, Number::Unsigned(shared.limited.get(policy)));
            }
        }
        let dropped = collection.family(
            "radiosonde_metrics_series_dropped_total",
            "Look-ups whose label set shares the overflow series because the family is full.",
            Kind::Counter,
        );
        for family in own.iter().filter(|family| !family.shared().label_names.is_empty()) {
            let shared = family.shared();
            // Relaxed: a total, ordered against nothing.
            let times = shared.series_dropped.load(Ordering::Relaxed);
            dropped.number(LabelSet::new([("family", &*shared.name)]), Number::Unsigned(times));
        }
        add_removed(&mut collection, own);
        collection.families
    }

    /// Adds the labels that all series of the registry have.
    fn label_everywhere(&self, family: &mut CollectedFamily) {
        let everywhere = &self.registry.scope().rendered;
        if !everywhere.is_empty() {
            family.series.iter_mut().for_each(|(labels, _)| *labels = labels.and(everywhere));
        }
    }
}

/// How many series went, of families whose series may go.
fn add_removed(collection: &mut Collection, own: &[Arc<dyn AnyFamily>]) {
    let mut removable =
        own.iter().map(|family| family.shared()).filter(|shared| shared.life != Life::Permanent);
    let Some(first) = removable.next() else { return };
    let removed = collection.family(
        "radiosonde_metrics_series_removed_total",
        "Series that are exposed no more, by why they went.",
        Kind::Counter,
    );
    for shared in std::iter::once(first).chain(removable) {
        for (why, reason) in Removal::ALL {
            let labels = LabelSet::new([("family", &*shared.name), ("reason", reason)]);
            removed.number(labels, Number::Unsigned(shared.series_removed.get(why)));
        }
    }
}

impl CollectedFamily {
    /// The family without its series.
    fn shell(&self) -> Self {
        let Self { name, help, kind, unit, absorbed, .. } = self;
        let (name, help, unit) = (name.clone(), help.clone(), unit.clone());
        Self { name, help, kind: *kind, unit, series: Vec::new(), absorbed: *absorbed }
    }

    fn named(&self) -> Named<'_> {
        Named { name: &self.name, kind: self.kind }
    }
}

/// Takes down the label sets that it is shown.
struct Seen(HashSet<LabelSet>);

impl Visitor for Seen {
    fn family(&mut self, _: &FamilyInfo<'_>) {}

    fn number(&mut self, labels: &LabelSet, _: &crate::NumberSample<'_>) {
        self.0.insert(labels.identity());
    }

    fn histogram(&mut self, labels: &LabelSet, _: &crate::HistogramSample<'_>) {
        self.0.insert(labels.identity());
    }

    fn summary(&mut self, labels: &LabelSet, _: &crate::SummarySample<'_>) {
        self.0.insert(labels.identity());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Collector;

    struct With(fn(&mut Collection));

    impl Collector for With {
        fn collect(&self, out: &mut Collection) {
            self.0(out);
        }
    }

    /// A panic's payload, which panics when it is dropped.
    struct Payload;

    impl Drop for Payload {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new("dropped"));
        }
    }

    fn errors(text: &str, reason: &str) -> bool {
        text.contains(&format!("radiosonde_metrics_collector_errors_total{{reason=\"{reason}\"}} 1\n"))
    }

    #[test]
    fn a_panicking_collector_loses_only_its_own_families() {
        let registry = Registry::new();
        registry.gauge("ours", "Ours.").build().unwrap();
        registry.collect_from(With(|_| std::panic::resume_unwind(Box::new(Payload))));
        registry.collect_from(With(|out| out.number("theirs", "Theirs.", Kind::Gauge, Number::Signed(1))));
        let text = registry.text();
        assert!(text.contains("ours 0\n") && text.contains("theirs 1\n") && errors(&text, "panic"), "{text}");
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_counted() {
        let registry = Registry::new();
        registry.gauge("size", "Size.").build().unwrap();
        registry.histogram("wait", "Wait.").build().unwrap();
        registry.collect_from(With(|out| {
            out.number("size", "Size.", Kind::Counter, Number::Signed(1));
            out.number("size", "Size.", Kind::Gauge, Number::Signed(2));
            out.number("wait_count", "Wait.", Kind::Gauge, Number::Signed(3));
            out.number("lies", "Lies.", Kind::Histogram, Number::Signed(4));
        }));
        let text = registry.text();
        assert!(text.contains("size 0\n") && !text.contains("size 1\n") && !text.contains("size 2\n"));
        assert!(text.contains("wait_count 0\n") && !text.contains("wait_count 3\n"));
        for reason in ["kind", "duplicate_series", "name", "sample"] {
            assert!(errors(&text, reason), "{reason}: {text}");
        }
    }

    #[test]
    fn a_state_without_a_label_of_the_familys_name_is_left_out() {
        let registry = Registry::new();
        registry.collect_from(With(|out| {
            let modes = out.family("mode", "Mode.", Kind::StateSet);
            modes.number(LabelSet::default(), Number::Unsigned(1));
            modes.number(LabelSet::new([("mode", "fast")]), Number::Unsigned(1));
        }));
        let text = registry.text();
        assert!(text.contains("mode{mode=\"fast\"} 1\n") && !text.contains("\nmode 1\n"), "{text}");
        assert!(errors(&text, "sample"), "{text}");
    }

    #[test]
    fn an_exemplar_that_has_no_place_is_left_out_but_not_its_sample() {
        let registry = Registry::new();
        registry.collect_from(With(|out| {
            let exemplar = |value| crate::Exemplar::new([("a", "b")], value).ok();
            let exemplars = [exemplar(0.5), exemplar(1.0), exemplar(3.0), exemplar(f64::NAN)];
            let (bounds, counts) = (&[1.0, 2.0, 4.0][..], &[1, 1, 1, 1][..]);
            let sample =
                crate::HistogramSample { bounds, counts, exemplars: &exemplars, ..Default::default() };
            out.family("wait", "Wait.", Kind::Histogram).histogram(LabelSet::default(), &sample);
            let exemplar = exemplar(1.0);
            let value = Number::Signed(1);
            let number = crate::NumberSample { value, exemplar: exemplar.as_ref(), created: None };
            out.number("size", "Size.", Kind::Gauge, number);
            out.number("hits_total", "Hits.", Kind::Counter, number);
            out.number("calls", "Not a counter to OpenMetrics.", Kind::Counter, number);
        }));
        let text = registry.encode(crate::Format::OpenMetrics);
        let with: Vec<_> =
            text.lines().filter_map(|line| Some(line.split_once(" # {a=\"b\"} ")?.0)).collect();
        assert_eq!(with, ["hits_total 1", "wait_bucket{le=\"1.0\"} 1", "wait_bucket{le=\"4.0\"} 3"]);
        assert!(text.contains("wait_bucket{le=\"2.0\"} 2\n") && text.contains("\nsize 1\n"), "{text}");
        assert!(text.contains("collector_errors_total{reason=\"exemplar\"} 3\n"), "{text}");
    }

    #[test]
    fn families_come_by_name_and_their_series_together() {
        let registry = Registry::new();
        let ours = registry.gauge("b", "B.").labels(&["from"]).unwrap();
        ours.with(&["us"]).set(1.0);
        registry.gauge("d", "D.").build().unwrap();
        registry.collect_from(With(|out| {
            for name in ["e", "c", "b", "a"] {
                out.family(name, "B.", Kind::Gauge)
                    .number(LabelSet::new([("from", "them")]), Number::Signed(1));
            }
        }));
        let text = registry.text();
        let names: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert!(text.contains("# TYPE b gauge\nb{from=\"us\"} 1\nb{from=\"them\"} 1\n"), "{text}");
    }
}
