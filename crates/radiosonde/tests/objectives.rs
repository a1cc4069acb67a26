//! Objectives of a service, in a process of its own: its telemetry declares them before its layers.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use radiosonde::metrics::model::Kind;
use radiosonde::signals::{Objectives, Series, Slo, Work};
use radiosonde::{InitError, Registry, TelemetryBuilder};

fn objectives() -> [Slo; 2] {
    let orders = || Work::route("/orders/{id}");
    [
        Slo::availability("orders_available", 99.9, orders()),
        Slo::latency("orders_fast", 95.0, orders(), Duration::from_millis(123)),
    ]
}

fn names(objectives: &Objectives) -> Vec<String> {
    objectives.slos().iter().map(|slo| slo.name().to_owned()).collect()
}

#[test]
fn objectives_are_declared_once_and_a_refused_one_is_an_error_of_init() {
    let registry = Registry::new();
    let builder = || radiosonde::builder().service_name("orders").registry(&registry);
    let refuse = |builder: TelemetryBuilder| builder.init().unwrap_err();

    let none_may_fail = Slo::availability("orders_perfect", 100.0, Work::http_server());
    let refused = refuse(builder().objectives([none_may_fail]));
    assert!(
        matches!(&refused, InitError::Objective(error) if error.slo() == "orders_perfect"),
        "{refused:?}"
    );
    assert!(refused.to_string().starts_with("invalid objective \"orders_perfect\": target 100"), "{refused}");

    let twice = [95.0, 99.5].map(|target| Slo::availability("orders_twice", target, Work::http_server()));
    let elsewhere = radiosonde::builder().registry(&Registry::new());
    assert!(matches!(refuse(elsewhere.objectives(twice)), InitError::Objective(_)));

    // Fails after they are declared: the next attempt declares the same ones.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let late = refuse(builder().objectives(objectives()).metrics(|metrics| metrics.address(address)));
    assert!(matches!(late, InitError::Listen(_)), "{late:?}");

    let [available, fast] = objectives();
    let telemetry = builder().objectives([available]).objectives([fast]).init().unwrap();
    assert_eq!(names(&telemetry.objectives()), ["orders_available", "orders_fast"]);
    assert_eq!(names(&Objectives::of(&registry)), names(&telemetry.objectives()));
    assert!(telemetry.alerts().is_some(), "they are evaluated");
    let series = Series::of(&registry, "http_request_duration_seconds", Kind::Histogram);
    let latency = series.descriptor(&registry).unwrap();
    assert!(
        latency.buckets().unwrap().contains(&0.123),
        "the threshold is a bucket of the server layer: {latency:?}"
    );
}
