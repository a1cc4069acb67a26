use std::sync::Arc;
use std::time::SystemTime;

use metrics::{CounterFn, GaugeFn, HistogramFn};

use crate::families::series::Series;
use crate::gathering::adding::Adding;
use crate::gathering::collector::Collection;
use crate::instruments::float_counter::add;
use crate::instruments::instrument::sealed::Sealed;
use crate::sync::{AtomicU64, Ordering};
use crate::{Histogram, LabelSet, Number, NumberSample, Visitor as _};

/// What a macro records in.
#[derive(Debug, Clone)]
pub(super) enum Handle {
    Counter(Arc<Events>),
    Gauge(Arc<Value>),
    Histogram(Arc<Observations>),
}

impl Handle {
    /// Shows the state to a collection whose last family is this one's.
    pub(super) fn show(&self, labels: &LabelSet, out: &mut Collection) {
        let mut out = Adding::to(out, &[]);
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
            Self::Histogram(observations) => Histogram::visit(&observations.series, &mut out),
        }
    }
}

/// A counter that may be told its total.
#[derive(Debug)]
pub(super) struct Events {
    total: AtomicU64,
    created: SystemTime,
}

impl Events {
    pub(super) const fn since(created: SystemTime) -> Self {
        Self { total: AtomicU64::new(0), created }
    }
}

impl CounterFn for Events {
    fn increment(&self, value: u64) {
        // Relaxed: readers need the total, not an order against other metrics.
        self.total.fetch_add(value, Ordering::Relaxed);
    }

    fn absolute(&self, value: u64) {
        // Relaxed: as above. Of two totals that are told at once the larger one holds.
        self.total.fetch_max(value, Ordering::Relaxed);
    }
}

/// The bits of an `f64`.
#[derive(Debug, Default)]
pub(super) struct Value(AtomicU64);

impl GaugeFn for Value {
    fn increment(&self, value: f64) {
        add(&self.0, value);
    }

    fn decrement(&self, value: f64) {
        add(&self.0, -value);
    }

    fn set(&self, value: f64) {
        // Relaxed: readers need a value, not an order against other metrics.
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }
}

/// One of our histograms.
#[derive(Debug)]
pub(super) struct Observations {
    histogram: Histogram,
    series: Arc<Series<<Histogram as Sealed>::Cell>>,
}

impl Observations {
    pub(super) fn of(series: Arc<Series<<Histogram as Sealed>::Cell>>) -> Self {
        Self { histogram: Histogram::wrap(Arc::clone(&series)), series }
    }
}

impl HistogramFn for Observations {
    fn record(&self, value: f64) {
        self.histogram.observe(value);
    }
}
