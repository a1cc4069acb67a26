//! OTLP's log records against real receivers: Loki takes them, Jaeger does not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a helper cannot do fails its test")]

use std::sync::Arc;
use std::time::Duration;

use e2e::{Jaeger, Loki, wait_for};
use radiosonde_core::{Clock, Level, Resource, SpanContext, SpanId, SystemClock, TraceFlags, TraceId};
use radiosonde_delivery::{Delivery, Report, SinkOptions};
use radiosonde_log::{JsonLayer, Line, LineSink, Writer, fatal};
use radiosonde_loki::{LogEntry, LogQuery, TimeRange};
use radiosonde_metrics::Registry;
use radiosonde_otlp::{Compression, OtlpOptions};
use tracing::{error, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

const SOON: Duration = Duration::from_secs(30);

/// Does `work` as a service whose lines go to this endpoint, as log records.
fn serve(endpoint: &str, compression: Compression, work: impl FnOnce()) -> Report {
    let registry = Registry::new();
    let delivery = Delivery::builder().registry(&registry).start().unwrap();
    let resource = Resource::builder().service_name("orders").environment("test").build();
    let logs = OtlpOptions::new(endpoint)
        .compression(compression)
        .sink(SinkOptions::new("otlp_logs").timeout(SOON))
        .build_logs(&resource, &delivery)
        .unwrap();
    let lines = JsonLayer::builder(&resource)
        .registry(&registry)
        .writer(Writer::new("nowhere", std::io::sink()))
        .sink(Arc::new(logs))
        .build()
        .unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), work);
    delivery.shutdown_blocking(SOON)
}

fn found(loki: &Loki, logql: &str, count: usize) -> Vec<LogEntry> {
    let client = LogQuery::builder(loki.url()).timeout(SOON).build().unwrap();
    let range = || TimeRange::ending(SystemClock.now() + SOON, Duration::from_secs(3600));
    wait_for(&format!("{count} lines of {logql}"), SOON, || {
        let found = client.query_range(logql, range()).entries().wait()?;
        if found.len() == count { Ok(found) } else { Err(format!("{found:?}").into()) }
    })
}

#[test]
fn records_are_lines_of_loki_with_their_level_their_service_and_their_trace() {
    let Some(loki) = Loki::start() else { return };
    let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
    for compression in [Compression::None, Compression::Gzip] {
        let report = serve(&format!("{}/otlp", loki.url()), compression, || {
            let _current = context.enter();
            let _request = info_span!("request", request_id = "r-1").entered();
            error!(target: "orders::price", amount = 9.5, retries = 3, retried = true, "declined ü\n");
            info!("paid");
            fatal!("gone");
        });
        assert_eq!(report.to_string(), "otlp_logs: 3 produced, 3 delivered, 0 dropped, 0 left");
    }
    let all = found(&loki, r#"{service_name="orders"}"#, 6);
    let mut levels: Vec<_> = all.iter().map(|entry| (entry.level(), &*entry.line)).collect();
    levels.sort();
    levels.dedup();
    let expected = [(Level::Info, "paid"), (Level::Error, "declined ü\n"), (Level::Fatal, "gone")];
    assert_eq!(levels, expected.map(|(level, line)| (Some(level), line)));

    let declined = &found(&loki, r#"{service_name="orders"} | severity_text="ERROR""#, 2)[0];
    assert_eq!(declined.labels.get("deployment_environment_name"), Some("test"));
    assert_eq!(declined.trace_id(), Some(context.trace_id()));
    let beside = |name: &str| declined.structured_metadata.get(name);
    assert_eq!(beside("span_id"), Some(&*context.span_id().to_string()));
    assert_eq!((beside("severity_number"), beside("detected_level")), (Some("17"), Some("error")));
    assert_eq!((beside("scope_name"), beside("request_id")), (Some("orders::price"), Some("r-1")));
    assert_eq!(
        (beside("amount"), beside("retries"), beside("retried")),
        (Some("9.5"), Some("3"), Some("true"))
    );
    found(
        &loki,
        &format!(r#"{{service_name="orders"}} | trace_id="{}" | retries > 2"#, context.trace_id()),
        2,
    );
}

// Loki keeps one of several equal records of one time.
#[test]
fn ten_equal_events_of_one_nanosecond_are_ten_lines_of_loki() {
    let Some(loki) = Loki::start() else { return };
    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let resource = Resource::new("orders");
    let logs = OtlpOptions::new(format!("{}/otlp", loki.url())).build_logs(&resource, &delivery).unwrap();
    let now = SystemClock.now();
    for _ in 0..10 {
        logs.accept(&Line::new("{}", now, Level::Info).with_message("paid"));
    }
    let report = delivery.shutdown_blocking(SOON);
    assert_eq!(report.to_string(), "otlp_logs: 10 produced, 10 delivered, 0 dropped, 0 left");
    found(&loki, r#"{service_name="orders"}"#, 10);
}

#[test]
fn a_jaeger_that_takes_no_logs_is_a_wrong_address() {
    let Some(jaeger) = Jaeger::start() else { return };
    let report = serve(&jaeger.otlp_http_url(), Compression::None, || info!("paid"));
    assert_eq!(report.to_string(), "otlp_logs: 1 produced, 0 delivered, 1 dropped (wrong_address 1), 0 left");
}
