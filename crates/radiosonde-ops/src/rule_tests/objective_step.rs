use std::time::Duration;

use crate::catalogue::ObjectiveEntry;
use crate::rules::base_window;

/// The time between two samples, and between two evaluations: a base window has five.
pub(crate) fn step(objective: &ObjectiveEntry) -> Duration {
    let step = base_window(objective).as_secs() / 5;
    Duration::from_secs(step.clamp(1, 60))
}
