//! Recent lines and the statistics over them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use radiosonde_core::{Clock as _, Level, Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_log::{JsonLayer, Line, LineSink};
use radiosonde_recent::{
    ErrorPattern, HealthStatus, LevelCounts, LogAggregator, RecentLine, RecentLines, RecentQuery,
};
use radiosonde_testkit::ManualClock;
use tracing::{error, info, info_span, warn};
use tracing_subscriber::layer::SubscriberExt as _;

const HOUR: Duration = Duration::from_secs(3600);

fn logged(sink: impl LineSink, work: impl FnOnce()) {
    let layer = JsonLayer::builder(&Resource::new("orders")).sink(Arc::new(sink)).build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
}

fn messages(lines: &[RecentLine]) -> Vec<&str> {
    lines.iter().map(RecentLine::message).collect()
}

#[test]
fn a_recent_line_has_the_contents_of_the_line() {
    let recent = RecentLines::new();
    let trace_id = TraceId::random();
    let context = SpanContext::new(trace_id, SpanId::random(), TraceFlags::SAMPLED);
    logged(recent.clone(), || {
        let _current = context.enter();
        let _span = info_span!("request", request_id = "r-1", user_id = 7).entered();
        warn!(target: "orders::price", correlation_id = "c", sku = "b-2", "paid \"twice\"");
    });
    let lines = recent.snapshot();
    let line = &lines[0];
    assert_eq!((line.level(), line.target(), line.service()), (Level::Warn, "orders::price", "orders"));
    assert_eq!(line.message(), "paid \"twice\"");
    assert_eq!(
        (line.correlation_id(), line.request_id(), line.user_id()),
        (Some("c"), Some("r-1"), Some("7"))
    );
    assert_eq!((line.trace_id(), line.span_id()), (Some(trace_id), Some(context.span_id())));
    let json: serde_json::Value = serde_json::from_str(line.json()).unwrap();
    assert_eq!((&json["metadata"]["sku"], &json["message"]), (&"b-2".into(), &"paid \"twice\"".into()));
}

