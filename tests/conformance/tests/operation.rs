//! Every possible outcome of a call, with its metrics, span and line.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use radiosonde_core::{Resource, SpanContext};
use radiosonde_log::{Format, JsonLayer, LogFilter, Writer};
use radiosonde_metrics::Registry;
use radiosonde_signals::Operation;
use radiosonde_testkit::{ManualClock, SharedBuffer};
use radiosonde_trace::{CaptureSpans, SpanStatus, TracePipeline};
use tracing_subscriber::Layer as _;
use tracing_subscriber::layer::SubscriberExt as _;

struct Signals {
    registry: Registry,
    clock: ManualClock,
    spans: CaptureSpans,
    lines: SharedBuffer,
    operation: Operation,
    _subscriber: tracing::subscriber::DefaultGuard,
}

impl Signals {
    fn new() -> Self {
        let (registry, clock) = (Registry::new(), ManualClock::default());
        let (spans, lines) = (CaptureSpans::new(), SharedBuffer::new());
        let resource = Resource::new("test");
        let traces =
            TracePipeline::builder(&resource).sink(spans.clone()).registry(&registry).build().unwrap();
        let log = JsonLayer::builder(&resource)
            .format(Format::Json)
            .registry(&registry)
            .writer(Writer::new("test", lines.clone()))
            .build()
            .unwrap()
            .with_filter("debug".parse::<LogFilter>().unwrap());
        let subscriber = tracing_subscriber::registry().with(traces.layer()).with(log);
        let operation =
            Operation::builder("price").registry(&registry).clock(Arc::new(clock.clone())).build().unwrap();
        let _subscriber = tracing::subscriber::set_default(subscriber);
        Self { registry, clock, spans, lines, operation, _subscriber }
    }

    #[track_caller]
    fn assert_one(&self, outcome: &str, level: &str, error: Option<&str>) {
        let text = self.registry.text();
        for other in ["completed", "failed", "aborted", "panicked"] {
            let times = u8::from(other == outcome);
            let line = format!("operation_calls_total{{operation=\"price\",outcome=\"{other}\"}} {times}\n");
            assert!(text.contains(&line), "no {line} in {text}");
        }
        assert!(text.contains("operation_duration_seconds_count{operation=\"price\"} 1\n"));
        assert!(text.contains("operation_in_flight{operation=\"price\"} 0\n"));
        let span = self.spans.find("price").unwrap();
        let failed = ["failed", "panicked"].contains(&outcome);
        assert_eq!(matches!(span.status, SpanStatus::Error { .. }), failed, "{:?}", span.status);
        let exposed = self.registry.encode(radiosonde_metrics::exposition::Format::OpenMetrics);
        assert!(exposed.contains(&format!("span_id=\"{}\"}} ", span.context.span_id())), "{exposed}");
        let lines = self.lines.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains(&format!("\"level\":\"{level}\"")), "{}", lines[0]);
        assert!(lines[0].contains(&format!("\"outcome\":\"{outcome}\"")), "{}", lines[0]);
        assert!(lines[0].contains(&format!("\"span_id\":\"{}\"", span.context.span_id())), "{}", lines[0]);
        assert_eq!(lines[0].contains("\"error\""), error.is_some(), "{}", lines[0]);
        assert!(lines[0].contains(error.unwrap_or_default()), "{}", lines[0]);
    }
}

#[test]
fn work_that_returns_ok_is_completed_and_timed() {
    let signals = Signals::new();
    let returned = signals.operation.run(|| {
        assert!(SpanContext::current().is_some(), "it runs in the span");
        assert!(signals.registry.text().contains("operation_in_flight{operation=\"price\"} 1\n"));
        signals.clock.advance(Duration::from_millis(300));
        Ok::<_, String>(7)
    });
    assert_eq!(returned, Ok(7));
    signals.assert_one("completed", "DEBUG", None);
    assert!(signals.registry.text().contains("operation_duration_seconds_sum{operation=\"price\"} 0.3\n"));
    assert!(signals.lines.text().contains("\"duration_ms\":300"), "{}", signals.lines.text());
}

#[test]
fn an_error_is_a_failure_and_its_text_is_kept() {
    let signals = Signals::new();
    assert!(signals.operation.run(|| Err::<(), _>("no price")).is_err());
    signals.assert_one("failed", "WARN", Some("no price"));
}

#[test]
fn a_panic_is_counted_and_goes_on() {
    let signals = Signals::new();
    let work = AssertUnwindSafe(|| signals.operation.run(|| -> Result<(), String> { panic!("oh") }));
    assert!(std::panic::catch_unwind(work).is_err());
    signals.assert_one("panicked", "ERROR", None);
}

#[tokio::test]
async fn asynchronous_work_ends_like_synchronous_work() {
    let signals = Signals::new();
    let work = async {
        tokio::task::yield_now().await;
        assert!(SpanContext::current().is_some(), "it runs in the span after an await, too");
        Err::<(), _>("no price")
    };
    assert!(signals.operation.run_async(work).await.is_err());
    signals.assert_one("failed", "WARN", Some("no price"));

    let signals = Signals::new();
    let work = async { panic!("oh") };
    let running = signals.operation.run_async::<_, (), String>(work);
    assert!(AssertUnwindSafe(running).catch_unwind().await.is_err());
    signals.assert_one("panicked", "ERROR", None);
}

#[tokio::test]
async fn work_that_is_dropped_amid_is_aborted_and_work_never_begun_is_nothing() {
    let signals = Signals::new();
    drop(signals.operation.run_async(std::future::pending::<Result<(), String>>()));
    assert!(signals.registry.text().contains("operation_duration_seconds_count{operation=\"price\"} 0\n"));
    assert!(
        signals.operation.run_async(std::future::pending::<Result<(), String>>()).now_or_never().is_none()
    );
    signals.assert_one("aborted", "WARN", None);
}

#[test]
fn a_guard_ends_as_it_is_told() {
    let signals = Signals::new();
    signals.operation.track().complete();
    signals.assert_one("completed", "DEBUG", None);
    let signals = Signals::new();
    signals.operation.track().fail("no price");
    signals.assert_one("failed", "WARN", Some("no price"));
    let signals = Signals::new();
    drop(signals.operation.track());
    signals.assert_one("aborted", "WARN", None);
}
