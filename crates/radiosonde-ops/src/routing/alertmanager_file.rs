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

const INHIBITION: &str = "
inhibit_rules:
  # A critical alert silences the warning about the same thing. A label that neither alert has counts as equal.
  - source_matchers:
      - severity = \"critical\"
    target_matchers:
      - severity =~ \"warning|info\"
";

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
    let labels: Vec<_> = rules.groups.iter().flat_map(|group| &group.rules).filter_map(labels_of).collect();
    if labels.is_empty() {
        return String::new();
    }
    let has_slo = labels.iter().any(|labels| labels.contains_key("slo"));
    let slo = if has_slo { ", slo" } else { "" };
    let owners = |severity: &str| -> BTreeSet<&str> {
        let of_severity =
            labels.iter().filter(|labels| labels.get("severity").is_some_and(|own| own == severity));
        of_severity.filter_map(|labels| labels.get("owner")).map(String::as_str).collect()
    };
    let (paged, ticketed) = (owners("critical"), owners("warning"));
    let mut file = HEAD.to_owned();
    file.push_str(&format!(
        "route:\n  receiver: {chat}\n  # One message about all instances of a service that have the same trouble.\n  \
         group_by: [alertname, cluster, service{slo}]\n  group_wait: 30s\n  group_interval: 5m\n  repeat_interval: 4h\n  routes:\n    \
         # The first route that matches takes an alert; `continue` lets those below it have it as well.\n",
        chat = CHAT.name
    ));
    file.push_str(&route("critical", &PAGE, "      group_wait: 10s\n      repeat_interval: 1h\n", &paged));
    file.push_str(&route("warning", &TICKET, "", &ticketed));
    file.push_str(&format!("    # Without matchers: every alert.\n    - receiver: {}\n", CHAT.name));
    file.push_str(INHIBITION);
    file.push_str(&format!("    equal: [alertname, cluster, job, service{slo}]\n"));
    file.push_str(&format!("\n# {BORDER}\n{HOURS}"));
    file.push_str(RECEIVERS);
    file.push_str(&PAGE.entry());
    file.push_str(&PAGE.entries_of(&paged));
    file.push_str(&TICKET.entry());
    file.push_str(&TICKET.entries_of(&ticketed));
    file.push_str(&CHAT.entry());
    file
}

/// The labels of an alert.
fn labels_of(rule: &Rule) -> Option<&BTreeMap<String, String>> {
    if let Rule::Alert { labels, .. } = rule { Some(labels) } else { None }
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
        let rules = alerts.iter().map(|labels| Rule::Alert {
            alert: "Down".to_owned(),
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
        assert!(file.contains("group_by: [alertname, cluster, service]\n"), "{file}");
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
            &[("severity", "warning"), ("owner", "the \"A\" team")],
            &[("severity", "info"), ("owner", "nobody")],
        ]);
        let names: Vec<_> = file.lines().filter_map(|line| line.strip_prefix("  - name: ")).collect();
        assert_eq!(names, ["page", "page-shop", "ticket", "\"ticket-the \\\"A\\\" team\"", "chat"]);
        assert!(
            file.contains("            - \"owner = \\\"shop\\\"\"\n          receiver: page-shop\n"),
            "{file}"
        );
        assert!(file.contains("group_by: [alertname, cluster, service, slo]\n"), "{file}");
        assert!(file.contains("equal: [alertname, cluster, job, service, slo]\n"), "{file}");
    }
}