#[test]
fn a_query_takes_lines_that_meet_each_of_its_conditions() {
    let recent = RecentLines::new();
    let start = ManualClock::new().now();
    let trace_id = TraceId::random();
    let context = SpanContext::new(trace_id, SpanId::random(), TraceFlags::NONE);
    let line = |seconds, level, target, service, message| {
        let time = start + Duration::from_secs(seconds);
        Line::new("{\"sku\":\"b-2\"}", time, level)
            .with_target(target)
            .with_service(service)
            .with_message(message)
    };
    recent.accept(&line(0, Level::Info, "orders::api", "orders", "one"));
    recent.accept(&line(1, Level::Error, "orders::db", "orders", "two").with_context(context));
    recent.accept(&line(2, Level::Fatal, "hyper", "gateway", "three"));
    let all = RecentQuery::new;
    let cases = [
        (all(), &["three", "two", "one"][..]),
        (all().min_level(Level::Error), &["three", "two"]),
        (all().target("orders"), &["two", "one"]),
        (all().service("gateway"), &["three"]),
        (all().trace_id(trace_id), &["two"]),
        (all().since(start + Duration::from_secs(1)), &["three", "two"]),
        (all().until(start + Duration::from_secs(1)), &["one"]),
        (all().contains("t"), &["three", "two"]),
        (all().contains("b-2").limit(2), &["three", "two"]),
        (all().limit(0), &[]),
        (all().target("orders").min_level(Level::Warn).contains("w"), &["two"]),
        (all().service("order"), &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(messages(&recent.lines(&query)), expected, "{query:?}");
    }
    recent.clear();
    assert!(recent.is_empty());
}

#[test]
fn bounds_hold_and_bounds_that_hold_nothing_are_refused() {
    let error = RecentLines::bounded(0, RecentLines::BYTES).unwrap_err();
    let expected = "invalid bounds of 0 recent lines and 8388608 bytes: expected 1 line or more, and 524288 to 4294967295 bytes";
    assert_eq!(error.to_string(), expected);
    let error = RecentLines::bounded(1, 1000).unwrap_err().to_string();
    assert!(error.starts_with("invalid bounds of 1 recent lines and 1000 bytes: expected "), "{error}");

    let recent = RecentLines::bounded(3, RecentLines::LEAST_BYTES).unwrap();
    logged(recent.clone(), || (0..10).for_each(|at| info!("{at}")));
    assert_eq!(messages(&recent.snapshot()), ["9", "8", "7"]);
    let long = "x".repeat(200_000);
    logged(recent.clone(), || (0..10).for_each(|_| info!("{long}")));
    assert_eq!((recent.len(), recent.left_out()), (1, 0), "its message is stored besides its JSON");
    recent.accept(&Line::new(&long.repeat(3), SystemTime::UNIX_EPOCH, Level::Info));
    assert_eq!((recent.len(), recent.left_out()), (1, 1));
}

#[test]
fn lines_are_read_whole_and_once_while_threads_log() {
    let recent = RecentLines::bounded(500, RecentLines::LEAST_BYTES).unwrap();
    let write = |thread: usize| {
        let recent = recent.clone();
        move || {
            for at in 0..5_000 {
                let text = format!("{thread}:{at} ").repeat(1 + at % 7);
                recent.accept(&Line::new(&text, SystemTime::UNIX_EPOCH, Level::Info).with_message(&text));
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|thread| scope.spawn(write(thread))).collect();
        let mut reads = 0;
        while reads < 20 || threads.iter().any(|thread| !thread.is_finished()) {
            let mut last = [usize::MAX; 3];
            for line in recent.snapshot() {
                assert_eq!(line.json(), line.message());
                let (thread, rest) = line.message().split_once(':').unwrap();
                let at: usize = rest.split_once(' ').unwrap().0.parse().unwrap();
                assert_eq!(line.message(), format!("{thread}:{at} ").repeat(1 + at % 7));
                let thread: usize = thread.parse().unwrap();
                assert!(at < last[thread], "the newest is first, and none appears twice");
                last[thread] = at;
            }
            reads += 1;
        }
    });
    assert_eq!(recent.len(), 500);
}

/// Counts one line.
fn count(logs: &LogAggregator, time: SystemTime, level: Level, service: &str, message: &str) {
    logs.accept(&Line::new("{}", time, level).with_service(service).with_message(message));
}

#[test]
fn totals_are_by_level_service_and_pattern() {
    let logs = LogAggregator::new();
    logged(logs.clone(), || {
        info!("fine");
        error!("Connection refused by the database");
        radiosonde_log::fatal!("out of memory");
        warn!("Timeout of something that is no error");
    });
    assert_eq!(logs.totals().to_string(), "4 lines: 1 INFO, 1 WARN, 1 ERROR, 1 FATAL");
    assert_eq!(logs.services(), [("orders".to_owned(), logs.totals())]);
    let patterns: Vec<_> = logs.patterns().iter().collect();
    assert_eq!(patterns, [(ErrorPattern::Connection, 1), (ErrorPattern::Memory, 1)]);
    assert_eq!(logs.recent().len(), 4);
}

#[test]
fn an_error_summary_is_of_the_window_and_names_the_most_frequent_messages() {
    let clock = ManualClock::new();
    let logs = LogAggregator::over(RecentLines::new(), Arc::new(clock.clone()));
    let now = clock.now();
    count(&logs, now - 3 * HOUR, Level::Error, "orders", "too old");
    for at in 0..12 {
        let message = format!("Database {}{}", "ä".repeat(100), at);
        count(&logs, now - HOUR, Level::Error, "orders", &message);
        count(&logs, now - HOUR, Level::Info, "orders", "fine");
    }
    for at in 0..6 {
        count(&logs, now, Level::Fatal, "payments", &format!("failure {at}"));
    }
    let summary = logs.error_summary(2 * HOUR);
    assert_eq!((summary.total, summary.is_complete), (18, true));
    assert!((summary.per_hour - 9.0).abs() < f64::EPSILON);
    let [orders, payments] = &summary.services[..] else { unreachable!("{summary}") };
    assert_eq!((&*orders.service, orders.count), ("orders", 12));
    assert!((orders.per_hour - 6.0).abs() < f64::EPSILON);
    let [top] = &orders.top_messages[..] else { unreachable!("{summary}") };
    assert_eq!((top.count, top.message.chars().count()), (12, 100));
    assert_eq!((payments.count, payments.top_messages.len()), (6, 5));
    assert_eq!(payments.top_messages[0].message, "failure 5", "the newest of equals");
    assert_eq!(summary.top_messages.len(), 7);
    assert_eq!(summary.patterns.iter().collect::<Vec<_>>(), [(ErrorPattern::Database, 12)]);
    assert_eq!(logs.patterns().of(ErrorPattern::Database), 12);
    assert_eq!(logs.error_summary(4 * HOUR).total, 19);
}

#[test]
fn an_error_of_a_clock_that_was_ahead_is_not_among_the_last() {
    let clock = ManualClock::new();
    let logs = LogAggregator::over(RecentLines::new(), Arc::new(clock.clone()));
    count(&logs, clock.now() + 8760 * HOUR, Level::Error, "orders", "a year ahead");
    count(&logs, clock.now(), Level::Error, "orders", "now");
    assert_eq!(logs.error_summary(HOUR).total, 1);
}

#[test]
fn a_summary_that_misses_errors_is_marked_incomplete() {
    let clock = ManualClock::new();
    let logs = LogAggregator::over(RecentLines::new(), Arc::new(clock.clone()));
    for _ in 0..10_001 {
        count(&logs, clock.now(), Level::Error, "orders", "again");
    }
    let summary = logs.error_summary(HOUR);
    assert_eq!((summary.total, summary.is_complete), (10_000, false));
    assert!(summary.to_string().starts_with("at least 10000 errors in 3600s"), "{summary}");
    clock.advance(2 * HOUR);
    count(&logs, clock.now(), Level::Error, "orders", "again");
    assert!(logs.error_summary(HOUR).is_complete, "what is missing is older than the window");
}

#[test]
fn a_service_is_as_healthy_as_few_of_its_lines_are_errors() {
    let clock = ManualClock::new();
    let logs = LogAggregator::over(RecentLines::new(), Arc::new(clock.clone()));
    for (service, errors) in [("a", 1), ("b", 2), ("c", 4), ("d", 10)] {
        for at in 0..10 {
            let level = if at < errors { Level::Error } else { Level::Info };
            count(&logs, clock.now(), level, service, "");
        }
    }
    let health = logs.service_health();
    let found: Vec<_> = health.iter().map(|health| (&*health.service, health.status)).collect();
    let [healthy, degraded, unhealthy] =
        [HealthStatus::Healthy, HealthStatus::Degraded, HealthStatus::Unhealthy];
    assert_eq!(found, [("a", healthy), ("b", degraded), ("c", unhealthy), ("d", unhealthy)]);
    assert_eq!(health[1].to_string(), "b: degraded, 80.0 of 100 (10 lines)");
    assert!(health[3].score.abs() < f64::EPSILON && (health[3].error_rate - 1.0).abs() < f64::EPSILON);

    clock.advance(3 * HOUR);
    count(&logs, clock.now(), Level::Info, "d", "recovered");
    let recent = logs.recent_health(2 * HOUR);
    assert_eq!(recent.len(), 1, "the others logged nothing");
    assert_eq!(recent[0].to_string(), "d: healthy, 100.0 of 100 (1 lines)");
    assert_eq!(logs.service_health()[3].status, unhealthy);
}

#[test]
fn trends_include_hours_without_lines() {
    let clock = ManualClock::new();
    let logs = LogAggregator::over(RecentLines::new(), Arc::new(clock.clone()));
    let start = clock.now();
    count(&logs, SystemTime::UNIX_EPOCH, Level::Info, "orders", "an hour of long ago");
    count(&logs, start, Level::Info, "orders", "");
    count(&logs, start + HOUR, Level::Info, "orders", "");
    count(&logs, start + HOUR, Level::Error, "orders", "");
    count(&logs, start + 3 * HOUR, Level::Info, "payments", "");
    count(&logs, start + 9 * HOUR, Level::Info, "orders", "from the future");
    clock.advance(3 * HOUR + HOUR / 2);
    let trends = logs.trends(3 * HOUR);
    let hours: Vec<_> = trends.hours.iter().map(|hour| (hour.start, hour.levels.total())).collect();
    assert_eq!(hours, [(start + HOUR, 2), (start + 2 * HOUR, 0), (start + 3 * HOUR, 1)]);
    assert_eq!(trends.hours[0].services, [("orders".to_owned(), trends.hours[0].levels)]);
    let levels: Vec<_> = trends.levels.iter().map(|(level, trend)| (*level, trend.to_string())).collect();
    assert_eq!(levels[0], (Level::Info, "2 lines, 0.7 per hour, at least 0 and at most 1".into()));
    assert_eq!((levels[1].0, trends.levels[1].1.max), (Level::Error, 1));
    let services: Vec<_> =
        trends.services.iter().map(|(name, trend)| (&**name, trend.total, trend.max)).collect();
    assert_eq!(services, [("orders", 2, 2), ("payments", 1, 1)]);
    assert_eq!(
        logs.trends(Duration::MAX).hours.len(),
        4,
        "the hour of 1970 does not start a list of half a million"
    );
    assert_eq!(logs.trends(Duration::ZERO).hours, []);
}

#[test]
fn counts_of_levels_are_read_by_level() {
    assert_eq!(LevelCounts::default().to_string(), "0 lines");
    let logs = LogAggregator::new();
    count(&logs, SystemTime::UNIX_EPOCH, Level::Fatal, "", "");
    assert_eq!((logs.totals().of(Level::Fatal), logs.totals().errors(), logs.totals().total()), (1, 1, 1));
    assert_eq!(logs.services()[0].0, "unknown");
}
