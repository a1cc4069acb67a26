use std::time::SystemTime;

use crate::model::exemplar::Exemplar;

/// A sample's value. Integers stay integers, so that none is rounded on its way out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A counter of events.
    Unsigned(u64),
    /// A gauge of things.
    Signed(i64),
    /// Anything else.
    Float(f64),
}

impl Number {
    /// The value as Prometheus stores it; integers beyond 2^53 are rounded.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "Prometheus stores 64-bit floats")]
    pub const fn as_f64(self) -> f64 {
        match self {
            Self::Unsigned(value) => value as f64,
            Self::Signed(value) => value as f64,
            Self::Float(value) => value,
        }
    }
}

/// The state of a counter or a gauge at one moment, of an info, of one state of a state set, or of something of unknown kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NumberSample<'a> {
    /// The value.
    pub value: Number,
    /// The last exemplar of a counter.
    pub exemplar: Option<&'a Exemplar>,
    /// When a counter began at zero, where that is known.
    pub created: Option<SystemTime>,
}

impl From<Number> for NumberSample<'_> {
    fn from(value: Number) -> Self {
        Self { value, exemplar: None, created: None }
    }
}

/// The state of a histogram at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct HistogramSample<'a> {
    /// The upper bounds, ascending, without infinity.
    pub bounds: &'a [f64],
    /// How many observations fell in each bucket, not cumulative; one more than there are bounds.
    pub counts: &'a [u64],
    /// The sum of all observations.
    pub sum: f64,
    /// The last exemplar of each bucket; empty, or as many as there are counts.
    pub exemplars: &'a [Option<Exemplar>],
    /// The same observations in exponential buckets, for a histogram that has them too.
    pub native: Option<NativeSample<'a>>,
    /// When it began at zero, where that is known.
    pub created: Option<SystemTime>,
}

/// The exponential buckets of a native histogram at one moment.
///
/// # Source
/// <https://prometheus.io/docs/specs/native_histograms/>
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct NativeSample<'a> {
    /// How fine the buckets are: bucket `i` ends at 2 to the power of `i / 2^schema`; from -4 to 8.
    pub schema: i32,
    /// Up to which distance from zero an observation is in the zero bucket.
    pub zero_threshold: f64,
    /// How many observations are in the zero bucket.
    pub zero_count: u64,
    /// Index and count, not cumulative, of the buckets above zero that have observations; ascending by index.
    pub positive: &'a [(i32, u64)],
    /// The same below zero; the index is that of the absolute value.
    pub negative: &'a [(i32, u64)],
    /// Exemplars from anywhere in the histogram, ascending by value.
    pub exemplars: &'a [Exemplar],
}

impl NativeSample<'_> {
    /// How many observations there are: the sum of all buckets.
    #[must_use]
    pub fn count(&self) -> u64 {
        let buckets = self.positive.iter().chain(self.negative);
        // Saturating: a collector may give any counts, and a scrape does not panic.
        buckets.fold(self.zero_count, |total, (_, count)| total.saturating_add(*count))
    }
}

impl HistogramSample<'_> {
    /// How many observations there are: the sum of the buckets, so that it equals the bucket up to infinity always.
    #[must_use]
    pub fn count(&self) -> u64 {
        // Saturating: a collector may give any counts, and a scrape does not panic.
        self.counts.iter().fold(0, |total, count| u64::saturating_add(total, *count))
    }

    /// Upper bound, cumulative count and exemplar of each bucket, the one up to infinity last.
    pub fn cumulative(&self) -> impl Iterator<Item = (f64, u64, Option<&Exemplar>)> {
        let mut total = 0_u64;
        self.counts.iter().enumerate().map(move |(at, count)| {
            total = total.saturating_add(*count);
            let bound = self.bounds.get(at).copied().unwrap_or(f64::INFINITY);
            (bound, total, self.exemplars.get(at).and_then(Option::as_ref))
        })
    }
}

/// The state of a summary at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct SummarySample<'a> {
    /// Quantile and value, ascending by quantile.
    pub quantiles: &'a [(f64, f64)],
    /// The sum of all observations.
    pub sum: f64,
    /// How many observations there are.
    pub count: u64,
    /// When it began at zero, where that is known.
    pub created: Option<SystemTime>,
}

/// Replaces any NaN by the one of Prometheus, where other bits mean that the series has ended.
///
/// # Source
/// `NormalNaN` and `StaleNaN` in <https://github.com/prometheus/prometheus/blob/main/model/value/value.go>
#[inline]
#[must_use]
pub const fn normal_nan(value: f64) -> f64 {
    if value.is_nan() { f64::from_bits(0x7ff8_0000_0000_0001) } else { value }
}
