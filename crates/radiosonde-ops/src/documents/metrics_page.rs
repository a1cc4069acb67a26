use std::fmt::Write as _;

use crate::catalogue::{AlertEntry, Catalogue, ConditionEntry, IndicatorEntry, ObjectiveEntry, Selector};
use crate::documents::file_name::file_name;
use crate::documents::readable::readable;
use crate::markdown::cell;
use crate::promql::promql_duration;
use crate::rules::{Rule, RuleFile};

/// `METRICS.md`: metrics, objectives and alerts.
pub(crate) fn metrics_page(name: &str, catalogue: &Catalogue, rules: &RuleFile) -> String {
    let mut page = format!("# Metrics of {name}\n\n{catalogue}");
    // Writing to a String does not fail.
    if !catalogue.objectives.is_empty() {
        page.push_str(
            "\n## Objectives\n\n| Objective | Target | Period | Counts | Owner |\n|---|---|---|---|---|\n",
        );
        for objective in &catalogue.objectives {
            let ObjectiveEntry { name, target, period, owner, .. } = objective;
            let (period, owner) = (promql_duration(*period), owner.as_deref().unwrap_or_default());
            let (counts, owner) = (cell(&counts(&objective.indicator)), cell(owner));
            let _ = writeln!(page, "| `{name}` | {target} % | {period} |{counts}|{owner}|");
        }
    }
    let alerts: Vec<_> = rules.groups.iter().flat_map(|group| &group.rules).filter_map(alert_row).collect();
    let in_process = catalogue.alerts.iter().filter_map(in_process_row);
    let rows: Vec<_> = alerts.into_iter().chain(in_process).collect();
    if !rows.is_empty() {
        page.push_str(
            "\n## Alerts\n\n| Alert | Severity | Labels | For | Summary |\n|---|---|---|---|---|\n",
        );
        page.push_str(&rows.concat());
    }
    page
}

/// What an objective counts, by the names of its metrics.
fn counts(indicator: &IndicatorEntry) -> String {
    let names = |selectors: &[Selector]| {
        let mut names: Vec<_> = selectors.iter().map(|of| format!("`{}`", of.metric)).collect();
        names.dedup();
        names.join(", ")
    };
    match indicator {
        IndicatorEntry::Events { bad, total } => format!("{} of {}", names(bad), names(total)),
        IndicatorEntry::Latency { histograms, threshold } => {
            format!("{} up to {threshold} s", names(histograms))
        }
        IndicatorEntry::Throughput { events, at_least } => {
            format!("time with at least {at_least} per second of `{}`", events.metric)
        }
        IndicatorEntry::Freshness { timestamp, at_most } => {
            format!("time with `{}` at most {at_most} s old", timestamp.metric)
        }
        IndicatorEntry::AtMost { gauge, value } => format!("time with `{}` at most {value}", gauge.metric),
        IndicatorEntry::AtLeast { gauge, value } => format!("time with `{}` at least {value}", gauge.metric),
    }
}

fn alert_row(rule: &Rule) -> Option<String> {
    let Rule::Alert { alert, hold, labels, annotations, .. } = rule else { return None };
    let severity = labels.get("severity").map(String::as_str).unwrap_or_default();
    let own = labels.iter().filter(|(name, _)| *name != "severity");
    let own: Vec<_> = own.map(|(name, value)| format!("`{name}={value}`")).collect();
    let hold = if hold.is_zero() { String::new() } else { promql_duration(*hold) };
    let summary = annotations.get("summary").map(String::as_str).unwrap_or_default();
    let (own, hold, summary) = (cell(&own.join(" ")), cell(&hold), cell(&readable(summary)));
    let name = cell(&format!("[`{alert}`](runbooks/{}.md)", file_name(alert)));
    Some(format!("|{name}| {severity} |{own}|{hold}|{summary}|\n"))
}

fn in_process_row(alert: &AlertEntry) -> Option<String> {
    let ConditionEntry::InProcessOnly(reason) = &alert.condition else { return None };
    let (name, severity) = (&alert.name, &alert.severity);
    Some(format!(
        "| `{name}` | {severity} | | |{}|\n",
        cell(&format!("Raised by the program only: {reason}."))
    ))
}
