use std::time::{Duration, UNIX_EPOCH};

use radiosonde_core::Clock;

/// The time of an evaluation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// For windows: it never jumps.
    pub(crate) monotonic: Duration,
    /// For the age of Unix times in gauges.
    pub(crate) unix_seconds: f64,
}

impl Moment {
    pub(crate) fn of(clock: &dyn Clock) -> Self {
        let since = clock.now().duration_since(UNIX_EPOCH);
        let unix_seconds =
            since.map_or_else(|until| -until.duration().as_secs_f64(), |since| since.as_secs_f64());
        Self { monotonic: clock.monotonic(), unix_seconds }
    }
}
