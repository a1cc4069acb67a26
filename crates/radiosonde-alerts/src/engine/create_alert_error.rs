use std::error::Error;
use std::fmt;

use crate::alert_limit::AlertLimit;

/// An alert that was not created.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CreateAlertError {
    /// The name is empty.
    EmptyName,
    /// The alert is resolved.
    Resolved,
    /// A rule of the engine has the name, and would resolve the alert.
    NameOfRule(String),
    /// The alerts of objectives have the name, and would resolve the alert.
    ReservedName(String),
    /// A label or an annotation that Prometheus and Alertmanager refuse, or one that is set from the alert's name or severity.
    Label(String),
    /// A text is too long, or there are too many.
    Limit(AlertLimit),
    /// There are as many active alerts as the engine holds.
    TooMany(usize),
    /// No handler would get the alert: the engine is shut down, or this is a forked process, without its threads.
    ShutDown,
}

impl fmt::Display for CreateAlertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyName => f.write_str("invalid alert: expected a name"),
            Self::Resolved => f.write_str(
                "invalid alert: it is resolved: expected one that fires, or `AlertEngine::resolve`",
            ),
            Self::NameOfRule(name) => {
                write!(f, "invalid alert {name:?}: a rule has this name: expected a name of its own")
            }
            Self::ReservedName(name) => {
                write!(f, "invalid alert {name:?}: the alerts of objectives have this name: expected another one")
            }
            Self::Label(label) => write!(
                f,
                "invalid label {label:?}: expected [a-zA-Z_][a-zA-Z0-9_]*, without __ in front, and not alertname or severity"
            ),
            Self::Limit(limit) => write!(f, "invalid alert: expected {limit}"),
            Self::TooMany(most) => write!(f, "too many active alerts: expected at most {most}"),
            Self::ShutDown => {
                f.write_str("the alert engine is shut down, or a forked process has none of its threads: expected one that runs")
            }
        }
    }
}

impl Error for CreateAlertError {}
