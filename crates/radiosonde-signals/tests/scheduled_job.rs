//! The golden signals of scheduled jobs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, SystemTime};

use radiosonde_core::Clock;
use radiosonde_metrics::Registry;
use radiosonde_signals::{GoldenSignals, ScheduledJob};
use radiosonde_testkit::ManualClock;

/// 2026-01-01T00:00:00Z, where the clock starts.
const START: f64 = 1_767_225_600.0;

struct Nightly {
    registry: Registry,
    clock: ManualClock,
    job: ScheduledJob,
}

impl Nightly {
    /// Due every hour, with a minute's grace.
    fn new() -> Self {
        let (registry, clock) = (Registry::new(), ManualClock::new());
        let job =
            ScheduledJob::builder("report").every(Duration::from_secs(3600)).grace(Duration::from_secs(60));
        let job = job.registry(&registry).clock(Arc::new(clock.clone())).build().unwrap();
        Self { registry, clock, job }
    }

    fn value(&self, metric: &str) -> Option<f64> {
        self.registry.snapshot().value(metric, &[("job_name", "report")])
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    fn run(&self, seconds: u64) {
        let done = self.job.operation().run(|| {
            self.pass(seconds);
            Ok::<_, String>(())
        });
        assert!(done.is_ok());
    }
}

#[test]
fn a_run_shows_when_it_began_and_succeeded_and_how_long_it_took() {
    let nightly = Nightly::new();
    assert_eq!(nightly.value("job_last_start_timestamp_seconds"), None);
    assert_eq!(nightly.value("job_last_success_timestamp_seconds"), None);
    nightly.pass(10);
    nightly.run(5);
    nightly.pass(100);
    assert!(nightly.job.operation().run(|| Err::<(), _>("no disk")).is_err());
    drop(nightly.job.operation().track());
    assert_eq!(nightly.value("job_last_start_timestamp_seconds"), Some(START + 115.0));
    assert_eq!(nightly.value("job_last_success_timestamp_seconds"), Some(START + 15.0));
    let text = nightly.registry.text();
    for line in [
        "job_runs_total{job_name=\"report\",outcome=\"completed\"} 1\n",
        "job_runs_total{job_name=\"report\",outcome=\"failed\"} 1\n",
        "job_runs_total{job_name=\"report\",outcome=\"aborted\"} 1\n",
        "job_errors_total{job_name=\"report\",kind=\"other\"} 1\n",
        "job_errors_total{job_name=\"report\",kind=\"panic\"} 0\n",
        "job_duration_seconds_count{job_name=\"report\"} 3\n",
        "job_duration_seconds_sum{job_name=\"report\"} 5\n",
        "job_overlaps_total{job_name=\"report\"} 0\n",
        "job_running{job_name=\"report\"} 0\n",
    ] {
        assert!(text.contains(line), "no {line} in {text}");
    }
}

#[test]
fn a_job_is_overdue_at_the_scrape_after_its_interval_and_grace() {
    let nightly = Nightly::new();
    nightly.pass(3660);
    assert_eq!(nightly.value("job_overdue"), Some(0.0));
    nightly.pass(1);
    assert_eq!(nightly.value("job_overdue"), Some(1.0), "since the job was declared");
    assert!(nightly.job.operation().run(|| Err::<(), _>("no disk")).is_err());
    assert_eq!(nightly.value("job_overdue"), Some(1.0), "a failure is no success");
    nightly.run(5);
    assert_eq!(nightly.value("job_overdue"), Some(0.0));
    nightly.pass(3661);
    assert_eq!(nightly.value("job_overdue"), Some(1.0), "since the last success");
}

#[test]
fn a_step_of_the_wall_clock_makes_no_job_overdue() {
    let nightly = Nightly::new();
    nightly.run(5);
    nightly.clock.set_wall(nightly.clock.now() + Duration::from_secs(86_400));
    assert_eq!(nightly.value("job_overdue"), Some(0.0));
    assert_eq!(nightly.value("job_missed_total"), Some(0.0));
    nightly.run(5);
    assert_eq!(nightly.value("job_last_start_timestamp_seconds"), Some(START + 86_405.0));
}

#[test]
fn runs_that_did_not_begin_in_time_are_missed() {
    let nightly = Nightly::new();
    nightly.pass(3660);
    assert_eq!(nightly.value("job_missed_total"), Some(0.0));
    nightly.pass(1);
    assert_eq!(nightly.value("job_missed_total"), Some(1.0));
    assert_eq!(nightly.value("job_missed_total"), Some(1.0), "a scrape counts nothing twice");
    nightly.pass(3600);
    nightly.run(5);
    assert_eq!(nightly.value("job_missed_total"), Some(2.0), "counted by the start, without a scrape");
    nightly.pass(3600);
    nightly.run(5);
    assert_eq!(nightly.value("job_missed_total"), Some(2.0), "the next one was in time");
}

#[test]
fn overlapping_runs_are_counted_and_in_progress() {
    let nightly = Nightly::new();
    let first = nightly.job.operation().track();
    let second = nightly.job.operation().track();
    assert_eq!(nightly.value("job_running"), Some(2.0));
    assert_eq!(nightly.value("job_overlaps_total"), Some(1.0));
    first.complete();
    second.complete();
    nightly.run(1);
    assert_eq!(nightly.value("job_running"), Some(0.0));
    assert_eq!(nightly.value("job_overlaps_total"), Some(1.0));
}

#[test]
fn jobs_share_their_metrics_and_one_without_an_interval_is_never_overdue() {
    let nightly = Nightly::new();
    let cleanup = ScheduledJob::builder("cleanup").registry(&nightly.registry).build().unwrap();
    cleanup.operation().track().complete();
    let now = nightly.registry.snapshot();
    let labels = [("job_name", "cleanup")];
    assert_eq!(now.value("job_overdue", &labels), None);
    assert_eq!(now.value("job_missed_total", &labels), None);
    let signals = cleanup.signals();
    assert_eq!((signals.kind(), signals.name()), ("job", "cleanup"));
    assert_eq!(signals.traffic().unwrap().sum(&now), 1.0);
    assert_eq!(signals.latency().unwrap().sum(&now), 1.0);
    assert_eq!(signals.errors().unwrap().sum(&now), 0.0);
    assert_eq!(signals.saturation().unwrap().share(&now), None);
    assert_eq!(GoldenSignals::of(&nightly.registry), [signals.clone(), nightly.job.signals().clone()]);
}

#[test]
fn without_a_grace_it_is_a_tenth_of_the_interval() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let job = ScheduledJob::builder("report").every(Duration::from_secs(3600)).namespace("shop");
    let _job = job.registry(&registry).clock(Arc::new(clock.clone())).build().unwrap();
    let overdue = || registry.snapshot().value("shop_job_overdue", &[("job_name", "report")]);
    clock.advance(Duration::from_secs(3960));
    assert_eq!(overdue(), Some(0.0));
    clock.advance(Duration::from_secs(1));
    assert_eq!(overdue(), Some(1.0));
}

