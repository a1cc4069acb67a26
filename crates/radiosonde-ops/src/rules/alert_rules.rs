use std::collections::BTreeMap;

use crate::catalogue::{AlertEntry, Catalogue, ConditionEntry};
use crate::promql::Scope;
use crate::rules::alert_query::alert_query;
use crate::rules::alert_text::{alert_text, literal};
use crate::rules::reachable::check_reachable;
use crate::rules::refused::GenerateError;
use crate::rules::rule_file::{Rule, RuleGroup};

/// The rules of alerts, as one group.
pub(crate) fn alert_groups(
    catalogue: &Catalogue,
    alerts: &[AlertEntry],
    scope: &Scope,
) -> Result<Vec<RuleGroup>, GenerateError> {
    let mut rules = Vec::new();
    for alert in alerts {
        let refused = |kind| GenerateError { what: "alert", name: alert.name.clone(), kind };
        check_reachable(catalogue, &alert.condition).map_err(refused)?;
        if let Some(expr) = alert_query(catalogue, &alert.condition, scope).map_err(refused)? {
            rules.push(rule(alert, expr, scope));
        }
    }
    let group = RuleGroup { name: "alerts".to_owned(), interval: None, rules };
    Ok(if group.rules.is_empty() { Vec::new() } else { vec![group] })
}

fn rule(alert: &AlertEntry, expr: String, scope: &Scope) -> Rule {
    // A sum has no labels: those of the service are those of the alert.
    let own = scope.matchers().iter();
    let mut labels: BTreeMap<String, String> =
        own.map(|(name, value)| (name.clone(), literal(value))).collect();
    // They are templates as well.
    labels.extend(alert.labels.iter().map(|(name, value)| (name.clone(), literal(value))));
    labels.insert("severity".to_owned(), alert.severity.clone());
    let by = match &alert.condition {
        ConditionEntry::Above { by, .. } | ConditionEntry::Below { by, .. } => by.as_deref(),
        _ => None,
    };
    let annotations = alert.annotations.iter();
    let annotations = annotations.map(|(name, text)| (name.clone(), alert_text(text, by, &labels))).collect();
    Rule::Alert {
        alert: alert.name.clone(),
        expr,
        hold: alert.hold,
        keep_firing: alert.keep_firing,
        labels,
        annotations,
    }
}
