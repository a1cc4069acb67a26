use std::collections::BTreeMap;
use std::time::Duration;

use crate::catalogue::{Catalogue, IndicatorEntry, ObjectiveEntry, WindowEntry};
use crate::promql::{Scope, promql_duration};
use crate::rules::burn::pair_burns;
use crate::rules::least_bad::least_bad;
use crate::rules::objective_sums::{ObjectiveSums, WindowSums};
use crate::rules::recorded::Recorded;
use crate::rules::refused::{GenerateError, GenerateErrorKind};
use crate::rules::rule_file::{Rule, RuleGroup};

/// The alert that a budget burns too fast: that of the alert engine, by name and labels.
pub(crate) const BURN: &str = "ErrorBudgetBurn";
/// The alert that no budget is left.
pub(crate) const EXHAUSTED: &str = "ErrorBudgetExhausted";
/// The alert that an objective has nothing to count.
pub(crate) const ABSENT: &str = "ObjectiveWithoutData";

/// A window of at least this many base windows is added up from what was recorded of those.
const ADDED_UP: u32 = 24;
const MINUTE: Duration = Duration::from_secs(60);

/// The recording and alert rules of an objective.
///
/// # Shape
/// Everything is a ratio of sums: bad events of a window, divided by all of its events, neither an average of ratios nor NaN. Short windows are
/// read from the metrics. Long ones add up what was recorded of the shortest, so that 30 days cost 8,640 samples.
pub(crate) fn objective_group(
    catalogue: &Catalogue,
    objective: &ObjectiveEntry,
    scope: &Scope,
) -> Result<RuleGroup, GenerateError> {
    group(catalogue, objective, scope).map_err(|kind| GenerateError {
        what: "objective",
        name: objective.name.clone(),
        kind,
    })
}

/// The shortest window, of which longer ones are made.
pub(crate) fn base_window(objective: &ObjectiveEntry) -> Duration {
    objective.windows.iter().map(|pair| pair.short.min(pair.long)).min().unwrap_or(5 * MINUTE)
}

/// The time between two evaluations; `None` if that of the configuration is short enough.
pub(crate) fn interval(objective: &ObjectiveEntry) -> Option<Duration> {
    let base = base_window(objective);
    (base < MINUTE).then(|| (base / 5).max(Duration::from_secs(1)))
}

fn group(
    catalogue: &Catalogue,
    objective: &ObjectiveEntry,
    scope: &Scope,
) -> Result<RuleGroup, GenerateErrorKind> {
    let budget = objective.error_budget();
    if let Some(pair) = objective.windows.iter().find(|pair| pair.factor * budget >= 1.0) {
        return Err(GenerateErrorKind::Unreachable { factor: pair.factor, budget });
    }
    let sums = ObjectiveSums::of(catalogue, objective, scope, base_window(objective))?;
    let recorded = Recorded::of(objective, scope);
    let mut rules: Vec<Rule> = Vec::new();
    if let Some(expr) = sums.bad_now() {
        rules.push(record(Recorded::BAD_NOW, expr, &recorded));
    }
    for window in windows(objective) {
        let WindowSums { events, bad } = window_sums(objective, &sums, &recorded, window);
        rules.push(record(&Recorded::events(window), events, &recorded));
        rules.push(record(&Recorded::bad_events(window), bad, &recorded));
    }
    for window in burn_windows(objective) {
        let expr = ratio(&recorded, window, &format!(" / {}", rounded(budget)));
        rules.push(record(&Recorded::burn_rate(window), expr, &recorded));
    }
    rules.push(record(
        Recorded::OBJECTIVE_RATIO,
        format!("1 - ({})", ratio(&recorded, objective.period, "")),
        &recorded,
    ));
    rules.push(record(Recorded::BUDGET_REMAINING, remaining(objective, &recorded), &recorded));
    rules.extend(objective.windows.iter().map(|pair| burn_alert(objective, pair, scope)));
    // A level of a row has the row's label, and would raise the same alerts.
    if objective.name == objective.alert_label {
        rules.push(exhausted_alert(objective, &recorded));
        rules.push(absent_alert(objective, &recorded));
    }
    Ok(RuleGroup { name: format!("slo {}", objective.name), interval: interval(objective), rules })
}

fn record(name: &str, expr: String, recorded: &Recorded) -> Rule {
    Rule::Recording { record: name.to_owned(), expr, labels: recorded.labels().clone() }
}

/// The windows of which burn rates are recorded, shortest first, each once.
fn burn_windows(objective: &ObjectiveEntry) -> Vec<Duration> {
    let mut windows: Vec<_> = objective.windows.iter().flat_map(|pair| [pair.short, pair.long]).collect();
    windows.sort_unstable();
    windows.dedup();
    windows
}

/// The windows of which events are recorded, shortest first.
fn windows(objective: &ObjectiveEntry) -> Vec<Duration> {
    let mut windows = burn_windows(objective);
    windows.extend([base_window(objective), objective.period]);
    windows.sort_unstable();
    windows.dedup();
    windows
}

