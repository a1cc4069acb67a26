use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use prost::Message as _;
use prost::encoding::message;
use radiosonde_metrics::model::{
    FamilyInfo, HistogramSample, LabelSet, Number, NumberSample, SummarySample, Visitor,
};

use crate::remote_write::canonical_number::canonical;
use crate::remote_write::proto::{Exemplar, Label, SAMPLES, Sample, TimeSeries};

/// The stale marker: the value by which Prometheus ends a series.
///
/// Source: <https://prometheus.io/docs/specs/prw/remote_write_spec/#stale-markers>
const STALE: u64 = 0x7ff0_0000_0000_0002;

/// The NaN that Prometheus uses for values.
///
/// Source: `NormalNaN` in <https://github.com/prometheus/prometheus/blob/main/model/value/value.go>
const NOT_A_NUMBER: u64 = 0x7ff8_0000_0000_0001;

/// Normalises a NaN, so that no value looks like a stale marker.
const fn ordinary(value: f64) -> f64 {
    if value.is_nan() { f64::from_bits(NOT_A_NUMBER) } else { value }
}

/// A series whose sample has no timestamp yet.
pub(crate) struct UnstampedSeries {
    /// The message without its sample.
    series: Vec<u8>,
    value: f64,
}

impl UnstampedSeries {
    /// The encoded message, of a sample at `timestamp`.
    pub(crate) fn at(mut self, timestamp: i64) -> Bytes {
        // The fields of a message may have any order.
        message::encode(SAMPLES, &Sample { value: self.value, timestamp }, &mut self.series);
        self.series.into()
    }
}

/// Encodes every series of a registry.
pub(crate) struct Encoder<'a, F> {
    /// Labels added to every series that lacks a label of that name.
    labels: &'a [(String, String)],
    /// The time of the push, for exemplars without a time.
    pushed: i64,
    /// Whether to write stale markers.
    stale: bool,
    name: String,
    each: F,
}

impl<'a, F: FnMut(UnstampedSeries)> Encoder<'a, F> {
    pub(crate) const fn new(labels: &'a [(String, String)], pushed: i64, stale: bool, each: F) -> Self {
        Self { labels, pushed, stale, name: String::new(), each }
    }

    fn series(
        &mut self,
        suffix: &str,
        own: &LabelSet,
        bound: Option<(&str, f64)>,
        value: f64,
        exemplar: Option<&radiosonde_metrics::model::Exemplar>,
    ) {
        let label = |name: &str, value: &str| Label { name: name.to_owned(), value: value.to_owned() };
        let mut labels = vec![label("__name__", &format!("{}{suffix}", self.name))];
        labels.extend(own.iter().map(|(name, value)| label(name, &value)));
        labels.extend(bound.map(|(name, bound)| label(name, &canonical(bound))));
        // An empty label counts as missing: it must not be sent, and does not override one of the sink's.
        labels.retain(|label| !label.value.is_empty());
        for (name, value) in self.labels {
            if !value.is_empty() && !labels.iter().any(|label| label.name == *name) {
                labels.push(label(name, value));
            }
        }
        // Sorted by bytes: capitals come before `__name__`.
        labels.sort();
        let value = if self.stale { f64::from_bits(STALE) } else { ordinary(value) };
        let exemplars = exemplar.filter(|_| !self.stale).map(|exemplar| to_proto(exemplar, self.pushed));
        let series = TimeSeries { labels, exemplars: exemplars.into_iter().collect() }.encode_to_vec();
        (self.each)(UnstampedSeries { series, value });
    }
}

/// An exemplar without a time gets that of the push.
fn to_proto(exemplar: &radiosonde_metrics::model::Exemplar, pushed: i64) -> Exemplar {
    let millis = |time: SystemTime| {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    };
    let mut labels = Vec::new();
    exemplar.each_label(|name, value| labels.push(Label { name: name.to_owned(), value: value.to_owned() }));
    labels.sort();
    let value = ordinary(exemplar.value());
    Exemplar { labels, value, timestamp: exemplar.timestamp().map_or(pushed, millis) }
}

#[allow(clippy::cast_precision_loss, reason = "Prometheus stores 64-bit floats")]
const fn float(count: u64) -> f64 {
    count as f64
}

impl<F: FnMut(UnstampedSeries)> Visitor for Encoder<'_, F> {
    fn family(&mut self, family: &FamilyInfo<'_>) {
        self.name.clear();
        self.name.push_str(family.name);
    }

    fn number(&mut self, labels: &LabelSet, sample: &NumberSample<'_>) {
        self.series("", labels, None, Number::as_f64(sample.value), sample.exemplar);
    }

    fn histogram(&mut self, labels: &LabelSet, sample: &HistogramSample<'_>) {
        for (bound, count, exemplar) in sample.cumulative() {
            self.series("_bucket", labels, Some(("le", bound)), float(count), exemplar);
        }
        self.series("_sum", labels, None, sample.sum, None);
        self.series("_count", labels, None, float(sample.count()), None);
    }

    fn summary(&mut self, labels: &LabelSet, sample: &SummarySample<'_>) {
        for &(quantile, value) in sample.quantiles {
            self.series("", labels, Some(("quantile", quantile)), value, None);
        }
        self.series("_sum", labels, None, sample.sum, None);
        self.series("_count", labels, None, float(sample.count), None);
    }
}
