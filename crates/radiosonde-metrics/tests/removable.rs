//! Removed series: by hand, with a guard, and the series that take their places.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::atomic::{AtomicBool, Ordering};

use radiosonde_metrics::removable::RemovableDynFamily;
use radiosonde_metrics::{Counter, LabelValue, Labels, Registry};

fn removed(registry: &Registry, family: &str, reason: &str) -> Option<f64> {
    let labels = [("family", family), ("reason", reason)];
    registry.snapshot().value("radiosonde_metrics_series_removed_total", &labels)
}

fn dropped(registry: &Registry, family: &str) -> f64 {
    registry.snapshot().sum("radiosonde_metrics_series_dropped_total", &[("family", family)])
}

fn jobs(registry: &Registry, max_series: usize) -> RemovableDynFamily<Counter> {
    registry.counter("jobs_total", "Jobs.").max_series(max_series).removable().labels(&["job"]).unwrap()
}

#[test]
fn what_is_removed_is_gone_and_comes_back_at_zero() {
    let registry = Registry::new();
    let jobs = jobs(&registry, 10);
    jobs.with(&["a"]).inc_by(3);
    jobs.with(&["b"]).inc_by(4);
    let kept = jobs.with(&["a"]);
    assert!(!jobs.remove(&["c"]) && !jobs.remove(&["a", "b"]));
    assert!(jobs.remove(&["a"]) && !jobs.remove(&["a"]));

    kept.inc();
    assert_eq!(kept.value(), 4, "a handle goes on working");
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.family("jobs_total").unwrap().series().len(), 1);
    assert_eq!(snapshot.value("jobs_total", &[("job", "b")]), Some(4.0));

    jobs.with(&["a"]).inc();
    kept.inc();
    assert_eq!(registry.snapshot().value("jobs_total", &[("job", "a")]), Some(1.0));
    assert_eq!(removed(&registry, "jobs_total", "removed"), Some(1.0));
    assert_eq!(removed(&registry, "jobs_total", "expired"), Some(0.0));
}

#[test]
fn removing_gives_a_full_family_room_and_the_overflow_series_takes_none() {
    let registry = Registry::new();
    let jobs = jobs(&registry, 2);
    for job in ["a", "b", "c", "d"] {
        jobs.with(&[job]).inc();
    }
    assert_eq!(dropped(&registry, "jobs_total"), 2.0);
    assert!(jobs.remove(&["a"]));
    jobs.with(&["e"]).inc();
    jobs.with(&["f"]).inc();
    let snapshot = registry.snapshot();
    let value = |job| snapshot.value("jobs_total", &[("job", job)]);
    assert_eq!([value("a"), value("b"), value("e"), value("f")], [None, Some(1.0), Some(1.0), None]);
    assert_eq!(value("_overflow"), Some(3.0));
    // The overflow series may be removed too, and frees nothing.
    assert!(jobs.remove(&["_overflow"]));
    jobs.with(&["g"]).inc_by(7);
    assert_eq!(registry.snapshot().value("jobs_total", &[("job", "_overflow")]), Some(7.0));
    assert_eq!(dropped(&registry, "jobs_total"), 4.0);
}

#[test]
fn what_is_not_retained_goes_and_the_closure_may_use_the_family() {
    let registry = Registry::new();
    let gauges = registry.gauge("lag", "Lag.").removable().labels(&["topic", "partition"]).unwrap();
    for partition in 0..100 {
        for topic in ["a", "b"] {
            gauges.with(&[topic, &partition.to_string()]).set(1.0);
        }
    }
    let gone = gauges.retain(|labels| {
        gauges.with(&["c", "0"]).set(2.0);
        labels.iter().all(|(name, value)| name != "topic" || value != "a")
    });
    assert_eq!(gone, 100);
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.family("lag").unwrap().series().len(), 101);
    assert_eq!(snapshot.sum("lag", &[("topic", "a")]), 0.0);
    assert_eq!(gauges.retain(|_| false), 101);
    assert_eq!(removed(&registry, "lag", "removed"), Some(201.0));
    assert!(!registry.text().contains("\nlag{"));
}

