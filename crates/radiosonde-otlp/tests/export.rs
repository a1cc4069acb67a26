//! The bytes on the wire, read back by a decoder that shares nothing with the encoder but the specification.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod protobuf;

use std::io::Read;
use std::time::{Duration, SystemTime};

use protobuf::{Field, Message};
use radiosonde_core::{Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_delivery::{
    Delivery, HttpOptions, HttpOptionsError, InvalidHeaderKind, Retry, SinkError, SinkOptions,
};
use radiosonde_metrics::Registry;
use radiosonde_otlp::{Compression, OtlpBuildError, OtlpOptions, OtlpSignalOptions, parse_headers};
use radiosonde_testkit::{HttpFake, Reaction};
use radiosonde_trace::{
    Attribute, AttributeValue, FinishedSpan, SpanEvent, SpanKind, SpanLink, SpanSink, SpanStatus, TraceState,
};

const DEADLINE: Duration = Duration::from_secs(20);
const T: u64 = 1_767_225_600_000_000_000;

fn quick() -> SinkOptions {
    let ms = Duration::from_millis(1);
    SinkOptions::new("otlp").batch_age(Duration::from_secs(3600)).retry(Retry::new().base(ms).cap(ms))
}

fn delivery() -> Delivery {
    Delivery::builder().registry(&Registry::new()).start().unwrap()
}

fn context(trace: u8, span: u8) -> SpanContext {
    let trace = TraceId::from_bytes([trace; 16]).unwrap();
    SpanContext::new(trace, SpanId::from_bytes([span; 8]).unwrap(), TraceFlags::from_byte(3))
}

fn at(nanos: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)
}

fn full_span() -> FinishedSpan {
    let mut span = FinishedSpan::new(context(1, 2), "GET /orders/{id}");
    span.parent = Some(SpanId::from_bytes([3; 8]).unwrap());
    span.parent_is_remote = true;
    span.trace_state = "a=1,b=2".parse::<TraceState>().unwrap();
    span.kind = SpanKind::Server;
    span.start = at(T);
    span.end = at(T + 5);
    span.attributes = vec![
        Attribute::new("text", "ü".to_owned()),
        Attribute::new("whole", -7_i64),
        Attribute::new("ratio", 0.5),
        Attribute::new("truth", true),
        Attribute::new("list", AttributeValue::Array(vec![1_i64.into(), 2_i64.into()])),
    ];
    span.dropped_attributes = 4;
    let mut event = SpanEvent::new("retry", at(T + 1));
    event.attributes = vec![Attribute::new("n", 2_i64)];
    event.dropped_attributes = 5;
    span.events = vec![event];
    span.dropped_events = 6;
    let mut link = SpanLink::new(context(8, 9));
    link.trace_state = "c=3".parse::<TraceState>().unwrap();
    link.attributes = vec![Attribute::new("why", "batch")];
    link.dropped_attributes = 7;
    span.links = vec![link];
    span.dropped_links = 8;
    span.status = SpanStatus::Error { description: "no stock".into() };
    span
}

