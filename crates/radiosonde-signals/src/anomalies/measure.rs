use std::fmt;
use std::sync::Arc;

use radiosonde_metrics::snapshot::Snapshot;

use crate::golden::Series;

/// A value that a detector watches, computed from a snapshot at each evaluation.
///
/// A rule of `radiosonde-alerts` compares a `Value` with a threshold instead: that one is of a window of minutes or hours, so that its alert
/// stays for a while. A measure is of one interval, so that each is independent of the one before; the detector smooths them itself.
///
/// # Shape
/// Read from the snapshot of the evaluation. Rates, means, quantiles and ratios are those since the evaluation before it, summed over the
/// series. They have no value at the first evaluation, nor without an observation in between: the detector then waits for the next.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_metrics::model::Kind;
/// use radiosonde_signals::{Measure, Series};
///
/// let registry = Registry::new();
/// let requests = Series::of(&registry, "http_requests_total", Kind::Counter);
/// let failed = requests.clone().with("status", "500");
/// let error_ratio = Measure::ratio(failed, requests);
/// let free = Measure::function(|snapshot| Some(100.0 - snapshot.value("disk_used_percent", &[])?));
/// ```
#[derive(Clone)]
pub struct Measure(pub(crate) Source);

/// The source of a measure: the series and how they become one number.
#[derive(Clone)]
pub(crate) enum Source {
    Gauge(Series),
    Rate(Series),
    Mean(Series),
    Quantile(Series, f64),
    Ratio(Series, Series),
    Function(Arc<MeasureFn>),
}

type MeasureFn = dyn Fn(&Snapshot) -> Option<f64> + Send + Sync;

impl Measure {
    /// The sum of gauges.
    #[must_use]
    pub const fn gauge(gauges: Series) -> Self {
        Self(Source::Gauge(gauges))
    }

    /// By how much counters grow per second; of a histogram, its observations.
    #[must_use]
    pub const fn rate(counters: Series) -> Self {
        Self(Source::Rate(counters))
    }

    /// The mean of a histogram's observations, none of which is negative.
    #[must_use]
    pub const fn mean(histogram: Series) -> Self {
        Self(Source::Mean(histogram))
    }

    /// A quantile of a histogram's observations, such as 0.95, interpolated within its bucket as PromQL's `histogram_quantile` does.
    #[must_use]
    pub const fn quantile(histogram: Series, quantile: f64) -> Self {
        Self(Source::Quantile(histogram, quantile))
    }

    /// A part divided by the whole: of counters and histograms by how much they grow, of gauges their values.
    ///
    /// A ratio is often exactly 0, so its deviation is at least 0.01 by default: at the default threshold, less than 3.5 % of the whole is never
    /// an anomaly. See [`AnomalyOptions::absolute_floor`](crate::AnomalyOptions::absolute_floor).
    #[must_use]
    pub const fn ratio(part: Series, whole: Series) -> Self {
        Self(Source::Ratio(part, whole))
    }

    /// The result of a function; `None` if there is no value. A function that panics is not called again.
    #[must_use]
    pub fn function(function: impl Fn(&Snapshot) -> Option<f64> + Send + Sync + 'static) -> Self {
        Self(Source::Function(Arc::new(function)))
    }

    /// The absolute floor of the deviation by default.
    pub(crate) const fn least_deviation(&self) -> f64 {
        match self.0 {
            // One error among a hundred requests, in intervals that mostly have none.
            Source::Ratio(..) => 0.01,
            _ => 0.0,
        }
    }
}

/// Functions are equal if one is a clone of the other.
impl PartialEq for Measure {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Source::Gauge(a), Source::Gauge(b))
            | (Source::Rate(a), Source::Rate(b))
            | (Source::Mean(a), Source::Mean(b)) => a == b,
            (Source::Quantile(a, p), Source::Quantile(b, q)) => (a, p) == (b, q),
            (Source::Ratio(a, of), Source::Ratio(b, other_of)) => (a, of) == (b, other_of),
            (Source::Function(a), Source::Function(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl fmt::Debug for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Gauge(series) => f.debug_tuple("Gauge").field(series).finish(),
            Source::Rate(series) => f.debug_tuple("Rate").field(series).finish(),
            Source::Mean(series) => f.debug_tuple("Mean").field(series).finish(),
            Source::Quantile(series, at) => f.debug_tuple("Quantile").field(series).field(at).finish(),
            Source::Ratio(part, whole) => f.debug_tuple("Ratio").field(part).field(whole).finish(),
            Source::Function(_) => f.debug_struct("Function").finish_non_exhaustive(),
        }
    }
}
