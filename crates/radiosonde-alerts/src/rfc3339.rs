//! Times as Alertmanager writes and reads them.

use std::time::SystemTime;

use jiff::Timestamp;

/// The time in UTC with milliseconds, within the years 1970 to 9999: what is outside is the nearest time within.
pub(crate) fn format(time: SystemTime) -> String {
    let latest = Timestamp::MAX;
    let time = Timestamp::try_from(time).unwrap_or(latest).max(Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}

/// `None` if the text is not RFC 3339.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    text.parse::<Timestamp>().ok().map(SystemTime::from)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn times_are_written_in_utc_with_milliseconds() {
        let time = UNIX_EPOCH + Duration::from_micros(1_767_225_600_123_900);
        assert_eq!(format(time), "2026-01-01T00:00:00.123Z");
        assert_eq!(format(UNIX_EPOCH), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn a_clock_outside_the_calendar_gives_the_nearest_time_within() {
        assert_eq!(format(UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01T00:00:00.000Z");
        assert!(format(UNIX_EPOCH + Duration::from_secs(1 << 62)).starts_with("9999-12-3"));
    }

    #[test]
    fn times_of_go_are_read() {
        let read = |text: &str| parse(text).map(format);
        assert_eq!(read("2026-01-01T01:00:00.123456789+01:00").unwrap(), "2026-01-01T00:00:00.123Z");
        assert_eq!(read("2026-01-01T00:00:00Z").unwrap(), "2026-01-01T00:00:00.000Z");
        assert!(parse("0001-01-01T00:00:00Z").unwrap() < UNIX_EPOCH, "Go's zero time");
        assert!(read("soon").is_none() && read("").is_none());
    }
}
