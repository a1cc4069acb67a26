use std::borrow::Cow;
use std::fmt;

/// The upper bounds of a histogram's buckets, finite and ascending; the bucket up to infinity is added for you.
///
/// ```
/// use radiosonde_metrics::Buckets;
///
/// const QUEUE: Buckets = Buckets::from_static(&[0.1, 1.0, 10.0]);
/// assert_eq!(QUEUE.bounds(), [0.1, 1.0, 10.0]);
/// assert_eq!(
///     Buckets::new([1.0, 0.5]).unwrap_err().to_string(),
///     "bucket bound 0.5 at place 1 does not exceed 1.0 before it; expected finite, ascending bounds",
/// );
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Buckets {
    bounds: Cow<'static, [f64]>,
}

/// More bounds than this make a histogram that no Prometheus wants to store.
const MAX_BOUNDS: usize = 512;

impl Buckets {
    /// OpenTelemetry's advice for the duration of HTTP requests, in seconds: 5 ms to 10 s in 14 steps.
    ///
    /// # Source
    /// <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration>
    pub const HTTP_SECONDS: Self =
        Self::from_static(&[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0]);

    /// No bounds: the bucket up to infinity alone, for a histogram that has [native](crate::MetricBuilder::native) buckets.
    pub const NONE: Self = Self::from_static(&[]);

    /// Bounds that are known when the program is compiled; in a `const`, bad ones do not compile.
    ///
    /// # Panics
    /// If the bounds are not finite and ascending, or more than 512.
    #[must_use]
    pub const fn from_static(bounds: &'static [f64]) -> Self {
        assert!(bounds.len() <= MAX_BOUNDS, "too many bucket bounds");
        let mut at = 0;
        while at < bounds.len() {
            assert!(bounds[at].is_finite(), "bucket bounds must be finite");
            assert!(at == 0 || bounds[at - 1] < bounds[at], "bucket bounds must ascend");
            at += 1;
        }
        Self { bounds: Cow::Borrowed(bounds) }
    }

    /// Bounds that are known when the program runs.
    ///
    /// # Errors
    /// [`InvalidBuckets`] names the first bound that is not finite or does not exceed the one before it.
    pub fn new(bounds: impl Into<Vec<f64>>) -> Result<Self, InvalidBuckets> {
        let bounds = bounds.into();
        if bounds.len() > MAX_BOUNDS {
            return Err(InvalidBuckets::TooMany { bounds: bounds.len() });
        }
        for (at, &bound) in bounds.iter().enumerate() {
            let previous = at.checked_sub(1).map(|at| bounds[at]);
            if !bound.is_finite() || previous.is_some_and(|previous| previous >= bound) {
                return Err(InvalidBuckets::Bound { at, bound, previous });
            }
        }
        Ok(Self { bounds: Cow::Owned(bounds) })
    }

    /// The upper bounds, without infinity.
    #[must_use]
    pub fn bounds(&self) -> &[f64] {
        &self.bounds
    }
}

impl Default for Buckets {
    fn default() -> Self {
        Self::HTTP_SECONDS
    }
}

/// Bounds that make no histogram.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum InvalidBuckets {
    /// A bound that is not finite, or does not exceed the one before it.
    Bound {
        /// Its place in the list.
        at: usize,
        /// The bound.
        bound: f64,
        /// The one before it.
        previous: Option<f64>,
    },
    /// More than 512 bounds.
    TooMany {
        /// How many there are.
        bounds: usize,
    },
}

impl fmt::Display for InvalidBuckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bound { at, bound, .. } if !bound.is_finite() => {
                write!(
                    f,
                    "bucket bound {bound:?} at place {at} is not finite; expected finite, ascending bounds"
                )
            }
            Self::Bound { at, bound, previous } => write!(
                f,
                "bucket bound {bound:?} at place {at} does not exceed {:?} before it; expected finite, ascending bounds",
                previous.unwrap_or(f64::NEG_INFINITY)
            ),
            Self::TooMany { bounds } => write!(f, "{bounds} bucket bounds; expected at most {MAX_BOUNDS}"),
        }
    }
}

impl std::error::Error for InvalidBuckets {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_not_finite_or_not_ascending() {
        assert!(Buckets::new([f64::NAN]).is_err());
        assert!(Buckets::new([1.0, f64::INFINITY]).is_err());
        assert!(Buckets::new([1.0, 1.0]).is_err());
        assert!(Buckets::new(vec![0.0; 513]).is_err());
        assert!(Buckets::new([]).is_ok());
    }
}
