use std::collections::BTreeMap;

use radiosonde_metrics::model::Kind;

use crate::catalogue::{Catalogue, MetricEntry};
use crate::checking::bucket_bound::spellings;
use crate::checking::interval::Interval;
use crate::checking::label_set::LabelSet;
use crate::checking::label_values::LabelValues;
use crate::checking::nearest::nearest;
use crate::checking::shape::{Measure, Shape};
use crate::checking::variables::VARIABLE;

/// The series that queries can read: those of a catalogue, of recording rules, of Prometheus itself and of other exporters.
#[derive(Debug, Clone)]
pub(crate) struct KnownSeries {
    series: BTreeMap<String, Shape>,
    /// Current names by former ones.
    former: BTreeMap<String, String>,
    /// Histograms and summaries by the name without a suffix.
    without_suffix: BTreeMap<String, &'static str>,
    /// Metrics whose names and label values were put together: `connections_used` for `connections{state="used"}`.
    by_value: BTreeMap<String, String>,
    external: Vec<String>,
    target_labels: Vec<String>,
}

/// What a name stands for.
pub(crate) enum Found<'a> {
    Series(&'a Shape),
    /// A former name of this.
    Former(&'a str, &'a Shape),
    /// Nothing is known of it, and nothing has to be.
    External,
    /// It stands for nothing: what is expected, and what to write.
    Missing(String, Option<String>),
}

impl KnownSeries {
    pub(crate) fn of(catalogue: &Catalogue) -> Self {
        let mut known = Self {
            series: BTreeMap::new(),
            former: BTreeMap::new(),
            without_suffix: BTreeMap::new(),
            by_value: BTreeMap::new(),
            external: Vec::new(),
            target_labels: vec!["instance".to_owned(), "job".to_owned()],
        };
        let up = Shape { values: Interval::SHARE, measure: Measure::Gauge, ..Shape::unknown() };
        known.series.insert("up".to_owned(), up);
        for metric in &catalogue.metrics {
            known.add(metric);
        }
        known
    }

    pub(crate) fn add_external(&mut self, prefix: String) {
        self.external.push(prefix);
    }

    /// All scraped series can have this label.
    pub(crate) fn add_target_label(&mut self, label: String) {
        for shape in self.series.values_mut().filter(|shape| !shape.labels.can_have(&label)) {
            shape.labels.insert(label.clone(), LabelValues::anything());
        }
        self.target_labels.push(label);
    }

    pub(crate) fn is_target_label(&self, label: &str) -> bool {
        self.target_labels.iter().any(|own| own == label)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.series.contains_key(name)
    }

    /// The series of a recording rule.
    pub(crate) fn add_recorded(&mut self, name: &str, shape: Shape) {
        self.series.insert(name.to_owned(), shape);
    }

    pub(crate) fn find(&self, name: &str) -> Found<'_> {
        if let Some(shape) = self.series.get(name) {
            return Found::Series(shape);
        }
        if let Some((current, shape)) =
            self.former.get(name).and_then(|current| Some((current, self.series.get(current)?)))
        {
            return Found::Former(current, shape);
        }
        let of_prometheus = matches!(name, "ALERTS" | "ALERTS_FOR_STATE") || name.starts_with("scrape_");
        if of_prometheus
            || name.contains(VARIABLE)
            || self.external.iter().any(|prefix| name.starts_with(prefix))
        {
            return Found::External;
        }
        if let Some(kind) = self.without_suffix.get(name) {
            let expected =
                format!("a {kind}, which has series with suffixes only; expected `{name}_count`, …");
            return Found::Missing(expected, Some(format!("{name}_count")));
        }
        if let Some(selector) = self.by_value.get(name) {
            return Found::Missing(format!("missing; expected `{selector}`"), Some(selector.clone()));
        }
        match nearest(name, self.series.keys().map(String::as_str)) {
            Some(near) => {
                Found::Missing(format!("missing; expected `{near}`, or another"), Some(near.to_owned()))
            }
            None => Found::Missing("missing; expected a metric of the catalogue".to_owned(), None),
        }
    }

    fn add(&mut self, metric: &MetricEntry) {
        let names = std::iter::once(&metric.name).chain(&metric.former_names);
        for name in names {
            for (suffix, mut shape) in samples(metric) {
                // A scrape does not show the labels of a metric that has no series yet.
                if metric.declared_in.is_none() && metric.labels.is_empty() {
                    shape.labels = LabelSet::open();
                }
                if name == &metric.name {
                    self.series.insert(format!("{name}{suffix}"), shape);
                } else {
                    self.former.insert(format!("{name}{suffix}"), format!("{}{suffix}", metric.name));
                }
            }
        }
        match metric.kind {
            Kind::Histogram if metric.buckets.is_some() => {
                self.without_suffix.insert(metric.name.clone(), "histogram");
            }
            _ => {}
        }
        for (label, values) in &metric.label_values {
            for value in values {
                let name = format!("{}_{value}", metric.name);
                self.by_value.insert(name, format!("{}{{{label}={value:?}}}", metric.name));
            }
        }
    }
}

