//! The unit tests of generated rules are worth something: each way to break a rule of an objective fails one of its stories.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and prints a table")]

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use e2e::Promtool;
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_ops::{Catalogue, Generator};
use radiosonde_signals::{Bound, BurnWindow, Objectives, Operation, Series, Severity, Slo, Work};
use tempfile::TempDir;

/// A way to break the rules of an objective: the name of its file, what is replaced, and by what.
struct Mutation(&'static str, &'static str, &'static str);

const DAY: Duration = Duration::from_secs(86_400);
const PAGE: BurnWindow = BurnWindow {
    long: Duration::from_secs(3600),
    short: Duration::from_secs(300),
    factor: 6.0,
    severity: Severity::Critical,
};
const TICKET: BurnWindow = BurnWindow {
    // Added up from what is recorded of five minutes.
    long: Duration::from_secs(2 * 3600),
    short: Duration::from_secs(900),
    factor: 3.0,
    severity: Severity::Warning,
};

#[rustfmt::skip]
const MUTATIONS: [Mutation; 32] = [
    // Errors that never happened have no series.
    Mutation("available", r#" or 0 * sum(increase(operation_calls_total{operation="price"}[5m]))"#, ""),
    Mutation("available", r#" or 0 * sum(increase(operation_calls_total{operation="price"}[1h]))"#, ""),
    // A program that starts again.
    Mutation("available", "increase(operation_errors_total", "delta(operation_errors_total"),
    Mutation("available", "increase(operation_calls_total", "delta(operation_calls_total"),
    // A ratio of sums.
    Mutation("available", "sum(increase(operation_errors_total", "avg(increase(operation_errors_total"),
    Mutation("available", "sum(increase(operation_calls_total", "avg(increase(operation_calls_total"),
    Mutation("available", "sum(increase(operation_calls_total", "max(increase(operation_calls_total"),
    // Both windows.
    Mutation("available", r#"slo:burn_rate:ratio5m{slo="available"} > 6"#, r#"slo:burn_rate:ratio1h{slo="available"} > 6"#),
    Mutation("available", r#"slo:burn_rate:ratio1h{slo="available"} > 6"#, r#"slo:burn_rate:ratio5m{slo="available"} > 6"#),
    // The least number of bad events.
    Mutation("available", r#"slo:bad_events:increase1h{slo="available"} >= 5"#, r#"slo:bad_events:increase1h{slo="available"} >= 0"#),
    // The factor and the budget.
    Mutation("available", r#"ratio1h{slo="available"} > 6"#, r#"ratio1h{slo="available"} > 8"#),
    Mutation("available", r#"ratio15m{slo="available"} > 3"#, r#"ratio15m{slo="available"} > 4"#),
    Mutation("available", " / 0.01", " / 0.02"),
    Mutation("available", " * 0.01)", " * 0.02)"),
    // Without events, there is no ratio.
    Mutation("available", r#"0 * slo:events:increase5m{slo="available"}"#, "vector(0) > 1"),
    Mutation("available", r#"1 + 0 * slo:events:increase1d{slo="available"}"#, "vector(0) > 1"),
    Mutation("available", r#"(slo:events:increase1h{slo="available"} > 0)"#, r#"slo:events:increase1h{slo="available"}"#),
    // Labels and annotations.
    Mutation("available", "owner: orders", "owner: others"),
    Mutation("available", "severity: critical", "severity: warning"),
    Mutation("available", "runbook_url: \"https://runbooks.example/price\"", "runbook_url: \"https://runbooks.example/\""),
    Mutation("available", "At 6 times that rate", "At {{ $value }} times that rate"),
    // Metrics that are gone.
    Mutation("available", "absent(slo:events:increase5m", "absent(slo:events:increase1d"),
    // The bucket.
    Mutation("fast", r#"le=~"1|1\\.0""#, r#"le="1""#),
    Mutation("fast", r#"le=~"1|1\\.0""#, r#"le="1.0""#),
    Mutation("fast", "sum(increase(operation_duration_seconds_count", "avg(increase(operation_duration_seconds_count"),
    Mutation("fast", " and ignoring (le) ", " or ignoring (le) "),
    // Of several series, each has to be within.
    Mutation("backlog", "max(queue_depth", "min(queue_depth"),
    Mutation("backlog", " > bool 500", " >= bool 500"),
    Mutation("backlog", r#"slo:bad_events:increase1h{slo="backlog"} >= 60"#, r#"slo:bad_events:increase1h{slo="backlog"} >= 6000"#),
    Mutation("accurate", "max(model_accuracy_ratio", "min(model_accuracy_ratio"),
    Mutation("fresh", "  or\n", "  unless\n"),
    Mutation("fresh", " > bool 60", " > bool 1e18"),
];

fn catalogue() -> Catalogue {
    let registry = Registry::new();
    let price = || Work::operation("price");
    registry.gauge("queue_depth", "Depth.").labels(&["queue"]).unwrap();
    registry.gauge("model_accuracy_ratio", "Accuracy.").build().unwrap();
    registry.gauge("last_update_timestamp_seconds", "Time.").build().unwrap();
    let gauge = |name| Series::of(&registry, name, Kind::Gauge);
    let slos = [
        Slo::availability("available", 99.0, price())
            .owner("orders")
            .runbook("https://runbooks.example/price"),
        Slo::latency("fast", 95.0, price(), Duration::from_secs(1)),
        Slo::gauge("backlog", 95.0, gauge("queue_depth"), Bound::AtMost(500.0)),
        Slo::gauge("accurate", 95.0, gauge("model_accuracy_ratio"), Bound::AtLeast(0.85)),
        Slo::freshness("fresh", 95.0, gauge("last_update_timestamp_seconds"), Duration::from_secs(60)),
    ];
    Objectives::of(&registry).declare_all(slos.map(|slo| slo.period(DAY).windows([PAGE, TICKET]))).unwrap();
    Operation::builder("price")
        .registry(&registry)
        .buckets(Buckets::from_static(&[0.1, 1.0, 2.5]))
        .build()
        .unwrap();
    Catalogue::of(&registry)
}

fn file(folder: &TempDir, below: &str, objective: &str) -> PathBuf {
    folder.path().join(below).join(format!("shop.{objective}.yml"))
}

/// What promtool prints of the stories that fail with this mutation; `None` if all pass.
fn failures(promtool: &Promtool, folder: &TempDir, mutation: &Mutation) -> Option<String> {
    let Mutation(objective, from, to) = *mutation;
    let rules = file(folder, "rules", objective);
    let text = fs::read_to_string(&rules).unwrap();
    let broken = replaced(&text, from, to);
    assert_ne!(broken, text, "{objective} does not contain {from}\n{text}");
    fs::write(&rules, broken).unwrap();
    promtool.check_rules(&rules).unwrap();
    let tested = promtool.test_rules(&file(folder, "rule_tests", objective));
    fs::write(&rules, text).unwrap();
    tested.err()
}

/// Queries of one line are YAML strings in quotes, and those of several lines are not.
fn replaced(text: &str, from: &str, to: &str) -> String {
    let escaped = |part: &str| part.replace('\\', r"\\").replace('"', "\\\"");
    text.replace(from, to).replace(&escaped(from), &escaped(to))
}

#[test]
fn each_way_to_break_a_rule_fails_a_story() {
    let Some(promtool) = Promtool::find() else { return };
    let folder = tempfile::tempdir().unwrap();
    let generator = Generator::new("shop", catalogue()).without_standard_alerts();
    generator.artifacts().unwrap().write(folder.path()).unwrap();
    let mut survivors = Vec::new();
    for mutation in &MUTATIONS {
        let Mutation(objective, from, to) = mutation;
        let failures = failures(&promtool, &folder, mutation);
        let failed = failures.iter().flat_map(|printed| printed.matches(", time: ")).count();
        println!("| {objective} | {from:?} | {to:?} | {failed} |");
        if failures.is_none() {
            survivors.push(format!("{objective}: {from} -> {to}"));
        }
    }
    assert!(survivors.is_empty(), "no story fails with:\n{}", survivors.join("\n"));
}
