//! The edges of windows and of burn rates.
#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a test fails by panicking, and these numbers are exact"
)]

use std::time::Duration;

use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_signals::__counting::WindowRing;
use radiosonde_signals::{BurnWindow, Counts, Objectives, Series, Severity, Slo};
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
