//! The bytes on the wire, read back by a decoder that shares nothing with the encoder but the specification.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use radiosonde_core::{Level, Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_delivery::{Delivery, HttpOptions, HttpOptionsError, Retry, SinkError, SinkOptions};
use radiosonde_log::{Line, LineSink};
use radiosonde_loki::{LokiBuildError, LokiOptions};
use radiosonde_metrics::Registry;
use radiosonde_queue::{Overflow, OverflowPolicy};
use radiosonde_testkit::{HttpFake, Reaction, RecordedRequest};

const DEADLINE: Duration = Duration::from_secs(20);
const T: u64 = 1_767_225_600_000_000_000;

#[derive(Debug, PartialEq)]
struct Stream {
    labels: String,
    entries: Vec<Entry>,
}

#[derive(Debug, PartialEq)]
struct Entry {
    nanos: i64,
    line: String,
    metadata: Vec<(String, String)>,
}

/// Walks protobuf by hand: pairs of field number and content, with varints as their eight bytes.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let (&byte, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return value;
            }
        }
        unreachable!()
    }
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let content = match key & 7 {
            0 => varint(&mut bytes).to_le_bytes().to_vec(),
            2 => {
                let length = varint(&mut bytes) as usize;
                let (content, rest) = bytes.split_at(length);
                bytes = rest;
                content.to_vec()
            }
            other => panic!("wire type {other}"),
        };
        out.push((key >> 3, content));
    }
    out
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn number(bytes: &[u8]) -> i64 {
    i64::from_le_bytes(bytes.try_into().unwrap())
}

fn decode(request: &RecordedRequest) -> Vec<Stream> {
    let plain = snap::raw::Decoder::new().decompress_vec(request.body()).unwrap();
    fields(&plain)
        .into_iter()
        .map(|(tag, stream)| {
            assert_eq!(tag, 1, "streams");
            let mut decoded = Stream { labels: String::new(), entries: Vec::new() };
            for (tag, content) in fields(&stream) {
                match tag {
                    1 => decoded.labels = text(content),
                    2 => decoded.entries.push(decode_entry(&content)),
                    other => panic!("field {other} of a stream"),
                }
            }
            decoded
        })
        .collect()
}

fn decode_entry(bytes: &[u8]) -> Entry {
    let mut entry = Entry { nanos: 0, line: String::new(), metadata: Vec::new() };
    for (tag, content) in fields(bytes) {
        match tag {
            1 => {
                for (tag, content) in fields(&content) {
                    entry.nanos += if tag == 1 { number(&content) * 1_000_000_000 } else { number(&content) };
                }
            }
            2 => entry.line = text(content),
            3 => {
                let pair: Vec<_> = fields(&content).into_iter().map(|(_, content)| text(content)).collect();
                entry.metadata.push((pair[0].clone(), pair[1].clone()));
            }
            other => panic!("field {other} of an entry"),
        }
    }
    entry
}

fn entry(nanos: u64, line: &str, metadata: &[(&str, &str)]) -> Entry {
    let metadata = metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Entry { nanos: nanos as i64, line: line.to_owned(), metadata: metadata.collect() }
}

fn quick() -> SinkOptions {
    let ms = Duration::from_millis(1);
    SinkOptions::new("loki").batch_age(Duration::from_secs(3600)).retry(Retry::new().base(ms).cap(ms))
}

fn delivery() -> Delivery {
    Delivery::builder().registry(&Registry::new()).start().unwrap()
}

fn resource() -> Resource {
    Resource::builder().service_name("orders").environment("prod").instance_id("i-1").build()
}

fn at(nanos: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)
}

