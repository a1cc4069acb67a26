//! The programs make the same spans, and all differences of ours are listed in the guide.
#![allow(clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Map, Value, json};

const BEFORE: &str = env!("CARGO_BIN_EXE_traces-before");
const BOTH: &str = env!("CARGO_BIN_EXE_traces-both");
const AFTER: &str = env!("CARGO_BIN_EXE_traces-after");

/// The spans that a program prints, in the order in which they end, and the lines of its standard error.
fn run(program: &str) -> (Vec<Value>, Vec<String>) {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OTEL_") || name == "RUST_LOG") {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{program}: {output:?}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    let spans = stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")));
    let stderr = String::from_utf8(output.stderr).unwrap();
    (spans.collect(), stderr.lines().map(str::to_owned).collect())
}

/// The headers of its calls.
fn calls(stderr: &[String]) -> Vec<&str> {
    stderr.iter().filter_map(|line| line.strip_prefix("call: ")).collect()
}

/// Message, trace and span of each line of its log that is in a trace.
fn lines(stderr: &[String]) -> Vec<[Value; 3]> {
    let lines = stderr.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let lines = lines.map(|line| ["message", "trace_id", "span_id"].map(|key| line[key].clone()));
    lines.filter(|[_, trace_id, _]| trace_id.is_string()).collect()
}

/// A span without its ids: the names of its parents and of those that it links to stand for them.
fn without_ids(spans: &[Value]) -> Vec<Value> {
    let names: BTreeMap<_, _> =
        spans.iter().map(|span| (span["span_id"].to_string(), &span["name"])).collect();
    let name = |id: &Value| names.get(&id.to_string()).map_or_else(|| id.clone(), |name| (*name).clone());
    let without_ids = |span: &Value| {
        let mut span = span.clone();
        span["parent_id"] = name(&span["parent_id"]);
        span["links"] = span["links"].as_array().unwrap().iter().map(name).collect();
        for id in ["trace_id", "span_id"] {
            span[id].take();
        }
        span
    };
    spans.iter().map(without_ids).collect()
}

/// What becomes of their attributes.
fn moved(attributes: &mut Map<String, Value>) {
    attributes.retain(|key, _| {
        let is_automatic = ["code.", "thread.", "exception."].iter().any(|start| key.starts_with(start));
        !is_automatic && !["busy_ns", "idle_ns", "error.chain"].contains(&key.as_str())
    });
    for key in ["pieces", "order.id", "order_id", "http.response.status_code"] {
        if let Some(Value::String(digits)) = attributes.get(key) {
            let number: u64 = digits.parse().unwrap_or_else(|_| panic!("{key} is {digits:?}"));
            attributes.insert(key.to_owned(), json!(number));
        }
    }
}

/// Their span as ours.
fn expected(mut span: Value) -> Value {
    let attributes = span["attributes"].as_object_mut().unwrap();
    moved(attributes);
    attributes.remove("target");
    for event in span["events"].as_array_mut().unwrap() {
        moved(event[1].as_object_mut().unwrap());
    }
    // The error of the event that failed the span describes it.
    if let Some(error) = span["events"][0][1].get("error").cloned() {
        span["description"] = error;
    }
    span
}

/// Our span without what is not in theirs, and without the exception, which both describe in their own way.
fn comparable(mut span: Value) -> Value {
    let without = |attributes: &mut Map<String, Value>| {
        attributes.retain(|key, _| key != "error.type" && !key.starts_with("exception."));
    };
    without(span["attributes"].as_object_mut().unwrap());
    for event in span["events"].as_array_mut().unwrap() {
        let is_exception = event[0] == "exception";
        let attributes = event[1].as_object_mut().unwrap();
        without(attributes);
        // Theirs moves the field to `exception.message`, ours keeps it as well.
        if is_exception {
            attributes.remove("error");
        }
    }
    span
}

#[test]
fn every_span_is_the_same_but_for_the_differences_in_the_guide() {
    let ((before, _), (after, _)) = (run(BEFORE), run(AFTER));
    assert_eq!((before.len(), after.len()), (12, 12));
    let expected: Vec<_> = without_ids(&before).into_iter().map(expected).collect();
    let found: Vec<_> = without_ids(&after).into_iter().map(comparable).collect();
    for (expected, found) in expected.iter().zip(&found) {
        assert_eq!(expected, found);
    }
}

#[test]
fn both_at_once_make_the_spans_of_before_and_lines_with_their_ids() {
    let ((before, _), (both, stderr)) = (run(BEFORE), run(BOTH));
    let without_times = |spans: &[Value]| {
        let mut spans = without_ids(spans);
        for span in &mut spans {
            let attributes = span["attributes"].as_object_mut().unwrap();
            attributes.retain(|key, _| !["busy_ns", "idle_ns"].contains(&key.as_str()));
        }
        spans
    };
    assert_eq!(without_times(&before), without_times(&both));
    let found = lines(&stderr);
    let events = both.iter().map(|span| span["events"].as_array().unwrap().len()).sum::<usize>();
    assert_eq!((found.len(), events), (8, 8));
    for [message, trace_id, span_id] in found {
        let span = both.iter().find(|span| span["span_id"] == span_id).unwrap_or_else(|| panic!("{message}"));
        assert_eq!(span["trace_id"], trace_id);
        // The event of `#[instrument(err)]` has no message, and theirs names it otherwise.
        let is_event = |event: &Value| event[0] == message || event[0] == "exception";
        assert!(span["events"].as_array().unwrap().iter().any(is_event), "{message} is not in {span}");
    }
}

#[test]
fn a_received_trace_is_continued_and_sent_on() {
    let programs = [BEFORE, BOTH, AFTER].map(run);
    for (spans, stderr) in &programs {
        let traces: Vec<_> = spans.iter().map(|span| span["trace_id"].as_str().unwrap()).collect();
        let of = |trace: &str| traces.iter().filter(|id| **id == trace).count();
        assert_eq!(of("4bf92f3577b34da6a3ce929d0e0e4736"), 4);
        assert_eq!(of("0af7651916cd43dd8448eb211c80319c"), 2);
        let calls = calls(stderr);
        assert!(calls[0].contains("00-4bf92f3577b34da6a3ce929d0e0e4736-"), "{}", calls[0]);
        assert!(calls[0].contains("congo=t61rcWkgMzE"), "{}", calls[0]);
        assert_eq!(calls[1], "{}", "a refused order makes no call");
    }
    // Theirs sends an empty header where there is no state.
    let is_empty = programs.map(|(_, stderr)| calls(&stderr)[2].contains("\"tracestate\": \"\""));
    assert_eq!(is_empty, [true, false, false]);
}
