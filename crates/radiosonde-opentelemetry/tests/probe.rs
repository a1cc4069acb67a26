//! The probe detects an application with another version of the OpenTelemetry API.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use opentelemetry::trace::TraceContextExt as _;
use radiosonde_core::Resource;
use radiosonde_metrics::Registry;
use radiosonde_opentelemetry::OpenTelemetryBridge;
use radiosonde_trace::TracePipeline;

#[test]
fn an_application_that_sees_another_trace_is_found_out() {
    let pipeline = TracePipeline::builder(&Resource::new("test")).registry(&Registry::new()).build().unwrap();
    let bridge = OpenTelemetryBridge::new(&pipeline);
    let own = || opentelemetry::Context::current().span().span_context().trace_id().to_bytes();
    assert_eq!(bridge.probe(own), Ok(()));
    // The current context of a second version of the crate.
    let error = bridge.probe(|| [0; 16]).unwrap_err();
    assert_eq!(error.found(), [0; 16]);
    assert!(error.to_string().contains("`opentelemetry`"), "{error}");
    assert_eq!(own(), [0; 16], "the probe leaves nothing behind");
}
