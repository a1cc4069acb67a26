use std::time::Duration;

use radiosonde_core::{Clock, SystemClock};
use tokio::time::Instant;

/// No deadline is further away than this, so that adding it to a time cannot overflow.
pub(crate) const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// A moment in real time, agreed upon between a caller and the delivery thread.
///
/// Not one of tokio's: on a thread of a runtime whose time is paused, as in an application's tests, tokio's clock has little to
/// do with that of the delivery thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    at: Duration,
}

impl Deadline {
    pub(crate) fn after(wait: Duration) -> Self {
        Self { at: SystemClock.monotonic() + wait.min(FOREVER) }
    }

    /// The moment by the clock of the runtime that this is called in.
    pub(crate) fn here(self) -> Instant {
        Instant::now() + self.at.saturating_sub(SystemClock.monotonic())
    }
}
