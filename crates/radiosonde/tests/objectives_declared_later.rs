//! Objectives that are declared after `init`, in a process of its own: an engine runs for them, and reads nothing before.
#![cfg(feature = "alerts")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use radiosonde::Registry;
use radiosonde::metrics::collect::{Collection, Collector};
use radiosonde::metrics::model::Kind;
use radiosonde::signals::{Bound, Series, Slo};

#[derive(Default)]
struct Counted(Arc<AtomicUsize>);

impl Collector for Counted {
    fn collect(&self, _: &mut Collection) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn objectives_that_are_declared_after_init_are_evaluated() {
    let registry = Registry::new();
    registry.gauge("queue_depth", "Messages that wait.").build().unwrap().set(1.0);
    let counted = Counted::default();
    let collected = Arc::clone(&counted.0);
    registry.collect_from(counted);
    let telemetry = radiosonde::builder()
        .service_name("orders")
        .registry(&registry)
        .alerts(|alerts| alerts.interval(Duration::from_millis(10)))
        .init()
        .unwrap();
    let wait_for = |metric: &str, least: f64| {
        for _ in 0..4000 {
            let text = registry.text();
            let value = text.lines().find_map(|line| line.strip_prefix(metric)?.trim().parse::<f64>().ok());
            if value.is_some_and(|value| value >= least) {
                return true;
            }
            thread::sleep(Duration::from_millis(5));
        }
        false
    };
    // Long enough for several looks.
    thread::sleep(Duration::from_millis(200));
    let text = registry.text();
    assert!(text.contains("\nradiosonde_alerts_evaluations_total 0\n"), "{text}");
    assert_eq!(collected.load(Ordering::SeqCst), 1, "the engine reads nothing by itself");

    let series = Series::of(&registry, "queue_depth", Kind::Gauge);
    let short = Slo::gauge("queue_short", 99.0, series, Bound::AtMost(1000.0));
    telemetry.objectives().declare(short).unwrap();
    let is_evaluated = wait_for("slo_events_total{slo=\"queue_short\"}", 0.01);
    assert!(is_evaluated, "{}", registry.text());
}
