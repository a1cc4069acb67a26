use std::collections::{BTreeMap, BTreeSet};

use crate::documents::BORDER;
use crate::promql::quoted;
use crate::routing::receivers::{CHAT, PAGE, Receiver, TICKET, scalar};
use crate::rules::{Rule, RuleFile};

const HEAD: &str = "\
# Alertmanager 0.31, generated from the alerts. Started with
#   alertmanager --config.file=alertmanager.yml --cluster.listen-address=
# (the empty address: one instance, no gossip).

";

/// Critical alerts and the warnings that come before them, under names of their own.
const STRONGER: [(&str, &str); 2] =
    [("HighErrorRate", "ElevatedErrorRate"), ("DatabaseConnectionPoolExhausted", "DatabaseConnectionsHigh")];

/// Labels of alerts that differ between a critical alert and a warning about the same thing.
const OF_ONE_SEVERITY: [&str; 4] = ["severity", "owner", "long", "short"];

const HOURS: &str = "
# When tickets are sent: `active_time_intervals: [office_hours]` in their route.
#time_intervals:
#  - name: office_hours
#    time_intervals:
#      - weekdays: [monday:friday]
#        times: [{ start_time: '08:00', end_time: '18:00' }]
#        location: Europe/Berlin
";

const RECEIVERS: &str = "
# A receiver with a name alone shows alerts on Alertmanager's page and sends them nowhere. Below each name is an example, which works
# without its `#`; secrets are files beside this one. The webhook is a `WebhookReceiver` of radiosonde-alerts, as in examples/incidents.
receivers:
";

/// `alertmanager.yml` for the alerts of rules: routes by severity and owner, inhibition, and receivers without contents.
///
/// # Shape
/// Critical alerts go to `page`, warnings to `ticket`, and every alert to `chat`. An alert with the label `owner` goes to `page-OWNER` or
/// `ticket-OWNER` in place of the former two.
///
/// Receivers are below the line that ends what is generated: their addresses and secrets are not in the code.
///
/// Source: <https://prometheus.io/docs/alerting/latest/configuration/>
#[must_use]
pub fn alertmanager_file(rules: &RuleFile) -> String {
    let alerts: Vec<_> = rules.groups.iter().flat_map(|group| &group.rules).filter_map(alert).collect();
    if alerts.is_empty() {
        return String::new();
    }
    let owners = |severity: &str| -> BTreeSet<&str> {
        let of_severity =
            alerts.iter().filter(|(_, labels)| labels.get("severity").is_some_and(|own| own == severity));
        of_severity.filter_map(|(_, labels)| labels.get("owner")).map(String::as_str).collect()
    };
    let (paged, ticketed) = (owners("critical"), owners("warning"));
    let slo = if alerts.iter().any(|(_, labels)| labels.contains_key("slo")) { ", slo" } else { "" };
    [
        HEAD.to_owned(),
        format!(
            "route:\n  receiver: {chat}\n  # One message about all instances of a service that have the same trouble.\n  \
             group_by: [alertname, cluster, job, service{slo}]\n  group_wait: 30s\n  group_interval: 5m\n  repeat_interval: 4h\n  \
             routes:\n    # The first route that matches takes an alert; `continue` lets those below it have it as well.\n",
            chat = CHAT.name
        ),
        route("critical", &PAGE, "      group_wait: 10s\n      repeat_interval: 1h\n", &paged),
        route("warning", &TICKET, "", &ticketed),
        format!("    # Without matchers: every alert.\n    - receiver: {}\n", CHAT.name),
        inhibitions(&alerts),
        format!("\n# {BORDER}\n{HOURS}{RECEIVERS}"),
        PAGE.entry(),
        PAGE.entries_of(&paged),
        TICKET.entry(),
        TICKET.entries_of(&ticketed),
        CHAT.entry(),
    ]
    .concat()
}

/// The name and the labels of an alert.
fn alert(rule: &Rule) -> Option<(&str, &BTreeMap<String, String>)> {
    if let Rule::Alert { alert, labels, .. } = rule { Some((alert, labels)) } else { None }
}

