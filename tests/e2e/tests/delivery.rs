//! The sinks against the real Loki and Jaeger: pushed data can be queried, and the sinks classify the backends' own refusals
//! and absences correctly.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::time::{Duration, SystemTime};

use e2e::{Jaeger, LogEntry, Loki, wait_for};
use radiosonde_core::{Clock, Level, Resource, SpanContext, SpanId, SystemClock, TraceFlags, TraceId};
use radiosonde_delivery::{Delivery, Retry, SinkOptions};
use radiosonde_log::{Line, LineSink};
use radiosonde_loki::{LokiOptions, LokiSink};
use radiosonde_metrics::Registry;
use radiosonde_otlp::{Compression, OtlpOptions, OtlpSignalOptions};
use radiosonde_trace::{
    Attribute, AttributeValue, FinishedSpan, SpanEvent, SpanKind, SpanLink, SpanSink, SpanStatus,
};

const SOON: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_secs(3600);

fn delivery() -> Delivery {
    Delivery::builder().registry(&Registry::new()).start().unwrap()
}

fn persistent(name: &'static str) -> SinkOptions {
    let retry = Retry::new()
        .base(Duration::from_millis(20))
        .cap(Duration::from_millis(200))
        .max_attempts(u32::MAX)
        .max_age(HOUR);
    SinkOptions::new(name).batch_age(Duration::from_millis(10)).timeout(Duration::from_secs(2)).retry(retry)
}

fn resource() -> Resource {
    Resource::builder().service_name("orders \"eu\"").environment("test").build()
}

fn sink(delivery: &Delivery, loki: &Loki) -> LokiSink {
    LokiOptions::new(loki.url()).sink(persistent("loki")).build(&resource(), delivery).unwrap()
}

fn context() -> SpanContext {
    SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED)
}

fn lines(loki: &Loki, logql: &str, count: usize) -> Vec<LogEntry> {
    wait_for(&format!("{count} lines of {logql}"), SOON, || {
        let lines = loki.query(logql)?;
        if lines.len() == count { Ok(lines) } else { Err(format!("{} lines", lines.len()).into()) }
    })
}

/// Old lines, which Loki refuses.
fn accept_at(sink: &LokiSink, at: SystemTime, json: &str) {
    sink.accept(&Line::new(json, at, Level::Info));
}

