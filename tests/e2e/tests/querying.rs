//! The query client against the real Loki: everything that was pushed is read back, and refusals are in Loki's own words.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a helper cannot do fails its test")]

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use e2e::{Loki, wait_for};
use radiosonde_core::{
    Clock, Level, LevelNames, Resource, SpanContext, SpanId, SystemClock, TraceFlags, TraceId,
};
use radiosonde_delivery::{Delivery, RequestErrorKind, SinkOptions};
use radiosonde_log::{Line, LineSink};
use radiosonde_loki::{
    Direction, LogEntry, LogQuery, LokiOptions, LokiSink, QueryError, Tail, TailItem, TimeRange,
};
use radiosonde_metrics::Registry;

const SOON: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_secs(3600);
const ORDERS: &str = r#"{service_name="orders"}"#;

fn client(loki: &Loki) -> LogQuery {
    LogQuery::builder(loki.url()).timeout(SOON).build().unwrap()
}

/// From an hour ago to an hour ahead.
fn around_now() -> TimeRange {
    TimeRange::ending(SystemClock.now() + HOUR, HOUR * 2)
}

struct Pushed {
    delivery: Delivery,
    sink: LokiSink,
}

impl Pushed {
    fn to(loki: &Loki) -> Self {
        let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
        let resource = Resource::builder().service_name("orders").environment("test").build();
        let options = SinkOptions::new("loki").batch_age(Duration::from_millis(10));
        let sink = LokiOptions::new(loki.url()).sink(options).build(&resource, &delivery).unwrap();
        Self { delivery, sink }
    }

    fn line(&self, at: SystemTime, level: Level, json: &str) {
        self.sink.accept(&Line::new(json, at, level));
    }

    fn done(self) {
        let report = self.delivery.shutdown_blocking(SOON);
        assert_eq!(report.produced(), report.delivered(), "{report}");
    }
}

/// As many lines as there should be, once they are there.
fn entries(client: &LogQuery, logql: &str, count: usize) -> Vec<LogEntry> {
    wait_for(&format!("{count} lines of {logql}"), SOON, || {
        let found = client.query_range(logql, around_now()).entries().wait()?;
        if found.len() == count { Ok(found) } else { Err(format!("{} lines", found.len()).into()) }
    })
}

