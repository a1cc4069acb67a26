use std::collections::VecDeque;

use crate::anomalies::finite::{difference, median_of_sorted, midpoint, sum};

/// How many median absolute deviations are one standard deviation of normally distributed values: 1 / Φ⁻¹(3/4).
const NORMAL: f64 = 1.4826;

/// The last residuals: how far values were from the expected ones.
///
/// # Cost
/// A binary search and a move of at most the window for each residual. Memory: 24 bytes for each residual in the window, allocated once.
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

    /// The median absolute deviation from the median, scaled to the standard deviation of normally distributed values.
    pub(crate) fn deviation(&self) -> f64 {
        (NORMAL * self.median_absolute_deviation()).min(f64::MAX)
    }

    /// The absolute deviations ascend on both sides of the median: merges them as far as the one in the middle.
    fn median_absolute_deviation(&self) -> f64 {
        let median = median_of_sorted(&self.sorted);
        let (below, above) = self.sorted.split_at(self.sorted.partition_point(|residual| *residual < median));
        let mut below = below.iter().rev().map(|residual| difference(median, *residual)).peekable();
        let mut above = above.iter().map(|residual| difference(*residual, median)).peekable();
        let (mut before, mut middle) = (0.0, 0.0);
        for _ in 0..=self.sorted.len() / 2 {
            let nearest = match (below.peek(), above.peek()) {
                (Some(lower), Some(upper)) if lower < upper => below.next(),
                (Some(_), None) => below.next(),
                _ => above.next(),
            };
            before = middle;
            middle = nearest.unwrap_or(middle);
        }
        if self.sorted.len() % 2 == 0 { midpoint(before, middle) } else { middle }
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
