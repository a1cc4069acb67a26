use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use crate::documents::file_name::file_name;
use crate::documents::readable::readable;
use crate::markdown::cell;
use crate::promql::{promql_duration, quoted};
use crate::rules::{Rule, RuleFile};

/// The text of a line, within a comment, above which a file is generated. Below it, the file belongs to people: it is neither compared nor
/// overwritten.
pub(crate) const BORDER: &str = "Everything above this line is generated. Write below it.";

/// What people find below that line, until they write there.
const BY_HAND: &str = "
## Causes and cures

What it was the last time, how to tell, and what helped.

## What was tried

| Date | What was tried | What happened |
|---|---|---|
";

/// The annotations that explain an alert.
const TEXTS: [&str; 2] = ["summary", "description"];

/// The labels of a silence beside `alertname`: whose fault it is.
const SILENCED_BY: [&str; 3] = ["service", "job", "slo"];

/// The rules of one name.
#[derive(Default)]
struct Page<'a> {
    rules: Vec<AlertRule<'a>>,
}

struct AlertRule<'a> {
    expr: &'a str,
    hold: Duration,
    labels: &'a BTreeMap<String, String>,
    annotations: &'a BTreeMap<String, String>,
}

/// A stub of a runbook for each name of an alert, by the name of its file.
///
/// `lines` is the LogQL that finds the service's error lines, `dashboards` their uids and titles.
pub(crate) fn runbooks(rules: &RuleFile, lines: &str, dashboards: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut pages: BTreeMap<&str, Page<'_>> = BTreeMap::new();
    for rule in rules.groups.iter().flat_map(|group| &group.rules) {
        if let Rule::Alert { alert, expr, hold, labels, annotations, .. } = rule {
            let rule = AlertRule { expr, hold: *hold, labels, annotations };
            pages.entry(alert).or_default().rules.push(rule);
        }
    }
    let texts = pages
        .iter()
        .map(|(alert, page)| (format!("{}.md", file_name(alert)), page.text(alert, lines, dashboards)));
    texts.collect()
}

impl Page<'_> {
    fn text(&self, alert: &str, lines: &str, dashboards: &[(&str, &str)]) -> String {
        let mut text = format!("# {alert}\n\n");
        self.meaning(&mut text);
        self.conditions(&mut text);
        self.first_steps(alert, lines, dashboards, &mut text);
        text + &format!("<!-- {BORDER} -->\n{BY_HAND}")
    }

    /// The text of an annotation that all rules have alike.
    fn shared(&self, annotation: &str) -> Option<&str> {
        let mut texts = self.rules.iter().map(|rule| rule.annotations.get(annotation));
        let first = texts.next()??;
        texts.all(|text| text == Some(first)).then_some(first)
    }

    /// What all rules mean. Braces are those of Prometheus' templates.
    fn meaning(&self, out: &mut String) {
        for text in TEXTS.iter().filter_map(|annotation| self.shared(annotation)) {
            out.push_str(&readable(text));
            out.push_str("\n\n");
        }
    }

    fn conditions(&self, out: &mut String) {
        out.push_str("## When it fires\n\n");
        for rule in &self.rules {
            let severity = rule.labels.get("severity").map_or("no severity", String::as_str);
            let hold = if rule.hold.is_zero() {
                "as soon as there is a result".to_owned()
            } else {
                format!("after a result for {}", promql_duration(rule.hold))
            };
            // Writing to a String does not fail.
            let _ = write!(out, "**{severity}**, {hold}");
            let others = rule.labels.iter().filter(|(name, _)| *name != "severity");
            for (at, (name, value)) in others.enumerate() {
                let _ = write!(out, "{} `{name}={}`", if at == 0 { "; labels" } else { "," }, quoted(value));
            }
            out.push_str(":\n\n");
            let own = TEXTS.iter().filter(|annotation| self.shared(annotation).is_none());
            for text in own.filter_map(|annotation| rule.annotations.get(*annotation)) {
                let _ = write!(out, "{}\n\n", readable(text));
            }
            let _ = write!(out, "```promql\n{}\n```\n\n", rule.expr.trim_end());
        }
    }

    fn first_steps(&self, alert: &str, lines: &str, dashboards: &[(&str, &str)], out: &mut String) {
        out.push_str("## First steps\n\n");
        if !dashboards.is_empty() {
            out.push_str("Look at a dashboard; the addresses are below that of Grafana:\n\n| Dashboard | Address |\n|---|---|\n");
            for (uid, title) in dashboards {
                let _ = writeln!(out, "|{}|`/d/{uid}` |", cell(title));
            }
            out.push('\n');
        }
        let _ = write!(
            out,
            "Read the errors of that time; more queries are in [queries.md](../queries.md):\n\n```logql\n{lines}\n```\n\n"
        );
        out.push_str("Silence it while you work on it:\n\n```sh\n");
        for labels in self.rules.iter().map(AlertRule::silenced_by).collect::<BTreeSet<_>>() {
            let _ = write!(out, "amtool silence add {}", in_shell(&format!("alertname={}", quoted(alert))));
            for (label, value) in labels {
                let _ = write!(out, " {}", in_shell(&format!("{label}={}", quoted(value))));
            }
            out.push_str(
                " --duration=1h --comment='working on it' --alertmanager.url=http://127.0.0.1:9093\n",
            );
        }
        out.push_str("```\n\n");
    }
}

