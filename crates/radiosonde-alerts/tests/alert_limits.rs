//! What an engine does at its limits, and with alerts that cannot be.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex, OnceLock};
use std::time::UNIX_EPOCH;

use radiosonde_alerts::{Alert, AlertEngine, AlertEngineBuilder, AlertState, Severity};
use radiosonde_metrics::Registry;
use radiosonde_testkit::ManualClock;

fn builder(registry: &Registry) -> AlertEngineBuilder {
    AlertEngine::builder().registry(registry).clock(Arc::new(ManualClock::new()))
}

fn alert(name: impl Into<String>) -> Alert {
    Alert::new(name, Severity::Warning, UNIX_EPOCH)
}

/// An engine that is driven by hand, whose handler may call it.
fn called_by_its_handler(
    handler: impl Fn(&AlertEngine, &Alert) + Send + Sync + 'static,
) -> (AlertEngine, Arc<Mutex<usize>>) {
    let (own, calls) = (Arc::new(OnceLock::<AlertEngine>::new()), Arc::new(Mutex::new(0)));
    let (engine, count) = (Arc::clone(&own), Arc::clone(&calls));
    let handler = move |alert: &Alert| {
        *count.lock().unwrap() += 1;
        handler(engine.get().unwrap(), alert);
    };
    let built = builder(&Registry::new()).history(10).handler(handler).build().unwrap();
    let _ = own.set(built.clone());
    (built, calls)
}

#[test]
fn a_handler_that_creates_alerts_is_called_for_them_one_after_the_other() {
    let (depth, deepest) = (Mutex::new(0), Arc::new(Mutex::new(0)));
    let seen = Arc::clone(&deepest);
    let (engine, calls) = called_by_its_handler(move |engine, alert| {
        *depth.lock().unwrap() += 1;
        let now = *depth.lock().unwrap();
        let deepest = (*seen.lock().unwrap()).max(now);
        *seen.lock().unwrap() = deepest;
        let number: usize = alert.name().parse().unwrap();
        let _ = engine.create(self::alert((number + 1).to_string()));
        *depth.lock().unwrap() -= 1;
    });
    engine.create(alert("1")).unwrap();
    assert_eq!((*calls.lock().unwrap(), *deepest.lock().unwrap()), (1_000, 1));
    engine.resolve("1000", &[]);
    assert_eq!(*calls.lock().unwrap(), 1_002, "the next call hands over again: a resolution, and a new one");
}

#[test]
fn a_handler_that_answers_each_notice_keeps_no_call_for_ever() {
    let (engine, calls) = called_by_its_handler(|engine, alert| match alert.state() {
        AlertState::Firing => drop(engine.resolve(alert.name(), &[])),
        _ => engine.create(self::alert("Flaps")).unwrap(),
    });
    engine.create(alert("Flaps")).unwrap();
    assert_eq!(*calls.lock().unwrap(), 10_000);
    engine.evaluate();
    assert_eq!(*calls.lock().unwrap(), 20_000, "the rest is for later calls");
}
