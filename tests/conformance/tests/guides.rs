//! The metrics of five monitoring guides come from ready helpers: names, types, labels and units are compared item by item.
//!
//! The tables, to be held beside the guides, are in `src/guides`.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use conformance::guides::GUIDES;

#[track_caller]
fn compare(name: &str) {
    let guide = GUIDES.iter().find(|guide| guide.name == name).unwrap();
    let differences = guide.differences();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_metric_of_auterity_comes_from_a_ready_door() {
    compare("auterity");
}

#[test]
fn every_metric_of_valtronics_comes_from_a_ready_door() {
    compare("valtronics");
}

#[test]
fn every_metric_of_autoserve_comes_from_a_ready_door() {
    compare("autoserve");
}

#[test]
fn every_metric_of_the_shop_comes_from_a_ready_door() {
    compare("shop");
}

#[test]
fn every_metric_of_aetherra_comes_from_a_ready_door() {
    compare("aetherra");
}

/// So that no row is lost with a change of the tables.
#[test]
fn the_tables_have_all_families_of_the_guides() {
    let names: BTreeSet<&str> = GUIDES.iter().flat_map(|guide| guide.names()).collect();
    let missing: BTreeSet<&str> = MISSING.iter().copied().collect();
    assert!(names.is_disjoint(&missing), "{:?}", names.intersection(&missing));
    assert_eq!(names.len() + missing.len(), 69, "{names:#?}");
}

/// The metrics that do not come from a ready door yet.
const MISSING: &[&str] = &[
    // auterity
    "cpu_usage",
    "error_counter",
    "memory_usage_bytes",
    "test_counter",
    // valtronics
    "valtronics_alerts_total",
    "valtronics_devices_total",
    "valtronics_system_health_score",
    "valtronics_telemetry_points_total",
    // autoserve
    "data_processing_errors_total",
    "data_records_processed_total",
    "model_inference_duration_seconds",
    "model_last_training_timestamp",
    "scaling_decisions_total",
    "scaling_prediction_accuracy",
    "user_registrations_total",
    "worker_memory_usage_bytes",
    // the shop guide
    "orders_created_total",
    "payments_processed_total",
    "user_signups_total",
    // aetherra
    "aetherra_homeostasis_status",
    "aetherra_memory_bytes",
    "aetherra_memory_events_total",
    "aetherra_memory_healthy",
    "aetherra_memory_storage_bytes",
    "aetherra_plugin_executions_total",
    "aetherra_service_healthy",
];
