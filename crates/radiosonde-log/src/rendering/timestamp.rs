use std::time::{SystemTime, UNIX_EPOCH};

use radiosonde_core::calendar::date_of_days;

use crate::schemas::precision::TimestampPrecision;

/// The last second of the year 9999, the latest that RFC 3339 can express.
const LAST_SECOND: i64 = 253_402_300_799;
/// The first second of the year 0.
const FIRST_SECOND: i64 = -62_167_219_200;

/// Formats times as RFC 3339 in UTC: `2026-01-01T00:00:00.000Z`.
///
/// Keeps the text of the last second, since most lines are written in the same second as the one before.
#[derive(Debug)]
pub(crate) struct Stamp {
    second: i64,
    text: String,
}

/// The length of the text that is constant within a second: up to and including the point.
const SECOND_LENGTH: usize = 20;

impl Stamp {
    pub(crate) fn new() -> Self {
        let mut stamp = Self { second: 0, text: String::with_capacity(30) };
        stamp.set_second(0);
        stamp
    }

    /// Formats a time. Times outside the years 0 to 9999 are clamped.
    pub(crate) fn of(&mut self, time: SystemTime, precision: TimestampPrecision) -> &str {
        let (second, nano) = split(time);
        if second != self.second {
            self.set_second(second);
        }
        self.text.truncate(SECOND_LENGTH);
        let digit = |number: u32| char::from_digit(number % 10, 10).unwrap_or('0');
        match precision {
            TimestampPrecision::Millis => {
                let milli = nano / 1_000_000;
                self.text.extend([digit(milli / 100), digit(milli / 10), digit(milli), 'Z']);
                return &self.text;
            }
            TimestampPrecision::Micros => push_digits(&mut self.text, u64::from(nano / 1000), 6),
            TimestampPrecision::Nanos => push_digits(&mut self.text, u64::from(nano), 9),
        }
        self.text.push('Z');
        &self.text
    }

    fn set_second(&mut self, second: i64) {
        self.second = second;
        let (year, month, day) = date_of_days(second.div_euclid(86_400));
        let of_day = second.rem_euclid(86_400);
        self.text.clear();
        let parts = [
            (year, 4, '-'),
            (month, 2, '-'),
            (day, 2, 'T'),
            (of_day / 3600, 2, ':'),
            (of_day / 60 % 60, 2, ':'),
            (of_day % 60, 2, '.'),
        ];
        for (number, width, separator) in parts {
            // None of them is negative.
            push_digits(&mut self.text, number.unsigned_abs(), width);
            self.text.push(separator);
        }
    }
}

/// Splits a time into whole seconds since 1970, rounded down, and nanoseconds.
fn split(time: SystemTime) -> (i64, u32) {
    let (second, nano) = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (i64::try_from(after.as_secs()).unwrap_or(i64::MAX), after.subsec_nanos()),
        Err(before) => {
            let before = before.duration();
            let second = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
            // Rounded down here too: a time within a second before 1970 is in 1969.
            match before.subsec_nanos() {
                0 => (-second, 0),
                nano => (-second - 1, 1_000_000_000 - nano),
            }
        }
    };
    match second {
        ..FIRST_SECOND => (FIRST_SECOND, 0),
        FIRST_SECOND..=LAST_SECOND => (second, nano),
        _ => (LAST_SECOND, 999_999_999),
    }
}

pub(crate) fn push_digits(out: &mut String, number: u64, width: u32) {
    for place in (0..width).rev() {
        let digit = number / 10_u64.pow(place) % 10;
        out.push(u8::try_from(digit).map_or('0', |digit| char::from(b'0' + digit)));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn known_moments_are_spelled_as_rfc_3339() {
        // Expected values from `date -u -d @N +%FT%T.%3NZ`.
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (999, "1970-01-01T00:00:00.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (1_767_225_600_123, "2026-01-01T00:00:00.123Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "9999-12-31T23:59:59.999Z"),
        ];
        let mut stamp = Stamp::new();
        for (millis, expected) in cases {
            assert_eq!(
                stamp.of(UNIX_EPOCH + Duration::from_millis(millis), TimestampPrecision::Millis),
                expected
            );
        }
    }

    #[test]
    fn times_before_1970_round_down() {
        let mut stamp = Stamp::new();
        let mut of = |before| stamp.of(UNIX_EPOCH - before, TimestampPrecision::Millis).to_owned();
        assert_eq!(of(Duration::from_nanos(1)), "1969-12-31T23:59:59.999Z");
        assert_eq!(of(Duration::from_secs(1)), "1969-12-31T23:59:59.000Z");
        assert_eq!(of(Duration::from_secs(100_000_000_000)), "0000-01-01T00:00:00.000Z");
    }

    #[test]
    fn digits_are_cut_and_not_rounded() {
        let mut stamp = Stamp::new();
        let time = UNIX_EPOCH + Duration::from_nanos(1_999_999_999);
        let cases = [
            (TimestampPrecision::Millis, "1970-01-01T00:00:01.999Z"),
            (TimestampPrecision::Micros, "1970-01-01T00:00:01.999999Z"),
            (TimestampPrecision::Nanos, "1970-01-01T00:00:01.999999999Z"),
            (TimestampPrecision::Millis, "1970-01-01T00:00:01.999Z"),
        ];
        for (precision, expected) in cases {
            assert_eq!(stamp.of(time, precision), expected);
        }
        assert_eq!(
            stamp.of(UNIX_EPOCH - Duration::from_nanos(1), TimestampPrecision::Nanos),
            "1969-12-31T23:59:59.999999999Z"
        );
    }
}
