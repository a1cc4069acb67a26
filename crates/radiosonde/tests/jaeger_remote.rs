//! A service whose Jaeger decides which traces are recorded. A binary of its own: a process has one telemetry.
#![cfg(feature = "jaeger-remote")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use radiosonde::Registry;
use radiosonde::otlp::JaegerRemoteOptions;
use radiosonde::trace::context_of;
use radiosonde_testkit::{HttpFake, Reaction};
use tracing::info_span;

const DEADLINE: Duration = Duration::from_secs(20);

#[test]
fn traces_are_recorded_as_a_jaeger_decides() {
    let jaeger = HttpFake::start([Reaction::status(503)]);
    let remote = JaegerRemoteOptions::new(jaeger.url())
        .initial_sampling_rate(0.0)
        .polling_interval(Duration::from_millis(10));
    let registry = Registry::new();
    let telemetry = radiosonde::builder()
        .service_name("orders")
        .registry(&registry)
        .jaeger_remote(remote)
        .init()
        .unwrap();
    let is_recorded = || context_of(&info_span!("request")).unwrap().flags().is_sampled();
    assert!(!is_recorded());
    jaeger.script([
        Reaction::status(200).body(r#"{"strategyType":0,"probabilisticSampling":{"samplingRate":1}}"#)
    ]);
    // One request may have been on its way, the next has the strategy, and one more shows that it was received.
    let requests = jaeger.wait_for(jaeger.requests().len() + 3, DEADLINE).unwrap();
    assert!(is_recorded());
    assert_eq!(requests[0].path(), "/sampling?service=orders");
    assert!(registry.text().contains("radiosonde_jaeger_remote_polls_total{outcome=\"updated\"} 1\n"));
    telemetry.shutdown_blocking(DEADLINE);
}
