use std::collections::HashMap;

use radiosonde_metrics::model::LabelSet;

/// The growth of each of many series since its last reading.
///
/// # Shape
/// As Prometheus' `increase`, without its extrapolation: a series that decreased was reset, and counts from 0 to its value. Beyond it, a
/// series that is new counts in full. That is right for counters of this process, which began at 0. A collector may bring one that began
/// earlier, such as that of another process; its former events then count as if they had just happened.
///
/// A series that is absent for some readings counts from its last value when it comes back, or in full if it is lower then. So a
/// collector that fails once does not repeat all of its counts.
///
/// # Limits
/// As many absent series are remembered as there were present ones at once, and at least 1,000; those absent for longest are forgotten
/// first. The present ones are limited by their families.
#[derive(Debug, Default)]
pub struct Increases {
    known: HashMap<String, HashMap<LabelSet, Known>>,
    reading: u64,
    most: usize,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    values: [f64; 2],
    /// The number of the reading that had it last.
    reading: u64,
}

/// Sums of values up to here stay finite.
const GREATEST: f64 = 1e100;

/// The number of absent series that any objective remembers.
const LEAST_REMEMBERED: usize = 1_000;

impl Increases {
    /// Begins the next reading: within one, a series counts once.
    pub const fn begin(&mut self) {
        self.reading += 1;
    }

    /// By how much the two values of a series have grown. A decrease of either is a reset of both.
    ///
    /// Values that are no number, negative, or too large for a count are not read.
    pub fn read(&mut self, metric: &str, labels: &LabelSet, values: [f64; 2]) -> [f64; 2] {
        const NOTHING: [f64; 2] = [0.0, 0.0];
        if values.iter().any(|value| !(0.0..=GREATEST).contains(value)) {
            return NOTHING;
        }
        let now = Known { values, reading: self.reading };
        if !self.known.contains_key(metric) {
            self.known.insert(metric.to_owned(), HashMap::new());
        }
        let Some(series) = self.known.get_mut(metric) else { return values };
        let Some(known) = series.get_mut(labels) else {
            series.insert(labels.clone(), now);
            return values;
        };
        let before = std::mem::replace(known, now);
        if before.reading == self.reading {
            *known = before;
            return NOTHING;
        }
        let is_reset = (0..2).any(|at| values[at] < before.values[at]);
        if is_reset { values } else { [values[0] - before.values[0], values[1] - before.values[1]] }
    }

    /// Ends the reading, and forgets absent series past the limit.
    pub fn end(&mut self) {
        let reading = self.reading;
        let all = || self.known.values().flat_map(HashMap::values);
        let present = all().filter(|known| known.reading == reading).count();
        let absent = all().count() - present;
        self.most = self.most.max(present);
        let limit = self.most.max(LEAST_REMEMBERED);
        if absent > limit {
            let mut readings: Vec<u64> =
                all().map(|known| known.reading).filter(|&of| of != reading).collect();
            readings.sort_unstable();
            // Several that went away at once are forgotten together.
            let newest_forgotten = readings[absent - limit - 1];
            for series in self.known.values_mut() {
                series.retain(|_, known| known.reading > newest_forgotten);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these numbers are exact")]
mod tests {
    use super::*;

    /// What 600 series of a group, each with this value, have grown by.
    fn read(increases: &mut Increases, group: &str, value: f64) -> f64 {
        let grown = (0..600).map(|at| {
            let labels = LabelSet::new([("group", group), ("at", &*at.to_string())]);
            increases.read("orders_total", &labels, [value, 0.0])[0]
        });
        grown.sum()
    }

    #[test]
    fn of_two_absent_groups_past_a_thousand_the_older_one_is_forgotten() {
        let mut increases = Increases::default();
        for group in [Some("first"), Some("second"), None] {
            increases.begin();
            assert_eq!(group.map(|group| read(&mut increases, group, 5.0)), group.map(|_| 600.0 * 5.0));
            increases.end();
        }
        increases.begin();
        assert_eq!(read(&mut increases, "second", 7.0), 600.0 * 2.0, "from its last value");
        assert_eq!(read(&mut increases, "first", 7.0), 600.0 * 7.0, "in full");
        increases.end();
    }
}
