use std::time::Duration;

use crate::anomalies::anomaly_direction::AnomalyDirection;
use crate::anomalies::invalid_anomaly_options::{InvalidAnomalyOptions, MAX_SHARE, MAX_WINDOW};
use crate::anomalies::season::Season;

/// Options of an [`AnomalyDetector`](crate::AnomalyDetector): how it learns what is usual, and how far from it is an anomaly.
///
/// # Shape
/// Plain values, checked by [`AnomalyDetector::new`](crate::AnomalyDetector::new) and [`Anomalies::watch`](crate::Anomalies::watch). The
/// defaults suit a value every 10 seconds, the interval of an `AlertEngine`, that varies around a level.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_signals::{AnomalyDetector, AnomalyDirection, AnomalyOptions};
///
/// let options = AnomalyOptions::new()
///     .interval(Duration::from_secs(60))
///     .direction(AnomalyDirection::Above)
///     .threshold(6.0)
///     .absolute_floor(0.001);
/// assert!(AnomalyDetector::new(options).is_ok());
///
/// let refused = AnomalyDetector::new(AnomalyOptions::new().threshold(0.0)).unwrap_err();
/// assert_eq!(refused.to_string(), "invalid threshold 0: expected a number of deviations above 0");
/// ```
#[must_use = "options do nothing until a detector has them"]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnomalyOptions {
    pub(crate) interval: Duration,
    pub(crate) half_life: f64,
    pub(crate) window: usize,
    pub(crate) warm_up: usize,
    pub(crate) adopt_after: usize,
    pub(crate) absolute_floor: Option<f64>,
    pub(crate) relative_floor: f64,
    pub(crate) threshold: f64,
    pub(crate) leave_threshold: Option<f64>,
    pub(crate) enter_after: u32,
    pub(crate) leave_after: u32,
    pub(crate) direction: AnomalyDirection,
    pub(crate) season: Option<Season>,
}

