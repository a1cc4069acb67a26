//! Levels that change at run time, each test in its own subscriber.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, LevelReload, Line, LineSink, LogFilter, ReloadError, Writer};
use radiosonde_metrics::Registry;
use radiosonde_testkit::SharedBuffer;
use serde_json::Value;
use tracing::{debug, info, info_span, trace, warn};
use tracing_core::{Dispatch, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

const LONG: Duration = Duration::from_secs(3600);

/// Passes lines on to a receiver.
struct Passes(Mutex<mpsc::Sender<String>>);

impl LineSink for Passes {
    fn accept(&self, line: &Line<'_>) {
        self.0.lock().unwrap().send(line.json().to_owned()).unwrap();
    }
}

fn controlled(default: &str, buffer: &SharedBuffer) -> (Dispatch, LevelReload, mpsc::Receiver<String>) {
    let (filter, reload) = LevelReload::new(default.parse().unwrap());
    let (sender, lines) = mpsc::channel();
    let layer = JsonLayer::builder(&Resource::new("orders"))
        .format(Format::Json)
        .writer(Writer::new("buffer", buffer.clone()))
        .sink(Arc::new(Passes(Mutex::new(sender))))
        .build()
        .unwrap();
    (Dispatch::new(tracing_subscriber::registry().with(layer.with_filter(filter))), reload, lines)
}

fn messages(buffer: &SharedBuffer) -> Vec<String> {
    let message = |line: &String| value(line)["message"].as_str().unwrap().to_owned();
    buffer.lines().iter().map(message).collect()
}

fn value(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

#[test]
fn a_change_holds_at_once_for_callsites_that_were_asked_before() {
    let buffer = SharedBuffer::new();
    let (dispatch, reload, _lines) = controlled("info", &buffer);
    let event = || debug!(target: "orders::price", "fine");
    tracing::dispatcher::with_default(&dispatch, || {
        event();
        reload.set("warn,orders=debug").unwrap();
        event();
        info!(target: "hyper", "hidden");
        reload.reset().unwrap();
        event();
        info!(target: "hyper", "shown");
    });
    assert_eq!(messages(&buffer), ["log levels changed", "fine", "log levels reset", "shown"]);
}

#[test]
fn a_change_of_another_thread_holds_too() {
    let buffer = SharedBuffer::new();
    let (dispatch, reload, _lines) = controlled("info", &buffer);
    tracing::dispatcher::with_default(&dispatch, || {
        let event = || debug!("fine");
        event();
        std::thread::spawn(move || reload.set("debug").unwrap()).join().unwrap();
        event();
    });
    assert_eq!(messages(&buffer), ["log levels changed", "fine"]);
}

#[test]
fn what_ends_falls_back_by_itself_and_says_so() {
    let (dispatch, reload, lines) = controlled("info", &SharedBuffer::new());
    let next = || value(&lines.recv_timeout(Duration::from_secs(30)).unwrap());
    // Meanwhile no code logs or reads the levels, and this thread has no subscriber.
    reload.by("ann").set_for("trace,hyper=off", Duration::from_millis(50)).unwrap();
    let (changed, ended) = (next(), next());
    assert_eq!(changed["module"], "radiosonde::audit");
    assert_eq!(changed["level"], "INFO");
    assert_eq!(changed["message"], "log levels changed");
    let metadata = serde_json::json!({"from": "info", "to": "trace,hyper=off", "ttl_s": 0, "by": "ann"});
    assert_eq!(changed["metadata"], metadata);
    assert_eq!(ended["message"], "log levels ended and fell back");
    let metadata = serde_json::json!({"from": "trace,hyper=off", "to": "info", "by": "ttl"});
    assert_eq!(ended["metadata"], metadata);
    assert_eq!((reload.current(), reload.expires_in()), (LogFilter::default(), None));
    tracing::dispatcher::with_default(&dispatch, || debug!("hidden"));
    assert!(lines.try_recv().is_err());
}

#[test]
fn what_ends_falls_back_to_what_was_set_to_stay() {
    let (_dispatch, reload, lines) = controlled("info", &SharedBuffer::new());
    reload.set("warn").unwrap();
    reload.set_for("debug", LONG).unwrap();
    reload.set_for("trace", Duration::from_millis(20)).unwrap();
    for _ in 0..4 {
        lines.recv_timeout(Duration::from_secs(30)).unwrap();
    }
    assert_eq!(reload.current().to_string(), "warn");
    assert_eq!(reload.default_filter().to_string(), "info");
}

#[test]
fn an_audit_line_has_the_ids_of_the_request_that_made_the_change() {
    let buffer = SharedBuffer::new();
    let (dispatch, reload, _lines) = controlled("off", &buffer);
    tracing::dispatcher::with_default(&dispatch, || {
        reload.set("warn").unwrap();
        let _request = info_span!("request", request_id = "r-1").entered();
        reload.set_for("off", LONG).unwrap();
    });
    let lines = buffer.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(value(&lines[0])["request_id"], Value::Null);
    assert_eq!(value(&lines[1])["request_id"], "r-1");
    assert_eq!(value(&lines[1])["metadata"]["by"], "code");
    assert_eq!(value(&lines[1])["metadata"]["ttl_s"], 3600);
}

#[test]
fn the_rest_of_a_time_to_live_is_told() {
    let (_dispatch, reload, _lines) = controlled("info", &SharedBuffer::new());
    assert_eq!(reload.expires_in(), None);
    reload.set_for("debug", LONG).unwrap();
    let rest = reload.expires_in().unwrap();
    assert!(rest <= LONG && rest > LONG / 2, "{rest:?}");
}

#[test]
fn what_cannot_be_read_changes_nothing() {
    let buffer = SharedBuffer::new();
    let (_dispatch, reload, _lines) = controlled("info", &buffer);
    for (text, directive) in [
        ("info,orders=loud", "orders=loud"),
        ("err", "err"),
        ("*=debug", "*=debug"),
        ("\"info\"", "\"info\""),
    ] {
        let error = reload.set(text).unwrap_err();
        assert!(
            matches!(&error, ReloadError::Filter(invalid) if invalid.directive() == directive),
            "{error}"
        );
    }
    assert!(matches!(reload.set_for("debug", Duration::ZERO), Err(ReloadError::Ttl)));
    assert_eq!(reload.current(), LogFilter::default());
    assert!(buffer.lines().is_empty());
}

#[test]
fn a_span_may_ask_for_a_level_by_any_name_that_lines_have() {
    let buffer = SharedBuffer::new();
    let (dispatch, _control, _lines) = controlled("error", &buffer);
    tracing::dispatcher::with_default(&dispatch, || {
        info_span!("request", radiosonde.log = " WARNING ").in_scope(|| {
            warn!("heard");
            info!("not heard");
        });
    });
    assert_eq!(messages(&buffer), ["heard"]);
}

#[test]
fn a_long_name_is_cut_and_cannot_forge_a_line() {
    let buffer = SharedBuffer::new();
    let (_dispatch, reload, _lines) = controlled("info", &buffer);
    reload.by(&format!("é\n{}", "x".repeat(1000))).set("warn").unwrap();
    let lines = buffer.lines();
    assert_eq!(lines.len(), 1);
    assert_eq!(value(&lines[0])["metadata"]["by"], format!("é\n{}", "x".repeat(126)));
}

#[test]
fn changes_are_counted() {
    let registry = Registry::new();
    let (filter, reload) = LevelReload::builder(LogFilter::default()).registry(&registry).build().unwrap();
    let layer = JsonLayer::builder(&Resource::new("orders"))
        .writer(Writer::new("nowhere", std::io::sink()))
        .build()
        .unwrap();
    let _dispatch = Dispatch::new(tracing_subscriber::registry().with(layer.with_filter(filter)));
    reload.set("warn").unwrap();
    reload.set("debug").unwrap();
    reload.reset().unwrap();
    let text = registry.text();
    for sample in [
        "radiosonde_log_level_changes_total{kind=\"set\"} 2\n",
        "radiosonde_log_level_changes_total{kind=\"reset\"} 1\n",
        "radiosonde_log_level_changes_total{kind=\"ended\"} 0\n",
        "radiosonde_log_filter_rebuilds_total 3\n",
    ] {
        assert!(text.contains(sample), "{sample}{text}");
    }
}

#[test]
fn changes_count_in_the_global_registry_by_default() {
    let count = || {
        let text = Registry::global().text();
        let sample = "radiosonde_log_level_changes_total{kind=\"reset\"} ";
        let value = text.lines().find_map(|line| line.strip_prefix(sample)).map(str::parse::<u64>);
        value.map_or(0, Result::unwrap)
    };
    let before = count();
    let (_filter, reload) = LevelReload::new(LogFilter::default());
    reload.reset().unwrap();
    let (_filter, built) = LevelReload::builder(LogFilter::default()).build().unwrap();
    built.reset().unwrap();
    assert!(count() >= before + 2, "{} after {before}", count());
}

/// A layer that changes the levels from within an event.
struct Meddles(LevelReload);

impl<S: Subscriber> Layer<S> for Meddles {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "meddle" {
            self.0.set("trace").unwrap();
        }
    }
}

#[test]
fn a_change_from_within_an_event_turns_nothing_off() {
    let buffer = SharedBuffer::new();
    let (filter, reload) = LevelReload::new(LogFilter::default());
    let layer = JsonLayer::builder(&Resource::new("orders"))
        .format(Format::Json)
        .writer(Writer::new("buffer", buffer.clone()))
        .build()
        .unwrap();
    let subscriber = tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .with(Meddles(reload).with_filter(LogFilter::default()));
    tracing::subscriber::with_default(subscriber, || {
        let event = || trace!("fine");
        event();
        info!(target: "meddle", "now");
        event();
    });
    let mut messages = messages(&buffer);
    messages.sort_unstable();
    assert_eq!(messages, ["fine", "log levels changed", "now"]);
}

#[test]
fn a_span_that_is_over_ends_its_own_override_alone_where_two_layers_share_a_filter() {
    let buffers = [SharedBuffer::new(), SharedBuffer::new()];
    let (filter, _control) = LevelReload::new(LogFilter::default());
    let [one, other] = buffers.each_ref().map(|buffer| {
        let layer = JsonLayer::builder(&Resource::new("orders"))
            .format(Format::Json)
            .writer(Writer::new("buffer", buffer.clone()));
        layer.build().unwrap()
    });
    let subscriber =
        tracing_subscriber::registry().with(one.with_filter(filter.clone())).with(other.with_filter(filter));
    tracing::subscriber::with_default(subscriber, || {
        let overridden = || info_span!("request", radiosonde.log = "debug");
        let (first, second) = (overridden(), overridden());
        drop(first);
        second.in_scope(|| debug!("in the second"));
        drop(second);
        overridden().in_scope(|| debug!("in the third"));
        debug!("hidden");
    });
    for buffer in &buffers {
        assert_eq!(messages(buffer), ["in the second", "in the third"]);
    }
}
