use std::collections::VecDeque;
use std::time::Duration;

use crate::alert::Alert;
use crate::book::alert_key::AlertKey;
use crate::book::notice::Notice;

/// Resolutions that handlers have yet to get, or get again, from the first to the last.
///
/// Those that they have yet to get are never forgotten. There are no more than alerts may be active: handlers get no new alert before them.
#[derive(Debug)]
pub(crate) struct OwedResolutions {
    all: VecDeque<OwedResolution>,
    most_repeated: usize,
}

#[derive(Debug)]
struct OwedResolution {
    key: AlertKey,
    alert: Alert,
    at: Duration,
    /// When handlers got it last.
    handed: Option<Duration>,
}

/// As Prometheus repeats a resolution to Alertmanager.
const REPEATED_FOR: Duration = Duration::from_secs(15 * 60);

impl OwedResolutions {
    pub(crate) const fn new(most_repeated: usize) -> Self {
        Self { all: VecDeque::new(), most_repeated }
    }

    /// Adds one of an alert that handlers know as firing.
    pub(crate) fn add(&mut self, key: AlertKey, alert: Alert, now: Duration) {
        self.all.push_back(OwedResolution { key, alert, at: now, handed: None });
    }

    /// Repeats no earlier resolution of an alert: it fires again, and a receiver would take it for resolved.
    pub(crate) fn end_repeats(&mut self, key: &AlertKey) {
        self.all.retain(|owed| owed.handed.is_none() || owed.key != *key);
    }

    /// Passes on those that handlers did not get yet.
    pub(crate) fn notify(&mut self, now: Duration, push: &mut dyn FnMut(Notice) -> bool) {
        for owed in self.all.iter_mut().filter(|owed| owed.handed.is_none()) {
            if push(Notice::Changed(owed.alert.clone())) {
                owed.handed = Some(now);
            }
        }
    }

    /// Passes on again those that are due, first those that have waited longest, and forgets those that were repeated for long enough.
    pub(crate) fn repeat(&mut self, every: Duration, now: Duration, push: &mut dyn FnMut(Notice) -> bool) {
        let mut past = self.all.iter().filter(|owed| owed.handed.is_some()).count();
        past = past.saturating_sub(self.most_repeated);
        self.all.retain(|owed| {
            let is_past = owed.handed.is_some() && past > 0;
            past -= usize::from(is_past);
            owed.handed.is_none() || !is_past && now.saturating_sub(owed.at) < REPEATED_FOR
        });
        let is_due =
            |owed: &&mut OwedResolution| owed.handed.is_some_and(|last| now.saturating_sub(last) >= every);
        let mut due: Vec<&mut OwedResolution> = self.all.iter_mut().filter(is_due).collect();
        due.sort_by_key(|owed| owed.handed);
        for owed in due {
            if push(Notice::Repeated(owed.alert.clone())) {
                owed.handed = Some(now);
            }
        }
    }
}
