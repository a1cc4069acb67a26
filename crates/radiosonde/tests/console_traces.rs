//! Traces on standard error, which is a process': this test starts itself again as a child.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;
use std::time::Duration;

use tracing::info_span;

const CHILD: &str = "RADIOSONDE_TEST_CHILD";

fn child() {
    let telemetry = radiosonde::init("orders").unwrap();
    let root = info_span!("GET /orders/{id}", otel.kind = "server", tenant = "acme");
    root.in_scope(|| info_span!("load_order").in_scope(|| ()));
    drop(root);
    let open = info_span!("still open");
    open.in_scope(|| info_span!("finished within").in_scope(|| ()));
    telemetry.shutdown_blocking(Duration::from_secs(10));
}

#[test]
fn finished_traces_are_printed_if_a_variable_asks_for_it() {
    if std::env::var_os(CHILD).is_some() {
        return child();
    }
    for (value, prints) in [("1", true), ("0", false)] {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["finished_traces_are_printed_if_a_variable_asks_for_it", "--exact", "--nocapture"])
            .env(CHILD, "")
            .env("RADIOSONDE_TRACES_CONSOLE", value)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&child.stderr);
        assert!(child.status.success(), "{errors}");
        let traces: Vec<_> = errors.lines().filter(|line| line.starts_with("trace ")).collect();
        if !prints {
            assert!(traces.is_empty(), "{errors}");
            continue;
        }
        assert_eq!(traces.len(), 2, "{errors}");
        assert!(traces[0].ends_with(", 2 spans"), "{errors}");
        assert!(traces[1].ends_with(", 1 span, not complete"), "printed at the shutdown: {errors}");
        assert!(errors.contains("█ GET /orders/{id} (server)  tenant=\"acme\"\n"), "{errors}");
        assert!(errors.contains("   load_order\n"), "{errors}");
    }
}
