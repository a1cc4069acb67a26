//! What rules compute, in numbers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use radiosonde_alerts::{Alert, AlertEngine, AlertRule, AlertState, Condition, Severity, Value};
use radiosonde_core::Clock;
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::{HistogramSample, Kind, LabelSet};
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_signals::{
    Anomalies, AnomalyOptions, GoldenSignals, Limit, Measure, ObjectiveTable, Objectives, Operation, Series,
    Slo, Work,
};
use radiosonde_testkit::ManualClock;

const MINUTE: Duration = Duration::from_secs(60);

/// A rule of an engine, which holds for every number.
struct One {
    clock: ManualClock,
    engine: AlertEngine,
    name: String,
}

impl One {
    fn of(registry: &Registry, value: Value) -> Self {
        Self::with(registry, AlertRule::new("One", Condition::above(value, f64::NEG_INFINITY)))
    }

    fn with(registry: &Registry, rule: AlertRule) -> Self {
        let clock = ManualClock::new();
        let engine = AlertEngine::builder()
            .registry(registry)
            .clock(Arc::new(clock.clone()))
            .rule(rule)
            .build()
            .unwrap();
        engine.evaluate();
        let name = engine.rules()[0].name.clone();
        Self { clock, engine, name }
    }

    /// Another rule of the same engine: a registry has one.
    fn and(&self, name: &str, value: Value) -> Self {
        let rule = AlertRule::new(name, Condition::above(value, f64::NEG_INFINITY));
        self.engine.add_rule(rule).unwrap();
        self.engine.evaluate();
        Self { clock: self.clock.clone(), engine: self.engine.clone(), name: name.to_owned() }
    }

    fn after(&self, time: Duration) -> Option<f64> {
        self.clock.advance(time);
        self.engine.evaluate();
        self.engine.rules().iter().find(|rule| rule.name == self.name).and_then(|rule| rule.value)
    }

    /// The labels and values of the alerts that have the label.
    fn by(&self, label: &str) -> Vec<(String, f64)> {
        let of = |alert: &Alert| (alert.labels()[label].clone(), alert.value().unwrap());
        self.engine.alerts().iter().filter(|alert| alert.labels().contains_key(label)).map(of).collect()
    }
}

fn counters(registry: &Registry) -> Series {
    Series::of(registry, "jobs_total", Kind::Counter)
}

#[test]
fn gauges_are_summed_or_the_highest_or_the_lowest_counts() {
    let registry = Registry::new();
    let load = registry.gauge("load", "Load.").labels(&["host"]).unwrap();
    let series = || Series::of(&registry, "load", Kind::Gauge);
    let sum = One::of(&registry, Value::sum(series()));
    let [highest, lowest] = [("Highest", Value::highest(series())), ("Lowest", Value::lowest(series()))]
        .map(|(name, of)| sum.and(name, of));
    assert_eq!(sum.after(MINUTE), None, "no gauge, no number");
    assert_eq!(sum.engine.alerts(), []);
    load.with(&["a"]).set(3.0);
    load.with(&["b"]).set(-1.0);
    load.with(&["c"]).set(f64::NAN);
    assert_eq!([sum, highest, lowest].map(|one| one.after(MINUTE)), [Some(2.0), Some(3.0), Some(-1.0)]);
}

#[test]
fn an_increase_is_that_of_its_window_and_counts_resets_and_new_series() {
    let registry = Registry::new();
    let jobs = registry.counter("jobs_total", "Jobs.").removable().labels(&["queue"]).unwrap();
    jobs.with(&["a"]).inc_by(100);
    let one = One::of(&registry, Value::increase(counters(&registry), 5 * MINUTE));
    assert_eq!(one.engine.rules()[0].value, None, "what was before is the baseline");
    jobs.with(&["a"]).inc_by(7);
    assert_eq!(one.after(MINUTE), Some(7.0));
    jobs.with(&["b"]).inc_by(4);
    assert_eq!(one.after(MINUTE), Some(11.0));
    jobs.remove(&["a"]);
    jobs.with(&["a"]).inc_by(2);
    assert_eq!(one.after(MINUTE), Some(13.0), "a reset counts from 0");
    assert_eq!(one.after(3 * MINUTE), Some(6.0), "what was read 5 minutes ago is not in the window");
    assert_eq!(one.after(5 * MINUTE), Some(0.0));
}

