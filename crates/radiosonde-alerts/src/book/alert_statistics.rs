use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use radiosonde_signals::Severity;

/// Numbers of an engine's alerts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AlertStatistics {
    /// Alerts that have fired since the engine was made.
    pub total: u64,
    /// Those of them that were resolved.
    pub resolved: u64,
    /// Alerts that fire.
    pub active: usize,
    /// Alerts whose condition does not hold for long enough yet.
    pub pending: usize,
    /// Alerts that fire and are silenced.
    pub silenced: usize,
    /// Alerts that fire, by severity.
    pub by_severity: BTreeMap<Severity, usize>,
    /// Alerts that began to fire within the last hour.
    pub last_hour: u64,
}

/// How many alerts began to fire in each of the last 60 minutes.
#[derive(Debug, Default)]
pub(crate) struct LastHour(VecDeque<(u64, u64)>);

const MINUTE: u64 = 60;

impl LastHour {
    pub(crate) fn count(&mut self, now: Duration) {
        let minute = now.as_secs() / MINUTE;
        match self.0.back_mut() {
            Some((last, count)) if *last == minute => *count += 1,
            _ => self.0.push_back((minute, 1)),
        }
        while self.0.front().is_some_and(|(first, _)| first + MINUTE <= minute) {
            self.0.pop_front();
        }
    }

    pub(crate) fn sum(&self, now: Duration) -> u64 {
        let minute = now.as_secs() / MINUTE;
        self.0.iter().filter(|(at, _)| at + MINUTE > minute).map(|(_, count)| count).sum()
    }
}
