//! `#[observe]` with `#[tracing::instrument]`, in either order: the outer attribute's span is the parent of the inner one's.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::Future;
use std::pin::Pin;

use radiosonde_metrics::Registry;
use radiosonde_signals::observe;
use tracing::{info_span, instrument};

use crate::spans::Spans;

mod spans;

type Outcome = Result<u64, String>;

fn work(id: u64) -> Outcome {
    info_span!("work").in_scope(|| Ok(id))
}

async fn later(id: u64) -> Outcome {
    tokio::task::yield_now().await;
    work(id)
}

#[observe(name = "observed_sync", fields(observed.id = id))]
#[instrument(name = "instrumented", ret, err)]
fn observed_first(id: u64) -> Outcome {
    work(id)
}

#[instrument(name = "instrumented", ret, err)]
#[observe(name = "sync_observed", fields(observed.id = id))]
fn observed_last(id: u64) -> Outcome {
    work(id)
}

#[observe(name = "observed_async", fields(observed.id = id))]
#[instrument(name = "instrumented", ret, err)]
async fn async_observed_first(id: u64) -> Outcome {
    later(id).await
}

#[instrument(name = "instrumented", ret, err)]
#[observe(name = "async_observed", fields(observed.id = id))]
async fn async_observed_last(id: u64) -> Outcome {
    later(id).await
}

#[observe(name = "observed_future", fields(observed.id = id))]
#[instrument(name = "instrumented")]
fn future_observed_first(id: u64) -> impl Future<Output = Outcome> {
    let id = id.max(1);
    async move { later(id).await }
}

#[instrument(name = "instrumented")]
#[observe(name = "future_observed", fields(observed.id = id))]
fn future_observed_last(id: u64) -> impl Future<Output = Outcome> {
    let id = id.max(1);
    async move { later(id).await }
}

#[observe(name = "observed_boxed", fields(observed.id = id))]
#[tracing::instrument(name = "instrumented")]
fn boxed_observed_first(id: u64) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
    Box::pin(async move { later(id).await })
}

#[tracing::instrument(name = "instrumented")]
#[observe(name = "boxed_observed", fields(observed.id = id))]
fn boxed_observed_last(id: u64) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
    Box::pin(async move { later(id).await })
}

struct Shop;

#[async_trait::async_trait]
trait Store {
    async fn observed_first(&self, id: u64) -> Outcome;
    async fn observed_last(&self, id: u64) -> Outcome;
}

#[async_trait::async_trait]
impl Store for Shop {
    #[observe(name = "observed_method", fields(observed.id = id))]
    #[instrument(name = "instrumented", skip(self), ret, err)]
    async fn observed_first(&self, id: u64) -> Outcome {
        later(id).await
    }

    #[instrument(name = "instrumented", skip(self), ret, err)]
    #[observe(name = "method_observed", fields(observed.id = id))]
    async fn observed_last(&self, id: u64) -> Outcome {
        later(id).await
    }
}

#[track_caller]
fn assert_nested(spans: &Spans, operation: &str, is_observed_first: bool) {
    let taken = spans.take();
    let seen: Vec<_> = taken.iter().map(|span| (span.name.as_str(), span.parent.as_deref())).collect();
    // The attribute that is expanded first is the inner one: it wraps the body, and the other wraps that.
    let (outer, inner) =
        if is_observed_first { ("instrumented", operation) } else { (operation, "instrumented") };
    assert_eq!(seen, [(outer, None), (inner, Some(outer)), ("work", Some(inner))], "{operation}");
    for span in &taken {
        let field = if span.name == operation { "observed.id" } else { "id" };
        let expected = if span.name == "work" { "" } else { "u64 7" };
        assert_eq!(span.values.get(field), expected, "{field} of {}", span.name);
    }
    let lines = spans.events().iter().filter(|event| event.get("outcome") == "str completed").count();
    assert_eq!(lines, 1, "lines of {operation}");
    let calls = Registry::global().snapshot().sum("operation_calls_total", &[("operation", operation)]);
    assert_eq!(calls, 1.0, "calls of {operation}");
}

#[tokio::test]
async fn both_spans_are_made_in_either_order_and_one_call_is_counted() {
    let (spans, _guard) = Spans::install();
    assert_eq!(observed_first(7), Ok(7));
    assert_nested(&spans, "observed_sync", true);
    assert_eq!(observed_last(7), Ok(7));
    assert_nested(&spans, "sync_observed", false);
    assert_eq!(async_observed_first(7).await, Ok(7));
    assert_nested(&spans, "observed_async", true);
    assert_eq!(async_observed_last(7).await, Ok(7));
    assert_nested(&spans, "async_observed", false);
    assert_eq!(future_observed_first(7).await, Ok(7));
    assert_nested(&spans, "observed_future", true);
    assert_eq!(future_observed_last(7).await, Ok(7));
    assert_nested(&spans, "future_observed", false);
    assert_eq!(boxed_observed_first(7).await, Ok(7));
    assert_nested(&spans, "observed_boxed", true);
    assert_eq!(boxed_observed_last(7).await, Ok(7));
    assert_nested(&spans, "boxed_observed", false);
    assert_eq!(Shop.observed_first(7).await, Ok(7));
    assert_nested(&spans, "observed_method", true);
    assert_eq!(Shop.observed_last(7).await, Ok(7));
    assert_nested(&spans, "method_observed", false);
}
