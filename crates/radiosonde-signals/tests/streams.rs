//! Streams under `#[observe]`: one call from the first poll to the end.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;

use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};
use futures_util::{FutureExt as _, TryStreamExt as _};
use radiosonde_metrics::Registry;
use radiosonde_signals::observe;

use crate::spans::Spans;

mod spans;

#[track_caller]
fn assert_calls(operation: &str, expected: [(&str, f64); 2]) {
    let snapshot = Registry::global().snapshot();
    let total = snapshot.sum("operation_calls_total", &[("operation", operation)]);
    assert_eq!(total, expected.iter().map(|(_, calls)| calls).sum::<f64>(), "calls of {operation}");
    for (outcome, calls) in expected {
        let labels = [("operation", operation), ("outcome", outcome)];
        assert_eq!(snapshot.sum("operation_calls_total", &labels), calls, "{outcome} calls of {operation}");
    }
    assert_eq!(snapshot.sum("operation_in_flight", &[("operation", operation)]), 0.0);
}

#[observe]
fn numbers(to: u32) -> impl Stream<Item = u32> + Send {
    stream::iter(0..to).then(|number| async move {
        tokio::task::yield_now().await;
        tracing::info_span!("item").in_scope(|| number)
    })
}

#[tokio::test]
async fn a_stream_is_one_call_and_its_items_are_within_the_span() {
    let (spans, _guard) = Spans::install();
    assert_eq!(numbers(3).collect::<Vec<_>>().await, [0, 1, 2]);
    let seen = spans.take();
    let seen: Vec<_> = seen.iter().map(|span| (span.name.as_str(), span.parent.as_deref())).collect();
    let item = ("item", Some("numbers"));
    assert_eq!(seen, [("numbers", None), item, item, item]);
    // Dropped after two of three items.
    assert_eq!(numbers(3).take(2).collect::<Vec<_>>().await, [0, 1]);
    assert_calls("numbers", [("completed", 1.0), ("aborted", 1.0)]);
    let events = spans.events();
    assert_eq!(
        events.iter().map(|event| event.get("outcome")).collect::<Vec<_>>(),
        ["str completed", "str aborted"]
    );
}

#[observe]
fn borrowed<'a>(words: &'a [String]) -> impl Stream<Item = &'a str> + use<'a> {
    stream::iter(words).map(String::as_str)
}

#[observe]
fn boxed(to: u32) -> BoxStream<'static, u32> {
    stream::iter(0..to).boxed()
}

#[observe]
fn boxed_by_hand(to: u32) -> Pin<Box<dyn Stream<Item = u32> + Send>> {
    if to == 0 {
        return Box::pin(stream::empty());
    }
    Box::pin(stream::iter(0..to))
}

#[tokio::test]
async fn streams_may_borrow_and_be_boxed_and_stay_ended() {
    let words = ["tea".to_owned(), "milk".to_owned()];
    assert_eq!(borrowed(&words).collect::<Vec<_>>().await, ["tea", "milk"]);
    let mut stream = boxed(1);
    assert_eq!(stream.size_hint(), (1, Some(1)));
    assert_eq!(stream.next().await, Some(0));
    for _ in 0..2 {
        assert_eq!(stream.next().await, None);
        assert_eq!(stream.size_hint(), (0, Some(0)));
    }
    for to in [0, 2] {
        assert_eq!(boxed_by_hand(to).count().await, to as usize);
    }
    for (operation, calls) in [("borrowed", 1.0), ("boxed", 1.0), ("boxed_by_hand", 2.0)] {
        assert_calls(operation, [("completed", calls), ("aborted", 0.0)]);
    }
}

#[observe]
fn lines(fail: bool) -> impl Stream<Item = Result<&'static str, String>> {
    let second = if fail { Err("torn".to_owned()) } else { Ok("b") };
    stream::iter([Ok("a"), second, Ok("c")])
}

#[tokio::test]
async fn a_stream_fails_with_its_first_error_also_if_it_is_dropped_then() {
    let (spans, _guard) = Spans::install();
    assert_eq!(lines(false).count().await, 3);
    assert_eq!(spans.one().values.get("otel.status_code"), "");
    // Read to its end in spite of the error.
    assert_eq!(lines(true).count().await, 3);
    assert_eq!(spans.one().values.get("otel.status_description"), "debug torn");
    // Dropped at the error.
    assert_eq!(lines(true).try_collect::<Vec<_>>().await, Err("torn".to_owned()));
    assert_eq!(spans.one().values.get("otel.status_description"), "debug torn");
    assert_calls("lines", [("completed", 1.0), ("failed", 2.0)]);
}

#[observe]
fn panicking() -> impl Stream<Item = Result<u8, &'static str>> {
    stream::iter([Err("torn"), Ok(1)]).inspect(|item| assert!(item.is_err(), "in the stream"))
}

#[test]
fn a_stream_that_panics_has_panicked_whatever_came_before() {
    let mut stream = panicking();
    assert_eq!(stream.next().now_or_never(), Some(Some(Err("torn"))));
    assert!(catch_unwind(AssertUnwindSafe(|| stream.next().now_or_never())).is_err());
    drop(stream);
    assert_calls("panicking", [("panicked", 1.0), ("failed", 0.0)]);
}
