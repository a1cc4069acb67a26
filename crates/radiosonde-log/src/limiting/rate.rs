use std::time::Duration;

/// A rate of events, with a burst.
///
/// # Shape
/// In the long run events pass at the rate, spread evenly; after a pause up to [`burst`](Self::burst) pass at once. At a
/// rate of zero nothing passes.
///
/// ```
/// use radiosonde_log::Rate;
///
/// let steady = Rate::per_second(100);
/// let patient = Rate::per_minute(6).burst(20);
/// assert_ne!(steady, patient);
/// ```
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    pub(crate) events: u32,
    pub(crate) period: Duration,
    pub(crate) burst: u32,
}

impl Rate {
    /// This many events per second, and the same number at once.
    pub const fn per_second(events: u32) -> Self {
        Self::new(events, Duration::from_secs(1))
    }

    /// This many events per minute, and the same number at once.
    pub const fn per_minute(events: u32) -> Self {
        Self::new(events, Duration::from_secs(60))
    }

    const fn new(events: u32, period: Duration) -> Self {
        Self { events, period, burst: events }
    }

    /// Sets how many events may pass at once after a pause, at least one; default: the number of the rate.
    pub const fn burst(mut self, events: u32) -> Self {
        self.burst = events;
        self
    }
}
