use std::ops::Deref;
use std::sync::Arc;

use radiosonde_metrics::{Counter, FloatCounter, Gauge, Instrument};

use crate::business::metric_builder::BusinessMetricBuilder;
use crate::golden::GoldenSignals;

/// A number of the business: orders placed, money earned, devices known.
///
/// # Shape
/// [`counter`](Self::counter) counts events, [`amount`](Self::amount) adds up quantities such as money, [`gauge`](Self::gauge) is a
/// level that goes up and down. It is the instrument itself, by `Deref`, and exposed from the start, at zero. Labels are a type: see
/// [`family`](BusinessMetricBuilder::family).
///
/// # Signals
/// A counter or an amount is traffic. Values of a label that mean a failure make it errors too: see
/// [`failures`](BusinessMetricBuilder::failures). The last increment in a sampled span is the exemplar.
///
/// # Cost
/// That of the instrument, and of its exemplar. Cloning copies two pointers.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::BusinessMetric;
///
/// let registry = Registry::new();
/// let orders = BusinessMetric::counter("orders_created_total", "Orders placed.").registry(&registry).build()?;
/// let sales = BusinessMetric::amount("sales_euros_total", "Sales.").unit("euros").registry(&registry).build()?;
/// orders.inc();
/// sales.inc_by(12.5);
/// assert!(registry.text().contains("orders_created_total 1\n"));
/// assert!(registry.text().contains("sales_euros_total 12.5\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct BusinessMetric<M> {
    pub(crate) instrument: M,
    pub(crate) golden: Arc<GoldenSignals>,
}

impl BusinessMetric<Counter> {
    /// Declares a counter of events; the name ends in `_total`.
    pub fn counter<'a>(name: &'a str, help: &'a str) -> BusinessMetricBuilder<'a, Counter> {
        BusinessMetricBuilder::new(name, help, |registry, name, help| {
            registry.counter(name, help).exemplars()
        })
    }
}

impl BusinessMetric<FloatCounter> {
    /// Declares a counter of quantities, such as money; the name ends in their unit and `_total`.
    pub fn amount<'a>(name: &'a str, help: &'a str) -> BusinessMetricBuilder<'a, FloatCounter> {
        BusinessMetricBuilder::new(name, help, |registry, name, help| {
            registry.float_counter(name, help).exemplars()
        })
    }
}

impl BusinessMetric<Gauge> {
    /// Declares a level, such as a number of devices. It has no golden signals.
    pub fn gauge<'a>(name: &'a str, help: &'a str) -> BusinessMetricBuilder<'a, Gauge> {
        BusinessMetricBuilder::new(name, help, |registry, name, help| registry.gauge(name, help))
    }
}

impl<M: Instrument> BusinessMetric<M> {
    /// Where the golden signals are.
    #[must_use]
    pub fn signals(&self) -> &GoldenSignals {
        &self.golden
    }
}

impl<M> Deref for BusinessMetric<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.instrument
    }
}
