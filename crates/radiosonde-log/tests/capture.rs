//! Captures of concurrent tests, in one process with one subscriber.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use radiosonde_core::{Level, Resource};
use radiosonde_log::capture::{CapturedLine, CapturedLogs, CapturedValue, capture_layer, capture_logs};
use radiosonde_log::{JsonLayer, LogFilter};
use tracing::{Instrument as _, debug, error, info, info_span, instrument, trace, warn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

fn messages(logs: &CapturedLogs) -> Vec<String> {
    logs.lines().iter().map(|line| line.message().to_owned()).collect()
}

fn of_field(line: &CapturedLine, name: &str) -> Option<CapturedValue> {
    line.field(name).cloned()
}

/// Returns the panic's message.
fn failure(work: impl FnOnce() + std::panic::UnwindSafe) -> String {
    *std::panic::catch_unwind(work).unwrap_err().downcast().unwrap()
}

#[test]
fn a_line_is_read_by_level_target_message_and_fields() {
    let logs = capture_logs();
    let io = std::io::Error::other("disk gone");
    let _span = info_span!("request", request_id = "r-1", price = 1).entered();
    warn!(target: "orders", price = 9.5, gift = true, count = -3, big = u64::MAX, far = 1e300, note = ?Some("x"), error = &io as &dyn std::error::Error, "paid \"twice\"");
    let lines = logs.lines();
    let line = &lines[0];
    assert_eq!((line.level(), line.target(), line.message()), (Level::Warn, "orders", "paid \"twice\""));
    let expected = [
        ("price", Some(9.5.into())),
        ("gift", Some(true.into())),
        ("count", Some((-3).into())),
        ("big", Some(u64::MAX.into())),
        ("far", Some(1e300.into())),
        ("note", Some("Some(\"x\")".into())),
        ("request_id", Some("r-1".into())),
        ("message", None),
    ];
    for (name, value) in expected {
        assert_eq!(of_field(line, name), value, "{name}");
    }
    assert!(matches!(line.field("error"), Some(CapturedValue::Json(json)) if json.contains("disk gone")));
    assert_eq!(line.fields().count(), 8);
    assert!(serde_json::from_str::<serde_json::Value>(line.json()).unwrap().is_object());
    logs.clear();
    assert!(logs.lines().is_empty());
}

#[test]
fn every_level_is_captured_and_records_of_the_log_crate_too() {
    let logs = capture_logs();
    trace!("a");
    debug!("b");
    log::debug!("c");
    radiosonde_log::fatal!("d");
    assert_eq!(messages(&logs), ["a", "b", "c", "d"]);
    logs.assert_contains(Level::Fatal, "d");
}

#[test]
fn a_failed_assertion_lists_what_was_logged() {
    let said = failure(|| capture_logs().assert_contains(Level::Info, "paid"));
    assert_eq!(said, "no INFO line contains \"paid\"; nothing was logged");
    let said = failure(|| {
        let logs = capture_logs();
        info!(target: "orders", "shipped");
        error!(target: "orders", "paid");
        logs.assert_contains(Level::Info, "paid");
    });
    let listed = "; captured lines:\n  INFO orders: shipped\n  ERROR orders: paid";
    assert_eq!(said, format!("no INFO line contains \"paid\"{listed}"));
    let said = failure(|| {
        let logs = capture_logs();
        info!(target: "orders", "shipped");
        error!(target: "orders", "paid");
        logs.assert_lacks(Level::Error, "shipped");
        logs.assert_lacks(Level::Warn, "");
    });
    assert_eq!(said, format!("a line at WARN or above contains \"\"{listed}"));
}

#[test]
fn captures_nest_and_end() {
    info!("before");
    let outer = capture_logs();
    info!("outer");
    {
        let inner = capture_logs();
        info!("inner");
        assert_eq!(messages(&inner), ["inner"]);
    }
    info!("outer again");
    assert_eq!(messages(&outer), ["outer", "outer again"]);
}

struct Logs;

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info!("within");
        f.write_str("logged")
    }
}

#[test]
fn an_event_within_an_event_does_not_take_the_outer_one_along() {
    let logs = capture_logs();
    info!(value = ?Logs, "around");
    assert_eq!(messages(&logs), ["within", "around"]);
}

#[test]
fn threads_are_led_by_a_span_or_by_a_scope_and_others_are_not_captured() {
    let logs = capture_logs();
    let (span, own, scope) = (info_span!("job", job = 7), logs.span(), logs.scope());
    thread::scope(|threads| {
        threads.spawn(|| info!("of nobody"));
        threads.spawn(|| span.in_scope(|| info!("by a span")));
        threads.spawn(|| own.in_scope(|| info_span!("below").in_scope(|| info!("by the capture's span"))));
        threads.spawn(|| info!(parent: &span, "by its parent"));
        threads.spawn(move || {
            scope.run(|| info!("by a scope"));
            info!("without a capture again");
        });
    });
    let mut found = messages(&logs);
    found.sort_unstable();
    assert_eq!(found, ["by a scope", "by a span", "by its parent", "by the capture's span"]);
    let by_span = logs.lines().into_iter().find(|line| line.message() == "by a span").unwrap();
    assert_eq!(of_field(&by_span, "job"), Some(7.into()));
}

