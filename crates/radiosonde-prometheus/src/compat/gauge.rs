use crate::compat::metric::metric;
use crate::compat::metric_vec::MetricVec;

metric! {
    /// A value that goes up and down.
    Gauge, Gauge, Opts
}

metric! {
    /// A whole number that goes up and down.
    IntGauge, IntGauge, Opts
}

/// Gauges distinguished by label values.
pub type GaugeVec = MetricVec<Gauge>;

/// Gauges of whole numbers, distinguished by label values.
pub type IntGaugeVec = MetricVec<IntGauge>;

impl Gauge {
    /// Sets the value.
    pub fn set(&self, v: f64) {
        self.ours.set(v);
    }

    /// Adds one.
    pub fn inc(&self) {
        self.ours.add(1.0);
    }

    /// Subtracts one.
    pub fn dec(&self) {
        self.ours.sub(1.0);
    }

    /// Adds `v`.
    pub fn add(&self, v: f64) {
        self.ours.add(v);
    }

    /// Subtracts `v`.
    pub fn sub(&self, v: f64) {
        self.ours.sub(v);
    }

    /// The value.
    #[must_use]
    pub fn get(&self) -> f64 {
        self.ours.value()
    }
}

impl IntGauge {
    /// Sets the value.
    pub fn set(&self, v: i64) {
        self.ours.set(v);
    }

    /// Adds one.
    pub fn inc(&self) {
        self.ours.inc();
    }

    /// Subtracts one.
    pub fn dec(&self) {
        self.ours.dec();
    }

    /// Adds `v`.
    pub fn add(&self, v: i64) {
        self.ours.add(v);
    }

    /// Subtracts `v`.
    pub fn sub(&self, v: i64) {
        self.ours.add(v.wrapping_neg());
    }

    /// The value.
    #[must_use]
    pub fn get(&self) -> i64 {
        self.ours.value()
    }
}
