use std::error::Error;
use std::fmt;

use radiosonde_metrics::RegisterError;

/// An objective that was refused: its name and why, with what to change.
#[derive(Debug, Clone, PartialEq)]
pub struct SloError {
    slo: String,
    reason: SloErrorKind,
}

/// Why an objective was refused.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SloErrorKind {
    /// The target is not a percentage that leaves an error budget.
    Target(f64),
    /// Another objective of the registry has the name.
    Duplicate,
    /// The registry has another metric with a name of the metrics of objectives.
    Metric(RegisterError),
}

impl SloError {
    pub(crate) fn new(slo: &str, reason: SloErrorKind) -> Self {
        Self { slo: slo.to_owned(), reason }
    }

    /// The name of the objective.
    #[must_use]
    pub fn slo(&self) -> &str {
        &self.slo
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> &SloErrorKind {
        &self.reason
    }
}

impl fmt::Display for SloError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid objective {:?}: {}", self.slo, self.reason)
    }
}

impl fmt::Display for SloErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(target) => {
                write!(f, "target {target}: expected a percentage below 100, such as 99.9")
            }
            Self::Duplicate => f.write_str("another objective has this name: expected a name of its own"),
            Self::Metric(error) => error.fmt(f),
        }
    }
}

impl Error for SloError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.reason {
            SloErrorKind::Metric(error) => error.source(),
            SloErrorKind::Target(_) | SloErrorKind::Duplicate => None,
        }
    }
}
