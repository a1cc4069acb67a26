use radiosonde_metrics::model::Kind;

use crate::catalogue::{Catalogue, ConditionEntry, Merge, SaturationEntry, Selector, ValueEntry};
use crate::promql::{Scope, Sums, aggregated, counted_suffix, merged, parenthesized, promql_duration};
use crate::rules::burn::{budget_remaining, burning};
use crate::rules::refused::GenerateErrorKind;

/// The query that has a result while a condition holds; `None` for one that Prometheus cannot evaluate.
pub(crate) fn alert_query(
    catalogue: &Catalogue,
    condition: &ConditionEntry,
    scope: &Scope,
) -> Result<Option<String>, GenerateErrorKind> {
    let objective = |name: &String| {
        catalogue.objective(name).ok_or_else(|| GenerateErrorKind::NoSuchObjective(name.clone()))
    };
    Ok(Some(match condition {
        ConditionEntry::Above { value, threshold, by } => {
            let query = compared(&numbers(value, by.as_deref(), scope)?, ">", *threshold);
            match enough_bad_events(value, by.as_deref(), scope) {
                Some(enough) => format!("{query}\nand\n{enough}"),
                None => query,
            }
        }
        ConditionEntry::Below { value, threshold, by } => {
            let query = compared(&numbers(value, by.as_deref(), scope)?, "<", *threshold);
            match (value, by) {
                // No events at all are the fewest there can be, also if their series are gone.
                (ValueEntry::Increase { events, .. } | ValueEntry::Rate { events, .. }, None) => {
                    format!("{query}\nor\n0 * max(absent({}))", counted(events, scope))
                }
                _ => query,
            }
        }
        ConditionEntry::Absent(series) => format!("max(absent({}))", counted(series, scope)),
        ConditionEntry::Burning(name) => format!("max(\n{}\n)", burning(objective(name)?, scope)),
        ConditionEntry::BudgetBelow { slo, share } => {
            format!("max({}) < {share}", budget_remaining(objective(slo)?, scope))
        }
        ConditionEntry::InProcessOnly(_) => return Ok(None),
    }))
}

/// A comparison of each of these numbers with a threshold.
fn compared(numbers: &[String], operator: &str, threshold: f64) -> String {
    let each: Vec<_> = numbers.iter().map(|number| format!("{number} {operator} {threshold}")).collect();
    each.join("\nor\n")
}

/// The series that exist while there is anything of a metric.
fn counted(of: &Selector, scope: &Scope) -> String {
    scope.instant_with(of, counted_suffix(of), &[])
}

/// The queries of a number: of several, each is compared.
fn numbers(value: &ValueEntry, by: Option<&str>, scope: &Scope) -> Result<Vec<String>, GenerateErrorKind> {
    let one = |query| Ok(vec![query]);
    match value {
        ValueEntry::Gauge { gauge, merge } => {
            let function = match merge {
                Merge::Sum => "sum",
                Merge::Highest => "max",
                Merge::Lowest => "min",
            };
            one(aggregated(function, by, &scope.instant(gauge)))
        }
        ValueEntry::Share { part, all } => {
            let [part, all] = [part, all].map(|gauges| aggregated("sum", by, &scope.instant(gauges)));
            one(format!("{part} / ({all} > 0)"))
        }
        ValueEntry::Saturation(parts) => {
            let shares: Vec<_> = parts.iter().filter_map(|part| share(part, by, scope)).collect();
            if shares.is_empty() { Err(GenerateErrorKind::NoSeries) } else { Ok(shares) }
        }
        ValueEntry::Age(timestamps) => {
            one(aggregated("max", by, &format!("time() - ({} > 0)", scope.instant(timestamps))))
        }
        ValueEntry::Increase { events, window } => {
            one(sums("increase", &promql_duration(*window), by, scope).of(std::slice::from_ref(events)))
        }
        ValueEntry::Rate { events, window } => {
            one(sums("rate", &promql_duration(*window), by, scope).of(std::slice::from_ref(events)))
        }
        ValueEntry::Ratio { bad, all, window, .. } => {
            if bad.is_empty() || all.is_empty() {
                return Err(GenerateErrorKind::NoSeries);
            }
            let range = promql_duration(*window);
            let sums = sums("increase", &range, by, scope);
            let all = sums.of(all);
            one(format!("{} / ({all} > 0)", parenthesized(&sums.or_zero(bad, &all))))
        }
        ValueEntry::Quantile { quantile, histograms, window } => {
            let range = promql_duration(*window);
            let labels = by.map_or_else(|| "le".to_owned(), |by| format!("le, {by}"));
            let queries = merged(histograms)
                .iter()
                .map(|histogram| {
                    let buckets = scope.range("rate", histogram, "_bucket", &[], &range);
                    format!("histogram_quantile({quantile}, sum by ({labels}) ({buckets}))")
                })
                .collect::<Vec<_>>();
            if queries.is_empty() { Err(GenerateErrorKind::NoSeries) } else { Ok(queries) }
        }
    }
}

/// Has a result while a ratio is that of enough bad events.
fn enough_bad_events(value: &ValueEntry, by: Option<&str>, scope: &Scope) -> Option<String> {
    match value {
        ValueEntry::Ratio { bad, all, window, min_bad_events } if *min_bad_events > 0.0 => {
            let range = promql_duration(*window);
            let sums = sums("increase", &range, by, scope);
            Some(format!("{} >= {min_bad_events}", sums.or_zero(bad, &sums.of(all))))
        }
        _ => None,
    }
}

fn sums<'a>(function: &'a str, range: &'a str, by: Option<&'a str>, scope: &'a Scope) -> Sums<'a> {
    Sums { scope, function, range, by }
}

/// How full the fullest instance of a resource is; `None` if its limit is not known.
fn share(part: &SaturationEntry, by: Option<&str>, scope: &Scope) -> Option<String> {
    let labels = by.map_or_else(|| "instance".to_owned(), |by| format!("instance, {by}"));
    let each = |of: &Selector| {
        let now = match of.kind {
            Kind::Counter | Kind::Histogram | Kind::Summary => scope.growth("rate", of, "5m"),
            _ => scope.instant(of),
        };
        format!("sum by ({labels}) ({now})")
    };
    let limit = match (&part.limit, part.fixed_limit) {
        (Some(limit), _) => format!("({} > 0)", each(limit)),
        (None, Some(limit)) if limit > 0.0 => limit.to_string(),
        _ => return None,
    };
    Some(aggregated("max", by, &format!("{} / {limit}", each(&part.in_use))))
}
