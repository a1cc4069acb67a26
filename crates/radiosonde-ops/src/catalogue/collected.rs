use std::collections::BTreeMap;

use radiosonde_metrics::Registry;
use radiosonde_metrics::model::{
    FamilyInfo, HistogramSample, Kind, LabelSet, NumberSample, SummarySample, Visitor,
};

use crate::catalogue::metric_entry::MetricEntry;

/// What the operating system may know of a process. Some do not know all of it: a catalogue is the same on each.
const PROCESS: [(&str, Kind, &str); 7] = [
    ("process_cpu_seconds_total", Kind::Counter, "User and system CPU time spent, in seconds."),
    ("process_max_fds", Kind::Gauge, "Maximum number of open file descriptors."),
    ("process_open_fds", Kind::Gauge, "Number of open file descriptors."),
    ("process_resident_memory_bytes", Kind::Gauge, "Resident memory, in bytes."),
    ("process_start_time_seconds", Kind::Gauge, "Start time since the Unix epoch, in seconds."),
    ("process_threads", Kind::Gauge, "Number of threads."),
    ("process_virtual_memory_bytes", Kind::Gauge, "Virtual memory, in bytes."),
];

/// Every family of a registry as it is exposed now, by name: those of collectors are not declared anywhere.
pub(crate) fn collected(registry: &Registry) -> BTreeMap<String, MetricEntry> {
    let mut seen = Seen::default();
    registry.look(&mut seen);
    seen.finish();
    the_same_everywhere(seen.metrics)
}

/// The metrics that a process has on any system and in any environment.
fn the_same_everywhere(mut metrics: BTreeMap<String, MetricEntry>) -> BTreeMap<String, MetricEntry> {
    if PROCESS.iter().any(|(name, ..)| metrics.contains_key(*name)) {
        metrics.extend(
            PROCESS.map(|(name, kind, help)| (name.to_owned(), MetricEntry::exposed(name, kind, help))),
        );
    }
    // The environment of a process decides which of them it has.
    if let Some(build) = metrics.get_mut("build_info") {
        build.labels = ["environment", "namespace", "service", "version"].map(str::to_owned).to_vec();
    }
    metrics
}

#[derive(Default)]
struct Seen {
    metrics: BTreeMap<String, MetricEntry>,
    current: Option<MetricEntry>,
}

impl Seen {
    fn finish(&mut self) {
        if let Some(mut metric) = self.current.take() {
            metric.labels.sort_unstable();
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
        self.current = Some(MetricEntry::exposed(family.name, family.kind, family.help));
    }

    fn number(&mut self, labels: &LabelSet, _: &NumberSample<'_>) {
        self.labels(labels);
    }

    fn histogram(&mut self, labels: &LabelSet, sample: &HistogramSample<'_>) {
        self.labels(labels);
        if let Some(metric) = &mut self.current {
            metric.buckets = Some(sample.bounds.to_vec());
        }
    }

    fn summary(&mut self, labels: &LabelSet, _: &SummarySample<'_>) {
        self.labels(labels);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(of: &[&str]) -> Vec<String> {
        let metrics =
            of.iter().map(|name| ((*name).to_owned(), MetricEntry::exposed(name, Kind::Gauge, "Help.")));
        the_same_everywhere(metrics.collect()).into_keys().collect()
    }

    #[test]
    fn a_system_that_knows_less_of_a_process_has_the_same_metrics() {
        let all = names(&["process_threads"]);
        assert_eq!((all.len(), all[0].as_str()), (7, "process_cpu_seconds_total"));
        assert_eq!(names(&["process_open_fds"]), all);
        assert_eq!(names(&["other"]), ["other"]);
    }
}
