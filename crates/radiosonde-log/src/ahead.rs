use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// 2025-01-01. This crate is younger, so a clock that shows an earlier time has not been set since the machine started.
const SET_SINCE: Duration = Duration::from_secs(1_735_689_600);

/// By how much two readings of the clock may differ from what passed between them: it is adjusted, and other processes and
/// machines have their own.
pub(crate) const APART: Duration = Duration::from_secs(60);

/// Whether a clock that shows this has been set since the machine started.
pub(crate) fn is_set(now: SystemTime) -> bool {
    now.duration_since(UNIX_EPOCH).is_ok_and(|since| since >= SET_SINCE)
}

/// Whether a time is in the future, given by a clock that was ahead. While the clock is not set, none is.
pub(crate) fn is_ahead(time: SystemTime, now: SystemTime) -> bool {
    is_set(now) && time.duration_since(now).is_ok_and(|ahead| ahead > APART)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_ahead_only_of_a_clock_that_is_set() {
        const SECOND: Duration = Duration::from_secs(1);
        let now = UNIX_EPOCH + SET_SINCE;
        assert!(!is_ahead(now - SECOND, now) && !is_ahead(now + APART, now));
        assert!(is_ahead(now + APART + SECOND, now));
        assert!(!is_ahead(now + APART + SECOND, now - SECOND), "by a clock that is not set");
    }
}
