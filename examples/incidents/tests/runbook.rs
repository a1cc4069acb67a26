//! The example as a program: what its runbook does after a step that fails, and after a repeated page.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

#[test]
fn a_runbook_stops_at_the_first_step_that_fails_and_runs_once() {
    let output = Command::new(env!("CARGO_BIN_EXE_incidents")).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    // The second page is about the same alert.
    for (text, count) in [
        ("look at the consumer", 1),
        ("it holds a message for 9 minutes", 1),
        ("restart the consumer", 1),
        ("it does not answer", 1),
        ("empty the queue", 0),
        ("everything is lost", 0),
        ("steps not run: 1", 1),
        ("closed, as the alert is resolved", 1),
    ] {
        assert_eq!(printed.matches(text).count(), count, "{text:?} in:\n{printed}");
    }
}
