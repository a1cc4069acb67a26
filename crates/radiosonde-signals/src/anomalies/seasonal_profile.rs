use std::time::Duration;

use crate::anomalies::finite::{difference, median_of_sorted, sum};
use crate::anomalies::season::Season;

/// Of how many periods the profile is the median.
const PERIODS: usize = 5;
/// How many periods have to be complete before the profile is used.
const LEARNED_AFTER: usize = 2;

/// The usual difference from the level in each slot of a period.
///
/// # Shape
/// A period ends when its first later value comes. Then the mean of each slot, without the median of all slots, joins those of the last
/// periods. A period in which more than half of the slots have no value is left out.
#[derive(Debug, Clone)]
pub(crate) struct SeasonalProfile {
    slots: Vec<Slot>,
    /// The length of a slot, in intervals.
    slot: f64,
    /// The number of the current period.
    period: u64,
    /// The number of periods that are complete and not left out.
    learned: usize,
    scratch: Vec<f64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// The difference of the slot from the level.
    usual: f64,
    /// The means of the last periods.
    past: [Option<f64>; PERIODS],
    /// The mean of the current period's values.
    mean: f64,
    values: u32,
}

impl SeasonalProfile {
    pub(crate) fn new(season: Season, interval: Duration) -> Self {
        let slots = vec![Slot::default(); season.slots()];
        let scratch = Vec::with_capacity(season.slots().max(PERIODS));
        Self { slots, slot: season.slot(interval), period: 0, learned: 0, scratch }
    }

    /// Whether enough periods are complete.
    pub(crate) const fn is_learned(&self) -> bool {
        self.learned >= LEARNED_AFTER
    }

    /// Ends the current period if this time, in intervals since the first value, is after it.
    pub(crate) fn advance(&mut self, time: f64) {
        let period = self.period_at(time);
        if period > self.period {
            self.period = period;
            self.learn();
        }
    }

    /// The difference from the level at this time: that of the two slots with the nearest centres.
    pub(crate) fn at(&self, time: f64) -> f64 {
        // The values of a slot are at its beginning and every interval after it: their centre is before that of the slot.
        let centred = self.slots_at(time) - (self.slot - 1.0) / (2.0 * self.slot);
        let below = centred.floor();
        let share = centred - below;
        let count = self.slots.len();
        // Before the centre of the first slot, the last one is nearest.
        let (lower, upper) =
            if below < 0.0 { (count - 1, 0) } else { (below as usize % count, (below as usize + 1) % count) };
        let usual = |at: usize| self.slots.get(at).map_or(0.0, |slot| slot.usual);
        sum(usual(lower) * (1.0 - share), usual(upper) * share)
    }

    /// Adds a value at this time, without the level.
    pub(crate) fn add(&mut self, value: f64, time: f64) {
        let at = (self.slots_at(time) as usize).min(self.slots.len() - 1);
        if let Some(slot) = self.slots.get_mut(at) {
            slot.values = slot.values.saturating_add(1);
            slot.mean = sum(slot.mean, difference(value, slot.mean) / f64::from(slot.values));
        }
    }

    fn period_at(&self, time: f64) -> u64 {
        (time / (self.slot * self.slots.len() as f64)) as u64
    }

    /// The time since the beginning of its period, in slots.
    fn slots_at(&self, time: f64) -> f64 {
        time / self.slot % self.slots.len() as f64
    }

    fn learn(&mut self) {
        self.scratch.clear();
        self.scratch.extend(self.slots.iter().filter(|slot| slot.values > 0).map(|slot| slot.mean));
        let is_left_out = self.scratch.len() * 2 < self.slots.len();
        self.scratch.sort_unstable_by(f64::total_cmp);
        let level = median_of_sorted(&self.scratch);
        for slot in &mut self.slots {
            if !is_left_out {
                let mean = (slot.values > 0).then(|| difference(slot.mean, level));
                if let Some(past) = slot.past.get_mut(self.learned % PERIODS) {
                    *past = mean;
                }
            }
            (slot.mean, slot.values) = (0.0, 0);
        }
        if !is_left_out {
            self.learned += 1;
            self.update();
        }
    }

