use std::time::Duration;

use crate::catalogue::{IndicatorEntry, ObjectiveEntry};

/// The number of bad events, or seconds, that is enough in a window of this length.
///
/// Increases are extrapolated to the ends of their window: five events are seldom 5 exactly, and nine tenths of one more are not one.
pub(crate) fn least_bad(objective: &ObjectiveEntry, window: Duration) -> f64 {
    let least = objective.min_bad_events;
    match objective.indicator {
        IndicatorEntry::Events { .. } | IndicatorEntry::Latency { .. } => least,
        _ => least.min(window.as_secs_f64() / 2.0),
    }
}
