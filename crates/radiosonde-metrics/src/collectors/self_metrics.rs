use crate::collect::collection::Collection;
use crate::collect::collector::Collector;
use crate::model::kind::Kind;
use crate::model::label_set::LabelSet;
use crate::model::samples::Number;
use crate::registry::{Registry, WeakRegistry};

impl Registry {
    /// Exposes how full the registry's families are: `radiosonde_metrics_families`, and by `family`
    /// `radiosonde_metrics_series` and, of those with labels, `radiosonde_metrics_max_series`.
    ///
    /// A family is about to overflow where `radiosonde_metrics_series / radiosonde_metrics_max_series` comes near 1. What collectors
    /// give is not counted. Calling it twice changes nothing.
    ///
    /// # Cost
    /// Up to two series for each family.
    pub fn expose_self_metrics(&self) {
        self.collect_once("self metrics", SelfMetrics(self.downgrade()));
    }
}

/// Does not keep the registry alive that keeps it.
struct SelfMetrics(WeakRegistry);

impl Collector for SelfMetrics {
    fn collect(&self, out: &mut Collection) {
        let Some(registry) = self.0.upgrade() else { return };
        let families = registry.families();
        let help = "Number of declared families.";
        out.number("radiosonde_metrics_families", help, Kind::Gauge, Number::Unsigned(families.len() as u64));
        let labels = |name: &str| LabelSet::new([("family", name)]);
        let series = out.family(
            "radiosonde_metrics_series",
            "Number of series, the overflow series included.",
            Kind::Gauge,
        );
        for family in &families {
            series.number(labels(&family.shared().name), Number::Unsigned(family.series() as u64));
        }
        let help = "Maximum number of series; further label sets share the overflow series.";
        let limits = out.family("radiosonde_metrics_max_series", help, Kind::Gauge);
        for shared in families.iter().map(|family| family.shared()) {
            if !shared.label_names.is_empty() {
                limits.number(labels(&shared.name), Number::Unsigned(shared.max_series as u64));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_exposes_how_full_its_families_are() {
        let registry = Registry::new();
        registry.gauge("single", "Single.").build().unwrap();
        let family = registry.counter("orders_total", "Orders.").max_series(3).labels(&["shop"]).unwrap();
        (0..2).for_each(|shop: i32| family.with(&[&shop.to_string()]).inc());
        let removable = registry.counter("visits_total", "Visits.").removable().labels(&["page"]).unwrap();
        ["a", "b", "c"].into_iter().for_each(|page| removable.with(&[page]).inc());
        removable.remove(&["b"]);
        registry.expose_self_metrics();
        registry.expose_self_metrics();
        let snapshot = registry.snapshot();
        assert_eq!(snapshot.value("radiosonde_metrics_families", &[]), Some(3.0));
        let of = |name, family| snapshot.value(name, &[("family", family)]);
        assert_eq!(of("radiosonde_metrics_series", "single"), Some(1.0));
        assert_eq!(of("radiosonde_metrics_series", "orders_total"), Some(2.0));
        assert_eq!(
            of("radiosonde_metrics_series", "visits_total"),
            Some(2.0),
            "what was removed is not counted"
        );
        assert_eq!(of("radiosonde_metrics_max_series", "orders_total"), Some(3.0));
        assert_eq!(of("radiosonde_metrics_max_series", "single"), None);
    }

    #[test]
    fn it_does_not_keep_the_registry() {
        let registry = Registry::new();
        registry.expose_self_metrics();
        let weak = registry.downgrade();
        drop(registry);
        assert!(weak.upgrade().is_none());
    }
}
