//! Events emitted while another is formatted or written, and while a thread exits. They reach the layer only through the
//! global subscriber: `tracing` itself drops them within a scoped one.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, Line, LineSink, Writer};
use radiosonde_metrics::Registry;
use radiosonde_testkit::{ManualClock, SharedBuffer};
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

struct Logs;

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info!(depth = 2, "from within Debug");
        f.write_str("logged")
    }
}

struct LogsWhileWriting(SharedBuffer);

impl Write for LogsWhileWriting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        info!("from within a writer");
        self.0.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct LogsWhileAccepting;

impl LineSink for LogsWhileAccepting {
    fn accept(&self, _: &Line<'_>) {
        info!("from within a sink");
    }
}

struct LogsAtTheEnd;

impl Drop for LogsAtTheEnd {
    fn drop(&mut self) {
        info!(at = "the end", "from within a destructor");
    }
}

thread_local! {
    static EARLY: RefCell<Option<LogsAtTheEnd>> = const { RefCell::new(None) };
    static LATE: RefCell<Option<LogsAtTheEnd>> = const { RefCell::new(None) };
}

/// A single test, because it is about the process's one subscriber.
#[test]
fn they_neither_deadlock_nor_recurse_nor_corrupt() {
    let registry = Registry::new();
    let buffer = SharedBuffer::new();
    let layer = JsonLayer::builder(&Resource::new("orders"))
        .clock(Arc::new(ManualClock::new()))
        .registry(&registry)
        .format(Format::Json)
        .writer(Writer::new("buffer", LogsWhileWriting(buffer.clone())))
        .sink(Arc::new(LogsWhileAccepting))
        .build()
        .unwrap();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();
    let metadata = |text: &str| {
        text.lines()
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line)
                    .unwrap_or_else(|error| panic!("{error}: {line}"))
            })
            .map(|line| (line["message"].as_str().unwrap().to_owned(), line["metadata"].to_string()))
            .collect::<Vec<_>>()
    };
    let line = |message: &str, metadata: &str| (message.to_owned(), metadata.to_owned());

    // While an event is formatted: a separate line, before it.
    info!(depth = 1, value = ?Logs, last = true, "outer");
    assert_eq!(
        metadata(&buffer.take()),
        [
            line("from within Debug", r#"{"depth":2}"#),
            line("outer", r#"{"depth":1,"last":true,"value":"logged"}"#),
        ]
    );

    // While a span's fields are formatted, at its creation and later.
    let span = info_span!("span", value = ?Logs, later = tracing::field::Empty).entered();
    assert_eq!(metadata(&buffer.take()), [line("from within Debug", r#"{"depth":2}"#)]);
    span.record("later", tracing::field::debug(Logs));
    assert_eq!(metadata(&buffer.take()), [line("from within Debug", r#"{"depth":2,"value":"logged"}"#)]);
    info!("within");
    assert_eq!(metadata(&buffer.take()), [line("within", r#"{"later":"logged","value":"logged"}"#)]);
    drop(span);

    // Writer and sink were called for five lines and emitted an event each time.
    let text = registry.text();
    assert!(
        text.contains("radiosonde_log_dropped_total{level=\"INFO\",reason=\"nested\",writer=\"layer\"} 10\n"),
        "{text}"
    );

    // While a thread's locals are destroyed, whether they were created before those of `tracing` or after.
    for _ in 0..2 {
        std::thread::spawn(|| {
            EARLY.with(|early| *early.borrow_mut() = Some(LogsAtTheEnd));
            let _span = info_span!("span").entered();
            info!("alive");
            LATE.with(|late| *late.borrow_mut() = Some(LogsAtTheEnd));
        })
        .join()
        .unwrap();
        assert_eq!(
            metadata(&buffer.take()),
            [
                line("alive", "null"),
                line("from within a destructor", r#"{"at":"the end"}"#),
                line("from within a destructor", r#"{"at":"the end"}"#),
            ]
        );
    }
}
