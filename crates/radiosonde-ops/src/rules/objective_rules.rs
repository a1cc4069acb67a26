use std::collections::BTreeMap;
use std::time::Duration;

use crate::catalogue::{Catalogue, IndicatorEntry, ObjectiveEntry, WindowEntry, rounded};
use crate::promql::{Scope, promql_duration};
use crate::rules::alert_text::literal;
use crate::rules::burn::pair_burns;
use crate::rules::least_bad::least_bad;
use crate::rules::objective_sums::{ObjectiveSums, WindowSums};
use crate::rules::own_metric::own_metric;
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
        let expr = ratio(&recorded, window, &format!(" / {budget}"));
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
        rules.push(absent_alert(catalogue, objective, &recorded, scope));
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
    let is_multiple = window.as_nanos().is_multiple_of(base.as_nanos().max(1));
    if window < base * ADDED_UP || !is_multiple {
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
    let (period, budget) = (objective.period, objective.error_budget());
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

/// A program that has just started may have nothing to count before its first request: while its own metrics are there, that is no alert.
fn absent_alert(
    catalogue: &Catalogue,
    objective: &ObjectiveEntry,
    recorded: &Recorded,
    scope: &Scope,
) -> Rule {
    let mut expr = format!("absent({})", recorded.select(&Recorded::events(base_window(objective))));
    if let Some(own) = own_metric(catalogue) {
        expr.push_str(&format!("\nunless on ()\n{}", scope.instant(&own)));
    }
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
    // Labels and annotations are templates.
    if let Some(owner) = objective.owner.as_deref().filter(|owner| !owner.is_empty()) {
        labels.insert("owner".to_owned(), literal(owner));
    }
    let runbook = objective.runbook.iter().map(|url| ("runbook_url".to_owned(), literal(url)));
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

#[cfg(test)]
mod tests {
    use radiosonde_metrics::{Buckets, Registry};
    use radiosonde_signals::{BurnWindow, ObjectiveTable, Objectives, Operation, Slo, Work};

    use super::*;

    const BUCKETS: [f64; 3] = [0.1, 0.1 * 3.0, 1.0];

    fn catalogue(slos: impl IntoIterator<Item = Slo>) -> Catalogue {
        let registry = Registry::new();
        Objectives::of(&registry).declare_all(slos).unwrap();
        let buckets = Buckets::from_static(&BUCKETS);
        Operation::builder("price").registry(&registry).buckets(buckets).build().unwrap();
        Catalogue::of(&registry)
    }

    fn price(name: &str) -> Slo {
        Slo::availability(name, 99.0, Work::operation("price")).windows([BurnWindow::DEFAULT[0]])
    }

    fn rules(catalogue: &Catalogue, scope: &Scope) -> Vec<Rule> {
        objective_group(catalogue, &catalogue.objectives[0], scope).unwrap().rules
    }

    fn query<'a>(rules: &'a [Rule], name: &str) -> &'a str {
        let named = rules.iter().find_map(|rule| match rule {
            Rule::Recording { record, expr, .. } if record == name => Some(expr),
            Rule::Alert { alert, expr, .. } if alert == name => Some(expr),
            _ => None,
        });
        named.unwrap()
    }

    fn refused(catalogue: &Catalogue) -> GenerateErrorKind {
        objective_group(catalogue, &catalogue.objectives[0], &Scope::everything()).unwrap_err().kind
    }

    #[test]
    fn a_ratio_of_sums_is_recorded_with_the_labels_of_the_service() {
        let scope = Scope::everything().matching("job", "shop");
        let rules = rules(&catalogue([price("price")]), &scope);
        let bad = r#"(sum(increase(operation_errors_total{operation="price",job="shop"}[5m])) or 0 * sum(increase(operation_calls_total{operation="price",job="shop"}[5m])))"#;
        assert_eq!(query(&rules, "slo:bad_events:increase5m"), bad);
        let period = r#"sum_over_time(slo:events:increase5m{job="shop",slo="price"}[30d:5m])"#;
        assert_eq!(query(&rules, "slo:events:increase30d"), period);
        let burns = concat!(
            "slo:burn_rate:ratio1h{job=\"shop\",slo=\"price\"} > 14.4\nand\n",
            "slo:burn_rate:ratio5m{job=\"shop\",slo=\"price\"} > 14.4\nand\n",
            "slo:bad_events:increase1h{job=\"shop\",slo=\"price\"} >= 5",
        );
        assert_eq!(query(&rules, BURN), burns);
        let Rule::Recording { labels, .. } = &rules[0] else { panic!("{:?}", rules[0]) };
        assert_eq!(
            labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(),
            ["job=shop", "slo=price"]
        );
    }

    #[test]
    fn a_threshold_selects_the_bucket_that_was_calculated() {
        let slo = Slo::latency("fast", 99.0, Work::operation("price"), Duration::from_millis(300));
        let catalogue = catalogue([slo.windows([BurnWindow::DEFAULT[0]])]);
        let bad = query(&rules(&catalogue, &Scope::everything()), "slo:bad_events:increase5m").to_owned();
        let bounds = catalogue.metric("operation_duration_seconds").and_then(|metric| metric.buckets.clone());
        let bound = bounds.unwrap().into_iter().find(|bound| (bound - 0.3).abs() < 1e-9).unwrap();
        assert!(bad.contains(&format!("le=\"{bound}\"")), "{bad}");
    }

    #[test]
    fn only_the_target_of_a_row_has_a_budget_and_may_lack_data() {
        let table =
            ObjectiveTable::new("t").availability("row", Work::operation("price"), [99.9, 99.5, 99.0]);
        let catalogue = catalogue(table.slos().unwrap());
        let alerts = |objective: &ObjectiveEntry| {
            let rules = objective_group(&catalogue, objective, &Scope::everything()).unwrap().rules;
            let has = |name: &str| {
                rules.iter().any(|rule| matches!(rule, Rule::Alert { alert, .. } if alert == name))
            };
            [BURN, EXHAUSTED, ABSENT].map(has)
        };
        let all: Vec<_> = catalogue.objectives.iter().map(alerts).collect();
        assert_eq!(all, [[true; 3], [true, false, false], [true, false, false]]);
    }

    #[test]
    fn what_cannot_be_counted_or_reached_is_refused() {
        let mut unreachable = catalogue([price("price")]);
        unreachable.objectives[0].windows[0].factor = 100.0;
        assert!(matches!(refused(&unreachable), GenerateErrorKind::Unreachable { .. }));
        let undeclared = catalogue([Slo::availability("ship", 99.9, Work::operation("ship"))]);
        assert_eq!(refused(&undeclared), GenerateErrorKind::NoSeries);
        let slo = Slo::latency("fast", 99.9, Work::operation("price"), Duration::from_millis(300));
        let mut no_bucket = catalogue([slo]);
        if let IndicatorEntry::Latency { threshold, .. } = &mut no_bucket.objectives[0].indicator {
            *threshold = 0.4;
        }
        let metric = "operation_duration_seconds".to_owned();
        assert_eq!(refused(&no_bucket), GenerateErrorKind::NotABucket { metric, threshold: 0.4 });
    }

    #[test]
    fn an_objective_without_data_is_quiet_while_the_program_has_metrics() {
        let registry = Registry::new();
        let slo = Slo::availability("price_available", 99.9, Work::operation("price"));
        Objectives::of(&registry).declare(slo).unwrap();
        Operation::in_registry(&registry, "price").unwrap();
        let expr = |catalogue: &Catalogue| {
            let scope = Scope::everything().matching("job", "shop");
            let group = objective_group(catalogue, &catalogue.objectives[0], &scope).unwrap();
            group.rules.into_iter().find_map(|rule| match rule {
                Rule::Alert { alert, expr, .. } if alert == ABSENT => Some(expr),
                _ => None,
            })
        };
        let absent = r#"absent(slo:events:increase5m{job="shop",slo="price_available"})"#;
        assert_eq!(expr(&Catalogue::of(&registry)).as_deref(), Some(absent));
        registry.counter("radiosonde_metrics_scrapes_total", "Scrapes.").build().unwrap();
        let quiet = format!("{absent}\nunless on ()\nradiosonde_metrics_scrapes_total{{job=\"shop\"}}");
        assert_eq!(expr(&Catalogue::of(&registry)), Some(quiet));
    }
}
