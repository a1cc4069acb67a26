use std::time::Duration;

/// So many events per time, and so many at once.
///
/// # Shape
/// In the long run as many events pass as the rate says, spread evenly; after a pause up to [`burst`](Self::burst) pass at once. Of a rate
/// of zero nothing passes.
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
    /// So many events in each second, and as many at once.
    pub const fn per_second(events: u32) -> Self {
        Self::new(events, Duration::from_secs(1))
    }

    /// So many events in each minute, and as many at once.
    pub const fn per_minute(events: u32) -> Self {
        Self::new(events, Duration::from_secs(60))
    }

    const fn new(events: u32, period: Duration) -> Self {
        Self { events, period, burst: events }
    }

    /// How many may pass at once after a pause, one at least; by default as many as the rate says.
    pub const fn burst(mut self, events: u32) -> Self {
        self.burst = events;
        self
    }
}
