//! What objectives count: increases of counters, observations above a threshold, and seconds.
#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a test fails by panicking, and these numbers are exact"
)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use radiosonde_core::Clock as _;
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::{Kind, LabelSet, Number};
use radiosonde_metrics::{Buckets, Native, Registry};
use radiosonde_signals::{Bound, GoldenSignals, Objectives, Series, Slo, Work};
use radiosonde_testkit::ManualClock;

const MINUTE: Duration = Duration::from_secs(60);

/// The label of a series and its value.
type Shop = (&'static str, f64);
/// All events and the bad ones.
type Events = (f64, f64);

/// Series of `orders_total{shop}` as a scripted collector has them.
#[derive(Debug, Clone, Default)]
struct Shops(Arc<Mutex<Vec<Shop>>>);

impl Collector for Shops {
    fn collect(&self, collection: &mut Collection) {
        let family = collection.family("orders_total", "Orders.", Kind::Counter);
        for (shop, orders) in self.0.lock().unwrap().iter() {
            family.number(LabelSet::new([("shop", *shop)]), Number::Float(*orders));
        }
    }
}

/// The counts of the only objective, since its declaration.
struct Counted {
    registry: Registry,
    clock: ManualClock,
    objectives: Objectives,
}

impl Counted {
    fn new() -> Self {
        let registry = Registry::new();
        Self { clock: ManualClock::new(), objectives: Objectives::of(&registry), registry }
    }

    fn series(&self, metric: &str, kind: Kind) -> Series {
        Series::of(&self.registry, metric, kind)
    }

    /// Evaluates this much later: all events, and the bad ones.
    fn after(&self, time: Duration) -> (f64, f64) {
        self.clock.advance(time);
        self.objectives.evaluate(&self.clock);
        let counts = self.objectives.statuses()[0].period;
        (counts.total, counts.bad)
    }

    fn now(&self) -> (f64, f64) {
        self.after(Duration::from_secs(1))
    }
}

/// An objective over all shops, of which `bad` has only bad orders.
fn shops(before: &[Shop]) -> (Counted, impl Fn(&[Shop]) -> Events) {
    let (counted, shops) = (Counted::new(), Shops::default());
    shops.0.lock().unwrap().extend(before);
    counted.registry.collect_from(shops.clone());
    let total = counted.series("orders_total", Kind::Counter);
    let slo = Slo::correctness("orders", 99.0, total.clone().with("shop", "bad"), total);
    counted.objectives.declare(slo).unwrap();
    let (registry, clock, objectives) =
        (counted.registry.clone(), counted.clock.clone(), counted.objectives.clone());
    let read = move |now: &[Shop]| {
        *shops.0.lock().unwrap() = now.to_vec();
        Counted { registry: registry.clone(), clock: clock.clone(), objectives: objectives.clone() }.now()
    };
    (counted, read)
}

#[test]
fn what_there_is_at_the_declaration_does_not_count() {
    let (_counted, read) = shops(&[("a", 100.0), ("bad", 7.0)]);
    assert_eq!(read(&[("a", 100.0), ("bad", 7.0)]), (0.0, 0.0));
    assert_eq!(read(&[("a", 103.0), ("bad", 9.0)]), (5.0, 2.0));
}

#[test]
fn a_series_that_is_new_later_counts_in_full() {
    let (_counted, read) = shops(&[("a", 100.0)]);
    assert_eq!(read(&[("a", 100.0), ("bad", 3.0)]), (3.0, 3.0));
    assert_eq!(read(&[("a", 100.0), ("bad", 3.0), ("c", 2.5)]), (5.5, 3.0));
}

#[test]
fn a_decrease_is_a_reset_and_counts_from_zero() {
    let (_counted, read) = shops(&[("a", 100.0), ("bad", 10.0)]);
    assert_eq!(read(&[("a", 4.0), ("bad", 12.0)]), (6.0, 2.0));
    assert_eq!(read(&[("a", 0.0), ("bad", 0.0)]), (6.0, 2.0));
    assert_eq!(read(&[("a", 1.0), ("bad", 1.0)]), (8.0, 3.0));
}

#[test]
fn series_that_go_away_cost_nothing_and_continue_when_they_are_back() {
    let (_counted, read) = shops(&[("a", 100.0), ("bad", 10.0)]);
    assert_eq!(read(&[]), (0.0, 0.0));
    assert_eq!(read(&[("a", 101.0)]), (1.0, 0.0));
    assert_eq!(read(&[("a", 101.0), ("bad", 13.0)]), (4.0, 3.0));
    assert_eq!(read(&[("a", 101.0)]), (4.0, 3.0));
    assert_eq!(read(&[("a", 101.0), ("bad", 2.0)]), (6.0, 5.0));
}

#[test]
fn values_that_are_no_counts_are_not_read() {
    let (_counted, read) = shops(&[("a", 1.0)]);
    for value in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
        assert_eq!(read(&[("a", value)]), (0.0, 0.0));
    }
    assert_eq!(read(&[("a", 3.0)]), (2.0, 0.0));
}

