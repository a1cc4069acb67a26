use std::error::Error;
use std::fmt;

use crate::objectives::slo_error_kind::SloErrorKind;

/// An objective that was refused: its name and why, with what to change.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{Objectives, Slo, Work};
///
/// let slo = Slo::availability("orders", 0.999, Work::http_server());
/// let refused = Objectives::of(&Registry::new()).declare(slo).unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "invalid objective \"orders\": target 0.999 is a ratio: expected a percentage, 99.9",
/// );
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SloError {
    slo: String,
    // Kinds have texts of several objectives, and a `Result` is as large as its error.
    reason: Box<SloErrorKind>,
}

impl SloError {
    pub(crate) fn new(slo: &str, reason: SloErrorKind) -> Self {
        Self { slo: slo.to_owned(), reason: Box::new(reason) }
    }

    /// The name of the objective.
    #[must_use]
    pub fn slo(&self) -> &str {
        &self.slo
    }

    /// Why.
    #[must_use]
    pub fn kind(&self) -> &SloErrorKind {
        &self.reason
    }
}

impl fmt::Display for SloError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid objective {:?}: {}", self.slo, self.reason)
    }
}

impl Error for SloError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &*self.reason {
            SloErrorKind::Metric(error) => error.source(),
            _ => None,
        }
    }
}
