use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::collect::collection::{CollectedFamily, Collection};
use crate::collect::faults::CollectorFault;
use crate::families::any_family::AnyFamily;
use crate::instruments::native::policy::Policy;
use crate::instruments::refusal::Refusal;
use crate::instruments::retention::{Removal, Retention};
use crate::model::kind::Kind;
use crate::model::label_set::LabelSet;
use crate::model::samples::Number;
use crate::registry::Registry;

/// Refusals, dropped series, faults of collectors.
pub(crate) fn collect(registry: &Registry, own: &[Arc<dyn AnyFamily>]) -> Vec<CollectedFamily> {
    let mut collection = Collection::default();
    let errors = registry.collector_errors();
    let family = collection.family(
        "radiosonde_metrics_collector_errors_total",
        "Number of collected families and series that were left out of a scrape, by reason.",
        Kind::Counter,
    );
    for (fault, reason) in CollectorFault::ALL {
        family.number(LabelSet::new([("reason", reason)]), Number::Unsigned(errors.get(fault)));
    }
    let refused = collection.family(
        "radiosonde_metrics_refused_total",
        "Number of samples and label look-ups that were refused, by reason.",
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
        let times = registry.refused().get(why);
        if times > 0 {
            let labels = LabelSet::new([("family", "_registry"), ("reason", reason)]);
            refused.number(labels, Number::Unsigned(times));
        }
    }
    for family in own.iter().filter(|family| family.shared().native.is_some()) {
        let shared = family.shared();
        let limited = collection.family(
            "radiosonde_metrics_native_limited_total",
            "Number of times that a native histogram had too many buckets, by policy.",
            Kind::Counter,
        );
        for (policy, name) in Policy::ALL {
            let labels = LabelSet::new([("family", &*shared.name), ("policy", name)]);
            limited.number(labels, Number::Unsigned(shared.limited.get(policy)));
        }
    }
    let dropped = collection.family(
        "radiosonde_metrics_series_dropped_total",
        "Number of look-ups that share the overflow series because the family is full.",
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

/// Adds the removed series of removable families.
fn add_removed(collection: &mut Collection, own: &[Arc<dyn AnyFamily>]) {
    let mut removable =
        own.iter().map(|family| family.shared()).filter(|shared| shared.retention != Retention::Permanent);
    let Some(first) = removable.next() else { return };
    let removed = collection.family(
        "radiosonde_metrics_series_removed_total",
        "Number of removed series, by reason.",
        Kind::Counter,
    );
    for shared in std::iter::once(first).chain(removable) {
        for (why, reason) in Removal::ALL {
            let labels = LabelSet::new([("family", &*shared.name), ("reason", reason)]);
            removed.number(labels, Number::Unsigned(shared.series_removed.get(why)));
        }
    }
}