#[test]
fn absent_series_are_forgotten_past_a_thousand_the_oldest_first() {
    let (counted, read) = shops(&[]);
    let tenants = counted.registry.counter("tenants_total", "Work of tenants.").removable();
    let tenants = tenants.labels(&["tenant"]).unwrap();
    let (clock, objectives) = (ManualClock::new(), Objectives::of(&counted.registry));
    let total = counted.series("tenants_total", Kind::Counter);
    let slo = Slo::correctness("tenants", 99.0, total.clone().with("tenant", "none"), total);
    objectives.declare(slo).unwrap();
    let total = || {
        objectives.evaluate(&clock);
        objectives.status("tenants").unwrap().period.total
    };
    for tenant in 0..1003 {
        tenants.with(&[&tenant.to_string()]).inc_by(5);
        objectives.evaluate(&clock);
        tenants.remove(&[&tenant.to_string()]);
    }
    assert_eq!(total(), 5.0 * 1003.0);
    tenants.with(&["1002"]).inc_by(5);
    assert_eq!(total(), 5.0 * 1003.0, "remembered");
    tenants.with(&["0"]).inc_by(5);
    assert_eq!(total(), 5.0 * 1004.0, "forgotten: it counts in full");
    assert_eq!(read(&[]), (0.0, 0.0));
}

#[test]
fn a_series_of_several_works_counts_once() {
    let counted = Counted::new();
    let orders = counted.registry.counter("orders_total", "Orders.").labels(&["result"]).unwrap();
    let traffic = counted.series("orders_total", Kind::Counter);
    for name in ["all", "again"] {
        let signals = GoldenSignals::new("shop", name).with_traffic(traffic.clone());
        signals.with_errors(traffic.clone().with("result", "failed")).declare(&counted.registry);
    }
    GoldenSignals::new("shop", "uncounted").with_traffic(traffic.clone()).declare(&counted.registry);
    counted.objectives.declare(Slo::availability("orders", 99.0, Work::of_kind("shop"))).unwrap();
    orders.with(&["done"]).inc_by(3);
    orders.with(&["failed"]).inc_by(2);
    assert_eq!(counted.now(), (5.0, 2.0));
}

#[test]
fn series_from_before_the_declaration_do_not_count_when_their_work_is_found() {
    let counted = Counted::new();
    let orders = counted.registry.counter("orders_total", "Orders.").labels(&["result"]).unwrap();
    orders.with(&["failed"]).inc_by(50);
    counted.objectives.declare(Slo::availability("orders", 99.0, Work::of_kind("shop"))).unwrap();
    orders.with(&["failed"]).inc_by(2);
    assert_eq!(counted.now(), (0.0, 0.0));
    let traffic = counted.series("orders_total", Kind::Counter);
    let signals = GoldenSignals::new("shop", "orders").with_traffic(traffic.clone());
    signals.with_errors(traffic.with("result", "failed")).declare(&counted.registry);
    orders.with(&["done"]).inc();
    assert_eq!(counted.now(), (3.0, 2.0));
}

