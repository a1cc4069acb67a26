//! Thresholds of latency objectives as buckets of the histograms of their work.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use radiosonde_core::diagnostics;
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Buckets, RegisterError, Registry};
use radiosonde_signals::{
    Database, Dependency, LatencyBuckets, Model, ObjectiveTable, Objectives, Operation, Queue, Series, Slo,
    Work, observe,
};
use radiosonde_testkit::ManualClock;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn declare(registry: &Registry, name: &str, work: Work, millis: u64) {
    Objectives::of(registry).declare(Slo::latency(name, 99.0, work, ms(millis))).unwrap();
}

/// The buckets of a metric.
fn buckets(registry: &Registry, metric: &str) -> Vec<f64> {
    let series = Series::of(registry, metric, Kind::Histogram);
    series.descriptor(registry).unwrap().buckets().unwrap().to_vec()
}

const SECONDS: &str = "operation_duration_seconds";
const OWN: Buckets = Buckets::from_static(&[0.1, 1.0]);

fn operation(registry: &Registry, name: &'static str) -> Result<Operation, RegisterError> {
    Operation::builder(name).registry(registry).buckets(OWN).build()
}

#[test]
fn a_shared_histogram_has_the_thresholds_of_all_its_operations() {
    let registry = Registry::new();
    declare(&registry, "price", Work::operation("price"), 300);
    declare(&registry, "ship", Work::operation("ship"), 2_000);
    declare(&registry, "one", Work::operation("ship").label("a", "b"), 1_000);
    declare(&registry, "query", Work::database("orders"), 20);
    operation(&registry, "pack").unwrap();
    assert_eq!(buckets(&registry, SECONDS), [0.1, 0.3, 1.0, 2.0]);
    let price = operation(&registry, "price").unwrap();
    operation(&registry, "ship").unwrap();
    price.run(|| "1".parse::<u8>()).unwrap();
    assert!(
        registry.text().contains("operation_duration_seconds_bucket{operation=\"price\",le=\"0.3\"} 1\n")
    );
    assert_eq!(buckets(&registry, SECONDS), [0.1, 0.3, 1.0, 2.0]);
}

#[test]
fn work_is_declared_when_objectives_came_between_two_of_its_operations() {
    let registry = Registry::new();
    declare(&registry, "price", Work::operation("price"), 300);
    operation(&registry, "price").unwrap();
    declare(&registry, "ship", Work::operation("ship"), 200);
    operation(&registry, "ship").unwrap();
    operation(&registry, "price").unwrap();
    assert_eq!(buckets(&registry, SECONDS), [0.1, 0.3, 1.0]);
    let problems: Vec<String> =
        Objectives::of(&registry).problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "invalid objective \"ship\": histogram \"operation_duration_seconds\" is already declared without the \
          bucket 0.2: expected the objective to be declared before the work, or 0.2 among its buckets [0.1, 0.3, 1.0]"
        ]
    );
}

#[test]
fn buckets_that_differ_by_more_than_thresholds_are_still_a_conflict() {
    let registry = Registry::new();
    declare(&registry, "price", Work::operation("price"), 300);
    operation(&registry, "price").unwrap();
    for (other, has_conflict) in [
        (&[0.1, 1.0][..], false),
        (&[0.1, 0.3, 1.0], false),
        (&[0.1], true),
        (&[0.1, 1.0, 5.0], true),
        (&[0.3], true),
    ] {
        let builder = Operation::builder("ship").registry(&registry);
        let built = builder.buckets(Buckets::new(other).unwrap()).build();
        assert_eq!(built.is_err(), has_conflict, "{other:?}");
    }
    let built = Operation::builder("ship").registry(&registry).buckets(Buckets::from_static(&[0.1])).build();
    let text = built.unwrap_err().to_string();
    assert!(text.contains("the buckets [0.1]"), "{text}");
}

