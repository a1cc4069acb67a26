use std::collections::BTreeMap;
use std::time::Duration;

use crate::document::{Node, list, map};
use crate::promql::promql_duration;

/// A rule file of Prometheus.
///
/// Source: <https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/>
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleFile {
    /// The groups, in the order of their evaluation.
    pub groups: Vec<RuleGroup>,
}

/// Rules that are evaluated one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleGroup {
    /// The name, once in a file.
    pub name: String,
    /// The interval of its evaluations; `None` is that of Prometheus' configuration.
    pub interval: Option<Duration>,
    /// The rules, in the order of their evaluation.
    pub rules: Vec<Rule>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// Records the result of a query as a new series.
    Recording {
        /// The name of the series.
        record: String,
        /// The query.
        expr: String,
        /// Labels of the new series.
        labels: BTreeMap<String, String>,
    },
    /// Raises an alert for each series of a query's result.
    Alert {
        /// The name: the label `alertname`.
        alert: String,
        /// The query.
        expr: String,
        /// For how long there has to be a result: `for`.
        hold: Duration,
        /// For how long the alert goes on firing without a result.
        keep_firing: Duration,
        /// Labels of the alert, with `severity`.
        labels: BTreeMap<String, String>,
        /// Texts for people, as Prometheus' templates.
        annotations: BTreeMap<String, String>,
    },
}

impl RuleFile {
    /// The file, as Prometheus reads it.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        map([("groups", list(self.groups.iter().map(RuleGroup::node)))]).to_yaml()
    }
}

impl RuleGroup {
    fn node(&self) -> Node {
        let interval = self.interval.map(|interval| ("interval", promql_duration(interval).into()));
        let rules = list(self.rules.iter().map(Rule::node));
        map(std::iter::once(("name", Node::from(&self.name))).chain(interval).chain([("rules", rules)]))
    }
}

impl Rule {
    fn node(&self) -> Node {
        let texts =
            |texts: &BTreeMap<String, String>| map(texts.iter().map(|(name, text)| (name, text.into())));
        match self {
            Self::Recording { record, expr, labels } => {
                let labels = (!labels.is_empty()).then(|| ("labels", texts(labels)));
                map([("record", record.into()), ("expr", expr.into())].into_iter().chain(labels))
            }
            Self::Alert { alert, expr, hold, keep_firing, labels, annotations } => {
                let time =
                    |name, time: &Duration| (!time.is_zero()).then(|| (name, promql_duration(*time).into()));
                map([("alert", alert.into()), ("expr", expr.into())]
                    .into_iter()
                    .chain(time("for", hold))
                    .chain(time("keep_firing_for", keep_firing))
                    .chain((!labels.is_empty()).then(|| ("labels", texts(labels))))
                    .chain((!annotations.is_empty()).then(|| ("annotations", texts(annotations)))))
            }
        }
    }
}