impl Default for AnomalyOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl AnomalyOptions {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            interval: Duration::from_secs(10),
            half_life: 30.0,
            window: 240,
            warm_up: 30,
            adopt_after: 40,
            absolute_floor: None,
            relative_floor: 0.01,
            threshold: 3.5,
            leave_threshold: None,
            enter_after: 2,
            leave_after: 5,
            direction: AnomalyDirection::Both,
            season: None,
        }
    }

    /// The time between two values, as planned; default: 10 s. The half-life is a number of them; values that come later move the expected
    /// value further.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// After how many intervals a value counts half in the expected one; default: 30, five minutes at the default interval. Shorter follows faster drift, and forgets what was usual
    /// sooner.
    pub const fn half_life(mut self, intervals: f64) -> Self {
        self.half_life = intervals;
        self
    }

    /// Of how many values the deviation is computed; default: 240, forty minutes at the default interval; at most 10,000.
    pub const fn window(mut self, values: usize) -> Self {
        self.window = values;
        self
    }

    /// After how many values the detector starts to judge; default: 30. With a [`season`](Self::season), after two periods and these.
    pub const fn warm_up(mut self, values: usize) -> Self {
        self.warm_up = values;
        self
    }

    /// After how many consecutive values on one side, all beyond the threshold, their median becomes the expected value: the way out
    /// after a lasting change; default: 40. At most a third of the window.
    pub const fn adopt_after(mut self, values: usize) -> Self {
        self.adopt_after = values;
        self
    }

    /// The smallest deviation, in the unit of the values; default: 0.01 for a [`Measure::ratio`](crate::Measure::ratio), 0 for any other
    /// value. It is for values that are often exactly the same, such as an error ratio of 0: a change by less than the threshold times this
    /// is never an anomaly.
    pub const fn absolute_floor(mut self, deviation: f64) -> Self {
        self.absolute_floor = Some(deviation);
        self
    }

    /// The smallest deviation, as a share of the expected value; default: 0.01.
    pub const fn relative_floor(mut self, share: f64) -> Self {
        self.relative_floor = share;
        self
    }

    /// How many deviations away from the expected value a value is an anomaly; default: 3.5.
    pub const fn threshold(mut self, deviations: f64) -> Self {
        self.threshold = deviations;
        self
    }

    /// How near to the expected value a value is usual again, in deviations; default: half of the threshold.
    pub const fn leave_threshold(mut self, deviations: f64) -> Self {
        self.leave_threshold = Some(deviations);
        self
    }

    /// After how many consecutive values beyond the threshold the state is anomalous; default: 2. With 1, a single value is enough.
    pub const fn enter_after(mut self, values: u32) -> Self {
        self.enter_after = values;
        self
    }

    /// After how many consecutive values within the leave threshold the state is normal again; default: 5.
    pub const fn leave_after(mut self, values: u32) -> Self {
        self.leave_after = values;
        self
    }

    /// On which side of the expected value a value can be an anomaly; default: both.
    pub const fn direction(mut self, direction: AnomalyDirection) -> Self {
        self.direction = direction;
        self
    }

    /// The pattern that repeats, such as that of a day; default: none.
    pub const fn season(mut self, season: Season) -> Self {
        self.season = Some(season);
        self
    }

    /// With this absolute floor unless one was set.
    pub(crate) fn with_floor(self, deviation: f64) -> Self {
        Self { absolute_floor: self.absolute_floor.or(Some(deviation)), ..self }
    }

    /// The smallest deviation for an expected value.
    pub(crate) fn floor(&self, expected: f64) -> f64 {
        // The smallest normal number: a series that never varies has no other deviation.
        let absolute = self.absolute_floor.unwrap_or(0.0);
        absolute.max(self.relative_floor * expected.abs()).max(f64::MIN_POSITIVE)
    }

    pub(crate) fn leaves_below(&self) -> f64 {
        self.leave_threshold.unwrap_or(self.threshold / 2.0)
    }

    /// Refuses values with which no detector works.
    pub(crate) fn check(&self) -> Result<(), InvalidAnomalyOptions> {
        use InvalidAnomalyOptions as Invalid;

        let is_positive = |value: f64| value.is_finite() && value > 0.0;
        let is_floor = |value: f64| value.is_finite() && value >= 0.0;
        if self.interval.is_zero() {
            return Err(Invalid::Interval);
        }
        if !is_positive(self.half_life) {
            return Err(Invalid::HalfLife(self.half_life));
        }
        if !(4..=MAX_WINDOW).contains(&self.window) {
            return Err(Invalid::Window(self.window));
        }
        if !(2..=self.window).contains(&self.warm_up) {
            return Err(Invalid::WarmUp { warm_up: self.warm_up, window: self.window });
        }
        if !(1..=self.window / MAX_SHARE).contains(&self.adopt_after) {
            return Err(Invalid::AdoptAfter { adopt_after: self.adopt_after, window: self.window });
        }
        if let Some(&floor) =
            [self.absolute_floor.unwrap_or(0.0), self.relative_floor].iter().find(|floor| !is_floor(**floor))
        {
            return Err(Invalid::Floor(floor));
        }
        if !is_positive(self.threshold) {
            return Err(Invalid::Threshold(self.threshold));
        }
        let leave_threshold = self.leaves_below();
        if !(is_positive(leave_threshold) && leave_threshold <= self.threshold) {
            return Err(Invalid::LeaveThreshold { leave_threshold, threshold: self.threshold });
        }
        if self.enter_after == 0 || self.leave_after == 0 {
            return Err(Invalid::Run);
        }
        self.season.map_or(Ok(()), |season| season.check(self.interval))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anomalies::invalid_anomaly_options::MAX_SLOTS;

    #[track_caller]
    fn assert_refused(options: AnomalyOptions, message: &str) {
        assert_eq!(options.check().unwrap_err().to_string(), message);
    }

    #[test]
    fn options_without_a_detector_are_refused_with_what_to_change() {
        let options = AnomalyOptions::new();
        assert_refused(options.interval(Duration::ZERO), "invalid interval 0: expected a time such as 10 s");
        for half_life in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_refused(
                options.half_life(half_life),
                &format!("invalid half-life {half_life}: expected a number of intervals above 0"),
            );
        }
        assert_refused(options.window(3), "invalid window 3: expected from 4 to 10000 values");
        assert_refused(options.window(10_001), "invalid window 10001: expected from 4 to 10000 values");
        assert_refused(
            options.warm_up(241),
            "invalid warm-up 241: expected from 2 to 240 values, the window",
        );
        assert_refused(options.warm_up(1), "invalid warm-up 1: expected from 2 to 240 values, the window");
        let message = "invalid adoption after 81: expected from 1 to 80 values, a third of the window";
        assert_refused(options.adopt_after(81), message);
        assert!(options.adopt_after(0).check().is_err());
        let message = "invalid floor -1: expected a finite number that is not negative";
        assert_refused(options.absolute_floor(-1.0), message);
        assert_refused(options.relative_floor(-1.0), message);
        assert!(options.relative_floor(f64::NAN).check().is_err());
        assert_refused(
            options.threshold(-1.0),
            "invalid threshold -1: expected a number of deviations above 0",
        );
        assert_refused(
            options.leave_threshold(3.6),
            "invalid leave threshold 3.6: expected above 0 and at most 3.5, the threshold",
        );
        assert!(options.leave_threshold(0.0).check().is_err());
        let message = "invalid run 0: expected to enter and to leave after 1 value or more";
        assert_refused(options.enter_after(0), message);
        assert_refused(options.leave_after(0), message);
        assert_refused(
            options.season(Season::of_intervals(5000, 1441)),
            "invalid season of 1441 slots: expected from 2 to 1440",
        );
        assert!(options.season(Season::of_intervals(5000, 1)).check().is_err());
        assert_refused(
            options.season(Season::every(Duration::from_secs(60), 8)),
            "invalid season of 8 slots of 0.75 intervals: expected slots of 1 interval or more",
        );
    }

    #[test]
    fn options_at_the_limits_are_accepted() {
        let options = AnomalyOptions::default();
        let accepted = [
            options,
            options.window(4).warm_up(4).adopt_after(1),
            options.window(MAX_WINDOW).warm_up(2).adopt_after(MAX_WINDOW / 3),
            options.leave_threshold(3.5).enter_after(1).leave_after(1),
            options.relative_floor(0.0).absolute_floor(0.0),
            options.season(Season::of_intervals(1440, MAX_SLOTS)),
            options.season(Season::every(Duration::from_secs(60), 6)),
        ];
        assert_eq!(accepted.map(|options| options.check()), [Ok(()); 7]);
    }
}
