//! `OTEL_SDK_DISABLED`: nothing leaves the process, and everything else works.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;
use std::time::Duration;

use radiosonde_testkit::{HttpFake, Reaction};

const CHILD: &str = "RADIOSONDE_TEST_CHILD";

#[test]
fn a_disabled_sdk_delivers_nothing() {
    if std::env::var_os(CHILD).is_some() {
        let telemetry = radiosonde::init("quiet").unwrap();
        tracing::info_span!("work").in_scope(|| tracing::info!("still written"));
        let report = telemetry.shutdown_blocking(Duration::from_secs(5));
        assert_eq!(report.sinks().len(), 0, "{report}");
        return;
    }
    // The environment belongs to a process, so a second one has it.
    let server = HttpFake::start([Reaction::status(200)]);
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["a_disabled_sdk_delivers_nothing", "--exact", "--nocapture"])
        .env(CHILD, "1")
        .env("OTEL_SDK_DISABLED", "true")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", server.url())
        .env("OTEL_LOGS_EXPORTER", "otlp")
        .env("RADIOSONDE_LOKI_URL", server.url())
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{output}{}", String::from_utf8_lossy(&child.stderr));
    assert!(output.contains("\"message\":\"still written\""), "{output}");
    assert!(server.requests().is_empty());
}
