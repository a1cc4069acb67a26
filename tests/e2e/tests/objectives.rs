//! The burn rates and the error budget that a process computes, beside those that the real Prometheus computes from its scrapes of that
//! process, over a reset of counters and a restart: of orders that are right, and of jobs that succeed and that are fast enough.
//!
//! # Error
//! Each scrape has the counters and what was computed from them, and both are compared at the time of one scrape. They differ at the edge of
//! a window only: Prometheus begins it at a scrape, once a second, and the process at an evaluation, ten times a second, with hundredths
//! of the window kept together. So the error is at most what the events of one second at that edge change: a second divided by the window,
//! times the highest burn rate of the test, and as much for each scrape that a busy machine missed.
//!
//! A range of `increase` that is one scrape longer than the window covers the same time: from 16 samples it takes 15 increases. One as
//! long as the window covers a second less, so that twice the error is expected.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints a table"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, UNIX_EPOCH};

use e2e::{Prometheus, ScrapeJob, free_port, wait_for};
use radiosonde_admin::Listener;
use radiosonde_core::{Clock as _, SystemClock};
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::removable::RemovableDynFamily;
use radiosonde_metrics::{Counter, Registry};
use radiosonde_signals::{BurnWindow, Objectives, Operation, Series, Severity, Slo, Work};

const SOON: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_millis(100);
const BUDGET: f64 = 0.1;
const PERIOD: f64 = 60.0;
const WINDOW: BurnWindow = BurnWindow {
    long: Duration::from_secs(30),
    short: Duration::from_secs(15),
    factor: 2.0,
    severity: Severity::Critical,
};

/// A job that takes longer is slow. It is the bucket `0.004`.
const THRESHOLD: Duration = Duration::from_millis(4);
const SLOW: Duration = Duration::from_millis(6);

/// Of this number of orders and of jobs in each tick, the second of a pair is bad up to the second in the first. Half of the bad jobs are slow.
const EVENTS: u64 = 20;
const PHASES: [(f64, u64); 5] = [(3.0, 0), (18.0, 1), (30.0, 10), (48.0, 0), (f64::MAX, 3)];
/// With half of the events bad.
const HIGHEST_BURN_RATE: f64 = 0.5 / BUDGET;
/// The seconds of the first life at which it is compared: within the phases, right after them, and when they have left the period.
const COMPARED: [f64; 8] = [12.0, 21.0, 28.0, 36.0, 44.0, 53.0, 63.0, 72.0];
/// The counters of the shop `b` are removed at this second, and begin again at zero. Before, they pause for a scrape of their last values.
const RESET: f64 = 26.0;
const PAUSE: f64 = 2.5;

/// An objective, and the share of its bad events by series of the process.
struct Measured {
    slo: &'static str,
    part: &'static str,
    of: &'static str,
    is_part_good: bool,
}

const MEASURED: [Measured; 3] = [
    Measured {
        slo: "right",
        part: "orders_total{result=\"failed\"}",
        of: "orders_total",
        is_part_good: false,
    },
    Measured {
        slo: "available",
        part: "operation_errors_total{operation=\"job\"}",
        of: "operation_calls_total{operation=\"job\"}",
        is_part_good: false,
    },
    Measured {
        slo: "fast",
        part: "operation_duration_seconds_bucket{operation=\"job\",le=\"0.004\"}",
        of: "operation_duration_seconds_count{operation=\"job\"}",
        is_part_good: true,
    },
];

impl Measured {
    /// The share of bad events in the increases of a range.
    fn in_range(&self, seconds: f64) -> String {
        self.share(|series| format!("sum(increase({series}[{seconds}s]))"))
    }

    /// The share of bad events in the values of counters that began at zero.
    fn since_the_start(&self) -> String {
        self.share(|series| format!("sum({series})"))
    }

    fn share(&self, sum: impl Fn(&str) -> String) -> String {
        let ratio = format!("{} / {}", sum(self.part), sum(self.of));
        if self.is_part_good { format!("(1 - {ratio})") } else { ratio }
    }

    fn metric(&self, name: &str) -> String {
        format!("{name}{{slo=\"{}\"}}", self.slo)
    }

    fn burn_rate(&self, window: f64) -> String {
        format!("slo_burn_rate{{slo=\"{}\",window=\"{window}s\"}}", self.slo)
    }
}

/// The objectives of a process, declared before the work, for the bucket of the threshold.
fn declare(registry: &Registry) -> Objectives {
    let total = Series::of(registry, "orders_total", Kind::Counter);
    let slos = [
        Slo::correctness("right", 90.0, total.clone().with("result", "failed"), total),
        Slo::availability("available", 90.0, Work::operation("job")),
        Slo::latency("fast", 90.0, Work::operation("job"), THRESHOLD),
    ];
    let objectives = Objectives::of(registry);
    let period = Duration::from_secs_f64(PERIOD);
    objectives.declare_all(slos.map(|slo| slo.period(period).windows([WINDOW]))).unwrap();
    objectives
}

