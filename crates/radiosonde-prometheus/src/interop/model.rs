use prometheus::proto::{
    Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType, Quantile, Summary,
};

use crate::interop::write_fields;
use radiosonde_metrics::model::{
    FamilyInfo, HistogramSample, Kind, LabelSet, NumberSample, SummarySample, Visitor, normal_nan,
};

/// Builds their model from visited samples.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) families: Vec<MetricFamily>,
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
            Kind::Histogram => MetricType::HISTOGRAM,
            Kind::Summary => MetricType::SUMMARY,
            // Their text encoder panics on `UNTYPED`.
            _ => MetricType::GAUGE,
        });
        write_fields::in_family(&mut family, info);
        self.kind = Some(info.kind);
        self.families.push(family);
    }

    fn number(&mut self, labels: &LabelSet, sample: &NumberSample<'_>) {
        let value = normal_nan(sample.value.as_f64());
        let kind = self.kind;
        self.push(labels, |metric| {
            if kind == Some(Kind::Counter) {
                let mut counter = Counter::default();
                counter.set_value(value);
                write_fields::in_counter(&mut counter, sample);
                metric.set_counter(counter);
            } else {
                let mut gauge = Gauge::default();
                gauge.set_value(value);
                metric.set_gauge(gauge);
            }
        });
    }

    fn histogram(&mut self, labels: &LabelSet, sample: &HistogramSample<'_>) {
        let mut histogram = Histogram::default();
        histogram.set_sample_count(sample.count());
        histogram.set_sample_sum(normal_nan(sample.sum));
        let finite = sample.cumulative().filter(|(bound, ..)| bound.is_finite());
        let buckets = finite.map(|(bound, count, exemplar)| {
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(bound);
            bucket.set_cumulative_count(count);
            if let Some(exemplar) = exemplar {
                write_fields::in_bucket(&mut bucket, exemplar);
            }
            bucket
        });
        histogram.set_bucket(buckets.collect());
        write_fields::in_histogram(&mut histogram, sample);
        self.push(labels, |metric| metric.set_histogram(histogram));
    }

    fn summary(&mut self, labels: &LabelSet, sample: &SummarySample<'_>) {
        let mut summary = Summary::default();
        summary.set_sample_count(sample.count);
        summary.set_sample_sum(normal_nan(sample.sum));
        let quantiles = sample.quantiles.iter().map(|&(rank, value)| {
            let mut quantile = Quantile::default();
            quantile.set_quantile(rank);
            quantile.set_value(normal_nan(value));
            quantile
        });
        summary.set_quantile(quantiles.collect());
        write_fields::in_summary(&mut summary, sample);
        self.push(labels, |metric| metric.set_summary(summary));
    }
}
