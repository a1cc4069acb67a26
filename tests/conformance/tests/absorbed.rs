//! The default registry of the `prometheus` crate, absorbed: both our formats match its own encoder.
//!
//! That registry is global to the process, so this is a separate test binary.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use conformance::{Exposition, FamilyKind, Sample, open_metrics, text};
use prometheus::{
    register_counter, register_gauge_vec, register_histogram_vec, register_int_counter,
    register_int_counter_vec, register_int_gauge,
};
use radiosonde_metrics::Registry;
use radiosonde_metrics::exposition::Format;

/// All kinds of metrics that an application may have there.
fn fill() {
    let orders = register_int_counter_vec!(
        "orders_total",
        "Orders, by \"method\"\nand C:\\path.",
        &["method", "country"]
    )
    .unwrap();
    orders.with_label_values(&["card", "nl"]).inc_by(3);
    orders.with_label_values(&["a\\b\"c\nd\u{2028}é", ""]).inc_by(u64::MAX / 2);
    register_counter!("busy_seconds_total", "Busy.").unwrap().inc_by(0.1 + 0.2);
    register_int_counter!("legacy_hits", "From before the suffix.").unwrap().inc_by(7);
    let temperature = register_gauge_vec!("temperature_celsius", "Temperature.", &["of"]).unwrap();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.5, 1e300, 1e-7, f64::MIN_POSITIVE] {
        temperature.with_label_values(&[&format!("{value:?}")]).set(value);
    }
    register_int_gauge!("queue_items", "Items.").unwrap().set(-12);
    let buckets = vec![1e-5, 0.005, 0.5, 1.0, 2.5, 1e6, 1e7];
    let wait = register_histogram_vec!("wait_seconds", "Wait.", &["to"], buckets).unwrap();
    [0.2, 0.5, 0.7, 9.0, 1e8]
        .into_iter()
        .for_each(|seconds| wait.with_label_values(&["db"]).observe(seconds));
    wait.with_label_values(&["spoiled"]).observe(f64::NAN);
    let drift = register_histogram_vec!("drift_celsius", "Drift.", &["of"], vec![-1.0, 1.0]).unwrap();
    drift.with_label_values(&["a"]).observe(-3.0);
    drift.with_label_values(&["never"]);
}

/// A sample's name and labels; bounds are numbers, which each format spells differently.
fn identity(sample: &Sample) -> (String, BTreeMap<String, String>) {
    let bound = |name: &str, value: &str| match name {
        "le" => format!("{:?}", value.parse::<f64>().unwrap()),
        _ => value.to_owned(),
    };
    let labels = sample.labels.iter().map(|(name, value)| (name.clone(), bound(name, value)));
    (sample.name.clone(), labels.collect())
}

/// All samples except those of the process, which differ between scrapes.
fn values(exposition: &Exposition) -> BTreeMap<(String, BTreeMap<String, String>), f64> {
    let samples = exposition.samples().filter(|sample| !sample.name.starts_with("process_"));
    samples.map(|sample| (identity(sample), sample.value.as_f64())).collect()
}

/// Samples that OpenMetrics cannot express: sum and count of histograms whose sum may decrease.
fn is_text_only((name, labels): &(String, BTreeMap<String, String>)) -> bool {
    let spoiled = name.starts_with("wait_seconds_") && labels.get("to").is_some_and(|to| to == "spoiled");
    (spoiled || name.starts_with("drift_celsius_")) && !name.ends_with("_bucket")
}

#[test]
fn an_absorbed_default_registry_says_the_same_in_every_format() {
    fill();
    let mut theirs = String::new();
    prometheus::TextEncoder::new().encode_utf8(&prometheus::gather(), &mut theirs).unwrap();
    let theirs = text(&theirs).unwrap_or_else(|refusal| panic!("{refusal}\n{theirs}"));

    let registry = Registry::new();
    radiosonde_prometheus::absorb(&registry, prometheus::default_registry());
    let ours = registry.text();
    let ours = text(&ours).unwrap_or_else(|refusal| panic!("{refusal}\n{ours}"));
    let open = registry.encode(Format::OpenMetrics);
    let open = open_metrics(&open).unwrap_or_else(|refusal| panic!("{refusal}\n{open}"));

    let expected = values(&theirs);
    assert!(expected.len() > 30, "{expected:?}");
    for (exposition, format) in [(&ours, Format::Text), (&open, Format::OpenMetrics)] {
        let mut found = values(exposition);
        found.retain(|(name, _), _| !name.starts_with("radiosonde_metrics_"));
        for (identity, value) in &expected {
            let ours = found.remove(identity);
            if format == Format::OpenMetrics && is_text_only(identity) {
                assert_eq!(ours, None, "{identity:?}");
                continue;
            }
            let ours = ours.unwrap_or_else(|| panic!("no {identity:?} in {format}"));
            assert!(
                ours == *value || (ours.is_nan() && value.is_nan()),
                "{identity:?} is {ours}, not {value}"
            );
        }
        assert_eq!(found, BTreeMap::new(), "beside theirs, in {format}");
    }

    for family in &theirs.families {
        let in_text = ours.family(&family.name).unwrap_or_else(|| panic!("no {}", family.name));
        assert_eq!((in_text.kind, &in_text.help), (family.kind, &family.help));
        let base = family.name.strip_suffix("_total").filter(|_| family.kind == FamilyKind::Counter);
        let in_open =
            open.family(base.unwrap_or(&family.name)).unwrap_or_else(|| panic!("no {}", family.name));
        assert_eq!(in_open.help, family.help);
        let unknown = family.kind == FamilyKind::Counter && base.is_none();
        assert_eq!(in_open.kind, if unknown { FamilyKind::Unknown } else { family.kind });
    }
    let errors = ours.samples().filter(|sample| sample.name == "radiosonde_metrics_collector_errors_total");
    let errors: Vec<_> = errors.map(|sample| sample.value.as_u64()).collect();
    assert!(!errors.is_empty() && errors.iter().all(|times| *times == Some(0)), "{errors:?}");
}
