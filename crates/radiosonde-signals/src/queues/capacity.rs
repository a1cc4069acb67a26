use std::sync::atomic::{AtomicBool, Ordering};

use radiosonde_metrics::{IntGauge, Registry};

use crate::golden::{GoldenSignals, Limit, Series};

/// The capacity of a queue, which may become known after the queue is declared, and the golden signals with and without it.
pub(crate) struct Capacity {
    registry: Registry,
    /// Makes the gauge, which has no value before.
    gauge: Box<dyn Fn() -> IntGauge + Send + Sync>,
    is_known: AtomicBool,
    unlimited: GoldenSignals,
    limited: GoldenSignals,
}

impl Capacity {
    /// Declares the signals, whose saturation is the share of `depth` in `capacity`, the series of the gauge.
    pub(crate) fn declare(
        registry: &Registry,
        signals: &GoldenSignals,
        [depth, capacity]: [Series; 2],
        gauge: impl Fn() -> IntGauge + Send + Sync + 'static,
    ) -> Self {
        let unlimited = signals.clone().with_saturation(depth.clone(), Limit::Unknown);
        let limited = signals.clone().with_saturation(depth, Limit::Metric(capacity));
        unlimited.declare(registry);
        let (registry, gauge) = (registry.clone(), Box::new(gauge));
        Self { registry, gauge, is_known: AtomicBool::new(false), unlimited, limited }
    }

    pub(crate) fn set(&self, capacity: u64) {
        (self.gauge)().set(i64::try_from(capacity).unwrap_or(i64::MAX));
        // Relaxed: both signals exist from the start.
        if !self.is_known.swap(true, Ordering::Relaxed) {
            self.limited.declare(&self.registry);
        }
    }

    pub(crate) fn signals(&self) -> &GoldenSignals {
        // Relaxed: as above.
        if self.is_known.load(Ordering::Relaxed) { &self.limited } else { &self.unlimited }
    }
}
