//! The alert manager of monitoring guides: its two rules, and all that it can do.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use radiosonde_alerts::{
    Alert, AlertEngine, AlertEngineBuilder, AlertRule, AlertState, Condition, CreateAlertError, Finding,
    Severity, Value,
};
use radiosonde_core::Clock;
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Counter, DynFamily, Gauge, Registry};
use radiosonde_signals::Series;
use radiosonde_testkit::ManualClock;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// An API and its devices, and what a handler got.
struct Monitored {
    clock: ManualClock,
    registry: Registry,
    requests: DynFamily<Counter>,
    devices: DynFamily<Gauge>,
    handled: Arc<Mutex<Vec<(String, AlertState)>>>,
}

impl Monitored {
    fn new() -> Self {
        let registry = Registry::new();
        let requests = registry.counter("api_requests_total", "Requests.").labels(&["status"]).unwrap();
        let devices = registry.gauge("devices", "Devices.").labels(&["status"]).unwrap();
        Self { clock: ManualClock::new(), registry, requests, devices, handled: Arc::default() }
    }

    fn builder(&self) -> AlertEngineBuilder {
        let handled = Arc::clone(&self.handled);
        AlertEngine::builder().registry(&self.registry).clock(Arc::new(self.clock.clone())).handler(
            move |alert: &Alert| handled.lock().unwrap().push((alert.name().to_owned(), alert.state())),
        )
    }

    /// The two rules of the guides.
    fn start(&self) -> AlertEngine {
        let all = Series::of(&self.registry, "api_requests_total", Kind::Counter);
        let errors = all.clone().with("status", "500");
        let offline = Series::of(&self.registry, "devices", Kind::Gauge).with("status", "offline");
        let engine = self
            .builder()
            .rule(
                AlertRule::new(
                    "HighErrorRate",
                    Condition::above(Value::ratio(errors, all, 5 * MINUTE), 0.05),
                )
                .label("component", "api")
                .annotation("threshold", "5%")
                .summary("Error rate is {value}"),
            )
            .rule(
                AlertRule::new("DevicesOffline", Condition::above(Value::sum(offline), 2.0))
                    .label("component", "devices")
                    .annotation("threshold", "2 devices")
                    .summary("{value} devices are offline"),
            )
            .build()
            .unwrap();
        engine.evaluate();
        engine
    }

    fn after(&self, time: Duration, engine: &AlertEngine) {
        self.clock.advance(time);
        engine.evaluate();
    }

    fn take_handled(&self) -> Vec<(String, AlertState)> {
        std::mem::take(&mut *self.handled.lock().unwrap())
    }
}

fn names(alerts: &[Alert]) -> Vec<&str> {
    alerts.iter().map(Alert::name).collect()
}

#[test]
fn more_than_five_percent_of_errors_raise_an_alert_until_they_end() {
    let api = Monitored::new();
    let engine = api.start();
    api.requests.with(&["200"]).inc_by(95);
    api.requests.with(&["500"]).inc_by(5);
    api.after(10 * SECOND, &engine);
    assert_eq!(engine.active_alerts(), [], "exactly 5 % are not above 5 %");
    api.requests.with(&["500"]).inc_by(1);
    api.after(10 * SECOND, &engine);
    let alerts = engine.active_alerts();
    let [alert] = &*alerts else { panic!("{alerts:?}") };
    assert_eq!((alert.name(), alert.severity()), ("HighErrorRate", Severity::Warning));
    assert_eq!(alert.labels()["component"], "api");
    assert_eq!(alert.annotations()["threshold"], "5%");
    assert_eq!(alert.annotations()["summary"], "Error rate is 0.0594");
    assert_eq!(alert.value(), Some(6.0 / 101.0));
    api.requests.with(&["200"]).inc_by(100);
    api.after(10 * SECOND, &engine);
    assert_eq!(engine.active_alerts(), []);
    let name = "HighErrorRate".to_owned();
    assert_eq!(api.take_handled(), [(name.clone(), AlertState::Firing), (name, AlertState::Resolved)]);
}

#[test]
fn more_than_two_devices_offline_raise_one_alert_and_not_one_per_check() {
    let site = Monitored::new();
    let engine = site.start();
    site.devices.with(&["online"]).set(50.0);
    for (offline, fires) in [(2.0, false), (5.0, true), (7.0, true), (2.0, false)] {
        site.devices.with(&["offline"]).set(offline);
        site.after(10 * SECOND, &engine);
        assert_eq!(names(&engine.active_alerts()) == ["DevicesOffline"], fires, "{offline}");
    }
    assert_eq!(site.take_handled().len(), 2);
    let history = engine.history();
    assert_eq!(names(&history), ["DevicesOffline"]);
    assert_eq!(history[0].annotations()["summary"], "7 devices are offline");
    let took = history[0].ends_at().unwrap().duration_since(history[0].starts_at()).unwrap();
    assert_eq!(took, 20 * SECOND);
}

