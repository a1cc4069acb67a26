use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::{Clock, SystemClock};

use crate::instruments::float_counter::add_finite;
use crate::instruments::instrument::Instrument;
use crate::instruments::instrument::sealed::Sealed;
use crate::instruments::refusal::Refusal;
use crate::instruments::shared::Shared;
use crate::instruments::sketch::{Counts, Sketch};
use crate::model::kind::Kind;
use crate::model::samples::SummarySample;
use crate::model::visitor::Visitor;
use crate::storage::series::Series;
use crate::sync::{AtomicU64, Ordering};

/// Quantiles of recent observations, computed in the process.
///
/// Pick a [`Histogram`](crate::Histogram) unless there is a reason not to: its buckets add up over instances, and any quantile can be asked for
/// later. A summary's quantiles are of this process alone, and no arithmetic makes one of several.
///
/// # Shape
/// Observations are `f64`, zero or more, in the summary's base unit. NaN, the infinities and negative ones are refused and counted in
/// `radiosonde_metrics_refused_total{family,reason}`.
///
/// Each quantile is that of the observations of the [window](crate::MetricBuilder::window), by nearest rank, and off by less than 0.8 % of
/// the value: less than one in 129. That holds from 10^-10 to 7 · 10^13; what is smaller counts as zero, what is larger as that.
/// With an empty window it is NaN. Count and sum are those since the start, as PromQL's `rate` wants them.
///
/// The window moves in five steps, so it holds between four fifths and all of it; in one step, 2^32 observations of about one value. An observation that is made while a step
/// is being taken may be missing in the quantiles, never in the count and the sum.
///
/// # Cost
/// A reading of the clock and three relaxed atomic operations; no lock, and no allocation but the first in an octave. About 8 KB a
/// series, and 256 bytes for every octave of values that there was in each of six slices: 23 KB with values from 1 ms to 1 s.
///
/// # Source
/// The bound is DDSketch's: <https://arxiv.org/abs/1908.10693>; OpenMetrics 1.0, "Summary":
/// <https://prometheus.io/docs/specs/om/open_metrics_spec/#summary>
///
/// ```
/// use std::time::Duration;
/// use radiosonde_metrics::Registry;
///
/// let registry = Registry::new();
/// let wait = registry
///     .summary("queue_wait_seconds", "Time from enqueueing to the start of work.")
///     .quantiles(&[0.5, 0.99])
///     .window(Duration::from_secs(300))
///     .build()?;
/// for millis in 1..=100 {
///     wait.observe(f64::from(millis) / 1000.0);
/// }
/// let median = wait.quantile(0.5);
/// assert!((median - 0.05).abs() < 0.0004, "{median}");
/// assert!(registry.text().contains("queue_wait_seconds{quantile=\"0.99\"} 0.09"));
/// assert!(registry.text().contains("queue_wait_seconds_count 100\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Summary(Arc<Series<SummaryCell>>);

/// In how many steps the window moves.
const STEPS: u64 = 5;
/// One more, which is emptied while the others are the window.
const SLICES: usize = 6;

/// Public to the sealed trait only.
#[derive(Debug)]
pub struct SummaryCell {
    shared: Arc<Shared>,
    count: AtomicU64,
    /// The bits of an `f64`.
    sum: AtomicU64,
    slices: [Slice; SLICES],
}

#[derive(Debug)]
struct Slice {
    /// Which step of time it counts, from one on; `EMPTYING` while a thread empties it.
    step: AtomicU64,
    sketch: Sketch,
}

const EMPTYING: u64 = u64::MAX;

impl SummaryCell {
    fn step(&self, now: Duration) -> u64 {
        let each = (self.shared.window.as_nanos() / u128::from(STEPS)).max(1);
        u64::try_from(now.as_nanos() / each).unwrap_or(u64::MAX - 2) + 1
    }

    #[allow(clippy::cast_possible_truncation, reason = "smaller than the number of slices")]
    fn slice(&self, step: u64) -> &Slice {
        &self.slices[(step % SLICES as u64) as usize]
    }