    /// Recomputes what is usual. A slot that has never had a value has the usual of the one before it.
    fn update(&mut self) {
        let mut before = 0.0;
        for slot in &mut self.slots {
            self.scratch.clear();
            self.scratch.extend(slot.past.iter().flatten());
            self.scratch.sort_unstable_by(f64::total_cmp);
            slot.usual = if self.scratch.is_empty() { before } else { median_of_sorted(&self.scratch) };
            before = slot.usual;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn profile(intervals: u32, slots: usize) -> SeasonalProfile {
        SeasonalProfile::new(Season::of_intervals(intervals, slots), SECOND)
    }

    /// Adds a value at each time of a period.
    fn add(profile: &mut SeasonalProfile, period: usize, values: &[Option<f64>]) {
        for (at, value) in values.iter().enumerate() {
            let time = (period * values.len() + at) as f64;
            profile.advance(time);
            if let Some(value) = value {
                profile.add(*value, time);
            }
        }
    }

    fn usual(profile: &SeasonalProfile) -> Vec<f64> {
        profile.slots.iter().map(|slot| slot.usual).collect()
    }

    #[test]
    fn the_usual_of_a_slot_is_the_median_of_the_last_five_periods() {
        let mut profile = profile(4, 4);
        let with = |first: f64| [Some(100.0 + first), Some(100.0), Some(104.0), Some(100.0)];
        for (period, first) in [8.0, 9.0].into_iter().enumerate() {
            assert!(!profile.is_learned());
            add(&mut profile, period, &with(first));
        }
        assert!(!profile.is_learned(), "the second period ends with the first value of the third");
        profile.advance(8.0);
        assert!(profile.is_learned());
        // The level is the median of all slots, 102.
        assert_eq!(usual(&profile), [6.5, -2.0, 2.0, -2.0]);
        for (at, first) in [500.0, 10.0, 11.0, 12.0].into_iter().enumerate() {
            add(&mut profile, 2 + at, &with(first));
        }
        profile.advance(24.0);
        // Of 9, 500, 10, 11 and 12: the first period is forgotten.
        assert_eq!(usual(&profile), [9.0, -2.0, 2.0, -2.0]);
    }

    #[test]
    fn a_slot_has_the_mean_of_its_values_and_between_centres_it_is_interpolated() {
        let mut profile = profile(8, 4);
        for period in 0..2 {
            let slots = [[8.0, 10.0], [1.0, 1.0], [-1.0, -1.0], [-9.0, -9.0]];
            add(&mut profile, period, &slots.concat().into_iter().map(Some).collect::<Vec<_>>());
        }
        profile.advance(16.0);
        assert_eq!(usual(&profile), [9.0, 1.0, -1.0, -9.0]);
        // The two values of the first slot are at 0 and 1: its centre is at 0.5.
        assert_eq!([0.5, 1.5, 2.5, 6.5, 7.5].map(|time| profile.at(16.0 + time)), [9.0, 5.0, 1.0, -9.0, 0.0]);
        assert_eq!(profile.at(16.0), 4.5, "three quarters of the first slot and a quarter of the last one");
    }

    #[test]
    fn a_slot_of_one_interval_is_not_interpolated() {
        let mut profile = profile(3, 3);
        for period in 0..2 {
            add(&mut profile, period, &[Some(5.0), Some(0.0), Some(-5.0)]);
        }
        profile.advance(6.0);
        assert_eq!([6.0, 7.0, 8.0, 9.0].map(|time| profile.at(time)), [5.0, 0.0, -5.0, 5.0]);
    }

    #[test]
    fn a_slot_without_values_has_the_usual_of_the_one_before() {
        let mut profile = profile(4, 4);
        for period in 0..2 {
            add(&mut profile, period, &[Some(6.0), None, Some(0.0), Some(-6.0)]);
        }
        profile.advance(8.0);
        assert_eq!(usual(&profile), [6.0, 6.0, 0.0, -6.0]);
        add(&mut profile, 2, &[Some(6.0), Some(2.0), Some(-2.0), Some(-6.0)]);
        profile.advance(12.0);
        assert_eq!(usual(&profile), [6.0, 2.0, 0.0, -6.0]);
    }

    #[test]
    fn a_period_with_too_few_values_is_left_out() {
        let mut profile = profile(4, 4);
        add(&mut profile, 0, &[Some(6.0), Some(2.0), Some(-2.0), Some(-6.0)]);
        add(&mut profile, 1, &[Some(1000.0), None, None, None]);
        profile.advance(40.0);
        assert_eq!(profile.learned, 1, "the second period is left out, and the later ones have no values");
        add(&mut profile, 10, &[Some(4.0), None, Some(-4.0), None]);
        profile.advance(44.0);
        assert!(profile.is_learned(), "half of the slots are enough");
        assert_eq!(usual(&profile), [5.0, 2.0, -3.0, -6.0]);
    }
}
