use std::fmt;
use std::time::Duration;

use crate::instruments::native::index::{FINEST, growth};

/// How the exponential buckets of a native histogram are made: how fine, and how many at most.
///
/// # Shape
/// Bucket `i` of schema `s` ends at 2 to the power of `i / 2^s`, with a mirror image below zero. Observations no further from zero than the
/// zero threshold are in the zero bucket.
///
/// A histogram that needs more than [`max_buckets`](Self::max_buckets) is reset, if the last reset was at least
/// [`reset_after`](Self::reset_after) ago; otherwise it widens its zero bucket, as far as
/// [`max_zero_threshold`](Self::max_zero_threshold); otherwise it halves its resolution. Each is counted in
/// `radiosonde_metrics_native_limited_total{family,policy}`. The next reset restores what was widened or halved: the first observation
/// after a scrape that finds it due.
///
/// The buckets are exposed over protobuf alone, and Prometheus 3 asks for them where its scrape configuration has
/// `scrape_native_histograms: true`. With `always_scrape_classic_histograms: true` it stores classic ones beside them.
///
/// # Cost
/// To observe costs about three times as much as without, and threads that observe the same value add to the same memory, also when the
/// histogram is [`striped`](crate::MetricBuilder::striped). A kilobyte for each series with up to 32 buckets,
/// three kilobytes with up to 96, seven with up to 224.
///
/// # Source
/// <https://prometheus.io/docs/specs/native_histograms/>; what happens at the limit is what Prometheus' own library for Go does.
///
/// ```
/// use radiosonde_metrics::{Buckets, Native, Registry};
///
/// let registry = Registry::new();
/// let size = registry
///     .histogram("reply_bytes", "Size.")
///     .buckets(Buckets::NONE)
///     .native(Native::of_growth(1.1)?)
///     .build()?;
/// size.observe(512.0);
///
/// assert!((1.09..1.1).contains(&Native::of_growth(1.1)?.growth()));
/// assert_eq!(
///     Native::of_growth(1.0).unwrap_err().to_string(),
///     "native buckets that grow by 1.0; expected a factor above 1",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Native {
    pub(crate) schema: i32,
    pub(crate) zero_threshold: f64,
    pub(crate) max_zero_threshold: f64,
    pub(crate) max_buckets: usize,
    pub(crate) reset_after: Option<Duration>,
}

/// The coarsest schema.
pub(crate) const COARSEST: i32 = -4;

/// More buckets than this make a histogram that no Prometheus wants to store.
pub(crate) const MAX_BUCKETS: usize = 1000;

impl Native {
    /// Schema 3, in which a bucket is 9 % wider than the one before; a zero threshold of 2^-128; at most 160 buckets; reset after an
    /// hour at the earliest.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            schema: 3,
            // 2^-128, a bound at every schema.
            zero_threshold: f64::from_bits((1023 - 128) << 52),
            max_zero_threshold: 0.0,
            max_buckets: 160,
            reset_after: Some(Duration::from_secs(3600)),
        }
    }

    /// The coarsest schema whose buckets grow by this factor at most; the finest there is, if all are coarser.
    ///
    /// # Errors
    /// [`InvalidNative::Growth`] if the factor is not above 1.
    pub fn of_growth(factor: f64) -> Result<Self, InvalidNative> {
        if factor.is_nan() || factor <= 1.0 {
            return Err(InvalidNative::Growth { factor: number_text(factor) });
        }
        let schema = (COARSEST..=FINEST).find(|&schema| growth(schema) <= factor).unwrap_or(FINEST);
        Ok(Self { schema, ..Self::new() })
    }

    /// Sets how fine the buckets are, from -4, in which each is 65536 times as wide as the one before, to 8, in which it is 0.3 % wider.
    #[must_use]
    pub const fn schema(mut self, schema: i32) -> Self {
        self.schema = schema;
        self
    }

    /// Sets up to which distance from zero an observation is in the zero bucket.
    #[must_use]
    pub const fn zero_threshold(mut self, threshold: f64) -> Self {
        self.zero_threshold = threshold;
        self
    }

    /// Lets the zero bucket be widened up to this distance from zero; without this it is not.
    #[must_use]
    pub const fn max_zero_threshold(mut self, threshold: f64) -> Self {
        self.max_zero_threshold = threshold;
        self
    }

    /// Sets how many buckets there may be, the zero bucket not counted, from 1 to 1000. In schema -4 there may be more.
    #[must_use]
    pub const fn max_buckets(mut self, buckets: usize) -> Self {
        self.max_buckets = buckets;
        self
    }

    /// Lets the histogram be reset to zero with a new time of creation, no earlier than this after it began; `None` for never.
    /// Classic buckets and the sum are reset with it.
    #[must_use]
    pub const fn reset_after(mut self, least: Option<Duration>) -> Self {
        self.reset_after = least;
        self
    }

    /// The factor by which one bucket is wider than the one before.
    #[must_use]
    pub fn growth(&self) -> f64 {
        growth(self.schema)
    }

    pub(crate) fn check(&self) -> Result<(), InvalidNative> {
        let is_distance = |threshold: f64| threshold >= 0.0 && threshold.is_finite();
        if !(COARSEST..=FINEST).contains(&self.schema) {
            return Err(InvalidNative::Schema { schema: self.schema });
        }
        if let Some(&threshold) =
            [self.zero_threshold, self.max_zero_threshold].iter().find(|threshold| !is_distance(**threshold))
        {
            return Err(InvalidNative::ZeroThreshold { threshold: number_text(threshold) });
        }
        if !(1..=MAX_BUCKETS).contains(&self.max_buckets) {
            return Err(InvalidNative::MaxBuckets { buckets: self.max_buckets });
        }
        Ok(())
    }
}