#[test]
fn a_rate_is_that_of_the_time_seen_until_the_window_is_full() {
    let registry = Registry::new();
    let jobs = registry.counter("jobs_total", "Jobs.").build().unwrap();
    let one = One::of(&registry, Value::rate(counters(&registry), 2 * MINUTE));
    jobs.inc_by(60);
    assert_eq!(one.after(MINUTE), Some(1.0));
    assert_eq!(one.after(MINUTE / 2), Some(60.0 / 90.0));
    jobs.inc_by(180);
    assert_eq!(one.after(MINUTE), Some(2.0), "those of the last 2 minutes are 240");
}

#[test]
fn a_ratio_is_zero_without_errors_and_holds_without_traffic() {
    let registry = Registry::new();
    let jobs = registry.counter("jobs_total", "Jobs.").labels(&["status"]).unwrap();
    let (all, failed) = (counters(&registry), counters(&registry).with("status", "error"));
    let rule = AlertRule::new("One", Condition::above(Value::ratio(failed, all, 5 * MINUTE), 0.5));
    let one = One::with(&registry, rule);
    jobs.with(&["ok"]).inc_by(2);
    assert_eq!(one.after(MINUTE), Some(0.0));
    jobs.with(&["error"]).inc_by(6);
    assert_eq!(one.after(MINUTE), Some(0.75));
    let firing = one.engine.active_alerts();
    assert_eq!(firing.len(), 1);
    assert_eq!(one.after(10 * MINUTE), None);
    assert_eq!(one.engine.active_alerts(), firing, "idle, the alert stays as it is");
    jobs.with(&["ok"]).inc();
    assert_eq!(one.after(MINUTE), Some(0.0));
    assert_eq!(one.engine.active_alerts(), []);
}

#[test]
fn a_pending_alert_holds_again_after_a_time_without_data() {
    let registry = Registry::new();
    let jobs = registry.counter("jobs_total", "Jobs.").labels(&["outcome"]).unwrap();
    let value = Value::ratio(counters(&registry).with("outcome", "error"), counters(&registry), 5 * MINUTE);
    let rule = AlertRule::new("One", Condition::above(value, 0.5)).hold(5 * MINUTE);
    let one = One::with(&registry, rule);
    let state_after = |minutes: u32, errors: u64| {
        jobs.with(&["error"]).inc_by(errors);
        one.after(minutes * MINUTE);
        one.engine.alerts().first().map(Alert::state)
    };
    assert_eq!(state_after(1, 1), Some(AlertState::Pending));
    assert_eq!(state_after(60, 0), Some(AlertState::Pending), "there is no traffic");
    assert_eq!(
        state_after(1, 1),
        Some(AlertState::Pending),
        "one error in an hour is not five minutes of them"
    );
    assert_eq!(one.engine.alerts()[0].active_since(), one.clock.now());
    assert_eq!(one.engine.alerts()[0].starts_at(), one.clock.now());
    assert_eq!(state_after(4, 1), Some(AlertState::Pending));
    assert_eq!(state_after(1, 1), Some(AlertState::Firing));
    assert_eq!(state_after(60, 0), Some(AlertState::Firing), "a firing one stays");
    assert_eq!(state_after(1, 1), Some(AlertState::Firing));
}