#[test]
fn a_push_is_what_the_specification_says() {
    let fake = HttpFake::start([]);
    let delivery = delivery();
    let sink = LokiOptions::new(format!("{}/gate/", fake.url()))
        .tenant("shop")
        .http(HttpOptions::new().basic_auth("user", "hunter2").header("X-Extra", "1"))
        .label("team", "pri\"cing")
        .sink(quick())
        .build(&resource(), &delivery)
        .unwrap();
    let context = SpanContext::new(
        TraceId::from_hex("4bf92f3577b34da6a3ce929d0e0e4736").unwrap(),
        SpanId::from_hex("00f067aa0ba902b7").unwrap(),
        TraceFlags::SAMPLED,
    );
    sink.accept(&Line::new(r#"{"a":1}"#, at(T + 7), Level::Info));
    sink.accept(
        &Line::new(r#"{"b":"ü"}"#, at(T + 8), Level::Error)
            .with_context(context)
            .with_request_id("r-1")
            .with_correlation_id("c-1")
            .with_user_id("u-1"),
    );
    assert_eq!(
        delivery.shutdown_blocking(DEADLINE).to_string(),
        "loki: 2 produced, 2 delivered, 0 dropped, 0 left"
    );

    let requests = fake.requests();
    let request = &requests[0];
    assert_eq!((request.method(), request.path()), ("POST", "/gate/loki/api/v1/push"));
    let headers = ["content-type", "x-scope-orgid", "authorization", "x-extra", "content-encoding"];
    assert_eq!(
        headers.map(|name| request.header(name)),
        [Some("application/x-protobuf"), Some("shop"), Some("Basic dXNlcjpodW50ZXIy"), Some("1"), None]
    );
    let metadata = [
        ("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"),
        ("span_id", "00f067aa0ba902b7"),
        ("correlation_id", "c-1"),
        ("request_id", "r-1"),
        ("user_id", "u-1"),
        ("service_instance_id", "i-1"),
    ];
    let stream = |level: &str, nanos, line: &str, metadata: &[(&str, &str)]| Stream {
        labels: format!(r#"{{env="prod", level="{level}", service_name="orders", team="pri\"cing"}}"#),
        entries: vec![entry(nanos, line, metadata)],
    };
    let info = stream("INFO", T + 7, r#"{"a":1}"#, &metadata[5..]);
    assert_eq!(decode(request), [info, stream("ERROR", T + 8, r#"{"b":"ü"}"#, &metadata)]);
}

#[test]
fn a_complete_push_address_is_used_as_it_is_with_or_without_a_slash() {
    for (given, path) in [
        ("/loki/api/v1/push", "/loki/api/v1/push"),
        ("/loki/api/v1/push/", "/loki/api/v1/push"),
        ("/gate/loki/api/v1/push//", "/gate/loki/api/v1/push"),
        ("/loki/api/v1/push/?key=1", "/loki/api/v1/push?key=1"),
        ("/loki/api/v1/push#top", "/loki/api/v1/push"),
        ("?key=1", "/loki/api/v1/push?key=1"),
    ] {
        let fake = HttpFake::start([]);
        let delivery = delivery();
        let builder = LokiOptions::new(format!("{}{given}", fake.url()));
        let sink = builder
            .http(HttpOptions::new().bearer_token("t0ken"))
            .sink(quick())
            .build(&resource(), &delivery)
            .unwrap();
        sink.accept(&Line::new("{}", at(T), Level::Info));
        delivery.shutdown_blocking(DEADLINE);
        assert_eq!(fake.requests()[0].path(), path, "{given}");
        assert_eq!(fake.requests()[0].header("authorization"), Some("Bearer t0ken"));
    }
}

#[test]
fn a_push_beyond_lokis_grpc_bound_is_halved_and_every_line_arrives() {
    let grpc = "rpc error: code = ResourceExhausted desc = grpc: received message larger than max (5000000 vs. 4194304)";
    let fake =
        HttpFake::start([Reaction::status(500).body(grpc), Reaction::status(204), Reaction::status(204)]);
    let delivery = delivery();
    let sink = LokiOptions::new(fake.url()).sink(quick()).build(&resource(), &delivery).unwrap();
    for n in 0..4 {
        sink.accept(&Line::new("{}", at(T + n), Level::Info));
    }
    assert_eq!(
        delivery.shutdown_blocking(DEADLINE).to_string(),
        "loki: 4 produced, 4 delivered, 0 dropped, 0 left"
    );
    let entries: Vec<_> = fake.requests().iter().map(|request| decode(request)[0].entries.len()).collect();
    assert_eq!(entries, [4, 2, 2]);
}

const NO_METADATA: &str = "stream '{service_name=\"orders\"}' includes structured metadata, but this feature is disallowed. \
                           Please see `limits_config.allow_structured_metadata` or contact your Loki administrator to enable it.";

fn metadata_sent(fake: &HttpFake) -> Vec<usize> {
    let entries = |request: &RecordedRequest| decode(request).into_iter().flat_map(|stream| stream.entries);
    fake.requests().iter().flat_map(entries).map(|entry| entry.metadata.len()).collect()
}

#[test]
fn a_loki_that_refuses_structured_metadata_gets_lines_without_it() {
    let fake = HttpFake::start([Reaction::status(400).body(NO_METADATA), Reaction::status(204)]);
    let delivery = delivery();
    let sink =
        LokiOptions::new(fake.url()).sink(quick().batch_items(2)).build(&resource(), &delivery).unwrap();
    for n in 0..4 {
        sink.accept(&Line::new("{}", at(T + n), Level::Info).with_request_id("r-1"));
    }
    assert_eq!(
        delivery.shutdown_blocking(DEADLINE).to_string(),
        "loki: 4 produced, 4 delivered, 0 dropped, 0 left"
    );
    assert_eq!(metadata_sent(&fake), [2, 2, 0, 0, 0, 0], "refused, again without, and without from then on");
}

#[test]
fn structured_metadata_can_be_turned_off_beforehand() {
    let fake = HttpFake::start([]);
    let delivery = delivery();
    let builder = LokiOptions::new(fake.url()).structured_metadata(false);
    let sink = builder.sink(quick()).build(&resource(), &delivery).unwrap();
    sink.accept(&Line::new("{}", at(T), Level::Info).with_request_id("r-1"));
    delivery.shutdown_blocking(DEADLINE);
    assert_eq!(metadata_sent(&fake), [0]);
}

#[test]
fn replicas_differ_by_structured_metadata_or_by_a_label() {
    let sent = |label: bool| {
        let fake = HttpFake::start([]);
        let delivery = delivery();
        let resource = Resource::builder().service_name("orders").instance_id("orders-0").build();
        let builder = LokiOptions::new(fake.url()).sink(quick());
        let builder = if label { builder.label("service_instance_id", "orders-0") } else { builder };
        let sink = builder.build(&resource, &delivery).unwrap();
        sink.accept(&Line::new("{}", at(T), Level::Info));
        delivery.shutdown_blocking(DEADLINE);
        let stream = decode(&fake.requests()[0]).remove(0);
        (stream.labels, stream.entries[0].metadata.clone())
    };
    assert_eq!(
        sent(false),
        (
            r#"{level="INFO", service_name="orders"}"#.to_owned(),
            vec![("service_instance_id".to_owned(), "orders-0".to_owned())]
        )
    );
    let labels = r#"{level="INFO", service_instance_id="orders-0", service_name="orders"}"#;
    assert_eq!(sent(true), (labels.to_owned(), vec![]));
}

#[test]
fn equal_lines_have_increasing_times_across_batches_retries_and_halves() {
    let fake = HttpFake::start([
        Reaction::status(429),
        Reaction::status(204),
        Reaction::status(413),
        Reaction::status(204),
    ]);
    let delivery = delivery();
    let sink =
        LokiOptions::new(fake.url()).sink(quick().batch_items(4)).build(&resource(), &delivery).unwrap();
    // The same time for all, and one that comes late.
    for step in [0, 0, 0, 0, 0, 0, 5, 0, 0] {
        sink.accept(&Line::new("{}", at(T + step), Level::Info));
    }
    sink.accept(&Line::new("{}", at(T), Level::Warn));
    assert_eq!(delivery.shutdown_blocking(DEADLINE).delivered(), 10);

    let requests = fake.requests();
    assert_eq!(requests[0].body(), requests[1].body(), "a repetition is the same to the byte");
    let times = |at: usize, stream: usize| -> Vec<i64> {
        decode(&requests[at])[stream].entries.iter().map(|entry| entry.nanos - T as i64).collect()
    };
    assert_eq!(times(1, 0), [0, 1, 2, 3]);
    assert_eq!(times(2, 0), [4, 5, 6, 7], "refused as too large");
    assert_eq!(times(3, 0), [4, 5]);
    assert_eq!(times(4, 0), [6, 7], "halves keep their times");
    assert_eq!(times(5, 0), [8]);
    assert_eq!(times(5, 1), [0], "each level is a stream of its own");
}

#[test]
fn a_line_that_is_too_long_is_dropped_and_counted() {
    let fake = HttpFake::start([]);
    let delivery = delivery();
    let sink =
        LokiOptions::new(fake.url()).max_line_bytes(10).sink(quick()).build(&resource(), &delivery).unwrap();
    sink.accept(&Line::new("{\"a\":1234}", at(T), Level::Info));
    sink.accept(&Line::new("{\"a\":12345}", at(T), Level::Info));
    assert_eq!(
        delivery.shutdown_blocking(DEADLINE).to_string(),
        "loki: 2 produced, 1 delivered, 1 dropped (line_too_long 1), 0 left"
    );
}

#[test]
fn responses_are_classified_and_counted() {
    let fake = HttpFake::start([
        Reaction::status(500),
        Reaction::close(),
        Reaction::status(204),
        Reaction::status(400).body("entry for stream '{}' has timestamp too old: 1970"),
        Reaction::status(400)
            .body("reason: 'entry too far behind',\nuser 'x', total ignored: 1 out of 2 for stream: {}"),
        Reaction::status(401),
    ]);
    let delivery = delivery();
    let sink =
        LokiOptions::new(fake.url()).sink(quick().batch_items(2)).build(&resource(), &delivery).unwrap();
    for n in 0..8 {
        sink.accept(&Line::new("{}", at(T + n), Level::Info));
    }
    assert_eq!(
        delivery.shutdown_blocking(DEADLINE).to_string(),
        "loki: 8 produced, 3 delivered, 5 dropped (greater_than_max_sample_age 2, too_far_behind 1, unauthorized 2), 0 left"
    );
    assert_eq!(fake.requests().len(), 6);
}

#[test]
fn a_service_without_an_environment_has_no_such_label() {
    let fake = HttpFake::start([]);
    let delivery = delivery();
    let sink = LokiOptions::new(fake.url()).sink(quick()).build(&Resource::new("x"), &delivery).unwrap();
    sink.accept(&Line::new("{}", at(T), Level::Fatal));
    delivery.shutdown_blocking(DEADLINE);
    assert_eq!(decode(&fake.requests()[0])[0].labels, r#"{level="FATAL", service_name="x"}"#);
}

#[test]
fn refused_settings_are_named_and_secrets_are_not() {
    let delivery = delivery();
    let build = |url: &str, header: (&str, &str), tenant: &str, label: (&str, &str)| {
        let builder = LokiOptions::new(url)
            .http(HttpOptions::new().header(header.0, header.1))
            .tenant(tenant)
            .label(label.0, label.1);
        assert!(!format!("{builder:?}").contains("hunter2"), "{builder:?}");
        builder.build(&resource(), &delivery).unwrap_err()
    };
    let (url, header, label) = ("http://localhost:3100", ("a", "hunter2"), ("team", "x"));
    assert!(matches!(build("localhost:3100", header, "t", label), LokiBuildError::Endpoint(_)));
    assert!(matches!(build(url, header, "a|b", label), LokiBuildError::Tenant(_)));
    assert!(matches!(build(url, header, "t", ("user_id", "x")), LokiBuildError::Label(_)));
    let error = build(url, ("authorization", "hunter2\n"), "t", label);
    let LokiBuildError::Sink(SinkError::Http(HttpOptionsError::Header(cause))) = &error else {
        panic!("{error}")
    };
    assert_eq!(cause.name(), "authorization");
    assert!(!format!("{error} {error:?} {cause}").contains("hunter2"));
    for name in ["content-length", "content-encoding", "Connection"] {
        let error = build(url, (name, "3"), "t", label);
        let LokiBuildError::Sink(SinkError::Http(HttpOptionsError::Header(cause))) = &error else {
            panic!("{error}")
        };
        assert_eq!(cause.name(), name);
    }
}

#[test]
fn a_sink_may_be_shared_between_threads() {
    let fake = HttpFake::start([]);
    let delivery = delivery();
    let sink = Arc::new(LokiOptions::new(fake.url()).sink(quick()).build(&resource(), &delivery).unwrap());
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let sink = Arc::clone(&sink);
            std::thread::spawn(move || {
                (0..100).for_each(|_| sink.accept(&Line::new("{}", at(T), Level::Info)))
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(delivery.shutdown_blocking(DEADLINE).delivered(), 400);
    let mut times: Vec<_> =
        fake.requests().iter().flat_map(decode).flat_map(|s| s.entries).map(|e| e.nanos).collect();
    assert!(times.is_sorted(), "rising");
    times.dedup();
    assert_eq!(times.len(), 400, "strictly");
}

#[test]
fn a_full_queue_drops_by_level_and_a_flush_sends_the_rest() {
    let fake = HttpFake::start([Reaction::status(204)]);
    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let options = SinkOptions::new("loki").max_items(2).batch_age(Duration::from_secs(3600));
    let sink = LokiOptions::new(fake.url())
        .sink(options)
        .overflow(OverflowPolicy::all(Overflow::DropNewest).level(Level::Error, Overflow::DropOldest))
        .build(&Resource::new("orders"), &delivery)
        .unwrap();
    let accept = |level, json, target| {
        let line = Line::new(json, SystemTime::UNIX_EPOCH + Duration::from_nanos(T), level);
        sink.accept(&line.with_target(target));
    };
    accept(Level::Info, "1", "orders");
    accept(Level::Info, "2", "orders");
    accept(Level::Info, "dropped", "orders");
    accept(Level::Error, "3", "orders");
    accept(Level::Info, "4", "radiosonde::audit");
    assert!(sink.flush(DEADLINE));
    let lines =
        |request| decode(request).into_iter().flat_map(|stream| stream.entries).map(|entry| entry.line);
    let mut sent: Vec<_> = fake.requests().iter().flat_map(lines).collect();
    sent.sort();
    assert_eq!(sent, ["2", "3", "4"]);
    assert_eq!(
        sink.report().to_string(),
        "loki: 5 produced, 3 delivered, 2 dropped (queue_full 1, evicted 1), 0 left"
    );
}
