//! The edges of windows and of burn rates.
#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a test fails by panicking, and these numbers are exact"
)]

use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use radiosonde_core::Clock;
use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_signals::__counting::WindowRing;
use radiosonde_signals::{Bound, BurnWindow, Counts, Objectives, Series, Severity, Slo};
use radiosonde_testkit::ManualClock;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_window_has_at_least_99_percent_of_its_length() {
    let mut ring = WindowRing::new(100 * SECOND);
    let one = Counts { total: 1.0, bad: 0.0 };
    // Kept together with the first, and gone with it.
    ring.add(Duration::ZERO, one);
    ring.add(Duration::from_millis(999), one);
    ring.add(SECOND, one);
    assert_eq!(ring.counts(Duration::from_millis(99_999)).total, 3.0);
    assert_eq!(ring.counts(100 * SECOND).total, 1.0);
    assert_eq!(ring.counts(101 * SECOND).total, 0.0);
}

#[test]
fn bad_events_that_are_read_before_all_are_a_ratio_of_one() {
    assert_eq!(Counts { total: 2.0, bad: 3.0 }.bad_ratio(), Some(1.0));
    assert_eq!(Counts { total: 0.0, bad: 3.0 }.bad_ratio(), Some(1.0));
}

#[test]
fn a_burn_rate_at_the_factor_does_not_alert() {
    let registry = Registry::new();
    let jobs = registry.counter("jobs_total", "Jobs.").labels(&["result"]).unwrap();
    let total = Series::of(&registry, "jobs_total", Kind::Counter);
    let pair = BurnWindow { long: 60 * SECOND, short: 60 * SECOND, factor: 1.0, severity: Severity::Warning };
    let slo = Slo::correctness("jobs", 50.0, total.clone().with("result", "failed"), total).windows([pair]);
    let (objectives, clock) = (Objectives::of(&registry), ManualClock::new());
    objectives.declare(slo).unwrap();
    let burning = || {
        objectives.evaluate(&clock);
        objectives.status("jobs").unwrap().burning
    };
    jobs.with(&["done"]).inc_by(10);
    jobs.with(&["failed"]).inc_by(10);
    assert_eq!(burning(), []);
    jobs.with(&["failed"]).inc();
    clock.advance(SECOND);
    assert_eq!(burning(), [pair]);
}

#[test]
fn more_bad_events_than_events_are_the_events_of_the_budget() {
    let registry = Registry::new();
    let counter = |name| registry.counter(name, "Jobs.").build().unwrap();
    let (bad, total) = (counter("bad_jobs_total"), counter("all_jobs_total"));
    let series = |name| Series::of(&registry, name, Kind::Counter);
    let slo = Slo::correctness("jobs", 50.0, series("bad_jobs_total"), series("all_jobs_total")).windows([]);
    let objectives = Objectives::of(&registry);
    objectives.declare(slo).unwrap();
    bad.inc_by(4);
    total.inc_by(2);
    objectives.evaluate(&ManualClock::new());
    let status = objectives.status("jobs").unwrap();
    assert_eq!(status.period, Counts { total: 2.0, bad: 4.0 });
    assert_eq!(status.budget_remaining, 1.0 - 4.0 / (0.5 * 4.0));
}

/// An objective of a gauge that is outside of its bound, by which the seconds of evaluations can be counted.
fn too_deep(registry: &Registry) -> Objectives {
    registry.gauge("depth", "Depth.").build().unwrap().set(2.0);
    let gauge = Series::of(registry, "depth", Kind::Gauge);
    let objectives = Objectives::of(registry);
    objectives.declare(Slo::gauge("depth", 99.0, gauge, Bound::AtMost(1.0))).unwrap();
    objectives
}

fn bad_seconds(objectives: &Objectives) -> (f64, Duration) {
    let status = objectives.status("depth").unwrap();
    (status.period.bad, status.observed)
}

/// A clock that may go back.
#[derive(Debug, Default)]
struct Unsteady(Mutex<Duration>);

impl Clock for Unsteady {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH
    }

    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

#[test]
fn a_monotonic_clock_that_goes_back_stands_still() {
    let registry = Registry::new();
    let (objectives, clock) = (too_deep(&registry), Unsteady::default());
    for (seconds, bad) in [(100, 0), (160, 60), (50, 60), (159, 60), (170, 70)] {
        *clock.0.lock().unwrap() = SECOND * seconds;
        objectives.evaluate(&clock);
        assert_eq!(bad_seconds(&objectives), (f64::from(bad), SECOND * bad), "at {seconds} s");
    }
}

#[test]
fn the_time_of_a_snapshot_that_is_evaluated_again_counts() {
    let registry = Registry::new();
    let (objectives, clock) = (too_deep(&registry), ManualClock::new());
    let snapshot = registry.snapshot();
    for minutes in 0..3 {
        objectives.evaluate_with(&snapshot, &clock);
        assert_eq!(bad_seconds(&objectives).0, f64::from(60 * minutes));
        clock.advance(60 * SECOND);
    }
}
