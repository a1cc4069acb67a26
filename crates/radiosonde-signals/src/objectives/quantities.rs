use std::time::Duration;

/// A number without the last digits of a calculation in binary: 144, and not 144.00000000000003.
pub(crate) fn number(value: f64) -> f64 {
    let rounded = (value * 1e6).round() / 1e6;
    if rounded == 0.0 && value != 0.0 { value } else { rounded }
}

const UNITS: [(u128, &str, &str); 3] =
    [(24 * 3600, "day", "days"), (3600, "hour", "hours"), (60, "minute", "minutes")];

/// A duration in words if it is of whole minutes, such as `30 days`; otherwise such as `1.5s` or `20ms`.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = u128::from(duration.as_secs());
    if seconds == 0 || duration.subsec_nanos() > 0 {
        return format!("{duration:?}");
    }
    let unit = UNITS.iter().find(|(length, ..)| seconds.is_multiple_of(*length));
    match unit {
        Some((length, one, several)) => {
            let many = seconds / length;
            format!("{many} {}", if many == 1 { one } else { several })
        }
        None => format!("{duration:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_digits_of_binary_calculations() {
        assert_eq!([14.4 * 0.1 * 100.0, 100.0 - 99.9, 1e-9].map(number), [144.0, 0.1, 1e-9]);
    }

    #[test]
    fn spans_are_in_the_largest_unit_that_they_are_a_multiple_of() {
        let spans = [0, 20, 60, 90, 300, 3600, 5400, 86_400, 2_592_000].map(Duration::from_secs).map(span);
        let texts =
            ["0ns", "20s", "1 minute", "90s", "5 minutes", "1 hour", "90 minutes", "1 day", "30 days"];
        assert_eq!(spans, texts);
        assert_eq!(span(Duration::from_millis(1500)), "1.5s");
    }
}
