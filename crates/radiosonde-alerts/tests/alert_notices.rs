//! The notices that handlers get when their queue is full, and the order in which they get them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use radiosonde_alerts::{
    Alert, AlertEngine, AlertEngineBuilder, AlertHandler, AlertRule, Condition, Finding, Severity, Silence,
};
use radiosonde_core::Clock;
use radiosonde_metrics::Registry;
use radiosonde_testkit::ManualClock;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl AlertHandler for Heard {
    fn handle(&self, alert: &Alert) {
        self.0.lock().unwrap().push(format!("{} {}", alert.labels()["of"], alert.state()));
    }

    fn repeat(&self, alert: &Alert) {
        self.0.lock().unwrap().push(format!("again {} {}", alert.labels()["of"], alert.state()));
    }
}

/// An engine with a rule `A` whose alerts are told apart by the label `of`, and room for one notice in each evaluation.
struct Narrow {
    clock: ManualClock,
    registry: Registry,
    engine: AlertEngine,
    found: Arc<Mutex<Vec<&'static str>>>,
    heard: Heard,
}

impl Narrow {
    fn new() -> Self {
        Self::with(|builder| builder)
    }

    fn with(change: impl FnOnce(AlertEngineBuilder) -> AlertEngineBuilder) -> Self {
        let (clock, registry, heard) = (ManualClock::new(), Registry::new(), Heard::default());
        let found: Arc<Mutex<Vec<&'static str>>> = Arc::default();
        let finds = Arc::clone(&found);
        let condition = Condition::each(move |_| {
            let found = finds.lock().unwrap().clone();
            found.into_iter().map(|of| Finding::new(1.0).label("of", of))
        });
        let builder = AlertEngine::builder().registry(&registry).clock(Arc::new(clock.clone()));
        let builder = builder.rule(AlertRule::new("A", condition)).handler(heard.clone()).handler_queue(1);
        let engine = change(builder).build().unwrap();
        Self { clock, registry, engine, found, heard }
    }

    fn find(&self, found: &[&'static str], after: Duration) -> Vec<String> {
        *self.found.lock().unwrap() = found.to_vec();
        self.clock.advance(after);
        self.engine.evaluate();
        std::mem::take(&mut *self.heard.0.lock().unwrap())
    }
}

#[test]
fn no_limit_of_the_history_loses_a_resolution_that_handlers_are_owed() {
    let narrow = Narrow::with(|builder| builder.history(0).keep_resolved(Duration::ZERO));
    let all = ["a", "b", "c"];
    let fired: Vec<String> = (0..3).flat_map(|_| narrow.find(&all, SECOND)).collect();
    assert_eq!(fired, ["a firing", "b firing", "c firing"]);
    assert_eq!(narrow.find(&[], SECOND), ["a resolved"]);
    assert_eq!(narrow.engine.history(), []);
    narrow.engine.cleanup(Duration::ZERO);
    assert_eq!(narrow.find(&[], SECOND), ["b resolved"]);
    assert_eq!(narrow.find(&[], 3600 * SECOND), ["c resolved"], "however late");
    assert!(narrow.find(&[], Duration::ZERO).is_empty());
    let full = narrow.registry.snapshot();
    let full = full.value("radiosonde_alerts_notices_dropped_total", &[("reason", "queue_full")]);
    assert_eq!(
        full,
        Some((2.0 + 1.0) + (2.0 + 1.0)),
        "b and c late twice: as they fire, and as they are resolved"
    );
}

#[test]
fn new_alerts_do_not_wait_for_repeats() {
    let narrow = Narrow::new();
    assert_eq!(narrow.find(&["a"], SECOND), ["a firing"]);
    assert_eq!(narrow.find(&["a", "z"], MINUTE), ["z firing"]);
    assert_eq!(narrow.find(&["a", "z"], SECOND), ["again a firing"]);
    assert_eq!(narrow.find(&["a"], SECOND), ["z resolved"]);
    assert_eq!(narrow.find(&["a", "b"], MINUTE), ["b firing"], "the resolution is repeated later, too");
    assert_eq!(narrow.find(&["a", "b"], SECOND), ["again a firing"]);
    assert_eq!(narrow.find(&["a", "b"], SECOND), ["again z resolved"]);
}

#[test]
fn the_alert_that_has_waited_longest_comes_first() {
    let narrow = Narrow::new();
    assert_eq!(narrow.find(&["y", "z"], SECOND), ["y firing"]);
    assert_eq!(narrow.find(&["x", "y", "z"], SECOND), ["z firing"], "it fired before x");
    assert_eq!(narrow.find(&["x", "y", "z"], SECOND), ["x firing"]);
    let repeated: Vec<String> =
        [MINUTE, SECOND, SECOND].iter().flat_map(|after| narrow.find(&["x", "y", "z"], *after)).collect();
    assert_eq!(repeated, ["again y firing", "again z firing", "again x firing"]);
}

#[test]
fn an_alert_that_fires_again_follows_its_owed_resolution_and_ends_it() {
    let narrow = Narrow::new();
    narrow.find(&["a", "b"], SECOND);
    assert_eq!(narrow.find(&["a", "b"], SECOND), ["b firing"]);
    assert_eq!(narrow.find(&[], SECOND), ["a resolved"]);
    assert_eq!(narrow.find(&["b"], SECOND), ["b resolved"]);
    assert_eq!(narrow.find(&["b"], SECOND), ["b firing"]);
    assert_eq!(narrow.find(&["b"], MINUTE), ["again b firing"]);
    assert_eq!(narrow.find(&["b"], SECOND), ["again a resolved"]);
    assert!(narrow.find(&["b"], SECOND).is_empty(), "the resolution of b is not repeated while it fires");
}

#[test]
fn a_silence_does_not_stop_the_repeats_of_what_handlers_know() {
    let narrow = Narrow::new();
    assert_eq!(narrow.find(&["a"], SECOND), ["a firing"]);
    narrow.engine.silence(Silence::lasting(60 * MINUTE).equal("alertname", "A")).unwrap();
    for _ in 0..5 {
        assert_eq!(narrow.find(&["a", "b"], MINUTE), ["again a firing"], "and not b, which they do not know");
    }
    assert_eq!(narrow.engine.statistics().silenced, 2);
    assert_eq!(narrow.find(&[], SECOND), ["a resolved"]);
}

#[test]
fn an_alert_starts_when_it_fires_and_not_when_it_is_pending() {
    let clock = ManualClock::new();
    let begin = clock.now();
    let builder = AlertEngine::builder().registry(&Registry::new()).clock(Arc::new(clock.clone()));
    let rule = AlertRule::new("A", Condition::when(|_| Some(1.0))).hold(5 * MINUTE);
    let engine = builder.rule(rule).build().unwrap();
    engine.evaluate();
    let times = || {
        let alert = &engine.alerts()[0];
        [alert.active_since(), alert.starts_at()].map(|at| at.duration_since(begin).unwrap())
    };
    assert_eq!(times(), [Duration::ZERO; 2]);
    clock.advance(5 * MINUTE);
    engine.evaluate();
    assert_eq!(times(), [Duration::ZERO, 5 * MINUTE]);
    clock.advance(MINUTE);
    engine.evaluate();
    assert_eq!(times(), [Duration::ZERO, 5 * MINUTE], "it goes on firing");
    let at = begin - MINUTE;
    engine.create(Alert::new("Hand", Severity::Info, at)).unwrap();
    let hand = engine.alerts().pop().unwrap();
    assert_eq!((hand.active_since(), hand.starts_at(), hand.ends_at()), (at, at, None), "as it was created");
}
