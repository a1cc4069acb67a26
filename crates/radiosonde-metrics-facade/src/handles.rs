use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use metrics::{CounterFn, GaugeFn, HistogramFn};

use radiosonde_metrics::Histogram;
use radiosonde_metrics::collect::{Collection, UnregisteredSeries};
use radiosonde_metrics::model::{LabelSet, Number, NumberSample, Visitor as _};

/// The state that a macro records in.
#[derive(Debug, Clone)]
pub(crate) enum Handle {
    Counter(Arc<Events>),
    Gauge(Arc<Value>),
    Histogram(Arc<Observations>),
}

impl Handle {
    /// Adds the state to a collection whose last family is this one's.
    pub(crate) fn show(&self, labels: &LabelSet, out: &mut Collection) {
        let mut out = out.visitor();
        // Relaxed: readers need the value, not an order against other metrics.
        match self {
            Self::Counter(events) => {
                let value = Number::Unsigned(events.total.load(Ordering::Relaxed));
                out.number(labels, &NumberSample { value, exemplar: None, created: Some(events.created) });
            }
            Self::Gauge(value) => {
                let value = Number::Float(f64::from_bits(value.0.load(Ordering::Relaxed)));
                out.number(labels, &value.into());
            }
            Self::Histogram(observations) => observations.0.visit(&mut out),
        }
    }
}

/// A counter that can also be set to a total.
#[derive(Debug)]
pub(crate) struct Events {
    total: AtomicU64,
    created: SystemTime,
}

impl Events {
    pub(crate) const fn since(created: SystemTime) -> Self {
        Self { total: AtomicU64::new(0), created }
    }
}

impl CounterFn for Events {
    fn increment(&self, value: u64) {
        // Relaxed: readers need the total, not an order against other metrics.
        self.total.fetch_add(value, Ordering::Relaxed);
    }

    fn absolute(&self, value: u64) {
        // Relaxed: as above. If two totals are set at once, the larger one is kept.
        self.total.fetch_max(value, Ordering::Relaxed);
    }
}

/// The bits of an `f64`.
#[derive(Debug, Default)]
pub(crate) struct Value(AtomicU64);

impl GaugeFn for Value {
    fn increment(&self, value: f64) {
        let add = |bits| Some((f64::from_bits(bits) + value).to_bits());
        // Relaxed: the cell alone is the whole state. The update always succeeds.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    fn decrement(&self, value: f64) {
        self.increment(-value);
    }

    fn set(&self, value: f64) {
        // Relaxed: readers need a value, not an order against other metrics.
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }
}

/// One of our histograms.
#[derive(Debug)]
pub(crate) struct Observations(pub(crate) UnregisteredSeries<Histogram>);

impl HistogramFn for Observations {
    fn record(&self, value: f64) {
        self.0.observe(value);
    }
}