    fn observe(&self, value: f64, now: Duration) {
        if let Err(refusal) = self.try_observe(value, now) {
            self.shared.refused.count(refusal);
        }
    }

    fn try_observe(&self, value: f64, now: Duration) -> Result<(), Refusal> {
        if value.is_nan() {
            return Err(Refusal::NotANumber);
        }
        if value < 0.0 {
            return Err(Refusal::Negative);
        }
        let step = self.step(now);
        let slice = self.slice(step);
        let slice = if slice.is_of(step) { slice } else { self.slice(step - 1) };
        // Before anything is counted, so that all agree.
        let bin = slice.sketch.bin(value).ok_or(Refusal::Nested)?;
        if !add_finite(&self.sum, value) {
            return Err(Refusal::Infinite);
        }
        // Relaxed: readers need a total, in no order.
        self.count.fetch_add(1, Ordering::Relaxed);
        bin.count();
        Ok(())
    }

    fn counts(&self, now: Duration) -> Counts {
        let newest = self.step(now);
        let mut counts = Counts::default();
        for slice in &self.slices {
            // Acquire: the sketch was emptied before it was given to this step.
            let step = slice.step.load(Ordering::Acquire);
            if step <= newest && step + STEPS > newest && step != 0 {
                slice.sketch.add_to(&mut counts);
            }
        }
        counts
    }
}

impl Slice {
    /// Whether it counts this step, after having been emptied if need be; not while another thread empties it.
    fn is_of(&self, step: u64) -> bool {
        // Acquire: the sketch was emptied before it was given to this step.
        let there = self.step.load(Ordering::Acquire);
        if there == step {
            return true;
        }
        self.advance(there, step)
    }

    #[cold]
    fn advance(&self, there: u64, step: u64) -> bool {
        // A thread that was away for long does not take a newer step's slice.
        if there == EMPTYING || there > step {
            return false;
        }
        // Acquire: one thread wins, and empties after that. Relaxed: a thread that loses reads nothing.
        let taken = self.step.compare_exchange(there, EMPTYING, Ordering::Acquire, Ordering::Relaxed);
        if taken.is_err() {
            return false;
        }
        self.sketch.clear();
        // Release: a thread that sees the step sees the sketch empty.
        self.step.store(step, Ordering::Release);
        true
    }
}

impl Summary {
    /// Adds one observation.
    pub fn observe(&self, value: f64) {
        self.0.cell.observe(value, SystemClock.monotonic());
    }

    /// Adds one duration, in seconds.
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(duration.as_secs_f64());
    }

    /// The value that this share of the window's observations does not exceed; NaN if there are none.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> f64 {
        self.0.cell.counts(SystemClock.monotonic()).quantile(quantile)
    }

    /// How many observations were made since the start.
    #[must_use]
    pub fn count(&self) -> u64 {
        // Relaxed: a total, in no order.
        self.0.cell.count.load(Ordering::Relaxed)
    }

    /// The sum of all observations since the start.
    #[must_use]
    pub fn sum(&self) -> f64 {
        // Relaxed: a total, in no order.
        f64::from_bits(self.0.cell.sum.load(Ordering::Relaxed))
    }
}

impl Instrument for Summary {
    const KIND: Kind = Kind::Summary;
}

impl Sealed for Summary {
    const NAME: &'static str = "Summary";

    type Cell = SummaryCell;

    fn cell(shared: &Arc<Shared>) -> SummaryCell {
        let slice = || Slice { step: AtomicU64::new(0), sketch: Sketch::new() };
        SummaryCell {
            shared: Arc::clone(shared),
            count: AtomicU64::new(0),
            sum: AtomicU64::new(0),
            slices: std::array::from_fn(|_| slice()),
        }
    }

    fn wrap(series: Arc<Series<SummaryCell>>) -> Self {
        Self(series)
    }

