use std::time::Duration;

use crate::alert::{Alert, AlertState};
use crate::book::observation::{Now, Origin, Terms};

/// An alert that is pending or firing.
#[derive(Debug, Clone)]
pub(crate) struct TrackedAlert {
    pub(crate) alert: Alert,
    pub(crate) origin: Origin,
    since: Duration,
    /// Since when its condition no longer holds, while it is kept firing.
    lapsed: Option<Duration>,
    /// When handlers got it last.
    pub(crate) handed: Option<Duration>,
}

/// What becomes of an alert whose condition does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lapse {
    Forgotten,
    KeptFiring,
    Resolved,
}

impl TrackedAlert {
    pub(crate) fn new(alert: Alert, origin: Origin, now: Now) -> Self {
        Self { alert, origin, since: now.monotonic, lapsed: None, handed: None }
    }

    pub(crate) fn is_firing(&self) -> bool {
        self.alert.state() == AlertState::Firing
    }

    /// The condition holds, again; whether the alert begins to fire.
    pub(crate) fn hold(&mut self, terms: Terms, now: Now) -> bool {
        self.lapsed = None;
        let fires = !self.is_firing() && now.monotonic.saturating_sub(self.since) >= terms.hold;
        if fires {
            self.alert.fire();
        }
        fires
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
