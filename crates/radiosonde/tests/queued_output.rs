//! The queue before standard output, which is a process': this test starts itself again as a child.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;
use std::time::Duration;

use radiosonde::critical;

const CHILD: &str = "RADIOSONDE_TEST_CHILD";

/// How the child ends: by a shutdown, by dropping the telemetry, or by keeping nothing of it.
fn child(end: &str) {
    let telemetry = radiosonde::builder().service_name("orders").init().unwrap();
    assert_eq!(telemetry.logs().report().len(), 1, "standard output has a queue");
    let telemetry = (end != "kept by nobody").then_some(telemetry);
    for at in 0..1000 {
        tracing::info!(at, "hi");
    }
    match telemetry {
        Some(telemetry) if end == "shut down" => {
            telemetry.shutdown_blocking(Duration::from_secs(10));
            tracing::info!("and after");
            // The harness' thread would drop it otherwise.
            let _ = Box::leak(Box::new(telemetry));
        }
        Some(telemetry) if end == "critical" => {
            critical!("and after");
            let _ = Box::leak(Box::new(telemetry));
        }
        telemetry => drop(telemetry),
    }
}

#[test]
fn no_line_is_lost_at_the_end() {
    if let Ok(end) = std::env::var(CHILD) {
        return child(&end);
    }
    for (end, lines) in [("shut down", 1001), ("dropped", 1000), ("kept by nobody", 1000), ("critical", 1001)]
    {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["no_line_is_lost_at_the_end", "--exact", "--nocapture"])
            .env(CHILD, end)
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success(), "{output}{}", String::from_utf8_lossy(&child.stderr));
        let written = output.lines().filter(|line| line.starts_with('{') && line.ends_with('}')).count();
        assert_eq!(written, lines, "{end}");
    }
}