fn seconds() -> f64 {
    SystemClock.monotonic().as_secs_f64()
}

fn unix_seconds() -> f64 {
    SystemClock.now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// A process: its own registry, at an address that outlives it.
struct Life {
    registry: Registry,
    begun: f64,
    listener: Listener,
    stop: Arc<AtomicBool>,
    /// Returns how many bad events it counted.
    work: JoinHandle<u64>,
}

impl Life {
    fn begin(address: SocketAddr) -> Self {
        let registry = Registry::new();
        let orders =
            registry.counter("orders_total", "Orders.").removable().labels(&["shop", "result"]).unwrap();
        let objectives = declare(&registry);
        let job = Operation::in_registry(&registry, "job").unwrap();
        let listener = wait_for("the port", SOON, || Ok(Listener::start(&registry, address)?));
        let (stop, begun) = (Arc::new(AtomicBool::new(false)), seconds());
        let is_stopped = Arc::clone(&stop);
        let work = thread::spawn(move || {
            let (mut bad, mut is_reset) = (0, false);
            // Relaxed: nothing else is passed with it.
            while !is_stopped.load(Ordering::Relaxed) {
                let age = seconds() - begun;
                bad += count(&orders, age, &mut is_reset);
                work_on(&job, age);
                objectives.evaluate(&SystemClock);
                thread::sleep(TICK);
            }
            bad
        });
        Self { registry, begun, listener, stop, work }
    }

    /// Waits until it is this old, in seconds.
    fn wait_until(&self, age: f64) {
        thread::sleep(Duration::from_secs_f64((self.begun + age - seconds()).max(0.0)));
    }

    /// Ends it when Prometheus has its last counts: the number of bad events.
    fn end(self, table: &Table<'_>) -> f64 {
        // Relaxed: as above.
        self.stop.store(true, Ordering::Relaxed);
        let counted = self.work.join().unwrap();
        let bad = self.registry.snapshot().value("slo_bad_events_total", &[("slo", "right")]).unwrap();
        assert!(bad.to_string() == counted.to_string() && bad > 500.0, "{bad} of {counted}");
        table.scrape_since(unix_seconds());
        drop(self.listener);
        bad
    }
}

fn bad_at(age: f64) -> u64 {
    PHASES.iter().find(|(end, _)| age < *end).map_or(0, |(_, bad)| *bad)
}

/// Does the jobs of a tick.
fn work_on(job: &Operation, age: f64) {
    let bad = bad_at(age);
    // All at once, as a tick is short.
    let slow: Vec<_> = (0..bad / 2).map(|_| job.track()).collect();
    if !slow.is_empty() {
        thread::sleep(SLOW);
    }
    slow.into_iter().for_each(|job| job.fail("slow, and failed"));
    (0..bad - bad / 2).for_each(|_| job.track().fail("failed"));
    (0..EVENTS - bad).for_each(|_| job.track().complete());
}

/// Counts the orders of a tick, and returns the number of bad ones.
fn count(orders: &RemovableDynFamily<Counter>, age: f64, is_reset: &mut bool) -> u64 {
    if age > RESET && !*is_reset {
        *is_reset = orders.remove(&["b", "failed"]);
        assert!(*is_reset);
    }
    let bad = bad_at(age);
    let elsewhere = if (RESET - PAUSE..RESET).contains(&age) { 0 } else { bad / 2 };
    orders.with(&["a", "done"]).inc_by(EVENTS - bad);
    orders.with(&["a", "failed"]).inc_by(bad - elsewhere);
    orders.with(&["b", "failed"]).inc_by(elsewhere);
    bad
}

struct Table<'a> {
    prometheus: &'a Prometheus,
    /// Difference and error.
    rows: Vec<(f64, f64)>,
}