/// Observations of 0.1, 0.3 and 0.5 s, with an objective of 0.3 s.
fn latencies(native: bool, bounds: &'static [f64]) -> (f64, f64) {
    let counted = Counted::new();
    let wait = counted.registry.histogram("wait_seconds", "Wait.").unit("seconds");
    let wait = if native { wait.native(Native::default()) } else { wait };
    let wait = wait.buckets(Buckets::from_static(bounds)).build().unwrap();
    wait.observe(0.9);
    let signals =
        GoldenSignals::new("shop", "orders").with_latency(counted.series("wait_seconds", Kind::Histogram));
    signals.declare(&counted.registry);
    let slo = Slo::latency("orders", 99.0, Work::of_kind("shop"), Duration::from_millis(300));
    // The threshold is not a bucket of each of these histograms, so that a declaration may be refused.
    if counted.objectives.declare(slo).is_err() {
        return (0.0, 0.0);
    }
    [0.1, 0.3, 0.5].iter().for_each(|seconds| wait.observe(*seconds));
    counted.now()
}

#[test]
fn observations_above_the_threshold_are_bad() {
    assert_eq!(latencies(false, &[0.3]), (3.0, 1.0));
    assert_eq!(latencies(true, &[0.1, 0.3, 1.0]), (3.0, 1.0));
    assert_eq!(latencies(false, &[0.1, 0.1 + 0.2, 1.0]), (3.0, 1.0), "a float beside 0.3");
}

#[test]
fn a_histogram_without_a_bucket_for_the_threshold_counts_nothing() {
    assert_eq!(latencies(false, &[0.1, 0.25, 1.0]), (0.0, 0.0));
}

#[test]
fn time_in_which_a_gauge_is_outside_of_its_bound_is_bad() {
    for (bound, bad) in [(Bound::AtMost(10.0), 11.0), (Bound::AtLeast(10.0), 9.0)] {
        let counted = Counted::new();
        let depth = counted.registry.gauge("depth", "Depth.").labels(&["queue"]).unwrap();
        let slo = Slo::gauge("depth", 99.0, counted.series("depth", Kind::Gauge), bound);
        counted.objectives.declare(slo).unwrap();
        assert_eq!(counted.after(MINUTE), (0.0, 0.0), "time is counted from the first evaluation");
        assert_eq!(counted.after(MINUTE), (0.0, 0.0), "no series: unknown");
        depth.with(&["a"]).set(10.0);
        assert_eq!(counted.after(MINUTE), (60.0, 0.0));
        depth.with(&["b"]).set(bad);
        assert_eq!(counted.after(MINUTE), (120.0, 60.0), "one of two is outside");
        depth.with(&["b"]).set(f64::NAN);
        assert_eq!(counted.after(MINUTE), (180.0, 60.0), "one is not known");
    }
}

#[test]
fn the_time_of_a_process_that_stood_still_is_unknown_past_five_minutes() {
    let counted = Counted::new();
    counted.registry.gauge("depth", "Depth.").build().unwrap().set(11.0);
    let gauge = counted.series("depth", Kind::Gauge);
    counted.objectives.declare(Slo::gauge("depth", 99.0, gauge, Bound::AtMost(10.0))).unwrap();
    counted.now();
    assert_eq!(counted.after(5 * MINUTE), (300.0, 300.0));
    assert_eq!(counted.after(60 * MINUTE), (600.0, 600.0));
}

#[test]
fn an_objective_over_time_has_the_seconds_of_its_period_as_traffic() {
    let counted = Counted::new();
    counted.registry.gauge("depth", "Depth.").build().unwrap().set(11.0);
    let slo = Slo::gauge("depth", 99.0, counted.series("depth", Kind::Gauge), Bound::AtMost(10.0));
    counted.objectives.declare(slo.period(100 * MINUTE).windows([])).unwrap();
    counted.now();
    counted.after(Duration::from_secs(30));
    assert_eq!(counted.objectives.statuses()[0].budget_remaining, 0.5);
}

