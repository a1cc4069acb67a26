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
    /// What the slot adds to the level.
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

    /// What is added to the level at this time: that of the two slots with the nearest centres.
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
