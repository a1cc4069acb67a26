use std::time::Duration;

use crate::objectives::burn_window::BurnWindow;
use crate::objectives::counts::Counts;
use crate::objectives::slo::Slo;

/// Burn rates and error budget of an objective in this process, as of the last evaluation.
///
/// Per instance, and since its start: other instances, and the time before a restart, are in Prometheus.
///
/// ```
/// use radiosonde_core::SystemClock;
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{Objectives, Operation, Slo, Work};
///
/// let registry = Registry::new();
/// let objectives = Objectives::of(&registry);
/// objectives.declare(Slo::availability("parsing", 90.0, Work::operation("parse")).windows([]))?;
/// let parse = Operation::builder("parse").registry(&registry).build()?;
/// (0..40).for_each(|_| drop(parse.run(|| "1".parse::<u8>())));
/// parse.run(|| "one".parse::<u8>()).unwrap_err();
/// objectives.evaluate(&SystemClock);
///
/// let status = objectives.status("parsing").ok_or("no such objective")?;
/// assert_eq!((status.period.total, status.period.bad), (41.0, 1.0));
/// assert!(status.budget_remaining > 0.7 && status.burning.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// The pairs of windows in which the budget burns too fast, with bad events in both.
    pub burning: Vec<BurnWindow>,
}

/// The burn rate in one window.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_signals::{Counts, WindowStatus};
///
/// let counts = Counts { total: 1000.0, bad: 5.0 };
/// // Of a target of 99 %: half of what it allows.
/// let hour = WindowStatus { window: Duration::from_secs(3600), counts, burn_rate: 0.5 };
/// assert_eq!(hour.label(), "1h");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindowStatus {
    /// Its length.
    pub window: Duration,
    /// The events in it.
    pub counts: Counts,
    /// The speed at which the error budget burns; at 1 it lasts exactly for the period. Without events, the last value.
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
