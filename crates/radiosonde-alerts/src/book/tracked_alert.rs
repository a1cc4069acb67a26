use std::time::Duration;

use crate::alert::{Alert, AlertState};
use crate::book::observation::{Now, Origin, Terms};

/// An alert that is pending or firing.
#[derive(Debug, Clone)]
pub(crate) struct TrackedAlert {
    pub(crate) alert: Alert,
    pub(crate) origin: Origin,
    since: Duration,
    /// Whether there was no data since its condition held last.
    has_gap: bool,
    /// When it began to fire.
    pub(crate) fired: Option<Duration>,
    /// Since when its condition no longer holds, while it is kept firing.
    lapsed: Option<Duration>,
    /// When handlers got it last.
    pub(crate) handed: Option<Duration>,
}

/// The fate of an alert whose condition does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lapse {
    Forgotten,
    KeptFiring,
    Resolved,
}

impl TrackedAlert {
    pub(crate) fn new(alert: Alert, origin: Origin, now: Now) -> Self {
        let since = now.monotonic;
        Self { alert, origin, since, has_gap: false, fired: None, lapsed: None, handed: None }
    }

    pub(crate) fn is_firing(&self) -> bool {
        self.alert.state() == AlertState::Firing
    }

    /// The condition holds, again; whether the alert begins to fire.
    pub(crate) fn hold(&mut self, terms: Terms, now: Now) -> bool {
        self.lapsed = None;
        let had_gap = std::mem::take(&mut self.has_gap);
        if self.is_firing() {
            return false;
        }
        if had_gap {
            self.since = now.monotonic;
            self.alert.begin(now.wall);
        }
        let fires = now.monotonic.saturating_sub(self.since) >= terms.hold;
        if fires {
            // An alert that is created by hand has its own time.
            let at = if self.origin == Origin::Hand { self.alert.starts_at() } else { now.wall };
            self.alert.fire(at);
            self.fired = Some(now.monotonic);
        }
        fires
    }

    /// There is no data: the alert stays as it is. Whether its condition went on holding is not known, so that a pending one has to hold again for long enough.
    pub(crate) const fn lack_data(&mut self) {
        self.has_gap = true;
    }

    /// The condition does not hold.
    pub(crate) fn lapse(&mut self, terms: Terms, now: Now) -> Lapse {
        if !self.is_firing() {
            return Lapse::Forgotten;
        }
        let lapsed = *self.lapsed.get_or_insert(now.monotonic);
        if now.monotonic.saturating_sub(lapsed) < terms.keep_firing {
            Lapse::KeptFiring
        } else {
            Lapse::Resolved
        }
    }
}
