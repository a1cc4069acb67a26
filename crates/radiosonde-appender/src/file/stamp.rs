use std::time::{Duration, SystemTime, UNIX_EPOCH};

use radiosonde_core::calendar::{date_of_days, days_of_date};

/// `2026-01-01T00-00-00.000Z`: a time valid in file names on every system, which sorts as text.
pub(crate) const STAMP_LENGTH: usize = 24;

/// The last second of the year 9999.
const LAST_SECOND: u64 = 253_402_300_799;

/// Formats a time to the millisecond. Times outside the years 1970 to 9999 are clamped.
pub(crate) fn stamp(time: SystemTime) -> String {
    let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (second, milli) = (since_1970.as_secs().min(LAST_SECOND), since_1970.subsec_millis());
    let (year, month, day) = date_of_days(i64::try_from(second / 86_400).unwrap_or_default());
    let (hour, minute, second) = (second / 3600 % 24, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}-{minute:02}-{second:02}.{milli:03}Z")
}

/// Parses a text that [`stamp`] made.
pub(crate) fn parse(text: &[u8]) -> Option<SystemTime> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() == STAMP_LENGTH && text.is_ascii())?;
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().ok();
    let days = days_of_date(number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let second = days * 86_400 + number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
    let millis = second * 1000 + number(20, 23)?;
    let time = UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).ok()?);
    // Any other spelling is not ours.
    (stamp(time) == text).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_as_the_time_that_it_was_made_of() {
        for millis in [0, 999, 951_782_400_000, 1_709_251_199_999, 1_767_225_600_123, 4_107_542_400_000] {
            let time = UNIX_EPOCH + Duration::from_millis(millis);
            assert_eq!(parse(stamp(time).as_bytes()), Some(time));
        }
        assert_eq!(stamp(UNIX_EPOCH + Duration::from_millis(1_767_225_600_123)), "2026-01-01T00-00-00.123Z");
    }

    #[test]
    fn what_is_no_stamp_is_not_read() {
        for text in [
            "",
            "2026-01-01T00:00:00.123Z",
            "2026-02-29T00-00-00.000Z",
            "2026-01-01T24-00-00.000Z",
            "2026-01-01T00-00-00.000z",
            "2026-01-01T00-00-00.0000",
            "+026-01-01T00-00-00.000Z",
            "2026-01-01T00-00-00.000Zz",
            "1969-12-31T23-59-59.999Z",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse(&[0xff; STAMP_LENGTH]), None);
    }
}
