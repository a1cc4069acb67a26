//! The four programs expose the same metrics, and `compat` differs from `before` only in its imports.
#![allow(clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A program that runs until this is dropped.
struct Running {
    program: Child,
    address: String,
}

impl Running {
    fn start(path: &str) -> Self {
        let mut program = Command::new(path).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.trim_end().strip_prefix("metrics  http://").and_then(|rest| rest.strip_suffix("/metrics"));
        let address = address.unwrap_or_else(|| panic!("{path} printed {line:?}")).to_owned();
        Self { program, address }
    }

    /// The response's headers and body.
    fn scrape(&self, accept: &str) -> (String, String) {
        let mut connection = TcpStream::connect(&self.address).unwrap();
        write!(connection, "GET /metrics HTTP/1.1\r\nhost: here\r\naccept: {accept}\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails if it has ended already, which the test notices.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

const BEFORE: &str = env!("CARGO_BIN_EXE_before");
const AFTER: [&str; 3] =
    [env!("CARGO_BIN_EXE_absorbed"), env!("CARGO_BIN_EXE_compat"), env!("CARGO_BIN_EXE_native")];

/// The lines about the service that do not depend on durations.
///
/// The `prometheus` crate writes a bound of a million as `1000000`, ours writes it like Go, `1e+06`.
fn lines(body: &str) -> BTreeSet<String> {
    let other = ["process_", "radiosonde_metrics_"];
    let timed = ["photo_scale_seconds_bucket", "photo_scale_seconds_sum"];
    let lines = body.lines().filter(|line| !other.iter().any(|other| line.contains(other)));
    lines.filter(|line| !timed.iter().any(|timed| line.starts_with(timed))).map(with_plain_bound).collect()
}

fn with_plain_bound(line: &str) -> String {
    let Some((before, (bound, after))) =
        line.split_once("le=\"").and_then(|(before, rest)| Some((before, rest.split_once('"')?)))
    else {
        return line.to_owned();
    };
    format!("{before}le=\"{}\"{after}", bound.parse::<f64>().unwrap())
}

#[test]
fn every_step_shows_the_same_metrics() {
    let (_, before) = Running::start(BEFORE).scrape("");
    let before = lines(&before);
    for line in [
        "photos_scaled_total{format=\"jpeg\",outcome=\"ok\"} 76",
        "photos_scaled_total{format=\"heic\",outcome=\"unknown_format\"} 25",
        "photos_waiting 10",
        "cache_hits 64",
        "# TYPE cache_hits counter",
        "photo_scale_seconds_count 126",
    ] {
        assert!(before.contains(line), "no {line:?} in {before:#?}");
    }
    for after in AFTER {
        let (head, body) = Running::start(after).scrape("");
        assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
        assert_eq!(lines(&body), before, "{after}");
    }
}

#[test]
fn after_the_first_step_prometheus_gets_open_metrics() {
    let (head, body) = Running::start(AFTER[0]).scrape("application/openmetrics-text;version=1.0.0");
    assert!(head.contains("content-type: application/openmetrics-text; version=1.0.0"), "{head}");
    assert!(body.ends_with("# EOF\n") && body.contains("# TYPE photos_scaled counter\n"), "{body}");
    assert!(body.contains("# TYPE cache_hits unknown\n"), "{body}");
    assert_eq!(body.matches("\nprocess_cpu_seconds_total ").count(), 1, "{body}");
}

#[test]
fn moving_is_a_change_of_imports() {
    let source = |text: &'static str| text.lines().filter(|line| !line.starts_with("//!"));
    let before = source(include_str!("../src/bin/before.rs"));
    let after = source(include_str!("../src/bin/compat.rs"));
    assert_eq!(before.clone().count(), after.clone().count());
    let changed: Vec<_> = before.zip(after).filter(|(before, after)| before != after).collect();
    assert_eq!(changed, [("use prometheus::{", "use radiosonde_prometheus::compat::{")]);
}
