use std::time::Duration;

use crate::catalogue::{IndicatorEntry, ObjectiveEntry};

/// The number of bad events, or seconds, that is enough in a window of this length.
///
/// Of an objective measured over time, at most half of the window: a short one has fewer seconds than the default.
pub(crate) fn least_bad(objective: &ObjectiveEntry, window: Duration) -> f64 {
    let least = objective.min_bad_events;
    match objective.indicator {
        IndicatorEntry::Events { .. } | IndicatorEntry::Latency { .. } => least,
        _ => least.min(window.as_secs_f64() / 2.0),
    }
}
