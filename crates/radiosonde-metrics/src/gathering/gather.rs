//! One scrape: our own families and what the collectors give, merged by name.

use radiosonde_core::survive;

use crate::collect::collection::Collection;
use crate::collect::faults::CollectorFault;
use crate::exposition::selection::Selection;
use crate::gathering::merged::{Merged, is_of_another_registry};
use crate::gathering::reentrancy::Gathering;
use crate::model::visitor::{FamilyInfo, Visitor};
use crate::registry::Registry;

/// Why a registry is gathered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose<'a> {
    /// To expose these families. Their idle series expire.
    Scrape(&'a Selection),
    /// To read everything without changing anything.
    Look,
}

/// Shows the selected families. All are gathered, so that faults do not depend on the selection.
pub(crate) fn gather(registry: &Registry, purpose: Purpose<'_>, out: &mut dyn Visitor) {
    let all = Selection::all();
    let (selection, scraped) = match purpose {
        Purpose::Scrape(selection) => (selection, true),
        Purpose::Look => (&all, false),
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
    // Absorbed ones last, so that they find what they give way to, in whatever order collectors are asked.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::collector::Collector;
    use crate::model::kind::Kind;
    use crate::model::label_set::LabelSet;
    use crate::model::samples::Number;

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
            let exemplar = |value| crate::model::Exemplar::new([("a", "b")], value).ok();
            let exemplars = [exemplar(0.5), exemplar(1.0), exemplar(3.0), exemplar(f64::NAN)];
            let (bounds, counts) = (&[1.0, 2.0, 4.0][..], &[1, 1, 1, 1][..]);
            let sample =
                crate::model::HistogramSample { bounds, counts, exemplars: &exemplars, ..Default::default() };
            out.family("wait", "Wait.", Kind::Histogram).histogram(LabelSet::default(), &sample);
            let exemplar = exemplar(1.0);
            let value = Number::Signed(1);
            let number = crate::model::NumberSample { value, exemplar: exemplar.as_ref(), created: None };
            out.number("size", "Size.", Kind::Gauge, number);
            out.number("hits_total", "Hits.", Kind::Counter, number);
            out.number("calls", "Not a counter to OpenMetrics.", Kind::Counter, number);
        }));
        let text = registry.encode(crate::exposition::Format::OpenMetrics);
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
