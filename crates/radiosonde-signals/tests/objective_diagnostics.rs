//! What is reported of objectives. The hook is that of the process, so this is a binary of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use radiosonde_core::diagnostics;
use radiosonde_metrics::Registry;
use radiosonde_signals::{Objectives, Slo, Work};
use radiosonde_testkit::ManualClock;

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[test]
fn a_gate_of_an_unknown_objective_passes_and_is_reported_once() {
    diagnostics::set_hook(|diagnostic| SEEN.lock().unwrap().push(diagnostic.to_string()));
    let objectives = Objectives::of(&Registry::new());
    let gate = |name: &'static str| objectives.burn_gate(name, 1.0, Arc::new(ManualClock::new()));
    let (misspelt, known) = (gate("oders"), gate("orders"));
    objectives.declare(Slo::availability("orders", 99.0, Work::http_server())).unwrap();
    for _ in 0..3 {
        assert_eq!((misspelt(), known()), (Ok(()), Ok(())));
    }
    let text = "radiosonde: signals: burn gate: no objective has the name \"oders\": the gate passes until it is declared";
    assert_eq!(*SEEN.lock().unwrap(), [text]);
}
