//! Label values and names of any length cost a registry little, and are counted, whichever way they come.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::error::{RecordErrorKind, RegisterErrorKind};
use radiosonde_metrics::model::{Kind, LabelSet, Number};
use radiosonde_metrics::{InvalidRegistry, Labels, Registry};

/// Two that begin alike, and one that is just short enough.
fn values() -> [String; 3] {
    [format!("{}a", "ä".repeat(2_000_000)), format!("{}b", "ä".repeat(2_000_000)), "ä".repeat(512)]
}

#[track_caller]
fn is_bounded(registry: &Registry, name: &str) {
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.value(name, &[("label", "_overflow")]), Some(2.0), "{name}");
    assert_eq!(snapshot.value(name, &[("label", &values()[2])]), Some(1.0), "{name}");
    assert_eq!(snapshot.family(name).unwrap().series().len(), 2, "{name}");
    assert!(registry.text().len() < 100_000);
}

fn refused(registry: &Registry, family: &str) -> f64 {
    let labels = [("family", family), ("reason", "label_length")];
    registry.snapshot().sum("radiosonde_metrics_refused_total", &labels)
}

#[derive(Labels)]
struct Typed<'a> {
    label: &'a str,
}

#[test]
fn sixteen_look_ups_of_long_values_make_one_series() {
    let registry = Registry::new();
    let family = registry.counter("a_total", "A.").labels(&["label"]).unwrap();
    for at in 0..16 {
        family.with(&[&format!("{at}{}", "x".repeat(4 << 20))]).inc();
    }
    assert_eq!(registry.snapshot().value("a_total", &[("label", "_overflow")]), Some(16.0));
    assert!(registry.text().len() < 10_000);
    assert_eq!(refused(&registry, "a_total"), 16.0);
}

#[test]
fn every_kind_of_family_bounds_its_values() {
    let registry = Registry::new();
    let typed = registry.counter("typed_total", "T.").family::<Typed<'_>>().unwrap();
    let removable = registry.counter("removable_total", "R.").removable().labels(&["label"]).unwrap();
    registry.info("rules_info", "Rules.", &[("label", "x")]).unwrap().set(&[&values()[0]]);
    for value in &values() {
        typed.with(&Typed { label: value }).inc();
        removable.with(&[value]).inc();
        registry.record("counter", "recorded_total", 1.0, &[("label", value)]).unwrap();
    }
    for name in ["typed_total", "removable_total", "recorded_total"] {
        is_bounded(&registry, name);
        assert_eq!(refused(&registry, name), 2.0, "{name}");
    }
    assert_eq!(registry.snapshot().value("rules_info", &[("label", "_overflow")]), Some(1.0));
    assert_eq!(refused(&registry, "rules_info"), 1.0);
}

struct Gives;

impl Collector for Gives {
    fn collect(&self, out: &mut Collection) {
        let [first, second, fits] = values();
        let family = out.family("given", "Given.", Kind::Gauge);
        for (value, number) in [(&first, 2), (&second, 3), (&fits, 1)] {
            family.number(LabelSet::new([("label", &**value)]), Number::Signed(number));
        }
        out.number(&"n".repeat(1_000_000), "A name.", Kind::Gauge, Number::Signed(1));
    }
}

#[test]
fn what_a_collector_gives_is_bounded_too() {
    let registry = Registry::new();
    registry.collect_from(Gives);
    is_bounded(&registry, "given");
    let snapshot = registry.snapshot();
    let errors = |reason| snapshot.value("radiosonde_metrics_collector_errors_total", &[("reason", reason)]);
    // Of two series that became one the first is shown.
    assert!(errors("duplicate_series") > Some(0.0) && errors("name") > Some(0.0));
    assert!(refused(&registry, "_registry") >= 2.0);
}

#[test]
fn what_is_the_same_for_every_series_is_refused() {
    let [long, ..] = values();
    let bytes = long.len();
    let label = || "label".into();
    let built = Registry::builder().label("label", &long).build().unwrap_err();
    assert_eq!(built, InvalidRegistry::LongValue { label: label(), bytes });
    let registry = Registry::new();
    let info = registry.info("a_info", "A.", &[("label", &long)]).unwrap_err();
    assert_eq!(info.kind(), &RegisterErrorKind::LongValue { label: label(), bytes });
    assert!(info.to_string().len() < 300, "{info}");
    let constant = registry.gauge("a", "A.").constant_labels(&[("label", &long)]).build().unwrap_err();
    assert_eq!(constant.kind(), &RegisterErrorKind::LongValue { label: label(), bytes });
    let name = "n".repeat(300);
    assert!(registry.gauge(&name, "A.").build().is_err());
    let recorded = registry.record("gauge", &name, 1.0, &[]).unwrap_err();
    assert!(matches!(recorded.kind(), RecordErrorKind::Register(_)));
}
