use std::collections::VecDeque;
use std::time::Duration;

use crate::alert::Alert;

/// Resolved alerts of the history, from the first to the last. What handlers have yet to get of them is kept apart.
#[derive(Debug)]
pub(crate) struct ResolvedAlerts {
    all: VecDeque<(Duration, Alert)>,
    most: usize,
}

impl ResolvedAlerts {
    pub(crate) const fn new(most: usize) -> Self {
        Self { all: VecDeque::new(), most }
    }

    /// Adds one that was resolved now, and forgets the first ones beyond the limit.
    pub(crate) fn add(&mut self, alert: Alert, now: Duration) {
        self.all.push_back((now, alert));
        let past = self.all.len().saturating_sub(self.most);
        self.all.drain(..past);
    }

    /// Forgets those that were resolved as long ago as this, or longer. Returns how many.
    pub(crate) fn forget(&mut self, older_than: Duration, now: Duration) -> usize {
        let before = self.all.len();
        self.all.retain(|(at, _)| now.saturating_sub(*at) < older_than);
        before - self.all.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.all.iter().map(|(_, alert)| alert)
    }
}