#[test]
fn a_function_is_a_rule_and_sees_the_metrics() {
    let site = Monitored::new();
    let offline = |snapshot: &radiosonde_metrics::snapshot::Snapshot| {
        let value = snapshot.sum("devices", &[("status", "offline")]);
        (value > 2.0).then(|| Finding::new(value).annotation("threshold", "2 devices"))
    };
    let engine = site.builder().build().unwrap();
    engine.add_rule(AlertRule::new("DevicesOffline", Condition::each(offline))).unwrap();
    site.devices.with(&["offline"]).set(5.0);
    engine.evaluate();
    let alerts = engine.active_alerts();
    assert_eq!((names(&alerts), alerts[0].value()), (vec!["DevicesOffline"], Some(5.0)));
    assert_eq!(alerts[0].annotations()["threshold"], "2 devices");
}

#[test]
fn an_alert_is_created_and_resolved_by_hand_by_its_name_and_labels() {
    let site = Monitored::new();
    let engine = site.start();
    let since = site.clock.now();
    let disk = |place: &str| {
        Alert::new("DiskFull", Severity::Critical, since).label("site", place).annotation("summary", "Full.")
    };
    engine.create(disk("ams")).unwrap();
    engine.create(disk("rtm")).unwrap();
    engine.create(disk("rtm")).unwrap();
    assert_eq!(engine.active_alerts().len(), 2);
    assert_eq!(engine.resolve("DiskFull", &[("site", "ber")]), 0);
    assert_eq!(engine.resolve("Disk", &[]), 0);
    assert_eq!(engine.resolve("DiskFull", &[("site", "rtm")]), 1);
    assert_eq!(engine.active_alerts(), [disk("ams")]);
    site.after(MINUTE, &engine);
    assert_eq!(engine.active_alerts(), [disk("ams")], "no rule resolves it");
    assert_eq!(engine.resolve("DiskFull", &[]), 1);
    let states: Vec<AlertState> = site.take_handled().into_iter().map(|(_, state)| state).collect();
    let (firing, resolved) = (AlertState::Firing, AlertState::Resolved);
    assert_eq!(states, [firing, firing, resolved, resolved]);
}

#[test]
fn an_alert_by_hand_has_a_name_and_labels_that_alertmanager_accepts() {
    let site = Monitored::new();
    let engine = site.start();
    let alert = |name| Alert::new(name, Severity::Info, site.clock.now());
    let refused = |alert| engine.create(alert).unwrap_err();
    assert_eq!(refused(alert("")), CreateAlertError::EmptyName);
    assert_eq!(refused(alert("DevicesOffline")), CreateAlertError::NameOfRule("DevicesOffline".into()));
    assert_eq!(refused(alert("A").label("severity", "x")), CreateAlertError::Label("severity".into()));
    assert_eq!(refused(alert("A").label("a-b", "x")), CreateAlertError::Label("a-b".into()));
    assert_eq!(refused(alert("A").annotation("a b", "x")), CreateAlertError::Label("a b".into()));
    assert_eq!(engine.alerts(), []);
}

#[test]
fn statistics_count_what_fired_and_what_fires() {
    let site = Monitored::new();
    let engine = site.start();
    let create = |name, severity| engine.create(Alert::new(name, severity, site.clock.now())).unwrap();
    create("A", Severity::Critical);
    site.clock.advance(61 * MINUTE);
    create("B", Severity::Critical);
    create("C", Severity::Info);
    engine.resolve("A", &[]);
    let statistics = engine.statistics();
    assert_eq!((statistics.total, statistics.active, statistics.resolved), (3, 2, 1));
    let by_severity: Vec<_> = statistics.by_severity.into_iter().collect();
    assert_eq!(by_severity, [(Severity::Info, 1), (Severity::Warning, 0), (Severity::Critical, 1)]);
    assert_eq!(statistics.last_hour, 2);
}

#[test]
fn resolved_alerts_are_forgotten_after_thirty_days_or_by_hand() {
    let site = Monitored::new();
    let engine = site.start();
    let create = |name| engine.create(Alert::new(name, Severity::Info, site.clock.now())).unwrap();
    create("A");
    engine.resolve("A", &[]);
    create("B");
    site.after(30 * DAY - SECOND, &engine);
    assert_eq!(names(&engine.history()), ["A", "B"]);
    site.after(SECOND, &engine);
    assert_eq!(names(&engine.history()), ["B"], "what fires is not forgotten");
    engine.resolve("B", &[]);
    site.clock.advance(DAY);
    assert_eq!(engine.cleanup(2 * DAY), 0);
    assert_eq!(engine.cleanup(DAY), 1);
    assert_eq!(engine.history(), []);
    assert_eq!(engine.statistics().total, 2, "the totals stay");
}

#[test]
fn the_history_has_the_last_thousand_alerts() {
    let site = Monitored::new();
    let engine = site.start();
    for number in 0..1_005 {
        site.clock.advance(SECOND);
        engine.create(Alert::new(format!("A{number}"), Severity::Info, site.clock.now())).unwrap();
        engine.resolve(&format!("A{number}"), &[]);
    }
    let history = engine.history();
    assert_eq!((history.len(), history[0].name(), history[999].name()), (1_000, "A5", "A1004"));
}
