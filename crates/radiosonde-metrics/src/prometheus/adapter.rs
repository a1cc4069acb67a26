use ::prometheus::core::Desc;
use ::prometheus::proto::{
    Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType, Quantile, Summary,
    Untyped,
};

use crate::gathering::gather::PROCESS;
use crate::{FamilyInfo, HistogramSample, Kind, LabelSet, NumberSample, Registry, SummarySample, Visitor};

/// Our registry as a collector of the `prometheus` crate, for an application that keeps its own `/metrics`.
///
/// Everything but exemplars and units comes out there: its model has neither.
///
/// ```
/// use radiosonde_metrics::{Adapter, Registry};
///
/// let registry = Registry::new();
/// registry.counter("orders_total", "Orders.").build()?.inc();
///
/// let theirs = prometheus::Registry::new();
/// theirs.register(Box::new(Adapter::new(&registry)))?;
/// let text = prometheus::TextEncoder::new().encode_to_string(&theirs.gather())?;
/// assert!(text.contains("orders_total 1\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Adapter {
    registry: Registry,
    /// Their registry tells collectors apart by what they describe. Families come and go, so this describes the adapter.
    descriptions: Vec<Desc>,
    /// Whether the families of the process come along.
    process: bool,
}

impl Adapter {
    /// An adapter for `registry`. A `prometheus` registry takes one.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        let name = "radiosonde_adapter".to_owned();
        let help = "All metrics of a radiosonde registry.".to_owned();
        // The name is a valid one, so there is a description; without one the adapter would still work.
        let descriptions =
            Desc::new(name, help, Vec::new(), std::collections::HashMap::new()).into_iter().collect();
        Self { registry: registry.clone(), descriptions, process: true }
    }

    /// Leaves out the `process_*` families, for a registry that has those of its own: the default one does, and would write
    /// each of them twice, which no parser takes.
    #[must_use]
    pub const fn without_process(mut self) -> Self {
        self.process = false;
        self
    }
}

impl ::prometheus::core::Collector for Adapter {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut model = Model::default();
        super::once(|| self.registry.visit(&mut model));
        // Their text encoder refuses a family without metrics.
        let comes_along = |name: &str| self.process || !PROCESS.contains(&name);
        model.families.retain(|family| !family.get_metric().is_empty() && comes_along(family.name()));
        model.families
    }
}

/// Builds their model of what it is shown.
#[derive(Default)]
struct Model {
    families: Vec<MetricFamily>,
    kind: Option<Kind>,
}

impl Model {
    fn push(&mut self, labels: &LabelSet, set: impl FnOnce(&mut Metric)) {
        let pairs = labels.iter().map(|(name, value)| {
            let mut pair = LabelPair::default();
            pair.set_name(name.to_owned());
            pair.set_value(value.into_owned());
            pair
        });
        let mut metric = Metric::from_label(pairs.collect());
        set(&mut metric);
        if let Some(family) = self.families.last_mut() {
            family.mut_metric().push(metric);
        }
    }
}

impl Visitor for Model {
    fn family(&mut self, info: &FamilyInfo<'_>) {
        let mut family = MetricFamily::default();
        family.set_name(info.name.to_owned());
        family.set_help(info.help.to_owned());
        family.set_field_type(match info.kind {
            Kind::Counter => MetricType::COUNTER,
            Kind::Gauge | Kind::Info | Kind::StateSet => MetricType::GAUGE,
            Kind::Histogram => MetricType::HISTOGRAM,
            Kind::Summary => MetricType::SUMMARY,
            Kind::Unknown => MetricType::UNTYPED,
        });
        self.kind = Some(info.kind);
        self.families.push(family);
    }

    fn number(&mut self, labels: &LabelSet, sample: &NumberSample<'_>) {
        let value = sample.value.as_f64();
        let kind = self.kind;
        self.push(labels, |metric| match kind {
            Some(Kind::Counter) => {
                let mut counter = Counter::default();
                counter.set_value(value);
                metric.set_counter(counter);
            }
            Some(Kind::Gauge | Kind::Info | Kind::StateSet) => {
                let mut gauge = Gauge::default();
                gauge.set_value(value);
                metric.set_gauge(gauge);
            }
            _ => {
                let mut untyped = Untyped::default();
                untyped.set_value(value);
                metric.untyped = Some(untyped).into();
            }
        });
    }

    fn histogram(&mut self, labels: &LabelSet, sample: &HistogramSample<'_>) {
        let mut histogram = Histogram::default();
        histogram.set_sample_count(sample.count());
        histogram.set_sample_sum(sample.sum);
        let finite = sample.cumulative().filter(|(bound, ..)| bound.is_finite());
        let buckets = finite.map(|(bound, count, _)| {
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(bound);
            bucket.set_cumulative_count(count);
            bucket
        });
        histogram.set_bucket(buckets.collect());
        self.push(labels, |metric| metric.set_histogram(histogram));
    }

    fn summary(&mut self, labels: &LabelSet, sample: &SummarySample<'_>) {
        let mut summary = Summary::default();
        summary.set_sample_count(sample.count);
        summary.set_sample_sum(sample.sum);
        let quantiles = sample.quantiles.iter().map(|&(rank, value)| {
            let mut quantile = Quantile::default();
            quantile.set_quantile(rank);
            quantile.set_value(value);
            quantile
        });
        summary.set_quantile(quantiles.collect());
        self.push(labels, |metric| metric.set_summary(summary));
    }
}