#[test]
fn lines_come_back_by_label_by_field_and_by_id() {
    let Some(loki) = Loki::start() else { return };
    let delivery = delivery();
    let sink = LokiOptions::new(loki.url())
        .tenant("shop")
        .label("team", "pricing")
        .sink(persistent("loki"))
        .build(&resource(), &delivery)
        .unwrap();
    let (context, now) = (context(), SystemClock.now());
    let failed = r#"{"level":"ERROR","message":"card declined ü\n"}"#;
    sink.accept(
        &Line::new(failed, now, Level::Error)
            .with_context(context)
            .with_request_id("r-1")
            .with_correlation_id("c-1")
            .with_user_id("u-1"),
    );
    sink.accept(&Line::new(r#"{"level":"INFO","message":"paid"}"#, now, Level::Info));
    assert_eq!(
        delivery.shutdown_blocking(SOON).to_string(),
        "loki: 2 produced, 2 delivered, 0 dropped, 0 left"
    );

    lines(&loki, r#"{service_name="orders \"eu\"", env="test", team="pricing"}"#, 2);
    lines(&loki, r#"{env="test"} | json | message="paid""#, 1);
    lines(&loki, &format!(r#"{{env="test"}} | span_id="{}""#, text(&context.span_id().to_hex())), 1);
    lines(&loki, &format!(r#"{{env="test"}} | trace_id="{}""#, text(&context.trace_id().to_hex())), 1);
    // The queries of a cookbook: label and line spell the level alike, so both find it.
    lines(&loki, r#"{level="ERROR"}"#, 1);
    let found = &lines(&loki, r#"{env="test"} | json | level="ERROR""#, 1)[0];
    assert_eq!(found.line, failed);
    assert_eq!(found.timestamp, now.duration_since(SystemTime::UNIX_EPOCH).unwrap());
    let metadata = |name: &str| found.structured_metadata.get(name).map(String::as_str);
    assert_eq!(
        ["trace_id", "span_id", "request_id", "correlation_id", "user_id"].map(metadata),
        [
            Some(&*text(&context.trace_id().to_hex())),
            Some(&*text(&context.span_id().to_hex())),
            Some("r-1"),
            Some("c-1"),
            Some("u-1")
        ]
    );
    let instance = metadata("service_instance_id").unwrap();
    lines(&loki, &format!(r#"{{env="test"}} | service_instance_id="{instance}""#), 2);
}

#[test]
fn equal_lines_of_the_same_nanosecond_all_come_back() {
    let Some(loki) = Loki::start() else { return };
    let delivery = delivery();
    let options = persistent("loki").batch_items(7);
    let sink = LokiOptions::new(loki.url()).sink(options).build(&resource(), &delivery).unwrap();
    let now = SystemClock.now();
    for _ in 0..100 {
        sink.accept(&Line::new("{}", now, Level::Info));
    }
    assert_eq!(delivery.shutdown_blocking(SOON).delivered(), 100);
    lines(&loki, r#"{env="test"}"#, 100);
}

// The bound of gRPC between Loki's parts is 4 MiB, and its rate limit grants a burst of 6 MB.
#[test]
fn a_push_that_is_too_large_for_loki_is_halved_and_every_line_comes_back() {
    let Some(loki) = Loki::start() else { return };
    for (service, count) in [("beyond_grpc", 27), ("beyond_burst", 36)] {
        let delivery = delivery();
        let sink = LokiOptions::new(format!("{}/loki/api/v1/push/", loki.url()))
            .sink(persistent("loki").batch_age(HOUR).batch_bytes(16 << 20).timeout(SOON))
            .build(&Resource::new(service), &delivery)
            .unwrap();
        let line = format!("\"{}\"", "x".repeat(200_000));
        for _ in 0..count {
            accept_at(&sink, SystemClock.now(), &line);
        }
        let expected = format!("loki: {count} produced, {count} delivered, 0 dropped, 0 left");
        assert_eq!(delivery.shutdown_blocking(SOON).to_string(), expected);
        // The lines themselves are larger than a query's response may be.
        let count_stored = format!("sum(count_over_time({{service_name=\"{service}\"}}[1h]))");
        wait_for(&count_stored, SOON, || {
            let stored = loki.query_numbers(&count_stored)?;
            match &stored[..] {
                [sample] if sample.value == f64::from(count) => Ok(()),
                _ => Err(format!("{stored:?} instead of {count}").into()),
            }
        });
    }
}

#[test]
fn a_loki_without_structured_metadata_keeps_every_line_with_its_ids_in_the_line() {
    let Some(loki) = Loki::start_with(&["-validation.allow-structured-metadata=false"]) else { return };
    let delivery = delivery();
    let sink = sink(&delivery, &loki);
    let json = r#"{"level":"INFO","message":"paid","request_id":"r-1"}"#;
    sink.accept(
        &Line::new(json, SystemClock.now(), Level::Info).with_context(context()).with_request_id("r-1"),
    );
    assert!(sink.flush(SOON));
    sink.accept(&Line::new(r#"{"message":"after"}"#, SystemClock.now(), Level::Info).with_request_id("r-2"));
    assert_eq!(
        delivery.shutdown_blocking(SOON).to_string(),
        "loki: 2 produced, 2 delivered, 0 dropped, 0 left"
    );
    let found = &lines(&loki, r#"{env="test"} | json | request_id="r-1""#, 1)[0];
    assert_eq!((&*found.line, found.structured_metadata.get("request_id")), (json, None));
    lines(&loki, r#"{env="test"}"#, 2);
}

#[test]
fn what_loki_refuses_is_dropped_for_lokis_own_reason_and_the_rest_is_stored() {
    let Some(loki) = Loki::start() else { return };
    let now = SystemClock.now();
    let refused = |reason: &str, lines: &[(SystemTime, &str)]| {
        let delivery = delivery();
        let sink = LokiOptions::new(loki.url())
            .max_line_bytes(1 << 20)
            .sink(persistent("loki").batch_age(HOUR))
            .build(&resource(), &delivery)
            .unwrap();
        for (at, line) in lines {
            accept_at(&sink, *at, line);
        }
        let report = delivery.shutdown_blocking(SOON);
        let sink = report.sink("loki").unwrap();
        assert_eq!(sink.dropped_for(reason), sink.dropped(), "{reason}: {report}");
        (sink.delivered(), sink.dropped())
    };
    let long = format!("\"{}\"", "x".repeat(300_000));
    // If Loki reports no number, the whole batch counts as dropped, though its valid line is stored.
    assert_eq!(refused("greater_than_max_sample_age", &[(now - HOUR * 24 * 8, "{}"), (now, "1")]), (0, 2));
    assert_eq!(refused("too_far_in_future", &[(now + HOUR, "{}"), (now, "2")]), (0, 2));
    assert_eq!(refused("line_too_long", &[(now, &long), (now, "3")]), (0, 2));
    // If it does, that number.
    assert_eq!(
        refused("too_far_behind", &[(now, "4"), (now - HOUR * 3, "{}"), (now - HOUR * 2, "{}")]),
        (1, 2)
    );
    lines(&loki, r#"{env="test"}"#, 4);
}

#[test]
fn lines_wait_for_a_loki_that_is_stopped_or_frozen() {
    let Some(loki) = Loki::start() else { return };
    let delivery = delivery();
    let sink = sink(&delivery, &loki);
    sink.accept(&Line::new("\"before\"", SystemClock.now(), Level::Info));
    lines(&loki, r#"{env="test"}"#, 1);
    loki.process().pause();
    sink.accept(&Line::new("\"frozen\"", SystemClock.now(), Level::Info));
    loki.process().stop();
    sink.accept(&Line::new("\"stopped\"", SystemClock.now(), Level::Info));
    loki.process().restart();
    let report = delivery.shutdown_blocking(SOON);
    assert_eq!(report.to_string(), "loki: 3 produced, 3 delivered, 0 dropped, 0 left");
    // A killed Loki replays lines in memory from its own log.
    let found = lines(&loki, r#"{env="test"}"#, 3);
    let found: Vec<_> = found.iter().map(|entry| entry.line.as_str()).collect();
    assert_eq!(found, ["\"before\"", "\"frozen\"", "\"stopped\""]);
}

#[test]
fn a_trace_comes_back_with_its_types_and_a_compressed_one_too() {
    let Some(jaeger) = Jaeger::start() else { return };
    for (name, compression) in [("plain", Compression::None), ("gzip", Compression::Gzip)] {
        let delivery = delivery();
        let spans = OtlpOptions::new(jaeger.otlp_http_url())
            .compression(compression)
            .sink(persistent("otlp"))
            .build_spans(&Resource::builder().service_name(name).environment("test").build(), &delivery)
            .unwrap();
        let (root, child) = trace();
        spans.accept(child.clone().encode());
        spans.accept(root.clone().encode());
        assert_eq!(
            delivery.shutdown_blocking(SOON).to_string(),
            "otlp: 2 produced, 2 delivered, 0 dropped, 0 left"
        );
        let found = spans_of(&jaeger, &root, 2);
        assert!(found[1].is_child_of(&found[0]), "{found:?}");
        assert_eq!((&*found[0].service, &*found[0].name), (name, "GET /orders/{id}"));
        assert_eq!((found[0].kind, found[1].kind), (e2e::SpanKind::Server, e2e::SpanKind::Client));
        assert_eq!(found[0].attributes["http.response.status_code"], 503);
        assert_eq!(found[0].attributes["share"], 0.5);
        assert_eq!(found[0].resource["deployment.environment.name"], "test");
        assert_eq!(found[0].resource["telemetry.sdk.name"], "radiosonde");
        assert_eq!(found[0].events, ["retry"]);
        assert_eq!((found[0].status, &*found[0].status_message), (e2e::SpanStatus::Error, "no stock"));
        assert_eq!(found[0].end - found[0].start, Duration::from_nanos(1_000_001));
        assert_eq!(found[0].span_id, text(&root.context.span_id().to_hex()));
    }
}

// The pages of Jaeger 2.13 get a 500 for a trace with a NaN, and for every search of its service.
#[test]
fn a_float_that_is_no_number_hides_neither_its_trace_nor_its_service() {
    let Some(jaeger) = Jaeger::start() else { return };
    let delivery = delivery();
    let spans = OtlpOptions::new(jaeger.otlp_http_url())
        .sink(persistent("otlp"))
        .build_spans(&Resource::new("floats"), &delivery)
        .unwrap();
    let (mut root, child) = trace();
    let list = [f64::NAN, f64::INFINITY, 0.5].map(AttributeValue::from);
    let floats = vec![
        Attribute::new("nan", f64::NAN),
        Attribute::new("least", f64::NEG_INFINITY),
        Attribute::new("list", AttributeValue::Array(list.to_vec())),
    ];
    root.attributes.extend(floats.clone());
    root.events[0].attributes = floats.clone();
    root.links = vec![SpanLink::new(child.context)];
    root.links[0].attributes = floats;
    spans.accept(child.encode());
    spans.accept(root.clone().encode());
    assert_eq!(delivery.shutdown_blocking(SOON).delivered(), 2);
    let found = spans_of(&jaeger, &root, 2);
    assert_eq!(
        (&found[0].attributes["nan"], &found[0].attributes["least"]),
        (&"NaN".into(), &"-Infinity".into())
    );
    let shown = jaeger.search("floats").unwrap();
    assert_eq!(shown["data"][0]["spans"].as_array().map(Vec::len), Some(2), "{shown}");
}

#[test]
fn spans_wait_for_a_jaeger_that_is_stopped() {
    let Some(jaeger) = Jaeger::start() else { return };
    jaeger.process().stop();
    let delivery = delivery();
    let spans = OtlpOptions::new(jaeger.otlp_http_url())
        .sink(persistent("otlp"))
        .build_spans(&resource(), &delivery)
        .unwrap();
    let (root, child) = trace();
    spans.accept(child.encode());
    spans.accept(root.clone().encode());
    jaeger.process().restart();
    assert_eq!(
        delivery.shutdown_blocking(SOON).to_string(),
        "otlp: 2 produced, 2 delivered, 0 dropped, 0 left"
    );
    spans_of(&jaeger, &root, 2);
}

#[test]
fn the_wrong_address_of_a_real_backend_is_named_and_not_asked_again() {
    let Some(jaeger) = Jaeger::start() else { return };
    let delivery = delivery();
    let spans = OtlpOptions::default()
        .traces(OtlpSignalOptions::new().endpoint(jaeger.otlp_http_url()))
        .sink(persistent("otlp"))
        .build_spans(&resource(), &delivery)
        .unwrap();
    spans.accept(trace().0.encode());
    assert_eq!(
        delivery.shutdown_blocking(SOON).to_string(),
        "otlp: 1 produced, 0 delivered, 1 dropped (wrong_address 1), 0 left"
    );
}

/// A server span that failed, and a client span within it.
fn trace() -> (FinishedSpan, FinishedSpan) {
    let mut root = FinishedSpan::new(context(), "GET /orders/{id}");
    root.kind = SpanKind::Server;
    root.start = SystemClock.now();
    root.end = root.start + Duration::from_nanos(1_000_001);
    root.attributes =
        vec![Attribute::new("http.response.status_code", 503_u16), Attribute::new("share", 0.5)];
    root.events = vec![SpanEvent::new("retry", root.start)];
    root.status = SpanStatus::Error { description: "no stock".into() };
    let inner = SpanContext::new(root.context.trace_id(), SpanId::random(), TraceFlags::SAMPLED);
    let mut child = FinishedSpan::new(inner, "GET");
    child.kind = SpanKind::Client;
    child.parent = Some(root.context.span_id());
    child.start = root.start + Duration::from_nanos(1);
    child.end = root.end;
    (root, child)
}

fn spans_of(jaeger: &Jaeger, root: &FinishedSpan, count: usize) -> Vec<e2e::Span> {
    let id = text(&root.context.trace_id().to_hex());
    wait_for(&format!("{count} spans of {id}"), SOON, || {
        let spans = jaeger.spans(&id)?;
        if spans.len() == count { Ok(spans) } else { Err(format!("{} spans", spans.len()).into()) }
    })
}

fn text(hex: &[u8]) -> String {
    String::from_utf8(hex.to_vec()).unwrap()
}
