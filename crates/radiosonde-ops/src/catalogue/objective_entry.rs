use std::time::Duration;

use radiosonde_signals::{Bound, GoldenSignals, Indicator, Slo};
use serde::{Deserialize, Serialize};

use crate::catalogue::durations;
use crate::catalogue::metric_entry::MetricEntry;
use crate::catalogue::rounded::rounded;
use crate::catalogue::selector::{FormerNames, Selector};

/// An objective of the [catalogue](crate::Catalogue): an [`Slo`] as plain data, with the series of its work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveEntry {
    /// The name: the label `slo` of its metrics.
    pub name: String,
    /// The label `slo` of its alerts: the name, or that of the row of a table.
    pub alert_label: String,
    /// The target in percent.
    pub target: f64,
    /// What is good and what is bad.
    pub indicator: IndicatorEntry,
    /// The period of the error budget, in seconds.
    #[serde(with = "durations")]
    pub period: Duration,
    /// The pairs of windows that alert.
    pub windows: Vec<WindowEntry>,
    /// The number of bad events, or seconds, that a long window has to have for an alert.
    pub min_bad_events: f64,
    /// The approximate number of events per second, if it was declared.
    #[serde(default)]
    pub expected_traffic: Option<f64>,
    /// The team that looks after it.
    #[serde(default)]
    pub owner: Option<String>,
    /// The address of a page that explains what to do.
    #[serde(default)]
    pub runbook: Option<String>,
}

/// A pair of windows and the burn rate that alerts in both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowEntry {
    /// The long window, in seconds.
    #[serde(with = "durations")]
    pub long: Duration,
    /// The short window, in seconds.
    #[serde(with = "durations")]
    pub short: Duration,
    /// The burn rate above which the budget burns too fast.
    pub factor: f64,
    /// `info`, `warning` or `critical`.
    pub severity: String,
}

/// The events, or the time, that an objective counts as good and as bad.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IndicatorEntry {
    /// Bad events of all events: sums over these counters.
    Events {
        /// The counters of bad events.
        bad: Vec<Selector>,
        /// The counters of all events.
        total: Vec<Selector>,
    },
    /// Observations above the threshold, a bucket of all of these histograms, are bad.
    Latency {
        /// The histograms.
        histograms: Vec<Selector>,
        /// The longest time that is good, in seconds.
        threshold: f64,
    },
    /// Time in which a counter grows more slowly is bad.
    Throughput {
        /// The counter.
        events: Selector,
        /// The lowest rate that is good, per second.
        at_least: f64,
    },
    /// Time in which a Unix time is longer ago is bad.
    Freshness {
        /// The gauge with the time.
        timestamp: Selector,
        /// The highest age that is good, in seconds.
        at_most: f64,
    },
    /// Time in which a gauge is higher is bad.
    AtMost {
        /// The gauge: of several series, each has to be within.
        gauge: Selector,
        /// The highest value that is good.
        value: f64,
    },
    /// Time in which a gauge is lower is bad.
    AtLeast {
        /// The gauge: of several series, each has to be within.
        gauge: Selector,
        /// The lowest value that is good.
        value: f64,
    },
}

impl ObjectiveEntry {
    /// `signals` are narrowed to the work of the objective.
    pub(crate) fn of(
        slo: &Slo,
        work: impl Fn(&radiosonde_signals::Work) -> Vec<GoldenSignals>,
        former: &FormerNames,
    ) -> Self {
        let windows = slo.burn_windows().iter().map(|window| WindowEntry {
            long: window.long,
            short: window.short,
            factor: window.factor,
            severity: window.severity.as_str().to_owned(),
        });
        Self {
            name: slo.name().to_owned(),
            alert_label: slo.alert_label().to_owned(),
            target: slo.target(),
            indicator: IndicatorEntry::of(slo.indicator(), work, former),
            period: slo.budget_period(),
            windows: windows.collect(),
            min_bad_events: slo.least_bad_events(),
            expected_traffic: slo.events_per_second(),
            owner: slo.owned_by().map(str::to_owned),
            runbook: slo.runbook_url().map(str::to_owned),
        }
    }

    /// The share that may be bad: 0.001 for a target of 99.9 %.
    #[must_use]
    pub fn error_budget(&self) -> f64 {
        rounded((100.0 - self.target) / 100.0)
    }
}

impl IndicatorEntry {
    /// Takes the bound of the bucket that ends at the threshold. It may be the result of a calculation and differ in the last place, and
    /// then so does its label `le`.
    pub(crate) fn take_bound(&mut self, metrics: &[MetricEntry]) {
        let Self::Latency { histograms, threshold } = self else { return };
        let of = |histogram: &Selector| metrics.iter().find(|metric| metric.name == histogram.metric);
        let mut bounds =
            histograms.iter().filter_map(of).filter_map(|metric| metric.buckets.as_ref()).flatten();
        if let Some(bound) = bounds.find(|bound| (*bound - *threshold).abs() <= *threshold * 1e-9) {
            *threshold = *bound;
        }
    }

    fn of(
        indicator: &Indicator,
        work: impl Fn(&radiosonde_signals::Work) -> Vec<GoldenSignals>,
        former: &FormerNames,
    ) -> Self {
        let of = |series| Selector::of(series, former);
        match indicator {
            Indicator::Availability(what) => {
                let (bad, total) = work(what)
                    .iter()
                    .filter_map(|signals| signals.errors().zip(signals.traffic()))
                    .map(|(bad, total)| (of(bad), of(total)))
                    .unzip();
                Self::Events { bad, total }
            }
            Indicator::Latency { work: what, threshold } => {
                let histograms = work(what).iter().filter_map(GoldenSignals::latency).map(of).collect();
                // The number of the literal `0.3` for 300 ms, which seconds added to nanoseconds may miss in the last place.
                #[allow(
                    clippy::cast_precision_loss,
                    reason = "exact up to 104 days, which no threshold exceeds"
                )]
                let threshold = threshold.as_nanos() as f64 / 1e9;
                Self::Latency { histograms, threshold }
            }
            Indicator::Correctness { bad, total } => {
                Self::Events { bad: vec![of(bad)], total: vec![of(total)] }
            }
            Indicator::Throughput { events, at_least } => {
                Self::Throughput { events: of(events), at_least: *at_least }
            }
            Indicator::Freshness { timestamp, at_most } => {
                Self::Freshness { timestamp: of(timestamp), at_most: at_most.as_secs_f64() }
            }
            Indicator::Gauge { gauge, bound: Bound::AtMost(value) } => {
                Self::AtMost { gauge: of(gauge), value: *value }
            }
            Indicator::Gauge { gauge, bound: Bound::AtLeast(value) } => {
                Self::AtLeast { gauge: of(gauge), value: *value }
            }
            // Of a version of signals that this crate does not know.
            _ => Self::Events { bad: Vec::new(), total: Vec::new() },
        }
    }
}
