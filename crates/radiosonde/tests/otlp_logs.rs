//! Lines and spans of one service, to one collector.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use radiosonde::Registry;
use radiosonde::otlp::{OtlpOptions, OtlpSignalOptions};
use radiosonde_testkit::HttpFake;

#[test]
fn lines_go_to_the_collector_beside_spans() {
    let collector = HttpFake::start([]);
    let lines = OtlpSignalOptions::new().endpoint(format!("{}/gate/v1/logs", collector.url()));
    let telemetry = radiosonde::builder()
        .service_name("orders")
        .registry(&Registry::new())
        .logs(|logs| logs.writer(radiosonde::log::Writer::new("nowhere", std::io::sink())))
        .otlp(OtlpOptions::new(collector.url()).logs(lines))
        .init()
        .unwrap();
    tracing::info_span!("request").in_scope(|| tracing::info!("the card was declined"));
    let report = telemetry.shutdown_blocking(Duration::from_secs(20));
    assert_eq!(report.sink("otlp_logs").unwrap().delivered(), 1, "{report}");
    assert_eq!(report.sink("otlp").unwrap().delivered(), 1, "{report}");
    let requests = collector.requests();
    let body = |path| requests.iter().find(|request| request.path() == path).unwrap().body();
    let has = |body: &[u8], text: &str| body.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(has(body("/gate/v1/logs"), "the card was declined"));
    assert!(has(body("/v1/traces"), "request"));
}
