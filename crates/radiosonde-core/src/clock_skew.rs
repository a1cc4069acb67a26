//! Detects times from a clock that is wrong: not set since the machine started, or ahead.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

// 2025-01-01. This crate is younger, so a clock that shows an earlier time has not been set since the machine started.
const SET_SINCE: Duration = Duration::from_secs(1_735_689_600);

/// How far two clocks may differ without either being wrong: clocks are adjusted, and each machine has its own.
pub const TOLERANCE: Duration = Duration::from_secs(60);

/// Whether a clock that shows `now` has been set since the machine started.
#[must_use]
pub fn is_clock_set(now: SystemTime) -> bool {
    now.duration_since(UNIX_EPOCH).is_ok_and(|since| since >= SET_SINCE)
}

/// Whether `time` lies in the future, so that its clock was ahead. Always `false` while the clock is unset.
#[must_use]
pub fn is_in_future(time: SystemTime, now: SystemTime) -> bool {
    is_clock_set(now) && time.duration_since(now).is_ok_and(|ahead| ahead > TOLERANCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_in_future_only_of_a_clock_that_is_clock_set() {
        const SECOND: Duration = Duration::from_secs(1);
        let now = UNIX_EPOCH + SET_SINCE;
        assert!(!is_in_future(now - SECOND, now) && !is_in_future(now + TOLERANCE, now));
        assert!(is_in_future(now + TOLERANCE + SECOND, now));
        assert!(!is_in_future(now + TOLERANCE + SECOND, now - SECOND), "by a clock that is not set");
    }
}
