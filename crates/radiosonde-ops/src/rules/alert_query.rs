use crate::catalogue::{Catalogue, ConditionEntry, MergeEntry, Selector, ValueEntry};
use crate::promql::{Scope, Sums, counted_suffix, grouped, merged, parenthesized, promql_duration};
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
            let by = by.as_deref();
            let query = compared(&numbers(value, by.as_slice(), scope)?, ">", *threshold);
            match enough_bad_events(value, by.as_slice(), scope) {
                Some(enough) => format!("{query}\nand\n{enough}"),
                None => query,
            }
        }
        ConditionEntry::Below { value, threshold, by } => {
            let by = by.as_deref();
            let query = compared(&numbers(value, by.as_slice(), scope)?, "<", *threshold);
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
fn numbers(value: &ValueEntry, by: &[&str], scope: &Scope) -> Result<Vec<String>, GenerateErrorKind> {
    let one = |query| Ok(vec![query]);
    match value {
        ValueEntry::Gauge { gauge, merge } => {
            let function = match merge {
                MergeEntry::Sum => "sum",
                MergeEntry::Highest => "max",
                MergeEntry::Lowest => "min",
            };
            one(format!("{}({})", grouped(function, by), scope.instant(gauge)))
        }
        ValueEntry::Share { part, all } => {
            let [part, all] =
                [part, all].map(|gauges| format!("{}({})", grouped("sum", by), scope.instant(gauges)));
            one(format!("{part} / ({all} > 0)"))
        }
        ValueEntry::Saturation(parts) => {
            let shares: Vec<_> = parts.iter().filter_map(|part| scope.saturation(part, by, "5m")).collect();
            if shares.is_empty() { Err(GenerateErrorKind::NoSeries) } else { Ok(shares) }
        }
        ValueEntry::Age(timestamps) => {
            one(format!("{}(time() - ({} > 0))", grouped("max", by), scope.instant(timestamps)))
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
            let merged = merged(histograms);
            let queries: Vec<_> =
                merged.iter().map(|histogram| scope.quantile(*quantile, histogram, by, &range)).collect();
            if queries.is_empty() { Err(GenerateErrorKind::NoSeries) } else { Ok(queries) }
        }
    }
}

/// Has a result while a ratio is that of enough bad events.
fn enough_bad_events(value: &ValueEntry, by: &[&str], scope: &Scope) -> Option<String> {
    match value {
        ValueEntry::Ratio { bad, all, window, min_bad_events } if *min_bad_events > 0.0 => {
            let range = promql_duration(*window);
            let sums = sums("increase", &range, by, scope);
            Some(format!("{} >= {min_bad_events}", sums.or_zero(bad, &sums.of(all))))
        }
        _ => None,
    }
}

fn sums<'a>(function: &'a str, range: &'a str, by: &'a [&'a str], scope: &'a Scope) -> Sums<'a> {
    Sums { scope, function, range, by }
}
