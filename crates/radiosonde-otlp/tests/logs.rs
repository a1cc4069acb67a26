//! Log records as they go over the wire, read back by a decoder that shares nothing with the encoder but the specification.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod protobuf;

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use protobuf::Message;
use radiosonde_core::{Clock, Level, LevelNames, Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_delivery::{Delivery, HttpOptions, Retry, SinkOptions};
use radiosonde_log::{JsonLayer, Line, LineSink, Writer, fatal};
use radiosonde_metrics::Registry;
use radiosonde_otlp::{Compression, OtlpBuildError, OtlpOptions, OtlpSignalOptions};
use radiosonde_testkit::{HttpFake, ManualClock, Reaction};
use tracing::{debug, error, info, info_span, trace, warn};
use tracing_subscriber::layer::SubscriberExt as _;

const DEADLINE: Duration = Duration::from_secs(20);

fn quick() -> SinkOptions {
    let ms = Duration::from_millis(1);
    SinkOptions::new("otlp_logs").batch_age(Duration::from_secs(3600)).retry(Retry::new().base(ms).cap(ms))
}

fn delivery() -> Delivery {
    Delivery::builder().registry(&Registry::new()).start().unwrap()
}

fn options(url: &str) -> OtlpOptions {
    OtlpOptions::new(url).sink(quick())
}

fn context() -> SpanContext {
    let trace = TraceId::from_bytes([1; 16]).unwrap();
    SpanContext::new(trace, SpanId::from_bytes([2; 8]).unwrap(), TraceFlags::from_byte(3))
}

/// What a service that does `work` sends: the scopes of its one request, and the time that its clock had.
fn sent(names: LevelNames, work: impl FnOnce()) -> (Vec<Message>, u64) {
    let fake = HttpFake::start([]);
    let delivery = delivery();
    let logs =
        options(&fake.url()).level_names(names).build_logs(&Resource::new("orders"), &delivery).unwrap();
    let clock = ManualClock::new();
    let now = clock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
    let layer = JsonLayer::builder(&Resource::new("orders"))
        .registry(&Registry::new())
        .clock(Arc::new(clock))
        .writer(Writer::new("nowhere", std::io::sink()))
        .sink(Arc::new(logs))
        .build()
        .unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.produced(), report.delivered(), "{report}");
    let requests = fake.requests();
    assert_eq!((requests.len(), requests[0].method(), requests[0].path()), (1, "POST", "/v1/logs"));
    assert_eq!(requests[0].header("content-type"), Some("application/x-protobuf"));
    let resource_logs = Message::read(requests[0].body()).messages(1).remove(0);
    let resource = resource_logs.messages(1)[0].attributes(1);
    assert!(resource.contains(&"service.name=1:orders".to_owned()), "{resource:?}");
    assert!(resource.contains(&"telemetry.sdk.name=1:radiosonde".to_owned()), "{resource:?}");
    (resource_logs.messages(2), now.try_into().unwrap())
}

fn scope_name(scope: &Message) -> String {
    scope.messages(1)[0].text(1)
}

