//! What people are told. A binary of its own: the hook is global.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Mutex;
use std::time::Duration;

use radiosonde_core::{Resource, SpanContext, SpanId, TraceFlags, TraceId, diagnostics};
use radiosonde_delivery::Delivery;
use radiosonde_metrics::Registry;
use radiosonde_otlp::OtlpOptions;
use radiosonde_testkit::{HttpFake, Reaction};
use radiosonde_trace::{FinishedSpan, SpanSink as _};

static SEEN: Mutex<Vec<(&str, String)>> = Mutex::new(Vec::new());

#[test]
fn a_partial_success_and_its_message_are_reported_once() {
    diagnostics::set_hook(|diagnostic| {
        SEEN.lock().unwrap().push((diagnostic.kind, diagnostic.to_string()));
    });
    // rejected_spans: 1, error_message: "no"
    let partial = [0x0a, 0x06, 0x08, 0x01, 0x12, 0x02, b'n', b'o'];
    let fake = HttpFake::start([Reaction::status(200).body(partial)]);
    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let spans = OtlpOptions::new(fake.url()).build_spans(&Resource::new("x"), &delivery).unwrap();
    let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
    spans.accept(FinishedSpan::new(context, "a").encode());
    assert_eq!(delivery.shutdown_blocking(Duration::from_secs(20)).dropped(), 1);

    // Two of one kind would be told as one, and the other one as "1 more" ten seconds later.
    let seen = SEEN.lock().unwrap();
    let kinds: Vec<_> = seen.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, ["collector_message", "partial_success"], "{seen:?}");
    assert_eq!(
        seen[0].1,
        "radiosonde: otlp: collector_message: with 1 spans rejected, the collector reports \"no\""
    );
    assert!(seen[1].1.starts_with("radiosonde: otlp: partial_success: dropped 1: "), "{seen:?}");
}
