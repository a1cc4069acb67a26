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
    assert_eq!(names.len(), 69, "{names:#?}");
}
