//! What an engine reports of its rules. The hook is that of the process, so this is a binary of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Mutex;
use std::time::Duration;

use radiosonde_alerts::{AlertEngine, AlertRule, Condition, Value};
use radiosonde_core::diagnostics;
use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_signals::{Anomalies, AnomalyOptions, Measure, Series, Work};

const MINUTE: Duration = Duration::from_secs(60);

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[test]
fn a_rule_whose_metric_is_missing_or_of_another_kind_is_reported() {
    diagnostics::set_hook(|diagnostic| SEEN.lock().unwrap().push(diagnostic.to_string()));
    let registry = Registry::new();
    let above = |metric| Condition::above(Value::sum(Series::of(&registry, metric, Kind::Gauge)), 0.0);
    registry.counter("jobs_total", "Jobs.").build().unwrap().inc();
    registry.gauge("empty", "Without series.").labels(&["a"]).unwrap();
    let panics = Measure::function(|_| std::panic::resume_unwind(Box::new(1)));
    Anomalies::of(&registry).watch("lost", panics, AnomalyOptions::new()).unwrap();
    let rules = [("Missing", "missing"), ("Other", "jobs_total"), ("Empty", "empty")];
    let builder = AlertEngine::builder().registry(&registry);
    let builder = rules
        .iter()
        .fold(builder, |builder, (name, metric)| builder.rule(AlertRule::new(*name, above(metric))));
    let engine = builder
        .rule(AlertRule::new(
            "Typo",
            Condition::above(Value::error_ratio(Work::operation("chrage"), MINUTE), 0.1),
        ))
        .rule(AlertRule::new("Full", Condition::above(Value::saturation(Work::database("odrers")), 0.9)))
        .rule(AlertRule::new("Burns", Condition::burning("odrers")))
        .rule(AlertRule::new("Unusual", Condition::anomalous("detpth")))
        .rule(AlertRule::new("Lost", Condition::anomalous("lost")))
        .rule(AlertRule::new("Panics", Condition::when(|_| std::panic::resume_unwind(Box::new(1)))))
        .build();
    let engine = engine.unwrap();
    engine.evaluate();
    engine.evaluate();
    assert_eq!(engine.alerts(), [], "a counter is no gauge, whatever the rule calls it");
    assert_eq!(
        *SEEN.lock().unwrap(),
        [
            "radiosonde: signals: anomalies: the measure of \"lost\" panicked: it is not evaluated any more",
            "radiosonde: alerts: unknown_metric: rule \"Missing\": metric \"missing\" is not declared yet",
            "radiosonde: alerts: other_kind: rule \"Other\": metric \"jobs_total\" is a counter: expected a gauge",
            "radiosonde: alerts: unknown_work: rule \"Typo\": work operation \"chrage\" is not declared yet, or has no count of errors and traffic",
            "radiosonde: alerts: unknown_resource: rule \"Full\": work database \"odrers\" is not declared yet, or has no saturation",
            "radiosonde: alerts: unknown_objective: rule \"Burns\": objective \"odrers\" is not declared yet",
            "radiosonde: alerts: unknown_detector: rule \"Unusual\": detector \"detpth\" is not declared yet",
            "radiosonde: alerts: lost_detector: rule \"Lost\": detector \"lost\" is not evaluated any more, as its measure panicked",
            "radiosonde: alerts: rule_panic: rule \"Panics\" panicked: its alerts stay as they are",
        ]
    );
    registry.gauge("missing", "No longer.").build().unwrap().set(1.0);
    engine.evaluate();
    assert_eq!(engine.active_alerts()[0].name(), "Missing");
}
