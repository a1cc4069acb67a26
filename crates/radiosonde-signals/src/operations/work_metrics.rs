use std::fmt;
use std::sync::Arc;

use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Buckets, Counter, DynFamily, Histogram, IntGauge, RegisterError, Registry};
use tracing::Span;

use crate::golden::{GoldenSignals, Limit, Series};
use crate::objectives::latency_buckets::LatencyBuckets;
use crate::operations::error_kind::{ErrorKinds, OTHER};
use crate::operations::label_sets::{KINDS, LabelSets, SETS};
use crate::operations::outcome_label::OutcomeLabel;
use crate::recording::ended::Ended;

/// Declares the metrics of a kind of work, for the ready sets: each name and help text that is given becomes a metric.
#[derive(Debug, Clone)]
pub(crate) struct WorkDeclaration<'a> {
    /// What the golden signals call the kind of work, such as `database`.
    pub(crate) kind: &'static str,
    /// The only one of its kind that the metrics are of, if they are not those of several.
    pub(crate) only_of: Option<&'a str>,
    /// Labels with fixed values, on all metrics.
    pub(crate) constant: &'a [(&'a str, &'a str)],
    /// The labels whose values tell operations apart, on all metrics.
    pub(crate) labels: &'a [&'a str],
    /// The possible values of those labels that have fixed ones.
    pub(crate) values: &'a [(&'a str, &'a [&'a str])],
    /// The counter of finished work, by the labels and the outcome.
    pub(crate) calls: Option<(&'a str, &'a str)>,
    pub(crate) outcome: OutcomeLabel,
    /// The counter of errors, by the labels and the kind of error.
    pub(crate) errors: Option<(&'a str, &'a str)>,
    /// The counter of what the work moved, by the labels: bytes, rows.
    pub(crate) amount: Option<(&'a str, &'a str)>,
    /// The histogram of durations in seconds, by the labels.
    pub(crate) duration: Option<(&'a str, &'a str)>,
    pub(crate) buckets: Buckets,
    /// The gauge of work in progress, by the labels.
    pub(crate) in_flight: Option<(&'a str, &'a str)>,
    /// Whether the texts of errors are in the span and the line.
    pub(crate) error_texts: bool,
    /// The attribute of the span with the number of items, if it was given.
    pub(crate) items_attribute: Option<&'static str>,
    /// Whether work ends well when its record is dropped, such as a connection.
    pub(crate) drop_completes: bool,
    /// Whether names that conventions forbid are accepted: a counter without `_total`.
    pub(crate) unconventional: bool,
}

