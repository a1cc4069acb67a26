//! A lock-free rate limiter: the generic cell rate algorithm.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::rate::Rate;

/// A [`Rate`] in the terms of the generic cell rate algorithm, in nanoseconds.
///
/// # Source
/// ITU-T I.371, annex A, as a virtual scheduling algorithm.
///
/// ```
/// use radiosonde_core::Rate;
/// use radiosonde_core::gcra::{Due, Gcra};
///
/// let (gcra, due) = (Gcra::new(Rate::per_second(2)), Due::default());
/// let passed = (0..5).filter(|_| gcra.conforms(&due, 0)).count();
/// assert_eq!(passed, 2);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Gcra {
    /// The interval between events at the steady rate; `None` if nothing passes.
    interval: Option<NonZeroU64>,
    /// How much too early an event may be.
    tolerance: u64,
}

/// When the next event would be due at the steady rate: the only state.
#[derive(Debug, Default)]
pub struct Due(AtomicU64);

impl Gcra {
    /// Converts a rate.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        let interval =
            nanoseconds(rate.period).checked_div(rate.events.into()).map(|interval| interval.max(1));
        let tolerance = interval.unwrap_or(0).saturating_mul(u64::from(rate.burst).saturating_sub(1));
        Self { interval: interval.and_then(NonZeroU64::new), tolerance }
    }

    /// When the event after this one is due, if this one passes.
    #[inline]
    #[must_use]
    pub fn after(self, due: u64, now: u64) -> Option<u64> {
        let interval = self.interval?.get();
        (due <= now.saturating_add(self.tolerance)).then(|| due.max(now).saturating_add(interval))
    }

    /// Whether an event at this time passes.
    ///
    /// # Cost
    /// A load, and an exchange if the event passes.
    #[inline]
    #[must_use]
    pub fn conforms(self, due: &Due, now: u64) -> bool {
        // Relaxed: the number is the whole state, and orders nothing else.
        due.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |due| self.after(due, now)).is_ok()
    }
}

/// Nanoseconds since the clock's fixed point; sufficient for 584 years.
#[inline]
#[must_use]
pub fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn conforming(rate: Rate, times: impl IntoIterator<Item = u64>) -> usize {
        let (gcra, due) = (Gcra::new(rate), Due::default());
        times.into_iter().filter(|now| gcra.conforms(&due, *now)).count()
    }

    #[test]
    fn a_burst_passes_at_once_and_the_rate_after_it() {
        let rate = Rate::per_second(10).burst(3);
        assert_eq!(conforming(rate, [SECOND; 20]), 3);
        // One per millisecond for ten seconds.
        assert_eq!(conforming(rate, (0..10_000).map(|at| SECOND + at * SECOND / 1000)), 3 + 99);
        assert_eq!(
            conforming(rate, (0..50).map(|at| SECOND + at * SECOND / 10)),
            50,
            "at the steady rate all pass"
        );
        assert_eq!(
            conforming(rate, [0, 0, 0, 0, SECOND, SECOND, SECOND, SECOND]),
            6,
            "a pause fills the burst"
        );
    }

    #[test]
    fn of_a_rate_of_zero_nothing_passes() {
        assert_eq!(conforming(Rate::per_second(0).burst(5), [0, SECOND, u64::MAX]), 0);
    }

    #[test]
    fn the_greatest_numbers_do_not_overflow() {
        assert_eq!(conforming(Rate::per_second(u32::MAX).burst(u32::MAX), [u64::MAX; 10]), 10);
        assert_eq!(conforming(Rate::per_minute(1).burst(u32::MAX), [u64::MAX, 0, u64::MAX]), 3);
    }

    #[test]
    fn of_threads_together_no_more_pass_than_of_one() {
        let (gcra, due) = (Gcra::new(Rate::per_second(500)), Due::default());
        let passed: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..1000).filter(|_| gcra.conforms(&due, SECOND)).count()))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(passed, 500);
    }

    proptest! {
        #[test]
        fn never_do_more_pass_in_any_window_than_burst_and_rate_allow(
            gaps in prop::collection::vec(0_u64..300, 1..200),
            events in 1_u32..50,
            burst in 1_u32..20,
        ) {
            let (gcra, due) = (Gcra::new(Rate::per_second(events).burst(burst)), Due::default());
            let mut now = SECOND;
            let mut passed = Vec::new();
            for gap in gaps {
                now += gap * SECOND / 1000;
                if gcra.conforms(&due, now) {
                    passed.push(now);
                }
            }
            for (at, from) in passed.iter().enumerate() {
                for (count, to) in passed[at..].iter().enumerate() {
                    let allowed = u64::from(burst) + (to - from) / gcra.interval.unwrap();
                    prop_assert!((count as u64) < allowed, "{} in {} ns", count + 1, to - from);
                }
            }
        }
    }
}
