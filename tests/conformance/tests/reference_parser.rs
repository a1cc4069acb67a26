//! Random registries, read by the reference parser: Prometheus' own client for Python.
//!
//! `RADIOSONDE_TEST_PYTHON` names a Python that has `prometheus_client`; without it the tests report that they are skipped.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use conformance::generate::{families, misbehaving, well_behaved};
use conformance::{Exposition, FamilyKind, LabelPairs, open_metrics, text};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use radiosonde_metrics::Registry;
use radiosonde_metrics::exposition::{Dialect, Format};
use serde_json::{Value, json};

const VARIABLE: &str = "RADIOSONDE_TEST_PYTHON";
const ROUNDS: usize = 300;

/// The running reference parser.
struct Reference {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Reference {
    fn start() -> Option<Self> {
        let Some(python) = std::env::var_os(VARIABLE) else {
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            // Straight to stderr: the output of `eprintln!` in a passing test is not shown.
            let line = format!("skipped: {test}: {VARIABLE} is not set\n");
            std::io::stderr().write_all(line.as_bytes()).unwrap();
            return None;
        };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference_parser.py");
        let mut process =
            Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (questions, answers) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Some(Self { process, questions, answers: BufReader::new(answers) })
    }

    /// Its samples, or its error.
    fn read(&mut self, format: &str, exposition: &str) -> Result<Vec<Value>, String> {
        writeln!(self.questions, "{}", json!([format, exposition])).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let mut answer: Value = serde_json::from_str(&answer).unwrap();
        match answer["samples"].take() {
            Value::Array(samples) => Ok(samples),
            _ => Err(answer["error"].to_string()),
        }
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A sample in the form of both parsers: name, labels, value, exemplar.
type Plain = (String, BTreeMap<String, String>, String, Option<(BTreeMap<String, String>, String)>);

/// The reference reads `-0` as the integer, which has only one zero.
fn number(value: f64) -> String {
    if value.is_nan() { "NaN".to_owned() } else { format!("{:?}", value + 0.0) }
}

fn ours(exposition: &Exposition) -> Vec<Plain> {
    let map = |labels: &LabelPairs| labels.iter().cloned().collect::<BTreeMap<_, _>>();
    let mut samples: Vec<Plain> = Vec::new();
    for family in &exposition.families {
        for sample in &family.samples {
            let exemplar = sample.exemplar.as_ref();
            let exemplar = exemplar.map(|exemplar| (map(&exemplar.labels), number(exemplar.value.as_f64())));
            // The reference gives every counter its suffix, even in 0.0.4, where it may have none.
            let bare = family.kind == FamilyKind::Counter
                && sample.name == family.name
                && !sample.name.ends_with("_total");
            let name = format!("{}{}", sample.name, if bare { "_total" } else { "" });
            samples.push((name, map(&sample.labels), number(sample.value.as_f64()), exemplar));
        }
    }
    samples.sort();
    samples
}

fn theirs(samples: &[Value]) -> Vec<Plain> {
    let map =
        |labels: &Value| -> BTreeMap<String, String> { serde_json::from_value(labels.clone()).unwrap() };
    let float = |value: &Value| number(value.as_str().unwrap().parse().unwrap());
    let plain = samples.iter().map(|sample| {
        let exemplar = sample[3].as_array().map(|exemplar| (map(&exemplar[0]), float(&exemplar[1])));
        (sample[0].as_str().unwrap().to_owned(), map(&sample[1]), float(&sample[2]), exemplar)
    });
    let mut plain: Vec<Plain> = plain.collect();
    plain.sort();
    plain
}

/// Both parsers read the same encoding, so values that change between scrapes do not matter.
fn agrees(reference: &mut Reference, registry: &Registry) {
    let dialects = [
        (Dialect::new(Format::OpenMetrics), "open_metrics"),
        (Dialect::new(Format::OpenMetrics).created(true), "open_metrics"),
        (Dialect::new(Format::Text), "text"),
    ];
    for (dialect, name) in dialects {
        let exposed = String::from_utf8(registry.encode_bytes(dialect)).unwrap();
        let read = if name == "text" { text(&exposed) } else { open_metrics(&exposed) };
        let read = read.unwrap_or_else(|refusal| panic!("{refusal}\n{exposed}"));
        match reference.read(name, &exposed) {
            Ok(samples) => {
                let (ours, theirs) = (ours(&read), theirs(&samples));
                let differs = ours.iter().zip(&theirs).find(|(ours, theirs)| ours != theirs);
                assert_eq!(differs, None, "{name}, ours and theirs\n{exposed}");
                assert_eq!(ours.len(), theirs.len(), "{name}\n{exposed}");
            }
            Err(complaint) => panic!("{name}: {complaint}\n{exposed}"),
        }
    }
}

fn draw<S: Strategy>(runner: &mut TestRunner, strategy: S) -> S::Value {
    strategy.new_tree(runner).unwrap().current()
}

#[test]
fn the_reference_reads_what_we_read() {
    let Some(mut reference) = Reference::start() else { return };
    let mut runner = TestRunner::default();
    for _ in 0..ROUNDS {
        let registry = Registry::new();
        for plan in draw(&mut runner, families()) {
            let _ = plan.record(&registry);
        }
        registry.collect_from(draw(&mut runner, well_behaved()));
        agrees(&mut reference, &registry);
    }
}

#[test]
fn the_reference_reads_what_misbehaving_collectors_leave() {
    let Some(mut reference) = Reference::start() else { return };
    let mut runner = TestRunner::default();
    for _ in 0..ROUNDS {
        let registry = Registry::new();
        registry.expose_process();
        for plan in draw(&mut runner, families()) {
            let _ = plan.record(&registry);
        }
        registry.collect_from(draw(&mut runner, misbehaving()));
        agrees(&mut reference, &registry);
    }
}

#[test]
fn the_reference_refuses_what_we_refuse() {
    let Some(mut reference) = Reference::start() else { return };
    for (what, exposition) in [
        ("no end", "# TYPE a gauge\na 1\n"),
        ("a count without a sum", "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 1\n# EOF\n"),
        ("a negative sum", "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 1\na_sum -1\n# EOF\n"),
        ("a negative counter", "# TYPE a counter\na_total -1\n# EOF\n"),
        ("an exemplar of a gauge", "# TYPE a gauge\na 1 # {b=\"c\"} 1\n# EOF\n"),
        ("a clash", "# TYPE a counter\na_total 1\n# TYPE a_created gauge\na_created 1\n# EOF\n"),
    ] {
        assert!(open_metrics(exposition).is_err(), "{what}");
        assert!(reference.read("open_metrics", exposition).is_err(), "{what}");
    }
}