impl<'a> WorkDeclaration<'a> {
    /// A kind of work without metrics, told apart by the values of these labels.
    pub(crate) const fn new(kind: &'static str, labels: &'a [&'a str]) -> Self {
        Self {
            kind,
            only_of: None,
            constant: &[],
            labels,
            values: &[],
            calls: None,
            outcome: OutcomeLabel::OUTCOME,
            errors: None,
            amount: None,
            duration: None,
            buckets: Buckets::HTTP_SECONDS,
            in_flight: None,
            error_texts: true,
            items_attribute: None,
            drop_completes: false,
            unconventional: false,
        }
    }

    /// Declares the metrics. `open` makes the span of a unit of work, from the name of its operation.
    pub(crate) fn declare(
        self,
        registry: &Registry,
        kinds: ErrorKinds,
        open: impl Fn(&str) -> Span + Send + Sync + 'static,
    ) -> Result<WorkMetrics, RegisterError> {
        let (outcomes, error_kinds) = (self.outcome.all(), known_kinds(&kinds));
        let counter = |(name, help): (&'a str, &'a str), label: Option<(&str, &[&str])>, each: usize| {
            let values: Vec<_> = self.values.iter().copied().chain(label).collect();
            let counter =
                registry.counter(name, help).constant_labels(self.constant).possible_values(&values);
            let counter = if self.unconventional { counter.unconventional_name() } else { counter };
            let labels: Vec<_> = self.labels.iter().copied().chain(label.map(|(label, _)| label)).collect();
            // Of what is declared several times, so it does not depend on the kinds of errors of this declaration.
            counter.max_series(SETS * each).labels(&labels)
        };
        let outcome = self.outcome.label().map(|label| (label, &*outcomes));
        let calls = self.calls.map(|calls| counter(calls, outcome, outcomes.len())).transpose()?;
        // Kinds that an `err` hook names are not known here.
        let kind = Some(("kind", &*error_kinds));
        let errors = self.errors.map(|errors| counter(errors, kind, KINDS)).transpose()?;
        let amount = self.amount.map(|amount| counter(amount, None, 1)).transpose()?;
        let histogram = |(name, help): (&str, &str)| {
            let declare = |buckets| {
                let histogram = registry.histogram(name, help).constant_labels(self.constant);
                let histogram =
                    if name.ends_with("_seconds") { histogram.unit("seconds") } else { histogram };
                let histogram = histogram.possible_values(self.values).buckets(buckets);
                histogram.max_series(SETS).labels(self.labels)
            };
            LatencyBuckets::of(registry, self.kind)
                .only_of(self.only_of)
                .declare(name, &self.buckets, declare)
        };
        let duration = self.duration.map(histogram).transpose()?;
        let gauge = |(name, help)| {
            let gauge = registry.int_gauge(name, help).constant_labels(self.constant);
            gauge.possible_values(self.values).max_series(SETS).labels(self.labels)
        };
        let in_flight = self.in_flight.map(gauge).transpose()?;
        let golden = self.golden(registry);
        let metric = self.calls.or(self.duration).or(self.errors).or(self.in_flight);
        Ok(WorkMetrics {
            calls,
            outcome: self.outcome,
            errors,
            amount,
            duration,
            in_flight,
            beside: Vec::new(),
            labels: self.labels.len(),
            sets: LabelSets::of(registry, metric.map_or(self.kind, |(name, _)| name)),
            kinds,
            error_texts: self.error_texts,
            items_attribute: self.items_attribute,
            drop_completes: self.drop_completes,
            open: Arc::new(open),
            watcher: None,
            golden,
        })
    }

    /// The golden signals of all operations together, without saturation: only the set knows its limit.
    fn golden(&self, registry: &Registry) -> GoldenSignals {
        let series = |named: Option<(&str, &str)>, kind| {
            let all = Series::of(registry, named?.0, kind);
            Some(self.constant.iter().fold(all, |series, (label, value)| series.with(*label, *value)))
        };
        let latency = series(self.duration, Kind::Histogram);
        let calls = series(self.calls, Kind::Counter);
        let failed = calls.clone().zip(self.outcome.label());
        let failed = failed.map(|(calls, label)| calls.with_any(label, self.outcome.errors()));
        GoldenSignals::new(self.kind, "")
            .with_traffic(calls.or_else(|| latency.clone()))
            .with_errors(series(self.errors, Kind::Counter).or(failed))
            .with_latency(latency)
            .with_saturation(series(self.in_flight, Kind::Gauge), Limit::Unknown)
    }
}

/// All values of the label `kind`, as far as they are known when the metrics are declared, each once.
pub(crate) fn known_kinds(kinds: &ErrorKinds) -> Vec<&'static str> {
    let mut known = Vec::new();
    for kind in kinds.all().chain([OTHER, "panic", "timeout", "shed"]) {
        if !known.contains(&kind) {
            known.push(kind);
        }
    }
    known
}

/// The metrics of a kind of work, from which its operations take theirs.
#[derive(Clone)]
pub(crate) struct WorkMetrics {
    pub(crate) calls: Option<DynFamily<Counter>>,
    pub(crate) outcome: OutcomeLabel,
    pub(crate) errors: Option<DynFamily<Counter>>,
    pub(crate) amount: Option<DynFamily<Counter>>,
    pub(crate) duration: Option<DynFamily<Histogram>>,
    pub(crate) in_flight: Option<DynFamily<IntGauge>>,
    /// Further counters by the labels, which exist with the operation. The set counts.
    pub(crate) beside: Vec<DynFamily<Counter>>,
    /// How many labels tell operations apart.
    pub(crate) labels: usize,
    pub(crate) sets: Arc<LabelSets>,
    pub(crate) kinds: ErrorKinds,
    pub(crate) error_texts: bool,
    pub(crate) items_attribute: Option<&'static str>,
    pub(crate) drop_completes: bool,
    pub(crate) open: OpenSpan,
    /// What else happens with each unit of work.
    pub(crate) watcher: Option<Arc<dyn WatchWork>>,
    /// Those of all operations together, without a name.
    pub(crate) golden: GoldenSignals,
}

/// Makes the span of a unit of work, from the name of its operation.
pub(crate) type OpenSpan = Arc<dyn Fn(&str) -> Span + Send + Sync>;

/// What a set does at the beginning and the end of each unit of work besides its metrics, such as to note when it succeeded.
pub(crate) trait WatchWork: Send + Sync {
    fn begun(&self);

    /// Called after the metrics were recorded.
    fn ended(&self, ended: &Ended);
}

impl fmt::Debug for WorkMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkMetrics").field("golden", &self.golden).finish_non_exhaustive()
    }
}