#[test]
fn threads_that_declare_at_the_same_time_agree_on_the_buckets() {
    for _ in 0..200 {
        let registry = Registry::new();
        let barrier = Barrier::new(3);
        thread::scope(|scope| {
            scope.spawn(|| {
                barrier.wait();
                let slo = Slo::latency("price", 99.0, Work::operation("price"), ms(300));
                // Refused if the histogram is there already.
                let _ = Objectives::of(&registry).declare(slo);
            });
            for name in ["price", "ship"] {
                let (barrier, registry) = (&barrier, &registry);
                scope.spawn(move || {
                    barrier.wait();
                    operation(registry, name).unwrap();
                });
            }
        });
        let objectives = Objectives::of(&registry);
        let is_bucket = buckets(&registry, SECONDS) == [0.1, 0.3, 1.0];
        assert!(is_bucket || buckets(&registry, SECONDS) == [0.1, 1.0]);
        // Never without the bucket and without an error or a problem that is shown.
        assert_eq!(objectives.slos().len() - objectives.problems().len(), usize::from(is_bucket));
    }
}

#[test]
fn a_declaration_that_lost_the_race_is_repeated_with_the_buckets_that_won() {
    let registry = Registry::new();
    let thresholds = LatencyBuckets::of(&registry, "scanner");
    let histogram = |buckets| registry.histogram("scan_seconds", "Scans.").buckets(buckets).build();
    let calls = Mutex::new(Vec::new());
    let outcome = thresholds.declare("scan_seconds", &OWN, |buckets| {
        calls.lock().unwrap().push(buckets.bounds().to_vec());
        if calls.lock().unwrap().len() == 1 {
            declare(&registry, "scan", Work::of_kind("scanner"), 300);
            thresholds.declare("scan_seconds", &OWN, histogram).unwrap();
        }
        histogram(buckets)
    });
    outcome.unwrap();
    assert_eq!(*calls.lock().unwrap(), [vec![0.1, 1.0], vec![0.1, 0.3, 1.0]]);
}

#[test]
fn a_declaration_that_is_refused_for_good_is_made_once() {
    let registry = Registry::new();
    let mut refused = 0;
    let calls = Mutex::new(&mut refused);
    let outcome = LatencyBuckets::of(&registry, "scanner").declare("scan-seconds", &OWN, |buckets| {
        **calls.lock().unwrap() += 1;
        registry.histogram("scan-seconds", "Scans.").buckets(buckets).build()
    });
    assert!(outcome.is_err());
    assert_eq!(refused, 1);
}

#[observe(name = "observed_price")]
fn price() {}

#[test]
fn observed_functions_take_thresholds_in_the_global_registry() {
    let registry = Registry::global();
    declare(registry, "observed", Work::operation("observed_price"), 333);
    price();
    assert!(
        registry
            .text()
            .contains("operation_duration_seconds_bucket{operation=\"observed_price\",le=\"0.333\"}")
    );
    assert_eq!(Objectives::of(registry).problems(), []);
}

#[test]
fn every_kind_of_ready_set_takes_its_thresholds() {
    let registry = Registry::new();
    for (name, work) in [
        ("query", Work::query("orders", "list")),
        ("pool", Work::database_pool("main")),
        ("queue", Work::queue("mail")),
        ("bank", Work::dependency("bank")),
        ("fraud", Work::model("fraud")),
    ] {
        declare(&registry, name, work, 333);
    }
    let pool = || radiosonde_signals::PoolState::default();
    let _orders =
        Database::builder("orders").registry(&registry).buckets(OWN).pool_named("main", pool).build();
    let _mail = Queue::builder("mail").registry(&registry).buckets(OWN).build().unwrap();
    let _bank = Dependency::builder("bank").registry(&registry).buckets(OWN).build().unwrap();
    let _fraud = Model::builder("fraud").registry(&registry).buckets(OWN).build().unwrap();
    for metric in [
        "database_query_duration_seconds",
        "database_connection_wait_seconds",
        "queue_wait_seconds",
        "dependency_duration_seconds",
        "model_inference_duration_seconds",
    ] {
        assert_eq!(buckets(&registry, metric), [0.1, 0.333, 1.0], "{metric}");
    }
    assert_eq!(Objectives::of(&registry).problems(), []);
}

