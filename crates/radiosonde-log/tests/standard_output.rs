//! The process's own standard output: this test runs itself again as a child whose output it captures.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use radiosonde_core::Resource;
use radiosonde_log::{JsonLayer, Line, LineSink, Writer};
use radiosonde_metrics::Registry;
use tracing::info;
use tracing_subscriber::layer::SubscriberExt as _;

const LINES: usize = 200;

/// Not a test: the code of the child. It reports on standard error how many lines were dropped, and exits before the test
/// harness writes to the standard output again.
#[test]
#[ignore = "the child of the other tests"]
#[allow(clippy::exit, reason = "the harness would print to a broken standard output")]
fn child() {
    let registry = Registry::new();
    // Neither writer nor format is set: standard output, and JSON since it is not a terminal.
    let layer = JsonLayer::builder(&Resource::new("orders")).registry(&registry).build().unwrap();
    // Ends the line that the harness has started.
    let _ = std::io::Write::write(&mut std::io::stdout(), b"\n");
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        for at in 0..LINES {
            info!(at, "{}", "x".repeat(1000));
        }
    });
    let text = registry.text();
    let dropped = "radiosonde_log_dropped_total{level=\"INFO\",reason=\"write\",writer=\"stdout\"} ";
    let dropped = text.lines().find_map(|line| line.strip_prefix(dropped)).unwrap();
    eprintln!("dropped {dropped}");
    std::process::exit(0);
}

/// Reports each line, before the writers get it.
struct Tells(mpsc::Sender<()>);

impl LineSink for Tells {
    fn accept(&self, _: &Line<'_>) {
        let _ = self.0.send(());
    }
}

/// Not a test either: one thread logs while it holds the standard output, as a `println!` of a value does whose `Display`
/// logs, and another logs at the same time.
#[test]
#[ignore = "the child of another test"]
#[allow(clippy::exit, reason = "the harness would wait for the threads")]
fn child_that_holds_standard_output() {
    let (tell, told) = mpsc::channel();
    let layer = JsonLayer::builder(&Resource::new("orders"))
        .writer(Writer::stdout())
        .sink(Arc::new(Tells(tell)))
        .build()
        .unwrap();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();
    for _ in 0..LINES {
        let held = std::io::stdout().lock();
        let other = std::thread::spawn(|| info!("from another thread"));
        told.recv().unwrap();
        // The other thread is about to write.
        std::thread::yield_now();
        info!("from the thread that holds it");
        told.recv().unwrap();
        drop(held);
        other.join().unwrap();
    }
    std::process::exit(0);
}

fn start() -> Child {
    start_child("child")
}

fn start_child(name: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The number of lines that the child reports as dropped, if it exited successfully.
fn dropped(mut child: Child) -> usize {
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert!(child.wait().unwrap().success(), "{stderr}");
    let answer = stderr.lines().find_map(|line| line.strip_prefix("dropped "));
    answer.unwrap_or_else(|| panic!("{stderr}")).parse().unwrap()
}

#[test]
fn lines_go_to_standard_output_as_json() {
    let mut child = start();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let written: Vec<serde_json::Value> =
        lines.filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(&line).unwrap()).collect();
    assert_eq!(dropped(child), 0);
    assert_eq!(written.len(), LINES);
    assert!(written.iter().enumerate().all(|(at, line)| line["metadata"]["at"] == at));
}

#[test]
fn a_reader_that_goes_away_costs_lines_and_nothing_else() {
    let mut child = start();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with('{') {
        line.clear();
        assert!(reader.read_line(&mut line).unwrap() > 0);
    }
    // A pipe holds 64 KiB, less than the child writes.
    drop(reader);
    let dropped = dropped(child);
    assert!((1..LINES).contains(&dropped), "{dropped}");
}

#[test]
fn a_thread_that_holds_standard_output_may_log_while_others_do() {
    let mut child = start_child("child_that_holds_standard_output");
    let mut output = child.stdout.take().unwrap();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(output.read_to_end(&mut Vec::new()).is_ok()));
    // The output ends with the child.
    let ended = told.recv_timeout(Duration::from_secs(20));
    if ended.is_err() {
        child.kill().unwrap();
    }
    assert!(child.wait().unwrap().success(), "the child's threads wait for each other");
}
