use std::time::Duration;

/// A rate of events, with a burst.
///
/// # Shape
/// In the long run events pass at the rate, spread evenly; after a pause up to [`burst`](Self::burst) pass at once. At a
/// rate of zero nothing passes.
///
/// ```
/// use radiosonde_core::Rate;
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

    /// This number of events per second, which may be a fraction: `0.1` is one event every ten seconds. At most the rate
    /// rounded up, and at least one event, pass at once. A rate that is negative, NaN or less than one event in 584 years is
    /// zero.
    pub fn per_second_f64(events: f64) -> Self {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
        let burst = events.ceil() as u32;
        match Duration::try_from_secs_f64(events.recip()) {
            Ok(period) if events > 0.0 => Self { events: 1, period, burst },
            _ => Self::per_second(0),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_is_one_event_in_a_longer_time() {
        let tenth = Rate { events: 1, period: Duration::from_secs(10), burst: 1 };
        assert_eq!(Rate::per_second_f64(0.1), tenth);
        assert_eq!(
            Rate::per_second_f64(2.5),
            Rate { events: 1, period: Duration::from_millis(400), burst: 3 }
        );
        for nothing in [0.0, -0.0, -1.0, f64::NAN, f64::NEG_INFINITY, f64::MIN_POSITIVE] {
            assert_eq!(Rate::per_second_f64(nothing), Rate::per_second(0), "{nothing}");
        }
        assert_eq!(Rate::per_second_f64(f64::INFINITY).period, Duration::ZERO);
    }
}
