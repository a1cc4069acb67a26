//! OTLP over gRPC, against a server that misbehaves on request.
#![cfg(feature = "grpc")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod protobuf;

use std::io::Read as _;
use std::time::{Duration, SystemTime};

use protobuf::Message;
use radiosonde_core::{Level, Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_delivery::{Delivery, HttpOptions, Retry, SinkOptions};
use radiosonde_log::{Line, LineSink as _};
use radiosonde_metrics::Registry;
use radiosonde_otlp::{Compression, OtlpOptions, OtlpProtocol, OtlpSpans};
use radiosonde_testkit::{HttpFake, Reaction, RecordedRequest};
use radiosonde_trace::{FinishedSpan, SpanSink as _};

const DEADLINE: Duration = Duration::from_secs(20);
const MS: Duration = Duration::from_millis(1);

/// An empty message: everything is accepted.
const EMPTY: &[u8] = b"\0\0\0\0\0";

/// `RetryInfo` of 200 ms in a status.
const DELAY: &str = "CAgaMwoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIHCgUQgISvXw";

fn quick() -> SinkOptions {
    SinkOptions::new("otlp").batch_age(Duration::from_secs(3600)).retry(Retry::new().base(MS).cap(MS))
}

fn delivery() -> Delivery {
    Delivery::builder().registry(&Registry::new()).start().unwrap()
}

fn ok() -> Reaction {
    grpc().body(EMPTY).trailer("grpc-status", "0")
}

fn grpc() -> Reaction {
    Reaction::status(200).header("content-type", "application/grpc")
}

/// A response without a body, whose status is in its headers.
fn refusal(code: &str) -> Reaction {
    grpc().header("grpc-status", code)
}

fn options(fake: &HttpFake) -> OtlpOptions {
    OtlpOptions::new(fake.url()).protocol(OtlpProtocol::Grpc)
}

fn push(spans: &OtlpSpans, count: usize) {
    for _ in 0..count {
        let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
        spans.accept(FinishedSpan::new(context, "GET /").encode());
    }
}

/// What becomes of two spans in a batch with these responses.
fn report(script: impl IntoIterator<Item = Reaction>, sink: SinkOptions) -> (String, usize) {
    let fake = HttpFake::http2(script);
    let delivery = delivery();
    let spans = options(&fake).sink(sink).build_spans(&Resource::new("x"), &delivery).unwrap();
    push(&spans, 2);
    let report = delivery.shutdown_blocking(DEADLINE).to_string();
    (report.replace("otlp: 2 produced, ", ""), fake.requests().len())
}

/// The spans of a framed request.
fn spans_of(request: &RecordedRequest) -> usize {
    let message = Message::read(&request.body()[5..]);
    message.messages(1)[0].messages(2).iter().map(|scope| scope.messages(2).len()).sum()
}

#[test]
fn a_call_has_the_path_the_headers_and_the_frame_of_grpc() {
    let fake = HttpFake::http2([ok()]);
    let delivery = delivery();
    let spans = options(&fake)
        .http(HttpOptions::new().header("x-tenant", "shop"))
        .sink(quick().timeout(MS * 2500))
        .build_spans(&Resource::new("orders"), &delivery)
        .unwrap();
    push(&spans, 3);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "otlp: 3 produced, 3 delivered, 0 dropped, 0 left");
    let request = &fake.requests()[0];
    assert_eq!(request.method(), "POST");
    assert_eq!(request.path(), "/opentelemetry.proto.collector.trace.v1.TraceService/Export");
    for (name, expected) in [
        ("content-type", Some("application/grpc")),
        ("te", Some("trailers")),
        ("grpc-timeout", Some("2500m")),
        ("grpc-encoding", None),
        ("x-tenant", Some("shop")),
    ] {
        assert_eq!(request.header(name), expected, "{name}");
    }
    let (prefix, message) = request.body().split_at(5);
    assert_eq!(prefix[0], 0);
    assert_eq!(u32::from_be_bytes(prefix[1..].try_into().unwrap()) as usize, message.len());
    assert_eq!(spans_of(request), 3);
}

#[test]
fn a_compressed_message_is_marked_in_the_frame_and_the_headers() {
    let fake = HttpFake::http2([ok()]);
    let delivery = delivery();
    let options = options(&fake).compression(Compression::Gzip).sink(quick());
    push(&options.build_spans(&Resource::new("orders"), &delivery).unwrap(), 100);
    assert_eq!(delivery.shutdown_blocking(DEADLINE).delivered(), 100);
    let request = &fake.requests()[0];
    assert_eq!((request.header("grpc-encoding"), request.header("content-encoding")), (Some("gzip"), None));
    let (prefix, message) = request.body().split_at(5);
    assert_eq!(prefix[0], 1);
    assert_eq!(u32::from_be_bytes(prefix[1..].try_into().unwrap()) as usize, message.len());
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(message).read_to_end(&mut plain).unwrap();
    assert_eq!(Message::read(&plain).messages(1)[0].messages(2)[0].messages(2).len(), 100);
}

