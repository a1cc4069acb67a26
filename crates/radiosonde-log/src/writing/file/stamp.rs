use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::rendering::timestamp;
use crate::schemas::precision::TimestampPrecision;

/// `2026-01-01T00-00-00.000Z`: a time that may stand in the name of a file on every system, and sorts as text does.
pub(crate) const STAMP_LENGTH: usize = 24;

/// The text for a time, to the millisecond.
pub(crate) fn stamp(time: SystemTime) -> String {
    timestamp::Stamp::new().of(time, TimestampPrecision::Millis).replace(':', "-")
}

/// The time that a text stands for, if it is one that [`stamp`] makes.
pub(crate) fn parse(text: &[u8]) -> Option<SystemTime> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() == STAMP_LENGTH && text.is_ascii())?;
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().ok();
    let days = days(number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let second = days * 86_400 + number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
    let millis = second * 1000 + number(20, 23)?;
    let time = UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).ok()?);
    // What is not said exactly so is not ours.
    (stamp(time) == text).then_some(time)
}

/// Days from 1970 to a day of the proleptic Gregorian calendar.
///
/// # Source
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`:
/// <https://howardhinnant.github.io/date_algorithms.html#days_from_civil>
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let year_of_era = year.rem_euclid(400);
    let day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + (153 * month_from_march + 2) / 5 + day - 1;
    year.div_euclid(400) * 146_097 + day_of_era - 719_468
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