#[test]
fn the_error_ratio_of_work_needs_no_names_of_metrics() {
    let registry = Registry::new();
    let one = One::of(&registry, Value::error_ratio(Work::operation("charge"), 5 * MINUTE));
    let charge = Operation::in_registry(&registry, "charge").unwrap();
    for card in ["1", "2", "3", "x"] {
        let _ = charge.run(|| card.parse::<u8>());
    }
    assert_eq!(one.after(MINUTE), Some(0.25), "work that is declared after the rule counts");
}

#[test]
fn a_quantile_is_of_the_observations_in_the_window_of_all_series() {
    let registry = Registry::new();
    let wait = registry.histogram("wait_seconds", "Wait.").buckets(Buckets::from_static(&[0.1, 0.5, 1.0]));
    let wait = wait.labels(&["queue"]).unwrap();
    wait.with(&["a"]).observe(0.05);
    let series = Series::of(&registry, "wait_seconds", Kind::Histogram);
    let value = Value::quantile(0.75, series, 5 * MINUTE);
    let all = One::of(&registry, value.clone());
    let each = all.and("Each", value.by("queue"));
    assert_eq!(all.after(MINUTE), None, "what was before is the baseline");
    each.after(MINUTE);
    for (queue, seconds) in [("a", 0.05), ("a", 0.07), ("b", 0.7), ("b", 0.9)] {
        wait.with(&[queue]).observe(seconds);
    }
    assert_eq!(all.after(MINUTE), Some(0.75));
    each.after(MINUTE);
    let found = each.by("queue");
    let close = |at: usize, value: f64| (found[at].1 - value).abs() < 1e-12;
    assert!(found.len() == 2 && close(0, 0.075) && close(1, 0.875), "{found:?}");
    assert_eq!(all.after(6 * MINUTE), None);
}

/// Histograms of waits by queue, with the bounds and counts that a test sets.
#[derive(Clone, Default)]
struct Waits(Arc<Mutex<Vec<Wait>>>);

type Wait = (&'static str, &'static [f64], [u64; 2]);

impl Collector for Waits {
    fn collect(&self, out: &mut Collection) {
        let family = out.family("wait_seconds", "Wait.", Kind::Histogram);
        for (queue, bounds, counts) in self.0.lock().unwrap().iter() {
            let sample = HistogramSample { bounds, counts, ..HistogramSample::default() };
            family.histogram(LabelSet::new([("queue", *queue)]), &sample);
        }
    }
}

impl Waits {
    /// The quantile a minute after these were collected.
    fn after(&self, one: &One, waits: &[Wait]) -> Option<f64> {
        *self.0.lock().unwrap() = waits.to_vec();
        one.after(MINUTE)
    }
}

#[test]
fn a_quantile_is_of_histograms_with_the_same_buckets() {
    let (registry, waits) = (Registry::new(), Waits::default());
    registry.collect_from(waits.clone());
    let series = Series::of(&registry, "wait_seconds", Kind::Histogram);
    let one = One::of(&registry, Value::quantile(1.0, series, 5 * MINUTE));
    assert_eq!(waits.after(&one, &[("a", &[1.0], [3, 0])]), Some(1.0), "new series count in full");
    assert_eq!(waits.after(&one, &[("b", &[9.0], [5, 0]), ("a", &[1.0], [4, 0])]), Some(1.0));
    assert_eq!(waits.after(&one, &[("b", &[9.0], [6, 0])]), None, "the buckets are others");
    assert_eq!(waits.after(&one, &[("b", &[9.0], [7, 0])]), Some(9.0));
}

#[test]
fn a_value_of_a_label_past_the_limit_counts_once_for_all_of_its_series() {
    let registry = Registry::new();
    let wait = registry.histogram("wait_seconds", "Wait.").max_series(3_000);
    let wait = wait.buckets(Buckets::from_static(&[1.0])).labels(&["queue", "shop"]).unwrap();
    let series = Series::of(&registry, "wait_seconds", Kind::Histogram);
    let one = One::of(&registry, Value::quantile(0.5, series, 5 * MINUTE).by("queue"));
    for queue in 0..1_001 {
        for shop in ["a", "b"] {
            wait.with(&[&format!("{queue:04}"), shop]).observe(0.5);
        }
    }
    assert_eq!(one.after(MINUTE), Some(0.5));
    assert_eq!(one.engine.alerts().len(), 100);
    let refused =
        |reason| registry.snapshot().value("radiosonde_alerts_refused_total", &[("reason", reason)]);
    assert_eq!((refused("max_values"), refused("max_alerts")), (Some(1.0), Some(900.0)));
}

