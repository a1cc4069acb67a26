use std::error::Error;
use std::time::Duration;
use std::{fmt, io};

use radiosonde_metrics::RegisterError;

use crate::rules::invalid_alert_rule::InvalidAlertRule;

/// An engine that could not be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum AlertEngineBuildError {
    /// A rule was refused.
    Rule(InvalidAlertRule),
    /// The interval is shorter than 10 ms or longer than 6 h.
    Interval(Duration),
    /// Another engine evaluates the registry.
    Claimed,
    /// The registry refused the engine's own metrics.
    Metrics(RegisterError),
    /// No thread could be started.
    Thread(io::Error),
}

impl fmt::Display for AlertEngineBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rule) => rule.fmt(f),
            Self::Interval(interval) => {
                write!(f, "invalid interval {interval:?}: expected 10 ms to 6 h between two evaluations")
            }
            Self::Claimed => f.write_str(
                "the registry has an alert engine: expected that it is shut down or dropped, or that its rules and handlers are added to it",
            ),
            // With its text, which names the metric and the place of the other one.
            Self::Metrics(error) => {
                write!(f, "the metrics of the alert engine cannot be registered: {error}")
            }
            Self::Thread(_) => f.write_str("no thread for the alert engine can be started"),
        }
    }
}

impl Error for AlertEngineBuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // Its text is this error's.
            Self::Rule(_) | Self::Interval(_) | Self::Claimed => None,
            Self::Metrics(error) => error.source(),
            Self::Thread(error) => Some(error),
        }
    }
}

impl From<InvalidAlertRule> for AlertEngineBuildError {
    fn from(rule: InvalidAlertRule) -> Self {
        Self::Rule(rule)
    }
}
