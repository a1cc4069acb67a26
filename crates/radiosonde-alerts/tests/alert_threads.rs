//! An engine with threads: what hangs, overflows or ends harms nothing else.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use radiosonde_alerts::{
    Alert, AlertEngine, AlertEngineBuildError, AlertRule, AlertState, Condition, CreateAlertError, Severity,
};
use radiosonde_metrics::Registry;

/// Longer than any of this takes, unless it hangs.
const LONG: Duration = Duration::from_secs(20);
const NEVER: Duration = Duration::from_secs(3600);

/// A condition that reports each evaluation.
fn reports(holds: bool) -> (Condition, Receiver<()>) {
    let (evaluated, evaluations) = channel();
    let evaluated = Mutex::new(evaluated);
    let condition = Condition::when(move |_| {
        let _ = evaluated.lock().unwrap().send(());
        holds.then_some(1.0)
    });
    (condition, evaluations)
}

/// A handler that reports each alert, and then waits until it is let go on.
fn hangs() -> (impl Fn(&Alert) + Send + Sync + 'static, Receiver<String>, Sender<()>) {
    let ((entered, entries), (go, goes)) = (channel(), channel::<()>());
    let (entered, goes) = (Mutex::new(entered), Mutex::new(goes));
    let handler = move |alert: &Alert| {
        let _ = entered.lock().unwrap().send(alert.name().to_owned());
        let _ = goes.lock().unwrap().recv();
    };
    (handler, entries, go)
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if is_so() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    panic!("never: {what}");
}

fn by_hand(name: &str) -> Alert {
    Alert::new(name, Severity::Info, UNIX_EPOCH)
}

#[test]
fn an_engine_evaluates_at_once_and_hands_alerts_to_handlers() {
    let (got, gets) = channel();
    let got = Mutex::new(got);
    let engine = AlertEngine::builder()
        .registry(&Registry::new())
        .interval(NEVER)
        .rule(AlertRule::new("A", Condition::when(|_| Some(1.0))))
        .handler(move |alert: &Alert| {
            let thread = std::thread::current().name().map(str::to_owned);
            got.lock().unwrap().send((alert.name().to_owned(), alert.state(), thread)).unwrap();
        })
        .start()
        .unwrap();
    let thread = Some("radiosonde-alerting".to_owned());
    assert_eq!(gets.recv_timeout(LONG).unwrap(), ("A".to_owned(), AlertState::Firing, thread));
    engine.resolve("A", &[]);
    assert_eq!(gets.recv_timeout(LONG).unwrap().1, AlertState::Resolved);
}

#[test]
fn a_handler_that_hangs_stops_no_rule_and_no_shutdown() {
    let (handler, entries, go) = hangs();
    let (condition, evaluations) = reports(true);
    let registry = Registry::new();
    let engine = AlertEngine::builder()
        .registry(&registry)
        .interval(Duration::from_millis(10))
        .rule(AlertRule::new("A", condition))
        .handler(handler)
        .start()
        .unwrap();
    assert_eq!(entries.recv_timeout(LONG).unwrap(), "A");
    evaluations.try_iter().for_each(drop);
    for _ in 0..3 {
        evaluations.recv_timeout(LONG).expect("it goes on");
    }
    engine.create(by_hand("B")).unwrap();
    let shutdown = engine.shutdown(Duration::from_millis(50));
    assert_eq!((shutdown.is_complete, shutdown.dropped), (false, 1));
    let dropped =
        registry.snapshot().value("radiosonde_alerts_notices_dropped_total", &[("reason", "shutdown")]);
    assert_eq!(dropped, Some(1.0));
    drop(go);
    assert!(engine.shutdown(LONG).is_complete);
}

#[test]
fn notices_past_the_queue_are_counted_and_passed_on_later() {
    let (handler, entries, go) = hangs();
    let registry = Registry::new();
    let builder = AlertEngine::builder().registry(&registry).interval(NEVER).handler_queue(1);
    let rule = AlertRule::new("Never", Condition::when(|_| None));
    let engine = builder.handler(handler).rule(rule).start().unwrap();
    let value = |metric, labels: &[(&str, &str)]| registry.snapshot().value(metric, labels).unwrap_or(0.0);
    until("evaluated", || value("radiosonde_alerts_evaluations_total", &[]) == 1.0);
    engine.create(by_hand("A")).unwrap();
    assert_eq!(entries.recv_timeout(LONG).unwrap(), "A");
    for name in ["B", "C", "D"] {
        engine.create(by_hand(name)).unwrap();
    }
    let full = [("reason", "queue_full")];
    assert_eq!(value("radiosonde_alerts_notices_dropped_total", &full), 1.0 + 2.0, "C, then C and D");
    assert_eq!(engine.active_alerts().len(), 4);
    drop(go);
    assert_eq!(entries.recv_timeout(LONG).unwrap(), "B");
    let mut late = Vec::new();
    until("passed on", || {
        engine.evaluate();
        late.extend(entries.try_iter());
        late.len() == 2
    });
    late.sort();
    assert_eq!(late, ["C", "D"]);
}

