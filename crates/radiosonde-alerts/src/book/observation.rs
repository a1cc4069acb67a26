use std::time::{Duration, SystemTime};

use crate::alert::Alert;

/// The finding of an evaluation about one alert. An alert that is not among the observations of its rule no longer holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Observation {
    /// Its condition holds.
    Holds(Alert),
    /// There is no data: the alert stays as it is, and a pending one has to hold again for long enough.
    Unknown(Alert),
}

/// The source of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It was created by hand.
    Hand,
    /// The error budget of an objective burns.
    Objectives,
    /// The rule with this number.
    Rule(usize),
}

/// The durations and the limit that a rule sets for its alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) hold: Duration,
    pub(crate) keep_firing: Duration,
    pub(crate) max_alerts: usize,
}

/// The time of a change: the wall clock stamps, the monotonic one measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Now {
    pub(crate) wall: SystemTime,
    pub(crate) monotonic: Duration,
}