#[test]
fn a_share_has_the_series_that_are_there_and_none_of_nothing() {
    let registry = Registry::new();
    let devices = registry.gauge("devices", "Devices.").labels(&["status"]).unwrap();
    let all = Series::of(&registry, "devices", Kind::Gauge);
    let one = One::of(&registry, Value::share(all.clone().with("status", "offline"), all));
    assert_eq!(one.after(MINUTE), None);
    devices.with(&["online"]).set(6.0);
    assert_eq!(one.after(MINUTE), Some(0.0));
    devices.with(&["offline"]).set(2.0);
    assert_eq!(one.after(MINUTE), Some(0.25));
}

#[test]
fn the_saturation_of_work_is_that_of_the_fullest() {
    let registry = Registry::new();
    let [used, size] = ["used", "size"].map(|name| registry.gauge(name, "G.").labels(&["pool"]).unwrap());
    let series = |name| Series::of(&registry, name, Kind::Gauge);
    for pool in ["a", "b"] {
        let limit = Limit::Metric(series("size").with("pool", pool));
        GoldenSignals::new("database", pool)
            .with_saturation(series("used").with("pool", pool), limit)
            .declare(&registry);
    }
    let value = Value::saturation(Work::of_kind("database"));
    let all = One::of(&registry, value.clone());
    let each = all.and("Each", value.by("pool"));
    for (pool, in_use, of) in [("a", 9.0, 10.0), ("b", 2.0, 4.0)] {
        used.with(&[pool]).set(in_use);
        size.with(&[pool]).set(of);
    }
    assert_eq!(all.after(MINUTE), Some(0.9));
    each.after(MINUTE);
    assert_eq!(each.by("pool"), [("a".to_owned(), 0.9), ("b".to_owned(), 0.5)]);
}

#[test]
fn the_age_of_times_is_that_of_the_oldest_that_was_set() {
    let registry = Registry::new();
    let updated = registry.gauge("updated_timestamp_seconds", "Time.").labels(&["table"]).unwrap();
    let series = Series::of(&registry, "updated_timestamp_seconds", Kind::Gauge);
    let one = One::of(&registry, Value::age(series));
    let now = one.clock.now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    updated.with(&["never"]).set(0.0);
    assert_eq!(one.after(MINUTE), None);
    updated.with(&["a"]).set(now);
    updated.with(&["b"]).set(now + 30.0);
    assert_eq!(one.after(MINUTE), Some(120.0));
}

#[test]
fn a_value_by_a_label_has_an_alert_for_each_of_its_values() {
    let registry = Registry::new();
    let depth = registry.gauge("depth", "Depth.").labels(&["queue"]).unwrap();
    let depths = Value::sum(Series::of(&registry, "depth", Kind::Gauge)).by("queue");
    let rule = AlertRule::new("Deep", Condition::above(depths, 10.0)).summary("{queue} has {value}");
    let one = One::with(&registry, rule);
    for (queue, items) in [("mail", 12.0), ("print", 3.0), ("scan", 40.0)] {
        depth.with(&[queue]).set(items);
    }
    one.after(MINUTE);
    assert_eq!(one.by("queue"), [("mail".to_owned(), 12.0), ("scan".to_owned(), 40.0)]);
    assert_eq!(one.engine.alerts()[1].annotations()["summary"], "scan has 40");
    depth.with(&["mail"]).set(0.0);
    one.after(MINUTE);
    assert_eq!(one.by("queue"), [("scan".to_owned(), 40.0)]);
}

