//! The `err` and `ok` hooks of `#[observe]`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::{self, Display};
use std::future::Future;

use futures_util::stream::{self, Stream, StreamExt as _};
use radiosonde_metrics::Registry;
use radiosonde_signals::observe;
use tracing::Span;
use tracing::field::{Empty, display};

use crate::spans::Spans;

mod spans;

#[derive(Debug, PartialEq)]
enum OrderError {
    Refused(u64),
}

impl Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for OrderError {}

type Priced = Result<u64, OrderError>;

fn refused(error: &OrderError) {
    let OrderError::Refused(by) = error;
    Span::current().record("refused.by", by);
}

fn priced(total: &u64) {
    Span::current().record("total", display(total));
}

fn outcome(fail: bool) -> Priced {
    if fail { Err(OrderError::Refused(3)) } else { Ok(12) }
}

#[observe(fields(refused.by = Empty, total = Empty), err = refused, ok = priced)]
fn sync(fail: bool) -> Priced {
    outcome(fail)
}

#[observe(fields(refused.by = Empty, total = Empty), err = refused, ok = priced)]
async fn later(fail: bool) -> Priced {
    tokio::task::yield_now().await;
    outcome(fail)
}

#[observe(fields(refused.by = Empty, total = Empty), err = self::refused, ok = priced)]
fn future(fail: bool) -> impl Future<Output = Priced> {
    async move { outcome(fail) }
}

#[observe(fields(refused.by = Empty, total = Empty), err = refused, ok = priced)]
fn items(fail: bool) -> impl Stream<Item = Priced> {
    stream::iter([outcome(fail)])
}

#[tokio::test]
async fn the_hooks_run_in_the_span_with_the_error_or_the_value() {
    let (spans, _guard) = Spans::install();
    for fail in [false, true] {
        assert_eq!(sync(fail), outcome(fail));
        assert_eq!(later(fail).await, outcome(fail));
        assert_eq!(future(fail).await, outcome(fail));
        assert_eq!(items(fail).collect::<Vec<_>>().await, [outcome(fail)]);
        let spans = spans.take();
        assert_eq!(spans.len(), 4);
        let (by, total) = if fail { ("u64 3", "") } else { ("", "debug 12") };
        for span in spans {
            assert_eq!((span.values.get("refused.by"), span.values.get("total")), (by, total), "{span:?}");
            assert_eq!(span.values.get("otel.status_code"), if fail { "str ERROR" } else { "" });
        }
    }
}

#[observe(fields(found = Empty), ok = looked_up)]
fn of_no_result(found: Option<u8>) -> Option<u8> {
    found
}

fn looked_up(found: &Option<u8>) {
    Span::current().record("found", found.is_some());
}

#[test]
fn a_value_that_is_no_result_is_the_value_of_the_hook() {
    let (spans, _guard) = Spans::install();
    assert_eq!(of_no_result(None), None);
    assert_eq!(spans.one().values.get("found"), "bool false");
}

struct Shop;

impl Shop {
    #[observe(err = Self::error, ok = Self::value)]
    fn panicking_hooks(fail: bool) -> Priced {
        outcome(fail)
    }

    fn error(_: &OrderError) {
        panic!("in the hook")
    }

    fn value(_: &u64) {
        panic!("in the hook")
    }
}

#[test]
fn a_hook_that_panics_changes_neither_the_result_nor_the_outcome() {
    for fail in [false, true] {
        assert_eq!(Shop::panicking_hooks(fail), outcome(fail));
    }
    let snapshot = Registry::global().snapshot();
    for outcome in ["completed", "failed"] {
        let labels = [("operation", "panicking_hooks"), ("outcome", outcome)];
        assert_eq!(snapshot.sum("operation_calls_total", &labels), 1.0);
    }
}
