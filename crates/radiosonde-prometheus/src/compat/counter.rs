use crate::compat::metric::metric;
use crate::compat::metric_vec::MetricVec;

metric! {
    /// Counts up, possibly by fractions.
    Counter, FloatCounter, Opts
}

metric! {
    /// Counts up, in whole steps.
    IntCounter, Counter, Opts
}

/// Counters distinguished by label values.
pub type CounterVec = MetricVec<Counter>;

/// Counters of whole steps, distinguished by label values.
pub type IntCounterVec = MetricVec<IntCounter>;

impl Counter {
    /// Adds one.
    pub fn inc(&self) {
        self.ours.inc_by(1.0);
    }

    /// Adds `v`. Negative, infinite and NaN values are refused and counted.
    pub fn inc_by(&self, v: f64) {
        self.ours.inc_by(v);
    }

    /// The total.
    #[must_use]
    pub fn get(&self) -> f64 {
        self.ours.value()
    }
}

impl IntCounter {
    /// Adds one.
    pub fn inc(&self) {
        self.ours.inc();
    }

    /// Adds `v`.
    pub fn inc_by(&self, v: u64) {
        self.ours.inc_by(v);
    }

    /// The total.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.ours.value()
    }
}
