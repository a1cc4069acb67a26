use prometheus::proto::{Counter, Histogram, Metric, MetricFamily, MetricType, Summary};

use crate::interop::adapter::GatherGuard;
use crate::interop::read_fields::{self, Native};
use radiosonde_metrics::Registry;
use radiosonde_metrics::collect::{CollectedFamily, Collection, Collector};
use radiosonde_metrics::model::{HistogramSample, Kind, LabelSet, Number, NumberSample, SummarySample};

/// Exposes all metrics of a `prometheus` crate registry together with those of our `registry`.
///
/// An application keeps its metrics and gets our formats for them. Call it once for each of its registries. Families of the
/// same name and kind are merged; labels are sorted, and a series' own label wins over one of its registry. Of two equal
/// series the first is kept and the other counted in `radiosonde_metrics_collector_errors_total{reason="duplicate_series"}`.
/// Metrics of another kind than their family are dropped and counted as `reason="kind"`. The process collector of the
/// `prometheus` crate yields to ours if [`Registry::expose_process`] is called, in either order, because its CPU seconds are
/// whole numbers. A counter whose name lacks `_total` has the kind unknown in OpenMetrics, which cannot express it
/// otherwise. Timestamps of single metrics are dropped.
///
/// Exemplars, native histograms, creation times and units that an [`Adapter`](crate::Adapter) wrote are restored.
///
/// ```
/// use radiosonde_metrics::Registry;
///
/// let theirs = prometheus::Registry::new();
/// let orders = prometheus::IntCounter::new("orders_total", "Orders.")?;
/// theirs.register(Box::new(orders.clone()))?;
/// orders.inc();
///
/// let registry = Registry::new();
/// radiosonde_prometheus::absorb(&registry, &theirs);
/// assert!(registry.text().contains("orders_total 1\n"));
/// # Ok::<(), prometheus::Error>(())
/// ```
pub fn absorb(registry: &Registry, theirs: &prometheus::Registry) {
    registry.collect_from(Absorbed(theirs.clone()));
}

/// A `prometheus` crate registry as a [`Collector`] of ours.
#[derive(Debug, Clone)]
pub struct Absorbed(prometheus::Registry);

impl Collector for Absorbed {
    fn collect(&self, out: &mut Collection) {
        // If the adapter of our registry is gathering, asking it again would recurse without end: it holds its lock.
        if !GatherGuard::is_active() {
            self.0.gather().iter().for_each(|family| read(family, out));
        }
    }
}

fn read(family: &MetricFamily, out: &mut Collection) {
    let kind = read_fields::kind(family).unwrap_or_else(|| match family.get_field_type() {
        MetricType::COUNTER => Kind::Counter,
        MetricType::GAUGE => Kind::Gauge,
        MetricType::HISTOGRAM => Kind::Histogram,
        MetricType::SUMMARY => Kind::Summary,
        MetricType::UNTYPED => Kind::Unknown,
    });
    // A registry's prefix changes the name of a state set, but not that of its label.
    let is_state = |metric: &Metric| metric.get_label().iter().any(|label| label.name() == family.name());
    let kind = match kind {
        Kind::StateSet if !family.get_metric().iter().all(is_state) => Kind::Gauge,
        kind => kind,
    };
    // Their registry merges families with the same name without comparing their kinds.
    let (fit, stray): (Vec<_>, Vec<_>) = family.get_metric().iter().partition(|metric| has(metric, kind));
    add(family, kind, &fit, out);
    if let Some(other) = stray.first().map(|metric| kind_of(metric)) {
        // Dropped and counted, since a family of this name exists.
        add(family, other, &[], out);
    }
}

fn has(metric: &Metric, kind: Kind) -> bool {
    match kind {
        Kind::Counter => metric.counter.is_some(),
        Kind::Histogram => metric.histogram.is_some(),
        Kind::Summary => metric.summary.is_some(),
        Kind::Gauge | Kind::Info | Kind::StateSet => metric.gauge.is_some(),
        _ => metric.untyped.is_some() || metric.gauge.is_some(),
    }
}

fn kind_of(metric: &Metric) -> Kind {
    let kinds = [Kind::Counter, Kind::Gauge, Kind::Histogram, Kind::Summary];
    kinds.into_iter().find(|kind| has(metric, *kind)).unwrap_or(Kind::Unknown)
}

fn add(family: &MetricFamily, kind: Kind, metrics: &[&Metric], out: &mut Collection) {
    let into = out.family(family.name(), family.help(), kind).absorbed();
    if let Some(unit) = read_fields::unit(family) {
        into.unit(unit);
    }
    for metric in metrics {
        let labels = LabelSet::new(metric.get_label().iter().map(|label| (label.name(), label.value())));
        match kind {
            Kind::Counter => counter(into, labels, metric.get_counter()),
            Kind::Histogram => histogram(into, labels, metric.get_histogram()),
            Kind::Summary => summary(into, labels, metric.get_summary()),
            Kind::Unknown if metric.untyped.is_some() => {
                into.number(labels, Number::Float(metric.untyped.value()));
            }
            _ => into.number(labels, Number::Float(metric.get_gauge().value())),
        }
    }
}

fn counter(into: &mut CollectedFamily, labels: LabelSet, theirs: &Counter) {
    let (exemplar, created) = read_fields::of_counter(theirs);
    let value = Number::Float(theirs.value());
    into.number(labels, NumberSample { value, exemplar: exemplar.as_ref(), created });
}

fn histogram(into: &mut CollectedFamily, labels: LabelSet, theirs: &Histogram) {
    let (finite, infinite): (Vec<_>, Vec<_>) =
        theirs.get_bucket().iter().partition(|bucket| bucket.upper_bound() != f64::INFINITY);
    let bounds: Vec<_> = finite.iter().map(|bucket| bucket.upper_bound()).collect();
    let cumulative: Vec<_> = finite.iter().map(|bucket| bucket.cumulative_count()).collect();
    // Their count is read separately from the buckets and may lag behind them during concurrent observations.
    let total = theirs.get_sample_count().max(cumulative.last().copied().unwrap_or(0));
    let mut below = 0;
    let counts: Vec<_> = cumulative
        .into_iter()
        .chain([total])
        .map(|count| {
            let more = count.saturating_sub(below);
            below += more;
            more
        })
        .collect();
    let (last, created) = read_fields::of_histogram(theirs);
    let last = last.or_else(|| infinite.into_iter().find_map(read_fields::of_bucket));
    let mut exemplars: Vec<_> = finite.into_iter().map(read_fields::of_bucket).chain([last]).collect();
    if exemplars.iter().all(Option::is_none) {
        exemplars.clear();
    }
    let native = Native::of(theirs);
    let sample = HistogramSample {
        bounds: &bounds,
        counts: &counts,
        sum: theirs.get_sample_sum(),
        exemplars: &exemplars,
        native: native.as_ref().map(Native::sample),
        created,
    };
    into.histogram(labels, &sample);
}

fn summary(into: &mut CollectedFamily, labels: LabelSet, theirs: &Summary) {
    let quantiles: Vec<_> = theirs.get_quantile().iter().map(|q| (q.quantile(), q.value())).collect();
    let (sum, count) = (theirs.sample_sum(), theirs.sample_count());
    let created = read_fields::of_summary(theirs);
    into.summary(labels, &SummarySample { quantiles: &quantiles, sum, count, created });
}
