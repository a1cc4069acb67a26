use std::collections::VecDeque;
use std::ops::AddAssign;
use std::time::Duration;

use crate::objectives::counts::Counts;

/// The counts of the last hour, or of a window of any other length.
///
/// # Shape
/// Events are at the time at which they were read. Those of one hundredth of the window are kept together, at the time of the first.
/// So the window is exact if evaluations are rarer than that, and otherwise it has between 99 and 100 % of its length.
///
/// # Cost
/// At most 101 entries of 16 bytes and those of the counts; none while nothing happens.
#[derive(Debug, Clone)]
pub struct WindowRing<T = Counts> {
    length: Duration,
    entries: VecDeque<Entry<T>>,
}

#[derive(Debug, Clone, Copy)]
struct Entry<T> {
    begin: Duration,
    counts: T,
}

/// Counts that a window adds up. The default is that nothing happened.
pub trait Amount: Default + for<'a> AddAssign<&'a Self> {
    /// Whether nothing happened.
    fn is_nothing(&self) -> bool;
}

impl Amount for Counts {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

const ENTRIES: u32 = 100;

impl<T: Amount> WindowRing<T> {
    /// A window of this length, without events.
    #[must_use]
    pub const fn new(length: Duration) -> Self {
        Self { length, entries: VecDeque::new() }
    }

    /// Adds what was read at this time, which never decreases.
    pub fn add(&mut self, now: Duration, counts: T) {
        if counts.is_nothing() {
            return;
        }
        match self.entries.back_mut() {
            Some(entry) if now.saturating_sub(entry.begin) < self.length / ENTRIES => entry.counts += &counts,
            _ => self.entries.push_back(Entry { begin: now, counts }),
        }
    }

    /// The counts of the window that ends at this time: what was read when it began is not in it.
    pub fn counts(&mut self, now: Duration) -> T {
        while self.entries.front().is_some_and(|entry| entry.begin.saturating_add(self.length) <= now) {
            self.entries.pop_front();
        }
        let mut sum = T::default();
        for entry in &self.entries {
            sum += &entry.counts;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_at_most_101_entries_however_often_it_is_read() {
        let second = Duration::from_secs(1);
        let mut ring = WindowRing::<Counts>::new(1_000 * second);
        for now in 0..5_000 {
            ring.add(now * second, Counts { total: 1.0, bad: 0.0 });
            ring.counts(now * second);
            assert!(ring.entries.len() <= 101);
        }
        assert!((990.0..=1_000.0).contains(&ring.counts(4_999 * second).total));
    }

    #[test]
    fn nothing_leaves_no_entry() {
        let mut ring = WindowRing::new(Duration::from_secs(100));
        ring.add(Duration::ZERO, Counts::default());
        assert!(ring.entries.is_empty());
        ring.add(Duration::ZERO, Counts { total: 0.0, bad: 1.0 });
        ring.add(Duration::from_secs(50), Counts::default());
        assert_eq!(ring.entries.len(), 1);
    }
}
