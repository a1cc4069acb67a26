//! The spans of functions under `#[observe]`, as a trace store receives them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures_util::stream::{self, Stream, StreamExt as _};
use radiosonde_core::Resource;
use radiosonde_metrics::Registry;
use radiosonde_signals::observe;
use radiosonde_trace::{CaptureSpans, FinishedSpan, SpanStatus, TracePipeline};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt as _;

fn pipeline() -> (CaptureSpans, DefaultGuard) {
    let spans = CaptureSpans::new();
    let pipeline = TracePipeline::builder(&Resource::new("test"));
    let pipeline = pipeline.sink(spans.clone()).registry(&Registry::new()).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(pipeline.layer());
    (spans, tracing::subscriber::set_default(subscriber))
}

#[track_caller]
fn assert_failed(span: &FinishedSpan, error_type: &'static str, description: &'static str) {
    assert_eq!(span.attribute("error.type"), Some(&error_type.into()), "{}", span.name);
    assert_eq!(span.status, SpanStatus::Error { description: description.into() }, "{}", span.name);
}

fn kind(_: &String) -> &'static str {
    "card_refused"
}

#[observe]
fn sync() -> Result<(), String> {
    Err("refused".to_owned())
}

#[observe(err = kind)]
async fn later() -> Result<(), String> {
    tokio::task::yield_now().await;
    Err("refused".to_owned())
}

#[observe(err = kind)]
fn items() -> impl Stream<Item = Result<u8, String>> {
    stream::iter([Ok(1), Err("refused".to_owned())])
}

#[tokio::test]
async fn a_failed_call_has_an_error_type_and_the_status_of_an_error() {
    let (spans, _guard) = pipeline();
    assert!(sync().is_err());
    assert_failed(&spans.find("sync").unwrap(), "_OTHER", "refused");
    assert!(later().await.is_err());
    assert_failed(&spans.find("later").unwrap(), "card_refused", "refused");
    assert_eq!(items().count().await, 2);
    assert_failed(&spans.find("items").unwrap(), "card_refused", "refused");
}

#[observe(fields(order.id = id, items = %items.len(), ratio = 0.5, express = true, customer))]
async fn typed(id: u64, items: &[u8], customer: &str) {
    tracing::info_span!("inner").in_scope(|| ());
}

#[tokio::test]
async fn fields_arrive_with_their_types_and_children_have_their_parent() {
    let (spans, _guard) = pipeline();
    typed(7, &[1, 2], "Ada").await;
    let (span, inner) = (spans.find("typed").unwrap(), spans.find("inner").unwrap());
    assert_eq!(span.attribute("order.id"), Some(&7_u64.into()));
    assert_eq!(span.attribute("items"), Some(&"2".into()));
    assert_eq!(span.attribute("ratio"), Some(&0.5.into()));
    assert_eq!(span.attribute("express"), Some(&true.into()));
    assert_eq!(span.attribute("customer"), Some(&"Ada".into()));
    assert_eq!((inner.parent, span.parent), (Some(span.context.span_id()), None));
    assert_eq!(span.attribute("error.type"), None);
}

#[observe]
fn logs_an_error() {
    tracing::error!("the printer is on fire");
}

#[test]
fn an_error_logged_within_a_completed_call_marks_its_span_as_failed() {
    let (spans, _guard) = pipeline();
    logs_an_error();
    let span = spans.find("logs_an_error").unwrap();
    assert!(matches!(span.status, SpanStatus::Error { .. }));
    assert_eq!(span.attribute("error.type"), Some(&"_OTHER".into()));
}
