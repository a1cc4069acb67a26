use std::fmt;
use std::time::{Duration, SystemTime};

use radiosonde_core::{Clock, SystemClock};

/// A time range that excludes its end.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use radiosonde_loki::TimeRange;
///
/// let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_268_800);
/// let morning = TimeRange::between(noon - Duration::from_secs(6 * 3600), noon)?;
/// assert_eq!(morning, TimeRange::ending(noon, Duration::from_secs(6 * 3600)));
/// assert!(TimeRange::between(noon, noon).is_err());
/// # Ok::<(), radiosonde_loki::InvalidTimeRange>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeRange {
    start: i64,
    end: i64,
}

impl TimeRange {
    /// From `start` up to `end`.
    ///
    /// # Errors
    /// [`InvalidTimeRange`] if the end is not after the start.
    pub fn between(start: SystemTime, end: SystemTime) -> Result<Self, InvalidTimeRange> {
        Self::of_nanos(unix_nanos(start), unix_nanos(end)).ok_or(InvalidTimeRange { start, end })
    }

    /// The range of this length before `end`.
    #[must_use]
    pub fn ending(end: SystemTime, length: Duration) -> Self {
        let end = unix_nanos(end);
        let length = i64::try_from(length.as_nanos()).unwrap_or(i64::MAX).max(1);
        Self { start: end.saturating_sub(length), end }
    }

    /// The range of this length before now.
    #[must_use]
    pub fn last(length: Duration) -> Self {
        Self::ending(SystemClock.now(), length)
    }

    pub(super) fn of_nanos(start: i64, end: i64) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// The start in nanoseconds since 1970.
    #[must_use]
    pub const fn start_unix_nanos(self) -> i64 {
        self.start
    }

    /// The end in nanoseconds since 1970, which is excluded.
    #[must_use]
    pub const fn end_unix_nanos(self) -> i64 {
        self.end
    }
}

pub(super) fn unix_nanos(at: SystemTime) -> i64 {
    match at.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanos| -nanos),
    }
}

/// A time range whose end is not after its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidTimeRange {
    start: SystemTime,
    end: SystemTime,
}

impl fmt::Display for InvalidTimeRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = (unix_nanos(self.start), unix_nanos(self.end));
        write!(
            f,
            "invalid time range from {start} to {end}: expected an end after the start, in nanoseconds since 1970"
        )
    }
}

impl std::error::Error for InvalidTimeRange {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_never_empty_and_never_overflow() {
        let epoch = SystemTime::UNIX_EPOCH;
        let far = epoch + Duration::from_secs(1 << 40);
        assert_eq!(TimeRange::ending(epoch, Duration::ZERO), TimeRange { start: -1, end: 0 });
        assert_eq!(TimeRange::ending(epoch, Duration::MAX), TimeRange { start: -i64::MAX, end: 0 });
        assert_eq!(TimeRange::between(epoch, far).unwrap().end_unix_nanos(), i64::MAX);
        let error = TimeRange::between(far, epoch).unwrap_err().to_string();
        assert!(error.contains("from 9223372036854775807 to 0: expected"), "{error}");
        assert_eq!(unix_nanos(epoch - Duration::from_nanos(7)), -7);
    }
}