/// The series of a metric by suffix.
fn samples(metric: &MetricEntry) -> Vec<(&'static str, Shape)> {
    let gauge = |values| Shape { values, measure: Measure::Gauge, ..plain(metric) };
    let counter = || Shape { values: Interval::POSITIVE, measure: Measure::Counter, ..plain(metric) };
    match metric.kind {
        Kind::Counter if metric.name.ends_with("_total") => vec![("", counter())],
        Kind::Counter => vec![("", counter()), ("_total", counter())],
        Kind::Gauge => vec![("", gauge(Interval::ANY))],
        Kind::Info => vec![("", gauge(Interval::exactly(1.0)))],
        Kind::StateSet => vec![("", gauge(Interval::SHARE))],
        Kind::Histogram => {
            // Without classic buckets it is a native one, which has no suffix.
            let native =
                metric.buckets.is_none().then(|| ("", Shape { labels: LabelSet::open(), ..plain(metric) }));
            native.into_iter().chain(with_suffixes(metric)).chain([("_bucket", buckets(metric))]).collect()
        }
        Kind::Summary => {
            let mut quantiles = gauge(Interval::ANY);
            quantiles.labels.insert("quantile", bounds(metric.quantiles.as_deref()));
            std::iter::once(("", quantiles)).chain(with_suffixes(metric)).collect()
        }
        _ => vec![("", plain(metric))],
    }
}

fn with_suffixes(metric: &MetricEntry) -> [(&'static str, Shape); 3] {
    let counter = |values| Shape { values, measure: Measure::Counter, ..plain(metric) };
    let created = Shape { measure: Measure::Gauge, ..plain(metric) };
    [("_count", counter(Interval::POSITIVE)), ("_sum", counter(Interval::ANY)), ("_created", created)]
}

fn buckets(metric: &MetricEntry) -> Shape {
    let mut shape = Shape {
        values: Interval::POSITIVE,
        measure: Measure::Counter,
        buckets: metric.buckets.clone().filter(|bounds| !bounds.is_empty()),
        ..plain(metric)
    };
    let infinite = LabelValues::of(["+Inf".to_owned()]);
    shape.labels.insert("le", bounds(metric.buckets.as_deref()).union(infinite));
    shape
}

/// The values of `le` and `quantile`.
fn bounds(bounds: Option<&[f64]>) -> LabelValues {
    bounds.map_or_else(LabelValues::present, |bounds| {
        LabelValues::of(bounds.iter().flat_map(|bound| spellings(*bound)))
    })
}

/// The series with their labels, and those of their target.
fn plain(metric: &MetricEntry) -> Shape {
    let mut labels = LabelSet::none();
    for target in ["job", "instance"] {
        labels.insert(target, LabelValues::present());
    }
    // Families of collectors may have series with some of their labels only.
    let declared = metric.declared_in.is_some();
    let unknown = if declared { LabelValues::present() } else { LabelValues::anything() };
    for label in &metric.labels {
        let values = metric.label_values.get(label).filter(|values| !values.is_empty());
        // The series past the limit of a metric.
        let values = values.map(|values| values.iter().cloned().chain(["_overflow".to_owned()]));
        labels.insert(label, values.map_or_else(|| unknown.clone(), LabelValues::of));
    }
    for (label, value) in &metric.constant_labels {
        labels.insert(label, LabelValues::of([value.clone()]));
    }
    Shape { labels, ..Shape::unknown() }
}
