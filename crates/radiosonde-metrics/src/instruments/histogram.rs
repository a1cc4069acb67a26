use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::{SpanContext, SystemClock};

use crate::instruments::biased::Biased;
use crate::instruments::exemplar_slot::Exemplars;
use crate::instruments::instrument::Instrument;
use crate::instruments::instrument::sealed::Sealed;
use crate::instruments::native::buckets::{NativeBuckets, Reading};
use crate::instruments::observations::{FEW, Observations, Part, WithNative};
use crate::instruments::refusal::Refusal;
use crate::instruments::shared::Shared;
use crate::instruments::stripe::{Striped, Writers};
use crate::model::kind::Kind;
use crate::model::samples::HistogramSample;
use crate::model::visitor::Visitor;
use crate::once_box::OnceBox;
use crate::storage::series::Series;

/// Counts observations in buckets, to tell how many were below a bound and, roughly, any quantile.
///
/// # Shape
/// Observations are `f64` in the histogram's base unit: seconds for durations, bytes for sizes. NaN and the infinities are
/// refused and counted in `radiosonde_metrics_refused_total{family,reason}`, because one of them would spoil the sum for
/// ever. Negative observations are taken, but Prometheus then cannot tell a reset of the sum from a decrease. With a negative
/// bound, or while the sum is negative, OpenMetrics shows the buckets alone, as it demands; text 0.0.4 has sum and count all
/// the same.
///
/// Observations are finite, but the sum of some beyond 1e308 is not, and stays so until a native histogram is reset.
///
/// The count is the sum of the buckets, so the bucket up to infinity equals it in every scrape. The sum may lack observations
/// that are being made at that moment. An observation that is being made while a native histogram is reset may stay in
/// the sum without being in the exponential buckets.
///
/// An observation made within a sampled span leaves that span as the exemplar of its bucket, at most ten times a second.
///
/// [`native`](crate::MetricBuilder::native) adds exponential buckets, which are exposed over protobuf.
///
/// The program's allocator may observe. An observation that needs memory or a lock is refused while a metric allocates or is scraped on the
/// same thread, and counted with the reason `nested`.
///
/// # Cost
/// One look at a table for the bucket (a search by halving, where a bound is not above zero or two are within a thousandth of each
/// other), and two loads and two stores for the thread that observed first; two
/// relaxed atomic operations for all others, unless the histogram is [`striped`](crate::MetricBuilder::striped). No lock, no allocation but
/// the first of a second thread and the first in a sampled span. Up to 14 bounds fit in the series' own 220 bytes, with 150 more once a
/// second thread observes; 48 bytes a bucket come on top once there was a sampled span.
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
    observations: Observations,
    /// Made when the first sampled span comes by: without traces, no memory for exemplars.
    exemplars: OnceBox<Exemplars>,
}

impl Cell {
    fn buckets(&self) -> usize {
        self.shared.buckets.bounds().len() + 1
    }

    /// Counts an observation; the bucket that it fell in, if it was taken.
    #[inline]
    fn record(&self, value: f64) -> Option<usize> {
        let alone = match &self.observations {
            Observations::Biased(parts) => parts.owned(),
            Observations::Striped(parts) => parts.owned(),
            Observations::Native(_) => None,
        };
        // What is usual is inlined and needs few registers; all else is left to a call.
        match (self.shared.search.direct_index(value), alone) {
            (Some(bucket), Some(part)) => {
                part.observe_alone(bucket, value);
                Some(bucket)
            }
            _ => self.record_in_general(value),
        }
    }

    #[inline(never)]
    fn record_in_general(&self, value: f64) -> Option<usize> {
        let Some(bucket) = self.shared.search.index(self.shared.buckets.bounds(), value) else {
            self.shared.refused.count(if value.is_nan() { Refusal::NotANumber } else { Refusal::Infinite });
            return None;
        };
        let mine = match self.observations.classic() {
            Observations::Biased(parts) => parts.mine(|| Part::new(self.buckets())),
            Observations::Striped(parts) => Some(parts.mine()),
            Observations::Native(_) => return None,
        };
        let Some((part, writers)) = mine.filter(|_| self.record_native(value)) else {
            self.shared.refused.count(Refusal::Nested);
            return None;
        };
        match writers {
            Writers::ThisOne => part.observe_alone(bucket, value),
            Writers::Many => part.observe(bucket, value),
        }
        Some(bucket)
    }

