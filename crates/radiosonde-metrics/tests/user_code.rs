//! No lock is held while the user's code runs: it may use what asks it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, SystemTime};

use radiosonde_core::{Clock, SystemClock};
use radiosonde_metrics::removable::RemovableFamily;
use radiosonde_metrics::{Counter, Family, LabelValue, Labels, Registry};

/// Runs `work` on a thread of its own, so that one that waits for itself fails the test.
fn ends<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, waits) = mpsc::channel();
    std::thread::spawn(move || done.send(work()).unwrap());
    waits.recv_timeout(Duration::from_secs(60)).unwrap()
}

static JOBS: OnceLock<Family<Counter, Job>> = OnceLock::new();
static REMOVABLE_JOBS: OnceLock<RemovableFamily<Counter, RemovableJob>> = OnceLock::new();

/// Looks up another one in its own family whenever it is shown.
struct Counts(&'static str);

#[derive(Labels)]
struct Job {
    job: Counts,
}

impl LabelValue for Counts {
    fn show(&self, see: impl FnOnce(&str)) {
        if self.0 == "outer" {
            JOBS.get().unwrap().with(&Job { job: Counts("inner") }).inc();
        }
        see(self.0);
    }
}

struct CountsRemovable(&'static str);

#[derive(Labels)]
struct RemovableJob {
    job: CountsRemovable,
}

impl LabelValue for CountsRemovable {
    fn show(&self, see: impl FnOnce(&str)) {
        if self.0 == "outer" {
            REMOVABLE_JOBS.get().unwrap().with(&RemovableJob { job: CountsRemovable("inner") }).inc();
        }
        see(self.0);
    }
}

#[test]
fn a_label_that_uses_its_own_family_while_it_is_shown_gets_an_answer() {
    let registry = Registry::new();
    let family = registry.counter("jobs_total", "Jobs.").family().unwrap();
    assert!(JOBS.set(family).is_ok());
    ends(|| JOBS.get().unwrap().with(&Job { job: Counts("outer") }).inc());
    let value = |registry: &Registry, job| registry.snapshot().value("jobs_total", &[("job", job)]);
    assert_eq!(value(&registry, "outer"), Some(1.0));
    assert!(value(&registry, "inner").is_some());

    let registry = Registry::new();
    let family = registry.counter("jobs_total", "Jobs.").removable().family().unwrap();
    assert!(REMOVABLE_JOBS.set(family).is_ok());
    ends(|| {
        let jobs = REMOVABLE_JOBS.get().unwrap();
        jobs.with(&RemovableJob { job: CountsRemovable("outer") }).inc();
        drop(jobs.scoped(&RemovableJob { job: CountsRemovable("outer") }));
        assert!(!jobs.remove(&RemovableJob { job: CountsRemovable("outer") }));
    });
    assert!(value(&registry, "inner").is_some());
}

/// Counts how often it is asked, in the registry whose family asks it.
#[derive(Debug)]
struct CountsItself(Registry);

impl CountsItself {
    fn count(&self) {
        self.0.counter("asked_total", "Asked.").build().unwrap().inc();
        let _ = self.0.text();
    }
}

impl Clock for CountsItself {
    fn now(&self) -> SystemTime {
        self.count();
        SystemClock.now()
    }

    fn monotonic(&self) -> Duration {
        self.0.counter("asked_total", "Asked.").build().unwrap().inc();
        SystemClock.monotonic()
    }
}

#[test]
fn a_clock_may_use_the_registry_that_asks_it() {
    let asked = ends(|| {
        let registry = Registry::new();
        let clock = Arc::new(CountsItself(registry.clone()));
        let jobs = registry.counter("jobs_total", "Jobs.").removable().clock(clock);
        let jobs = jobs.expire_after(Duration::from_secs(60)).labels(&["job"]).unwrap();
        jobs.with(&["a"]).inc();
        registry.snapshot().value("asked_total", &[])
    });
    assert!(asked.is_some_and(|asked| asked > 1.0));
}