#[test]
fn alerts_past_the_limits_are_counted_and_those_that_fire_stay() {
    let registry = Registry::new();
    let depth = registry.gauge("depth", "Depth.").labels(&["queue"]).unwrap();
    let jobs = registry.counter("jobs_total", "Jobs.").labels(&["queue"]).unwrap();
    let depths = Value::sum(Series::of(&registry, "depth", Kind::Gauge)).by("queue");
    let one = One::with(&registry, AlertRule::new("One", Condition::above(depths, 0.0)).max_alerts(2));
    let increase = Value::increase(counters(&registry), MINUTE).by("queue");
    one.engine.add_rule(AlertRule::new("Jobs", Condition::above(increase, 0.0)).max_alerts(1)).unwrap();
    for queue in ["x", "y", "z"] {
        depth.with(&[queue]).set(1.0);
    }
    one.after(MINUTE);
    depth.with(&["a"]).set(1.0);
    for queue in ["a", "b"] {
        jobs.with(&[queue]).inc();
    }
    one.after(MINUTE);
    let refused =
        |reason| registry.snapshot().value("radiosonde_alerts_refused_total", &[("reason", reason)]);
    assert_eq!(refused("max_alerts"), Some(1.0 + 2.0 + 1.0));
    assert_eq!(refused("max_values"), None, "all values of the label are watched");
    let queues: Vec<String> = one.by("queue").into_iter().map(|(queue, _)| queue).collect();
    assert_eq!(queues, ["a", "x", "y"], "one of the jobs, and two of the depths");
}

/// Fails all calls of one of these endpoints, and a tenth of the others. Returns the endpoints that alert.
fn failing_endpoints(registry: &Registry, endpoints: usize, fails: usize) -> Vec<String> {
    let calls = registry.counter("jobs_total", "Calls.").max_series(3_000);
    let calls = calls.labels(&["endpoint", "status"]).unwrap();
    let (all, failed) = (counters(registry), counters(registry).with("status", "error"));
    let ratio = Value::ratio(failed, all, 5 * MINUTE).by("endpoint");
    let one = One::with(registry, AlertRule::new("Failing", Condition::above(ratio, 0.5)));
    for endpoint in 0..endpoints {
        let errors = if endpoint == fails { 10 } else { 1 };
        let name = format!("{endpoint:04}");
        calls.with(&[&name, "error"]).inc_by(errors);
        calls.with(&[&name, "ok"]).inc_by(10 - errors);
    }
    one.after(MINUTE);
    one.by("endpoint").into_iter().map(|(endpoint, _)| endpoint).collect()
}

#[test]
fn more_values_of_a_label_are_watched_than_may_alert() {
    assert_eq!(failing_endpoints(&Registry::new(), 150, 120), ["0120"]);
    let registry = Registry::new();
    assert_eq!(failing_endpoints(&registry, 1_002, 999), ["0999"]);
    let refused = registry.snapshot().value("radiosonde_alerts_refused_total", &[("reason", "max_values")]);
    assert_eq!(refused, Some(2.0), "1,000 are watched");
    assert!(failing_endpoints(&Registry::new(), 1_002, 1_000).is_empty());
}

#[test]
fn an_increase_is_low_only_once_its_window_was_observed_in_full() {
    let registry = Registry::new();
    let jobs = registry.counter("jobs_total", "Jobs.").build().unwrap();
    let value = Value::increase(counters(&registry), 60 * MINUTE);
    let one = One::with(&registry, AlertRule::new("Few", Condition::below(value, 10.0)));
    for _ in 0..59 {
        assert_eq!(one.after(MINUTE), None);
        assert_eq!(one.engine.alerts(), []);
    }
    jobs.inc_by(9);
    assert_eq!(one.after(MINUTE), Some(9.0));
    assert_eq!(one.engine.active_alerts().len(), 1);
    jobs.inc();
    assert_eq!(one.after(MINUTE), Some(10.0));
    assert_eq!(one.engine.active_alerts(), []);
}

