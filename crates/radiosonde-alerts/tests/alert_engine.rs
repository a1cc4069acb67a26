//! Silences, repetitions, metrics and the report of an engine that is driven by hand.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use radiosonde_alerts::{
    Alert, AlertEngine, AlertHandler, AlertRule, AlertState, Condition, Severity, Silence, Value,
};
use radiosonde_core::Clock;
use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_signals::Series;
use radiosonde_testkit::ManualClock;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl AlertHandler for Heard {
    fn handle(&self, alert: &Alert) {
        self.0.lock().unwrap().push(format!("{} {}", alert.name(), alert.state()));
    }

    fn repeat(&self, alert: &Alert) {
        self.0.lock().unwrap().push(format!("again {} {}", alert.name(), alert.state()));
    }
}

/// A gauge that raises `Deep` above 10.
struct Watched {
    clock: ManualClock,
    registry: Registry,
    depth: radiosonde_metrics::Gauge,
    engine: AlertEngine,
    heard: Heard,
}

impl Watched {
    fn new() -> Self {
        let (clock, registry, heard) = (ManualClock::new(), Registry::new(), Heard::default());
        let depth = registry.gauge("depth", "Depth.").build().unwrap();
        let value = Value::sum(Series::of(&registry, "depth", Kind::Gauge));
        let rule = AlertRule::new("Deep", Condition::above(value, 10.0))
            .severity(Severity::Critical)
            .label("team", "a");
        let builder = AlertEngine::builder().registry(&registry).clock(Arc::new(clock.clone()));
        let engine = builder.rule(rule).handler(heard.clone()).build().unwrap();
        Self { clock, registry, depth, engine, heard }
    }

    fn set(&self, depth: f64, after: Duration) -> Vec<String> {
        self.depth.set(depth);
        self.clock.advance(after);
        self.engine.evaluate();
        self.heard.take()
    }

    fn value(&self, metric: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.registry.snapshot().value(metric, labels)
    }
}

#[test]
fn an_alert_is_repeated_each_minute_and_15_minutes_after_it_is_resolved() {
    let watched = Watched::new();
    assert_eq!(watched.set(20.0, SECOND), ["Deep firing"]);
    assert!(watched.set(20.0, 59 * SECOND).is_empty());
    assert_eq!(watched.set(20.0, SECOND), ["again Deep firing"]);
    assert!(watched.set(20.0, 59 * SECOND).is_empty());
    assert_eq!(watched.set(1.0, SECOND), ["Deep resolved"]);
    for _ in 0..14 {
        assert_eq!(watched.set(1.0, MINUTE), ["again Deep resolved"]);
    }
    assert!(watched.set(1.0, MINUTE).is_empty());
}

#[test]
fn a_resolution_is_not_repeated_once_the_alert_fires_again() {
    let watched = Watched::new();
    watched.set(20.0, SECOND);
    assert_eq!(watched.set(1.0, SECOND), ["Deep resolved"]);
    assert_eq!(watched.set(20.0, SECOND), ["Deep firing"]);
    assert_eq!(watched.set(20.0, MINUTE), ["again Deep firing"]);
    assert_eq!(watched.set(1.0, SECOND), ["Deep resolved"]);
    assert_eq!(watched.set(1.0, MINUTE), ["again Deep resolved"], "the last one, and not both");
}

#[test]
fn a_silence_keeps_alerts_from_handlers_until_it_ends() {
    let watched = Watched::new();
    let silence = Silence::lasting(10 * MINUTE).equal("alertname", "Deep").equal("team", "a").author("ops");
    let id = watched.engine.silence(silence).unwrap();
    assert!(watched.set(20.0, SECOND).is_empty());
    assert_eq!(watched.engine.active_alerts().len(), 1, "the state is what it is");
    assert_eq!(watched.engine.statistics().silenced, 1);
    assert!(watched.set(20.0, 5 * MINUTE).is_empty());
    assert_eq!(watched.engine.silences()[0].0, id);
    assert_eq!(watched.set(20.0, 5 * MINUTE), ["Deep firing"], "it still fires when the silence ends");
    assert_eq!(watched.engine.silences(), []);
    assert!(!watched.engine.expire_silence(id));
}