#[test]
fn a_span_that_outlives_its_capture_is_silent() {
    let span = {
        let _logs = capture_logs();
        info_span!("long")
    };
    let next = capture_logs();
    span.in_scope(|| info!("of the one before"));
    info!("of this one");
    assert_eq!(messages(&next), ["of this one"]);
}

#[instrument]
async fn step(test: usize, step: usize) {
    tokio::task::yield_now().await;
    info!(check = test, "step {step} of {test}");
    tokio::task::yield_now().await;
    debug!(check = test, "step {step} of {test} done");
}

/// Checks that every line belongs to this test, and that none is missing.
fn check(logs: &CapturedLogs, test: usize, expected: usize) {
    let lines = logs.lines();
    assert_eq!(lines.len(), expected, "{lines:?}");
    for line in &lines {
        assert_eq!(of_field(line, "check"), Some(i32::try_from(test).unwrap().into()), "{line}");
    }
}

#[tokio::test]
async fn a_runtime_of_one_thread_needs_no_span() {
    let logs = capture_logs();
    let tasks: Vec<_> = (0..10).map(|at| tokio::spawn(step(1, at))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    check(&logs, 1, 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn tasks_on_other_threads_are_led_by_their_spans() {
    let logs = capture_logs();
    let tasks: Vec<_> = (0..20)
        .map(|at| match at % 2 {
            0 => tokio::spawn(step(2, at).instrument(logs.span())),
            _ => tokio::spawn(step(2, at).instrument(info_span!("task", at))),
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    check(&logs, 2, 40);
}

/// Many concurrent captures, each with its own threads and runtime, beside threads without a capture, and others that change
/// the enabled levels all the time. No capture misses a line or sees another's.
#[test]
fn captures_that_run_at_the_same_time_never_meet() {
    const CAPTURES: usize = 64;
    const ROUNDS: usize = 20;
    let over = AtomicBool::new(false);
    thread::scope(|threads| {
        threads.spawn(|| {
            // Relaxed: it only has to be seen eventually.
            while !over.load(Ordering::Relaxed) {
                info!(check = usize::MAX, "of nobody");
                let off: LogFilter = "off".parse().unwrap();
                let layer = JsonLayer::builder(&Resource::new("other"));
                let layer =
                    layer.writer(radiosonde_log::Writer::new("sink", std::io::sink())).build().unwrap();
                let subscriber = tracing_subscriber::registry().with(layer.with_filter(off));
                tracing::subscriber::with_default(subscriber, || {
                    info!(check = usize::MAX, "of another subscriber")
                });
            }
        });
        let one = |test: usize| {
            move || {
                let logs = capture_logs();
                for round in 0..ROUNDS {
                    info!(check = test, "round {round}");
                    let span = info_span!("round", check = test);
                    let scope = logs.scope();
                    thread::scope(|threads| {
                        threads.spawn(|| span.in_scope(|| trace!("in a span")));
                        threads.spawn(|| scope.run(|| warn!(check = test, "in a scope")));
                    });
                }
                let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
                runtime.block_on(async {
                    let tasks: Vec<_> =
                        (0..ROUNDS).map(|at| tokio::spawn(step(test, at).instrument(logs.span()))).collect();
                    for task in tasks {
                        task.await.unwrap();
                    }
                });
                check(&logs, test, ROUNDS * 5);
            }
        };
        let captures: Vec<_> = (0..CAPTURES).map(|test| threads.spawn(one(test))).collect();
        let ended: Vec<_> = captures.into_iter().map(thread::ScopedJoinHandle::join).collect();
        // Relaxed: as above.
        over.store(true, Ordering::Relaxed);
        assert_eq!(ended.into_iter().filter(Result::is_ok).count(), CAPTURES);
    });
}

#[test]
fn a_subscriber_of_ones_own_is_captured_through_its_filters_and_from_every_thread() {
    let (layer, logs) = capture_layer(JsonLayer::builder(&Resource::new("orders"))).unwrap();
    let filter: LogFilter = "info".parse().unwrap();
    let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(layer.with_filter(filter)));
    let elsewhere = dispatch.clone();
    let thread = thread::spawn(move || tracing::dispatcher::with_default(&elsewhere, || info!("elsewhere")));
    thread.join().unwrap();
    tracing::dispatcher::with_default(&dispatch, || {
        debug!("too fine");
        info!("here");
    });
    assert_eq!(messages(&logs), ["elsewhere", "here"]);
}
