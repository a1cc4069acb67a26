use std::collections::VecDeque;
use std::time::Duration;

use crate::alert::Alert;
use crate::book::alert_key::AlertKey;
use crate::book::notice::Notice;

/// Alerts that were resolved, from the first to the last.
#[derive(Debug)]
pub(crate) struct ResolvedAlerts {
    all: VecDeque<ResolvedAlert>,
    most: usize,
}

#[derive(Debug)]
struct ResolvedAlert {
    alert: Alert,
    at: Duration,
    owed: Owed,
}

/// What handlers have yet to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owed {
    /// They do not know the alert.
    Nothing,
    /// They know it as firing.
    Resolution,
    /// They got the resolution; it is repeated, last at this time.
    Repeats(Duration),
}

/// As Prometheus repeats a resolution to Alertmanager.
const REPEATED_FOR: Duration = Duration::from_secs(15 * 60);

impl ResolvedAlerts {
    pub(crate) const fn new(most: usize) -> Self {
        Self { all: VecDeque::new(), most }
    }

    /// Adds one that was resolved now. Returns how many resolutions are lost, because there are too many that handlers did not get yet.
    pub(crate) fn add(&mut self, alert: Alert, is_known: bool, now: Duration) -> u64 {
        let owed = if is_known { Owed::Resolution } else { Owed::Nothing };
        self.end_repeats(&AlertKey::of(&alert));
        self.all.push_back(ResolvedAlert { alert, at: now, owed });
        let past = self.all.len().saturating_sub(self.most);
        let lost = self.all.drain(..past).filter(|resolved| resolved.owed == Owed::Resolution);
        lost.fold(0, |lost, _| lost + 1)
    }

    /// Repeats no earlier resolution of an alert: it fires again, and a receiver would take it for resolved.
    pub(crate) fn end_repeats(&mut self, key: &AlertKey) {
        let repeated = self.all.iter_mut().filter(|resolved| matches!(resolved.owed, Owed::Repeats(_)));
        for resolved in repeated.filter(|resolved| AlertKey::of(&resolved.alert) == *key) {
            resolved.owed = Owed::Nothing;
        }
    }

    /// Forgets those that were resolved as long ago as this, or longer. Returns how many.
    pub(crate) fn forget(&mut self, older_than: Duration, now: Duration) -> usize {
        let before = self.all.len();
        self.all.retain(|resolved| now.saturating_sub(resolved.at) < older_than);
        before - self.all.len()
    }

    /// Passes on what is due; what is refused stays due.
    pub(crate) fn notify(&mut self, every: Duration, now: Duration, push: &mut dyn FnMut(Notice) -> bool) {
        for resolved in &mut self.all {
            let is_pushed = match resolved.owed {
                Owed::Resolution => push(Notice::Changed(resolved.alert.clone())),
                Owed::Repeats(last)
                    if now.saturating_sub(last) >= every
                        && now.saturating_sub(resolved.at) < REPEATED_FOR =>
                {
                    push(Notice::Repeated(resolved.alert.clone()))
                }
                Owed::Nothing | Owed::Repeats(_) => false,
            };
            if is_pushed {
                resolved.owed = Owed::Repeats(now);
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.all.iter().map(|resolved| &resolved.alert)
    }
}
