//! What an engine reports of its rules. The hook is that of the process, so this is a binary of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Mutex;

use radiosonde_alerts::{AlertEngine, AlertRule, Condition, Value};
use radiosonde_core::diagnostics;
use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_signals::Series;

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[test]
fn a_rule_whose_metric_is_missing_or_of_another_kind_is_reported() {
    diagnostics::set_hook(|diagnostic| SEEN.lock().unwrap().push(diagnostic.to_string()));
    let registry = Registry::new();
    let above = |metric| Condition::above(Value::sum(Series::of(&registry, metric, Kind::Gauge)), 0.0);
    registry.counter("jobs_total", "Jobs.").build().unwrap().inc();
    registry.gauge("empty", "Without series.").labels(&["a"]).unwrap();
    let rules = [("Missing", "missing"), ("Other", "jobs_total"), ("Empty", "empty")];
    let builder = AlertEngine::builder().registry(&registry);
    let builder = rules
        .iter()
        .fold(builder, |builder, (name, metric)| builder.rule(AlertRule::new(*name, above(metric))));
    let engine = builder
        .rule(AlertRule::new("Panics", Condition::when(|_| std::panic::resume_unwind(Box::new(1)))))
        .build();
    let engine = engine.unwrap();
    engine.evaluate();
    engine.evaluate();
    assert_eq!(engine.alerts(), [], "a counter is no gauge, whatever the rule calls it");
    assert_eq!(
        *SEEN.lock().unwrap(),
        [
            "radiosonde: alerts: unknown_metric: rule \"Missing\": metric \"missing\" is not declared yet",
            "radiosonde: alerts: other_kind: rule \"Other\": metric \"jobs_total\" is a counter: expected a gauge",
            "radiosonde: alerts: rule_panic: rule \"Panics\" panicked: its alerts stay as they are",
        ]
    );
    registry.gauge("missing", "No longer.").build().unwrap().set(1.0);
    engine.evaluate();
    assert_eq!(engine.active_alerts()[0].name(), "Missing");
}