#[test]
fn log_records_go_to_their_own_service() {
    let fake = HttpFake::http2([ok(), refusal("12")]);
    let delivery = delivery();
    let sink = SinkOptions::default().batch_items(1);
    let logs = options(&fake).sink(sink).build_logs(&Resource::new("orders"), &delivery).unwrap();
    for _ in 0..2 {
        logs.accept(&Line::new("{}", SystemTime::UNIX_EPOCH, Level::Info));
    }
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(
        report.to_string(),
        "otlp_logs: 2 produced, 1 delivered, 1 dropped (wrong_address 1), 0 left",
        "Jaeger has no such service"
    );
    assert_eq!(fake.requests()[0].path(), "/opentelemetry.proto.collector.logs.v1.LogsService/Export");
}

#[test]
fn what_the_specification_calls_retryable_is_retried() {
    let all_delivered = |requests| ("2 delivered, 0 dropped, 0 left".to_owned(), requests);
    let retryable = ["1", "4", "10", "11", "14", "15"];
    let script = retryable.map(refusal).into_iter().chain([ok()]);
    assert_eq!(report(script, quick()), all_delivered(7));
    // The status is in the trailers after a message, too.
    let late = grpc().body(EMPTY).trailer("grpc-status", "14").trailer("grpc-message", "shutting down");
    assert_eq!(report([late, ok()], quick()), all_delivered(2));
    // A stream that ends before its status, and a gateway's response.
    assert_eq!(report([grpc().body(EMPTY), Reaction::status(503), ok()], quick()), all_delivered(3));
}

#[test]
fn what_it_does_not_call_retryable_is_dropped_with_a_reason() {
    for (code, reason) in [
        ("2", "refused"),
        ("3", "refused"),
        ("7", "unauthorized"),
        ("8", "refused"),
        ("12", "wrong_address"),
        ("13", "refused"),
        ("16", "unauthorized"),
    ] {
        let dropped = format!("0 delivered, 2 dropped ({reason} 2), 0 left");
        assert_eq!(report([refusal(code), ok()], quick()), (dropped, 1), "{code}");
    }
    // A web server.
    let page = Reaction::status(200).header("content-type", "text/html").body("<html>");
    let dropped = "0 delivered, 2 dropped (wrong_address 2), 0 left".to_owned();
    assert_eq!(report([page], quick()), (dropped, 1));
}

#[test]
fn an_exhausted_server_is_tried_again_after_the_delay_that_it_names() {
    let fake = HttpFake::http2([refusal("8").header("grpc-status-details-bin", DELAY), ok()]);
    let delivery = delivery();
    let spans = options(&fake).sink(quick()).build_spans(&Resource::new("x"), &delivery).unwrap();
    push(&spans, 2);
    let flushing = delivery.flush(DEADLINE);
    fake.wait_for(1, DEADLINE).unwrap();
    assert!(fake.wait_for(2, MS * 100).is_err(), "it waits");
    fake.wait_for(2, DEADLINE).unwrap();
    drop(flushing);
    assert_eq!(delivery.shutdown_blocking(DEADLINE).delivered(), 2);
}

#[test]
fn rejected_spans_of_a_partial_success_are_counted_and_not_sent_again() {
    // rejected_spans: 1, error_message: "no"
    let partial = grpc().body(*b"\0\0\0\0\x08\x0a\x06\x08\x01\x12\x02no").trailer("grpc-status", "0");
    let counted = "1 delivered, 1 dropped (partial_success 1), 0 left".to_owned();
    assert_eq!(report([partial, ok()], quick()), (counted, 1));
}

#[test]
fn a_message_larger_than_the_server_accepts_is_halved() {
    let fake = HttpFake::http2_answering(|request| match spans_of(request) {
        0..=2 => ok(),
        _ => refusal("8").header("grpc-message", "grpc: received message larger than max (9 vs. 4)"),
    });
    let delivery = delivery();
    let spans = options(&fake).sink(quick()).build_spans(&Resource::new("x"), &delivery).unwrap();
    push(&spans, 6);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "otlp: 6 produced, 6 delivered, 0 dropped, 0 left");
    assert_eq!(fake.requests().iter().map(spans_of).collect::<Vec<_>>(), [6, 3, 2, 1, 3, 2, 1]);
}

#[test]
fn a_server_that_hangs_costs_a_timeout_and_not_the_batch() {
    let delivered = ("2 delivered, 0 dropped, 0 left".to_owned(), 2);
    assert_eq!(report([Reaction::hang(), ok()], quick().timeout(MS * 100)), delivered);
    let (report, _) = report([Reaction::hang()], quick().timeout(MS * 20).export_timeout(MS * 100));
    assert_eq!(report, "0 delivered, 2 dropped (export_timeout 2), 0 left");
}

#[test]
fn four_calls_with_spans_are_in_flight_by_default() {
    let fake = HttpFake::http2([Reaction::hang()]);
    let delivery = delivery();
    let sink = quick().batch_items(1);
    let spans = options(&fake).sink(sink).build_spans(&Resource::new("x"), &delivery).unwrap();
    push(&spans, 10);
    fake.wait_for(4, DEADLINE).unwrap();
    assert!(fake.wait_for(5, MS * 50).is_err());
    assert_eq!(delivery.shutdown_blocking(Duration::ZERO).left(), 10);
}
