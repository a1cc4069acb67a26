use std::time::Duration;

use crate::anomalies::invalid_anomaly_options::{InvalidAnomalyOptions, MAX_SLOTS};

/// A pattern that repeats, such as that of a day.
///
/// # Shape
/// A period, divided into 2 to 1,440 slots: the usual difference from the level is learned for each slot, as the median of the last five periods, and
/// interpolated between them. The period begins with the first value. More slots follow the pattern more closely, and have fewer values each:
/// a step or a sharp bend within the
/// pattern is smoothed over one slot.
///
/// # Cost
/// 80 bytes for each slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Season {
    period: Period,
    slots: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Period {
    Time(Duration),
    Intervals(u32),
}

impl Season {
    /// A pattern that repeats after this time.
    #[must_use]
    pub const fn every(period: Duration, slots: usize) -> Self {
        Self { period: Period::Time(period), slots }
    }

    /// A pattern that repeats after a number of [intervals](crate::AnomalyOptions::interval).
    #[must_use]
    pub const fn of_intervals(period: u32, slots: usize) -> Self {
        Self { period: Period::Intervals(period), slots }
    }

    pub(crate) const fn slots(self) -> usize {
        self.slots
    }

    /// The length of a slot, in intervals.
    pub(crate) fn slot(self, interval: Duration) -> f64 {
        let period = match self.period {
            Period::Time(period) => period.as_secs_f64() / interval.as_secs_f64(),
            Period::Intervals(intervals) => f64::from(intervals),
        };
        #[allow(clippy::cast_precision_loss, reason = "at most 1,440")]
        let slots = self.slots as f64;
        period / slots
    }

    pub(crate) fn check(self, interval: Duration) -> Result<(), InvalidAnomalyOptions> {
        if !(2..=MAX_SLOTS).contains(&self.slots) {
            return Err(InvalidAnomalyOptions::Slots(self.slots));
        }
        let slot = self.slot(interval);
        if slot < 1.0 { Err(InvalidAnomalyOptions::Slot { slots: self.slots, slot }) } else { Ok(()) }
    }
}