#[test]
fn every_field_of_a_span_is_encoded_as_specified() {
    let fake = HttpFake::start([]);
    let delivery = delivery();
    let resource = Resource::builder().service_name("orders").instance_id("i-1").environment("prod").build();
    let spans = OtlpOptions::new(fake.url()).sink(quick()).build_spans(&resource, &delivery).unwrap();
    spans.accept(full_span().encode());
    assert_eq!(delivery.shutdown_blocking(DEADLINE).delivered(), 1);

    let requests = fake.requests();
    let request = &requests[0];
    assert_eq!((request.method(), request.path()), ("POST", "/v1/traces"));
    assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(request.header("content-encoding"), None);
    let resource_spans = &Message::read(request.body()).messages(1)[0];
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        resource_spans.messages(1)[0].attributes(1),
        [
            "deployment.environment.name=1:prod",
            "service.instance.id=1:i-1",
            "service.name=1:orders",
            "telemetry.sdk.language=1:rust",
            "telemetry.sdk.name=1:radiosonde",
            &format!("telemetry.sdk.version=1:{version}"),
        ]
    );
    let scope_spans = &resource_spans.messages(2)[0];
    let scope = &scope_spans.messages(1)[0];
    assert_eq!((scope.text(1), scope.text(2)), ("radiosonde".to_owned(), version.to_owned()));
    let span = &scope_spans.messages(2)[0];
    assert_eq!((span.bytes(1), span.bytes(2), span.bytes(4)), (vec![1; 16], vec![2; 8], vec![3; 8]));
    assert_eq!((span.text(3), span.text(5)), ("a=1,b=2".to_owned(), "GET /orders/{id}".to_owned()));
    assert_eq!([6, 7, 8, 10, 12, 14, 16].map(|tag| span.number(tag)), [2, T, T + 5, 4, 6, 8, 0x303]);
    assert_eq!(span.attributes(9), ["text=1:ü", "whole=3:-7", "ratio=4:0.5", "truth=2:1", "list=5:2"]);
    let event = &span.messages(11)[0];
    assert_eq!((event.number(1), event.text(2), event.number(4)), (T + 1, "retry".to_owned(), 5));
    assert_eq!(event.attributes(3), ["n=3:2"]);
    let link = &span.messages(13)[0];
    assert_eq!((link.bytes(1), link.bytes(2), link.text(3)), (vec![8; 16], vec![9; 8], "c=3".to_owned()));
    assert_eq!((link.attributes(4), link.number(5), link.number(6)), (vec!["why=1:batch".to_owned()], 7, 3));
    let status = &span.messages(15)[0];
    assert_eq!((status.text(2), status.number(3)), ("no stock".to_owned(), 2));
}

// Jaeger 2.13 answers 500 for a trace with a NaN in it, and for every search of its service.
#[test]
fn a_non_finite_float_is_sent_as_text_everywhere_in_a_span() {
    let fake = HttpFake::start([]);
    let delivery = delivery();
    let spans =
        OtlpOptions::new(fake.url()).sink(quick()).build_spans(&Resource::new("x"), &delivery).unwrap();
    let floats = || {
        let list = [f64::INFINITY, f64::NEG_INFINITY, -f64::NAN, 0.5].map(AttributeValue::from);
        let nested = AttributeValue::Array(vec![AttributeValue::Array(list.to_vec())]);
        vec![
            Attribute::new("nan", f64::NAN),
            Attribute::new("most", f64::INFINITY),
            Attribute::new("least", f64::NEG_INFINITY),
            Attribute::new("largest", f64::MAX),
            Attribute::new("list", AttributeValue::Array(list.to_vec())),
            Attribute::new("nested", nested),
        ]
    };
    let mut span = FinishedSpan::new(context(1, 2), "a");
    span.attributes = floats();
    span.events = vec![SpanEvent::new("b", at(T))];
    span.events[0].attributes = floats();
    span.links = vec![SpanLink::new(context(8, 9))];
    span.links[0].attributes = floats();
    spans.accept(span.encode());
    delivery.shutdown_blocking(DEADLINE);
    let scopes = Message::read(fake.requests()[0].body()).messages(1)[0].messages(2);
    let span = &scopes[0].messages(2)[0];
    for (message, tag) in [(span, 9), (&span.messages(11)[0], 3), (&span.messages(13)[0], 4)] {
        let largest = format!("largest=4:{}", f64::MAX);
        let expected =
            ["nan=1:NaN", "most=1:Infinity", "least=1:-Infinity", &largest, "list=5:4", "nested=5:1"];
        assert_eq!(message.attributes(tag), expected);
        let of_key = |key| message.messages(tag).into_iter().find(|pair| pair.text(1) == key).unwrap();
        let list = of_key("list").messages(2)[0].messages(5)[0].clone();
        let nested = of_key("nested").messages(2)[0].messages(5)[0].messages(1)[0].messages(5)[0].clone();
        for array in [list, nested] {
            let texts: Vec<_> = array.messages(1)[..3].iter().map(|value| value.text(1)).collect();
            assert_eq!(texts, ["Infinity", "-Infinity", "NaN"]);
            assert_eq!(array.messages(1)[3].number(4), 0.5_f64.to_bits());
        }
    }
}