#[test]
fn work_with_errors_and_no_traffic_is_in_no_error_ratio() {
    let registry = Registry::new();
    let one = One::of(&registry, Value::error_ratio(Work::of_kind("mixed"), 5 * MINUTE));
    let [errors, calls, failed] = ["errors_total", "calls_total", "failed_total"]
        .map(|name| registry.counter(name, "C.").build().unwrap());
    let series = |name| Series::of(&registry, name, Kind::Counter);
    GoldenSignals::new("mixed", "errors").with_errors(series("errors_total")).declare(&registry);
    errors.inc();
    assert_eq!(one.after(MINUTE), None);
    GoldenSignals::new("mixed", "both")
        .with_traffic(series("calls_total"))
        .with_errors(series("failed_total"))
        .declare(&registry);
    calls.inc_by(4);
    failed.inc();
    errors.inc_by(100);
    assert_eq!(one.after(MINUTE), Some(0.25));
}

#[test]
fn gauges_that_are_gone_or_no_numbers_leave_the_alert_as_it_is() {
    let registry = Registry::new();
    let depth = registry.gauge("depth", "Depth.").removable().labels(&["queue"]).unwrap();
    let depths = Value::sum(Series::of(&registry, "depth", Kind::Gauge));
    let rule = |name: &str, value| AlertRule::new(name, Condition::above(value, 10.0)).hold(3 * MINUTE);
    let one = One::with(&registry, rule("All", depths.clone()));
    one.engine.add_rule(rule("Each", depths.by("queue"))).unwrap();
    let states = |of: &str| {
        let alerts = one.engine.alerts();
        let of: Vec<_> =
            alerts.iter().filter(|alert| alert.name() == of).map(|alert| alert.state()).collect();
        of
    };
    depth.with(&["mail"]).set(12.0);
    one.after(MINUTE);
    depth.with(&["mail"]).set(f64::NAN);
    one.after(MINUTE);
    assert_eq!((states("All"), states("Each")), (vec![AlertState::Pending], vec![AlertState::Pending]));
    depth.with(&["mail"]).set(12.0);
    one.after(2 * MINUTE);
    one.after(3 * MINUTE);
    assert_eq!((states("All"), states("Each")), (vec![AlertState::Firing], vec![AlertState::Firing]));
    depth.remove(&["mail"]);
    assert_eq!(one.after(MINUTE), None);
    assert_eq!(
        (states("All"), states("Each")),
        (vec![AlertState::Firing], vec![]),
        "no queue, no alert of it"
    );
    depth.with(&["mail"]).set(1.0);
    one.after(MINUTE);
    assert_eq!(one.engine.alerts(), []);
}

#[test]
fn no_more_alerts_are_active_than_the_engine_holds() {
    let registry = Registry::new();
    let each =
        Condition::each(|_| (0..5).map(|n| radiosonde_alerts::Finding::new(1.0).label("n", n.to_string())));
    let builder = AlertEngine::builder().registry(&registry).max_active(3).rule(AlertRule::new("Many", each));
    let engine = builder.build().unwrap();
    engine.evaluate();
    assert_eq!(engine.alerts().len(), 3);
    let refused = registry.snapshot().value("radiosonde_alerts_refused_total", &[("reason", "max_active")]);
    assert_eq!(refused, Some(2.0));
    let by_hand = radiosonde_alerts::Alert::new("Another", Severity::Info, UNIX_EPOCH);
    assert_eq!(engine.create(by_hand).unwrap_err().to_string(), "too many active alerts: expected at most 3");
}

