//! Objectives that are declared after `init`, in a process of its own: an engine runs for them.
#![cfg(feature = "alerts")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::thread;
use std::time::Duration;

use radiosonde::Registry;
use radiosonde::metrics::model::Kind;
use radiosonde::signals::{Bound, Series, Slo};

#[test]
fn objectives_that_are_declared_after_init_are_evaluated() {
    let registry = Registry::new();
    registry.gauge("queue_depth", "Messages that wait.").build().unwrap().set(1.0);
    let telemetry = radiosonde::builder().service_name("orders").registry(&registry).init().unwrap();
    let engine = telemetry.alerts().unwrap();
    engine.evaluate();

    let series = Series::of(&registry, "queue_depth", Kind::Gauge);
    let short = Slo::gauge("queue_short", 99.0, series, Bound::AtMost(1000.0));
    telemetry.objectives().declare(short).unwrap();
    let is_evaluated = || registry.text().contains("slo_burn_rate{slo=\"queue_short\"");
    // The engine's thread may be at it: then this does nothing.
    let mut left = 4000;
    while left > 0 && !is_evaluated() {
        engine.evaluate();
        thread::sleep(Duration::from_millis(5));
        left -= 1;
    }
    assert!(is_evaluated(), "{}", registry.text());
}
