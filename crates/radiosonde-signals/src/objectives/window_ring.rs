use std::collections::VecDeque;
use std::time::Duration;

use crate::objectives::counts::Counts;

/// The counts of the last hour, or of a window of any other length.
///
/// # Shape
/// Events are at the time at which they were read. Those of one hundredth of the window are kept together, at the time of the first.
/// So the window is exact if evaluations are rarer than that, and otherwise it has between 99 and 100 % of its length.
///
/// # Cost
/// At most 101 entries of 32 bytes; none while nothing happens.
#[derive(Debug, Clone)]
pub struct WindowRing {
    length: Duration,
    entries: VecDeque<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    begin: Duration,
    counts: Counts,
}

const ENTRIES: u32 = 100;

impl WindowRing {
    /// A window of this length, without events.
    #[must_use]
    pub const fn new(length: Duration) -> Self {
        Self { length, entries: VecDeque::new() }
    }

    /// Adds what was read at this time, which never decreases.
    pub fn add(&mut self, now: Duration, counts: Counts) {
        if counts == Counts::default() {
            return;
        }
        match self.entries.back_mut() {
            Some(entry) if now.saturating_sub(entry.begin) < self.length / ENTRIES => entry.counts += counts,
            _ => self.entries.push_back(Entry { begin: now, counts }),
        }
    }

    /// The counts of the window that ends at this time: what was read when it began is not in it.
    pub fn counts(&mut self, now: Duration) -> Counts {
        while self.entries.front().is_some_and(|entry| entry.begin.saturating_add(self.length) <= now) {
            self.entries.pop_front();
        }
        self.entries.iter().fold(Counts::default(), |sum, entry| sum + entry.counts)
    }
}
