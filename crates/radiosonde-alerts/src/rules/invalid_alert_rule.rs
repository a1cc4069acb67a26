use std::error::Error;
use std::fmt;

use radiosonde_metrics::model::Kind;

use crate::alert_limit::AlertLimit;

/// An alert rule that was refused: its name, and why, with what to change.
#[derive(Debug, Clone, PartialEq)]
pub struct InvalidAlertRule {
    rule: String,
    kind: InvalidAlertRuleKind,
}

/// The reason for which an alert rule was refused.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum InvalidAlertRuleKind {
    /// The name is empty.
    EmptyName,
    /// Another rule of the engine has the name and the severity.
    DuplicateName,
    /// A label that Prometheus and Alertmanager refuse.
    LabelName(String),
    /// A label that is set from the alert's name or severity.
    ReservedLabel(String),
    /// The rule sets the label by which its value is told apart.
    LabelOfValue(String),
    /// An annotation that Prometheus and Alertmanager refuse.
    AnnotationName(String),
    /// A text is too long, or there are too many.
    Limit(AlertLimit),
    /// The threshold is not a number.
    Threshold(f64),
    /// The window is zero.
    Window,
    /// The quantile is outside of 0 to 1.
    Quantile(f64),
    /// The plain value of a counter.
    PlainCounter(String),
    /// A metric that is not a gauge.
    NotAGauge(String, Kind),
    /// A metric that is not a counter.
    NotACounter(String, Kind),
    /// A metric that is not a histogram.
    NotAHistogram(String, Kind),
    /// The rule may have no alert at all.
    MaxAlerts,
}

impl InvalidAlertRule {
    pub(crate) fn new(rule: &str, kind: InvalidAlertRuleKind) -> Self {
        Self { rule: rule.to_owned(), kind }
    }

    /// The name of the rule.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The reason.
    #[must_use]
    pub const fn kind(&self) -> &InvalidAlertRuleKind {
        &self.kind
    }
}

impl fmt::Display for InvalidAlertRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid alert rule {:?}: {}", self.rule, self.kind)
    }
}

impl fmt::Display for InvalidAlertRuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyName => f.write_str("expected a name"),
            Self::DuplicateName => f.write_str(
                "another rule has this name and severity: expected a name of its own, or labels in one rule",
            ),
            Self::LabelName(name) => {
                write!(f, "label {name:?}: expected [a-zA-Z_][a-zA-Z0-9_]*, without __ in front")
            }
            Self::ReservedLabel(name) => {
                write!(
                    f,
                    "label {name:?} is set from the alert: expected `AlertRule::new` and `severity` to set it"
                )
            }
            Self::LabelOfValue(name) => {
                write!(f, "label {name:?} comes from the value: expected that the rule does not set it")
            }
            Self::AnnotationName(name) => {
                write!(f, "annotation {name:?}: expected [a-zA-Z_][a-zA-Z0-9_]*, without __ in front")
            }
            Self::Limit(limit) => write!(f, "expected {limit}"),
            Self::Threshold(threshold) => write!(f, "threshold {threshold}: expected a number"),
            Self::Window => f.write_str("window 0 s: expected a window longer than 0 s"),
            Self::Quantile(quantile) => write!(f, "quantile {quantile}: expected 0 to 1, such as 0.95"),
            Self::PlainCounter(metric) => write!(
                f,
                "the counter {metric:?} never goes down, and neither would the alert: expected `Value::increase` or `Value::rate`"
            ),
            Self::NotAGauge(metric, kind) => {
                let instead = if *kind == Kind::Histogram { "quantile" } else { "rate" };
                write!(f, "{metric:?} is a {}: expected a gauge, or `Value::{instead}`", kind.as_str())
            }
            Self::NotACounter(metric, kind) => {
                write!(f, "{metric:?} is a {}: expected a counter, or `Value::sum`", kind.as_str())
            }
            Self::NotAHistogram(metric, kind) => {
                write!(f, "{metric:?} is a {}: expected a histogram", kind.as_str())
            }
            Self::MaxAlerts => f.write_str("at most 0 alerts: expected 1 or more"),
        }
    }
}

impl Error for InvalidAlertRule {}
