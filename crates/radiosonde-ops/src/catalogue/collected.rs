use std::collections::BTreeMap;

use radiosonde_metrics::Registry;
use radiosonde_metrics::model::{
    FamilyInfo, HistogramSample, LabelSet, NumberSample, SummarySample, Visitor,
};

use crate::catalogue::metric_entry::MetricEntry;

/// Every family of a registry as it is exposed now, by name: those of collectors are not declared anywhere.
pub(crate) fn collected(registry: &Registry) -> BTreeMap<String, MetricEntry> {
    let mut seen = Seen::default();
    registry.look(&mut seen);
    seen.finish();
    seen.metrics
}

#[derive(Default)]
struct Seen {
    metrics: BTreeMap<String, MetricEntry>,
    current: Option<MetricEntry>,
}

impl Seen {
    fn finish(&mut self) {
        if let Some(metric) = self.current.take() {
            self.metrics.insert(metric.name.clone(), metric);
        }
    }

    fn labels(&mut self, labels: &LabelSet) {
        let Some(metric) = &mut self.current else { return };
        for (label, _) in labels.iter() {
            if !metric.labels.iter().any(|own| own == label) {
                metric.labels.push(label.to_owned());
            }
        }
    }
}

impl Visitor for Seen {
    fn family(&mut self, family: &FamilyInfo<'_>) {
        self.finish();
        self.current = Some(MetricEntry {
            name: family.name.to_owned(),
            kind: family.kind,
            help: family.help.to_owned(),
            unit: None,
            labels: Vec::new(),
            label_values: BTreeMap::new(),
            constant_labels: Vec::new(),
            buckets: None,
            quantiles: None,
            max_series: None,
            former_names: Vec::new(),
            declared_in: None,
        });
    }

    fn number(&mut self, labels: &LabelSet, _: &NumberSample<'_>) {
        self.labels(labels);
    }

    fn histogram(&mut self, labels: &LabelSet, _: &HistogramSample<'_>) {
        self.labels(labels);
    }

    fn summary(&mut self, labels: &LabelSet, _: &SummarySample<'_>) {
        self.labels(labels);
    }
}
