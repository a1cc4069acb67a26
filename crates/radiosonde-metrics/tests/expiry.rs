//! Idle series expire.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use radiosonde_core::Clock as _;
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::exposition::{Format, Selection};
use radiosonde_metrics::model::{
    FamilyInfo, HistogramSample, LabelSet, NumberSample, SummarySample, Visitor,
};
use radiosonde_metrics::removable::RemovableDynFamily;
use radiosonde_metrics::{Counter, Registry};
use radiosonde_testkit::ManualClock;

/// Which series of `jobs_total` a scrape shows, and since when they count.
#[derive(Default)]
struct Jobs {
    here: bool,
    seen: Vec<(String, SystemTime)>,
}

impl Visitor for Jobs {
    fn family(&mut self, family: &FamilyInfo<'_>) {
        self.here = family.name == "jobs_total";
    }

    fn number(&mut self, labels: &LabelSet, sample: &NumberSample<'_>) {
        if self.here {
            let job = labels.iter().next().unwrap().1.into_owned();
            self.seen.push((job, sample.created.unwrap()));
        }
    }

    fn histogram(&mut self, _: &LabelSet, _: &HistogramSample<'_>) {}

    fn summary(&mut self, _: &LabelSet, _: &SummarySample<'_>) {}
}

fn scrape(registry: &Registry) -> Vec<String> {
    let mut jobs = Jobs::default();
    registry.visit(&mut jobs);
    jobs.seen.into_iter().map(|(job, _)| job).collect()
}

fn after_scrapes(registry: &Registry, scrapes: u32) -> RemovableDynFamily<Counter> {
    let declared = registry.counter("jobs_total", "Jobs.").max_series(2).removable();
    declared.expire_after_scrapes(scrapes).labels(&["job"]).unwrap()
}

#[test]
fn what_was_shown_so_often_and_not_looked_up_goes() {
    let registry = Registry::new();
    let jobs = after_scrapes(&registry, 2);
    jobs.with(&["idle"]).inc();
    jobs.with(&["used"]).inc();
    jobs.with(&["late"]).inc();
    assert_eq!(scrape(&registry), ["_overflow", "idle", "used"]);
    jobs.with(&["used"]).inc();
    // Looks change nothing, however many.
    (0..5).for_each(|_| drop(registry.snapshot()));
    registry.look(&mut Collection::default().visitor());
    assert_eq!(scrape(&registry), ["_overflow", "idle", "used"]);
    assert_eq!(scrape(&registry), ["used"]);
    // What went left its place.
    jobs.with(&["late"]).inc();
    assert_eq!(scrape(&registry), ["late"]);
    assert_eq!(scrape(&registry), ["late"]);
    assert_eq!(scrape(&registry), [""; 0]);
    let snapshot = registry.snapshot();
    let expired = [("family", "jobs_total"), ("reason", "expired")];
    assert_eq!(snapshot.value("radiosonde_metrics_series_removed_total", &expired), Some(4.0));
    assert_eq!(snapshot.sum("radiosonde_metrics_series_dropped_total", &[]), 1.0);
}

#[test]
fn every_rendering_is_a_scrape() {
    let registry = Registry::new();
    let jobs = after_scrapes(&registry, 3);
    jobs.with(&["a"]).inc();
    // A scrape of other families does not show these.
    let other = Selection::of(["other"]);
    (0..9).for_each(|_| registry.encode_into(&mut Vec::new(), Format::Text, &other));
    drop((registry.text(), registry.encode(Format::OpenMetrics), registry.encode_bytes(Format::Text)));
    assert!(!registry.text().contains("jobs_total{"));
}

#[test]
fn a_series_whose_handle_is_kept_is_in_use_and_its_last_count_is_shown() {
    let registry = Registry::new();
    let jobs = after_scrapes(&registry, 1);
    let kept = jobs.with(&["kept"]);
    let guard = jobs.scoped(&["guarded"]);
    for _ in 0..5 {
        assert_eq!(scrape(&registry), ["guarded", "kept"]);
    }
    kept.inc();
    drop(kept);
    assert_eq!(scrape(&registry), ["guarded", "kept"], "what was counted at last");
    assert_eq!(scrape(&registry), ["guarded"]);
    drop(guard);
    assert_eq!(scrape(&registry), [""; 0]);
}

#[test]
fn what_was_idle_for_so_long_goes_and_comes_back_new() {
    let clock = ManualClock::new();
    let registry = Registry::new();
    let declared = registry.counter("jobs_total", "Jobs.").removable().expire_after(Duration::from_secs(60));
    let jobs = declared.clock(Arc::new(clock.clone())).labels(&["job"]).unwrap();
    let began = clock.now();
    jobs.with(&["a"]).inc();
    jobs.with(&["b"]).inc();
    clock.advance(Duration::from_secs(600));
    assert_eq!(scrape(&registry), ["a", "b"], "each is shown at least once");
    clock.advance(Duration::from_secs(59));
    jobs.with(&["b"]).inc();
    assert_eq!(scrape(&registry), ["a", "b"]);
    clock.advance(Duration::from_secs(1));
    // The wall clock may jump; it does not count.
    clock.set_wall(SystemTime::UNIX_EPOCH);
    assert_eq!(scrape(&registry), ["b"]);
    clock.set_wall(began + Duration::from_millis(720_500));
    clock.advance(Duration::from_secs(58));
    assert_eq!(scrape(&registry), ["b"]);
    clock.advance(Duration::from_secs(1));
    jobs.with(&["a"]).inc();
    let mut seen = Jobs::default();
    registry.visit(&mut seen);
    let again = began + Duration::from_millis(720_500) + Duration::from_secs(59);
    assert_eq!(seen.seen, [("a".to_owned(), again)]);
    assert_eq!(jobs.with(&["a"]).value(), 1);
    jobs.with(&["b"]).inc();
    assert_eq!(scrape(&registry), ["a", "b"]);
}

#[test]
fn with_both_limits_the_first_holds() {
    let clock = ManualClock::new();
    let registry = Registry::new();
    let declared = registry.counter("jobs_total", "Jobs.").removable().expire_after(Duration::from_secs(60));
    let declared = declared.expire_after_scrapes(3).clock(Arc::new(clock.clone()));
    let jobs = declared.labels(&["job"]).unwrap();
    jobs.with(&["a"]).inc();
    scrape(&registry);
    clock.advance(Duration::from_secs(60));
    assert_eq!(scrape(&registry), [""; 0]);
    jobs.with(&["a"]).inc();
    assert_eq!([scrape(&registry), scrape(&registry), scrape(&registry)], [["a"]; 3]);
    assert_eq!(scrape(&registry), [""; 0]);
}

/// Reads the registry that asks it.
struct Reads(Registry);

impl Collector for Reads {
    fn collect(&self, _: &mut Collection) {
        drop(self.0.text());
    }
}

#[test]
fn a_collector_that_reads_its_registry_is_part_of_the_scrape() {
    let registry = Registry::new();
    registry.collect_from(Reads(registry.clone()));
    let jobs = after_scrapes(&registry, 2);
    jobs.with(&["a"]).inc();
    assert_eq!([scrape(&registry), scrape(&registry)], [["a"]; 2]);
    assert_eq!(scrape(&registry), [""; 0]);
}

#[test]
fn scrapes_at_once_lose_nothing_that_is_used() {
    let registry = Registry::new();
    let declared =
        registry.counter("jobs_total", "Jobs.").removable().expire_after(Duration::from_secs(3600));
    let jobs = declared.labels(&["job"]).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..200 {
                    jobs.with(&["a"]).inc();
                    scrape(&registry);
                }
            });
        }
    });
    assert_eq!(jobs.with(&["a"]).value(), 600);
}
