use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use radiosonde_signals::Severity;

use crate::alert::{Alert, AlertState};
use crate::book::alert_key::AlertKey;
use crate::book::alert_statistics::{AlertStatistics, LastHour};
use crate::book::notice::Notice;
use crate::book::observation::{Now, Observation, Origin, Terms};
use crate::book::owed_resolutions::OwedResolutions;
use crate::book::resolved_alerts::ResolvedAlerts;
use crate::book::tracked_alert::{Lapse, TrackedAlert};
use crate::silences::silences::Silences;

/// The alerts of an engine. It knows no clock, no rule and no thread.
#[derive(Debug)]
pub(crate) struct Book {
    active: BTreeMap<AlertKey, TrackedAlert>,
    resolved: ResolvedAlerts,
    owed: OwedResolutions,
    pub(crate) silences: Silences,
    limits: Limits,
    total: u64,
    resolutions: u64,
    last_hour: LastHour,
    /// What was refused since it was counted last.
    pub(crate) uncounted: Uncounted,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) active: usize,
    pub(crate) history: usize,
    pub(crate) keep_resolved: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Uncounted {
    pub(crate) past_active: u64,
    pub(crate) past_rule: u64,
}

/// The repetition of Prometheus.
pub(crate) const REPEATED_EVERY: Duration = Duration::from_secs(60);

