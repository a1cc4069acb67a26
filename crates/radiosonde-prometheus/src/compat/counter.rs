use crate::compat::metric::metric;
use crate::compat::metric_vec::MetricVec;

metric! {
    /// Counts up, in steps that may have fractions.
    Counter, FloatCounter, Opts
}

metric! {
    /// Counts up, in whole steps.
    IntCounter, Counter, Opts
}

/// Counters told apart by label values.
pub type CounterVec = MetricVec<Counter>;

/// Counters of whole steps told apart by label values.
pub type IntCounterVec = MetricVec<IntCounter>;

impl Counter {
    /// Adds one.
    pub fn inc(&self) {
        self.ours.inc_by(1.0);
    }

    /// Adds `v`. What is negative, infinite or NaN is refused and counted.
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