impl Table<'_> {
    fn value(&self, promql: &str, scrape: f64) -> f64 {
        wait_for(promql, SOON, || Ok(self.prometheus.value_at(promql, scrape)?.ok_or("no value")?))
    }

    /// Compares a metric of the process with an expression, at the time of a scrape.
    fn compare(&mut self, age: f64, scrape: f64, metric: &str, promql: &str, error: f64) {
        let (process, expected) = (self.value(metric, scrape), self.value(promql, scrape));
        let difference = (process - expected).abs();
        println!(
            "| {age:3} s | {metric:<42} | {process:8.4} | {expected:8.4} | {difference:6.4} | {error:6.4} | {promql}"
        );
        assert!(difference <= error, "{metric} is {process} at {age} s, and {promql} is {expected}");
        self.rows.push((difference, error));
    }

    /// Compares everything with ranges of `increase`.
    fn compare_windows(&mut self, age: f64, scrape: f64) {
        for of in &MEASURED {
            for window in [15.0, 30.0] {
                self.compare_window(of, window, age, scrape);
            }
            let edge = self.edge(PERIOD, age, scrape);
            let share = of.in_range(PERIOD + 1.0);
            let budget = format!("1 - {share} / {BUDGET}");
            self.compare(age, scrape, &of.metric("slo_error_budget_remaining"), &budget, edge);
            self.compare(
                age,
                scrape,
                &of.metric("slo_objective_ratio"),
                &format!("1 - {share}"),
                edge * BUDGET,
            );
        }
    }

    fn compare_window(&mut self, of: &Measured, window: f64, age: f64, scrape: f64) {
        let (metric, edge) = (of.burn_rate(window), self.edge(window, age, scrape));
        for (range, error) in [(window + 1.0, edge), (window, 2.0 * edge)] {
            self.compare(age, scrape, &metric, &format!("{} / {BUDGET}", of.in_range(range)), error);
        }
    }

    /// What the events of a second change in a window, and of as many more as there are scrapes missing.
    fn edge(&self, window: f64, age: f64, scrape: f64) -> f64 {
        let scrapes = self
            .value(&format!("count_over_time(slo_events_total{{slo=\"right\"}}[{}s])", window + 1.0), scrape);
        let missing = ((window + 1.0).min(age.floor()) - scrapes).max(0.0);
        (1.0 + missing) * HIGHEST_BURN_RATE / window
    }

    /// The time of the first scrape that is not older than this, in seconds since 1970.
    fn scrape_since(&self, unix_seconds: f64) -> f64 {
        wait_for("a scrape", SOON, || {
            let at = self.prometheus.value(SCRAPED)?.ok_or("no series")?;
            if at >= unix_seconds { Ok(at) } else { Err(format!("the last one was at {at}").into()) }
        })
    }
}

/// When the last scrape was.
const SCRAPED: &str = "timestamp(slo_events_total{slo=\"right\"})";

#[test]
fn burn_rates_and_budgets_are_those_that_prometheus_computes() {
    let Some(prometheus) = Prometheus::start() else { return };
    let address: SocketAddr = ([127, 0, 0, 1], free_port()).into();
    prometheus.scrape(&ScrapeJob::new("orders", address));
    wait_for("the target", SOON, || {
        let is_known = prometheus.targets()?.iter().any(|target| target.job() == "orders");
        is_known.then_some(()).ok_or_else(|| "not known yet".into())
    });
    let mut table = Table { prometheus: &prometheus, rows: Vec::new() };
    println!(
        "|   age | metric                                     |  process |   PromQL | differ |  error | PromQL"
    );

    let begun = unix_seconds();
    let first = Life::begin(address);
    for age in COMPARED {
        first.wait_until(age);
        let scrape = table.scrape_since(unix_seconds());
        table.compare_windows(age, scrape);
    }
    let mut bad = first.end(&table);

    // Of the second life, Prometheus has what was counted since its beginning, in the last value of the counters. The window of 15 seconds
    // no longer reaches back to the beginning at the end, so that it slides.
    let second = Life::begin(address);
    for (age, windows) in [(12.0, &[15.0, 30.0][..]), (24.0, &[30.0])] {
        second.wait_until(age);
        let scrape = table.scrape_since(unix_seconds());
        // The scrape may come between an evaluation and the events before it.
        let error = TICK.as_secs_f64() * HIGHEST_BURN_RATE / age;
        for of in &MEASURED {
            let share = of.since_the_start();
            for window in windows {
                table.compare(age, scrape, &of.burn_rate(*window), &format!("{share} / {BUDGET}"), error);
            }
            let budget = format!("1 - {share} / {BUDGET}");
            table.compare(age, scrape, &of.metric("slo_error_budget_remaining"), &budget, error);
            table.compare(
                age,
                scrape,
                &of.metric("slo_objective_ratio"),
                &format!("1 - {share}"),
                error * BUDGET,
            );
            if age > 15.0 + 1.0 {
                table.compare_window(of, 15.0, age, scrape);
            }
        }
    }
    bad += second.end(&table);
    let scrape = table.value(SCRAPED, unix_seconds());
    let both = format!("sum(increase(slo_bad_events_total{{slo=\"right\"}}[{}s]))", (scrape - begun).ceil());
    let counted = table.value(&both, scrape);
    println!("bad events of both lives: {bad} in the processes, {counted} by {both}");
    assert!((counted - bad).abs() < 0.01 * bad, "{counted} of {bad}");

    let sum = |of: fn(&(f64, f64)) -> f64| table.rows.iter().map(of).sum::<f64>();
    println!(
        "{} values, of which the mean difference is {:.3} of the error",
        table.rows.len(),
        sum(|row| row.0) / sum(|row| row.1)
    );
}
