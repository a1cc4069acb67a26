//! Rules in the manner of well-known public ones, against a catalogue of the exporters that they read: nothing is found.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use radiosonde_ops::{Catalogue, Checker};

#[test]
fn nothing_is_found_in_well_known_rules() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/known_rules");
    let catalogue = std::fs::read_to_string(folder.join("catalogue.json")).unwrap();
    // Kubernetes adds these labels to the series of every target.
    let labels = ["cluster", "namespace", "service", "endpoint", "metrics_path", "node"];
    let checker = labels
        .into_iter()
        .fold(Checker::new(&Catalogue::from_json(&catalogue).unwrap()), Checker::target_label);
    radiosonde_ops::assert_checked!("tests/known_rules", checker);
}

#[test]
#[should_panic(expected = "error[metric-missing] alert BadConfig")]
fn a_missing_metric_fails_the_test() {
    radiosonde_ops::assert_checked!(
        "tests/known_rules/prometheus.yml",
        Checker::new(&Catalogue::default()).external("alertmanager_")
    );
}
