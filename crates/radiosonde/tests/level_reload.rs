//! Levels changed while a service runs. What `init` sets up is global, so this is a process of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use radiosonde::Format;
use radiosonde::log::Writer;
use radiosonde_testkit::SharedBuffer;
use tracing::{debug, info_span};

#[test]
fn a_service_is_heard_at_a_finer_level_and_then_as_before() {
    let lines = SharedBuffer::new();
    let telemetry = radiosonde::builder()
        .service_name("orders")
        .filter("info,orders=warn")
        .logs(|logs| logs.format(Format::Json).writer(Writer::new("test", lines.clone())))
        .init()
        .unwrap();
    let heard = |message: &str| lines.text().contains(&format!("\"message\":\"{message}\""));
    let levels = telemetry.level_reload();

    debug!("too early");
    levels.set("debug").unwrap();
    debug!("in time");
    levels.reset().unwrap();
    debug!("too late");
    info_span!("import", radiosonde.log = "debug").in_scope(|| debug!("within the span"));
    debug!("beside the span");
    assert!(heard("in time") && heard("within the span"), "{}", lines.text());
    assert!(!heard("too early") && !heard("too late") && !heard("beside the span"), "{}", lines.text());
    assert!(heard("log levels changed") && heard("log levels reset"), "{}", lines.text());

    let text = telemetry.registry().text();
    assert!(text.contains("radiosonde_log_level_changes_total{kind=\"set\"} 1\n"), "{text}");
    let _ = telemetry.shutdown_blocking(Duration::from_secs(5));
}
