use std::collections::VecDeque;

use crate::anomalies::finite::{difference, median_of_sorted, midpoint, sum};

/// How many median absolute deviations are one standard deviation of normally distributed values: 1 / Φ⁻¹(3/4).
const NORMAL: f64 = 1.4826;

/// The last residuals: how far values were from the expected ones.
///
/// # Cost
/// Binary searches, and a move of at most the window for each residual. Memory: 24 bytes for each residual in the window, allocated once.
#[derive(Debug, Clone)]
pub(crate) struct Residuals {
    /// From the oldest to the newest.
    recent: VecDeque<f64>,
    /// The same, ascending.
    sorted: Vec<f64>,
    scratch: Vec<f64>,
    window: usize,
}

impl Residuals {
    pub(crate) fn new(window: usize) -> Self {
        Self {
            recent: VecDeque::with_capacity(window),
            sorted: Vec::with_capacity(window),
            scratch: Vec::with_capacity(window),
            window,
        }
    }

    /// Adds a residual, in place of the oldest one if the window is full.
    pub(crate) fn push(&mut self, residual: f64) {
        if self.recent.len() >= self.window
            && let Some(oldest) = self.recent.pop_front()
            && let Ok(at) = self.sorted.binary_search_by(|other| other.total_cmp(&oldest))
        {
            self.sorted.remove(at);
        }
        self.recent.push_back(residual);
        let at = self.sorted.partition_point(|other| other.total_cmp(&residual).is_lt());
        self.sorted.insert(at, residual);
    }

    /// The number of residuals in the window.
    pub(crate) fn count(&self) -> usize {
        self.recent.len()
    }

    /// The median absolute deviation from the median, scaled to the standard deviation of normally distributed values.
    pub(crate) fn deviation(&self) -> f64 {
        (NORMAL * self.median_absolute_deviation()).min(f64::MAX)
    }

    fn median_absolute_deviation(&self) -> f64 {
        let (count, median) = (self.sorted.len(), median_of_sorted(&self.sorted));
        let middle = self.nth_deviation(count / 2 + 1, median);
        if count.is_multiple_of(2) { midpoint(self.nth_deviation(count / 2, median), middle) } else { middle }
    }

    /// The absolute deviation of the residual that is the `nth` nearest to `centre`.
    fn nth_deviation(&self, nth: usize, centre: f64) -> f64 {
        // The nearest residuals follow each other: the search is for the first of them.
        let (mut first, mut end) = (0, self.sorted.len().saturating_sub(nth));
        while first < end {
            let middle = usize::midpoint(first, end);
            let (lower, upper) = (self.sorted[middle], self.sorted[middle + nth]);
            if difference(centre, lower) > difference(upper, centre) {
                first = middle + 1;
            } else {
                end = middle;
            }
        }
        let nearest = self.sorted.get(first..first + nth).unwrap_or_default();
        let (lowest, highest) = (nearest.first().unwrap_or(&centre), nearest.last().unwrap_or(&centre));
        difference(centre, *lowest).max(difference(*highest, centre))
    }

    /// Moves the newest `count` residuals so that their median is 0; returns by how much they were too high.
    pub(crate) fn centre_newest(&mut self, count: usize) -> f64 {
        let first = self.recent.len().saturating_sub(count);
        self.scratch.clear();
        self.scratch.extend(self.recent.iter().skip(first));
        self.scratch.sort_unstable_by(f64::total_cmp);
        let shift = median_of_sorted(&self.scratch);
        for residual in self.recent.iter_mut().skip(first) {
            *residual = sum(*residual, -shift);
        }
        self.sorted.clear();
        self.sorted.extend(&self.recent);
        self.sorted.sort_unstable_by(f64::total_cmp);
        shift
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(window: usize, values: &[f64]) -> Residuals {
        let mut residuals = Residuals::new(window);
        values.iter().for_each(|value| residuals.push(*value));
        residuals
    }

    fn deviation(values: &[f64]) -> f64 {
        of(values.len().max(1), values).deviation() / NORMAL
    }

    #[test]
    fn the_deviation_is_the_median_distance_from_the_median() {
        assert_eq!(deviation(&[]), 0.0);
        assert_eq!(deviation(&[7.0]), 0.0);
        assert_eq!(deviation(&[1.0, 5.0]), 2.0);
        assert_eq!(deviation(&[6.0, 1.0, 2.0]), 1.0);
        assert_eq!(deviation(&[1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0]), 1.0);
        assert_eq!(deviation(&[9.0, 1.0, 4.0, 2.0]), 1.5, "the distances from 3 are 1, 1, 2 and 6");
        assert_eq!(deviation(&[1.0, 2.0, 3.0, 4.0, 1e300]), 1.0);
        assert_eq!(of(4, &[1.0, 5.0]).deviation(), 2.0 * 1.4826);
    }

    #[test]
    fn the_deviation_is_that_of_a_search_through_all_residuals() {
        let mut state = 1_u64;
        let mut residuals = Residuals::new(24);
        let mut all = Vec::new();
        for at in 0..500 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Few distinct values, so that there are equal ones.
            let value = (state >> 60) as f64 - 7.0;
            residuals.push(value);
            all.push(value);
            let mut recent = all[all.len().saturating_sub(24)..].to_vec();
            recent.sort_unstable_by(f64::total_cmp);
            assert_eq!(residuals.sorted, recent, "after {at}");
            let median = median_of_sorted(&recent);
            let mut distances: Vec<f64> = recent.iter().map(|value| (value - median).abs()).collect();
            distances.sort_unstable_by(f64::total_cmp);
            assert_eq!(residuals.median_absolute_deviation(), median_of_sorted(&distances), "after {at}");
        }
    }

    #[test]
    fn the_newest_residuals_are_centred_and_older_ones_stay() {
        let mut residuals = of(5, &[9.0, 1.0, 2.0, 10.0, 14.0, 12.0]);
        assert_eq!(residuals.centre_newest(3), 12.0);
        assert_eq!(residuals.recent, [1.0, 2.0, -2.0, 2.0, 0.0]);
        assert_eq!(residuals.sorted, [-2.0, 0.0, 1.0, 2.0, 2.0]);
    }

    #[test]
    fn a_window_takes_no_memory_beyond_what_it_began_with() {
        let mut residuals = of(8, &[]);
        let began = (residuals.recent.capacity(), residuals.sorted.capacity(), residuals.scratch.capacity());
        for value in 0..100 {
            residuals.push(f64::from(value % 7));
            residuals.centre_newest(8);
        }
        assert_eq!((residuals.recent.len(), residuals.sorted.len()), (8, 8));
        assert_eq!(
            (residuals.recent.capacity(), residuals.sorted.capacity(), residuals.scratch.capacity()),
            began
        );
    }

    #[test]
    fn residuals_at_the_limits_have_a_finite_deviation() {
        let deviation = of(4, &[f64::MAX, -f64::MAX, f64::MAX, -f64::MAX]).deviation();
        assert_eq!(deviation, f64::MAX);
    }
}