impl Default for Native {
    fn default() -> Self {
        Self::new()
    }
}

fn number_text(number: f64) -> Box<str> {
    format!("{number:?}").into()
}

/// Settings that make no native histogram.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidNative {
    /// A factor of growth that is not above 1.
    Growth {
        /// The factor, number_text out.
        factor: Box<str>,
    },
    /// A schema that is not between -4 and 8.
    Schema {
        /// The schema.
        schema: i32,
    },
    /// A zero threshold that is no finite distance.
    ZeroThreshold {
        /// The threshold, number_text out.
        threshold: Box<str>,
    },
    /// No buckets, or more than 1000.
    MaxBuckets {
        /// How many.
        buckets: usize,
    },
}

impl fmt::Display for InvalidNative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Growth { factor } => {
                write!(f, "native buckets that grow by {factor}; expected a factor above 1")
            }
            Self::Schema { schema } => {
                write!(f, "native buckets of schema {schema}; expected {COARSEST} to {FINEST}")
            }
            Self::ZeroThreshold { threshold } => {
                write!(f, "zero threshold {threshold} of native buckets; expected a finite one from 0")
            }
            Self::MaxBuckets { buckets } => {
                write!(f, "at most {buckets} native buckets; expected 1 to {MAX_BUCKETS}")
            }
        }
    }
}

impl std::error::Error for InvalidNative {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_is_that_of_the_coarsest_schema_that_keeps_to_it() {
        // The first five are those of Prometheus' library for Go.
        for (factor, schema) in [
            (1.1, 3),
            (1.2, 2),
            (4.0, -1),
            (17.0, -2),
            (2.0, 0),
            (1.999, 1),
            (65536.0, -4),
            (f64::INFINITY, -4),
            (1.002_711_275_050_203, 8),
            (1.0001, 8),
        ] {
            assert_eq!(Native::of_growth(factor).unwrap().schema, schema, "{factor}");
        }
        assert!(Native::of_growth(f64::NAN).is_err());
    }

    #[test]
    fn settings_out_of_range_are_refused_with_what_is_expected() {
        let refused = |native: Native| native.check().unwrap_err().to_string();
        assert_eq!(refused(Native::new().schema(9)), "native buckets of schema 9; expected -4 to 8");
        assert!(Native::new().schema(-4).check().is_ok() && Native::new().schema(8).check().is_ok());
        let threshold = "zero threshold -1.0 of native buckets; expected a finite one from 0";
        assert_eq!(refused(Native::new().zero_threshold(-1.0)), threshold);
        assert!(Native::new().max_zero_threshold(f64::NAN).check().is_err());
        assert_eq!(refused(Native::new().max_buckets(0)), "at most 0 native buckets; expected 1 to 1000");
        assert!(Native::new().check().is_ok());
    }
}
