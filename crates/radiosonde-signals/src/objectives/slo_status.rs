use std::time::Duration;

use crate::objectives::burn_window::BurnWindow;
use crate::objectives::counts::Counts;
use crate::objectives::slo::Slo;

/// How well this process meets an objective, as of the last evaluation.
///
/// Per instance, and since its start: what other instances do, and what was before a restart, is in Prometheus.
#[derive(Debug, Clone, PartialEq)]
pub struct SloStatus {
    /// The objective.
    pub slo: Slo,
    /// For how long it has been evaluated, at most its period.
    pub observed: Duration,
    /// The events of the period.
    pub period: Counts,
    /// The share of the error budget that is left: `1 - bad / allowed`. Below 0 if more was bad than the objective allows.
    pub budget_remaining: f64,
    /// The burn rate in each window that the objective has, from the shortest to the longest.
    pub windows: Vec<WindowStatus>,
    /// The pairs of windows in which the budget burns too fast.
    pub burning: Vec<BurnWindow>,
}

/// The burn rate in one window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindowStatus {
    /// Its length.
    pub window: Duration,
    /// The events in it.
    pub counts: Counts,
    /// How many times faster than the period allows the error budget burns. Without events, the last value.
    pub burn_rate: f64,
}

impl WindowStatus {
    /// Its length as Prometheus writes durations, in the longest unit that divides it: the label `window`.
    #[must_use]
    pub fn label(&self) -> String {
        const UNITS: [(u128, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
        let millis = self.window.as_millis();
        let fits = UNITS.iter().find(|(unit, _)| millis.is_multiple_of(*unit));
        fits.map_or_else(|| format!("{millis}ms"), |(unit, name)| format!("{}{name}", millis / unit))
    }
}
