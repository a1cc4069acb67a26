//! Arguments that `#[observe(fields(...))]` records, on functions of every shape.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::Future;
use std::pin::Pin;

use futures_util::stream::{self, Stream, StreamExt as _};
use radiosonde_signals::observe;
use tracing::Span;
use tracing::field::Empty;

use crate::spans::{Seen, Spans};

mod spans;

#[derive(Debug, Clone)]
struct Order {
    id: u64,
    customer: String,
    items: Vec<&'static str>,
}

fn order() -> Order {
    Order { id: 7, customer: "Ada".to_owned(), items: vec!["tea", "milk"] }
}

#[track_caller]
fn assert_recorded(span: &Seen) {
    for (name, value) in [
        ("order.id", "u64 7"),
        ("order.customer", "str Ada"),
        ("items", "debug 2"),
        ("first", "debug \"tea\""),
        ("order.type", "str online"),
        ("fail", "bool false"),
    ] {
        assert_eq!(span.values.get(name), value, "{name} of {}", span.name);
    }
    assert_eq!(span.values.get("operation"), format!("str {}", span.name));
}

#[observe(fields(
    order.id, order.customer = order.customer, items = %order.items.len(), first = ?order.items[0], "order.type" = "online",
    fail
))]
fn sync(order: Order, fail: bool) -> Result<u64, String> {
    if fail { Err(order.customer) } else { Ok(order.id) }
}

#[observe(fields(
    order.id, order.customer = order.customer, items = %order.items.len(), first = ?order.items[0], "order.type" = "online",
    fail
))]
async fn later(order: Order, fail: bool) -> Result<u64, String> {
    tokio::task::yield_now().await;
    if fail { Err(order.customer) } else { Ok(order.id) }
}

#[observe(fields(
    order.id, order.customer = order.customer, items = %order.items.len(), first = ?order.items[0], "order.type" = "online",
    fail
))]
fn future(order: Order, fail: bool) -> impl Future<Output = Result<u64, String>> {
    // The argument is gone before the first poll.
    let id = order.id;
    drop(order);
    async move { if fail { Err(String::new()) } else { Ok(id) } }
}

#[observe(fields(
    order.id, order.customer = order.customer, items = %order.items.len(), first = ?order.items[0], "order.type" = "online",
    fail
))]
fn boxed(order: Order, fail: bool) -> Pin<Box<dyn Future<Output = Result<u64, String>> + Send>> {
    Box::pin(later_unobserved(order, fail))
}

async fn later_unobserved(order: Order, fail: bool) -> Result<u64, String> {
    if fail { Err(order.customer) } else { Ok(order.id) }
}

#[observe(fields(
    order.id, order.customer = order.customer, items = %order.items.len(), first = ?order.items[0], "order.type" = "online",
    fail
))]
fn items(order: Order, fail: bool) -> impl Stream<Item = &'static str> {
    stream::iter(if fail { Vec::new() } else { order.items })
}

#[async_trait::async_trait]
trait Store {
    async fn store(&self, order: Order, fail: bool) -> Result<u64, String>;
}

#[async_trait::async_trait]
impl Store for Vec<Order> {
    #[observe(fields(
        order.id, order.customer = order.customer, items = %order.items.len(), first = ?order.items[0],
        "order.type" = "online", fail, stored = self.len(),
    ))]
    async fn store(&self, order: Order, fail: bool) -> Result<u64, String> {
        later_unobserved(order, fail).await
    }
}

#[tokio::test]
async fn fields_are_recorded_with_their_types_by_every_shape() {
    let (spans, _guard) = Spans::install();
    assert_eq!(sync(order(), false), Ok(7));
    assert_recorded(&spans.one());
    assert_eq!(later(order(), false).await, Ok(7));
    assert_recorded(&spans.one());
    assert_eq!(future(order(), false).await, Ok(7));
    assert_recorded(&spans.one());
    assert_eq!(boxed(order(), false).await, Ok(7));
    assert_recorded(&spans.one());
    assert_eq!(items(order(), false).count().await, 2);
    assert_recorded(&spans.one());
    assert_eq!(Vec::new().store(order(), false).await, Ok(7));
    let span = spans.one();
    assert_recorded(&span);
    assert_eq!(span.values.get("stored"), "u64 0");
}

#[observe(fields(?order, %order.customer))]
fn by_sigils(order: &Order) {
    let _ = order;
}

#[observe(name = "declared_work", fields(total = Empty, otel.kind = "client"))]
async fn declared() {
    Span::current().record("total", 12_u64);
}

/// Arguments with the names that the expansion uses.
#[observe(fields(operation.id = operation, kept, span = span))]
fn own_names(operation: u64, kept: u64, span: u64) -> impl Future<Output = u64> {
    async move { operation + kept + span }
}

#[tokio::test]
async fn fields_may_be_shorthand_declared_or_named_as_in_the_expansion() {
    let (spans, _guard) = Spans::install();
    by_sigils(&order());
    let span = spans.one();
    assert!(span.values.get("order").starts_with("debug Order { id: 7"), "{span:?}");
    assert_eq!(span.values.get("order.customer"), "debug Ada");
    declared().await;
    let span = spans.one();
    assert_eq!((span.values.get("total"), span.values.get("otel.kind")), ("u64 12", "str client"));
    assert_eq!(span.name, "declared_work");
    assert_eq!(own_names(1, 2, 3).await, 6);
    let span = spans.one();
    let values = ["operation.id", "kept", "span"].map(|name| span.values.get(name).to_owned());
    assert_eq!(values, ["u64 1", "u64 2", "u64 3"]);
}

#[tokio::test]
async fn a_future_that_is_never_polled_is_no_call() {
    let (spans, _guard) = Spans::install();
    drop(future(order(), false));
    drop(later(order(), false));
    drop(items(order(), false));
    assert!(spans.take().is_empty());
}