#[test]
fn a_series_that_is_absent_is_an_alert_until_it_is_there() {
    let registry = Registry::new();
    let one = One::with(
        &registry,
        AlertRule::new("Gone", Condition::absent(Series::of(&registry, "up", Kind::Gauge))),
    );
    assert_eq!(one.engine.active_alerts().len(), 1);
    registry.gauge("up", "Up.").build().unwrap().set(0.0);
    one.after(MINUTE);
    assert_eq!(one.engine.alerts(), []);
}

#[test]
fn below_is_not_at_the_threshold() {
    let registry = Registry::new();
    let level = registry.gauge("level", "Level.").build().unwrap();
    let value = Value::sum(Series::of(&registry, "level", Kind::Gauge));
    let one = One::with(&registry, AlertRule::new("Low", Condition::below(value, 2.0)));
    for (at, fires) in [(2.0, false), (1.9, true), (2.0, false)] {
        level.set(at);
        one.after(MINUTE);
        assert_eq!(!one.engine.active_alerts().is_empty(), fires, "{at}");
    }
}

/// An objective of 99 % for jobs, declared after the engine was made, and 20 failures.
fn burning(engine: &One, registry: &Registry) {
    let jobs = registry.counter("jobs_total", "Jobs.").labels(&["status"]).unwrap();
    let slo = Slo::correctness("jobs", 99.0, counters(registry).with("status", "error"), counters(registry));
    let slo = slo.owner("batch").runbook("https://example.com/jobs");
    Objectives::of(registry).declare(slo).unwrap();
    jobs.with(&["ok"]).inc_by(60);
    jobs.with(&["error"]).inc_by(20);
    engine.after(MINUTE);
}

#[test]
fn an_error_budget_that_burns_alerts_without_a_rule() {
    let registry = Registry::new();
    let one = One::with(&registry, AlertRule::new("Never", Condition::when(|_| None)));
    burning(&one, &registry);
    let alerts = one.engine.active_alerts();
    let of = |alert: &Alert| {
        let label = |name: &str| alert.labels()[name].clone();
        (alert.severity(), label("long"), label("short"))
    };
    let mut found: Vec<_> = alerts.iter().map(of).collect();
    found.sort();
    let pair = |severity, long: &str, short: &str| (severity, long.to_owned(), short.to_owned());
    assert_eq!(
        found,
        [
            pair(Severity::Warning, "1d", "2h"),
            pair(Severity::Warning, "3d", "6h"),
            pair(Severity::Critical, "1h", "5m"),
            pair(Severity::Critical, "6h", "30m"),
        ]
    );
    let page = alerts.iter().find(|alert| alert.labels()["long"] == "1h").unwrap();
    assert_eq!(
        (page.name(), &*page.labels()["slo"], &*page.labels()["owner"]),
        ("ErrorBudgetBurn", "jobs", "batch")
    );
    assert_eq!(page.annotations()["runbook_url"], "https://example.com/jobs");
    assert_eq!(
        page.annotations()["summary"],
        "The error budget of jobs burns 25 times as fast as it may in 1h, and -2400 % of it is left."
    );
    assert!((page.value().unwrap() - 25.0).abs() < 1e-9);
}

#[test]
fn the_alerts_of_a_row_of_a_table_can_be_inhibited_by_their_label() {
    let registry = Registry::new();
    let one = One::with(&registry, AlertRule::new("Never", Condition::when(|_| None)));
    let depth = registry.gauge("depth", "Depth.").build().unwrap();
    let table = ObjectiveTable::new("queue");
    let table = table.at_most("depth", Series::of(&registry, "depth", Kind::Gauge), [10.0, 20.0, 30.0]);
    Objectives::of(&registry).declare_all(table.slos().unwrap()).unwrap();
    depth.set(100.0);
    one.after(MINUTE);
    one.after(MINUTE);
    let alerts = one.engine.active_alerts();
    let levels = alerts.iter().filter(|alert| alert.labels()["long"] == "5m");
    let mut severities: Vec<_> = levels.map(radiosonde_alerts::Alert::severity).collect();
    severities.sort();
    assert_eq!(severities, [Severity::Warning, Severity::Critical]);
    assert!(
        alerts.len() > 2 && alerts.iter().all(|alert| alert.labels()["slo"] == "queue_depth"),
        "{alerts:?}"
    );
    let critical =
        |alert: &&radiosonde_alerts::Alert| alert.annotations()["summary"].contains("queue_depth_critical");
    assert_eq!(alerts.iter().filter(critical).count(), 1);
}