#[test]
fn a_silence_that_lasts_is_not_stretched_by_a_step_of_the_clock() {
    let watched = Watched::new();
    let begin = watched.clock.now();
    watched.engine.silence(Silence::lasting(60 * MINUTE).equal("alertname", "Deep")).unwrap();
    watched.engine.silence(Silence::until(begin + 60 * MINUTE).equal("alertname", "Other")).unwrap();
    watched.clock.set_wall(begin - 24 * 60 * MINUTE);
    assert!(watched.set(20.0, 59 * MINUTE).is_empty());
    assert!(
        watched.engine.to_json().contains("\"ends_at\":\"2025-12-31T01:00:00.000Z\""),
        "by the clock as it is"
    );
    watched.clock.set_wall(begin + 59 * MINUTE);
    assert!(watched.set(20.0, Duration::ZERO).is_empty());
    assert_eq!(watched.engine.silences().len(), 2);
    watched.clock.set_wall(begin - 24 * 60 * MINUTE);
    assert_eq!(watched.set(20.0, MINUTE), ["Deep firing"]);
    assert_eq!(watched.engine.silences().len(), 1, "an end by the wall clock is its own");
}

#[test]
fn a_silence_that_is_expired_by_hand_ends_at_once() {
    let watched = Watched::new();
    let id = watched
        .engine
        .silence(Silence::until(watched.clock.now() + MINUTE).equal("severity", "critical"))
        .unwrap();
    assert!(watched.set(20.0, SECOND).is_empty());
    assert!(watched.engine.expire_silence(id) && !watched.engine.expire_silence(id));
    assert_eq!(watched.set(20.0, SECOND), ["Deep firing"]);
}

#[test]
fn a_silence_matches_by_labels_that_are_equal_and_that_are_not() {
    let alert = Alert::new("A", Severity::Info, std::time::UNIX_EPOCH).label("team", "a");
    let silence = || Silence::lasting(MINUTE);
    for (silence, matches) in [
        (silence().equal("alertname", "A"), true),
        (silence().equal("alertname", "B"), false),
        (silence().equal("severity", "info"), true),
        (silence().equal("team", "a").not_equal("alertname", "B"), true),
        (silence().equal("team", "a").not_equal("alertname", "A"), false),
        (silence().equal("site", ""), true),
        (silence().not_equal("site", ""), false),
        (silence().not_equal("site", "x"), true),
    ] {
        assert_eq!(silence.matches(&alert), matches, "{silence:?}");
    }
}

#[test]
fn handlers_get_the_end_of_what_they_know_and_no_other() {
    let watched = Watched::new();
    let silence = || Silence::lasting(MINUTE).equal("alertname", "Deep");
    assert_eq!(watched.set(20.0, SECOND), ["Deep firing"]);
    watched.engine.silence(silence()).unwrap();
    assert_eq!(watched.set(1.0, SECOND), ["Deep resolved"], "they know that it fires");
    assert!(watched.set(20.0, SECOND).is_empty());
    assert!(watched.set(1.0, SECOND).is_empty(), "they do not know of it");
    assert_eq!(watched.engine.history().len(), 2);
}

#[test]
fn alerts_are_shown_as_metrics_and_those_of_rules_from_the_start() {
    let watched = Watched::new();
    let firing = |name| {
        let severity = if name == "Deep" { "critical" } else { "info" };
        watched.value("alerts", &[("alertname", name), ("severity", severity), ("state", "firing")])
    };
    assert_eq!((firing("Deep"), firing("Hand")), (Some(0.0), None));
    watched.set(20.0, SECOND);
    watched.engine.create(Alert::new("Hand", Severity::Info, watched.clock.now())).unwrap();
    assert_eq!((firing("Deep"), firing("Hand")), (Some(1.0), Some(1.0)));
    watched.engine.resolve("Hand", &[]);
    watched.set(1.0, SECOND);
    assert_eq!((firing("Deep"), firing("Hand")), (Some(0.0), None));
    assert_eq!(watched.value("radiosonde_alerts_evaluations_total", &[]), Some(2.0));
    let at = watched.value("radiosonde_alerts_last_evaluation_timestamp_seconds", &[]);
    assert_eq!(at, Some(1_767_225_602.0));
    assert_eq!(watched.value("radiosonde_alerts_last_evaluation_duration_seconds", &[]), Some(0.0));
}

#[test]
fn a_rule_that_panics_loses_itself_only() {
    let watched = Watched::new();
    let panics = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let asked = Arc::clone(&panics);
    let condition = Condition::when(move |_| {
        let panics = asked.load(std::sync::atomic::Ordering::SeqCst);
        if panics { std::panic::resume_unwind(Box::new("a rule's fault")) } else { Some(1.0) }
    });
    watched.engine.add_rule(AlertRule::new("Before", condition)).unwrap();
    watched.engine.add_rule(AlertRule::new("After", Condition::when(|_| Some(2.0)))).unwrap();
    assert_eq!(watched.set(1.0, SECOND), ["After firing", "Before firing"]);
    panics.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(watched.set(20.0, SECOND), ["Deep firing"]);
    let names: Vec<String> =
        watched.engine.active_alerts().iter().map(|alert| alert.name().to_owned()).collect();
    assert_eq!(names, ["After", "Before", "Deep"], "its alert stays as it is");
    assert_eq!(watched.value("radiosonde_alerts_rule_panics_total", &[("rule", "Before")]), Some(1.0));
    assert_eq!(watched.engine.rules().iter().map(|rule| rule.panics).collect::<Vec<_>>(), [0, 1, 0]);
    panics.store(false, std::sync::atomic::Ordering::SeqCst);
    assert!(watched.set(20.0, SECOND).is_empty());
}