#[test]
fn time_in_which_the_oldest_timestamp_is_too_old_is_bad() {
    let counted = Counted::new();
    let updated = counted.registry.gauge("updated_timestamp_seconds", "Last update.");
    let updated = updated.unit("seconds").labels(&["feed"]).unwrap();
    let slo =
        Slo::freshness("feed", 99.0, counted.series("updated_timestamp_seconds", Kind::Gauge), 2 * MINUTE);
    counted.objectives.declare(slo).unwrap();
    counted.now();
    let now = || counted.clock.now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    updated.with(&["a"]).set(now());
    assert_eq!(counted.after(2 * MINUTE), (120.0, 0.0));
    assert_eq!(counted.after(MINUTE), (180.0, 60.0));
    updated.with(&["a"]).set(now());
    assert_eq!(counted.after(MINUTE), (240.0, 60.0));
    updated.with(&["b"]).set(0.0);
    assert_eq!(counted.after(MINUTE), (300.0, 120.0), "never updated");
    updated.with(&["a"]).set(now());
    updated.with(&["b"]).set(now() + 3600.0);
    assert_eq!(counted.after(MINUTE), (360.0, 120.0), "from a clock that is ahead");
}

#[test]
fn a_timestamp_that_was_never_set_is_unknown_until_it_could_be_too_old() {
    let counted = Counted::new();
    let updated = counted.registry.gauge("updated_timestamp_seconds", "Last update.");
    let updated = updated.unit("seconds").labels(&["feed"]).unwrap();
    let slo =
        Slo::freshness("feed", 99.0, counted.series("updated_timestamp_seconds", Kind::Gauge), 2 * MINUTE);
    counted.objectives.declare(slo).unwrap();
    updated.with(&["a"]).set(0.0);
    counted.now();
    assert_eq!(counted.after(MINUTE), (0.0, 0.0), "a deployment");
    let now = counted.clock.now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    updated.with(&["b"]).set(now);
    assert_eq!(counted.after(MINUTE), (60.0, 0.0), "the other one is known");
    assert_eq!(counted.objectives.statuses()[0].burning, []);
    assert_eq!(counted.after(Duration::from_secs(1)), (61.0, 1.0));
    updated.with(&["a"]).set(now + 60.0);
    updated.with(&["b"]).set(now + 60.0);
    assert_eq!(counted.after(MINUTE), (121.0, 1.0));
}

#[test]
fn time_in_which_too_little_happens_in_a_minute_is_bad() {
    let counted = Counted::new();
    let points = counted.registry.counter("points_total", "Points.").build().unwrap();
    points.inc_by(1_000_000);
    let events = counted.series("points_total", Kind::Counter);
    counted.objectives.declare(Slo::throughput("points", 99.0, events, 2.0)).unwrap();
    for _ in 0..60 {
        points.inc_by(2);
        assert_eq!(counted.now(), (0.0, 0.0), "unknown in the first minute");
    }
    points.inc_by(2);
    assert_eq!(counted.now(), (1.0, 0.0));
    points.inc_by(1);
    assert_eq!(counted.now(), (2.0, 1.0), "119 in a minute");
    points.inc_by(3);
    assert_eq!(counted.now(), (3.0, 1.0), "120 in a minute");
    points.inc_by(240);
    assert_eq!(counted.after(2 * MINUTE), (123.0, 1.0), "of rarer evaluations, since the last one");
    assert_eq!(counted.after(MINUTE), (183.0, 61.0));
}

#[test]
fn a_counter_that_does_not_exist_has_no_throughput() {
    let counted = Counted::new();
    let events = counted.series("points_total", Kind::Counter);
    counted.objectives.declare(Slo::throughput("points", 99.0, events, 2.0)).unwrap();
    counted.now();
    assert_eq!(counted.after(MINUTE), (60.0, 60.0));
}

#[test]
fn series_are_found_again_when_others_of_their_metric_come_and_go() {
    let (_counted, read) = shops(&[("a", 1.0), ("c", 1.0)]);
    assert_eq!(read(&[("a", 1.0), ("bad", 1.0)]), (1.0, 1.0), "in place of another");
    assert_eq!(read(&[("bad", 3.0), ("c", 1.0)]), (3.0, 3.0));
    assert_eq!(read(&[("a", 2.0), ("aa", 1.0), ("bad", 4.0), ("c", 1.0)]), (6.0, 4.0));
}
