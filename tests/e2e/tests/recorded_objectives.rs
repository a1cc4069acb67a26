//! The generated rules of objectives in the real Prometheus: what they record is what the process computes, their alert fires and
//! resolves, and twenty objectives are cheap.
//!
//! # Error
//! A recorded burn rate is compared with that of the process at the time of its evaluation. They differ at the edges of the window:
//! Prometheus has the scrapes in it, one a second, and the process its own evaluations, ten a second. So the error is at most what the
//! events of two seconds change: those at both ends.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints a table"
)]
#![allow(clippy::disallowed_methods, reason = "the real programs run by the real time")]

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use e2e::{LoadedRule, Prometheus, ScrapeJob, free_port, wait_for};
use radiosonde_admin::Listener;
use radiosonde_core::{Clock as _, SystemClock};
use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_ops::{Catalogue, Generator};
use radiosonde_signals::{BurnWindow, Objectives, Operation, Series, Severity, Slo, Work};

const SOON: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_millis(100);
const BUDGET: f64 = 0.1;
const WINDOW: BurnWindow = BurnWindow {
    long: Duration::from_secs(20),
    short: Duration::from_secs(10),
    factor: 2.0,
    severity: Severity::Critical,
};
/// Half of the events are bad from the one second to the other.
const OUTAGE: [f64; 2] = [20.0, 40.0];
const COMPARED: [f64; 8] = [16.0, 25.0, 33.0, 38.0, 43.0, 51.0, 56.0, 66.0];
const HIGHEST_BURN_RATE: f64 = 0.5 / BUDGET;

/// Starts a Prometheus that scrapes the registry and evaluates the rules that are generated for it.
fn start(registry: &Registry) -> Option<(Prometheus, Listener)> {
    let prometheus = Prometheus::start()?;
    let address: SocketAddr = ([127, 0, 0, 1], free_port()).into();
    let listener = Listener::start(registry, address).unwrap();
    prometheus.scrape(&ScrapeJob::new("orders", address));
    prometheus.wait_until_up("orders", SOON);
    let folder = tempfile::tempdir().unwrap();
    let generator = Generator::new("recorded", Catalogue::of(registry)).matching("job", "orders");
    generator.without_standard_alerts().artifacts().unwrap().write(folder.path()).unwrap();
    prometheus.load_rules(&folder.path().join("rules"));
    Some((prometheus, listener))
}

/// The rules of these groups, when each has been evaluated without an error.
fn evaluated(prometheus: &Prometheus, groups: &str) -> Vec<LoadedRule> {
    wait_for("an evaluation of all rules", SOON, || {
        let mut rules = prometheus.rules()?;
        rules.retain(|rule| rule.group.starts_with(groups));
        match rules.iter().find(|rule| rule.health != "ok") {
            Some(rule) if rule.health == "err" => panic!("{rule:?}"),
            Some(rule) => Err(format!("{} is {}", rule.name, rule.health).into()),
            None if rules.is_empty() => Err("no rules".into()),
            None => Ok(rules),
        }
    })
}

fn is_firing(prometheus: &Prometheus) -> bool {
    let rules = prometheus.rules().unwrap();
    rules
        .iter()
        .any(|rule| rule.name == "ErrorBudgetBurn" && rule.group == "slo orders" && rule.state == "firing")
}

#[test]
fn recorded_burn_rates_are_those_of_the_process_and_alert() {
    let registry = Registry::new();
    let orders = registry.counter("orders_total", "Orders.").labels(&["result"]).unwrap();
    let total = Series::of(&registry, "orders_total", Kind::Counter);
    let slo = Slo::correctness("orders", 90.0, total.clone().with("result", "failed"), total);
    let objectives = Objectives::of(&registry);
    objectives.declare(slo.period(Duration::from_secs(120)).windows([WINDOW])).unwrap();
    for result in ["done", "failed"] {
        orders.with(&[result]).inc_by(0);
    }
    let Some((prometheus, _listener)) = start(&registry) else { return };
    let begun = SystemClock.monotonic();
    let (mut compared, mut fired) = (COMPARED.into_iter().peekable(), Vec::new());
    while let Some(next) = compared.peek().copied() {
        let age = (SystemClock.monotonic() - begun).as_secs_f64();
        let bad = if (OUTAGE[0]..OUTAGE[1]).contains(&age) { 10 } else { 0 };
        orders.with(&["done"]).inc_by(20 - bad);
        orders.with(&["failed"]).inc_by(bad);
        objectives.evaluate(&SystemClock);
        thread::sleep(TICK);
        if age >= next {
            compared.next();
            for window in ["10s", "20s"] {
                compare(&prometheus, age, window);
            }
            fired.push(is_firing(&prometheus));
        }
    }
    evaluated(&prometheus, "slo orders");
    // Two fifths of a window have to be in the outage: eight seconds of the long one, and four of the short one.
    assert_eq!(fired, [false, false, true, true, true, false, false, false]);
    compare_with(&prometheus, "slo:objective:ratio", "slo_objective_ratio", 2.0 * 0.5 / 60.0);
    compare_with(
        &prometheus,
        "slo:error_budget_remaining:ratio",
        "slo_error_budget_remaining",
        2.0 * 5.0 / 60.0,
    );
}

fn compare(prometheus: &Prometheus, age: f64, window: &str) {
    let seconds: f64 = window.trim_end_matches('s').parse().unwrap();
    print!("| {age:4.1} s ");
    let process = format!("slo_burn_rate{{window={window:?}}}");
    compare_with(
        prometheus,
        &format!("slo:burn_rate:ratio{window}"),
        &process,
        2.0 * HIGHEST_BURN_RATE / seconds,
    );
}

/// Compares what was recorded last with the metric of the process at that time.
fn compare_with(prometheus: &Prometheus, recorded: &str, process: &str, error: f64) {
    let value = |query: &str| prometheus.value(query).unwrap().unwrap_or_else(|| panic!("no {query}"));
    let at = value(&format!("timestamp({recorded})"));
    let [recorded_value, process_value] =
        [recorded, process].map(|query| prometheus.value_at(query, at).unwrap().unwrap());
    println!("| {recorded} | {recorded_value:.4} | {process_value:.4} | {error:.4} |");
    assert!(
        (recorded_value - process_value).abs() <= error,
        "{recorded} is {recorded_value}, not {process_value}"
    );
}

#[test]
fn twenty_objectives_are_evaluated_in_a_fraction_of_a_second() {
    let registry = Registry::new();
    let names: Vec<_> = (0..20).map(|number| format!("step_{number}")).collect();
    let slos = names.iter().map(|name| Slo::availability(name.clone(), 99.9, Work::operation(name.clone())));
    Objectives::of(&registry).declare_all(slos.collect::<Vec<_>>()).unwrap();
    for name in &names {
        let operation = Operation::builder(name.clone()).registry(&registry).build().unwrap();
        operation.run(|| "42".parse::<u64>()).unwrap();
    }
    let Some((prometheus, _listener)) = start(&registry) else { return };
    let rules = evaluated(&prometheus, "slo step_");
    let seconds: f64 = rules.iter().map(|rule| rule.evaluation_time).sum();
    println!("{} rules of {} objectives are evaluated in {seconds:.3} s", rules.len(), names.len());
    let mut slowest: Vec<_> = rules.iter().filter(|rule| rule.group == "slo step_0").collect();
    slowest.sort_by(|a, b| b.evaluation_time.total_cmp(&a.evaluation_time));
    for rule in slowest.iter().take(5) {
        println!("{:.4} s {}", rule.evaluation_time, rule.name);
    }
    assert!(seconds < 1.0, "{seconds} s");
}
