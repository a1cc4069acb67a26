//! The programs log the same, line by line, and all differences of ours are listed in the guide.
#![allow(clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

const BEFORE: &str = env!("CARGO_BIN_EXE_lines-before");
const BOTH: &str = env!("CARGO_BIN_EXE_lines-both");
const AFTER: &str = env!("CARGO_BIN_EXE_lines-after");

/// The lines that a program writes to standard output and to standard error.
fn run(program: &str, log: Option<&str>) -> (Vec<Value>, Vec<Value>) {
    let mut command = Command::new(program);
    match log {
        Some(log) => command.env("RUST_LOG", log),
        None => command.env_remove("RUST_LOG"),
    };
    let output = command.output().unwrap();
    assert!(output.status.success(), "{program}: {output:?}");
    let lines = |bytes| {
        let text = String::from_utf8(bytes).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    };
    (lines(output.stdout), lines(output.stderr))
}

/// Level, target, message.
fn heading(line: &Value, target: &str, message: &Value) -> [Value; 3] {
    [line["level"].clone(), line[target].clone(), message.clone()]
}

/// The fields of their line: those of the event, or else of the nearest span.
fn theirs(line: &Value) -> BTreeMap<String, Value> {
    let spans = line["spans"].as_array().unwrap();
    let fields = spans.iter().chain([&line["fields"]]).flat_map(|fields| fields.as_object().unwrap());
    let fields = fields.map(|(name, value)| (name.clone(), value.clone()));
    // Without the event's message and the names of the spans, which are not fields.
    fields.filter(|(name, _)| name != "message" && name != "name").collect()
}

/// The fields of our line, at any place.
fn ours(line: &Value) -> BTreeMap<String, Value> {
    let top = line.as_object().unwrap().iter().filter(|(name, _)| {
        !["timestamp", "level", "service", "module", "message", "metadata"].contains(&name.as_str())
    });
    let rest = line["metadata"].as_object().unwrap();
    top.chain(rest).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The expected value in ours: ids are strings, non-finite numbers are texts, an error has its causes.
fn moved(name: &str, value: &Value, ours: &Value) -> Value {
    match (name, value) {
        ("user_id", number) => json!(number.to_string()),
        ("error", message) => json!({"message": message, "chain": ["invalid digit found in string"]}),
        (_, Value::Null) => {
            assert!(["NaN", "Infinity", "-Infinity"].iter().any(|text| ours == text), "{name} is {ours}");
            ours.clone()
        }
        (_, value) => value.clone(),
    }
}

fn assert_same(before: &[Value], after: &[Value]) {
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(after) {
        assert_eq!(
            heading(before, "target", &before["fields"]["message"]),
            heading(after, "module", &after["message"])
        );
        let (theirs, ours) = (theirs(before), ours(after));
        let moved: BTreeMap<_, _> =
            theirs.iter().map(|(name, value)| (name.clone(), moved(name, value, &ours[name]))).collect();
        assert_eq!(moved, ours);
    }
}

#[test]
fn every_line_says_the_same() {
    for (log, lines) in [(None, 8), (Some("debug"), 13), (Some("migrating_logs=warn"), 2)] {
        let ((before, _), (after, _)) = (run(BEFORE, log), run(AFTER, log));
        assert_eq!(before.len(), lines, "{log:?}");
        if log == Some("migrating_logs=warn") {
            // Theirs has lost the spans by the filter, and the request's id with them.
            assert_eq!(before[0].get("spans"), None);
            assert_eq!(after.iter().map(|line| &line["request_id"]).collect::<Vec<_>>(), ["imp-7", "imp-7"]);
        } else {
            assert_same(&before, &after);
        }
    }
}

#[test]
fn both_at_once_say_what_each_says_alone() {
    let (theirs, ours) = run(BOTH, None);
    assert_same(&theirs, &ours);
    let ((before, _), (after, _)) = (run(BEFORE, None), run(AFTER, None));
    assert_same(&before, &ours);
    assert_same(&theirs, &after);
}

#[test]
fn a_name_that_an_event_and_its_span_have_stands_once() {
    let (before, _) = run(BEFORE, None);
    let (after, _) = run(AFTER, None);
    let refused = |line: &&Value| line["level"] == "ERROR";
    let before = before.iter().find(refused).unwrap().to_string();
    let after = after.iter().find(refused).unwrap().to_string();
    assert_eq!((before.matches("order_id").count(), after.matches("order_id").count()), (3, 1));
    assert!(after.contains("\"chain\":[\"invalid digit found in string\"]"), "{after}");
}
