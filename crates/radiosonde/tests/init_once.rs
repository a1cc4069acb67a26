//! What is global, in a process of its own: set up without a runtime, once, and undone by no failure.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error as _;
use std::io::{Read as _, Write as _};
use std::time::Duration;

use radiosonde::log::Writer;
use radiosonde::loki::LokiOptions;
use radiosonde::otlp::OtlpOptions;
use radiosonde::{Format, InitError, Registry};
use radiosonde_testkit::{HttpFake, Reaction, SharedBuffer};

#[test]
fn one_line_sets_everything_up_and_a_second_is_an_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = radiosonde::builder()
        .metrics(|metrics| metrics.address(taken.local_addr().unwrap()))
        .init()
        .unwrap_err();
    assert!(matches!(refused, InitError::Listen(_)), "{refused:?}");
    let refused = radiosonde::builder().loki(LokiOptions::new("ftp://logs")).init().unwrap_err();
    assert!(matches!(refused, InitError::Loki(_)) && refused.source().is_some(), "{refused:?}");

    // After failures the first success is still the first.
    let (loki, jaeger) = (HttpFake::start([Reaction::status(204)]), HttpFake::start([Reaction::status(200)]));
    let lines = SharedBuffer::new();
    let telemetry = radiosonde::builder()
        .service_name("orders")
        .resource(|resource| resource.service_version("1.4.2").environment("test"))
        .logs(|logs| logs.format(Format::Json).writer(Writer::new("test", lines.clone())))
        .loki(LokiOptions::new(loki.url()))
        .otlp(OtlpOptions::new(jaeger.url()))
        .metrics(|metrics| metrics.port(0))
        .init()
        .unwrap();
    assert!(matches!(radiosonde::init("orders").unwrap_err(), InitError::AlreadyInitialised));

    let trace_id = tracing::info_span!("checkout").in_scope(|| {
        tracing::info!(order = 42, "ordered");
        radiosonde::SpanContext::current().unwrap().trace_id().to_string()
    });
    let line = &lines.lines()[0];
    assert!(
        line.contains(&format!("\"trace_id\":\"{trace_id}\"")) && line.contains("\"service\":\"orders\""),
        "{line}"
    );

    let mut scrape = std::net::TcpStream::connect(telemetry.admin_address().unwrap()).unwrap();
    scrape.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    scrape.read_to_string(&mut answer).unwrap();
    assert!(
        answer.contains("build_info{environment=\"test\",service=\"orders\",version=\"1.4.2\"} 1\n"),
        "{answer}"
    );
    assert!(answer.contains("\nprocess_cpu_seconds_total "), "{answer}");
    assert!(std::ptr::eq(Registry::global(), Registry::global()));

    let report = telemetry.shutdown_blocking(Duration::from_secs(10));
    assert_eq!(report.sink("loki").unwrap().delivered(), 1, "{report}");
    assert_eq!(report.sink("otlp").unwrap().delivered(), 1, "{report}");
    assert_eq!(report.produced(), report.delivered() + report.dropped() + report.left(), "{report}");
    assert_eq!(loki.requests()[0].path(), "/loki/api/v1/push");
    assert_eq!(jaeger.requests()[0].path(), "/v1/traces");
}
