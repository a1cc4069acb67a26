//! A call of an operation allocates nothing as long as no subscriber takes its span and line.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use radiosonde_core::SystemClock;
use radiosonde_metrics::{Labels, Registry};
use radiosonde_signals::{
    Connections, Dependency, Messaging, Objectives, Operation, ScheduledJob, Slo, Work,
};
use radiosonde_testkit::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[derive(Labels)]
struct Charge<'a> {
    provider: &'a str,
}

fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("it waits for nothing"),
    }
}

#[test]
fn calls_without_a_subscriber_allocate_nothing() {
    let registry = Registry::new();
    let price = Operation::in_registry(&registry, "price").unwrap();
    let charge = Operation::builder("charge").registry(&Registry::new()).family::<Charge<'_>>().unwrap();
    let ledger = Dependency::builder("ledger").registry(&registry).build().unwrap();
    let kafka = Messaging::builder("kafka").registry(&registry).build().unwrap();
    let websockets = Connections::builder("websocket").registry(&registry).build().unwrap();
    let report = ScheduledJob::builder("report").every(Duration::from_secs(60)).registry(&registry);
    let report = report.build().unwrap();
    for text in ["12", "many"] {
        let parse = || text.parse::<u32>();
        let calls: [&dyn Fn(); 8] = [
            &|| drop(price.run(parse)),
            &|| drop(ready(price.run_async(async { parse() }))),
            &|| drop(price.track()),
            &|| drop(charge.with(&Charge { provider: "acme" }).run(parse)),
            &|| drop(ledger.call("balance").run(parse)),
            &|| drop(kafka.process("orders").set_items(2).track_with(|open| open()).run(parse)),
            &|| drop(websockets.open()),
            &|| drop(report.operation().run(parse)),
        ];
        for (at, call) in calls.iter().enumerate() {
            call();
            assert_eq!(CountingAllocator::per_call(call), 0.0, "call {at} with {text:?}");
        }
    }
}

#[test]
fn objectives_add_no_allocation_to_a_call() {
    let registry = Registry::new();
    let objectives = Objectives::of(&registry);
    let work = Work::operation("price");
    objectives.declare(Slo::availability("available", 99.0, work.clone())).unwrap();
    objectives.declare(Slo::latency("fast", 99.0, work, Duration::from_millis(300))).unwrap();
    let price = Operation::in_registry(&registry, "price").unwrap();
    let call = || drop(price.run(|| "many".parse::<u32>()));
    call();
    objectives.evaluate(&SystemClock);
    assert_eq!(CountingAllocator::per_call(call), 0.0);
    objectives.evaluate(&SystemClock);
    let status = objectives.status("available").unwrap();
    assert!(status.period.bad > 1000.0 && status.period.total.to_bits() == status.period.bad.to_bits());
}
