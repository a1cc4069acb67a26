//! Prints how long an evaluation of 100 objectives and 100 alert rules takes over a registry of about 2,000 series.

use std::error::Error;
use std::time::Duration;

use radiosonde_alerts::{AlertEngine, AlertRule, Condition, Value};
use radiosonde_core::{Clock as _, SystemClock};
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Buckets, Counter, DynFamily, Histogram, Registry};
use radiosonde_signals::{GoldenSignals, Objectives, Series, Slo, Work};

/// Two objectives for each route: 100.
const ROUTES: u32 = 50;
const METHODS: [&str; 2] = ["GET", "POST"];
const STATUSES: [&str; 4] = ["200", "404", "500", "503"];
const EVALUATIONS: u32 = 300;

/// The metrics of a server: 400 counters, and 100 histograms of 16 samples.
struct Server {
    requests: DynFamily<Counter>,
    durations: DynFamily<Histogram>,
}

impl Server {
    fn declare(registry: &Registry) -> Result<Self, Box<dyn Error>> {
        let (requests, durations) = ("http_requests_total", "http_request_duration_seconds");
        let total = Series::of(registry, requests, Kind::Counter);
        let errors = total.clone().with_any("status", ["500", "503"]);
        GoldenSignals::new("http_server", "http")
            .with_traffic(total)
            .with_errors(errors)
            .with_latency(Series::of(registry, durations, Kind::Histogram))
            .with_item_label("endpoint")
            .declare(registry);
        let requests = registry.counter(requests, "Requests.").labels(&["method", "endpoint", "status"])?;
        let durations = registry.histogram(durations, "Duration of requests.").unit("seconds");
        let durations = durations.buckets(Buckets::new([
            0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0,
        ])?);
        Ok(Self { requests, durations: durations.labels(&["method", "endpoint"])? })
    }

    /// One request of each kind.
    fn serve(&self) {
        for route in 0..ROUTES {
            let endpoint = endpoint(route);
            for method in METHODS {
                for status in STATUSES {
                    self.requests.with(&[method, &endpoint, status]).inc();
                }
                self.durations.with(&[method, &endpoint]).observe(0.003 * f64::from(route));
            }
        }
    }
}

fn endpoint(route: u32) -> String {
    format!("/shop/v1/resource{route}/{{id}}")
}

/// An engine with two rules for each route: 100.
fn engine(registry: &Registry) -> Result<AlertEngine, Box<dyn Error>> {
    let window = Duration::from_secs(300);
    let mut builder = AlertEngine::builder().registry(registry);
    for route in 0..ROUTES {
        let endpoint = endpoint(route);
        let failing = Value::error_ratio(Work::route(&endpoint), window);
        let durations = Series::of(registry, "http_request_duration_seconds", Kind::Histogram);
        let slow = Value::quantile(0.95, durations.with("endpoint", endpoint), window);
        builder = builder
            .rule(AlertRule::new(format!("Failing{route}"), Condition::above(failing, 0.4)))
            .rule(AlertRule::new(format!("Slow{route}"), Condition::above(slow, 0.1)));
    }
    Ok(builder.objective_alerts(false).build()?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let registry = Registry::new();
    let objectives = Objectives::of(&registry);
    for route in 0..ROUTES {
        let work = Work::route(endpoint(route));
        let threshold = Duration::from_millis(100);
        objectives.declare(Slo::availability(format!("available_{route}"), 99.9, work.clone()))?;
        objectives.declare(Slo::latency(format!("fast_{route}"), 99.0, work, threshold))?;
    }
    let server = Server::declare(&registry)?;
    let engine = engine(&registry)?;
    let (mut snapshots, mut evaluations, mut engines) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..EVALUATIONS {
        server.serve();
        let begin = SystemClock.monotonic();
        let snapshot = registry.snapshot();
        let taken = SystemClock.monotonic();
        objectives.evaluate_with(&snapshot, &SystemClock);
        let evaluated = SystemClock.monotonic();
        engine.evaluate();
        engines.push(SystemClock.monotonic() - evaluated);
        snapshots.push(taken - begin);
        evaluations.push(evaluated - taken);
    }
    let counted: f64 = objectives.statuses().iter().map(|status| status.period.total).sum();
    let expected = f64::from(EVALUATIONS * ROUTES * 2 * (4 + 1));
    if counted.to_string() != expected.to_string() {
        return Err(format!("{counted} events were counted, expected {expected}").into());
    }
    if engine.active_alerts().len() < 50 {
        return Err("every route fails half of its requests, so half of the rules should fire".into());
    }
    let series: usize = registry.snapshot().families().iter().map(|family| family.series().len()).sum();
    let samples = registry.text().lines().filter(|line| !line.starts_with('#')).count();
    println!(
        "{} objectives, {} rules, {series} series of {samples} samples\n",
        objectives.slos().len(),
        engine.rules().len()
    );
    println!("{:<12}{:>10}{:>10}{:>10}", "", "median", "p99", "worst");
    print("snapshot", snapshots);
    print("objectives", evaluations);
    // A snapshot, the objectives again and the rules.
    print("engine", engines);
    Ok(())
}

fn print(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |of: usize| format!("{:.2} ms", times[(times.len() - 1) * of / 100].as_secs_f64() * 1e3);
    println!("{name:<12}{:>10}{:>10}{:>10}", at(50), at(99), at(100));
}
