use std::time::Duration;

use crate::objectives::severity::Severity;

/// A pair of windows in which the error budget must not burn faster than a factor.
///
/// # Shape
/// The budget burns too fast if it does in both windows: the long one has enough events to be sure, and the short one ends the alert
/// soon after the cause, and as soon as there are no more events. At a factor of 1 the budget lasts exactly for the period.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_signals::{BurnWindow, Severity, Slo, Work};
///
/// // A batch that runs once in an hour has few events in the default windows.
/// let window = BurnWindow {
///     long: Duration::from_secs(24 * 3600),
///     short: Duration::from_secs(2 * 3600),
///     factor: 3.0,
///     severity: Severity::Warning,
/// };
/// let slo = Slo::availability("nightly", 99.0, Work::job("nightly")).windows([window]).min_bad_events(1.0);
/// assert_eq!(slo.burn_windows(), [window]);
/// ```
///
/// # Source
/// Google, *The Site Reliability Workbook*, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts":
/// <https://sre.google/workbook/alerting-on-slos/>
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BurnWindow {
    /// The long window.
    pub long: Duration,
    /// The short window.
    pub short: Duration,
    /// The burn rate above which the budget burns too fast.
    pub factor: f64,
    /// The severity of the alert.
    pub severity: Severity,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl BurnWindow {
    /// The windows of an objective for 30 days: 14.4 in 1 h and 5 min, and 6 in 6 h and 30 min, are critical; 3 in 1 d and 2 h, and 1 in
    /// 3 d and 6 h, are warnings.
    pub const DEFAULT: [Self; 4] = [
        Self::new(HOUR, 5 * MINUTE, 14.4, Severity::Critical),
        Self::new(6 * HOUR, 30 * MINUTE, 6.0, Severity::Critical),
        Self::new(DAY, 2 * HOUR, 3.0, Severity::Warning),
        Self::new(3 * DAY, 6 * HOUR, 1.0, Severity::Warning),
    ];

    const fn new(long: u64, short: u64, factor: f64, severity: Severity) -> Self {
        Self { long: Duration::from_secs(long), short: Duration::from_secs(short), factor, severity }
    }
}
