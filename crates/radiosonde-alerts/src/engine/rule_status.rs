use radiosonde_signals::Severity;

use crate::alert::AlertState;

/// The state of a rule of an engine, as of the last evaluation.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RuleStatus {
    /// The name.
    pub name: String,
    /// The severity of its alerts.
    pub severity: Severity,
    /// Firing if any of its alerts fires, pending if any is pending; `None` if it has no alert.
    pub state: Option<AlertState>,
    /// The number that its condition compared last; of several, the highest.
    pub value: Option<f64>,
    /// How many evaluations panicked.
    pub panics: u64,
}
