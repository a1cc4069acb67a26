use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::UNIX_EPOCH;

use radiosonde_core::{Clock, SystemClock};

use crate::instruments::float_counter::add;
use crate::instruments::instrument::Instrument;
use crate::instruments::instrument::sealed::Sealed;
use crate::instruments::shared::Shared;
use crate::model::kind::Kind;
use crate::model::samples::Number;
use crate::model::visitor::Visitor;
use crate::storage::series::Series;
use crate::sync::{AtomicU64, Ordering};

/// A value that goes up and down: bytes, degrees, a ratio.
///
/// For counts of things, such as connections, [`IntGauge`] is exact and cheaper.
///
/// # Shape
/// `f64`; NaN and the infinities are values like any other, as in Prometheus.
///
/// # Cost
/// `set` is one relaxed store, `add` a compare-exchange loop; no lock, no allocation.
///
/// # Source
/// OpenMetrics 1.0, "Gauge": <https://prometheus.io/docs/specs/om/open_metrics_spec/#gauge>
#[derive(Debug, Clone)]
pub struct Gauge(Arc<Series<AtomicU64>>);

impl Gauge {
    /// Makes the value `value`.
    pub fn set(&self, value: f64) {
        // Relaxed: readers need a value, not an order against other metrics.
        self.0.cell.store(value.to_bits(), Ordering::Relaxed);
    }

    /// Makes the value the time, in seconds since 1970, for a metric whose name ends in `_timestamp_seconds`: when a backup
    /// succeeded, when a configuration was read.
    ///
    /// Its age is `time() - backup_success_timestamp_seconds` in PromQL, which stays right while the program hangs.
    ///
    /// ```
    /// use radiosonde_metrics::Registry;
    ///
    /// let registry = Registry::new();
    /// let success = registry.gauge("backup_success_timestamp_seconds", "When the last backup succeeded.").build()?;
    /// success.set_to_now();
    /// assert!(success.value() > 1.7e9);
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    pub fn set_to_now(&self) {
        // Before 1970 there was nothing to measure.
        self.set(SystemClock.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64());
    }

    /// Adds `amount`, which may be negative.
    pub fn add(&self, amount: f64) {
        add(&self.0.cell, amount);
    }

    /// Takes `amount` away.
    pub fn sub(&self, amount: f64) {
        add(&self.0.cell, -amount);
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> f64 {
        // Relaxed: as above.
        f64::from_bits(self.0.cell.load(Ordering::Relaxed))
    }
}

impl Instrument for Gauge {
    const KIND: Kind = Kind::Gauge;
}

impl Sealed for Gauge {
    const NAME: &'static str = "Gauge";

    type Cell = AtomicU64;

    fn cell(_: &Arc<Shared>) -> AtomicU64 {
        AtomicU64::new(0)
    }

    fn wrap(series: Arc<Series<AtomicU64>>) -> Self {
        Self(series)
    }

    fn visit(series: &Series<AtomicU64>, out: &mut dyn Visitor) {
        // Relaxed: as above.
        let value = f64::from_bits(series.cell.load(Ordering::Relaxed));
        out.number(&series.labels, &Number::Float(value).into());
    }
}

/// A count of things that are there now: connections, requests in flight, entries.
///
/// # Shape
/// `i64`; wraps at its ends: one more than the largest is the smallest. Prometheus rounds what is beyond 2^53.
///
/// # Cost
/// One relaxed atomic operation; no lock, no allocation. Cloning copies a pointer.
///
/// ```
/// use radiosonde_metrics::Registry;
///
/// let registry = Registry::new();
/// let sessions = registry.int_gauge("active_sessions", "Sessions that are open.").build()?;
/// {
///     let _session = sessions.hold();
///     assert_eq!(sessions.value(), 1);
/// }
/// assert_eq!(sessions.value(), 0);
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct IntGauge(Arc<Series<AtomicI64>>);

impl IntGauge {
    /// Makes the value `value`.
    pub fn set(&self, value: i64) {
        // Relaxed: readers need a value, not an order against other metrics.
        self.0.cell.store(value, Ordering::Relaxed);
    }

    /// One more.
    pub fn inc(&self) {
        self.add(1);
    }

    /// One less.
    pub fn dec(&self) {
        self.add(-1);
    }

    /// `amount` more, or less if it is negative.
    pub fn add(&self, amount: i64) {
        // Relaxed: as above.
        self.0.cell.fetch_add(amount, Ordering::Relaxed);
    }

    /// Adds one until the guard is dropped: on return, on `?`, on a panic, when a future is dropped.
    pub fn hold(&self) -> GaugeGuard {
        self.inc();
        GaugeGuard(self.clone())
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> i64 {
        // Relaxed: as above.
        self.0.cell.load(Ordering::Relaxed)
    }
}

/// Decrements an [`IntGauge`] when it is dropped.
#[must_use = "the gauge is decremented when this is dropped"]
#[derive(Debug)]
pub struct GaugeGuard(IntGauge);

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Instrument for IntGauge {
    const KIND: Kind = Kind::Gauge;
}

impl Sealed for IntGauge {
    const NAME: &'static str = "IntGauge";

    type Cell = AtomicI64;

    fn cell(_: &Arc<Shared>) -> AtomicI64 {
        AtomicI64::new(0)
    }

    fn wrap(series: Arc<Series<AtomicI64>>) -> Self {
        Self(series)
    }

    fn visit(series: &Series<AtomicI64>, out: &mut dyn Visitor) {
        // Relaxed: as above.
        out.number(&series.labels, &Number::Signed(series.cell.load(Ordering::Relaxed)).into());
    }
}

#[cfg(test)]
mod tests {
    use crate::registry::Registry;

    #[test]
    fn a_guard_lets_go_on_a_panic() {
        let gauge = Registry::new().int_gauge("held", "Held.").build().unwrap();
        let caught = std::panic::catch_unwind(|| {
            let _held = gauge.hold();
            std::panic::resume_unwind(Box::new(()));
        });
        assert!(caught.is_err());
        assert_eq!(gauge.value(), 0);
    }

    #[test]
    fn whole_numbers_wrap_at_their_ends() {
        let gauge = Registry::new().int_gauge("things", "Things.").build().unwrap();
        gauge.set(i64::MAX);
        gauge.inc();
        assert_eq!(gauge.value(), i64::MIN);
        gauge.dec();
        assert_eq!(gauge.value(), i64::MAX);
    }

    #[test]
    fn gauges_take_any_float() {
        let registry = Registry::new();
        let gauge = registry.gauge("ratio", "A ratio.").build().unwrap();
        gauge.set(0.5);
        gauge.add(0.25);
        gauge.sub(1.0);
        assert_eq!(gauge.value(), -0.25);
        gauge.set(f64::NEG_INFINITY);
        assert!(registry.text().contains("ratio -Inf\n"));
    }
}
