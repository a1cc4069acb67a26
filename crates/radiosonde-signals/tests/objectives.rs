//! Objectives as they are evaluated: burn rates, budgets, metrics and readiness.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_cmp,
    reason = "a test fails by panicking, and these numbers are exact"
)]

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use radiosonde_core::{Clock, SharedClock};
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Counter, DynFamily, Registry};
use radiosonde_signals::{
    Bound, BurnWindow, Counts, Objectives, Operation, Series, Severity, Slo, SloStatus, WindowStatus, Work,
};
use radiosonde_testkit::ManualClock;

const MINUTE: Duration = Duration::from_secs(60);

/// Orders that succeed or fail, with an objective for them.
struct Orders {
    registry: Registry,
    clock: ManualClock,
    objectives: Objectives,
    orders: DynFamily<Counter>,
}

/// 14.4 in 10 min and 1 min, for a period of 1 h.
const PAGE: BurnWindow =
    BurnWindow { long: Duration::from_secs(600), short: MINUTE, factor: 14.4, severity: Severity::Critical };

fn orders_slo(registry: &Registry) -> Slo {
    let total = Series::of(registry, "orders_total", Kind::Counter);
    let bad = total.clone().with("result", "failed");
    Slo::correctness("orders", 99.0, bad, total).period(60 * MINUTE).windows([PAGE])
}

impl Orders {
    fn new() -> Self {
        let registry = Registry::new();
        let orders = registry.counter("orders_total", "Orders.").labels(&["result"]).unwrap();
        let objectives = Objectives::of(&registry);
        objectives.declare(orders_slo(&registry)).unwrap();
        Self { clock: ManualClock::new(), objectives, orders, registry }
    }

    /// Counts these, and evaluates a while later.
    fn run(&self, good: u64, bad: u64, after: Duration) -> SloStatus {
        self.orders.with(&["done"]).inc_by(good);
        self.orders.with(&["failed"]).inc_by(bad);
        self.clock.advance(after);
        self.objectives.evaluate(&self.clock);
        self.objectives.status("orders").unwrap()
    }
}

fn assert_near(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-9, "{value}, expected {expected}");
}

