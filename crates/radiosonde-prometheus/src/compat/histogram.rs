use crate::compat::metric::metric;
use crate::compat::metric_vec::MetricVec;

metric! {
    /// Counts observations in buckets.
    Histogram, Histogram, HistogramOpts
}

/// Histograms distinguished by label values.
pub type HistogramVec = MetricVec<Histogram>;

impl Histogram {
    /// Adds one observation. NaN and the infinities are refused and counted.
    pub fn observe(&self, v: f64) {
        self.ours.observe(v);
    }

    /// The sum of all observations.
    #[must_use]
    pub fn get_sample_sum(&self) -> f64 {
        self.ours.sum()
    }

    /// The number of observations.
    #[must_use]
    pub fn get_sample_count(&self) -> u64 {
        self.ours.count()
    }
}