#[test]
fn all_levels_of_a_table_are_buckets() {
    let registry = Registry::new();
    let table =
        ObjectiveTable::new("price").latency("p95", Work::operation("price"), 95.0, [200, 300, 400].map(ms));
    Objectives::of(&registry).declare_all(table.slos().unwrap()).unwrap();
    operation(&registry, "price").unwrap();
    assert_eq!(buckets(&registry, SECONDS), [0.1, 0.2, 0.3, 0.4, 1.0]);
}

#[test]
fn thresholds_that_a_histogram_has_no_room_for_are_problems() {
    let registry = Registry::new();
    for millis in 2..=513 {
        let name = format!("fast_{millis}");
        let work = Work::operation("price").label("operation", format!("price_{millis}"));
        declare(&registry, &name, work, millis);
    }
    operation(&registry, "price").unwrap();
    let bounds = buckets(&registry, SECONDS);
    // Of 512 thresholds, 0.1 is an own bound, and the last is left out.
    assert_eq!((bounds.len(), bounds.contains(&0.512), bounds.contains(&0.513)), (512, true, false));
    let problems = Objectives::of(&registry).problems();
    assert_eq!(problems.iter().map(|problem| problem.slo()).collect::<Vec<_>>(), ["fast_513"]);
}

#[test]
fn a_problem_is_reported_once_by_the_evaluation_that_finds_it() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&reports);
    diagnostics::set_hook(move |diagnostic| {
        if diagnostic.kind == "objectives" {
            sink.lock().unwrap().push(diagnostic.to_string());
        }
    });
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let objectives = Objectives::of(&registry);
    let series = Series::of(&registry, "later", Kind::Counter);
    objectives.declare(Slo::throughput("rate", 99.0, series, 1.0)).unwrap();
    objectives.evaluate(&clock);
    assert_eq!(*reports.lock().unwrap(), [""; 0]);
    registry.gauge("later", "Later.").build().unwrap();
    objectives.evaluate(&clock);
    registry.gauge("unrelated", "Unrelated.").build().unwrap();
    objectives.evaluate(&clock);
    assert_eq!(
        *reports.lock().unwrap(),
        [
            "radiosonde: signals: objectives: invalid objective \"rate\": metric \"later\" is a gauge: expected a counter, or a histogram by its count"
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// In whatever order objectives and operations are declared, no operation is refused, and an objective has its bucket, is refused or
    /// is a problem.
    #[test]
    fn every_objective_has_a_bucket_or_is_a_problem(steps in vec((any::<bool>(), 0_usize..4, 1_u64..6), 1..12)) {
        const NAMES: [&str; 4] = ["price", "ship", "pack", "bill"];
        let registry = Registry::new();
        let objectives = Objectives::of(&registry);
        for (at, (is_objective, name, tenths)) in steps.into_iter().enumerate() {
            if is_objective {
                let work = Work::operation(NAMES[name]);
                let slo = Slo::latency(format!("slo_{at}"), 99.0, work, ms(tenths * 150));
                let _ = objectives.declare(slo);
            } else {
                operation(&registry, NAMES[name]).unwrap();
            }
        }
        let problems: Vec<String> = objectives.problems().iter().map(|error| error.slo().to_owned()).collect();
        for slo in objectives.slos() {
            let radiosonde_signals::Indicator::Latency { work, threshold } = slo.indicator() else { unreachable!() };
            let is_there = !work.signals(&registry).is_empty();
            let has_bucket = is_there && buckets(&registry, SECONDS).contains(&(threshold.as_secs_f64()));
            prop_assert_eq!(is_there && !has_bucket, problems.iter().any(|name| name == slo.name()));
        }
    }
}