fn inhibitions(alerts: &[(&str, &BTreeMap<String, String>)]) -> String {
    let labels = alerts.iter().flat_map(|(_, labels)| labels.keys().map(String::as_str));
    let mut same: BTreeSet<_> = labels.filter(|label| !OF_ONE_SEVERITY.contains(label)).collect();
    same.extend(["cluster", "job", "service"]);
    let same: Vec<_> = same.into_iter().collect();
    let same = same.join(", ");
    let mut text = format!(
        "\ninhibit_rules:\n  # A critical alert silences the warning about the same thing. A label that neither alert has counts as equal.\n  \
         - source_matchers:\n      - severity = \"critical\"\n    target_matchers:\n      - severity =~ \"warning|info\"\n    \
         equal: [alertname, {same}]\n"
    );
    for (critical, warning) in STRONGER {
        if [critical, warning].iter().all(|name| alerts.iter().any(|(own, _)| own == name)) {
            text.push_str(&format!(
                "  - source_matchers:\n      - alertname = \"{critical}\"\n    target_matchers:\n      - alertname = \"{warning}\"\n    \
                 equal: [{same}]\n"
            ));
        }
    }
    text
}

/// The route of a severity, with one of each team in it.
fn route(severity: &str, receiver: &Receiver, times: &str, owners: &BTreeSet<&str>) -> String {
    let mut route = format!(
        "    - matchers:\n        - severity = \"{severity}\"\n      receiver: {}\n{times}      continue: true\n",
        receiver.name
    );
    if !owners.is_empty() {
        route.push_str("      routes:\n");
    }
    for owner in owners {
        let matcher = scalar(&format!("owner = {}", quoted(owner)));
        let receiver = scalar(&receiver.of(owner));
        route.push_str(&format!(
            "        - matchers:\n            - {matcher}\n          receiver: {receiver}\n"
        ));
    }
    route
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::rules::RuleGroup;

    fn file(alerts: &[&[(&str, &str)]]) -> String {
        let named: Vec<_> = alerts.iter().map(|labels| ("Down", *labels)).collect();
        file_of(&named)
    }

    fn file_of(alerts: &[(&str, &[(&str, &str)])]) -> String {
        let rules = alerts.iter().map(|(name, labels)| Rule::Alert {
            alert: (*name).to_owned(),
            expr: "up == 0".to_owned(),
            hold: Duration::ZERO,
            keep_firing: Duration::ZERO,
            labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            annotations: BTreeMap::new(),
        });
        let rules = rules.collect();
        alertmanager_file(&RuleFile {
            groups: vec![RuleGroup { name: "g".to_owned(), interval: None, rules }],
        })
    }

    #[test]
    fn rules_without_alerts_need_no_routes() {
        assert_eq!(alertmanager_file(&RuleFile::default()), "");
        assert_eq!(file(&[]), "");
    }

    #[test]
    fn alerts_without_owners_have_one_receiver_for_each_severity() {
        let file = file(&[&[("severity", "critical")]]);
        let names: Vec<_> = file.lines().filter(|line| line.starts_with("  - name: ")).collect();
        assert_eq!(names, ["  - name: page", "  - name: ticket", "  - name: chat"]);
        assert!(file.contains("group_by: [alertname, cluster, job, service]\n"), "{file}");
        assert!(!file.contains("owner ="), "{file}");
        assert!(
            file.contains("  - name: page\n#    pagerduty_configs:\n#      - routing_key_file: "),
            "{file}"
        );
    }

    #[test]
    fn owners_have_receivers_of_the_severities_of_their_alerts() {
        let file = file(&[
            &[("severity", "critical"), ("owner", "shop"), ("slo", "a")],
            &[("severity", "warning"), ("owner", "the #1 team")],
            &[("severity", "info"), ("owner", "nobody")],
        ]);
        let names: Vec<_> = file.lines().filter_map(|line| line.strip_prefix("  - name: ")).collect();
        assert_eq!(names, ["page", "page-shop", "ticket", "\"ticket-the #1 team\"", "chat"]);
        assert!(
            file.contains("            - \"owner = \\\"shop\\\"\"\n          receiver: page-shop\n"),
            "{file}"
        );
        assert!(file.contains("group_by: [alertname, cluster, job, service, slo]\n"), "{file}");
        assert!(file.contains("equal: [alertname, cluster, job, service, slo]\n"), "{file}");
    }

    #[test]
    fn a_critical_alert_silences_the_warning_of_another_name_before_it() {
        let critical =
            ("HighErrorRate", &[("severity", "critical"), ("kind", "cache"), ("name", "orders")][..]);
        let warning =
            ("ElevatedErrorRate", &[("severity", "warning"), ("kind", "cache"), ("name", "orders")][..]);
        let expected = "alertname = \"HighErrorRate\"\n    target_matchers:\n      - alertname = \"ElevatedErrorRate\"\n    \
                        equal: [cluster, job, kind, name, service]\n";
        let file = file_of(&[critical, warning]);
        assert!(file.contains(expected), "{file}");
        assert_eq!(file.matches("source_matchers").count(), 2);
        assert_eq!(file_of(&[critical]).matches("source_matchers").count(), 1);
    }
}
