//! Values that use `tracing` while they are formatted, with a global subscriber: with a scoped one, `tracing` itself passes on nothing
//! from within a span or an event.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::fmt;
use std::sync::mpsc::channel;
use std::time::Duration;

use http::HeaderMap;
use radiosonde_core::{Resource, SpanContext};
use radiosonde_metrics::Registry;
use radiosonde_trace::{CaptureSpans, TracePipeline, inject, set_attribute, set_error};
use tracing::field::{Empty, debug};
use tracing::{Span, error, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

/// Does to the current span whatever can be done to one.
struct Curious;

impl fmt::Debug for Curious {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let current = Span::current();
        set_attribute(&current, "set", "while formatting");
        set_error(&current, "while formatting");
        current.record("late", "as well");
        let cause = info_span!("within");
        cause.in_scope(|| error!("in the value"));
        current.follows_from(&cause);
        assert!(SpanContext::current().is_some() && inject(&mut HeaderMap::new()));
        f.write_str("curious")
    }
}

#[test]
fn a_value_may_use_its_own_span_while_it_is_formatted() {
    let (spans, (done, wait)) = (CaptureSpans::new(), channel());
    let pipeline = TracePipeline::builder(&Resource::new("test"))
        .registry(&Registry::new())
        .sink(spans.clone())
        .build()
        .unwrap();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(pipeline.layer())).unwrap();
    std::thread::spawn(move || {
        let span = info_span!("span", late = Empty, value = Empty, event = Empty).entered();
        span.record("value", debug(Curious));
        info!(value = ?Curious, "{:?}", Curious);
        drop(info_span!("child", value = ?Curious));
        drop(span);
        done.send(())
    });
    wait.recv_timeout(Duration::from_secs(20)).expect("it deadlocks or panics");
    let span = spans.find("span").unwrap();
    for (key, expected) in [("set", "while formatting"), ("late", "as well"), ("value", "curious")] {
        assert_eq!(span.attribute(key), Some(&expected.into()), "{key}");
    }
    assert_eq!(spans.find("child").unwrap().attribute("value"), Some(&"curious".into()));
    let within = spans.spans().into_iter().filter(|span| span.name == "within");
    let parents: Vec<_> = within.map(|within| within.parent).collect();
    assert_eq!(parents, vec![Some(span.context.span_id()); 4], "a value is formatted once");
    assert_eq!(span.links.len(), 4);
}
