//! Functions that share one operation by accident.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use radiosonde_core::diagnostics;
use radiosonde_signals::observe;

mod orders {
    #[super::observe]
    pub(crate) fn price() {}

    #[super::observe(name = "charge")]
    pub(crate) fn first() {}

    #[super::observe]
    pub(crate) fn own() {}
}

mod stock {
    #[super::observe]
    pub(crate) fn price() {}

    #[super::observe(namespace = "stock")]
    pub(crate) fn own() {}

    pub(crate) mod metrics {
        #[crate::observe(per_operation)]
        pub(crate) fn own() {}
    }

    #[super::observe(name = "charge")]
    pub(crate) fn second() {}
}

struct Basket;

impl Basket {
    #[observe]
    fn price(&self) {}
}

#[test]
fn a_second_function_of_a_name_is_reported_once_and_both_are_named() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&reports);
    diagnostics::set_hook(move |diagnostic| into.lock().unwrap().push(diagnostic.to_string()));
    for _ in 0..3 {
        orders::price();
        orders::first();
        orders::own();
        stock::price();
        // Neither shares the metrics of the other.
        stock::own();
        stock::metrics::own();
        // Both chose the name.
        stock::second();
        Basket.price();
    }
    let reports = reports.lock().unwrap().clone();
    assert_eq!(reports.len(), 2, "{reports:#?}");
    for (report, second) in reports.iter().zip(["names::stock::price (", "names::price ("]) {
        for part in
            ["radiosonde: signals: ", second, "names::orders::price (", "\"price\"", "#[observe(name = "]
        {
            assert!(report.contains(part), "no {part} in {report}");
        }
    }
}
