//! The assertion on trees of spans, and its message.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use radiosonde_core::Resource;
use radiosonde_metrics::Registry;
use radiosonde_trace::{CaptureSpans, TracePipeline, assert_trace, set_error};
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt as _;

fn captured(work: impl FnOnce()) -> CaptureSpans {
    let spans = CaptureSpans::new();
    let pipeline = TracePipeline::builder(&Resource::new("test"));
    let pipeline = pipeline.sink(spans.clone()).registry(&Registry::new()).build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(pipeline.layer()), work);
    spans
}

fn order() -> CaptureSpans {
    captured(|| {
        info_span!("GET /orders/{id}", status = 200, "user agent" = "curl").in_scope(|| {
            info_span!("load_order").in_scope(|| drop(info_span!("SELECT orders").entered()));
            let price = info_span!("price", order.id = 7).entered();
            set_error(&price, "no price");
        });
        drop(info_span!("second trace").entered());
    })
}

#[test]
fn spans_are_asserted_as_a_tree_with_attributes_and_errors() {
    let spans = order();
    assert_trace!(
        spans,
        "GET /orders/{id}" [status = 200] {
            "load_order" { "SELECT orders" },
            "price" error [order.id = 7],
        }
        "second trace"
    );
    let spans = &spans;
    assert_trace!(spans, "GET /orders/{id}" ["user agent" = "curl"] {
        "load_order" { "SELECT orders" } "price" error
    } "second trace" {});
    assert_trace!(CaptureSpans::new(),);
}

/// The message of an assertion that fails.
#[track_caller]
fn message(assertion: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).unwrap_err();
    *panic.downcast::<String>().unwrap()
}

#[test]
fn a_failure_prints_both_trees() {
    let spans = order();
    let message = message(|| {
        assert_trace!(spans, "GET /orders/{id}" [status = "200", missing = true] {
            "load_order" { "SELECT items" { "fetch" } }
            "price"
        });
    });
    let expected = [
        "the spans are not the expected ones (- expected, + found):",
        "- \"GET /orders/{id}\" [status = \"200\", missing = true]",
        "+ \"GET /orders/{id}\" [status = 200, missing = (none)]",
        "    \"load_order\"",
        "-     \"SELECT items\"",
        "-       \"fetch\"",
        "+     \"SELECT orders\"",
        "-   \"price\"",
        "+   \"price\" error",
        "+ \"second trace\"",
    ];
    assert_eq!(message.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn siblings_are_compared_in_the_order_of_their_start() {
    let spans = captured(|| {
        let _root = info_span!("root").entered();
        let first = info_span!("first");
        first.in_scope(|| ());
        info_span!("second").in_scope(|| ());
        // It ends last.
        drop(first);
    });
    assert_trace!(spans, "root" { "first" "second" });
    let message = message(|| assert_trace!(spans, "root" { "second" "first" }));
    let expected = ["  \"root\"", "-   \"second\"", "    \"first\"", "+   \"second\""];
    assert_eq!(message.lines().skip(1).collect::<Vec<_>>(), expected);
}