#[test]
fn an_empty_root_is_small_and_has_no_remote_parent() {
    let fake = HttpFake::start([]);
    let delivery = delivery();
    let spans =
        OtlpOptions::new(fake.url()).sink(quick()).build_spans(&Resource::new("x"), &delivery).unwrap();
    let mut ok = FinishedSpan::new(context(1, 2), "a");
    ok.status = SpanStatus::Ok;
    let mut other = FinishedSpan::new(context(1, 3), "b");
    other.scope = "sqlx".into();
    for span in [ok, other, FinishedSpan::new(context(1, 4), "c")] {
        spans.accept(span.encode());
    }
    delivery.shutdown_blocking(DEADLINE);
    let scopes = Message::read(fake.requests()[0].body()).messages(1)[0].messages(2);
    let names = |scope: &Message| scope.messages(2).iter().map(|span| span.text(5)).collect::<Vec<_>>();
    assert_eq!(scopes.len(), 2);
    assert_eq!(
        (scopes[0].messages(1)[0].text(1), names(&scopes[0])),
        ("radiosonde".into(), vec!["a".into(), "c".into()])
    );
    assert_eq!((scopes[1].messages(1)[0].text(1), names(&scopes[1])), ("sqlx".into(), vec!["b".into()]));
    assert_eq!(scopes[1].messages(1)[0].text(2), "");
    let first = &scopes[0].messages(2)[0];
    assert_eq!((first.bytes(4), first.number(6), first.number(16)), (vec![], 1, 0x103));
    assert_eq!(first.messages(15)[0].number(3), 1);
    assert_eq!(scopes[0].messages(2)[1].all(15), Vec::<&Field>::new(), "unset is absent");
}

#[test]
fn gzip_shrinks_and_headers_are_sent() {
    let fake = HttpFake::start([]);
    let delivery = delivery();
    let spans = OtlpOptions::default()
        .traces(OtlpSignalOptions::new().endpoint(format!("{}/custom?key=1", fake.url())))
        .compression(Compression::Gzip)
        .http(
            HttpOptions::new()
                .headers(parse_headers("authorization=Bearer%20t0ken").unwrap())
                .header("X-Extra", "1"),
        )
        .sink(quick())
        .build_spans(&Resource::new("x"), &delivery)
        .unwrap();
    for n in 1..100 {
        spans.accept(FinishedSpan::new(context(1, n), "the same name every time").encode());
    }
    delivery.shutdown_blocking(DEADLINE);
    let requests = fake.requests();
    let request = &requests[0];
    assert_eq!(request.path(), "/custom?key=1", "used as it is");
    assert_eq!(request.header("authorization"), Some("Bearer t0ken"));
    assert_eq!(request.header("x-extra"), Some("1"));
    assert_eq!(request.header("content-encoding"), Some("gzip"));
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(request.body()).read_to_end(&mut plain).unwrap();
    assert!(request.body().len() * 3 < plain.len());
    assert_eq!(Message::read(&plain).messages(1)[0].messages(2)[0].messages(2).len(), 99);
}

#[test]
fn endpoints_follow_the_specification() {
    let whole = |url: &str| OtlpOptions::default().traces(OtlpSignalOptions::new().endpoint(url));
    let path = |options: &dyn Fn(&str) -> OtlpOptions, suffix: &str| {
        let fake = HttpFake::start([]);
        let delivery = delivery();
        let url = format!("{}{suffix}", fake.url());
        let options = options(&url).sink(quick());
        let spans = options.build_spans(&Resource::new("x"), &delivery).unwrap();
        spans.accept(FinishedSpan::new(context(1, 1), "a").encode());
        delivery.shutdown_blocking(DEADLINE);
        fake.requests()[0].path().to_owned()
    };
    assert_eq!(path(&|url| OtlpOptions::new(url), ""), "/v1/traces");
    assert_eq!(path(&|url| OtlpOptions::new(url), "/gate/"), "/gate/v1/traces");
    assert_eq!(path(&|url| OtlpOptions::new(url), "/v1/traces"), "/v1/traces");
    assert_eq!(path(&|url| OtlpOptions::new(url), "/gate/v1/traces/"), "/gate/v1/traces");
    assert_eq!(path(&whole, ""), "/");
    assert_eq!(path(&whole, "/gate"), "/gate");
}