impl AlertRule<'_> {
    /// The labels of a silence that are not templates.
    fn silenced_by(&self) -> Vec<(&str, &str)> {
        let value = |label| self.labels.get(label).map(String::as_str).filter(|value| !value.contains("{{"));
        SILENCED_BY.iter().filter_map(|label| value(*label).map(|value| (*label, value))).collect()
    }
}

/// A text as one argument of a shell.
fn in_shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleGroup;

    fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn alert(name: &str, expr: &str, hold: u64, labels: &[(&str, &str)]) -> Rule {
        Rule::Alert {
            alert: name.to_owned(),
            expr: expr.to_owned(),
            hold: Duration::from_secs(hold),
            keep_firing: Duration::ZERO,
            labels: texts(labels),
            annotations: texts(&[("summary", "Too many orders fail."), ("description", "Now {{ $value }}.")]),
        }
    }

    fn described(name: &str, expr: &str, summary: &str) -> Rule {
        let mut rule = alert(name, expr, 0, &[("slo", "checkout")]);
        if let Rule::Alert { annotations, .. } = &mut rule {
            *annotations = texts(&[("summary", summary)]);
        }
        rule
    }

    fn pages(rules: Vec<Rule>) -> Vec<(String, String)> {
        let groups = vec![RuleGroup { name: "a".to_owned(), interval: None, rules }];
        runbooks(
            &RuleFile { groups },
            r#"{service_name="orders"}"#,
            &[("orders-overview", "Orders | overview")],
        )
    }

    #[test]
    fn alerts_of_one_name_share_a_page_with_a_query_for_each() {
        let pages = pages(vec![
            alert("OrdersFail", "a > 1", 120, &[("severity", "critical"), ("slo", "orders_available")]),
            Rule::Recording { record: "a".to_owned(), expr: "b".to_owned(), labels: BTreeMap::new() },
            alert("OrdersFail", "a > 0.1", 0, &[("severity", "warning"), ("slo", "orders_available")]),
            alert("It's slow", "b", 0, &[("slo", "{{ $labels.slo }}")]),
            described("It's slow", "c", "Checkout is slow."),
        ]);
        assert_eq!(
            pages.iter().map(|(file, _)| &**file).collect::<Vec<_>>(),
            ["_It_s_slow-7f0bab1f.md", "OrdersFail.md"]
        );
        let expected = r#"# OrdersFail

Too many orders fail.

Now {value}.

## When it fires

**critical**, after a result for 2m; labels `slo="orders_available"`:

```promql
a > 1
```

**warning**, as soon as there is a result; labels `slo="orders_available"`:

```promql
a > 0.1
```

## First steps

Look at a dashboard; the addresses are below that of Grafana:

| Dashboard | Address |
|---|---|
| Orders \| overview |`/d/orders-overview` |

Read the errors of that time; more queries are in [queries.md](../queries.md):

```logql
{service_name="orders"}
```

Silence it while you work on it:

```sh
amtool silence add 'alertname="OrdersFail"' 'slo="orders_available"' --duration=1h --comment='working on it' --alertmanager.url=http://127.0.0.1:9093
```

"#;
        assert_eq!(pages[1].1, format!("{expected}<!-- {BORDER} -->\n{BY_HAND}"));
        let slow = &pages[0].1;
        let silences: Vec<_> = slow.lines().filter(|line| line.starts_with("amtool ")).collect();
        let expected = [
            r#"'alertname="It'\''s slow"' --duration=1h"#,
            r#"'alertname="It'\''s slow"' 'slo="checkout"' --duration=1h"#,
        ];
        assert_eq!(silences.len(), 2, "{slow}");
        assert!(silences.iter().zip(expected).all(|(line, expected)| line.contains(expected)), "{slow}");
        // Texts that differ are beside their queries.
        assert!(slow.starts_with("# It's slow\n\n## When it fires\n"), "{slow}");
        assert!(slow.contains("Checkout is slow.\n\n```promql\nc\n"), "{slow}");
    }
}
