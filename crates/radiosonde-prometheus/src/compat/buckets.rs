use crate::compat::error::{Error, Result};
use radiosonde_metrics::Buckets;

/// The default bounds of a histogram: 5 ms to 10 s in 11 steps.
pub const DEFAULT_BUCKETS: &[f64; 11] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// `count` bounds starting at `start`, `width` apart.
///
/// # Errors
/// [`Error::Msg`] if `count` or `width` is not above zero.
pub fn linear_buckets(start: f64, width: f64, count: usize) -> Result<Vec<f64>> {
    if count < 1 {
        return Err(Error::Msg(format!("invalid count {count} of buckets: expected 1 or more")));
    }
    if width <= 0.0 {
        return Err(Error::Msg(format!("invalid width {width} of buckets: expected a number above 0")));
    }
    #[allow(clippy::cast_precision_loss, reason = "2^53 buckets are out of reach")]
    let bounds = (0..count).map(|step| start + width * (step as f64));
    Ok(bounds.collect())
}

/// `count` bounds starting at `start`, each `factor` times the previous one.
///
/// # Errors
/// [`Error::Msg`] if `count` or `start` is not above zero, or `factor` not above one.
pub fn exponential_buckets(start: f64, factor: f64, count: usize) -> Result<Vec<f64>> {
    if count < 1 {
        return Err(Error::Msg(format!("invalid count {count} of buckets: expected 1 or more")));
    }
    if start <= 0.0 {
        return Err(Error::Msg(format!("invalid start {start} of buckets: expected a number above 0")));
    }
    if factor <= 1.0 {
        return Err(Error::Msg(format!("invalid factor {factor} of buckets: expected a number above 1")));
    }
    Ok(std::iter::successors(Some(start), |bound| Some(bound * factor)).take(count).collect())
}

/// Checks bounds as the original does: an empty list means the default, and infinity may be last.
pub(super) fn checked(mut bounds: Vec<f64>) -> Result<Buckets> {
    if bounds.is_empty() {
        return Ok(Buckets::from_static(DEFAULT_BUCKETS));
    }
    if bounds.last() == Some(&f64::INFINITY) {
        bounds.pop();
    }
    Buckets::new(bounds).map_err(|refused| Error::Msg(refused.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_original() {
        assert_eq!(linear_buckets(-1.0, 0.5, 4).unwrap(), [-1.0, -0.5, 0.0, 0.5]);
        assert_eq!(exponential_buckets(100.0, 1.2, 3).unwrap(), [100.0, 120.0, 144.0]);
        for refused in [
            linear_buckets(1.0, 0.0, 3),
            linear_buckets(1.0, 1.0, 0),
            exponential_buckets(1.0, 1.0, 3),
            exponential_buckets(0.0, 2.0, 3),
            exponential_buckets(1.0, 2.0, 0),
        ] {
            assert!(matches!(refused, Err(Error::Msg(_))), "{refused:?}");
        }
    }

    #[test]
    fn none_are_the_default_and_infinity_is_understood() {
        assert_eq!(checked(Vec::new()).unwrap().bounds(), DEFAULT_BUCKETS);
        assert_eq!(checked(vec![1.0, f64::INFINITY]).unwrap().bounds(), [1.0]);
        assert!(checked(vec![1.0, 1.0]).is_err());
    }
}