#[test]
fn a_handler_that_panics_loses_its_alert_only() {
    let watched = Watched::new();
    let after = Heard::default();
    watched.engine.add_handler(|_: &Alert| std::panic::resume_unwind(Box::new("a handler's fault")));
    watched.engine.add_handler(after.clone());
    watched.set(20.0, SECOND);
    watched.set(1.0, SECOND);
    assert_eq!(after.take(), ["Deep firing", "Deep resolved"]);
    assert_eq!(watched.value("radiosonde_alerts_panics_total", &[("part", "handler")]), Some(2.0));
}

#[test]
fn a_collector_that_panics_harms_no_rule() {
    let watched = Watched::new();
    let bad = watched
        .registry
        .gauge_fn("bad", "Bad.", || std::panic::resume_unwind(Box::new("a collector's fault")));
    bad.unwrap().keep();
    assert_eq!(watched.set(20.0, SECOND), ["Deep firing"]);
}

#[test]
fn rules_and_handlers_may_use_the_engine() {
    let watched = Watched::new();
    let (ruled, handled) = (watched.engine.clone(), watched.engine.clone());
    let now = watched.clock.now();
    let condition = Condition::when(move |_| {
        ruled.evaluate();
        ruled.create(Alert::new("ByRule", Severity::Info, now)).unwrap();
        ruled.to_json().is_empty().then_some(1.0)
    });
    watched.engine.add_rule(AlertRule::new("Nested", condition)).unwrap();
    watched.engine.add_handler(move |alert: &Alert| {
        if alert.name() == "Deep" && alert.state() == AlertState::Firing {
            handled.resolve("Deep", &[]);
            handled.silence(Silence::lasting(MINUTE).equal("alertname", "Deep")).unwrap();
        }
    });
    let mut heard = watched.set(20.0, SECOND);
    heard.sort();
    assert_eq!(heard, ["ByRule firing", "Deep firing", "Deep resolved"]);
    assert!(watched.set(20.0, SECOND).is_empty());
}

#[test]
fn an_alert_that_is_resolved_by_hand_fires_again_if_its_condition_holds() {
    let watched = Watched::new();
    watched.set(20.0, SECOND);
    assert_eq!(watched.engine.resolve("Deep", &[("team", "a"), ("severity", "critical")]), 1);
    assert_eq!(watched.engine.active_alerts(), []);
    assert_eq!(watched.set(20.0, SECOND), ["Deep resolved", "Deep firing"]);
    let statistics = watched.engine.statistics();
    assert_eq!((statistics.total, statistics.resolved, statistics.active), (2, 1, 1));
}

#[test]
fn rules_of_one_name_have_different_severities_and_are_resolved_together() {
    let watched = Watched::new();
    let value = Value::sum(Series::of(&watched.registry, "depth", Kind::Gauge));
    watched.engine.add_rule(AlertRule::new("Deep", Condition::above(value, 5.0))).unwrap();
    assert_eq!(watched.set(7.0, SECOND), ["Deep firing"]);
    let severities = || watched.engine.active_alerts().iter().map(Alert::severity).collect::<Vec<Severity>>();
    assert_eq!(severities(), [Severity::Warning]);
    let shown = |severity, state| {
        watched.value("alerts", &[("alertname", "Deep"), ("severity", severity), ("state", state)])
    };
    assert_eq!((shown("warning", "firing"), shown("critical", "firing")), (Some(1.0), Some(0.0)));
    assert_eq!(watched.set(20.0, SECOND), ["Deep firing"]);
    assert_eq!(severities(), [Severity::Warning, Severity::Critical]);
    assert_eq!(watched.engine.resolve("Deep", &[("severity", "critical")]), 1);
    assert_eq!(watched.set(20.0, SECOND), ["Deep resolved", "Deep firing"]);
    assert_eq!(watched.engine.resolve("Deep", &[]), 2);
    assert_eq!(watched.heard.take(), ["Deep resolved", "Deep resolved"]);
}

