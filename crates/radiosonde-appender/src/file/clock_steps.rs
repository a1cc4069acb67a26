use std::time::{Duration, SystemTime};

use radiosonde_core::clock_skew::{TOLERANCE, is_clock_set};

/// Detects that a wall clock which was not set at boot has been put forward, by comparing it with the monotonic clock.
///
/// Only a clock that was not set is checked: the monotonic clock stands still while the machine sleeps, which would look
/// like a step.
#[derive(Debug, Default)]
pub(crate) struct ClockSteps {
    watched: Option<Watched>,
}

#[derive(Debug, Clone, Copy)]
struct Watched {
    /// When the clock was first read, as it showed then.
    since: SystemTime,
    wall: SystemTime,
    monotonic: Duration,
}

/// A step of the wall clock forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// The first and the last time that this process read before the step.
    old: (SystemTime, SystemTime),
    by: Duration,
}

impl ClockSteps {
    /// Reads the clock and returns the step since the last reading, if there was one.
    pub(crate) fn look(&mut self, wall: SystemTime, monotonic: Duration) -> Option<Step> {
        let Some(last) = self.watched else {
            self.watched = Some(Watched { since: wall, wall, monotonic });
            return None;
        };
        let expected = last.wall.checked_add(monotonic.saturating_sub(last.monotonic))?;
        let by = wall.duration_since(expected).ok().filter(|by| *by > TOLERANCE && !is_clock_set(last.wall));
        let since = if by.is_some() { wall } else { last.since };
        self.watched = Some(Watched { since, wall, monotonic });
        Some(Step { old: (last.since, expected), by: by? })
    }
}

impl Step {
    /// The time a right clock would have shown; `None` for a time that this process did not read before the step.
    pub(crate) fn corrected(&self, time: SystemTime) -> Option<SystemTime> {
        time.checked_add(self.by).filter(|_| (self.old.0..=self.old.1).contains(&time))
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_step_forward_corrects_what_was_read_before_it() {
        let mut steps = ClockSteps::default();
        assert_eq!(steps.look(at(10), SECOND), None);
        assert_eq!(steps.look(at(20), SECOND * 11), None);
        let step = steps.look(at(1_000_025), SECOND * 16).unwrap();
        assert_eq!(step.corrected(at(10)), Some(at(1_000_010)));
        assert_eq!(step.corrected(at(25)), Some(at(1_000_025)));
        assert_eq!((step.corrected(at(9)), step.corrected(at(26))), (None, None));
        assert_eq!(steps.look(at(1_000_026), SECOND * 17), None);
    }

    #[test]
    fn a_machine_that_slept_has_put_no_clock_forward() {
        let mut steps = ClockSteps::default();
        assert_eq!(steps.look(at(1_800_000_000), SECOND), None);
        assert_eq!(steps.look(at(1_800_036_000), SECOND * 2), None);
    }

    #[test]
    fn a_step_back_and_a_small_one_are_none() {
        let mut steps = ClockSteps::default();
        for wall in [100_000, 100_060, 50, 110] {
            assert_eq!(steps.look(at(wall), Duration::ZERO), None, "{wall}");
        }
    }
}