    /// Counts an observation in the exponential buckets, if there are any; whether it may be counted in the others.
    #[inline]
    fn record_native(&self, value: f64) -> bool {
        let Observations::Native(with) = &self.observations else { return true };
        let totals = || self.observations.totals(self.buckets());
        let is_added = with.native.add(value)
            || with.native.add_anyway(value, &self.shared.limited, &SystemClock, totals);
        if is_added {
            with.native.sum().add(value);
        }
        is_added
    }

    // Not inlined: without a sampled span, which is the usual case, observing needs few registers.
    #[inline(never)]
    fn exemplify(&self, bucket: Option<usize>, value: f64, context: &SpanContext) {
        let Some(bucket) = bucket else { return };
        if let Some(exemplars) = self.exemplars() {
            exemplars.offer(bucket, value, context);
        }
        if let Some(native) = self.observations.native() {
            native.offer(value, context);
        }
    }

    /// `None` if the program's allocator asks while this thread makes them.
    fn exemplars(&self) -> Option<&Exemplars> {
        self.exemplars.get_or_make(|| Exemplars::new(self.buckets()))
    }
}

impl Histogram {
    /// Adds one observation.
    pub fn observe(&self, value: f64) {
        let cell = &self.0.cell;
        let bucket = cell.record(value);
        if let Some(context) = SpanContext::current().filter(SpanContext::is_sampled) {
            cell.exemplify(bucket, value, &context);
        }
    }

    /// Adds one duration, in seconds.
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(duration.as_secs_f64());
    }

    /// Adds one observation that was made in `context`, for a unit of work whose span is not current any more.
    pub fn observe_in(&self, value: f64, context: Option<&SpanContext>) {
        let cell = &self.0.cell;
        let bucket = cell.record(value);
        if let Some(context) = context.filter(|context| context.is_sampled()) {
            cell.exemplify(bucket, value, context);
        }
    }

    /// Adds one observation and leaves it as the exemplar of its bucket, with these labels beside those of the current span.
    ///
    /// Labels that no exemplar may have are dropped, never the observation, and counted in
    /// `radiosonde_metrics_refused_total{family,reason="exemplar"}`: a bad name, or more than 128 characters in the names and values of
    /// all.
    ///
    /// # Cost
    /// A lock that no thread waits for, and a few allocations.
    ///
    /// ```
    /// use radiosonde_metrics::exposition::Format;
    /// use radiosonde_metrics::{Buckets, Registry};
    ///
    /// let registry = Registry::new();
    /// let size = registry.histogram("upload_bytes", "Size.").buckets(Buckets::from_static(&[1e6])).build()?;
    /// size.observe_with_exemplar(512.0, &[("upload", "a7")]);
    /// let line = "upload_bytes_bucket{le=\"1e+06\"} 1 # {upload=\"a7\"} 512 ";
    /// assert!(registry.encode(Format::OpenMetrics).contains(line));
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    pub fn observe_with_exemplar(&self, value: f64, labels: &[(&str, &str)]) {
        let cell = &self.0.cell;
        let Some(at) = cell.record(value) else { return };
        let Some(exemplars) = cell.exemplars() else { return };
        let kept = cell.shared.keep_exemplar(exemplars, at, value, labels);
        let native = cell.observations.native().filter(|_| kept).and_then(NativeBuckets::exemplars);
        if let Some(exemplars) = native {
            cell.shared.keep_exemplar(exemplars, NativeBuckets::place(value), value, labels);
        }
    }

    /// How many observations were made; of a native histogram that was reset, since the last reset.
    #[must_use]
    pub fn count(&self) -> u64 {
        let cell = &self.0.cell;
        let before = cell.observations.native().map(NativeBuckets::before).unwrap_or_default();
        cell.observations.count().wrapping_sub(before.counts.iter().copied().fold(0, u64::wrapping_add))
    }

    /// The sum of all observations; of a native histogram that was reset, since the last reset.
    #[must_use]
    pub fn sum(&self) -> f64 {
        let observations = &self.0.cell.observations;
        let Some(native) = observations.native() else { return observations.sum() };
        native.sum().get().unwrap_or_else(|| observations.sum() - native.before().sum)
    }
}

impl Instrument for Histogram {
    const KIND: Kind = Kind::Histogram;
}