#[test]
fn every_field_of_a_record_is_encoded_as_specified() {
    let (scopes, now) = sent(LevelNames::default(), || {
        let _current = context().enter();
        let _request = info_span!("request", request_id = "r-1", tenant = "ac\"me\n", depth = 1).entered();
        let cause = std::io::Error::other("refused");
        let cause: &(dyn std::error::Error + 'static) = &cause;
        error!(
            target: "orders::price",
            whole = -7_i64, wide = u64::MAX, ratio = 0.5, nothing = f64::NAN, most = f64::INFINITY,
            least = f64::NEG_INFINITY, truth = true, text = "ü", error = cause,
            depth = 2, status = 402,
            "card {} declined", 7
        );
    });
    assert_eq!((scopes.len(), scope_name(&scopes[0])), (1, "orders::price".to_owned()));
    assert_eq!(scopes[0].messages(1)[0].text(2), "", "nobody knows the version of a module");
    let record = &scopes[0].messages(2)[0];
    assert_eq!([1, 2, 8, 11].map(|tag| record.number(tag)), [now, 17, 3, now]);
    assert_eq!(
        (record.text(3), record.messages(5)[0].text(1)),
        ("ERROR".to_owned(), "card 7 declined".to_owned())
    );
    assert_eq!((record.bytes(9), record.bytes(10)), (vec![1; 16], vec![2; 8]));
    let mut attributes = record.attributes(6);
    attributes.sort();
    let expected = [
        // Of the event, not of the span around it.
        "depth=3:2",
        "error=6:2",
        "least=1:-Infinity",
        "most=1:Infinity",
        "nothing=1:NaN",
        "ratio=4:0.5",
        "request_id=1:r-1",
        "status=3:402",
        "tenant=1:ac\"me\n",
        "text=1:ü",
        "truth=2:1",
        "whole=3:-7",
        "wide=1:18446744073709551615",
    ];
    assert_eq!(attributes, expected);
    let error = record.messages(6).into_iter().find(|pair| pair.text(1) == "error").unwrap();
    let pairs = error.messages(2)[0].messages(6)[0].clone();
    assert_eq!(pairs.attributes(1), ["message=1:refused", "chain=5:0"]);
    assert_eq!(record.0.iter().map(|(tag, _)| *tag).max(), Some(11), "nothing else");
}

#[test]
fn levels_have_the_specified_numbers_and_names() {
    let severities = |names| {
        let (scopes, _) = sent(names, || {
            trace!("a");
            debug!("b");
            info!("c");
            warn!("d");
            error!("e");
            fatal!("f");
        });
        let records = scopes[0].messages(2);
        records.iter().map(|record| (record.number(2), record.text(3))).collect::<Vec<_>>()
    };
    let expected = [(1, "TRACE"), (5, "DEBUG"), (9, "INFO"), (13, "WARN"), (17, "ERROR"), (21, "FATAL")];
    assert_eq!(severities(LevelNames::WarnFatal), expected.map(|(number, name)| (number, name.to_owned())));
    let names = severities(LevelNames::WarningCritical);
    assert_eq!((&*names[3].1, &*names[5].1), ("WARNING", "CRITICAL"));
}

#[test]
fn records_are_grouped_by_module_in_order_even_without_fields_or_trace() {
    let (scopes, _) = sent(LevelNames::default(), || {
        info!(target: "a", "one");
        info!(target: "b", "two");
        info!(target: "a", "three");
        info!(target: "a", only = "a field");
    });
    let bodies = |scope: &Message| {
        scope.messages(2).iter().map(|record| record.messages(5)[0].text(1)).collect::<Vec<_>>()
    };
    assert_eq!((scope_name(&scopes[0]), scope_name(&scopes[1])), ("a".to_owned(), "b".to_owned()));
    assert_eq!(
        (bodies(&scopes[0]), bodies(&scopes[1])),
        (vec!["one".into(), "three".into(), "".into()], vec!["two".into()])
    );
    let record = &scopes[0].messages(2)[0];
    assert_eq!([8, 9, 10].map(|tag| record.all(tag).len()), [0, 0, 0]);
    assert_eq!(scopes[0].messages(2)[2].attributes(6), ["only=1:a field"]);
}

#[test]
fn values_redacted_in_a_line_are_redacted_in_its_record() {
    let (scopes, _) = sent(LevelNames::default(), || {
        let _login = info_span!("login", api_key = "hunter2").entered();
        info!(password = "hunter2", user_id = "u-1", "logged in");
    });
    let record = &scopes[0].messages(2)[0];
    let attributes = record.attributes(6);
    assert!(attributes.len() == 3 && attributes.contains(&"user_id=1:u-1".to_owned()), "{attributes:?}");
    assert!(!attributes.iter().any(|attribute| attribute.contains("hunter2")), "{attributes:?}");
}

#[test]
fn a_line_without_fields_is_sent_as_text_with_its_ids() {
    let fake = HttpFake::start([]);
    let delivery = delivery();
    let logs = options(&fake.url()).build_logs(&Resource::new("orders"), &delivery).unwrap();
    let json = r#"{"a":1}"#;
    let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    logs.accept(&Line::new(json, before, Level::Info).with_user_id("u-1").with_correlation_id("c-1"));
    logs.accept(&Line::new(json, before, Level::Info).with_message("hello"));
    delivery.shutdown_blocking(DEADLINE);
    let scopes = Message::read(fake.requests()[0].body()).messages(1)[0].messages(2);
    let records = scopes[0].messages(2);
    assert_eq!(
        (records[0].messages(5)[0].text(1), records[1].messages(5)[0].text(1)),
        (json.into(), "hello".into())
    );
    assert_eq!(records[0].attributes(6), ["correlation_id=1:c-1", "user_id=1:u-1"]);
    assert_eq!(records[0].number(1), 0, "a time before 1970 is unknown");
}

#[test]
fn endpoints_headers_and_compression_follow_the_specification() {
    let own = |url: &str| options("x").logs(OtlpSignalOptions::new().endpoint(url));
    let path = |made: &dyn Fn(&str) -> OtlpOptions, suffix: &str| {
        let fake = HttpFake::start([]);
        let delivery = delivery();
        let url = format!("{}{suffix}", fake.url());
        let logs = made(&url)
            .compression(Compression::Gzip)
            .http(HttpOptions::new().bearer_token("t0ken").header("X-Extra", "1"))
            .build_logs(&Resource::new("orders"), &delivery)
            .unwrap();
        for _ in 0..100 {
            logs.accept(
                &Line::new("{}", SystemTime::UNIX_EPOCH, Level::Info).with_message("again and again"),
            );
        }
        delivery.shutdown_blocking(DEADLINE);
        let requests = fake.requests();
        let header = |name| requests[0].header(name);
        assert_eq!((header("authorization"), header("x-extra")), (Some("Bearer t0ken"), Some("1")));
        assert_eq!(header("content-encoding"), Some("gzip"));
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(requests[0].body()).read_to_end(&mut plain).unwrap();
        assert_eq!(Message::read(&plain).messages(1)[0].messages(2)[0].messages(2).len(), 100);
        requests[0].path().to_owned()
    };
    assert_eq!(path(&|url| options(url), ""), "/v1/logs");
    assert_eq!(path(&|url| options(url), "/otlp"), "/otlp/v1/logs");
    assert_eq!(path(&|url| options(url), "/otlp/v1/logs/"), "/otlp/v1/logs");
    assert_eq!(path(&own, "/custom?key=1"), "/custom?key=1");
}

#[test]
fn responses_are_classified_and_partial_success_is_counted_as_for_spans() {
    // rejected_log_records: 2, error_message: "no"
    let partial = [0x0a, 0x06, 0x08, 0x02, 0x12, 0x02, b'n', b'o'];
    let fake = HttpFake::start([
        Reaction::status(503).header("retry-after", "0"),
        Reaction::status(200).body(partial),
        Reaction::status(413),
        Reaction::status(200),
        Reaction::status(404),
    ]);
    let delivery = delivery();
    // Both sinks in one delivery: their names differ.
    OtlpOptions::new(fake.url()).build_spans(&Resource::new("x"), &delivery).unwrap();
    let logs = options(&fake.url())
        .sink(quick().batch_items(4))
        .build_logs(&Resource::new("orders"), &delivery)
        .unwrap();
    for _ in 0..8 {
        logs.accept(&Line::new("{}", SystemTime::UNIX_EPOCH, Level::Info));
    }
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(
        report.sink("otlp_logs").unwrap().to_string(),
        "otlp_logs: 8 produced, 4 delivered, 4 dropped (partial_success 2, wrong_address 2), 0 left"
    );
}

// Loki takes equal records of one resource and one time for one.
#[test]
fn equal_events_get_distinct_times_that_batches_and_halves_keep() {
    let fake = HttpFake::start([
        Reaction::status(200),
        Reaction::status(413),
        Reaction::status(200),
        Reaction::status(200),
    ]);
    let delivery = delivery();
    let logs = options(&fake.url())
        .sink(quick().batch_items(5))
        .build_logs(&Resource::new("orders"), &delivery)
        .unwrap();
    let at = |nanos| SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos);
    for nanos in [7, 7, 7, 7, 7, 7, 900, 7, 7, 7] {
        logs.accept(&Line::new("{}", at(nanos), Level::Info).with_message("paid"));
    }
    assert_eq!(
        delivery.shutdown_blocking(DEADLINE).to_string(),
        "otlp_logs: 10 produced, 10 delivered, 0 dropped, 0 left"
    );
    let times: Vec<Vec<_>> = fake
        .requests()
        .iter()
        .map(|request| {
            let scopes = Message::read(request.body()).messages(1)[0].messages(2);
            scopes[0].messages(2).iter().map(|record| (record.number(1), record.number(11))).collect()
        })
        .collect();
    let moved = |times: &[u64]| times.iter().map(|time| (*time, 7)).collect::<Vec<_>>();
    assert_eq!(times[0], moved(&[7, 8, 9, 10, 11]));
    assert_eq!(times[1], [(12, 7), (900, 900), (13, 7), (14, 7), (15, 7)], "refused as too large");
    assert_eq!([&times[2][..], &times[3][..]].concat(), times[1], "halves keep their times");
}

#[test]
fn a_queue_of_records_is_bounded_by_memory_and_settings_are_checked() {
    let delivery = delivery();
    let sink = quick().max_bytes(100_000).batch_bytes(1 << 30);
    let logs =
        options(&HttpFake::nobody()).sink(sink).build_logs(&Resource::new("orders"), &delivery).unwrap();
    let long = "x".repeat(9_000);
    for _ in 0..100 {
        logs.accept(&Line::new("{}", SystemTime::UNIX_EPOCH, Level::Info).with_message(&long));
    }
    let report = logs.report();
    assert_eq!(report.left() + report.dropped_for("queue_full"), 100);
    assert!((9..=11).contains(&report.left()), "{report}");

    let bad = options("localhost:4318").http(HttpOptions::new().header("x-key", "hunter2"));
    assert!(matches!(bad.build_logs(&Resource::new("orders"), &delivery), Err(OtlpBuildError::Endpoint(_))));
    assert!(!format!("{bad:?}").contains("hunter2"));
    let taken = options("http://localhost:4318").build_logs(&Resource::new("orders"), &delivery);
    assert!(matches!(taken, Err(OtlpBuildError::Sink(_))));
    delivery.shutdown_blocking(Duration::ZERO);
}
