use std::collections::BTreeMap;

use radiosonde_metrics::model::Kind;
use radiosonde_signals::{Match, Series};
use serde::{Deserialize, Serialize};

use crate::catalogue::kinds;
use crate::catalogue::metric_entry::MetricEntry;

/// Series of one metric: a [`Series`] as plain data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    /// The exposed name of the metric.
    pub metric: String,
    /// Its type. A histogram stands for its count as traffic and errors, and for its buckets as latency.
    #[serde(with = "kinds")]
    pub kind: Kind,
    /// The conditions on labels, all of which hold.
    #[serde(default)]
    pub matchers: Vec<(String, LabelMatch)>,
    /// The names that the metric had before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_names: Vec<String>,
}

/// A condition on the value of a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelMatch {
    /// One of these.
    OneOf(Vec<String>),
    /// A text that starts with one of these, such as `5` for the class of a status.
    StartsWith(Vec<String>),
    /// None of these. The empty text is the value of an absent label.
    NoneOf(Vec<String>),
}

/// The former names of metrics, by name.
pub(crate) type FormerNames = BTreeMap<String, Vec<String>>;

impl From<&Match> for LabelMatch {
    fn from(value: &Match) -> Self {
        match value {
            Match::OneOf(values) => Self::OneOf(values.clone()),
            Match::StartsWith(values) => Self::StartsWith(values.clone()),
            Match::NoneOf(values) => Self::NoneOf(values.clone()),
        }
    }
}

impl From<&Series> for Selector {
    fn from(series: &Series) -> Self {
        Self::of(series, &FormerNames::new())
    }
}

/// All series of a metric.
impl From<&MetricEntry> for Selector {
    fn from(metric: &MetricEntry) -> Self {
        Self {
            metric: metric.name.clone(),
            kind: metric.kind,
            matchers: Vec::new(),
            former_names: metric.former_names.clone(),
        }
    }
}

impl Selector {
    pub(crate) fn of(series: &Series, former: &FormerNames) -> Self {
        Self {
            metric: series.metric().to_owned(),
            kind: series.kind(),
            matchers: series.matchers().map(|(label, value)| (label.to_owned(), value.into())).collect(),
            former_names: former.get(series.metric()).cloned().unwrap_or_default(),
        }
    }
}
