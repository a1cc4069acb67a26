use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::catalogue::durations;
use crate::catalogue::selector::Selector;
use crate::catalogue::signals_entry::SaturationEntry;

/// An alert of the [catalogue](crate::Catalogue): a rule of the alert engine, or a standard alert, as plain data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertEntry {
    /// The name: the label `alertname`.
    pub name: String,
    /// There is an alert while it holds.
    pub condition: ConditionEntry,
    /// How long the condition has to hold before the alert fires, in seconds: `for` of Prometheus.
    #[serde(with = "durations")]
    pub hold: Duration,
    /// For how long the alert goes on firing after the condition held last, in seconds: `keep_firing_for` of Prometheus.
    #[serde(with = "durations")]
    pub keep_firing: Duration,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// The labels beside `alertname` and `severity`.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// The annotations. In their texts, `{value}` stands for the value, and `{name}` for the label of that name.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// A test of metrics or objectives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConditionEntry {
    /// The value is above the threshold.
    Above {
        /// The value.
        value: ValueEntry,
        /// The threshold.
        threshold: f64,
        /// A value for each value of this label, in place of one of all series.
        by: Option<String>,
    },
    /// The value is below the threshold.
    Below {
        /// The value.
        value: ValueEntry,
        /// The threshold.
        threshold: f64,
        /// A value for each value of this label, in place of one of all series.
        by: Option<String>,
    },
    /// There is no series of these.
    Absent(Selector),
    /// The error budget of this objective burns too fast in one of its pairs of windows.
    Burning(String),
    /// The share of the error budget that is left, by this objective, is below the threshold.
    BudgetBelow {
        /// The objective.
        slo: String,
        /// The share; 0 is used up.
        share: f64,
    },
    /// Prometheus cannot evaluate it, for this reason.
    InProcessOnly(String),
}

/// A number that an alert compares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ValueEntry {
    /// Several gauges become one number.
    Gauge {
        /// The gauges.
        gauge: Selector,
        /// The way.
        merge: MergeEntry,
    },
    /// The sum of some gauges divided by the sum of others.
    Share {
        /// Those of interest.
        part: Selector,
        /// All of them.
        all: Selector,
    },
    /// How full the fullest of these resources is: 1 is full.
    Saturation(Vec<SaturationEntry>),
    /// The seconds since the oldest Unix time in these gauges that is not 0.
    Age(Selector),
    /// How far counters went up in a window.
    Increase {
        /// The counters.
        events: Selector,
        /// The window, in seconds.
        #[serde(with = "durations")]
        window: Duration,
    },
    /// How far counters go up per second, on average over a window.
    Rate {
        /// The counters.
        events: Selector,
        /// The window, in seconds.
        #[serde(with = "durations")]
        window: Duration,
    },
    /// The increase of some counters divided by the increase of others: 0 if the former have no series.
    Ratio {
        /// The counters of bad events.
        bad: Vec<Selector>,
        /// The counters of all events.
        all: Vec<Selector>,
        /// The window, in seconds.
        #[serde(with = "durations")]
        window: Duration,
        /// The number of bad events that the window has to have for an alert; 0 is any.
        #[serde(default)]
        min_bad_events: f64,
    },
    /// A quantile of the observations of histograms in a window.
    Quantile {
        /// The quantile, such as 0.95.
        quantile: f64,
        /// The histograms.
        histograms: Vec<Selector>,
        /// The window, in seconds.
        #[serde(with = "durations")]
        window: Duration,
    },
}

/// The way in which several gauges become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeEntry {
    /// Their sum.
    Sum,
    /// The highest.
    Highest,
    /// The lowest.
    Lowest,
}
