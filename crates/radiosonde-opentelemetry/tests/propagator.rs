//! The propagator for users of the OpenTelemetry API.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::HashMap;

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TraceContextExt as _;
use radiosonde_core::Resource;
use radiosonde_metrics::Registry;
use radiosonde_opentelemetry::{BridgePropagator, OpenTelemetryBridge};
use radiosonde_trace::{Propagator, Propagators, TraceOptions, extract};

fn propagator(propagators: Propagators) -> BridgePropagator {
    let options = TraceOptions::new().resource(&Resource::new("test")).registry(&Registry::new());
    OpenTelemetryBridge::new(&options.propagators(propagators).build().unwrap()).propagator()
}

fn carrier(parent: &str, state: &str) -> HashMap<String, String> {
    HashMap::from([
        ("traceparent".to_owned(), parent.to_owned()),
        ("tracestate".to_owned(), state.to_owned()),
    ])
}

#[test]
fn it_is_as_strict_as_we_are() {
    // OpenTelemetry's own propagator accepts all of these.
    for parent in ["00-1-1-1", "00-+f92f3577b34da6a3ce929d0e0e4736a-00f067aa0ba902b7-01"] {
        let cx =
            propagator(Propagators::default()).extract_with_context(&Context::new(), &carrier(parent, "a=1"));
        assert!(!cx.has_active_span(), "{parent}");
    }
}

#[test]
fn it_keeps_what_opentelemetry_does_not_know() {
    let propagator = propagator(Propagators::default());
    // With a member that OpenTelemetry rejects.
    let received =
        carrier("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02", "a=1,tenant@fourteen-chars=2");
    let cx = propagator.extract_with_context(&Context::new(), &received);
    assert!(cx.span().span_context().is_remote());
    let mut sent = HashMap::new();
    propagator.inject_context(&cx, &mut sent);
    assert_eq!(sent, received);
    assert_eq!(extract(&sent).unwrap().trace_state().as_str(), "a=1,tenant@fourteen-chars=2");
    assert_eq!(propagator.fields().collect::<Vec<_>>(), ["traceparent", "tracestate", "baggage"]);

    let mut nothing = HashMap::new();
    propagator.inject_context(&Context::new(), &mut nothing);
    assert_eq!(nothing, HashMap::new());
}

#[test]
fn it_reads_and_writes_the_formats_of_the_pipeline() {
    let propagator = propagator(Propagators::new([Propagator::B3, Propagator::Jaeger]));
    let fields: Vec<_> = propagator.fields().collect();
    assert_eq!(fields, ["b3", "uber-trace-id"]);
    let received =
        HashMap::from([("b3".to_owned(), "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1".to_owned())]);
    let cx = propagator.extract_with_context(&Context::new(), &received);
    let mut sent = HashMap::new();
    propagator.inject_context(&cx, &mut sent);
    let mut names: Vec<_> = sent.keys().collect();
    names.sort();
    assert_eq!(names, ["b3", "uber-trace-id"]);
    assert_eq!(sent["b3"], received["b3"]);
}

#[test]
fn it_names_every_field_that_it_writes() {
    let propagator = propagator(Propagators::new([Propagator::B3Multi]));
    let received = HashMap::from([
        ("x-b3-traceid".to_owned(), "4bf92f3577b34da6a3ce929d0e0e4736".to_owned()),
        ("x-b3-spanid".to_owned(), "00f067aa0ba902b7".to_owned()),
        ("x-b3-flags".to_owned(), "1".to_owned()),
    ]);
    let cx = propagator.extract_with_context(&Context::new(), &received);
    let mut sent = HashMap::new();
    propagator.inject_context(&cx, &mut sent);
    assert_eq!(sent, received, "the debug flag goes on");
    let fields: Vec<_> = propagator.fields().collect();
    assert!(sent.keys().all(|key| fields.contains(&key.as_str())), "{fields:?}");
}
