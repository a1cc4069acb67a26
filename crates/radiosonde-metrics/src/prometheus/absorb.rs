use ::prometheus::proto::{Metric, MetricFamily, MetricType};

use crate::gathering::collector::CollectedFamily;
use crate::{Collection, Collector, HistogramSample, Kind, LabelSet, Number, Registry, SummarySample};

impl Registry {
    /// Exposes everything that a registry of the `prometheus` crate has, beside our own metrics.
    ///
    /// An application keeps the metrics it has and gets our formats for them. Families of the same name and kind are put
    /// together; labels are sorted; of two equal series the first is kept and the other counted in
    /// `radiosonde_metrics_collector_errors_total{reason="duplicate_series"}`. Its process collector gives way to ours where
    /// [`expose_process`](Self::expose_process) was called, because its CPU seconds are whole numbers. A counter whose name
    /// lacks `_total` is of unknown kind in OpenMetrics, which has no other way to show it.
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
    /// registry.absorb(&theirs);
    /// assert!(registry.text().contains("orders_total 1\n"));
    /// # Ok::<(), prometheus::Error>(())
    /// ```
    pub fn absorb(&self, theirs: &::prometheus::Registry) {
        self.collect_from(Absorbed(theirs.clone()));
    }
}

/// A registry of the `prometheus` crate as a [`Collector`] of ours.
#[derive(Debug, Clone)]
pub struct Absorbed(::prometheus::Registry);

impl Collector for Absorbed {
    fn collect(&self, out: &mut Collection) {
        for family in super::once(|| self.0.gather()).unwrap_or_default() {
            read(&family, out);
        }
    }
}

fn read(family: &MetricFamily, out: &mut Collection) {
    let kind = match family.get_field_type() {
        MetricType::COUNTER => Kind::Counter,
        MetricType::GAUGE => Kind::Gauge,
        MetricType::HISTOGRAM => Kind::Histogram,
        MetricType::SUMMARY => Kind::Summary,
        MetricType::UNTYPED => Kind::Unknown,
    };
    let into = out.family(family.name(), family.help(), kind);
    into.absorbed = true;
    for metric in family.get_metric() {
        let labels = LabelSet::new(metric.get_label().iter().map(|label| (label.name(), label.value())));
        match kind {
            Kind::Counter => into.number(labels, Number::Float(metric.get_counter().value())),
            Kind::Gauge => into.number(labels, Number::Float(metric.get_gauge().value())),
            Kind::Histogram => histogram(into, labels, metric),
            Kind::Summary => summary(into, labels, metric),
            _ => into.number(labels, Number::Float(metric.untyped.value())),
        }
    }
}

fn histogram(into: &mut CollectedFamily, labels: LabelSet, metric: &Metric) {
    let theirs = metric.get_histogram();
    let finite = theirs.get_bucket().iter().filter(|bucket| bucket.upper_bound().is_finite());
    let (bounds, cumulative): (Vec<_>, Vec<_>) =
        finite.map(|bucket| (bucket.upper_bound(), bucket.cumulative_count())).unzip();
    // Their count is read apart from the buckets and may be behind them while others observe.
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
    let sum = theirs.get_sample_sum();
    into.histogram(
        labels,
        &HistogramSample { bounds: &bounds, counts: &counts, sum, ..HistogramSample::default() },
    );
}

fn summary(into: &mut CollectedFamily, labels: LabelSet, metric: &Metric) {
    let theirs = metric.get_summary();
    let quantiles: Vec<_> = theirs.get_quantile().iter().map(|q| (q.quantile(), q.value())).collect();
    let (sum, count) = (theirs.sample_sum(), theirs.sample_count());
    into.summary(labels, &SummarySample { quantiles: &quantiles, sum, count, created: None });
}
