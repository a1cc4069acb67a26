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

/// Gauges told apart by label values.
pub type GaugeVec = MetricVec<Gauge>;

/// Gauges of whole numbers told apart by label values.
pub type IntGaugeVec = MetricVec<IntGauge>;

impl Gauge {
    /// Makes the value `v`.
    pub fn set(&self, v: f64) {
        self.ours.set(v);
    }

    /// Adds one.
    pub fn inc(&self) {
        self.ours.add(1.0);
    }

    /// Takes one away.
    pub fn dec(&self) {
        self.ours.sub(1.0);
    }

    /// Adds `v`.
    pub fn add(&self, v: f64) {
        self.ours.add(v);
    }

    /// Takes `v` away.
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
    /// Makes the value `v`.
    pub fn set(&self, v: i64) {
        self.ours.set(v);
    }

    /// Adds one.
    pub fn inc(&self) {
        self.ours.inc();
    }

    /// Takes one away.
    pub fn dec(&self) {
        self.ours.dec();
    }

    /// Adds `v`.
    pub fn add(&self, v: i64) {
        self.ours.add(v);
    }

    /// Takes `v` away.
    pub fn sub(&self, v: i64) {
        self.ours.add(v.wrapping_neg());
    }

    /// The value.
    #[must_use]
    pub fn get(&self) -> i64 {
        self.ours.value()
    }
}
