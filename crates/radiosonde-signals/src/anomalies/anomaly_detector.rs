use std::time::Duration;

use crate::anomalies::anomaly_options::AnomalyOptions;
use crate::anomalies::anomaly_state::{AnomalyState, AnomalyStatus};
use crate::anomalies::finite::{difference, sum};
use crate::anomalies::hysteresis::Hysteresis;
use crate::anomalies::invalid_anomaly_options::{InvalidAnomalyOptions, MAX_SHARE};
use crate::anomalies::residuals::Residuals;
use crate::anomalies::seasonal_profile::SeasonalProfile;

/// The highest score, either way.
const MAX_SCORE: f64 = 1000.0;
/// How many deviations of a residual count at most, so that outliers move the expected value little.
const CLAMP: f64 = 2.0;

/// Finds values that are far from what they usually are, in a series of them.
///
/// Knows no metrics: [`Anomalies`](crate::Anomalies) feeds it from a registry.
///
/// # Shape
/// - The expected value is an exponentially weighted mean, plus the usual difference of the [`Season`](crate::Season) if there is one.
/// - The deviation is the median absolute deviation of the differences in the window, times 1.4826, so that it is the standard deviation
///   of normally distributed values. It is no smaller than the floors.
/// - The score is the difference of the value from the expected one, in deviations.
/// - The state is anomalous after `enter_after` values with a score of `threshold` or more, and normal again after `leave_after` values with
///   one below `leave_threshold`.
///
/// Outliers do not change what is usual: a value moves the expected one by at most two deviations, and one that is beyond the threshold
/// does not move it. A change that lasts does, once `adopt_after` values in a row were beyond the threshold on the same side:
/// their median is then the expected value, and the anomaly ends. Soon after the warm-up, a third of the values so far is enough. A change of the deviation
/// is usual once it is in half of the window.
///
/// A value that is infinite or not a number is refused and counted. Values may be missing. The same values at the same times have the
/// same scores on every platform: the arithmetic has only operations that IEEE 754 defines exactly.
///
/// # What it does not find
/// - A slow drift: the expected value follows it. At the defaults, values that move by less than a twentieth of a deviation per interval are
///   hardly ever an anomaly.
/// - A change by less than about four deviations, reliably; one by six is found at the second value or soon after.
/// - A single value far away, at the defaults: `enter_after(1)` finds it, with a higher `threshold` to have few false alarms.
/// - A deviation that becomes smaller, and a value that is usual in itself but not at this time, without a season.
/// - What is wrong from the start: the values of the warm-up are usual. Nothing is kept over a restart.
///
/// # Cost
/// Less than a microsecond for each value at a window of 240; no allocation. 24 bytes for each value of the window and 80 for each slot
/// of the season, allocated at once.
///
/// # Source
/// Iglewicz and Hoaglin, *How to Detect and Handle Outliers* (1993): the score by median absolute deviation, with a threshold of 3.5.
///
/// # Examples
/// ```
/// use radiosonde_signals::{AnomalyDetector, AnomalyOptions, AnomalyState};
///
/// let mut detector = AnomalyDetector::new(AnomalyOptions::new())?;
/// for _ in 0..20 {
///     for value in [20.0, 21.0, 19.0, 22.0, 18.0] {
///         assert_ne!(detector.observe(value).state, AnomalyState::Anomalous);
///     }
/// }
/// assert_eq!(detector.observe(40.0).state, AnomalyState::Normal, "one value is not enough");
/// let status = detector.observe(41.0);
/// assert_eq!(status.state, AnomalyState::Anomalous);
/// assert!(status.score > 10.0);
/// # Ok::<(), radiosonde_signals::InvalidAnomalyOptions>(())
/// ```
#[derive(Debug, Clone)]
pub struct AnomalyDetector {
    options: AnomalyOptions,
    level: f64,
    residuals: Residuals,
    profile: Option<SeasonalProfile>,
    /// By how much adopted changes have moved the level.
    adopted: f64,
    /// The number of values of the warm-up, then of consecutive ones on the same side of the expected value that are beyond the threshold.
    run: usize,
    is_run_above: bool,
    hysteresis: Hysteresis,
    start: Option<Duration>,
    /// The time of the last value, and of the last one that was finite.
    last: Duration,
    last_finite: Duration,
    status: AnomalyStatus,
    refused: u64,
}