#[test]
fn the_budget_burns_by_the_share_of_bad_events_in_each_window() {
    let orders = Orders::new();
    orders.run(900, 0, MINUTE);
    let status = orders.run(70, 30, MINUTE);
    let [short, long] = &status.windows[..] else { panic!("{status:?}") };
    assert_eq!((short.window, long.window), (PAGE.short, PAGE.long));
    assert_near(short.burn_rate, 0.3 / 0.01);
    assert_near(long.burn_rate, 0.03 / 0.01);
    assert_near(status.budget_remaining, 1.0 - 30.0 / 10.0);
    assert_eq!((status.period.total, status.period.bad, status.observed), (1000.0, 30.0, MINUTE));
    assert_eq!(status.burning, []);
    let status = orders.run(0, 900, MINUTE);
    assert_eq!(status.burning, [PAGE]);
    let text = orders.registry.text();
    for line in [
        "slo_burn_rate{slo=\"orders\",window=\"1m\"} 100\n",
        "slo_burn_rate{slo=\"orders\",window=\"10m\"} 48.9473",
        "slo_error_budget_remaining{slo=\"orders\"} -47.9473",
        "slo_objective_ratio{slo=\"orders\"} 0.51052",
        "slo_events_total{slo=\"orders\"} 1900\n",
        "slo_bad_events_total{slo=\"orders\"} 930\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[test]
fn work_that_is_declared_after_its_objective_counts_from_its_beginning() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let objectives = Objectives::of(&registry);
    objectives.declare(Slo::availability("price", 99.0, Work::operation("price_order"))).unwrap();
    objectives.evaluate(&clock);
    let price = Operation::builder("price_order").registry(&registry).build().unwrap();
    let _ = price.run(|| "1".parse::<u32>());
    let _ = price.run(|| "many".parse::<u32>());
    objectives.evaluate(&clock);
    let status = objectives.status("price").unwrap();
    assert_eq!((status.period.total, status.period.bad), (2.0, 1.0));
}

#[test]
fn a_window_without_events_holds_its_last_burn_rate() {
    let orders = Orders::new();
    let status = orders.run(0, 0, MINUTE);
    assert_eq!(status.windows.iter().map(|window| window.burn_rate).collect::<Vec<_>>(), [0.0, 0.0]);
    assert_eq!((status.budget_remaining, status.windows[0].counts.bad_ratio()), (1.0, None));
    orders.run(95, 5, MINUTE);
    let idle = orders.run(0, 0, 5 * MINUTE);
    assert_eq!((idle.windows[0].counts.total, idle.windows[1].counts.total), (0.0, 100.0));
    assert_near(idle.windows[0].burn_rate, 5.0);
    assert_near(idle.windows[1].burn_rate, 5.0);
    assert_near(idle.budget_remaining, 1.0 - 5.0);
    let idle = orders.run(0, 0, 55 * MINUTE);
    assert_eq!(idle.period.total, 0.0);
    assert_near(idle.windows[1].burn_rate, 5.0);
    assert_eq!((idle.budget_remaining, idle.observed), (1.0, 60 * MINUTE));
    assert!(orders.registry.text().contains("slo_objective_ratio{slo=\"orders\"} 1\n"));
}

#[test]
fn events_leave_a_window_when_it_has_passed() {
    let orders = Orders::new();
    orders.run(0, 10, MINUTE);
    for minute in 1..10 {
        let status = orders.run(10, 0, MINUTE);
        let totals = status.windows.iter().map(|window| window.counts.total).collect::<Vec<_>>();
        assert_eq!(totals, [10.0, f64::from(10 * (minute + 1))]);
        assert_eq!(status.windows[1].counts.bad, 10.0);
    }
    let status = orders.run(10, 0, MINUTE);
    assert_eq!((status.windows[1].counts.total, status.windows[1].counts.bad), (100.0, 0.0));
}

#[test]
fn both_windows_have_to_burn_and_the_long_one_needs_bad_events() {
    let orders = Orders::new();
    assert_eq!(orders.run(0, 4, MINUTE).burning, [], "too few");
    assert_eq!(orders.run(0, 1, MINUTE).burning, [PAGE]);
    let status = orders.run(100, 10, MINUTE);
    assert!(status.windows[1].burn_rate < 14.4 && status.windows[0].burn_rate < 14.4);
    let status = orders.run(0, 40, MINUTE);
    assert_eq!(status.burning, [PAGE]);
    let status = orders.run(10, 0, MINUTE);
    assert!(status.windows[1].burn_rate > 14.4);
    assert_eq!(status.burning, [], "the short window ends it");
}

#[test]
fn one_bad_sample_of_time_is_no_alert_and_a_minute_is_one() {
    let ten = Duration::from_secs(10);
    let short = BurnWindow { long: 2 * ten, short: ten / 2, ..PAGE };
    for (window, least) in [(PAGE, 6), (short, 1)] {
        let (registry, clock) = (Registry::new(), ManualClock::new());
        let depth = registry.gauge("depth", "Depth.").build().unwrap();
        let gauge = Series::of(&registry, "depth", Kind::Gauge);
        let slo = Slo::gauge("depth", 99.0, gauge, Bound::AtMost(1.0)).windows([window]);
        assert_eq!((slo.least_bad_events(), slo.clone().min_bad_events(7.0).least_bad_events()), (60.0, 7.0));
        let objectives = Objectives::of(&registry);
        objectives.declare(slo).unwrap();
        let is_ready = objectives.burn_gate("depth", 1.0, Arc::new(clock.clone()));
        depth.set(2.0);
        objectives.evaluate(&clock);
        for sample in 1..=6 {
            clock.advance(ten);
            objectives.evaluate(&clock);
            let status = objectives.status("depth").unwrap();
            assert_eq!(!status.burning.is_empty(), sample >= least, "{sample} {window:?}");
        }
        assert!(is_ready().is_err());
    }
}

#[test]
fn an_instance_without_events_in_the_short_window_does_not_alert() {
    let orders = Orders::new();
    assert_eq!(orders.run(0, 50, Duration::from_secs(1)).burning, [PAGE]);
    let status = orders.run(0, 0, MINUTE - Duration::from_secs(1));
    assert_eq!((status.burning, status.windows[0].counts.bad), (vec![PAGE], 50.0));
    let status = orders.run(0, 0, Duration::from_secs(1));
    assert_eq!((status.windows[0].burn_rate, status.windows[1].counts.bad), (100.0, 50.0));
    assert_eq!(status.burning, [], "taken out by its readiness");
}

#[test]
fn expected_traffic_makes_the_budget_that_of_a_whole_period() {
    let orders = Orders::new();
    let slo = orders_slo(&orders.registry);
    let total = Series::of(&orders.registry, "orders_total", Kind::Counter);
    let busy = Slo::correctness("busy", 99.0, total.clone().with("result", "failed"), total);
    orders.objectives.declare(busy.period(60 * MINUTE).windows([]).expected_traffic(10.0)).unwrap();
    let status = orders.run(90, 10, MINUTE);
    assert_near(status.budget_remaining, 1.0 - 10.0 / 1.0);
    let busy = orders.objectives.status("busy").unwrap();
    assert_near(busy.budget_remaining, 1.0 - 10.0 / (0.01 * 36_000.0));
    let names: Vec<_> = orders.objectives.statuses().into_iter().map(|of| of.slo.name().to_owned()).collect();
    assert_eq!(names, [slo.name(), "busy"]);
    assert_eq!(orders.objectives.status("other"), None);
}

#[test]
fn metrics_are_there_from_the_declaration_and_never_nan() {
    let orders = Orders::new();
    let text = orders.registry.text();
    for line in [
        "slo_burn_rate{slo=\"orders\",window=\"1m\"} 0\n",
        "slo_error_budget_remaining{slo=\"orders\"} 1\n",
        "slo_objective_ratio{slo=\"orders\"} 1\n",
        "slo_events_total{slo=\"orders\"} 0\n",
        "slo_bad_events_total{slo=\"orders\"} 0\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(text.contains("by this instance"));
    orders.run(0, 0, MINUTE);
    orders.run(0, 1, MINUTE);
    assert!(!orders.registry.text().contains("NaN"));
}

#[test]
fn a_metric_of_another_kind_with_the_name_refuses_the_objective() {
    let registry = Registry::new();
    registry.counter("slo_events_total", "Events.").build().unwrap();
    let error = Objectives::of(&registry).declare(orders_slo(&registry)).unwrap_err();
    assert!(error.to_string().starts_with("invalid objective \"orders\": "), "{error}");
    assert!(error.to_string().contains("slo_events_total"), "{error}");
    assert_eq!(Objectives::of(&registry).slos(), []);
}

#[test]
fn windows_are_labelled_as_prometheus_writes_durations() {
    let label = |window| WindowStatus { window, counts: Counts::default(), burn_rate: 0.0 }.label();
    let seconds = [15, 60, 90, 300, 3600, 86_400, 3 * 86_400, 36 * 3600];
    let labels = seconds.map(|seconds| label(Duration::from_secs(seconds)));
    assert_eq!(labels, ["15s", "1m", "90s", "5m", "1h", "1d", "3d", "36h"]);
    assert_eq!(label(Duration::from_millis(1500)), "1500ms");
}

#[test]
fn readiness_fails_while_the_short_window_burns_and_passes_when_idle() {
    let orders = Orders::new();
    let clock: SharedClock = Arc::new(orders.clock.clone());
    let is_ready = orders.objectives.burn_gate("orders", 14.4, Arc::clone(&clock));
    assert_eq!(is_ready(), Ok(()), "before the first evaluation");
    orders.run(0, 4, MINUTE);
    assert_eq!(is_ready(), Ok(()), "too few bad events to be sure");
    orders.run(80, 20, MINUTE);
    let reason = is_ready().unwrap_err();
    assert_eq!(
        reason,
        "the error budget of \"orders\" burns at 20.0 times its rate in 1m: expected at most 14.4"
    );
    assert_eq!(orders.objectives.burn_gate("orders", 20.0, Arc::clone(&clock))(), Ok(()));
    assert_eq!(orders.objectives.burn_gate("others", 1.0, Arc::clone(&clock))(), Ok(()));
    let status = orders.run(0, 0, MINUTE);
    assert!(status.windows[0].burn_rate > 14.4, "held");
    assert_eq!(is_ready(), Ok(()), "idle");
    orders.run(0, 20, MINUTE);
    assert!(is_ready().is_err());
    orders.clock.advance(MINUTE);
    assert!(is_ready().is_err());
    orders.clock.advance(Duration::from_millis(1));
    assert_eq!(is_ready(), Ok(()), "nothing evaluates any more");
}

#[test]
fn a_wall_clock_that_jumps_leaves_windows_alone() {
    let orders = Orders::new();
    orders.run(50, 50, MINUTE);
    let hour = 60 * MINUTE;
    for wall in [orders.clock.now() + 24 * hour, orders.clock.now() - 24 * hour, UNIX_EPOCH - hour] {
        orders.clock.set_wall(wall);
        let status = orders.run(0, 0, Duration::from_secs(1));
        assert_eq!((status.windows[1].counts.bad, status.period.total), (50.0, 100.0));
    }
}

#[test]
fn two_threads_that_evaluate_count_each_event_once() {
    let orders = Orders::new();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..300).for_each(|_| orders.objectives.evaluate(&orders.clock)));
        }
        (0..20_000).for_each(|_| orders.orders.with(&["failed"]).inc());
    });
    let status = orders.run(0, 0, MINUTE);
    assert_eq!((status.period.total, status.period.bad), (20_000.0, 20_000.0));
}

