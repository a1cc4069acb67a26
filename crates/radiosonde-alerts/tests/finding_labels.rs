//! Labels of findings that alerts cannot have.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use radiosonde_alerts::{AlertEngine, AlertRule, Condition, Finding};
use radiosonde_metrics::Registry;

#[test]
fn a_finding_does_not_name_its_alert_or_its_severity() {
    let each = Condition::each(|_| {
        ["alertname", "severity", "team"].map(|label| Finding::new(1.0).label(label, "x"))
    });
    let builder = AlertEngine::builder().registry(&Registry::new()).rule(AlertRule::new("Own", each));
    let engine = builder.build().unwrap();
    engine.evaluate();
    let alerts = engine.alerts();
    let labels: Vec<_> = alerts.iter().map(|alert| alert.labels().contains_key("team")).collect();
    assert_eq!(labels, [true]);
}
