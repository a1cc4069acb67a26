use std::collections::BTreeMap;
use std::time::Duration;

use crate::catalogue::ObjectiveEntry;
use crate::promql::{Scope, promql_duration, quoted};

/// The series that the rules of one objective record: their names, by Prometheus' convention `level:metric:operation`, and their labels.
///
/// Source: <https://prometheus.io/docs/practices/rules/>
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    labels: BTreeMap<String, String>,
}

impl Recorded {
    pub(crate) fn of(objective: &ObjectiveEntry, scope: &Scope) -> Self {
        let own = ("slo".to_owned(), objective.name.clone());
        Self { labels: scope.matchers().iter().cloned().chain([own]).collect() }
    }

    /// The labels of all of its series.
    pub(crate) const fn labels(&self) -> &BTreeMap<String, String> {
        &self.labels
    }

    /// The events, or seconds, of a window.
    pub(crate) fn events(window: Duration) -> String {
        format!("slo:events:increase{}", promql_duration(window))
    }

    /// The bad ones of these.
    pub(crate) fn bad_events(window: Duration) -> String {
        format!("slo:bad_events:increase{}", promql_duration(window))
    }

    /// The share of bad events in a window, divided by the error budget.
    pub(crate) fn burn_rate(window: Duration) -> String {
        format!("slo:burn_rate:ratio{}", promql_duration(window))
    }

    /// Whether a measured objective is missed now: 0 or 1.
    pub(crate) const BAD_NOW: &str = "slo:bad:bool";
    /// The share of good events in the period.
    pub(crate) const OBJECTIVE_RATIO: &str = "slo:objective:ratio";
    /// The share of the error budget that is left.
    pub(crate) const BUDGET_REMAINING: &str = "slo:error_budget_remaining:ratio";

    /// A selector of one of its series.
    pub(crate) fn select(&self, name: &str) -> String {
        let labels: Vec<_> =
            self.labels.iter().map(|(label, value)| format!("{label}={}", quoted(value))).collect();
        format!("{name}{{{}}}", labels.join(","))
    }
}