/// Scrapes while it is asked for the time, or panics.
#[derive(Debug, Default)]
struct OddClock {
    time: ManualClock,
    scrapes: OnceLock<Registry>,
    is_scraping: AtomicBool,
    panics: AtomicBool,
}

impl OddClock {
    fn act(&self) {
        assert!(!self.panics.load(Ordering::SeqCst), "no time");
        if let Some(registry) = self.scrapes.get()
            && !self.is_scraping.swap(true, Ordering::SeqCst)
        {
            let _ = registry.text();
            self.is_scraping.store(false, Ordering::SeqCst);
        }
    }
}

impl Clock for OddClock {
    fn now(&self) -> SystemTime {
        self.act();
        self.time.now()
    }

    fn monotonic(&self) -> Duration {
        self.act();
        self.time.monotonic()
    }
}

fn odd_job(registry: &Registry) -> (Arc<OddClock>, ScheduledJob) {
    let clock = Arc::new(OddClock::default());
    let shared: Arc<dyn Clock> = Arc::<OddClock>::clone(&clock);
    let job = ScheduledJob::builder("report").every(Duration::from_secs(3600));
    (clock, job.registry(registry).clock(shared).build().unwrap())
}

#[test]
fn a_clock_that_scrapes_finds_nothing_locked() {
    let registry = Registry::new();
    let (clock, job) = odd_job(&registry);
    clock.scrapes.set(registry.clone()).unwrap();
    let (done, is_done) = mpsc::channel();
    std::thread::spawn(move || done.send(job.operation().run(|| Ok::<_, String>(3))));
    assert_eq!(is_done.recv_timeout(Duration::from_secs(20)), Ok(Ok(3)));
}

#[test]
fn a_clock_that_panics_leaves_no_run_in_progress() {
    let registry = Registry::new();
    let (clock, job) = odd_job(&registry);
    let count = |panics: bool, run: &dyn Fn()| {
        clock.panics.store(panics, Ordering::SeqCst);
        assert_eq!(catch_unwind(AssertUnwindSafe(run)).is_err(), panics);
        clock.panics.store(false, Ordering::SeqCst);
        let now = registry.snapshot();
        let labels = [("job_name", "report")];
        let runs = now.family("job_runs_total").unwrap().series();
        let ended: f64 = runs.iter().map(|series| series.number()).sum();
        (now.value("job_running", &labels), ended)
    };
    assert_eq!(count(true, &|| drop(job.operation().track())), (Some(0.0), 0.0), "it did not begin");
    let fails_late = || {
        let run = job.operation().track();
        clock.panics.store(true, Ordering::SeqCst);
        run.complete();
    };
    clock.panics.store(false, Ordering::SeqCst);
    assert!(catch_unwind(AssertUnwindSafe(fails_late)).is_err());
    assert_eq!(count(false, &|| ()), (Some(0.0), 1.0), "it ended once");
    assert_eq!(count(false, &|| job.operation().track().complete()), (Some(0.0), 2.0));
    assert_eq!(registry.snapshot().value("job_overlaps_total", &[("job_name", "report")]), Some(0.0));
}