impl Book {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            active: BTreeMap::new(),
            resolved: ResolvedAlerts::new(limits.history),
            owed: OwedResolutions::new(limits.active),
            silences: Silences::default(),
            limits,
            total: 0,
            resolutions: 0,
            last_hour: LastHour::default(),
            uncounted: Uncounted::default(),
        }
    }

    /// Takes what an evaluation found of all alerts of one origin.
    pub(crate) fn observe(&mut self, origin: Origin, terms: Terms, found: Vec<Observation>, now: Now) {
        let mut stay = BTreeSet::new();
        for observation in found {
            match observation {
                Observation::Holds(alert) => {
                    let key = AlertKey::of(&alert);
                    self.hold(key.clone(), alert, origin, terms, now);
                    stay.insert(key);
                }
                Observation::Unknown(alert) => {
                    let key = AlertKey::of(&alert);
                    if let Some(active) = self.active.get_mut(&key) {
                        active.lack_data();
                    }
                    stay.insert(key);
                }
            }
        }
        let is_over =
            |(key, active): &(&AlertKey, &TrackedAlert)| active.origin == origin && !stay.contains(*key);
        let over: Vec<AlertKey> = self.active.iter().filter(is_over).map(|(key, _)| key.clone()).collect();
        for key in over {
            self.lapse(&key, terms, now);
        }
    }

    fn hold(&mut self, key: AlertKey, alert: Alert, origin: Origin, terms: Terms, now: Now) {
        let is_new = !self.active.contains_key(&key);
        if is_new && !self.has_room(origin, terms) {
            return;
        }
        let active = self
            .active
            .entry(key.clone())
            .or_insert_with(|| TrackedAlert::new(alert.clone().pending(), origin, now));
        active.origin = origin;
        active.alert.update(alert);
        if active.hold(terms, now) {
            self.total += 1;
            self.last_hour.count(now.monotonic);
            self.owed.end_repeats(&key);
        }
    }

    fn has_room(&mut self, origin: Origin, terms: Terms) -> bool {
        if self.active.len() >= self.limits.active {
            self.uncounted.past_active += 1;
            return false;
        }
        let has_room =
            self.active.values().filter(|active| active.origin == origin).count() < terms.max_alerts;
        self.uncounted.past_rule += u64::from(!has_room);
        has_room
    }

    fn lapse(&mut self, key: &AlertKey, terms: Terms, now: Now) {
        match self.active.get_mut(key).map(|active| active.lapse(terms, now)) {
            Some(Lapse::Resolved) => self.resolve(key, now),
            Some(Lapse::Forgotten) => drop(self.active.remove(key)),
            Some(Lapse::KeptFiring) | None => {}
        }
    }

    fn resolve(&mut self, key: &AlertKey, now: Now) {
        let Some(active) = self.active.remove(key) else { return };
        self.resolutions += 1;
        let alert = active.alert.resolved(now.wall);
        if active.handed.is_some() {
            self.owed.add(key.clone(), alert.clone(), now.monotonic);
        }
        self.resolved.add(alert, now.monotonic);
    }

    /// Adds an alert by hand, which fires at once; one that fires already takes its value and annotations. The limit, if there are too many.
    pub(crate) fn create(&mut self, alert: Alert, now: Now) -> Result<(), usize> {
        let terms = Terms { hold: Duration::ZERO, keep_firing: Duration::ZERO, max_alerts: usize::MAX };
        let key = AlertKey::of(&alert);
        self.hold(key.clone(), alert, Origin::Hand, terms, now);
        if self.active.contains_key(&key) { Ok(()) } else { Err(self.limits.active) }
    }

    /// Resolves the firing alerts with this name and these labels, among others. Returns how many.
    pub(crate) fn resolve_by_hand(&mut self, name: &str, labels: &[(&str, &str)], now: Now) -> usize {
        let is_meant = |active: &TrackedAlert| {
            let has = |(label, value): &(&str, &str)| active.alert.label_value(label) == Some(*value);
            active.is_firing() && active.alert.name() == name && labels.iter().all(has)
        };
        let meant = self.active.iter().filter(|(_, active)| is_meant(active));
        let keys: Vec<AlertKey> = meant.map(|(key, _)| key.clone()).collect();
        for key in &keys {
            self.resolve(key, now);
        }
        keys.len()
    }

    /// Forgets what is too old, and passes on what handlers are to get: resolutions, then new alerts, then repetitions; each from the first to the
    /// last. Returns how many notices `push` refused; they are passed on the next time.
    pub(crate) fn notify(&mut self, now: Now, push: &mut dyn FnMut(Notice) -> bool) -> u64 {
        self.silences.forget_ended(now.wall, now.monotonic);
        self.resolved.forget(self.limits.keep_resolved, now.monotonic);
        let mut refused = 0;
        // After a refusal nothing is passed on, even if there is room by then: it would overtake, as a new alert its earlier resolution.
        let mut push = |notice| {
            let is_pushed = refused == 0 && push(notice);
            refused += u64::from(!is_pushed);
            is_pushed
        };
        self.owed.notify(now.monotonic, &mut push);
        self.notify_firing(now.monotonic, &mut push);
        self.repeat_firing(now.monotonic, &mut push);
        self.owed.repeat(REPEATED_EVERY, now.monotonic, &mut push);
        refused
    }

    fn notify_firing(&mut self, now: Duration, push: &mut dyn FnMut(Notice) -> bool) {
        let silences = &self.silences;
        let is_new = |active: &TrackedAlert| {
            active.is_firing() && active.handed.is_none() && !silences.silence(&active.alert)
        };
        let mut new: Vec<(&AlertKey, &mut TrackedAlert)> =
            self.active.iter_mut().filter(|(_, active)| is_new(active)).collect();
        new.sort_by_key(|(_, active)| active.fired);
        for (key, active) in new {
            if push(Notice::Changed(active.alert.clone())) {
                active.handed = Some(now);
                // One that was owed when the alert began to fire.
                self.owed.end_repeats(key);
            }
        }
    }

    /// Silenced alerts as well: a receiver that knows an alert would take it for resolved if it were not repeated.
    fn repeat_firing(&mut self, now: Duration, push: &mut dyn FnMut(Notice) -> bool) {
        let is_due = |active: &&mut TrackedAlert| {
            active.handed.is_some_and(|last| now.saturating_sub(last) >= REPEATED_EVERY)
        };
        let mut due: Vec<&mut TrackedAlert> = self.active.values_mut().filter(is_due).collect();
        due.sort_by_key(|active| active.handed);
        for active in due {
            if push(Notice::Repeated(active.alert.clone())) {
                active.handed = Some(now);
            }
        }
    }

    /// Whether a silence matches the alert while it fires.
    pub(crate) fn is_silenced(&self, alert: &Alert) -> bool {
        alert.state() == AlertState::Firing && self.silences.silence(alert)
    }

    pub(crate) fn cleanup(&mut self, older_than: Duration, now: Now) -> usize {
        self.resolved.forget(older_than, now.monotonic)
    }

    /// Pending and firing alerts, by name, severity and labels.
    pub(crate) fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.active.values().map(|active| &active.alert)
    }

    /// The last alerts that have fired, by the time at which they began to.
    pub(crate) fn history(&self) -> Vec<Alert> {
        let firing = self.alerts().filter(|alert| alert.state() == AlertState::Firing);
        let mut all: Vec<Alert> = self.resolved.iter().chain(firing).cloned().collect();
        all.sort_by_key(Alert::starts_at);
        let past = all.len().saturating_sub(self.limits.history);
        all.drain(..past);
        all
    }

    /// How many alerts of this origin there are in a state.
    pub(crate) fn count(&self, origin: Origin, state: AlertState) -> usize {
        let is_counted = |active: &&TrackedAlert| active.origin == origin && active.alert.state() == state;
        self.active.values().filter(is_counted).count()
    }

    pub(crate) fn statistics(&self, now: Now) -> AlertStatistics {
        let firing = || self.active.values().filter(|active| active.is_firing());
        let mut by_severity =
            BTreeMap::from([(Severity::Info, 0), (Severity::Warning, 0), (Severity::Critical, 0)]);
        for active in firing() {
            *by_severity.entry(active.alert.severity()).or_default() += 1;
        }
        AlertStatistics {
            total: self.total,
            resolved: self.resolutions,
            active: firing().count(),
            pending: self.active.len() - firing().count(),
            silenced: firing().filter(|active| self.silences.silence(&active.alert)).count(),
            by_severity,
            last_hour: self.last_hour.sum(now.monotonic),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn nothing_overtakes_a_notice_that_was_refused() {
        let mut book = Book::new(Limits { active: 10, history: 10, keep_resolved: Duration::MAX });
        let now = Now { wall: UNIX_EPOCH, monotonic: Duration::ZERO };
        let alert = || Alert::new("A", Severity::Info, UNIX_EPOCH);
        book.create(alert(), now).unwrap();
        assert_eq!(book.notify(now, &mut |_| true), 0);
        book.resolve_by_hand("A", &[], now);
        book.create(alert(), now).unwrap();
        let mut asked = 0;
        let refused = book.notify(now, &mut |_| {
            asked += 1;
            asked > 1
        });
        assert_eq!(
            (refused, asked),
            (2, 1),
            "there is room for the new alert, and it waits for the resolution"
        );
        let mut got = Vec::new();
        let mut get = |notice| {
            got.push(notice);
            true
        };
        assert_eq!(book.notify(now, &mut get), 0);
        assert_eq!(got, [Notice::Changed(alert().resolved(UNIX_EPOCH)), Notice::Changed(alert())]);
    }

    #[test]
    fn repeated_resolutions_are_bounded_and_owed_ones_are_not() {
        let mut book = Book::new(Limits { active: 2, history: 0, keep_resolved: Duration::MAX });
        let at = |seconds| Now { wall: UNIX_EPOCH, monotonic: Duration::from_secs(seconds) };
        for name in ["A", "B", "C"] {
            book.create(Alert::new(name, Severity::Info, UNIX_EPOCH), at(0)).unwrap();
            book.notify(at(0), &mut |_| true);
            book.resolve_by_hand(name, &[], at(0));
            book.notify(at(0), &mut |_| true);
        }
        let mut names = Vec::new();
        book.notify(at(60), &mut |notice| {
            let (Notice::Changed(alert) | Notice::Repeated(alert)) = notice;
            names.push(alert.name().to_owned());
            true
        });
        assert_eq!(names, ["B", "C"]);
    }
}