impl Sealed for Histogram {
    const NAME: &'static str = "Histogram";

    type Cell = Cell;

    fn cell(shared: &Arc<Shared>) -> Cell {
        let part = || Part::new(shared.buckets.bounds().len() + 1);
        let observations = if shared.striped {
            Observations::Striped(Striped::new(part))
        } else {
            Observations::Biased(Biased::new(part()))
        };
        let observations = match shared.native {
            Some(native) => {
                let native = NativeBuckets::new(native, &SystemClock);
                Observations::Native(Box::new(WithNative { classic: observations, native }))
            }
            None => observations,
        };
        Cell { shared: Arc::clone(shared), observations, exemplars: OnceBox::new() }
    }

    fn wrap(series: Arc<Series<Cell>>) -> Self {
        Self(series)
    }

    fn visit(series: &Series<Cell>, out: &mut dyn Visitor) {
        let Series { cell, labels, .. } = series;
        let bounds = cell.shared.buckets.bounds();
        let (mut few, mut many) = ([0; FEW], Vec::new());
        let counts = if bounds.len() < FEW {
            &mut few[..=bounds.len()]
        } else {
            many.resize(bounds.len() + 1, 0);
            &mut many[..]
        };
        // Read before the counts, so that the observations that they are of are counted.
        let exemplars = cell.exemplars.get().map(|exemplars| exemplars.read()).unwrap_or_default();
        // The same holds for the classic buckets at the last reset of a native histogram.
        let native = cell.observations.native().map(|native| native.read(&SystemClock));
        cell.observations.counts(counts);
        let mut sum = cell.observations.sum();
        if let Some(Reading { before, sum: since_reset, .. }) = &native {
            counts
                .iter_mut()
                .zip(&before.counts)
                .for_each(|(count, before)| *count = count.wrapping_sub(*before));
            sum = since_reset.unwrap_or(sum - before.sum);
        }
        out.histogram(
            labels,
            &HistogramSample {
                bounds,
                counts,
                // May lack what is being added just now.
                sum,
                exemplars: &exemplars,
                native: native.as_ref().map(Reading::sample),
                created: native.as_ref().and_then(|native| native.created).or_else(|| series.created()),
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::instruments::buckets::Buckets;
    use crate::instruments::native::settings::Native;
    use crate::registry::Registry;

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

    #[test]
    fn a_native_histogram_that_begins_anew_after_an_infinite_sum_has_a_sum_again() {
        let native = Native::new().schema(0).max_buckets(1).reset_after(Some(Duration::ZERO));
        for striped in [false, true] {
            let registry = Registry::new();
            let sizes = registry.histogram("size", "Size.").native(native);
            let sizes = if striped { sizes.striped() } else { sizes }.build().unwrap();
            for (value, sum) in [
                (f64::MAX, f64::MAX),
                (f64::MAX, f64::INFINITY),
                (2.0, 2.0),
                (1.5, 3.5),
                (-f64::MAX, -f64::MAX),
                (-f64::MAX, f64::NEG_INFINITY),
                (4.0, 4.0),
                (16.0, 16.0),
            ] {
                sizes.observe(value);
                assert_eq!(sizes.sum(), sum, "after {value}");
                let shown = registry.snapshot();
                assert_eq!(shown.series("size", &[]).unwrap().value().sum(), sum, "after {value}");
            }
        }
    }

    #[test]
    fn parts_of_threads_add_up_for_few_buckets_and_for_many() {
        for bounds in [3, 14, 15, 16, 40] {
            let registry = Registry::new();
            let bounds: Vec<f64> = (0..bounds).map(f64::from).collect();
            let declared =
                registry.histogram("wait_seconds", "Wait.").buckets(Buckets::new(bounds.clone()).unwrap());
            let histogram = declared.striped().build().unwrap();
            std::thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| (0..50_u16).for_each(|n| histogram.observe(f64::from(n))));
                }
            });
            assert_eq!((histogram.count(), histogram.sum()), (150, 3675.0));
            let text = registry.text();
            for (at, bound) in bounds.iter().enumerate() {
                let line = format!("wait_seconds_bucket{{le=\"{bound}\"}} {}\n", (at + 1) * 3);
                assert!(text.contains(&line), "no {line} in {text}");
            }
            assert!(text.contains("wait_seconds_bucket{le=\"+Inf\"} 150\n"));
        }
    }
}
