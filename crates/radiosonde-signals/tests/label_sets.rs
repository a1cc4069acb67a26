//! The label sets of operations: their limits, and the values that tell them apart.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};

use radiosonde_core::diagnostics;
use radiosonde_metrics::{Labels, Registry};
use radiosonde_signals::{Dependency, ErrorKind, Operation, OperationFamily};

#[derive(Labels)]
struct Query {
    query: String,
}

#[derive(Debug)]
struct Failed;

impl ErrorKind for Failed {
    const KINDS: &'static [&'static str] = &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];

    fn kind(&self) -> &'static str {
        "l"
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed")
    }
}

fn family(registry: &Registry, name: &'static str) -> OperationFamily<Query> {
    Operation::builder(name).registry(registry).errors::<Failed>().family().unwrap()
}

fn fail(family: &OperationFamily<Query>, query: String) {
    let failed = family.with(&Query { query }).run(|| Err::<(), _>(Failed));
    assert!(failed.is_err());
}

/// The lines of the failed calls, the durations and the errors of a query that failed as often as `count`.
fn lines(operation: &str, query: &str, count: u32) -> [String; 3] {
    let labels = format!("operation=\"{operation}\"");
    let query = format!("query=\"{query}\"");
    [
        format!("operation_calls_total{{{labels},outcome=\"failed\",{query}}} {count}"),
        format!("operation_duration_seconds_count{{{labels},{query}}} {count}"),
        format!("operation_errors_total{{kind=\"l\",{labels},{query}}} {count}"),
    ]
}

#[track_caller]
fn assert_lines(registry: &Registry, expected: impl IntoIterator<Item = [String; 3]>) {
    let text = registry.text();
    let exposed: HashSet<&str> = text.lines().collect();
    for line in expected.into_iter().flatten() {
        assert!(exposed.contains(&*line), "no {line}");
    }
}

#[test]
fn the_metrics_of_each_of_a_thousand_label_sets_agree() {
    let registry = Registry::new();
    let queries = family(&registry, "query");
    for at in 0..1003 {
        fail(&queries, format!("q{at}"));
    }
    let each = (0..1000).map(|at| lines("query", &format!("q{at}"), 1));
    assert_lines(&registry, each.chain([lines("query", "_overflow", 3)]));
    let text = registry.text();
    assert!(!text.contains("outcome=\"_overflow\"") && !text.contains("kind=\"_overflow\""));
}

#[test]
fn beyond_the_limit_of_a_metric_all_metrics_of_a_label_set_overflow() {
    let registry = Registry::new();
    let [first, second] = ["first", "second"].map(|name| family(&registry, name));
    for at in 0..1000 {
        fail(&first, format!("q{at}"));
    }
    for at in 0..1000 {
        fail(&second, format!("q{at}"));
    }
    fail(&second, "q998".to_owned());
    // Declared again, so that nothing is kept.
    fail(&family(&registry, "first"), "q7".to_owned());
    let expected = [("first", "q7", 2), ("second", "q998", 2), ("_overflow", "_overflow", 1)];
    assert_lines(&registry, expected.map(|(operation, query, count)| lines(operation, query, count)));
    let text = registry.text();
    assert!(!text.contains("operation=\"second\",query=\"q999\""));
    let mut dropped =
        text.lines().filter(|line| line.starts_with("radiosonde_metrics_series_dropped_total{"));
    assert!(dropped.all(|line| line.ends_with(" 0")));
}

#[test]
fn values_of_any_characters_are_told_apart() {
    let registry = Registry::new();
    let queries = family(&registry, "query");
    let longest = "q".repeat(1024);
    let values = ["a\u{10ffff}b", "a", "", "\u{1}", &longest];
    for value in values {
        fail(&queries, value.to_owned());
    }
    fail(&queries, "q".repeat(1025));
    let each = values.map(|value| lines("query", value, 1));
    assert_lines(&registry, each.into_iter().chain([lines("query", "_overflow", 1)]));
}

#[test]
fn a_report_of_the_limit_has_the_values_as_they_are() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&reports);
    diagnostics::set_hook(move |diagnostic| into.lock().unwrap().push(diagnostic.to_string()));
    let registry = Registry::new();
    let ledger = Dependency::builder("ledger").registry(&registry).build().unwrap();
    for at in 0..=200 {
        assert_eq!(ledger.call(&format!("q{at}")).run(|| Ok::<_, Failed>(at)).unwrap(), at);
    }
    let reports = reports.lock().unwrap().clone();
    let expected = "expected at most 200 calls of a dependency of at most 1024 bytes; \"q200\" is counted as";
    assert!(reports.iter().any(|report| report.contains(expected)), "{reports:?}");
}
