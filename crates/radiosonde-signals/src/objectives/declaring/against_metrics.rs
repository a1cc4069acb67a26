use std::collections::BTreeMap;
use std::time::Duration;

use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Descriptor, Registry};

use crate::golden::{GoldenSignals, Match, Series};
use crate::objectives::indicator::Indicator;
use crate::objectives::slo::Slo;
use crate::objectives::slo_error_kind::SloErrorKind;
use crate::objectives::thresholds::{is_same_bound, seconds};
use crate::objectives::work::Work;

/// The metrics and signals that a registry has so far.
pub(crate) struct DeclaredMetrics {
    signals: Vec<GoldenSignals>,
    by_name: BTreeMap<String, Descriptor>,
}

impl DeclaredMetrics {
    pub(crate) fn of(registry: &Registry) -> Self {
        let described = registry.descriptors().into_iter();
        let by_name = described.map(|descriptor| (descriptor.name().to_owned(), descriptor)).collect();
        Self { signals: GoldenSignals::of(registry), by_name }
    }

    /// Refuses an objective that these metrics cannot show. What is not declared yet is not checked.
    pub(crate) fn check(&self, slo: &Slo) -> Result<(), SloErrorKind> {
        match slo.indicator() {
            Indicator::Availability(work) => self.check_availability(work),
            Indicator::Latency { work, threshold } => self.check_latency(work, *threshold),
            Indicator::Correctness { bad, total } => {
                [bad, total].into_iter().try_for_each(|series| self.check_series(series, COUNTED))
            }
            Indicator::Throughput { events, .. } => self.check_series(events, COUNTED),
            Indicator::Freshness { timestamp, .. } => self.check_series(timestamp, SET),
            Indicator::Gauge { gauge, .. } => self.check_series(gauge, SET),
        }
    }

    fn check_availability(&self, work: &Work) -> Result<(), SloErrorKind> {
        let signals = self.signals(work)?;
        let counted =
            |signals: &GoldenSignals| Some(vec![signals.traffic()?.clone(), signals.errors()?.clone()]);
        let counters: Vec<Vec<Series>> = signals.iter().filter_map(counted).collect();
        if counters.is_empty() && !signals.is_empty() {
            return Err(SloErrorKind::NoErrors { work: work.to_string() });
        }
        self.check_labels(&counters)
    }

    fn check_latency(&self, work: &Work, threshold: Duration) -> Result<(), SloErrorKind> {
        let signals = self.signals(work)?;
        let latency = |signals: &GoldenSignals| signals.latency().cloned().map(|series| vec![series]);
        let histograms: Vec<Vec<Series>> = signals.iter().filter_map(latency).collect();
        if histograms.is_empty() && !signals.is_empty() {
            return Err(SloErrorKind::NoLatency { work: work.to_string() });
        }
        self.check_labels(&histograms)?;
        let threshold = seconds(threshold);
        for latency in histograms.iter().flatten() {
            let known = self.by_name.get(latency.metric());
            let Some(buckets) = known.and_then(Descriptor::buckets) else { continue };
            if !buckets.iter().any(|&bound| is_same_bound(bound, threshold)) {
                let (metric, buckets) = (latency.metric().to_owned(), buckets.to_vec());
                return Err(SloErrorKind::NoBucket { metric, threshold, buckets });
            }
        }
        Ok(())
    }

    /// The signals of the work so far, if they have its items.
    fn signals(&self, work: &Work) -> Result<Vec<GoldenSignals>, SloErrorKind> {
        let signals = work.among(&self.signals);
        if signals.is_empty() && self.signals.iter().any(|signals| work.is_meant(signals)) {
            return Err(SloErrorKind::NoItems { work: work.to_string() });
        }
        Ok(signals)
    }

    /// Refuses items and labels that the metrics of no signals have; each has those of one work.
    fn check_labels(&self, signals: &[Vec<Series>]) -> Result<(), SloErrorKind> {
        let mut first = None;
        for metrics in signals {
            // One that lacks none is enough: others of the kind may have other labels.
            let Some(lacking) = metrics.iter().find_map(|series| self.lacking_label(series)) else {
                return Ok(());
            };
            first.get_or_insert(lacking);
        }
        first.map_or(Ok(()), Err)
    }

    /// A label that selects series of a declared metric, which does not have it.
    fn lacking_label(&self, series: &Series) -> Option<SloErrorKind> {
        let declared = self.by_name.get(series.metric())?;
        let mut needed = series.matchers().filter(|(_, value)| !matches!(value, Match::NoneOf(_)));
        let (label, _) = needed.find(|(label, _)| !has_label(declared, label))?;
        Some(no_label(declared, label))
    }

    fn check_series(&self, series: &Series, (kinds, expected): Kinds) -> Result<(), SloErrorKind> {
        let metric = series.metric();
        let declared = self.by_name.get(metric);
        let kind = declared.map_or_else(|| series.kind(), Descriptor::kind);
        if let Some(kind) = [kind, series.kind()].into_iter().find(|kind| !kinds.contains(kind)) {
            return Err(SloErrorKind::MetricKind { metric: metric.to_owned(), kind, expected });
        }
        self.lacking_label(series).map_or(Ok(()), Err)
    }
}

type Kinds = (&'static [Kind], &'static str);

/// Kinds whose series only go up.
const COUNTED: Kinds = (&[Kind::Counter, Kind::Histogram], "a counter, or a histogram by its count");
/// Kinds whose series go up and down.
const SET: Kinds = (&[Kind::Gauge], "a gauge");

fn has_label(metric: &Descriptor, label: &str) -> bool {
    metric.labels().any(|name| name == label) || metric.constant_labels().any(|(name, _)| name == label)
}

fn no_label(metric: &Descriptor, label: &str) -> SloErrorKind {
    let constant = metric.constant_labels().map(|(name, _)| name);
    let labels = metric.labels().chain(constant).map(str::to_owned).collect();
    SloErrorKind::NoLabel { metric: metric.name().to_owned(), label: label.to_owned(), labels }
}