#[test]
fn a_collector_that_hangs_stops_the_evaluation_and_nothing_else() {
    let registry = Registry::new();
    let ((entered, entries), (go, goes)) = (channel(), channel::<()>());
    let (entered, goes) = (Mutex::new(entered), Mutex::new(goes));
    let (condition, evaluations) = reports(true);
    let hangs = registry.gauge_fn("slow", "Slow.", move || {
        let _ = entered.lock().unwrap().send(());
        let _ = goes.lock().unwrap().recv();
        1.0
    });
    hangs.unwrap().keep();
    let builder = AlertEngine::builder().registry(&registry).interval(Duration::from_millis(10));
    let engine = builder.rule(AlertRule::new("A", condition)).start().unwrap();
    entries.recv_timeout(LONG).unwrap();
    assert_eq!(engine.alerts(), [], "the state can be read meanwhile");
    engine.create(by_hand("B")).unwrap();
    engine.evaluate();
    assert_eq!(engine.active_alerts().len(), 1);
    assert!(!engine.shutdown(Duration::from_millis(20)).is_complete);
    drop(go);
    evaluations.recv_timeout(LONG).expect("it ends the evaluation that it began");
    assert!(engine.shutdown(LONG).is_complete);
}

#[test]
fn the_last_clone_that_is_dropped_ends_the_threads() {
    let held = Arc::new(());
    let weak = Arc::downgrade(&held);
    let (condition, evaluations) = reports(false);
    let builder = AlertEngine::builder().registry(&Registry::new()).interval(Duration::from_millis(10));
    let rule = AlertRule::new("A", condition);
    let engine = builder.rule(rule).handler(move |_: &Alert| drop(Arc::clone(&held))).start().unwrap();
    let clone = engine.clone();
    drop(engine);
    evaluations.try_iter().for_each(drop);
    evaluations.recv_timeout(LONG).expect("the clone keeps it running");
    drop(clone);
    until("dropped", || weak.upgrade().is_none());
}

#[test]
fn a_handler_may_drop_the_last_clone_and_shut_down() {
    let held: Arc<Mutex<Option<AlertEngine>>> = Arc::default();
    let (handled, ended) = (Arc::clone(&held), channel());
    let done = Mutex::new(ended.0);
    let builder = AlertEngine::builder().registry(&Registry::new()).interval(NEVER);
    let engine = builder
        .handler(move |_: &Alert| {
            let engine = handled.lock().unwrap().take();
            if let Some(engine) = engine {
                engine.shutdown(LONG);
                drop(engine);
                done.lock().unwrap().send(()).unwrap();
            }
        })
        .start()
        .unwrap();
    *held.lock().unwrap() = Some(engine.clone());
    engine.create(by_hand("A")).unwrap();
    ended.1.recv_timeout(LONG).expect("it does not wait for itself");
    assert!(engine.shutdown(LONG).is_complete);
}

#[test]
fn a_shutdown_hands_over_what_is_in_the_queue() {
    let (got, gets) = channel();
    let got = Mutex::new(got);
    let builder = AlertEngine::builder().registry(&Registry::new()).interval(NEVER);
    let handler = move |alert: &Alert| got.lock().unwrap().send(alert.name().to_owned()).unwrap();
    let engine = builder.handler(handler).start().unwrap();
    for name in ["A", "B", "C"] {
        engine.create(by_hand(name)).unwrap();
    }
    let shutdown = engine.shutdown(LONG);
    assert_eq!((shutdown.is_complete, shutdown.dropped), (true, 0));
    assert_eq!(gets.try_iter().collect::<Vec<_>>(), ["A", "B", "C"]);
    assert!(engine.shutdown(LONG).is_complete, "again");
    assert_eq!(engine.active_alerts().len(), 3, "they are not resolved");
}

#[test]
fn no_alert_is_created_that_no_handler_would_get() {
    let registry = Registry::new();
    let engine = AlertEngine::builder().registry(&registry).interval(NEVER).start().unwrap();
    engine.create(by_hand("A")).unwrap();
    assert!(engine.shutdown(LONG).is_complete);
    assert_eq!(engine.create(by_hand("B")), Err(CreateAlertError::ShutDown));
    assert_eq!(engine.active_alerts().len(), 1);
    assert_eq!(engine.resolve("A", &[]), 1);
    let dropped =
        |reason| registry.snapshot().value("radiosonde_alerts_notices_dropped_total", &[("reason", reason)]);
    assert_eq!((dropped("shutdown"), dropped("queue_full")), (Some(1.0), None), "the queue is not full");
}

#[test]
fn a_registry_is_free_once_the_evaluation_has_ended() {
    let (registry, (handler, handled, go_on_handling)) = (Registry::new(), hangs());
    let ((entered, entries), (go_on_evaluating, goes)) = (channel(), channel::<()>());
    let (entered, goes) = (Mutex::new(entered), Mutex::new(goes));
    let condition = Condition::when(move |_| {
        let _ = entered.lock().unwrap().send(());
        let _ = goes.lock().unwrap().recv();
        Some(1.0)
    });
    let builder = AlertEngine::builder().registry(&registry).interval(NEVER).handler(handler);
    let engine = builder.rule(AlertRule::new("A", condition)).start().unwrap();
    engine.create(by_hand("B")).unwrap();
    handled.recv_timeout(LONG).unwrap();
    entries.recv_timeout(LONG).unwrap();
    assert!(!engine.shutdown(Duration::from_millis(20)).is_complete);
    drop(engine);
    let another = || AlertEngine::builder().registry(&registry).build();
    assert!(matches!(another().unwrap_err(), AlertEngineBuildError::Claimed), "a rule is being evaluated");
    drop(go_on_evaluating);
    until("free, while a handler hangs", || another().is_ok());
    drop(go_on_handling);
}