#[test]
fn a_series_goes_with_its_last_guard_and_only_its_own() {
    let registry = Registry::new();
    let peers = registry.int_gauge("peers", "Peers.").max_series(1).removable().labels(&["peer"]).unwrap();
    let shown = |peer| registry.snapshot().value("peers", &[("peer", peer)]);
    let first = peers.scoped(&["a"]);
    let second = peers.scoped(&["a"]);
    let clone = (*first).clone();
    first.inc();
    drop(first);
    second.inc();
    assert_eq!(shown("a"), Some(2.0));
    drop(second);
    assert_eq!(shown("a"), None);
    clone.inc();
    assert_eq!(shown("a"), None);

    // Removed meanwhile, and there again: not the guard's any more.
    let early = peers.scoped(&["a"]);
    assert!(peers.remove(&["a"]));
    peers.with(&["a"]).set(5);
    drop(early);
    assert_eq!(shown("a"), Some(5.0));
    // No room, so it shares a series, which stays.
    let shared = peers.scoped(&["b"]);
    shared.set(9);
    drop(shared);
    assert_eq!(shown("_overflow"), Some(9.0));
    // One that was there before belongs to its guards as well.
    let caught = std::panic::catch_unwind(|| {
        let _guard = peers.scoped(&["a"]);
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(caught.is_err());
    assert_eq!(shown("a"), None);
    assert_eq!(removed(&registry, "peers", "scope"), Some(2.0));
    drop(peers.scoped(&["too", "many"]));
    assert!(registry.text().contains("refused_total{family=\"peers\",reason=\"label_count\"} 1\n"));
}

#[derive(LabelValue)]
enum Color {
    Red,
    Green,
}

#[derive(Labels)]
struct Light {
    color: Color,
    on: bool,
}

#[test]
fn families_of_enums_forget_what_was_removed() {
    let registry = Registry::new();
    let declare = || registry.counter("lights_total", "Lights.");
    let lights = declare().removable().family::<Light>().unwrap();
    lights.initialise().unwrap();
    let red = Light { color: Color::Red, on: true };
    lights.with(&red).inc();
    lights.with(&Light { color: Color::Green, on: true }).inc();
    assert!(lights.remove(&red) && !lights.remove(&red));
    assert_eq!(registry.snapshot().family("lights_total").unwrap().series().len(), 3);
    lights.with(&red).inc_by(2);
    assert_eq!(registry.snapshot().value("lights_total", &[("color", "red"), ("on", "true")]), Some(2.0));
    assert_eq!(lights.retain(|labels| labels.as_str().contains("red")), 2);
    // Declared again in the same way, it is the same.
    let same = declare().removable().labels(&["color", "on"]).unwrap();
    assert_eq!(same.with(&["red", "true"]).value(), 2);
}

#[test]
fn the_same_name_with_another_life_is_refused() {
    let registry = Registry::new();
    let declare = || registry.counter("a_total", "A.");
    declare().removable().expire_after_scrapes(0).labels(&["x"]).unwrap();
    let errors = [
        declare().labels(&["x"]).unwrap_err(),
        declare().removable().labels(&["x"]).unwrap_err(),
        declare().removable().expire_after(std::time::Duration::from_secs(9)).labels(&["x"]).unwrap_err(),
    ];
    for (error, life) in errors.iter().zip(["unlimited", "until removed", "until removed or idle for 9s"]) {
        let message = error.to_string();
        assert!(message.contains("the retention of its series"), "{message}");
        assert!(
            message.contains("until removed or idle for 1 scrapes") && message.contains(life),
            "{message}"
        );
    }
    declare().removable().expire_after_scrapes(1).labels(&["x"]).unwrap();
    registry.counter("b_total", "B.").labels(&["x"]).unwrap();
    assert!(registry.counter("b_total", "B.").removable().labels(&["x"]).is_err());
    // Without labels there is one series, from the start.
    let single = registry.gauge("single", "S.").removable().labels(&[]).unwrap();
    assert!(registry.text().contains("\nsingle 0\n"));
    assert!(single.remove(&[]) && !registry.text().contains("\nsingle 0\n"));
}

/// Values that tell which of their family's series they belong to.
#[test]
fn nobody_ever_finds_another_series_than_the_one_asked_for() {
    let registry = Registry::new();
    // More than are ever removed, so that there is room whichever thread is interrupted.
    let gauges = registry.int_gauge("g", "G.").max_series(10_000).removable().labels(&["n"]).unwrap();
    gauges.with(&["stays"]).set(77);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let mut readers = Vec::new();
        for _ in 0..2 {
            readers.push(scope.spawn(|| {
                let mut found = 0;
                while !done.load(Ordering::SeqCst) {
                    for n in 0..40_i64 {
                        let gauge = gauges.with(&[&n.to_string()]);
                        gauge.set(n);
                        let seen = gauges.with(&[&n.to_string()]).value();
                        assert!(seen == n || seen == 0, "{n}: {seen}");
                        found += i64::from(seen == n && n != 0);
                    }
                    assert_eq!(gauges.with(&["stays"]).value(), 77, "it was never removed");
                }
                found
            }));
        }
        let rounds = 3000;
        for round in 0..rounds {
            let n = (round % 40).to_string();
            gauges.remove(&[&n]);
            drop(gauges.scoped(&[&n]));
            if round % 500 == 0 {
                gauges.retain(|labels| labels.as_str().contains("stays"));
                drop(registry.text());
            }
        }
        done.store(true, Ordering::SeqCst);
        assert!(readers.into_iter().map(|reader| reader.join().unwrap()).sum::<i64>() > 0);
    });
    assert_eq!(dropped(&registry, "g"), 0.0, "there was room all the time");
    assert!(gauges.retain(|_| false) <= 41);
}
