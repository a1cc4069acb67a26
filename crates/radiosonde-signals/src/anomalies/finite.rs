//! Arithmetic whose results are finite, with operations that are exact by IEEE 754 on every platform.

/// The difference, at most [`f64::MAX`] away from zero.
pub(crate) fn difference(a: f64, b: f64) -> f64 {
    (a - b).clamp(-f64::MAX, f64::MAX)
}

/// The sum, at most [`f64::MAX`] away from zero.
pub(crate) fn sum(a: f64, b: f64) -> f64 {
    (a + b).clamp(-f64::MAX, f64::MAX)
}

/// The middle of two values.
pub(crate) fn midpoint(a: f64, b: f64) -> f64 {
    a / 2.0 + b / 2.0
}

/// The median of sorted values; 0 without any.
pub(crate) fn median_of_sorted(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match (sorted.get(middle), middle.checked_sub(1).and_then(|before| sorted.get(before))) {
        (Some(&upper), Some(&lower)) if sorted.len().is_multiple_of(2) => midpoint(lower, upper),
        (Some(&value), _) => value,
        (None, _) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_at_the_limits_stay_finite() {
        assert_eq!((difference(f64::MAX, -f64::MAX), difference(-f64::MAX, f64::MAX)), (f64::MAX, -f64::MAX));
        assert_eq!((sum(f64::MAX, f64::MAX), sum(2.0, 3.0), difference(2.0, 3.0)), (f64::MAX, 5.0, -1.0));
        assert_eq!((midpoint(f64::MAX, f64::MAX), midpoint(1.0, 4.0)), (f64::MAX, 2.5));
    }

    #[test]
    fn a_median_is_the_middle_or_the_mean_of_two() {
        assert_eq!(
            [&[][..], &[3.0], &[1.0, 4.0], &[1.0, 2.0, 9.0]].map(median_of_sorted),
            [0.0, 3.0, 2.5, 2.0]
        );
    }
}
