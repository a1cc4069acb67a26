//! A current-thread runtime: shutdown neither deadlocks when awaited nor when it blocks the only thread.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use radiosonde::otlp::OtlpOptions;
use radiosonde_testkit::{HttpFake, Reaction};

#[tokio::test(flavor = "current_thread")]
async fn the_only_thread_may_wait_for_the_end() {
    let jaeger = HttpFake::start([Reaction::status(503), Reaction::status(200)]);
    let telemetry =
        radiosonde::builder().service_name("one-thread").otlp(OtlpOptions::new(jaeger.url())).init().unwrap();
    tracing::info_span!("work").in_scope(|| ());
    let report = telemetry.shutdown(Duration::from_secs(10)).await;
    assert_eq!(report.sink("otlp").unwrap().delivered(), 1, "{report}");
    assert_eq!(telemetry.shutdown_blocking(Duration::from_secs(10)).to_string(), report.to_string());
}
