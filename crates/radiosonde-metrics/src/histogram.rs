use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use radiosonde_core::SpanContext;

use crate::counter::add;
use crate::exemplar::ExemplarSlot;
use crate::instrument::{Refusal, Shared, sealed::Sealed};
use crate::series::Series;
use crate::{HistogramSample, Instrument, Kind, LabelSet, Visitor};

/// Counts observations in buckets, to tell how many were below a bound and, roughly, any quantile.
///
/// # Shape
/// Observations are `f64` in the histogram's base unit: seconds for durations, bytes for sizes. NaN and the infinities are
/// refused and counted in `radiosonde_metrics_refused_total{family,reason}`, because one of them would spoil the sum for
/// ever. Negative observations are taken, but Prometheus then cannot tell a reset of the sum from a decrease. With a negative
/// bound, or while the sum is negative, OpenMetrics shows the buckets alone, as it demands; text 0.0.4 has sum and count all
/// the same.
///
/// The count is the sum of the buckets, so the bucket up to infinity equals it in every scrape. The sum may lack observations
/// that are being made at that moment.
///
/// An observation made within a sampled span leaves that span as the exemplar of its bucket, at most ten times a second.
///
/// # Cost
/// A search over the bounds and two relaxed atomic operations; no lock, no allocation but the first in a sampled span. Eight
/// bytes a bucket, and 48 more once there was a sampled span.
///
/// # Source
/// OpenMetrics 1.0, "Histogram": <https://prometheus.io/docs/specs/om/open_metrics_spec/#histogram>
///
/// ```
/// use radiosonde_metrics::{Buckets, Registry};
///
/// let registry = Registry::new();
/// let wait = registry
///     .histogram("queue_wait_seconds", "Time from enqueueing to the start of work.")
///     .buckets(Buckets::from_static(&[0.1, 1.0]))
///     .build()?;
/// wait.observe(0.1);
/// wait.observe(3.0);
/// assert!(registry.text().contains("queue_wait_seconds_bucket{le=\"0.1\"} 1\n"));
/// assert!(registry.text().contains("queue_wait_seconds_bucket{le=\"+Inf\"} 2\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Histogram(Arc<Series<Cell>>);

/// Public to the sealed trait only.
#[derive(Debug)]
pub struct Cell {
    shared: Arc<Shared>,
    counts: Box<[AtomicU64]>,
    /// The bits of an `f64`.
    sum: AtomicU64,
    /// Made when the first sampled span comes by: without traces, no memory for exemplars.
    exemplars: OnceLock<Box<[ExemplarSlot]>>,
}

impl Histogram {
    /// Adds one observation.
    pub fn observe(&self, value: f64) {
        self.observe_in(value, SpanContext::current().as_ref());
    }

    /// Adds one duration, in seconds.
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(duration.as_secs_f64());
    }

    /// Adds one observation that was made in `context`, for a unit of work whose span is not current any more.
    pub fn observe_in(&self, value: f64, context: Option<&SpanContext>) {
        let cell = &self.0.cell;
        if !value.is_finite() {
            cell.shared.refused.count(if value.is_nan() { Refusal::NotANumber } else { Refusal::Infinite });
            return;
        }
        let at = cell.shared.buckets.index(value);
        // Relaxed: readers need totals; the count is derived from the buckets, so no order is relied on.
        cell.counts[at].fetch_add(1, Ordering::Relaxed);
        add(&cell.sum, value);
        if let Some(context) = context.filter(|context| context.is_sampled()) {
            let slots =
                cell.exemplars.get_or_init(|| cell.counts.iter().map(|_| ExemplarSlot::default()).collect());
            slots[at].offer(value, context);
        }
    }

    /// How many observations were made.
    #[must_use]
    pub fn count(&self) -> u64 {
        // Relaxed: as above.
        self.0.cell.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// The sum of all observations.
    #[must_use]
    pub fn sum(&self) -> f64 {
        // Relaxed: as above.
        f64::from_bits(self.0.cell.sum.load(Ordering::Relaxed))
    }
}

impl Instrument for Histogram {}

impl Sealed for Histogram {
    const KIND: Kind = Kind::Histogram;
    const NAME: &'static str = "Histogram";

    type Cell = Cell;

    fn cell(shared: &Arc<Shared>) -> Cell {
        let counts = (0..=shared.buckets.bounds().len()).map(|_| AtomicU64::new(0)).collect();
        Cell { shared: Arc::clone(shared), counts, sum: AtomicU64::new(0), exemplars: OnceLock::new() }
    }

    fn wrap(series: Arc<Series<Cell>>) -> Self {
        Self(series)
    }

    fn visit(cell: &Cell, labels: &LabelSet, out: &mut dyn Visitor) {
        // Relaxed: each count is monotone by itself, and so is their sum from one scrape to the next.
        let counts: Vec<u64> = cell.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        let exemplars: Vec<_> = cell
            .exemplars
            .get()
            .map(|slots| slots.iter().map(ExemplarSlot::read).collect())
            .unwrap_or_default();
        out.histogram(
            labels,
            &HistogramSample {
                bounds: cell.shared.buckets.bounds(),
                counts: &counts,
                // Relaxed: may lack what is being added just now.
                sum: f64::from_bits(cell.sum.load(Ordering::Relaxed)),
                exemplars: &exemplars,
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::{Buckets, Registry};

    #[test]
    fn refuses_what_would_spoil_the_sum() {
        let registry = Registry::new();
        let histogram =
            registry.histogram("size_bytes", "Size.").buckets(Buckets::from_static(&[10.0])).build().unwrap();
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 4.0] {
            histogram.observe(value);
        }
        assert_eq!((histogram.count(), histogram.sum()), (1, 4.0));
        let text = registry.text();
        assert!(text.contains("{family=\"size_bytes\",reason=\"infinite\"} 2\n"), "{text}");
        assert!(text.contains("{family=\"size_bytes\",reason=\"nan\"} 1\n"), "{text}");
    }

    #[test]
    fn the_last_bucket_equals_the_count_while_others_observe() {
        let registry = Registry::new();
        let histogram = registry.histogram("wait_seconds", "Wait.").build().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..20_000_u16).for_each(|n| histogram.observe(f64::from(n % 12))));
            }
            for _ in 0..50 {
                let text = registry.text();
                let value = |line: &str| text.split_once(line).unwrap().1.lines().next().unwrap().to_owned();
                assert_eq!(value("wait_seconds_bucket{le=\"+Inf\"} "), value("wait_seconds_count "));
            }
        });
        assert_eq!(histogram.count(), 40_000);
    }
}