fn window_sums(
    objective: &ObjectiveEntry,
    sums: &ObjectiveSums<'_>,
    recorded: &Recorded,
    window: Duration,
) -> WindowSums {
    let base = base_window(objective);
    if window < base * ADDED_UP {
        return sums.in_window(window);
    }
    let range = format!("[{}:{}]", promql_duration(window), promql_duration(base));
    let of = |name: String| format!("sum_over_time({}{range})", recorded.select(&name));
    WindowSums { events: of(Recorded::events(base)), bad: of(Recorded::bad_events(base)) }
}

/// The share of bad events in a window, 0 without events, divided by what is given.
fn ratio(recorded: &Recorded, window: Duration, divided: &str) -> String {
    let (bad, events) =
        (recorded.select(&Recorded::bad_events(window)), recorded.select(&Recorded::events(window)));
    format!("{bad} / ({events} > 0){divided}\nor\n0 * {events}")
}

/// `1 - bad / allowed`: a period allows the error budget times its events, or times the expected ones if those are more.
fn remaining(objective: &ObjectiveEntry, recorded: &Recorded) -> String {
    let (period, budget) = (objective.period, rounded(objective.error_budget()));
    let (bad, events) =
        (recorded.select(&Recorded::bad_events(period)), recorded.select(&Recorded::events(period)));
    let seconds = period.as_secs_f64();
    let counts_events =
        matches!(objective.indicator, IndicatorEntry::Events { .. } | IndicatorEntry::Latency { .. });
    // An objective over time has the seconds of its period, whether or not they have passed.
    let expected =
        if counts_events { objective.expected_traffic.map(|rate| rate * seconds) } else { Some(seconds) };
    match expected {
        Some(expected) => format!("1 - {bad} / (clamp_min({events}, {}) * {budget})", rounded(expected)),
        None => format!("1 - {bad} / (({events} > 0) * {budget})\nor\n1 + 0 * {events}"),
    }
}

/// Without the noise of the last digits, such as of `(100 - 99.9) / 100`.
pub(crate) fn rounded(number: f64) -> f64 {
    format!("{number:.9e}").parse().unwrap_or(number)
}

fn burn_alert(objective: &ObjectiveEntry, pair: &WindowEntry, scope: &Scope) -> Rule {
    let (long, short) = (promql_duration(pair.long), promql_duration(pair.short));
    let lasts =
        promql_duration(Duration::from_secs_f64((objective.period.as_secs_f64() / pair.factor).round()));
    let summary = format!(
        "The error budget of {} burns more than {} times as fast as it may, in {long} and in {short}.",
        objective.name, pair.factor,
    );
    let description = format!(
        "{} % of {} may be bad in {}. At {} times that rate, the budget is used up in {lasts}.",
        rounded(100.0 - objective.target),
        counted(objective),
        promql_duration(objective.period),
        pair.factor,
    );
    let labels = [("long", long), ("short", short)].map(|(name, value)| (name.to_owned(), value));
    alert(
        BURN,
        objective,
        pair_burns(objective, pair, scope),
        &pair.severity,
        [("summary", summary), ("description", description)],
        labels,
    )
}

fn counted(objective: &ObjectiveEntry) -> &'static str {
    match objective.indicator {
        IndicatorEntry::Events { .. } => "the events",
        IndicatorEntry::Latency { .. } => "the observations",
        _ => "the time",
    }
}

fn exhausted_alert(objective: &ObjectiveEntry, recorded: &Recorded) -> Rule {
    let bad = recorded.select(&Recorded::bad_events(objective.period));
    let least = least_bad(objective, objective.period);
    let expr = format!("{} <= 0\nand\n{bad} >= {least}", recorded.select(Recorded::BUDGET_REMAINING));
    let summary = format!(
        "The error budget of {} for {} is used up.",
        objective.name,
        promql_duration(objective.period)
    );
    alert(EXHAUSTED, objective, expr, "warning", [("summary", summary)], [])
}

fn absent_alert(objective: &ObjectiveEntry, recorded: &Recorded) -> Rule {
    let expr = format!("absent({})", recorded.select(&Recorded::events(base_window(objective))));
    let summary = format!("There are no metrics of {}: it is not known whether it is met.", objective.name);
    let mut rule = alert(ABSENT, objective, expr, "warning", [("summary", summary)], []);
    if let Rule::Alert { hold, .. } = &mut rule {
        *hold = base_window(objective).max(MINUTE);
    }
    rule
}

fn alert<const A: usize, const L: usize>(
    name: &str,
    objective: &ObjectiveEntry,
    expr: String,
    severity: &str,
    annotations: [(&str, String); A],
    labels: [(String, String); L],
) -> Rule {
    let mut labels: BTreeMap<_, _> = labels.into_iter().collect();
    labels.insert("slo".to_owned(), objective.alert_label.clone());
    labels.insert("severity".to_owned(), severity.to_owned());
    if let Some(owner) = &objective.owner {
        labels.insert("owner".to_owned(), owner.clone());
    }
    let runbook = objective.runbook.iter().map(|url| ("runbook_url".to_owned(), url.clone()));
    Rule::Alert {
        alert: name.to_owned(),
        expr,
        hold: Duration::ZERO,
        keep_firing: Duration::ZERO,
        labels,
        annotations: annotations
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text))
            .chain(runbook)
            .collect(),
    }
}