impl AnomalyDetector {
    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// [`InvalidAnomalyOptions`] names the option and what is expected of it.
    pub fn new(options: AnomalyOptions) -> Result<Self, InvalidAnomalyOptions> {
        options.check()?;
        Ok(Self {
            options,
            level: 0.0,
            residuals: Residuals::new(options.window),
            profile: options.season.map(|season| SeasonalProfile::new(season, options.interval)),
            adopted: 0.0,
            run: 0,
            is_run_above: false,
            hysteresis: Hysteresis::default(),
            start: None,
            last: Duration::ZERO,
            last_finite: Duration::ZERO,
            status: AnomalyStatus::WARMING_UP,
            refused: 0,
        })
    }

    /// Judges a value that comes one [interval](AnomalyOptions::interval) after the last one.
    pub fn observe(&mut self, value: f64) -> AnomalyStatus {
        let next =
            if self.start.is_some() { self.last.saturating_add(self.options.interval) } else { self.last };
        self.observe_at(value, next)
    }

    /// Judges a value of this time of a monotonic clock. A time before the last one counts as the last one.
    pub fn observe_at(&mut self, value: f64, at: Duration) -> AnomalyStatus {
        let start = *self.start.get_or_insert(at);
        self.last = self.last.max(at);
        if !value.is_finite() {
            self.refused += 1;
            return self.status;
        }
        let time = self.intervals(start, self.last);
        let elapsed = self.intervals(self.last_finite, self.last);
        self.last_finite = self.last;
        if let Some(profile) = &mut self.profile {
            profile.advance(time);
            if !profile.is_learned() {
                profile.add(value, time);
                return self.status;
            }
        }
        let season = self.profile.as_ref().map_or(0.0, |profile| profile.at(time));
        let expected = sum(self.level, season);
        let residual = difference(value, expected);
        let usual = if self.status.state == AnomalyState::WarmingUp {
            self.warm_up(residual);
            residual
        } else {
            self.judge(expected, residual, elapsed)
        };
        if let Some(profile) = &mut self.profile {
            profile.add(difference(sum(expected, usual), self.adopted), time);
        }
        self.status
    }

    /// The status as of the last value that was not refused.
    #[must_use]
    pub const fn status(&self) -> AnomalyStatus {
        self.status
    }

    /// The number of values that were refused, as they were infinite or not a number.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    fn warm_up(&mut self, residual: f64) {
        self.residuals.push(residual);
        self.run += 1;
        if self.run >= self.options.warm_up {
            self.level = sum(self.level, self.residuals.centre_newest(self.run));
            self.run = 0;
            self.status.state = AnomalyState::Normal;
        }
    }

    /// Returns the residual without what is unusual of it.
    fn judge(&mut self, expected: f64, residual: f64, elapsed: f64) -> f64 {
        let AnomalyOptions { threshold, direction, .. } = self.options;
        let deviation = self.residuals.deviation().max(self.options.floor(expected));
        let score = (residual / deviation).clamp(-MAX_SCORE, MAX_SCORE);
        let is_anomalous = self.hysteresis.add(direction.distance(score), &self.options);
        let state = if is_anomalous { AnomalyState::Anomalous } else { AnomalyState::Normal };
        self.status = AnomalyStatus { state, score, expected: Some(expected) };

        let usual = residual.clamp(-CLAMP * deviation, CLAMP * deviation);
        self.residuals.push(residual);
        let is_above = score > 0.0;
        let continues = self.run > 0 && self.is_run_above == is_above;
        let beyond = if continues { self.options.leaves_below() } else { threshold };
        if score.abs() < beyond {
            self.run = 0;
            self.level = sum(self.level, self.weight(elapsed) * usual);
            return usual;
        }
        self.run = if continues { self.run + 1 } else { 1 };
        self.is_run_above = is_above;
        // Beyond a third of the residuals, the change itself would make the deviation so large that it ends the run.
        let enough = self.options.adopt_after.min(self.residuals.count() / MAX_SHARE);
        if self.run >= enough.max(self.options.enter_after as usize) {
            let change = self.residuals.centre_newest(self.run);
            self.level = sum(self.level, change);
            self.adopted = sum(self.adopted, change);
            self.run = 0;
        }
        usual
    }

    /// The weight of a value this many intervals after the last one: `1 - 0.5^(elapsed / half-life)`, by the first terms of its series, which
    /// need no function that differs between platforms.
    fn weight(&self, elapsed: f64) -> f64 {
        let exponent = elapsed / self.options.half_life * std::f64::consts::LN_2;
        let terms = exponent + exponent * exponent / 2.0;
        if terms.is_finite() { terms / (1.0 + terms) } else { 1.0 }
    }

    fn intervals(&self, from: Duration, to: Duration) -> f64 {
        to.saturating_sub(from).as_secs_f64() / self.options.interval.as_secs_f64()
    }
}
