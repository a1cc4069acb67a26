use std::sync::Arc;

use radiosonde_core::SpanContext;

use crate::instruments::counter::{read, show};
use crate::instruments::exemplar_slot::Exemplars;
use crate::instruments::instrument::Instrument;
use crate::instruments::instrument::sealed::Sealed;
use crate::instruments::refusal::Refusal;
use crate::instruments::shared::Shared;
use crate::model::kind::Kind;
use crate::model::samples::Number;
use crate::model::visitor::Visitor;
use crate::storage::series::Series;
use crate::sync::{AtomicU64, Ordering};

/// Sums up what happened since the process started, in a unit that has fractions.
///
/// # Shape
/// `f64`, zero or more. A negative, infinite or NaN addition is refused and counted in
/// `radiosonde_metrics_refused_total{family,reason}`: one of them would spoil the total for ever. So is, as infinite, one that would
/// make the total so.
///
/// # Cost
/// A relaxed compare-exchange loop; no lock, no allocation. With [`exemplars`](crate::MetricBuilder::exemplars), a look at the current span too.
#[derive(Debug, Clone)]
pub struct FloatCounter(Arc<Series<FloatCell>>);

/// Public to the sealed trait only.
#[derive(Debug)]
pub struct FloatCell {
    /// The bits of an `f64`.
    bits: AtomicU64,
    exemplars: Option<Box<Exemplars>>,
    shared: Arc<Shared>,
}

impl FloatCounter {
    /// Adds `amount`.
    pub fn inc_by(&self, amount: f64) {
        let FloatCell { exemplars, .. } = &self.0.cell;
        if self.try_add(amount)
            && let Some(exemplars) = exemplars
            && let Some(context) = SpanContext::current().filter(SpanContext::is_sampled)
        {
            exemplars.offer(0, amount, &context);
        }
    }

    /// Adds `amount` and leaves it as the exemplar, with these labels beside those of the current span.
    ///
    /// What holds for [`Counter::inc_with_exemplar`](crate::Counter::inc_with_exemplar) holds here.
    pub fn inc_by_with_exemplar(&self, amount: f64, labels: &[(&str, &str)]) {
        let FloatCell { exemplars, shared, .. } = &self.0.cell;
        if self.try_add(amount)
            && let Some(exemplars) = exemplars
        {
            shared.keep_exemplar(exemplars, 0, amount, labels);
        }
    }

    /// Whether the amount was one to add, and was added.
    #[inline]
    fn try_add(&self, amount: f64) -> bool {
        // An infinite amount makes an infinite total.
        let is_added = amount >= 0.0 && add_finite(&self.0.cell.bits, amount);
        if !is_added {
            self.refuse(amount);
        }
        is_added
    }

    #[cold]
    fn refuse(&self, amount: f64) {
        self.0.cell.shared.refused.count(if amount.is_nan() {
            Refusal::NotANumber
        } else if amount < 0.0 {
            Refusal::Negative
        } else {
            Refusal::Infinite
        });
    }

    /// The total.
    #[must_use]
    pub fn value(&self) -> f64 {
        f64::from_bits(read(&self.0.cell.bits))
    }
}

impl Instrument for FloatCounter {
    const KIND: Kind = Kind::Counter;
}

impl Sealed for FloatCounter {
    const NAME: &'static str = "FloatCounter";

    type Cell = FloatCell;

    fn cell(shared: &Arc<Shared>) -> FloatCell {
        let exemplars = shared.exemplars.then(|| Box::new(Exemplars::new(1)));
        FloatCell { bits: AtomicU64::new(0), exemplars, shared: Arc::clone(shared) }
    }

    fn wrap(series: Arc<Series<FloatCell>>) -> Self {
        Self(series)
    }

    fn visit(series: &Series<FloatCell>, out: &mut dyn Visitor) {
        let cell = &series.cell;
        let exemplar = cell.exemplars.as_ref().and_then(|exemplars| exemplars.first());
        show(series, Number::Float(f64::from_bits(read(&cell.bits))), exemplar.as_ref(), out);
    }
}

/// Adds to the `f64` whose bits are in `cell`, unless the sum would be infinite.
#[inline]
pub(crate) fn add_finite(cell: &AtomicU64, amount: f64) -> bool {
    // Relaxed: the cell alone is the whole state; the update repeats until no other thread came in between.
    let next = |bits| Some(f64::from_bits(bits) + amount).filter(|sum| sum.is_finite()).map(f64::to_bits);
    cell.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
}

/// Adds to the `f64` whose bits are in `cell`.
pub(crate) fn add(cell: &AtomicU64, amount: f64) {
    // Relaxed: the cell alone is the whole state; the loop repeats until no other thread came in between.
    let mut bits = cell.load(Ordering::Relaxed);
    loop {
        let next = (f64::from_bits(bits) + amount).to_bits();
        match cell.compare_exchange_weak(bits, next, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return,
            Err(seen) => bits = seen,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::registry::Registry;

    #[test]
    fn a_total_of_seconds_stays_finite() {
        let registry = Registry::new();
        let total = registry.float_counter("busy_seconds_total", "Busy.").build().unwrap();
        total.inc_by(f64::MAX);
        total.inc_by(f64::MAX);
        assert_eq!(total.value(), f64::MAX);
        let refused =
            "radiosonde_metrics_refused_total{family=\"busy_seconds_total\",reason=\"infinite\"} 1\n";
        assert!(registry.text().contains(refused));
    }

    #[test]
    fn a_total_of_seconds_refuses_what_would_spoil_it() {
        let registry = Registry::new();
        let total = registry.float_counter("busy_seconds_total", "Busy.").build().unwrap();
        for amount in [1.5, f64::NAN, -1.0, f64::INFINITY, 0.0, 0.25] {
            total.inc_by(amount);
        }
        assert_eq!(total.value(), 1.75);
        let text = registry.text();
        for reason in ["nan", "negative", "infinite"] {
            let line = format!(
                "radiosonde_metrics_refused_total{{family=\"busy_seconds_total\",reason=\"{reason}\"}} 1\n"
            );
            assert!(text.contains(&line), "{text}");
        }
    }
}