#[test]
fn responses_are_classified_and_partial_success_is_counted() {
    // rejected_spans: 2, error_message: "no"
    let partial = [0x0a, 0x06, 0x08, 0x02, 0x12, 0x02, b'n', b'o'];
    let fake = HttpFake::start([
        Reaction::status(503).header("retry-after", "0"),
        Reaction::close(),
        Reaction::status(200),
        Reaction::status(200).body(partial),
        Reaction::status(500),
        Reaction::status(413),
        Reaction::status(200),
        Reaction::status(401),
    ]);
    let delivery = delivery();
    let spans = OtlpOptions::new(fake.url())
        .sink(quick().batch_items(4))
        .build_spans(&Resource::new("x"), &delivery)
        .unwrap();
    for n in 1..=16 {
        spans.accept(FinishedSpan::new(context(1, n), "a").encode());
    }
    // Reasons of the same batch are listed as they are counted, in no order of their own.
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!((report.produced(), report.delivered(), report.dropped(), report.left()), (16, 8, 8, 0));
    let sink = report.sink("otlp").unwrap();
    for (reason, spans) in [("partial_success", 2), ("refused", 4), ("unauthorized", 2)] {
        assert_eq!(sink.dropped_for(reason), spans, "{reason}: {report}");
    }
    assert_eq!(fake.requests().len(), 8);
}

#[test]
fn a_queue_of_spans_is_bounded_by_their_memory() {
    let delivery = delivery();
    let spans = OtlpOptions::new(HttpFake::nobody())
        .sink(quick().max_bytes(100_000).batch_bytes(1 << 30))
        .build_spans(&Resource::new("x"), &delivery)
        .unwrap();
    for n in 0..100 {
        let mut span = FinishedSpan::new(context(1, n + 1), "a");
        span.attributes = vec![Attribute::new("body", "x".repeat(9_000))];
        spans.accept(span.encode());
    }
    let report = spans.report();
    assert_eq!(report.left() + report.dropped_for("queue_full"), 100);
    assert!((9..=11).contains(&report.left()), "{report}");
    delivery.shutdown_blocking(Duration::ZERO);
}

#[test]
fn refused_settings_are_named_and_secrets_are_not() {
    let delivery = delivery();
    let http = HttpOptions::new().header("authorization", "hunter2");
    let resource = Resource::new("x");
    let builder = OtlpOptions::default().http(http.clone()).sink(quick());
    assert!(!format!("{builder:?}").contains("hunter2"));
    let error = OtlpOptions::new("localhost:4318").build_spans(&resource, &delivery).unwrap_err();
    assert!(matches!(error, OtlpBuildError::Endpoint(_)));
    let bad = builder.clone().http(http.clone().header("x-key", "hunter2\n").header("fine", "1"));
    let error = bad.build_spans(&resource, &delivery).unwrap_err();
    assert!(matches!(error, OtlpBuildError::Sink(SinkError::Http(HttpOptionsError::Header(_)))));
    assert!(!format!("{error} {error:?} {bad:?}").contains("hunter2"));
    // Three of 269 bytes would be sent, and counted as a span that is delivered.
    for name in ["content-length", "Transfer-Encoding", "content-encoding"] {
        let bad = builder.clone().http(http.clone().header(name, "3"));
        let OtlpBuildError::Sink(SinkError::Http(HttpOptionsError::Header(error))) =
            bad.build_spans(&resource, &delivery).unwrap_err()
        else {
            panic!("{name} is refused for another reason")
        };
        assert!(matches!(error.kind(), InvalidHeaderKind::Transport | InvalidHeaderKind::Sink));
        assert!(error.to_string().contains(name), "{error}");
    }
    builder.build_spans(&resource, &delivery).unwrap();
    assert!(matches!(builder.build_spans(&resource, &delivery), Err(OtlpBuildError::Sink(_))));
}