#[test]
fn a_rule_that_is_removed_leaves_no_alert() {
    let watched = Watched::new();
    let pending = AlertRule::new("Deep", Condition::when(|_| Some(1.0))).hold(MINUTE);
    watched.engine.add_rule(pending).unwrap();
    watched.engine.add_rule(AlertRule::new("Other", Condition::when(|_| Some(1.0)))).unwrap();
    assert_eq!(watched.set(20.0, SECOND), ["Deep firing", "Other firing"]);
    assert_eq!(watched.engine.alerts().len(), 3);
    assert!(!watched.engine.remove_rule("Dee") && watched.engine.remove_rule("Deep"));
    assert_eq!(watched.heard.take(), ["Deep resolved"]);
    assert!(watched.set(20.0, SECOND).is_empty());
    assert_eq!(watched.engine.alerts().iter().map(Alert::name).collect::<Vec<_>>(), ["Other"]);
    assert_eq!(watched.engine.rules().iter().map(|rule| &*rule.name).collect::<Vec<_>>(), ["Other"]);
    for severity in ["warning", "critical"] {
        let labels = [("alertname", "Deep"), ("severity", severity), ("state", "firing")];
        assert_eq!(watched.value("alerts", &labels), None);
    }
    assert!(!watched.engine.remove_rule("Deep"), "again");
    watched.engine.add_rule(AlertRule::new("Deep", Condition::when(|_| Some(1.0)))).unwrap();
    assert_eq!(watched.set(20.0, SECOND), ["Deep firing"], "a new rule of its name is a new rule");
    assert_eq!(watched.engine.rules().last().unwrap().state, Some(AlertState::Firing));
}

#[test]
fn a_rule_may_remove_itself_while_it_is_evaluated() {
    let watched = Watched::new();
    let engine = watched.engine.clone();
    let held = Arc::new(());
    let weak = Arc::downgrade(&held);
    let condition = Condition::when(move |_| {
        let _ = &held;
        engine.remove_rule("Once").then_some(1.0)
    });
    watched.engine.add_rule(AlertRule::new("Once", condition)).unwrap();
    assert!(watched.set(1.0, SECOND).is_empty());
    assert_eq!(watched.engine.alerts(), [], "it would never be resolved");
    assert!(weak.upgrade().is_none(), "its function is dropped");
}

#[test]
fn the_report_has_the_documented_shape() {
    let watched = Watched::new();
    let silence =
        Silence::lasting(MINUTE).equal("team", "a").not_equal("site", "x").author("ops").comment("Night.");
    watched.engine.silence(silence).unwrap();
    watched
        .engine
        .create(Alert::new("Hand", Severity::Info, watched.clock.now()).with_value(f64::NAN))
        .unwrap();
    watched.engine.resolve("Hand", &[]);
    watched.set(20.0, SECOND);
    let deep = "{\"name\":\"Deep\",\"severity\":\"critical\",\"state\":\"firing\",\"labels\":{\"team\":\"a\"},\
                \"annotations\":{},\"value\":20.0,\"active_since\":\"2026-01-01T00:00:01.000Z\",\"starts_at\":\"2026-01-01T00:00:01.000Z\",\"ends_at\":null,\
                \"silenced\":true}";
    let hand = "{\"name\":\"Hand\",\"severity\":\"info\",\"state\":\"resolved\",\"labels\":{},\"annotations\":{},\
                \"value\":null,\"active_since\":\"2026-01-01T00:00:00.000Z\",\"starts_at\":\"2026-01-01T00:00:00.000Z\",\"ends_at\":\"2026-01-01T00:00:00.000Z\",\
                \"silenced\":false}";
    let expected = [
        "{\"rules\":[{\"name\":\"Deep\",\"severity\":\"critical\",\"state\":\"firing\",\"value\":20.0,\"panics\":0}],",
        &format!("\"alerts\":[{deep}],\"history\":[{hand},{deep}],"),
        "\"silences\":[{\"id\":1,\"matchers\":[{\"label\":\"team\",\"value\":\"a\",\"is_equal\":true},",
        "{\"label\":\"site\",\"value\":\"x\",\"is_equal\":false}],\"ends_at\":\"2026-01-01T00:01:00.000Z\",",
        "\"author\":\"ops\",\"comment\":\"Night.\"}],",
        "\"statistics\":{\"total\":2,\"resolved\":1,\"active\":1,\"pending\":0,\"silenced\":1,",
        "\"by_severity\":{\"critical\":1,\"info\":0,\"warning\":0},\"last_hour\":2}}",
    ];
    assert_eq!(watched.engine.to_json(), expected.concat());
}