#[test]
fn an_older_snapshot_is_ignored() {
    let orders = Orders::new();
    let older = orders.registry.snapshot();
    orders.run(10, 0, MINUTE);
    orders.objectives.evaluate_with(&older, &orders.clock);
    let last = orders.registry.snapshot();
    orders.objectives.evaluate_with(&last, &orders.clock);
    orders.objectives.evaluate_with(&last, &orders.clock);
    assert_eq!(orders.run(0, 0, MINUTE).period.total, 10.0);
}

#[test]
fn objectives_of_one_registry_are_shared_and_of_another_are_not() {
    let orders = Orders::new();
    assert_eq!(Objectives::of(&orders.registry).slos(), orders.objectives.slos());
    assert_eq!(Objectives::of(&orders.registry).slos().len(), 1);
    assert_eq!(Objectives::of(&Registry::new()).slos(), []);
}

/// A clock whose readings ask for the objectives, as a collector may.
#[derive(Debug, Clone)]
struct Asks(Objectives, ManualClock);

impl Clock for Asks {
    fn now(&self) -> SystemTime {
        assert_eq!(self.0.statuses().len(), 1);
        self.1.now()
    }

    fn monotonic(&self) -> Duration {
        assert!(self.0.status("orders").is_some());
        self.1.monotonic()
    }
}

impl Collector for Asks {
    fn collect(&self, _: &mut Collection) {
        assert_eq!(self.0.slos().len(), 1);
    }
}

#[test]
fn the_code_of_users_runs_without_a_lock() {
    let orders = Orders::new();
    let asks = Asks(orders.objectives.clone(), orders.clock.clone());
    orders.registry.collect_from(asks.clone());
    orders.orders.with(&["failed"]).inc_by(2);
    orders.objectives.evaluate(&asks);
    assert_eq!(orders.objectives.burn_gate("orders", 1.0, Arc::new(asks))(), Ok(()));
    assert_eq!(orders.run(0, 0, MINUTE).period.bad, 2.0);
}
