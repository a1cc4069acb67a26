//! Records of the `log` crate, whose logger is global to the process.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;

use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, LogFilter, Writer, bridge_log_records};
use radiosonde_testkit::{ManualClock, SharedBuffer};
use tracing::info_span;
use tracing_core::LevelFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

struct Fails;

impl fmt::Debug for Fails {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}

struct Logs;

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        log::debug!(target: "kv", inner = 1; "within, and too fine");
        log::info!(target: "kv", "within");
        f.write_str("logs")
    }
}

fn emit_key_values() {
    log::warn!(
        target: "kv",
        sku = "b \"2\"", price = 9.5, gift = true, big = i128::MAX, none = None::<i32>, request_id = "r-2", status = 200,
        message = "not it", debug:? = Some(1);
        "priced"
    );
    log::info!(target: "kv", value:? = Fails, after = 1; "broken");
    log::error!(target: "kv", "radiosonde.level" = "fatal"; "gone");
    log::info!(target: "kv", outer = 1; "around: it {:?}", Logs);
    log::debug!(target: "kv", value:? = Fails; "disabled, and never formatted");
}

fn key_values(start: impl Fn(&str, &str) -> String) -> [String; 5] {
    [
        start("WARN", "kv")
            + r#""priced","request_id":"r-2","status":200,"metadata":{"sku":"b \"2\"","price":9.5,"gift":true,"big":"170141183460469231731687303715884105727","message":"not it","debug":"Some(1)"}}"#,
        start("INFO", "kv") + r#""broken","request_id":"r-1","metadata":{"value":"<fmt error>","after":1}}"#,
        start("FATAL", "kv") + r#""gone","request_id":"r-1"}"#,
        start("INFO", "kv") + r#""within","request_id":"r-1"}"#,
        start("INFO", "kv") + r#""around: it logs","request_id":"r-1","metadata":{"outer":1}}"#,
    ]
}

#[test]
fn records_are_events_with_their_own_target() {
    let buffer = SharedBuffer::new();
    let layer = JsonLayer::builder(&Resource::new("orders"))
        .clock(Arc::new(ManualClock::new()))
        .format(Format::Json)
        .writer(Writer::new("buffer", buffer.clone()))
        .build()
        .unwrap();
    let filter: LogFilter = "info,quiet=warn".parse().unwrap();
    // Another layer that enables what this one does not, such as one for traces.
    let other = tracing_subscriber::layer::Identity::new().with_filter(LogFilter::new(LevelFilter::TRACE));
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter)).with(other);
    tracing::subscriber::set_global_default(subscriber).unwrap();
    bridge_log_records().unwrap();
    let error = bridge_log_records().unwrap_err();
    assert_eq!(error.to_string(), "cannot bridge `log` records: the process already has a logger");
    assert!(error.source().is_some());

    let _span = info_span!("request", request_id = "r-1").entered();
    log::warn!(target: "other::crate", "half {}", 1);
    log::error!("of this module");
    log::info!(target: "quiet", "filtered by its own target");
    log::warn!(target: "quiet", "\n\"");
    log::debug!("filtered by its level");
    // `log_enabled!` is not an event, and does not swallow the next one.
    assert!(log::log_enabled!(target: "quiet", log::Level::Info));
    tracing::info!(target: "after::asking", "not swallowed");
    assert!(tracing::enabled!(target: "quiet", tracing::Level::INFO));
    tracing::info!(target: "after::asking", "nor here");
    emit_key_values();
    // An event that only looks like one from tracing-log.
    tracing::info!(target: "log", { log.line = 7 }, "not a record");

    let start = |level: &str, module: &str| {
        format!(
            r#"{{"timestamp":"2026-01-01T00:00:00.000Z","level":"{level}","service":"orders","module":"{module}","message":"#
        )
    };
    let (of_pairs, lines): (Vec<_>, Vec<_>) =
        buffer.lines().into_iter().partition(|line| line.contains(r#""module":"kv""#));
    assert_eq!(of_pairs, key_values(start));
    assert_eq!(
        lines,
        [
            start("WARN", "other::crate") + r#""half 1","request_id":"r-1"}"#,
            start("ERROR", module_path!()) + r#""of this module","request_id":"r-1"}"#,
            start("WARN", "quiet") + r#""\n\"","request_id":"r-1"}"#,
            start("INFO", "after::asking") + r#""not swallowed","request_id":"r-1"}"#,
            start("INFO", "after::asking") + r#""nor here","request_id":"r-1"}"#,
            start("INFO", "log") + r#""not a record","request_id":"r-1","metadata":{"log.line":7}}"#,
        ]
    );
}
