use std::time::Duration;

use radiosonde_core::{Clock, SystemClock};
use tokio::time::Instant;

/// The longest timeout, so that adding it to a time cannot overflow.
pub(crate) const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// A deadline in real time, shared by a caller and the delivery thread.
///
/// Not a tokio `Instant`: on a thread of a runtime with paused time, as in an application's tests, tokio's clock differs from
/// that of the delivery thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    at: Duration,
}

impl Deadline {
    pub(crate) fn after(wait: Duration) -> Self {
        Self { at: SystemClock.monotonic() + wait.min(FOREVER) }
    }

    /// The deadline by the clock of the current runtime.
    pub(crate) fn here(self) -> Instant {
        Instant::now() + self.at.saturating_sub(SystemClock.monotonic())
    }
}
