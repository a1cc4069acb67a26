//! Pages against a model of Loki's own rules: the start is included, the end is not, and the limit cuts off.
#![cfg(feature = "query")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime};

use radiosonde_loki::{Direction, LogEntry, LogQuery, QueryError, TimeRange};
use radiosonde_testkit::{HttpFake, Reaction, RecordedRequest};

/// Times of lines: three streams that share nanoseconds, at the ends of the range too.
const TIMES: [&[u64]; 3] = [&[10, 11, 11, 11, 15, 19], &[11, 11, 15, 16, 17], &[10, 11, 15, 15, 15, 19]];

fn answer(request: &RecordedRequest) -> Reaction {
    let parameter = |name: &str| {
        let query = request.path().split_once('?').unwrap().1;
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap().to_owned()
    };
    let number = |name: &str| parameter(name).parse::<u64>().unwrap();
    let (start, end, limit) = (number("start"), number("end"), number("limit"));
    let mut lines: Vec<_> = TIMES
        .iter()
        .enumerate()
        .flat_map(|(stream, times)| times.iter().enumerate().map(move |(at, &time)| (time, stream, at)))
        .filter(|&(time, ..)| (start..end).contains(&time))
        .collect();
    lines.sort_unstable();
    if parameter("direction") == "backward" {
        lines.reverse();
    }
    lines.truncate(limit.try_into().unwrap());
    let streams: Vec<_> = lines
        .iter()
        // Two lines of a stream and a time are equal: they are two all the same.
        .map(|(time, stream, _)| format!(r#"{{"stream":{{"s":"{stream}"}},"values":[["{time}","line"]]}}"#))
        .collect();
    let result = streams.join(",");
    Reaction::status(200).body(format!(r#"{{"data":{{"resultType":"streams","result":[{result}]}}}}"#))
}

fn at(nanos: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)
}

#[test]
fn every_line_is_returned_once_and_in_order_for_any_page_size() {
    let fake = HttpFake::answering(answer);
    let loki = LogQuery::builder(fake.url()).build().unwrap();
    let mut expected: Vec<(i64, String)> = TIMES
        .iter()
        .enumerate()
        .flat_map(|(stream, times)| {
            times.iter().map(move |&time| (time.try_into().unwrap(), stream.to_string()))
        })
        .filter(|(time, _)| *time < 19)
        .collect();
    expected.sort();
    for direction in [Direction::Forward, Direction::Backward] {
        for limit in 1..=20 {
            let range = TimeRange::between(at(10), at(19)).unwrap();
            let mut pages = loki.query_range("{}", range).limit(limit).direction(direction).pages();
            let mut all: Vec<LogEntry> = Vec::new();
            while let Some(page) = pages.next_blocking().unwrap() {
                assert!(!page.is_empty());
                all.extend(page);
            }
            assert!(pages.next_blocking().unwrap().is_none());
            let mut found: Vec<_> = all
                .iter()
                .map(|entry| (entry.unix_nanos, entry.labels.get("s").unwrap().to_owned()))
                .collect();
            let sorted = match direction {
                Direction::Forward => found.is_sorted_by_key(|(time, _)| *time),
                Direction::Backward => found.is_sorted_by(|a, b| a.0 >= b.0),
            };
            assert!(sorted, "{direction:?} {limit}: {found:?}");
            found.sort();
            assert_eq!(found, expected, "{direction:?} {limit}");
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_failed_page_can_be_requested_again() {
    let fake = HttpFake::start([Reaction::status(503).body("busy")]);
    let loki = LogQuery::builder(fake.url()).build().unwrap();
    let mut pages = loki.query_range("{}", TimeRange::last(Duration::from_secs(60))).pages();
    assert!(matches!(pages.next().await, Err(QueryError::Refused(_))));
    let one = r#"{"data":{"resultType":"streams","result":[{"stream":{},"values":[["1","a"]]}]}}"#;
    fake.script([Reaction::status(200).body(one)]);
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 1);
    assert!(pages.next().await.unwrap().is_none());
    assert_eq!(fake.requests().len(), 2, "a page that is not full is the last");
}

#[test]
fn a_server_that_repeats_its_response_is_not_queried_forever() {
    let two = r#"{"data":{"resultType":"streams","result":[{"stream":{},"values":[["5","a"],["5","b"]]}]}}"#;
    let fake = HttpFake::start([Reaction::status(200).body(two)]);
    let loki = LogQuery::builder(fake.url()).build().unwrap();
    let mut pages = loki.query_range("{}", TimeRange::last(Duration::from_secs(60))).limit(1).pages();
    assert_eq!(pages.next_blocking().unwrap().unwrap().len(), 2);
    assert!(pages.next_blocking().unwrap().is_none());
    assert!(fake.requests().len() <= 3);
}
