//! The state of an engine as JSON.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::Serialize;

use crate::alert::{Alert, AlertState};
use crate::book::alert_statistics::AlertStatistics;
use crate::book::book::Book;
use crate::engine::core::Core;
use crate::engine::rule_status::RuleStatus;
use crate::rfc3339;
use crate::silences::silence::{End, Silence};
use crate::silences::silences::SilenceId;

#[derive(Serialize)]
struct Report {
    rules: Vec<RuleReport>,
    alerts: Vec<AlertReport>,
    history: Vec<AlertReport>,
    silences: Vec<SilenceReport>,
    statistics: StatisticsReport,
}

#[derive(Serialize)]
struct RuleReport {
    name: String,
    severity: &'static str,
    state: &'static str,
    value: Option<f64>,
    panics: u64,
}

#[derive(Serialize)]
struct AlertReport {
    name: String,
    severity: &'static str,
    state: &'static str,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    /// Not a number and infinity are `null`.
    value: Option<f64>,
    active_since: String,
    starts_at: String,
    ends_at: Option<String>,
    silenced: bool,
}

#[derive(Serialize)]
struct SilenceReport {
    id: u64,
    matchers: Vec<MatcherReport>,
    ends_at: Option<String>,
    author: String,
    comment: String,
}

#[derive(Serialize)]
struct MatcherReport {
    label: String,
    value: String,
    is_equal: bool,
}

#[derive(Serialize)]
struct StatisticsReport {
    total: u64,
    resolved: u64,
    active: usize,
    pending: usize,
    silenced: usize,
    by_severity: BTreeMap<&'static str, usize>,
    last_hour: u64,
}

pub(crate) fn json(core: &Core) -> String {
    let now = core.now();
    let mut book = core.book();
    book.silences.forget_ended(now.wall, now.monotonic);
    let silences = book.silences.all(now.wall, now.monotonic);
    let report = Report {
        rules: core.rule_statuses(&book).into_iter().map(rule).collect(),
        alerts: book.alerts().map(|of| alert(of, &book)).collect(),
        history: book.history().iter().map(|of| alert(of, &book)).collect(),
        silences: silences.iter().map(|(id, of)| silence(*id, of)).collect(),
        statistics: statistics(book.statistics(now)),
    };
    drop(book);
    // Texts, numbers and maps by texts are always JSON.
    serde_json::to_string(&report).unwrap_or_default()
}

fn rule(RuleStatus { name, severity, state, value, panics }: RuleStatus) -> RuleReport {
    let state = state.map_or("inactive", AlertState::as_str);
    RuleReport { name, severity: severity.as_str(), state, value, panics }
}

fn alert(of: &Alert, book: &Book) -> AlertReport {
    AlertReport {
        name: of.name().to_owned(),
        severity: of.severity().as_str(),
        state: of.state().as_str(),
        labels: of.labels().clone(),
        annotations: of.annotations().clone(),
        value: of.value(),
        active_since: time(of.active_since()),
        starts_at: time(of.starts_at()),
        ends_at: of.ends_at().map(time),
        silenced: book.is_silenced(of),
    }
}

fn silence(id: SilenceId, of: &Silence) -> SilenceReport {
    let ends_at = match of.end() {
        End::At(end) => Some(time(end)),
        End::After(_) => None,
    };
    let matchers = of.matchers().iter().map(|matcher| MatcherReport {
        label: matcher.label.clone(),
        value: matcher.value.clone(),
        is_equal: matcher.is_equal,
    });
    let (author, comment) = (of.asked_by().to_owned(), of.reason().to_owned());
    SilenceReport { id: id.0, matchers: matchers.collect(), ends_at, author, comment }
}

fn statistics(of: AlertStatistics) -> StatisticsReport {
    let AlertStatistics { total, resolved, active, pending, silenced, by_severity, last_hour } = of;
    let by_severity = by_severity.into_iter().map(|(severity, count)| (severity.as_str(), count)).collect();
    StatisticsReport { total, resolved, active, pending, silenced, by_severity, last_hour }
}

fn time(time: SystemTime) -> String {
    rfc3339::format(time)
}
