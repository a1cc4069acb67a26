use std::collections::BTreeMap;
use std::time::Duration;

use radiosonde_signals::Severity;

use crate::alert_limit::AlertLimit;
use crate::label_name::{is_label_name, is_reserved};
use crate::rules::condition::Condition;
use crate::rules::invalid_alert_rule::{InvalidAlertRule, InvalidAlertRuleKind};

/// Raises an alert while a condition holds.
///
/// # Shape
/// Plain values, checked when an engine takes the rule. Rules with the same name have different severities, such as a warning and a critical one with
/// a higher threshold. In annotations, `{value}` stands for the value that the condition compared, and
/// `{name}` for the label of that name.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_alerts::{AlertRule, Condition, Severity, Value};
/// use radiosonde_signals::Work;
///
/// let window = Duration::from_secs(300);
/// let rule = AlertRule::new("HighErrorRate", Condition::above(Value::error_ratio(Work::http_server(), window), 0.05))
///     .hold(Duration::from_secs(300))
///     .severity(Severity::Critical)
///     .label("component", "api")
///     .summary("The share of failed requests is {value}.")
///     .runbook("https://example.com/runbooks/high-error-rate");
/// ```
#[must_use = "a rule is evaluated by an `AlertEngine`"]
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AlertRule {
    /// The name of its alerts.
    pub name: String,
    /// There is an alert while it holds.
    pub condition: Condition,
    /// How long the condition has to hold before the alert fires.
    pub hold: Duration,
    /// For how long the alert goes on firing after the condition held last.
    pub keep_firing: Duration,
    /// The severity of the alerts.
    pub severity: Severity,
    /// Labels of the alerts, beside their name and severity.
    pub labels: BTreeMap<String, String>,
    /// Texts of the alerts, with placeholders.
    pub annotations: BTreeMap<String, String>,
    /// The most alerts of the rule at a time.
    pub max_alerts: usize,
}

impl AlertRule {
    /// A rule for alerts with this name; their severity is a warning by default.
    pub fn new(name: impl Into<String>, condition: Condition) -> Self {
        Self {
            name: name.into(),
            condition,
            hold: Duration::ZERO,
            keep_firing: Duration::ZERO,
            severity: Severity::Warning,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            max_alerts: 100,
        }
    }

    /// How long the condition has to hold before the alert fires: `for` of Prometheus; default: not at all.
    pub const fn hold(mut self, duration: Duration) -> Self {
        self.hold = duration;
        self
    }

    /// For how long the alert goes on firing after the condition held last: `keep_firing_for` of Prometheus; default: not at all.
    pub const fn keep_firing(mut self, duration: Duration) -> Self {
        self.keep_firing = duration;
        self
    }

    /// The severity of the alerts; default: warning.
    pub const fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Adds a label to the alerts.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// Adds an annotation to the alerts.
    pub fn annotation(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(name.into(), value.into());
        self
    }

    /// The problem in a sentence: the annotation `summary`.
    pub fn summary(self, text: impl Into<String>) -> Self {
        self.annotation("summary", text)
    }

    /// A page about what to do: the annotation `runbook_url`.
    pub fn runbook(self, url: impl Into<String>) -> Self {
        self.annotation("runbook_url", url)
    }

    /// The most alerts of the rule at a time; default: 100. The rest are counted in `radiosonde_alerts_refused_total`.
    pub const fn max_alerts(mut self, alerts: usize) -> Self {
        self.max_alerts = alerts;
        self
    }

    pub(crate) fn check(&self) -> Result<(), InvalidAlertRule> {
        self.check_parts().map_err(|kind| InvalidAlertRule::new(&self.name, kind))
    }

    fn check_parts(&self) -> Result<(), InvalidAlertRuleKind> {
        use InvalidAlertRuleKind as Kind;
        if self.name.is_empty() {
            return Err(Kind::EmptyName);
        }
        if let Some(limit) = AlertLimit::exceeded(&self.name, self.labels.iter(), self.annotations.iter()) {
            return Err(Kind::Limit(limit));
        }
        if self.max_alerts == 0 {
            return Err(Kind::MaxAlerts);
        }
        let by = self.condition.by();
        for label in self.labels.keys().map(String::as_str).chain(by) {
            if is_reserved(label) {
                return Err(Kind::ReservedLabel(label.to_owned()));
            }
            if !is_label_name(label) {
                return Err(Kind::LabelName(label.to_owned()));
            }
        }
        if let Some(label) = by.filter(|label| self.labels.contains_key(*label)) {
            return Err(Kind::LabelOfValue(label.to_owned()));
        }
        if let Some(name) = self.annotations.keys().find(|name| !is_label_name(name)) {
            return Err(Kind::AnnotationName(name.clone()));
        }
        self.condition.check()
    }
}
