//! OTLP over gRPC to the real Jaeger: what arrives is what arrives over HTTP, and its refusals are classified.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::time::{Duration, SystemTime};

use e2e::{Jaeger, Span, wait_for};
use radiosonde_core::{Clock as _, Level, Resource, SpanContext, SpanId, SystemClock, TraceFlags, TraceId};
use radiosonde_delivery::{Delivery, Retry, SinkOptions};
use radiosonde_log::{Line, LineSink as _};
use radiosonde_metrics::Registry;
use radiosonde_otlp::{Compression, OtlpOptions, OtlpProtocol};
use radiosonde_trace::{
    Attribute, AttributeValue, FinishedSpan, SpanEvent, SpanKind, SpanLink, SpanSink as _, SpanStatus,
};

const SOON: Duration = Duration::from_secs(30);

fn delivery() -> Delivery {
    Delivery::builder().registry(&Registry::new()).start().unwrap()
}

fn sink() -> SinkOptions {
    let retry =
        Retry::new().base(Duration::from_millis(20)).cap(Duration::from_millis(200)).max_attempts(u32::MAX);
    SinkOptions::default().timeout(Duration::from_secs(5)).retry(retry)
}

fn over_grpc(jaeger: &Jaeger) -> OtlpOptions {
    OtlpOptions::new(jaeger.otlp_grpc_url()).protocol(OtlpProtocol::Grpc).sink(sink())
}

fn context() -> SpanContext {
    SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED)
}

/// A span with something in every field.
fn full_span(context: SpanContext, start: SystemTime) -> FinishedSpan {
    let mut span = FinishedSpan::new(context, "GET /orders/{id}");
    (span.start, span.end) = (start, start + Duration::from_millis(12));
    span.kind = SpanKind::Server;
    span.attributes = vec![
        Attribute::new("text", "\u{fc}".to_owned()),
        Attribute::new("whole", i64::MIN),
        Attribute::new("ratio", 0.5),
        Attribute::new("truth", true),
        Attribute::new("list", AttributeValue::Array(vec![1_i64.into(), 2_i64.into()])),
    ];
    span.events = vec![SpanEvent::new("retry", start + Duration::from_millis(1))];
    let linked = SpanContext::new(
        TraceId::from_bytes([1; 16]).unwrap(),
        SpanId::from_bytes([2; 8]).unwrap(),
        TraceFlags::SAMPLED,
    );
    span.links = vec![SpanLink::new(linked)];
    span.status = SpanStatus::Error { description: "no stock".into() };
    span
}

/// The spans of a trace, once there are as many.
fn spans_of(jaeger: &Jaeger, trace: TraceId, count: usize) -> Vec<Span> {
    wait_for(&format!("{count} spans"), SOON, || {
        let spans = jaeger.spans(&trace.to_string())?;
        if spans.len() == count { Ok(spans) } else { Err(format!("{} spans", spans.len()).into()) }
    })
}

#[test]
fn a_span_over_grpc_arrives_as_it_does_over_http() {
    let Some(jaeger) = Jaeger::start() else { return };
    let start = SystemClock.now();
    let http = OtlpOptions::new(jaeger.otlp_http_url()).sink(sink());
    let stored =
        [http, over_grpc(&jaeger), over_grpc(&jaeger).compression(Compression::Gzip)].map(|options| {
            let delivery = delivery();
            let resource = Resource::builder().service_name("orders").instance_id("i-1").build();
            let spans = options.build_spans(&resource, &delivery).unwrap();
            let context = context();
            spans.accept(full_span(context, start).encode());
            let report = delivery.shutdown_blocking(SOON);
            assert_eq!(report.to_string(), "otlp: 1 produced, 1 delivered, 0 dropped, 0 left");
            // Its own ids differ, and nothing else.
            let mut span = spans_of(&jaeger, context.trace_id(), 1).remove(0);
            span.trace_id.clear();
            span.span_id.clear();
            span
        });
    let [http, grpc, compressed] = &stored;
    assert_eq!((&*http.status_message, http.events.len(), http.links.len()), ("no stock", 1, 1));
    assert_eq!(http.attributes["whole"], i64::MIN);
    assert_eq!(http, grpc);
    assert_eq!(http, compressed);
}

#[test]
fn a_message_larger_than_jaeger_accepts_is_halved_until_it_fits() {
    let Some(jaeger) = Jaeger::start() else { return };
    let registry = Registry::new();
    let delivery = Delivery::builder().registry(&registry).start().unwrap();
    let sink = sink().batch_bytes(16 << 20).batch_age(Duration::from_secs(3600));
    let spans = over_grpc(&jaeger).sink(sink).build_spans(&Resource::new("large"), &delivery).unwrap();
    let root = context();
    for _ in 0..10 {
        let own = SpanContext::new(root.trace_id(), SpanId::random(), TraceFlags::SAMPLED);
        let mut span = FinishedSpan::new(own, "large");
        (span.start, span.end) = (SystemClock.now(), SystemClock.now());
        span.attributes = vec![Attribute::new("text", "x".repeat(1 << 20))];
        spans.accept(span.encode());
    }
    let report = delivery.shutdown_blocking(SOON);
    assert_eq!(report.to_string(), "otlp: 10 produced, 10 delivered, 0 dropped, 0 left");
    spans_of(&jaeger, root.trace_id(), 10);
    // Ten, five and five of more than 4 MiB, and four that fit.
    let text = registry.text();
    assert!(text.contains("radiosonde_delivery_requests_total{sink=\"otlp\"} 7\n"), "{text}");
}

#[test]
fn log_records_for_a_jaeger_are_dropped_as_a_wrong_address() {
    let Some(jaeger) = Jaeger::start() else { return };
    let delivery = delivery();
    let logs = over_grpc(&jaeger).build_logs(&Resource::new("orders"), &delivery).unwrap();
    logs.accept(&Line::new("{}", SystemClock.now(), Level::Info));
    let report = delivery.shutdown_blocking(SOON);
    let expected = "otlp_logs: 1 produced, 0 delivered, 1 dropped (wrong_address 1), 0 left";
    assert_eq!(report.to_string(), expected);
}

#[test]
fn spans_wait_over_grpc_for_a_jaeger_that_restarts() {
    let Some(jaeger) = Jaeger::start() else { return };
    let delivery = delivery();
    let spans = over_grpc(&jaeger).build_spans(&Resource::new("orders"), &delivery).unwrap();
    let send = || {
        let context = context();
        spans.accept(full_span(context, SystemClock.now()).encode());
        context.trace_id()
    };
    let before = send();
    spans_of(&jaeger, before, 1);
    jaeger.process().stop();
    let during = send();
    jaeger.process().restart();
    spans_of(&jaeger, during, 1);
    assert_eq!(
        delivery.shutdown_blocking(SOON).to_string(),
        "otlp: 2 produced, 2 delivered, 0 dropped, 0 left"
    );
}
