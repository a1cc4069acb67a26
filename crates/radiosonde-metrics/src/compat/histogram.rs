use super::metric::metric;
use super::{HistogramTimer, MetricVec};

metric! {
    /// Counts observations in buckets.
    Histogram, Histogram, HistogramOpts
}

/// Histograms told apart by label values.
pub type HistogramVec = MetricVec<Histogram>;

impl Histogram {
    /// Adds one observation. NaN and the infinities are refused and counted.
    pub fn observe(&self, v: f64) {
        self.ours.observe(v);
    }

    /// Observes the seconds from now until the timer is dropped.
    pub fn start_timer(&self) -> HistogramTimer {
        HistogramTimer::start(self.clone())
    }

    /// Observes how many seconds `f` takes.
    pub fn observe_closure_duration<F: FnOnce() -> T, T>(&self, f: F) -> T {
        let timer = self.start_timer();
        let result = f();
        timer.observe_duration();
        result
    }

    /// The sum of all observations.
    #[must_use]
    pub fn get_sample_sum(&self) -> f64 {
        self.ours.sum()
    }

    /// How many observations there are.
    #[must_use]
    pub fn get_sample_count(&self) -> u64 {
        self.ours.count()
    }
}