    fn visit(series: &Series<SummaryCell>, out: &mut dyn Visitor) {
        let cell = &series.cell;
        let counts = cell.counts(SystemClock.monotonic());
        let quantiles: Vec<_> = cell.shared.quantiles.iter().map(|&q| (q, counts.quantile(q))).collect();
        // Relaxed: totals, in no order.
        let sum = f64::from_bits(cell.sum.load(Ordering::Relaxed));
        let count = cell.count.load(Ordering::Relaxed);
        let created = series.created();
        out.summary(&series.labels, &SummarySample { quantiles: &quantiles, sum, count, created });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::register_error::RegisterErrorKind;
    use crate::registry::Registry;

    #[test]
    fn refuses_what_would_spoil_the_sum() {
        let registry = Registry::new();
        let summary = registry.summary("size_bytes", "Size.").build().unwrap();
        for value in [f64::NAN, f64::INFINITY, -1.0, 4.0, f64::MAX, f64::MAX] {
            summary.observe(value);
        }
        assert_eq!((summary.count(), summary.sum()), (2, f64::MAX));
        let text = registry.text();
        for (reason, times) in [("infinite", 2), ("nan", 1), ("negative", 1)] {
            let line = format!("{{family=\"size_bytes\",reason=\"{reason}\"}} {times}\n");
            assert!(text.contains(&line), "{text}");
        }
    }

    #[test]
    fn the_window_forgets_and_count_and_sum_do_not() {
        let registry = Registry::new();
        let summary = registry.summary("wait", "Wait.").window(Duration::from_secs(50)).build().unwrap();
        let cell = &summary.0.cell;
        let at = Duration::from_secs;
        cell.observe(8.0, at(1));
        cell.observe(2.0, at(35));
        assert!(cell.counts(at(49)).quantile(1.0) > 7.9);
        // The step of the first has left the window.
        assert!((cell.counts(at(51)).quantile(1.0) - 2.0).abs() < 0.02);
        cell.observe(1.0, at(61));
        assert!((cell.counts(at(61)).quantile(0.0) - 1.0).abs() < 0.01);
        // Its slice is the first one's, and was emptied.
        assert!(cell.counts(at(61)).quantile(1.0) < 2.1);
        assert!(cell.counts(at(500)).quantile(0.5).is_nan());
        // A thread that was away for long takes nothing from the newer steps.
        cell.observe(64.0, at(1));
        assert!((cell.counts(at(61)).quantile(0.0) - 1.0).abs() < 0.01);
        assert_eq!((summary.count(), summary.sum()), (4, 75.0));
    }

    #[test]
    fn an_empty_window_shows_nan_and_labels_stand_beside_the_quantile() {
        let registry = Registry::new();
        let waits = registry.summary("wait", "Wait.").quantiles(&[0.99, 0.5]).labels(&["queue"]).unwrap();
        let _ = waits.with(&["a"]);
        let expected = "# TYPE wait summary\nwait{queue=\"a\",quantile=\"0.5\"} NaN\nwait{queue=\"a\",quantile=\"0.99\"} NaN\n\
                        wait_sum{queue=\"a\"} 0\nwait_count{queue=\"a\"} 0\n";
        assert!(registry.text().contains(expected), "{}", registry.text());
    }

    #[test]
    fn bad_quantiles_and_windows_are_refused() {
        let registry = Registry::new();
        for quantile in [-0.1, 1.5, f64::NAN] {
            let error = registry.summary("a", "A.").quantiles(&[0.5, quantile]).build().unwrap_err();
            assert!(matches!(error.kind(), RegisterErrorKind::Quantile { .. }), "{error}");
        }
        let error = registry.summary("a", "A.").window(Duration::ZERO).build().unwrap_err();
        assert_eq!(error.kind(), &RegisterErrorKind::NoWindow);
        registry.summary("a", "A.").quantiles(&[0.5]).build().unwrap();
        let other = registry.summary("a", "A.").quantiles(&[0.6]).build().unwrap_err().to_string();
        assert!(other.contains("the quantiles [0.6]"), "{other}");
    }

    #[test]
    fn no_observation_is_lost_between_threads() {
        let summary = Registry::new().summary("wait", "Wait.").build().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..5_000).for_each(|_| summary.observe(0.5)));
            }
        });
        assert_eq!((summary.count(), summary.sum()), (20_000, 10_000.0));
    }
}
