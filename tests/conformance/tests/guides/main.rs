//! The metrics of five monitoring guides, each from a ready helper: names, types, labels and units, item by item.
//!
//! A file for each guide, with a table in the guide's order. A guide's own words are beside the names where the names need them.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod aetherra;
mod auterity;
mod autoserve;
mod doors;
mod missing;
mod shop_guide;
mod table;
mod valtronics;

use std::collections::BTreeSet;

#[test]
fn every_metric_of_auterity_comes_from_a_ready_door() {
    table::compare(auterity::GUIDE);
}

#[test]
fn every_metric_of_valtronics_comes_from_a_ready_door() {
    table::compare(valtronics::GUIDE);
}

#[test]
fn every_metric_of_autoserve_comes_from_a_ready_door() {
    table::compare(autoserve::GUIDE);
}

#[test]
fn every_metric_of_the_shop_guide_comes_from_a_ready_door() {
    table::compare(shop_guide::GUIDE);
}

#[test]
fn every_metric_of_aetherra_comes_from_a_ready_door() {
    table::compare(aetherra::GUIDE);
}

/// So that no row is lost with a change of the tables.
#[test]
fn the_tables_have_all_families_of_the_guides() {
    let guides = [auterity::GUIDE, valtronics::GUIDE, autoserve::GUIDE, shop_guide::GUIDE, aetherra::GUIDE];
    let names: BTreeSet<&str> = guides.into_iter().flat_map(table::names).collect();
    let missing: BTreeSet<&str> = missing::MISSING.iter().copied().collect();
    assert!(names.is_disjoint(&missing), "{:?}", names.intersection(&missing));
    assert_eq!(names.len() + missing.len(), 69, "{names:#?}");
}