#[test]
fn conditions_on_an_objective_are_its_burn_rate_and_its_budget() {
    let registry = Registry::new();
    let one = One::with(&registry, AlertRule::new("Burns", Condition::burning("jobs")));
    one.engine.add_rule(AlertRule::new("Low", Condition::budget_below("jobs", 0.1))).unwrap();
    one.engine.add_rule(AlertRule::new("Other", Condition::burning("others"))).unwrap();
    burning(&one, &registry);
    let rules = one.engine.rules();
    let states: Vec<_> = rules.iter().map(|rule| rule.state).collect();
    assert_eq!(states, [Some(AlertState::Firing), Some(AlertState::Firing), None]);
    assert!((rules[0].value.unwrap() - 25.0).abs() < 1e-9 && (rules[1].value.unwrap() + 24.0).abs() < 1e-9);
}

#[test]
fn objectives_do_not_alert_if_that_is_turned_off() {
    let registry = Registry::new();
    let clock = ManualClock::new();
    let builder = AlertEngine::builder().registry(&registry).clock(Arc::new(clock.clone()));
    let engine = builder.objective_alerts(false).build().unwrap();
    burning(&One { clock, engine: engine.clone(), name: String::new() }, &registry);
    assert_eq!(engine.alerts(), []);
    assert!(!Objectives::of(&registry).statuses()[0].burning.is_empty());
}

#[test]
fn an_anomaly_is_an_alert() {
    let registry = Registry::new();
    let depth = registry.gauge("depth", "Depth.").build().unwrap();
    let measure = Measure::gauge(Series::of(&registry, "depth", Kind::Gauge));
    let options = AnomalyOptions::new().interval(MINUTE).warm_up(30).enter_after(2);
    Anomalies::of(&registry).watch("depth", measure, options).unwrap();
    let one = One::with(&registry, AlertRule::new("Unusual", Condition::anomalous("depth")));
    for step in 0..100 {
        depth.set(f64::from(10 + step % 3));
        one.after(MINUTE);
        assert_eq!(one.engine.alerts(), []);
    }
    depth.set(1_000.0);
    one.after(MINUTE);
    one.after(MINUTE);
    let alerts = one.engine.active_alerts();
    assert!(alerts.len() == 1 && alerts[0].value().unwrap() > 3.0, "{alerts:?}");
}

#[test]
fn an_alert_of_a_detector_whose_measure_panics_stays_as_it_is() {
    let registry = Registry::new();
    let depth = registry.gauge("depth", "Depth.").build().unwrap();
    let measure = Measure::function(|snapshot| {
        let depth = snapshot.value("depth", &[]).filter(|depth| *depth >= 0.0);
        Some(depth.unwrap_or_else(|| std::panic::resume_unwind(Box::new("a measure's fault"))))
    });
    let options = AnomalyOptions::new().interval(MINUTE).warm_up(3).enter_after(1);
    Anomalies::of(&registry).watch("depth", measure, options).unwrap();
    let one = One::with(&registry, AlertRule::new("Unusual", Condition::anomalous("depth")));
    for value in [10.0, 10.0, 10.0, 10.0, 99.0] {
        depth.set(value);
        one.after(MINUTE);
    }
    let firing = one.engine.active_alerts();
    assert_eq!(firing.len(), 1);
    depth.set(-1.0);
    one.after(MINUTE);
    assert_eq!(one.engine.active_alerts(), firing);
    assert_eq!(Anomalies::of(&registry).status("depth"), None);
}
