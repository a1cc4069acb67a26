use std::time::{Duration, SystemTime};

use crate::alert::Alert;

/// What an evaluation found of one alert. An alert that is not among the observations of its rule no longer holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Observation {
    /// Its condition holds.
    Holds(Alert),
    /// There is no data: the alert stays as it is.
    Unknown(Alert),
}

/// Where an alert is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It was created by hand.
    Hand,
    /// The error budget of an objective burns.
    Objectives,
    /// The rule with this number.
    Rule(usize),
}

/// What a rule asks of its alerts.
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
