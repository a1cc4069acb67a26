//! The registry of the process can be set up once, before it is used. In a program of its own, because it is one for each.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use radiosonde_metrics::{InvalidRegistry, Registry};

#[test]
fn the_global_registry_is_set_up_before_its_first_use_and_not_after() {
    let global = Registry::builder().namespace("shop").build_global().unwrap();
    Registry::global().counter("orders_total", "Orders.").build().unwrap().inc();
    assert!(global.text().contains("shop_orders_total 1\n"));
    let again = Registry::builder().namespace("other").build_global().unwrap_err();
    assert_eq!(again, InvalidRegistry::GlobalInUse);
}
