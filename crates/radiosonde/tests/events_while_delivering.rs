//! A running delivery changes nothing for other threads, and its own threads make no line. There is one set-up in a process, and so
//! one test.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use radiosonde::base::silence;
use radiosonde::log::Writer;
use radiosonde::loki::LokiOptions;
use radiosonde::otlp::OtlpOptions;
use radiosonde::{Format, Registry, fatal};
use radiosonde_testkit::{HttpFake, Reaction, SharedBuffer};
use tracing::{info, info_span};

struct LogsWithinDebug;

impl fmt::Debug for LogsWithinDebug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info!("info within Debug");
        log::info!("record within Debug");
        f.write_str("debug")
    }
}

struct LogsWithinDisplay;

impl fmt::Display for LogsWithinDisplay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fatal!("fatal within Display");
        f.write_str("display")
    }
}

struct LogsWhenDropped;

impl Drop for LogsWhenDropped {
    fn drop(&mut self) {
        info!("in the destructor of a thread-local");
    }
}

thread_local! {
    static LOCAL: RefCell<Option<LogsWhenDropped>> = const { RefCell::new(None) };
}

/// Level and message of each line.
fn messages(buffer: &SharedBuffer) -> Vec<String> {
    let value = |line: &str, key: &str| {
        let (_, value) = line.split_once(&format!("\"{key}\":\"")).unwrap();
        value.split('"').next().unwrap().to_owned()
    };
    buffer.take().lines().map(|line| value(line, "level") + " " + &value(line, "message")).collect()
}

#[test]
fn a_running_delivery_neither_hides_lines_nor_makes_any() {
    // Neither takes the first request.
    let [loki, jaeger] =
        [204, 200].map(|status| HttpFake::start([Reaction::close(), Reaction::status(status)]));
    let buffer = SharedBuffer::new();
    let telemetry = radiosonde::builder()
        .service_name("orders")
        .registry(&Registry::new())
        .logs(|logs| logs.format(Format::Json))
        .filter("trace")
        .logs(|logs| logs.writer(Writer::new("buffer", buffer.clone()).direct()))
        .loki(LokiOptions::new(loki.url().replace("127.0.0.1", "localhost")))
        .otlp(OtlpOptions::new(jaeger.url().replace("127.0.0.1", "localhost")))
        .init()
        .unwrap();

    info!(value = ?LogsWithinDebug, "outer");
    assert_eq!(messages(&buffer), ["INFO info within Debug", "INFO record within Debug", "INFO outer"]);
    info!(value = %LogsWithinDisplay, "outer");
    assert_eq!(messages(&buffer), ["FATAL fatal within Display", "INFO outer"]);
    info_span!("request").in_scope(|| ());

    std::thread::spawn(|| {
        LOCAL.set(Some(LogsWhenDropped));
        info!("in a thread");
    })
    .join()
    .unwrap();
    assert_eq!(messages(&buffer), ["INFO in a thread", "INFO in the destructor of a thread-local"]);

    std::thread::spawn(|| {
        silence::silence_thread();
        let _span = info_span!("silenced").entered();
        info!(value = ?LogsWithinDebug, "silenced");
        log::info!("silenced");
        fatal!("silenced");
    })
    .join()
    .unwrap();
    let report = telemetry.shutdown_blocking(Duration::from_secs(30));
    assert_eq!(report.sink("otlp").unwrap().delivered(), 1, "the application's span: {report}");
    assert_eq!(report.sink("loki").unwrap().delivered(), 7, "the application's lines: {report}");
    assert_eq!(messages(&buffer), [""; 0], "lines about delivering lines");
}