#[test]
fn a_line_comes_back_with_its_labels_its_ids_and_its_fields() {
    let Some(loki) = Loki::start() else { return };
    let (pushed, client, now) = (Pushed::to(&loki), client(&loki), SystemClock.now());
    let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
    let failed = r#"{"level":"ERROR","service":"orders","message":"declined ü","status":402,"metadata":{"sku":"b-2"}}"#;
    pushed.sink.accept(&Line::new(failed, now, Level::Error).with_context(context).with_user_id("u-1"));
    pushed.line(now + Duration::from_secs(60), Level::Info, r#"{"level":"INFO","message":"paid"}"#);
    pushed.done();

    let found = entries(&client, ORDERS, 2);
    assert_eq!(found[0].fields().unwrap().message(), Some("paid"), "the newest is first");
    let entry = &found[1];
    assert_eq!((entry.timestamp(), &*entry.line, entry.level()), (now, failed, Some(Level::Error)));
    assert_eq!(entry.labels.to_string(), r#"{env="test", level="ERROR", service_name="orders"}"#);
    assert_eq!(entry.trace_id(), Some(context.trace_id()));
    assert_eq!(entry.structured_metadata.get("user_id"), Some("u-1"));
    assert_eq!(entry.structured_metadata.get("detected_level"), Some("error"));
    let fields = entry.fields().unwrap();
    assert_eq!(
        (fields.level(), fields.service(), fields.status()),
        (Some(Level::Error), Some("orders"), Some(402))
    );
    assert_eq!(fields.metadata("sku").and_then(|sku| sku.as_str()), Some("b-2"));
    let parsed = &entries(&client, r#"{env="test"} | json | status=402"#, 1)[0];
    assert_eq!((parsed.parsed.get("metadata_sku"), parsed.parsed.get("level")), (Some("b-2"), None));

    let list = |list: Vec<Box<str>>| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(list(client.labels(around_now()).wait().unwrap()), ["env", "level", "service_name"]);
    assert_eq!(list(client.label_values("level", around_now()).wait().unwrap()), ["ERROR", "INFO"]);
    assert!(client.label_values("nope", around_now()).wait().unwrap().is_empty());
    let streams = client.streams(&[r#"{level="INFO"}"#, r#"{level="ERROR"}"#], around_now()).wait().unwrap();
    assert_eq!(streams.len(), 2);
    let before = TimeRange::ending(now, HOUR);
    assert!(client.query_range(ORDERS, before).entries().wait().unwrap().is_empty(), "the end is not in it");
    // A form, as a long expression is sent.
    let long = format!(r#"{ORDERS} {}"#, r#"|= "declined" "#.repeat(500));
    assert_eq!(client.query_range(&long, around_now()).entries().wait().unwrap().len(), 1);
}

#[test]
fn loki_detects_every_level_in_both_spellings() {
    let Some(loki) = Loki::start() else { return };
    let (client, now) = (client(&loki), SystemClock.now());
    for (service, names) in [("short", LevelNames::WarnFatal), ("long", LevelNames::WarningCritical)] {
        let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
        let builder = LokiOptions::new(loki.url()).level_names(names);
        let sink = builder.build(&Resource::new(service), &delivery).unwrap();
        for level in Level::ALL {
            let line = format!(r#"{{"level":"{}","message":"x"}}"#, level.name(names));
            sink.accept(&Line::new(&line, now, level));
        }
        assert_eq!(delivery.shutdown_blocking(SOON).delivered(), 6);
        let mut found: Vec<_> = entries(&client, &format!(r#"{{service_name="{service}"}}"#), 6)
            .iter()
            .map(|entry| (entry.level(), entry.structured_metadata.get("detected_level").unwrap().to_owned()))
            .collect();
        found.sort();
        let last = if names == LevelNames::WarnFatal { "fatal" } else { "critical" };
        let detected = ["trace", "debug", "info", "warn", "error", last].map(ToOwned::to_owned);
        assert_eq!(found, Level::ALL.map(Some).into_iter().zip(detected).collect::<Vec<_>>(), "{service}");
    }
}

#[test]
fn numbers_come_over_time_at_a_time_and_alone() {
    let Some(loki) = Loki::start() else { return };
    let (pushed, client, now) = (Pushed::to(&loki), client(&loki), SystemClock.now());
    for level in [Level::Error, Level::Error, Level::Info] {
        pushed.line(now, level, "{}");
    }
    pushed.done();
    entries(&client, ORDERS, 3);
    let counted = r#"sum by (level) (count_over_time({service_name="orders"}[1h]))"#;
    let mut samples = client.query(counted).at(now + Duration::from_secs(1)).samples().wait().unwrap();
    samples.sort_by(|a, b| a.labels.cmp(&b.labels));
    let found: Vec<_> = samples.iter().map(|s| (s.labels.to_string(), s.point.value)).collect();
    assert_eq!(found, [(r#"{level="ERROR"}"#.to_owned(), 2.0), (r#"{level="INFO"}"#.to_owned(), 1.0)]);
    assert!(samples[0].point.at.duration_since(now).unwrap() < Duration::from_secs(2));
    let minute = Duration::from_secs(60);
    let series = client.query_range(counted, around_now()).step(minute * 10).series().wait().unwrap();
    assert_eq!(series.len(), 2);
    let points = &series[0].points;
    assert!(
        points.windows(2).all(|two| two[1].at.duration_since(two[0].at).unwrap() == minute * 10),
        "{points:?}"
    );
    assert_eq!(client.query("2 * 21").scalar().wait().unwrap(), 42.0);
    let kind = client.query_range(counted, around_now()).entries().wait().unwrap_err();
    assert!(matches!(kind, QueryError::OtherKind { wanted: "lines", .. }), "{kind:?}");
}

#[test]
fn pages_give_every_line_once_though_many_share_a_nanosecond() {
    let Some(loki) = Loki::start() else { return };
    let (pushed, client, now) = (Pushed::to(&loki), client(&loki), SystemClock.now());
    // Of each level its own stream, so that the sink leaves equal times alone.
    for moment in 0..10 {
        for level in Level::ALL {
            pushed.line(now + Duration::from_nanos(moment), level, &format!("\"{moment} {level:?}\""));
        }
    }
    pushed.done();
    entries(&client, ORDERS, 60);
    for (limit, direction) in [(4, Direction::Forward), (7, Direction::Backward), (30, Direction::Forward)] {
        let mut pages = client.query_range(ORDERS, around_now()).limit(limit).direction(direction).pages();
        let mut lines = Vec::new();
        while let Some(page) = pages.next_blocking().unwrap() {
            lines.extend(page.iter().map(|entry| (entry.unix_nanos, entry.line.to_string())));
        }
        let times: Vec<_> = lines.iter().map(|(time, _)| *time).collect();
        match direction {
            Direction::Forward => assert!(times.is_sorted()),
            Direction::Backward => assert!(times.is_sorted_by(|a, b| a >= b)),
        }
        assert_eq!(lines.iter().collect::<BTreeSet<_>>().len(), 60, "{limit}");
        assert_eq!(lines.len(), 60, "{limit}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn refusals_are_in_lokis_own_words() {
    let Some(loki) = Loki::start() else { return };
    let client = client(&loki);
    let refusal = |error: QueryError| {
        let refusal = error.refusal().unwrap_or_else(|| panic!("{error:?}")).clone();
        (refusal.status().as_u16(), refusal.message().to_owned())
    };
    let range = |logql: &str| client.query_range(logql, around_now());
    assert_eq!(
        refusal(range("{service_name=").entries().await.unwrap_err()),
        (400, "parse error at line 1, col 15: syntax error: unexpected $end, expecting STRING".to_owned())
    );
    let (status, words) = refusal(range(ORDERS).limit(5001).entries().await.unwrap_err());
    assert!(status == 400 && words.contains("5001 > 5000"), "{words}");
    let (status, words) = refusal(range(ORDERS).limit(0).entries().await.unwrap_err());
    assert!(status == 400 && words.contains("limit must be a positive value"), "{words}");
    let (status, words) = refusal(client.query(ORDERS).samples().await.unwrap_err());
    assert!(status == 400 && words.contains("not supported as an instant query"), "{words}");
    let (status, words) = refusal(client.streams(&["{"], around_now()).await.unwrap_err());
    assert!(status == 400 && words.contains("parse error"), "{words}");
    let (status, words) = refusal(client.tail("{").open().await.unwrap_err());
    assert!(status == 400 && words.contains("parse error"), "{words}");
    let (status, words) =
        refusal(client.tail(ORDERS).delay(Duration::from_secs(9)).open().await.unwrap_err());
    assert!(status == 400 && words.contains("delay_for"), "{words}");
    // Here Loki opens the web socket first.
    let mut tail = client.tail(r#"rate({service_name="orders"}[5m])"#).open().await.unwrap();
    let error = tail.next().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("only log selector is supported"), "{error}");
    let elsewhere = LogQuery::builder(format!("{}/nowhere", loki.url())).build().unwrap();
    assert_eq!(
        refusal(elsewhere.labels(around_now()).await.unwrap_err()),
        (404, "404 page not found".to_owned())
    );
}

fn next_line(tail: &mut Tail) -> String {
    match tail.next_blocking() {
        Some(Ok(TailItem::Entry(entry))) => entry.line.into_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_tail_gives_what_was_there_and_what_comes_until_loki_is_gone() {
    let Some(loki) = Loki::start() else { return };
    let (pushed, now) = (Pushed::to(&loki), SystemClock.now());
    let patience = Duration::from_secs(5);
    let client = LogQuery::builder(loki.url()).timeout(patience).build().unwrap();
    pushed.line(now, Level::Error, "\"first\"");
    entries(&client, ORDERS, 1);
    let mut tail =
        client.tail(r#"{service_name="orders"} != "hidden""#).since(now - HOUR).open().wait().unwrap();
    assert_eq!(next_line(&mut tail), "\"first\"");
    pushed.line(SystemClock.now(), Level::Info, "\"hidden\"");
    pushed.line(SystemClock.now(), Level::Info, "\"second\"");
    assert_eq!(next_line(&mut tail), "\"second\"");
    pushed.done();

    // Loki sends something each second, unless it hangs.
    let mut other = client.tail(ORDERS).since(now - HOUR).open().wait().unwrap();
    loki.process().pause();
    assert!(matches!(broken(&mut tail), RequestErrorKind::Timeout { after } if after == patience));
    assert!(tail.next_blocking().is_none());
    loki.process().resume();
    loki.process().stop();
    let kind = broken(&mut other);
    assert!(matches!(kind, RequestErrorKind::Broken | RequestErrorKind::Timeout { .. }), "{kind:?}");
    let gone = client.tail(ORDERS).open().wait().unwrap_err();
    assert!(matches!(gone, QueryError::Request(error) if error.kind() == RequestErrorKind::Connect));
}

/// How a tail broke, after the lines that were on their way.
fn broken(tail: &mut Tail) -> RequestErrorKind {
    loop {
        match tail.next_blocking() {
            Some(Ok(_)) => {}
            Some(Err(QueryError::Request(error))) => return error.kind(),
            other => panic!("{other:?}"),
        }
    }
}
