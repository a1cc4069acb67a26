//! Label values and names of any length cost a registry little and are counted, also through `compat` and the `metrics` facade.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use radiosonde_metrics::Registry;
use radiosonde_metrics_facade::FacadeRecorder;
use radiosonde_prometheus::compat;

/// Two with the same beginning, and one just short enough.
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

#[test]
fn the_compatible_vectors_and_the_facade_bound_theirs() {
    let registry = compat::Registry::new();
    let vector = compat::IntCounterVec::new(compat::Opts::new("compat_total", "C."), &["label"]).unwrap();
    registry.register(Box::new(vector.clone())).unwrap();
    let native = registry.native();
    let recorder = FacadeRecorder::builder().registry(native).build();
    for value in values() {
        vector.with_label_values(&[&value]).inc();
        metrics::with_local_recorder(&recorder, || {
            metrics::counter!("facade", "label" => value).increment(1)
        });
    }
    is_bounded(native, "compat_total");
    is_bounded(native, "facade_total");
    assert_eq!(refused(native, "compat_total"), 2.0);
    let faults =
        |reason| native.snapshot().value("radiosonde_metrics_facade_faults_total", &[("reason", reason)]);
    assert_eq!(faults("label_length"), Some(2.0));
    metrics::with_local_recorder(&recorder, || {
        metrics::counter!("n".repeat(1_000_000)).increment(1);
        metrics::counter!("named", "l".repeat(1_000_000) => "x").increment(1);
        metrics::describe_counter!("d".repeat(1_000_000), "Described.");
    });
    assert_eq!(faults("name_length"), Some(3.0));
    assert!(native.text().len() < 100_000);
}

#[test]
fn a_long_constant_label_is_refused() {
    let options = compat::Opts::new("c_total", "C.").const_label("label", values()[0].as_str());
    assert!(compat::IntCounter::with_opts(options).is_err());
}
