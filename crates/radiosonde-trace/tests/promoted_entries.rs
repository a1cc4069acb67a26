//! The entries of baggage that log lines read. The rules are global to a process, and so this is one test.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use radiosonde_core::{Resource, SpanContext, SpanId, TraceFlags, TraceId, line_fields};
use radiosonde_metrics::Registry;
use radiosonde_testkit::CountingAllocator;
use radiosonde_trace::{Baggage, BaggageRules, RemoteContext, TracePipeline, TraceState, child_of};
use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt as _;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn pipeline(rules: BaggageRules) -> TracePipeline {
    TracePipeline::builder(&Resource::new("test")).registry(&Registry::new()).baggage(rules).build().unwrap()
}

/// A caller that sends this baggage.
fn caller(baggage: &str) -> RemoteContext {
    let ids = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
    RemoteContext::new(ids, TraceState::default()).with_baggage(Baggage::from_header(baggage))
}

fn fields() -> Vec<(String, String)> {
    let mut fields = Vec::new();
    line_fields::get().unwrap()(&mut |name, value| {
        // Nothing is borrowed meanwhile: a line is rendered here.
        let _current = RemoteContext::current().map(RemoteContext::enter);
        fields.push((name.to_owned(), value.to_owned()));
    });
    fields
}

fn acme() -> Vec<(String, String)> {
    vec![("tenant.id".to_owned(), "a b".to_owned())]
}

#[test]
fn lines_have_promoted_entries_of_the_current_context_only() {
    pipeline(BaggageRules::new()).install_global();
    assert!(line_fields::get().is_none(), "rules that promote nothing cost lines nothing");
    let traces = pipeline(BaggageRules::new().promote(["tenant.id"]));
    assert!(line_fields::get().is_none(), "it is not installed");
    traces.install_global();
    pipeline(BaggageRules::new().promote(["admin"])).install_global();

    with_default(tracing_subscriber::registry().with(traces.layer()), || {
        assert_eq!(fields(), []);
        let sent = caller("tenant.id=a%20b,admin=true");
        let request = child_of(&sent, || tracing::info_span!("request"));
        assert_eq!(fields(), [], "it is not entered");
        request.in_scope(|| {
            assert_eq!(fields(), acme(), "the first rules win");
            tracing::info_span!("inner").in_scope(|| assert_eq!(fields(), acme()));
            let other = caller("admin=true").enter();
            assert_eq!(fields(), []);
            drop(other);
            assert_eq!(std::thread::spawn(fields).join().unwrap(), [], "another thread is not in the span");
        });
        assert_eq!(fields(), []);
        let by_hand = sent.enter();
        assert_eq!(fields(), acme());
        drop(by_hand);

        let read = line_fields::get().unwrap();
        let mut seen = 0;
        let mut count = || read(&mut |_, _| seen += 1);
        assert!(CountingAllocator::per_call(&mut count).abs() < f64::EPSILON, "there is no context");
        let without = child_of(&caller(""), || tracing::info_span!("request"));
        without.in_scope(|| {
            assert!(CountingAllocator::per_call(&mut count).abs() < f64::EPSILON, "there is no baggage");
        });
        let plain = child_of(&caller("tenant.id=acme"), || tracing::info_span!("request"));
        plain.in_scope(|| assert!(CountingAllocator::per_call(&mut count).abs() < f64::EPSILON));
        assert_eq!(seen, 1010);
    });
}
